r"""Schedules: λ, T and the weight decay κ change from step to step of Markov proximal learning.

Step j has the transition density (4) with its own λ_j, T_j and a regulariser κ_j|Θ|²/2. Nothing in the replica
calculation needed them to be the same. Without the squared error a step is Θ_j = λ̃_jΘ_{j−1} plus noise of variance
2T_j/(λ_j+κ_j), where λ̃_j = λ_j/(λ_j+κ_j). With ℳ(i) = λ̃_1 … λ̃_i and 𝒲(j) the variance after j steps, for i ≥ j

    m¹(i,j) = ℳ(i)/ℳ(j) 𝒲(j),      m⁰(i,j) = ℳ(i)/ℳ(j) λ̃_j² 𝒲(j−1),      𝒲(j) = λ̃_j² 𝒲(j−1) + 2T_j/(λ_j+κ_j).

The temperature of the *earlier* step stands in the response, because it is the noise of that step which a perturbation
is measured against,

    f̄_i = Σ_{j≤i} K^{d,L}_{ij} (y − f̄_j)/λ_j,      K^{d,L}_{ij} = λ_j/2T_j (C¹ − C⁰)_{ij},      C = m K^L.

There are two ways to anneal. With κ_j = T_j/σ² the prior keeps its variance σ², and the chain follows the posterior at
the temperature of the step; with κ_j fixed the prior cools as well. All steps but `prior-kept` hold for both. As
T_j → 0 the response stays finite: the difference quotient becomes Ḟ, and the step a deterministic one.

Continuous time follows with κ(t) = T(t)/σ²: the covariance is (10) at the time Φ = ∫κ dt counted by the weight decay,
and the long-time identity holds with the temperature at the earlier time. How λ depends on time drops out, but for the
clock dt = 1/λ.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations import _schedule_cases as cases
from derivations import _schedule_limits as limits
from ndk_sym import notation as nt
from ndk_sym.cases import Cases
from ndk_sym.prior import proximal_covariance, proximal_parameters
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

i, j, T, sigma2, sigma02 = nt.i, nt.j, nt.T, nt.sigma2, nt.sigma02
lam, heat, kappa, kept, variance = nt.lam_step, nt.T_step, nt.kappa_step, nt.kept, nt.variance_at
m1, m0 = nt.m1, nt.m0

# one schedule, for sampling only
SCHEDULE: tuple[Rule, ...] = (
    (lam, sp.Lambda(j, 2 + j / 3)),
    (kappa, sp.Lambda(j, sp.Rational(1, 2) + 1 / (j + 2))),
    (heat, sp.Lambda(j, 1 + 2 / (j + 1))),
    (kept, sp.Lambda(j, 3 / (3 + j))),
    (variance, sp.Lambda(j, 2 - 1 / (j + 1))),
)


def memory(step: sp.Expr) -> sp.Expr:
    """λ̃ of one step."""
    return lam(step) / (lam(step) + kappa(step))


def noise(step: sp.Expr) -> sp.Expr:
    """The variance that one step adds."""
    return 2 * heat(step) / (lam(step) + kappa(step))


# ℳ and 𝒲 one step on
ONE_STEP: tuple[Rule, ...] = (
    (kept(i), memory(i) * kept(i - 1)),
    (kept(j), memory(j) * kept(j - 1)),
    (variance(i), memory(i) ** 2 * variance(i - 1) + noise(i)),
    (variance(j), memory(j) ** 2 * variance(j - 1) + noise(j)),
)
PARAMETERS: tuple[Rule, ...] = (*proximal_parameters().items(), (sigma2, T / nt.kappa))  # of (SI 21)
START: tuple[Rule, ...] = ((kept(1), memory(sp.S(1)) * kept(0)), (kept(0), sp.S(1)))
FORMULAS: tuple[Rule, ...] = (
    (m1, sp.Lambda((i, j), kept(i) / kept(j) * variance(j))),
    (m0, sp.Lambda((i, j), kept(i) / kept(j) * memory(j) ** 2 * variance(j - 1))),
)


def transition_steps() -> Iterator[Step]:
    """One step, and what its regulariser does."""
    theta, previous = nt.Theta, nt.Theta_previous
    energy = kappa(j) * theta**2 / 2 + lam(j) / 2 * (theta - previous) ** 2
    width = (lam(j) + kappa(j)) / (4 * heat(j))
    yield Step(
        Statement(
            id="transition",
            title="step j remembers λ̃_j Θ′ and adds noise of variance 2T_j/(λ_j+κ_j)",
            lhs=energy / (2 * heat(j)),
            rhs=width * (theta - memory(j) * previous) ** 2 + kappa(j) * memory(j) / (4 * heat(j)) * previous**2,
            paper="(4), (SI 21)",
            domain=domain(functions=SCHEDULE),
        ),
        reason="Complete the square in Θ; the last term belongs to Z(Θ′). No other step enters.",
    )
    yield Step(
        Statement(
            id="prior-kept",
            title="with κ_j = T_j/σ² each step by itself leads to the prior variance σ², up to 1/λ_j",
            lhs=noise(j) / (1 - memory(j) ** 2),
            rhs=sigma2 * (1 + kappa(j) / (2 * lam(j) + kappa(j))),
            paper="(SI 21)",
            given=((heat(j), kappa(j) * sigma2),),
            domain=domain(functions=SCHEDULE),
        ),
        reason="Where repeating step j would end: σ̃² of (SI 21) with the weight decay of the step. With κ_j fixed it "
        "would follow T_j/κ_j: the prior itself would be annealed.",
        uses=("transition", "prior-statistics/stationary-variance"),
    )


def prior_steps() -> Iterator[Step]:
    """The covariance of the weights: any number of steps, and explicit chains."""
    precision, link = (lam(i) + kappa(i)) / (2 * heat(i)), lam(i) / (2 * heat(i))
    before = {i: j}
    gap = lambda x, z: m1(x, z) - m0(x, z)  # noqa: E731
    first = lam(1) / (2 * heat(1))
    rows = (
        ("row-later", "rows i > j, along 1 1ᵀ", precision * m0(i, j), link * m0(i - 1, j), ONE_STEP),
        ("row-later-same", "rows i > j, along 1 eᵀ", precision * gap(i, j), link * gap(i - 1, j), ONE_STEP),
        ("row-diagonal", "rows i = j, the unit matrix", precision * gap(i, i), sp.S(1), ONE_STEP),
        (
            "row-earlier", "rows j ≤ i, along 1 1ᵀ", precision.xreplace(before) * m0(i, j),
            link.xreplace(before) * m1(i, j - 1), ONE_STEP,
        ),
        (
            "row-start", "the row of the initial weights", m1(i, 0) / sigma02, first * gap(i, 1),
            ((variance(1), memory(sp.S(1)) ** 2 * variance(0) + noise(sp.S(1))), (variance(0), sigma02), *START),
        ),
    )  # fmt: skip
    for id, title, left, right, given in rows:
        yield Step(
            Statement(
                id=id,
                title=f"precision times covariance of the replicated weights as n → 0: {title}",
                lhs=left,
                rhs=right,
                paper="(SI 20), (SI 21)",
                given=(*FORMULAS, *given),
                domain=domain(where=(j < i, j > 0), functions=SCHEDULE),
            ),
            reason="As in replica-mgf, with the precision and the link of each step.",
            uses=("transition", f"replica-mgf/{id}"),
        )
    checks = (
        (
            "chain-in-full", "the chain of 3 steps, all weights at once, with a symbol for every λ and T", m1(i, j),
            kept(i) / kept(j) * variance(j), cases.prior_cases(), "linear algebra", ("row-diagonal",),
            "The joint density of Θ_0 … Θ_3 is Gaussian: invert its second derivatives. The κ_j are different numbers.",
        ),
        (
            "constant", "steps that are all the same: the covariance of (SI 21)", kept(i) / kept(j) * variance(j),
            proximal_covariance(i, j), cases.constant_cases(), "recurrence", ("chain-in-full",),
            "The recurrences carried out for up to 3 steps.",
        ),
        (
            "weights-continued", "explicit inverses for n = 2, 3, … replicas continued to n = 0 without any formula",
            sp.Limit(nt.m_n(i, j), cases.COUNT, 0), nt.m_ab(i, j), cases.continued_weights(), "explicit replicas",
            ("row-later", "row-later-same", "row-diagonal", "row-earlier", "row-start"),
            "Three steps with different rational λ, κ and T; entries are (step, replica; step, replica).",
        ),
    )  # fmt: skip
    for id, title, left, right, chosen, method, uses, reason in checks:
        yield Step(
            Statement(id=id, title=title, lhs=left, rhs=right, paper="(SI 20), (SI 21)", given=PARAMETERS),
            reason=reason,
            uses=uses,
            check=Cases(chosen, method=method),
        )


def response_steps() -> Iterator[Step]:
    """The fields: which temperature stands where."""
    last, u, v = nt.last, nt.u, nt.v_last
    gap = nt.C_same(i, j) - nt.C_other(i, j)
    correlations = sp.Sum(sp.Sum(nt.C_other(i, j) * u(i) * u(j), (j, 1, last)), (i, 1, last)) / 2
    response = sp.Sum(sp.Sum(gap * u(i) * v(j) / (2 * heat(j)), (j, 1, i - 1)), (i, 1, last))
    local = sp.Sum((heat(i) + (nt.C_same(i, i) - nt.C_other(i, i)) / 2) * nt.v_sq(i), (i, 1, last))
    yield Step(
        Statement(
            id="action",
            title="the replicated action by u, the physical field and the squares: n and steps 2, 3",
            lhs=nt.S_n(last),
            rhs=correlations + response + local,
            paper="(SI 29), (SI 30)",
        ),
        reason="Each step's squared error has its own field of weight e^{−T_j v²}; v is 2T_j times the physical field, "
        "whose temperature therefore stands under the response to it.",
        uses=("replica-mgf/hubbard-stratonovich", "weights-continued"),
        check=Cases(cases.action_cases(), method="explicit sum"),
    )
    recursion = nt.y - sp.Sum((nt.C_same(i, j) - nt.C_other(i, j)) / (2 * heat(j)) * nt.resid(j), (j, 1, i))
    yield Step(
        Statement(
            id="residual",
            title="the mean residual of three different steps, from explicit replicas continued to n = 0",
            lhs=nt.resid(i),
            rhs=recursion,
            paper="(SI 35)–(SI 39)",
        ),
        reason="2T δ + C over all steps and replicas, for n = 1, 2, 3, …, inverted and continued, without formula. "
        "The readout alone, and one hidden layer through its averaged kernels.",
        uses=("action", "replica-mgf/propagators"),
        check=Cases(cases.field_cases(), method="explicit replicas"),
    )
    yield Step(
        Statement(
            id="regression",
            title="the chain itself: f = Θx with its squared error, three steps with symbols for every λ, κ and T",
            lhs=nt.resid(i),
            rhs=recursion,
            paper="(4), (SI 35)–(SI 39)",
        ),
        reason="Step by step the mean of a Gaussian transition density; no replicas.",
        uses=("residual", "chain-in-full"),
        check=Cases(cases.regression_cases(), method="the chain"),
    )
    yield Step(
        Statement(
            id="decay",
            title="the response of a weight: λ̃ of every step from j to i",
            lhs=lam(j) / (2 * heat(j)) * (m1(i, j) - m0(i, j)),
            rhs=kept(i) / kept(j - 1),
            paper="(SI 28)",
            given=(*FORMULAS, ONE_STEP[1], ONE_STEP[3]),
            domain=domain(functions=SCHEDULE),
        ),
        reason="λ_j and T_j of the earlier step cancel its noise; e^{−κ|t−s|} in continuous time.",
        uses=("residual",),
    )


def steps() -> Iterator[Step]:
    """One step, the prior, the response, one layer, continuous time."""
    yield from transition_steps()
    yield from prior_steps()
    yield from response_steps()
    yield from limits.steps()


DERIVATION = Derivation(
    id="proximal-schedules",
    title="Markov proximal learning with schedules: λ, T and κ of every step",
    paper="(4), (SI 20)–(SI 39)",
    assumptions=(
        "Step j has the transition density (4) with λ_j > 0, T_j > 0 and the regulariser κ_j|Θ|²/2, given in advance.",
        "All weights have the same schedule; N → ∞ at fixed P and number of steps, as in replica-mgf.",
        "Continuous time: κ(t) = T(t)/σ², and dt = 1/λ at every step.",
    ),
    exact=(
        "The transition; the covariance of the replicated weights as n → 0 for any number of steps; a chain of three "
        "steps with a symbol for every λ and T; the action for two and three replicas; the mean residual of three "
        "different steps from explicit replicas continued to n = 0; the chain of a regression; one layer, and its "
        "limit T_j → 0; the moment equations and the long-time identity with T(t)."
    ),
    physicist=(
        "As in replica-mgf: N → ∞, and n → 0 as the continuation of rational functions. The reduction of the action to "
        "(u, v) is the one of replica-mgf, whose letter 𝒟 may hold any temperatures. That the chain becomes Langevin "
        "dynamics with T(t) is markov-proximal step by step; smooth T(t) is assumed there."
    ),
    build=steps,
    headline="residual",
)
