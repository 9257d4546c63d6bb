r"""Readout and hidden weights of different times.

The mean of f(t,u) = N_L^{-1/2} a_t · x^L_u, with the readout of time t and the hidden layers of time u, is

    ∫_0^t e^{−κ(t−s)} k^L(u,s)ᵀ v(s) ds + ∫_0^u m(t,s) k̇^L(u,s) k^{d,L−1}(u,s) v(s) ds,    (SI 57)(SI 58)

with v = Y − f̄. The first term is what the readout has learnt, read through the correlation of the hidden layers at u
and s; the second what the hidden layers have learnt, read through the correlation of the readout at t and s. Neither
needs t ≥ u.

It comes from the generating function with a source for f(t,u): as in `mean-predictor`, the mean is D_*(Y − f̄), where
D_* is the source's coupling to v. At step s this is (λ/2T)(m¹_{t,s} K^{L,1}_{u,s} − m⁰_{t,s} K^{L,0}_{u,s}), in which
replicas differ only by the noise of a step that has been taken: the readout's part ends at s = t, the hidden part
at s = u. As λ → ∞ each part is one of the two terms. A second route is the Langevin equation of the readout, and a
third an explicit linear network of depth 1, whose N weights are followed for a few steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial
from itertools import product

import sympy as sp

from derivations import _readout_network
from ndk_sym import notation as nt
from ndk_sym.abstract import F, Fdot, abstract_instance
from ndk_sym.cases import Case, Cases
from ndk_sym.integrals import Quadrature
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

t, s, T, lam, kappa, y = nt.t, nt.s, nt.T, nt.lam, nt.kappa, nt.y
i, j = nt.i, nt.j
u = sp.Symbol("u", nonnegative=True)
L = nt.L

m, k, k_d, v, K_d = (sp.Function(name, real=True) for name in ("m", "k^L", "k^{d,L-1}", "v", "k^{d,L}"))
k_dot = nt.kdot_L
same_m, other_m, same_K, other_K = sp.symbols("m^1_ts m^0_ts K^1_us K^0_us", real=True)
unit = lam / (2 * T)


def memory(later: sp.Expr, earlier: sp.Expr) -> sp.Expr:
    """e^{−κ(t−s)}."""
    return sp.exp(-kappa * (later - earlier))


def readout_part(later: sp.Expr = t, hidden: sp.Expr = u) -> sp.Expr:
    """What the readout has learnt by `later`, read with the hidden layers of `hidden`."""
    return sp.Integral(memory(later, s) * k(hidden, s) * v(s), (s, 0, later))


def hidden_part(later: sp.Expr = t, hidden: sp.Expr = u) -> sp.Expr:
    """What the hidden layers have learnt by `hidden`, read with the readout of `later`."""
    return sp.Integral(m(later, s) * k_dot(hidden, s) * k_d(hidden, s) * v(s), (s, 0, hidden))


# both integrands, with an antiderivative of each by s
PRIMITIVES = {
    memory(t, s) * k(u, s) * v(s): sp.Function("A", real=True),
    m(t, s) * k_dot(u, s) * k_d(u, s) * v(s): sp.Function("B", real=True),
}


def source_steps() -> Iterator[Step]:
    """The source's coupling at finite λ, split; where its parts end; its limit."""
    yield Step(
        Statement(
            id="split",
            title="the source's coupling to the residual, in two parts",
            lhs=unit * (same_m * same_K - other_m * other_K),
            rhs=unit * (same_m - other_m) * same_K + unit * other_m * (same_K - other_K),
            paper="(SI 54)–(SI 56)",
        ),
        reason="Weights of readout and hidden layers are averaged apart: replicas differ in either. Exact at finite λ.",
        uses=("mean-predictor/test",),
    )
    yield Step(
        Statement(
            id="not-yet",
            title="replicas of a later step, or of this one, in a chain of 3 steps",
            lhs=nt.m0(i, j),
            rhs=sp.Piecewise((nt.m1(i, j), i < j), (nt.lam_tilde * nt.m1(i, j - 1), True)),
            paper="(SI 20), (SI 54)–(SI 56)",
        ),
        reason="A replica of step s that is physical up to s − 1, and the physical weight of step t: for t < s their "
        "covariance is m_{t,s}, as within one replica, so that m¹ − m⁰ = 0 and nothing is coupled; for t ≥ s it is "
        "λ̃m_{t,s−1}. From the inverse of the joint density's matrix.",
        uses=("prior-statistics/chain",),
        check=Cases(tuple(branch_cases())),
    )
    yield Step(
        Statement(
            id="readout-limit",
            title="the readout's part in continuous time",
            lhs=sp.Limit(nt.lam_tilde ** (lam * (t - s) + 1), lam, sp.oo) * k(u, s),
            rhs=memory(t, s) * k(u, s),
            paper="(SI 57), (SI 58)",
            given=((nt.lam_tilde, lam / (lam + kappa)),),
            domain=domain(where=(s < t,), functions=SOME),
        ),
        reason="(λ/2T)(m¹ − m⁰) = λ̃^{λ(t−s)+1}, for s ≤ t, whatever u is.",
        uses=("split", "not-yet", "prior-statistics/replicas"),
    )
    a, b, c, epsilon = nt.a, nt.b, nt.c, nt.epsilon
    moved = F(a, c + 2 * T * epsilon * k_d(u, s), b) - F(a, c, b)
    yield Step(
        Statement(
            id="hidden-limit",
            title="the hidden layers' part in continuous time",
            lhs=m(t, s) / (2 * T) * sp.Subs(sp.Derivative(moved, epsilon), epsilon, 0),
            rhs=m(t, s) * Fdot(a, c, b) * k_d(u, s),
            paper="(SI 57), (SI 58)",
            domain=domain(functions=(*SOME, *abstract_instance())),
        ),
        reason="K^{L,1} − K^{L,0} = F(a, c + (2T/λ)K^{d,L−1}, b) − F(a, c, b) by (SI 28) one layer below, times λ/2T "
        "with ε = 1/λ; m⁰ → m(t,s), and s ≤ u, whatever t is.",
        uses=("split", "not-yet", "price-theorem"),
    )


SOME: tuple[Rule, ...] = (
    (m, sp.Lambda((t, s), 1 + sp.sin(t + s) / 3)),
    (k, sp.Lambda((t, s), 1 + t * s / 5)),
    (k_dot, sp.Lambda((t, s), 2 - s * t / 7)),
    (k_d, sp.Lambda((t, s), 1 + t / 3 - s / 4)),
    (v, sp.Lambda(s, 1 - s / 3)),
)


def branch_cases() -> Iterator[Case]:
    """Physical chain Θ_0 … Θ_3, and a replica of step s."""
    for at, branch in product(range(4), (1, 2, 3)):
        yield f"t = {at}, s = {branch}", partial(branch_rules, at, branch)


@cache
def branched(branch: int) -> sp.Matrix:
    """Covariance of the physical weights Θ_0 … Θ_3 and of the replica, which comes last."""
    noise = nt.eta_sq  # variance of one step
    weights = sp.symbols("Theta_0:5", real=True)
    exponent = weights[0] ** 2 / (2 * nt.sigma02)
    pairs = [(1, 0), (2, 1), (3, 2), (4, branch - 1)]
    exponent += sum((weights[x] - nt.lam_tilde * weights[before]) ** 2 for x, before in pairs) / (2 * noise)
    return sp.hessian(exponent, weights).applyfunc(sp.expand).inv("ADJ")


def branch_rules(at: int, branch: int) -> Iterable[Rule]:
    """The covariance by linear algebra, and what the theory says."""
    joint = branched(branch)
    physical = [(nt.m1(x, z), joint[x, z]) for x in range(4) for z in range(4)]
    return [(i, sp.Integer(at)), (j, sp.Integer(branch)), (nt.m0(at, branch), joint[at, 4]), *physical]


def both_orders(later: sp.Symbol, earlier: sp.Symbol, lasting: sp.Expr) -> Iterable[Rule]:
    """What is coupled to the residual: both parts up to the earlier time, `lasting` alone between the times."""
    coupled = sp.Integral(sp.Add(*PRIMITIVES), (s, 0, earlier)) + sp.Integral(lasting, (s, earlier, later))

    def integrated(integrand: sp.Expr, limits: sp.Tuple) -> sp.Expr:
        _, low, high = limits
        primitives = [PRIMITIVES[part] for part in sp.Add.make_args(integrand)]
        return sp.Add(*(primitive(high) - primitive(low) for primitive in primitives))

    return (nt.f(t, u), coupled), (sp.Integral, integrated)


def result_step() -> Step:
    """(SI 57), (SI 58): for both orders of the times."""
    read, learnt = PRIMITIVES
    cases = (("t ≥ u", partial(both_orders, t, u, read)), ("u ≥ t", partial(both_orders, u, t, learnt)))
    some = tuple((function, sp.Lambda(s, sp.sin(n * s))) for n, function in enumerate(PRIMITIVES.values(), start=1))
    return Step(
        Statement(
            id="result",
            title="readout at t, hidden layers at u, for both orders of the times",
            lhs=nt.f(t, u),
            rhs=readout_part() + hidden_part(),
            paper="(SI 57), (SI 58)",
            domain=domain(functions=some),
        ),
        reason="The mean is what the source is coupled to, summed over s with the residual v = Y − f̄. The readout's "
        "part is there for s ≤ t, that of the hidden layers for s ≤ u: up to the earlier time both, then one of them.",
        uses=("mean-predictor/test", "not-yet", "readout-limit", "hidden-limit"),
        check=Cases(cases, method="antiderivatives of both integrands"),
    )


def result_steps() -> Iterator[Step]:
    """The result; equal times, and the Langevin equation of the readout."""
    yield result_step()
    recursion: Rule = (K_d, sp.Lambda((t, s), memory(t, s) * k(t, s) + m(t, s) * k_dot(t, s) * k_d(t, s)))
    yield Step(
        Statement(
            id="equal-times",
            title="equal times recover the predictor",
            lhs=memory(t, s) * k(t, s) * v(s) + m(t, s) * k_dot(t, s) * k_d(t, s) * v(s),
            rhs=K_d(t, s) * v(s),
            paper="(12), (17), (SI 57), (SI 58)",
            given=(recursion,),
            domain=domain(where=(s < t,), functions=SOME),
        ),
        reason="At u = t both integrals end at t, and the integrands add up to the recursion for k^{d,L}: (17).",
        uses=("result",),
    )
    start = sp.Function("m_s", real=True)
    linear: Rule = (m, sp.Lambda((t, s), memory(t, s) * start(s)))
    some = domain(where=(s < u, u < t), functions=(*SOME, (start, sp.Lambda(s, 1 + s / 3))))
    integrand = memory(t, s) * k(u, s) * v(s) + m(t, s) * k_dot(u, s) * k_d(u, s) * v(s)
    yield Step(
        Statement(
            id="readout-decays",
            title="t ≥ u ≥ s: both integrands decay with the readout",
            lhs=sp.Derivative(integrand, t),
            rhs=-kappa * integrand,
            paper="(5), (SI 57)",
            given=(linear,),
            domain=some,
        ),
        reason="m(t,s) = e^{−κ(t−s)} m(s,s) for s ≤ t; what the readout knew at s fades, in both terms alike.",
        uses=("prior-statistics/memory-equation",),
    )
    total = readout_part() + hidden_part()
    yield Step(
        Statement(
            id="later-readout",
            title="t ≥ u: the Langevin equation of the readout, for one instance of the kernels",
            lhs=sp.Derivative(total, t),
            rhs=-kappa * total + k(u, t) * v(t),
            paper="(5), (SI 57)",
            given=(linear, *SOME[1:], (start, sp.Lambda(s, 1 + s / 3))),
            domain=domain(where=(u < t,)),
        ),
        reason="da/dt = −κa + N^{-1/2}x^L(t)v(t) + η, and the noise after u does not know x^L_u: the upper end of the "
        "first integral, and the decay of both. With its value f̄_*(u) at t = u, this equation has one solution.",
        uses=("equal-times", "readout-decays"),
        check=Quadrature(),
    )


def steps() -> Iterator[Step]:
    """The source's coupling, the result, and an explicit network."""
    yield from source_steps()
    yield from result_steps()
    yield from _readout_network.explicit_steps()


DERIVATION = Derivation(
    id="readout-hidden-correlation",
    title="Readout and hidden weights of different times",
    paper="(SI 53)–(SI 58)",
    assumptions=(
        "The generating function of the predictor, with N_L^{-1/2} a_t · x^L_u in place of the predictor (SI 54).",
        "The mean of such an output is its coupling to v, times Y − f̄ (mean-predictor).",
        "K^{d,L−1} is the limit of (λ/2T)(m¹K^{L−1,1} − m⁰K^{L−1,0}) (SI 28).",
    ),
    exact=(
        "The split of the coupling at finite λ; which replicas differ, for every pair of steps of a chain of 3; "
        "both terms' limits λ → ∞ for an abstract activation; the result for both orders of the times; equal times. "
        "That the readout decays in both terms. By brute force: the linear network of depth 1 for 3 Euler steps at "
        "N → ∞, all pairs of times, and one step at N = 1, 2, 3 with its correction of order 1/N."
    ),
    physicist=(
        "N → ∞ and n → 0 of the generating function, and that averages of readout and hidden weights are taken "
        "apart. The two limits are taken in the integrand. The Langevin equation for t ≥ u is checked with its "
        "integrals on one instance of the kernels, by quadrature. In the explicit network squared lengths are "
        "replaced by their means."
    ),
    build=steps,
    headline="result",
)
