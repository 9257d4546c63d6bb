r"""Where Markov proximal learning ends at finite λ: a posterior with an averaged kernel.

Many steps of the same λ and T make the prior stationary: m_k = σ̃²λ̃^k between steps k apart (SI 21), and σ̃² at equal
times throughout. Two replicas then share what one replica shares with itself two steps further on, m⁰_k = m¹_{k+2}.
All layers take the two weights through the same maps, so that C⁰_k = C¹_{k+2}, with C_k = m_k K^L(m_k). The response
(SI 28)

    K^{d,L}_k/λ = (C_k − C_{k+2})/2T

is the fluctuation–dissipation theorem of the chain, a difference where continuous time has a derivative. Its sum over
all lags telescopes. The mean predictor, at rest under f̄ = Σ_k K^{d,L}_k/λ (Y − f̄), is therefore

    f̄ = K̄ (K̄ + T)⁻¹ Y,      K̄ = (C_0 + C_1)/2:

the posterior of a Gaussian process with noise T, whose kernel is the mean of the prior covariance at one step and
between successive ones. λ → ∞ gives the NNGP kernel. λ → 0 gives half of C_0 with weights of variance 2σ²: a transition
then forgets where it started and draws from exp(−E/2T), the posterior at the temperature 2T. Without hidden layers K̄ is
σ²K⁰ for every λ, as it must: there the mean of a step is the proximal step, whose fixed point minimises E.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.activations import activation, names
from ndk_sym.cases import Cases
from ndk_sym.kernels import Arguments, two_time
from ndk_sym.operators import Operators, operator
from ndk_sym.prior import proximal_covariance, proximal_other_replica, proximal_parameters, proximal_same_replica
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

i, j, lam, kappa, T, sigma2, L = nt.i, nt.j, nt.lam, nt.kappa, nt.T, nt.sigma2, nt.L
memory, stationary = nt.lam_tilde, nt.sigma2_tilde
C, total = nt.C_lag, nt.sum_lag
k = sp.Symbol("k", integer=True, nonnegative=True)
STATIONARY: Rule = (nt.sigma02, stationary)
PARAMETERS: tuple[Rule, ...] = (*proximal_parameters().items(), (T, kappa * sigma2))
SOME: tuple[Rule, ...] = ((C, sp.Lambda(k, 1 / (k + 2))), (total, sp.Lambda(k, sp.cos(k))))
DEPTHS = (1, 2)


def weight_steps() -> Iterator[Step]:
    """The stationary weights, and two replicas."""
    apart = domain({i: (4, 8), j: (1, 4)})
    yield Step(
        Statement(
            id="stationary",
            title="started at its stationary variance the prior depends on the lag alone",
            lhs=proximal_same_replica(i, j),
            rhs=stationary * memory ** sp.Abs(i - j),
            paper="(SI 21)",
            given=(STATIONARY,),
            domain=apart,
        ),
        reason="The transient (σ₀² − σ̃²) λ̃^{i+j} of (SI 21) vanishes at σ₀² = σ̃², and for any σ₀² after many steps.",
        uses=("prior-statistics/chain",),
    )
    yield Step(
        Statement(
            id="replicas",
            title="two replicas share what one shares with itself two steps further on",
            lhs=proximal_other_replica(i, j),
            rhs=proximal_covariance(i + 2, j),
            paper="(SI 21)",
            given=(STATIONARY, (sp.Abs(i - j), i - j), (sp.Abs(i - j + 2), i - j + 2)),
            domain=apart,
        ),
        reason="m⁰_{ij} = λ̃ m_{i,j−1} is one step more by its factor, and one by its time.",
        uses=("stationary",),
    )


def layer_rules(name: str, depth: int) -> tuple[Rule, ...]:
    """C¹ at lag k + 2 and C⁰ at lag k, each by its own recursion through the layers."""
    maps = activation(name)

    def predictor(weight: sp.Expr) -> sp.Expr:
        return weight * two_time(maps, depth, Arguments(m_tt=stationary, m_ts=weight, m_ss=stationary))

    other = proximal_other_replica(i, j).xreplace(dict([STATIONARY]))
    same = proximal_covariance(i + 2, j).xreplace(dict([STATIONARY]))
    lag = ((i, sp.Integer(3)), (j, sp.Integer(2)))
    return (nt.C_other(i, j), predictor(other)), (nt.C_same(i + 2, j), predictor(same)), *lag


def layer_step() -> Step:
    """The covariances of predictors."""
    cases = tuple(
        (f"{name}, depth {depth}", partial(layer_rules, name, depth)) for name in names(paper=True) for depth in DEPTHS
    )
    return Step(
        Statement(
            id="covariances",
            title="the same for the predictors: C⁰ at one lag is C¹ two steps further on",
            lhs=nt.C_other(i, j),
            rhs=nt.C_same(i + 2, j),
            paper="(SI 24)–(SI 28)",
            domain=domain({memory: (sp.Rational(1, 4), sp.Rational(3, 4))}, where=(nt.k_xy**2 < nt.k_xx * nt.k_yy,)),
        ),
        reason="The maps of the layers know the weights at two times by m alone, and equal times by σ̃²; i = 3, j = 2.",
        uses=("replicas",),
        check=Cases(cases, method="explicit recursion"),
    )


def sum_steps() -> Iterator[Step]:
    """The response summed over all lags."""
    claim = Statement(
        id="telescope",
        title="the response summed over lags 0 … k, times 2T",
        lhs=total(k),
        rhs=C(0) + C(1) - C(k + 1) - C(k + 2),
        domain=domain(
            functions=((C, SOME[0][1]), (total, sp.Lambda(k, sp.Rational(5, 6) - 1 / (k + 3) - 1 / (k + 4))))
        ),
    )
    yield Step(
        claim.at({k: sp.S(0)}).where((total(0), C(0) - C(2)), id="base", title="the first lag"),
        reason="2T times the response at lag k is C_k − C_{k+2}.",
        uses=("covariances",),
    )
    yield Step(
        claim.at({k: k + 1}).where(
            (total(k + 1), total(k) + C(k + 1) - C(k + 3)), (total(k), claim.rhs), id="step", title="one lag more"
        ),
        reason="Add C_{k+1} − C_{k+3}.",
        uses=("covariances",),
    )
    explicit = tuple((f"up to lag {n}", _sum_up_to(n)) for n in (1, 2, 3))
    yield Step(
        claim,
        "Induction on the lag. As k → ∞ the weights forget, m_k → 0, and C_0 + C_1 remains.",
        ("base", "step"),
        Induction("base", "step", explicit),
    )


def _sum_up_to(n: int) -> tuple[Rule, ...]:
    return (k, sp.Integer(n)), (total(n), sp.Add(*(C(lag) - C(lag + 2) for lag in range(n + 1))))


def posterior_step() -> Step:
    """The mean at rest."""
    inverse, labels = operator("G"), nt.Y
    mean = nt.K_mid * inverse * labels
    return Step(
        Statement(
            id="posterior",
            title="at rest the mean predictor is a posterior with the kernel K̄ and noise T",
            lhs=T * mean,
            rhs=nt.K_mid * (labels - mean),
            paper="(SI 37)",
            given=((nt.K_mid, inverse**-1 - T),),
        ),
        reason="f̄ = K̄/T (Y − f̄), since the summed response is (C_0 + C_1)/2T = K̄/T; with G = (K̄ + T)⁻¹, f̄ = K̄GY. On a "
        "test point k̄ᵀ stands for the first K̄.",
        uses=("telescope", "mean-predictor/training"),
        check=Operators(),
    )


def limit_steps() -> Iterator[Step]:
    """Large and small λ, no hidden layer, a linear network."""
    claims = (
        ("large-now", "λ → ∞: the variance at one step", sp.Limit(stationary, lam, sp.oo), sigma2, "σ̃² → σ²."),
        (
            "large-next", "λ → ∞: the covariance between successive steps", sp.Limit(stationary * memory, lam, sp.oo),
            sigma2, "λ̃ → 1; so C_0 and C_1, and with them K̄, become K_GP.",
        ),
        (
            "small-now", "λ → 0: the variance at one step", sp.Limit(stationary, lam, 0, "+"), 2 * sigma2,
            "The transition density is exp(−E/2T): the prior at the temperature 2T has the variance 2σ².",
        ),
        (
            "small-next", "λ → 0: the covariance between successive steps vanishes like λ",
            sp.Limit(stationary * memory / lam, lam, 0, "+"), 2 * sigma2 / kappa,
            "Nothing is remembered, C_1 → 0: K̄(K̄ + T)⁻¹ = C_0(C_0 + 2T)⁻¹.",
        ),
        (
            "regression", "without hidden layers K̄ = σ²K⁰ for every λ", stationary * (1 + memory) / 2, sigma2,
            "C_k = σ̃²λ̃^k K⁰.",
        ),
        (
            "linear", "a linear network with one hidden layer: K̄ differs from K_GP = σ⁴K⁰ at second order in 1/λ",
            stationary**2 * (1 + memory**2) / 2, sigma2**2 * (1 + kappa**2 / (2 * lam + kappa) ** 2),
            "C_k = (σ̃²λ̃^k)² K⁰. Where F is not linear, the first order in 1/λ remains.",
        ),
    )  # fmt: skip
    for id, title, left, right, reason in claims:
        yield Step(
            Statement(id=id, title=title, lhs=left, rhs=right, given=PARAMETERS),
            reason=reason,
            uses=("posterior",),
        )


def steps() -> Iterator[Step]:
    """Weights, predictors, the sum over lags, the posterior, its limits."""
    yield from weight_steps()
    yield layer_step()
    yield from sum_steps()
    yield posterior_step()
    yield from limit_steps()


DERIVATION = Derivation(
    id="proximal-equilibrium",
    title="Where Markov proximal learning ends at finite λ: the posterior of K̄ = (C_0 + C_1)/2",
    paper="(20), (SI 21)–(SI 39)",
    assumptions=(
        "λ and T are the same in all steps; infinitely many steps, so that the initial variance is forgotten.",
        "The predictor comes to rest: 1 + K̄/T has no zero eigenvalue, and the residual converges.",
        "C_k → 0 as the lag grows: C_k = m_k K^L(m_k) with m_k → 0 and a bounded K^L.",
    ),
    exact=(
        "The stationary weights of one and of two replicas; the covariances of predictors for the paper's activations "
        "at depths 1 and 2; the sum over lags for an abstract kernel, by induction; the predictor at rest as letters; "
        "both limits of λ, the case without hidden layers, a linear network."
    ),
    physicist=(
        "That the mean converges is not proved: once it has, the sums over lags may be taken term by term. The "
        "principle of induction is used, not checked. The mean alone is a posterior's; the covariance is not."
    ),
    build=steps,
    headline="posterior",
)
