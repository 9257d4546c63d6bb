r"""The long-time identity: ∂/∂s [m(t,s) K^L(t,s)] = T K^{d,L}(t,s).

Long after the initialisation is forgotten, t, s ≫ 1/κ, the prior is stationary: m(t,s) = σ² e^{−κ(t−s)} depends on the
lag alone (SI 69), and the equal-time kernels are constant. Its derivative is ∂_s m = κ m = T e^{−κ(t−s)}, because
κ = T/σ². The paper proves (19) by induction on the depth (SI 70–73); the steps below follow it. The factor T K^d on
the right and the derivative of a correlation on the left make it a fluctuation–dissipation theorem.

A second route needs no induction of its own: by `ndk-derivative` the right side is T e^{−κ(t−s)} ∂_m[m K^L(m)], and
T e^{−κ(t−s)} = ∂_s m, so that the chain rule gives the left side.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, F, Fdot, K, Kd, abstract_instance
from ndk_sym.activations import activation, names
from ndk_sym.kernels import Arguments, LayerMaps, layers
from ndk_sym.prior import covariance
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

DEPTHS = (1, 2, 3, 4)
L, t, s, T, sigma2 = nt.L, nt.t, nt.s, nt.T, nt.sigma2

RATE = (nt.kappa, T / sigma2)  # κ = T/σ²
memory = sp.exp(-nt.kappa * (t - s))  # e^{−κ|t−s|}; t ≥ s throughout
m = sp.Function("m", real=True)
STATIONARY = (m, sp.Lambda((t, s), sigma2 * memory))  # (SI 69)
ORDERED = (s < t,)


def claim() -> Statement:
    """∂_s [m K^L] = T K^{d,L}: the one statement of which base, step and instances are special cases."""
    some_kernel = sp.Lambda((L, t, s), (1 + L) / 10 + sp.sin(t - s) / 3)
    return Statement(
        id="identity",
        title="the long-time identity, for any activation and depth",
        lhs=sp.Derivative(m(t, s) * K(L, t, s), s),
        rhs=T * Kd(L, t, s),
        paper="(19), (SI 71)",
        given=(STATIONARY, RATE),
        domain=domain(where=ORDERED, functions=((K, some_kernel), *abstract_instance())),
    )


def at_depth(maps: LayerMaps, depth: int) -> tuple[Rule, ...]:
    """K^L and K^{d,L} as the recursion gives them at one depth, for the stationary prior."""
    stationary = Arguments(m_tt=sigma2, m_ts=sigma2 * memory, m_ss=sigma2, decay=memory)
    *_, top = layers(maps, depth, stationary)
    kernels = (K(depth, t, s), top.cross), (Kd(depth, t, s), top.ndk)
    return (L, sp.Integer(depth)), *kernels, RATE


def prior_steps() -> Iterator[Step]:
    """What the stationary prior is, and its slope."""
    lag = sp.Symbol("Delta", nonnegative=True)
    yield Step(
        Statement(
            id="stationary-prior",
            title="the prior forgets its initialisation",
            lhs=sp.Limit(m(s + lag, s), s, sp.oo),
            rhs=sigma2 * sp.exp(-nt.kappa * lag),
            paper="(SI 69)",
            given=((m, covariance),),
        ),
        reason="The covariance (10) of the prior at times s + Δ and s, as s → ∞ at fixed lag Δ.",
    )
    yield Step(
        Statement(
            id="prior-slope",
            title="the slope of the stationary prior",
            lhs=sp.Derivative(m(t, s), s),
            rhs=T * memory,
            paper="(SI 70)",
            given=(STATIONARY, RATE),
            domain=domain(where=ORDERED),
        ),
        reason="Differentiate, and use κ σ² = T.",
        uses=("stationary-prior",),
    )


def induction_steps() -> Iterator[Step]:
    """Base, induction step, and the identity."""
    identity = claim()
    yield Step(
        identity.at({L: 0}).where(
            (K(0, t, s), nt.k_xy),
            (Kd(0, t, s), memory * nt.k_xy),
            RATE,
            id="base",
            title="the identity at depth 0",
            paper="(SI 71)",
        ),
        reason="K⁰ does not depend on time; its NDK is e^{−κ(t−s)} K⁰.",
        uses=("prior-slope",),
    )

    # The hypothesis at depth L, solved for K^{d,L}; then the recursion, whose equal-time arguments a, b are constant.
    hypothesis = sp.Derivative(sigma2 * memory * K(L, t, s), s) / T
    preactivation = sigma2 * memory * K(L, t, s)
    above = F(nt.a, preactivation, nt.b)
    slope = Fdot(nt.a, preactivation, nt.b)
    yield Step(
        identity.at({L: L + 1}).where(
            (Kd(L + 1, t, s), sigma2 * memory * slope * Kd(L, t, s) + memory * above),
            (K(L + 1, t, s), above),
            (Kd(L, t, s), hypothesis),
            RATE,
            id="step",
            title="the identity at depth L implies it at depth L + 1",
            paper="(SI 72), (SI 73)",
        ),
        reason="Chain rule with ∂F/∂c = Ḟ, the hypothesis ∂_s[m K^L] = T K^{d,L}, and the recursion for K^{d,L+1}.",
        uses=("prior-slope", "price-theorem"),
    )
    yield Step(
        identity,
        reason="Induction on the depth, for an abstract activation.",
        uses=("base", "step"),
        check=Induction("base", "step", tuple((f"depth {depth}", at_depth(PRICE, depth)) for depth in DEPTHS)),
    )


def second_route() -> Step:
    """The identity from the all-time relation."""
    weight = sp.Symbol("m", positive=True)
    by_weight = K(L, weight)
    derivative = sp.Subs(sp.Derivative(weight * by_weight, weight), weight, sigma2 * memory)
    return Step(
        claim().where(
            (K(L, t, s), K(L, sigma2 * memory)),
            (Kd(L, t, s), memory * derivative),
            RATE,
            id="chain-rule",
            title="the identity once more, from the all-time relation",
            domain=domain(where=ORDERED, functions=((K, sp.Lambda((L, weight), (1 + L) / 10 + sp.sin(weight) / 3)),)),
        ),
        reason="K^L depends on time through m alone: ∂_s = (∂_s m) ∂_m, and ∂_s m = T e^{−κ(t−s)}.",
        uses=("prior-slope", "ndk-derivative"),
    )


def steps() -> Iterator[Step]:
    """The prior, the induction of the paper, the second route, and every registered activation."""
    yield from prior_steps()
    yield from induction_steps()
    yield second_route()
    for name in names(paper=True):
        for depth in DEPTHS:
            yield Step(
                claim()
                .at({L: depth})
                .where(
                    *at_depth(activation(name), depth),
                    id=f"{name}-{depth}",
                    title=f"{name} at depth {depth}, on the explicit recursion",
                    domain=domain(where=(*ORDERED, nt.k_xy**2 < nt.k_xx * nt.k_yy)),
                ),
                reason="The identity for this activation; here independently of it, on the closed forms.",
                uses=("identity", f"price-theorem/{name}"),
            )


DERIVATION = Derivation(
    id="long-time-identity",
    title="The long-time identity: ∂_s[m K^L] = T K^{d,L}",
    paper="(19), (SI 69)–(SI 73)",
    assumptions=(
        "t ≥ s ≫ 1/κ: the prior is stationary, m(t,s) = σ² e^{−κ(t−s)}, with κ = T/σ².",
        "The recursion (12)–(15) for K^L and K^{d,L}; at equal times its kernels are constant.",
        "Price's theorem ∂F/∂c = Ḟ (price-theorem).",
    ),
    exact=(
        "Base and induction step for an abstract activation and symbolic depth; the identity on the abstract recursion "
        "at depths 1–4, and on the closed forms of every registered activation at depths 1–4. All are exact symbolic "
        "zeros."
    ),
    physicist=(
        "The recursion itself (N → ∞, kernels concentrate) is taken from the paper; the transient e^{−κ(t+s)} is "
        "dropped before differentiating. The principle of induction is used, not checked."
    ),
    build=steps,
    headline="identity",
)
