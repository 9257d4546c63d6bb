r"""The fluctuation–dissipation theorem behind the long-time identity, and how it fails before equilibrium.

Push one weight by a small force h(s): its mean moves by the response e^{−κ(t−s)}. If the weight is in equilibrium with
its noise, the response is the slope of its correlation over the temperature, e^{−κ(t−s)} = ∂_s m(t,s)/T. The identity
(19) says the same of the whole network, with correlation m K^L and response K^{d,L}. Both need equilibrium. A weight
that starts with the wrong variance, σ₀² ≠ σ², violates the theorem by

    ∂_s m(t,s) − T e^{−κ(t−s)} = κ (σ² − σ₀²) e^{−κ(t+s)} = e^{−κ(t−s)} ∂_s m(s,s)/2,

half the drift of its variance, remembered until t. For the network, K^L depends on s through m(t,s) and, in the
equal-time kernels, through m_ss = m(s,s). The chain rule and the all-time relation `ndk-derivative` leave

    ∂_s[m K^L] − T K^{d,L} = κ (σ² − σ₀²) e^{−κ(t+s)} ( ∂_m[m K^L] + 2 m_ss ∂_{m_ss} K^L ),

exactly, at all times, for any activation and depth. It vanishes for σ₀ = σ at once, else like e^{−2κs}: how long ago
s was does not matter, only how far s is from the start. For homogeneous activations (ReLU, linear) the bracket is
(L+1) K^L.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations import _violation_of_one_weight
from derivations._violation_of_one_weight import ORDERED, PRIOR, TEMPERATURE, covariance, m, memory, violation
from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, K, Kd, abstract_instance
from ndk_sym.activations import activation, names
from ndk_sym.integrals import Antiderivative
from ndk_sym.kernels import Arguments, LayerMaps, layers
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

ABSTRACT_DEPTHS, DEPTHS = (1, 2), (1, 2)
L, t, s, T, kappa, sigma2, sigma02 = nt.L, nt.t, nt.s, nt.T, nt.kappa, nt.sigma2, nt.sigma02
one, same = nt.m, nt.m_ss  # the numbers that m(t,s) and m(s,s) are
lag = sp.Symbol("Delta", nonnegative=True)
HERE = ((one, same), (m(t, s), m(s, s)))


def bracket(kernel: sp.Expr) -> sp.Expr:
    """∂_m[m K] + 2 m_ss ∂_{m_ss} K of a kernel in m and m_ss, at the prior of the two times."""
    return sp.Subs(sp.Derivative(one * kernel, one), *HERE) + 2 * m(s, s) * sp.Subs(sp.Derivative(kernel, same), *HERE)


def claim() -> Statement:
    """∂_s[m K^L] = T K^{d,L} + the violation: the statement of which all others about the network are special cases."""
    return Statement(
        id="network",
        title="the theorem for the network, with its violation, at all times",
        lhs=sp.Derivative(m(t, s) * K(L, t, s), s),
        rhs=T * Kd(L, t, s) + violation * bracket(K(L, one, same)),
        paper="(19)",
        domain=domain(where=ORDERED),
    )


def by_weights(depth: sp.Expr, kernel: sp.Expr) -> tuple[Rule, ...]:
    """K^L in terms of m and m_ss; K^{d,L} by the all-time relation."""
    response = memory * sp.Subs(sp.Derivative(one * kernel, one), *HERE)
    return (K(depth, t, s), kernel.subs({one: m(t, s), same: m(s, s)})), (Kd(depth, t, s), response)


def recursion(maps: LayerMaps, depth: int, start: Rule | None = None) -> tuple[Rule, ...]:
    """K^L and K^{d,L} as the recursion gives them: nothing of `ndk-derivative` is used."""
    *_, top = layers(maps, depth, Arguments(m_tt=nt.m_tt, m_ts=one, m_ss=same))
    kernel, response = (part.subs({nt.decay: memory}) for part in (top.cross, top.ndk))
    here = {one: m(t, s), same: m(s, s)}
    return (
        (K(depth, one, same), kernel),
        (K(depth, t, s), kernel.subs(here)),
        (Kd(depth, t, s), response.subs(here)),
        *((start,) if start else ()),
        (nt.m_tt, m(t, t)),
        PRIOR,
        TEMPERATURE,
    )


def steps() -> Iterator[Step]:
    """One weight, the network, the network at equilibrium."""
    yield from _violation_of_one_weight.weight_steps()
    yield from network_steps()
    yield from activation_steps()
    yield from equilibrium_steps()


def network_steps() -> Iterator[Step]:
    """The chain rule, for an abstract kernel, and the recursion of an abstract activation."""
    theorem = claim()
    some = (K, sp.Lambda((L, one, same), (1 + L) / 10 + sp.sin(one) / 3 + one * same**2 / 5))
    yield Step(
        theorem.where(
            *by_weights(L, K(L, one, same)), PRIOR, TEMPERATURE, domain=domain(where=ORDERED, functions=(some,))
        ),
        reason=(
            "K^L depends on s through m and m_ss: ∂_s = (∂_s m) ∂_m + (∂_s m_ss) ∂_{m_ss}; insert both slopes, and "
            "K^{d,L} = e^{−κ(t−s)} ∂_m[m K^L]."
        ),
        uses=("weight", "drift-of-the-variance", "ndk-derivative"),
    )
    for depth in ABSTRACT_DEPTHS:
        yield Step(
            theorem.at({L: depth}).where(
                *recursion(PRICE, depth),
                id=f"recursion-{depth}",
                title=f"the same on the recursion of depth {depth}, any activation",
                paper="(12)–(15), (19)",
                domain=domain(where=ORDERED, functions=abstract_instance()),
            ),
            reason="Independently of ndk-derivative: both kernels from the recursion with an abstract layer map.",
            uses=("network", "price-theorem"),
        )


def activation_steps() -> Iterator[Step]:
    """Every registered activation, and what homogeneity makes of the bracket."""
    for name in names(paper=True):
        yield Step(
            claim()
            .at({L: 1})
            .where(
                *recursion(activation(name), 1),
                id=f"{name}-1",
                title=f"{name} at depth 1, on the explicit recursion",
                domain=domain(where=(*ORDERED, nt.k_xy**2 < nt.k_xx * nt.k_yy)),
            ),
            reason="The theorem and its violation for this activation, on the closed forms.",
            uses=("network", f"price-theorem/{name}"),
        )
    for name in ("linear", "relu"):
        for depth in DEPTHS:
            *_, top = layers(activation(name), depth, Arguments(m_ts=one, m_ss=same))
            kernel = K(depth, one, same)
            yield Step(
                Statement(
                    id=f"homogeneous-{name}-{depth}",
                    title=f"{name} at depth {depth}: the bracket is (L+1) K^L",
                    lhs=sp.Derivative(one * kernel, one) + 2 * same * sp.Derivative(kernel, same),
                    rhs=(depth + 1) * kernel,
                    given=((kernel, top.cross),),
                    domain=domain(where=(one**2 < nt.m_tt * same, nt.k_xy**2 < nt.k_xx * nt.k_yy)),
                ),
                reason="Euler's equation: K^L is of degree L when m² and m_ss are scaled together.",
                uses=("network",),
            )


def equilibrium_steps() -> Iterator[Step]:
    """σ₀ = σ, long times, and the integrated response."""
    start: Rule = (sigma02, sigma2)
    for depth in ABSTRACT_DEPTHS:
        yield Step(
            Statement(
                id=f"equilibrium-{depth}",
                title=f"from σ₀ = σ the identity holds at all times: any activation, depth {depth}",
                lhs=sp.Derivative(m(t, s) * K(depth, t, s), s),
                rhs=T * Kd(depth, t, s),
                paper="(19)",
                given=(*recursion(PRICE, depth), start),
                domain=domain(where=ORDERED, functions=abstract_instance()),
            ),
            reason="The violation has the factor σ² − σ₀²: no time need pass.",
            uses=(f"recursion-{depth}",),
        )
    yield Step(
        Statement(
            id="forgetting",
            title="the violation of one weight at a fixed lag Δ decays like e^{−2κs}",
            lhs=sp.Subs(violation, t, s + lag),
            rhs=kappa * (sigma2 - sigma02) * sp.exp(-kappa * lag) * sp.exp(-2 * kappa * s),
        ),
        reason="Set t = s + Δ. The bracket tends to its stationary value: the network's violation decays alike.",
        uses=("network",),
    )
    yield Step(
        Statement(
            id="long-times",
            title="response over slope of the correlation tends to 1",
            lhs=sp.Limit(sigma2 / (sigma2 + (sigma2 - sigma02) * sp.exp(-2 * kappa * s)), s, sp.oo),
            rhs=sp.Integer(1),
        ),
        reason="The ratio above, as s → ∞ at any lag.",
        uses=("ratio", "forgetting"),
    )
    for depth in DEPTHS:
        yield Step(
            Statement(
                id=f"long-times-linear-{depth}",
                title=f"a linear network of depth {depth} from any σ₀: the slope at lag Δ tends to T K^d",
                lhs=sp.Limit(sp.diff((covariance(t, s) ** (depth + 1) * nt.k_xy), s).subs(t, s + lag), s, sp.oo),
                rhs=T * (depth + 1) * (sigma2 * sp.exp(-kappa * lag)) ** depth * sp.exp(-kappa * lag) * nt.k_xy,
                paper="(19), (SI 61)",
                given=(TEMPERATURE,),
            ),
            reason="m K^L = m^{L+1} K⁰, differentiated with its transient; then s → ∞.",
            uses=("network", "ndk-linear"),
        )
    total = (sigma2 * memory) ** L * nt.k_xy
    yield Step(
        Statement(
            id="susceptibility",
            title="the integrated response from σ₀ = σ, linear networks of any depth",
            lhs=sp.Integral((L + 1) * total * memory, (s, 0, t)),
            rhs=(sigma2 ** (L + 1) * nt.k_xy - sp.Subs(sigma2 * memory * total, s, 0)) / T,
            paper="(SI 74)",
            given=(TEMPERATURE,),
        ),
        reason="∫ K^d ds is what the correlation m K^L has lost since the start, over T; K_GP/T if t → ∞.",
        uses=("equilibrium-1", "ndk-linear"),
        check=Antiderivative(sigma2 * memory * total / T),
    )


DERIVATION = Derivation(
    id="fluctuation-dissipation",
    title="The long-time identity as a fluctuation–dissipation theorem, and its violation",
    paper="(19), (SI 69)–(SI 74)",
    assumptions=(
        "t ≥ s ≥ 0, any σ₀: the prior (10) with its transient, κ = T/σ².",
        "The recursion (12)–(15) for K^L and K^{d,L}; K^L is differentiable in m and in the equal-time weight m_ss.",
        "The all-time relation K^{d,L} = e^{−κ(t−s)} ∂_m[m K^L] (ndk-derivative) and Price's theorem (price-theorem).",
    ),
    exact=(
        "The violation for one weight; for the network with an abstract kernel and symbolic depth; on the abstract "
        "recursion at depths 1 and 2, and for every registered activation, independently of ndk-derivative. That it "
        "vanishes for σ₀ = σ; that the bracket is (L+1) K^L for ReLU and linear. All are exact symbolic zeros."
    ),
    physicist=(
        "The recursion itself (N → ∞, kernels concentrate) is taken from the paper. Along a trajectory in which the "
        "data are learnt, the theorem speaks of the prior process; what learning makes of it is in "
        "predictor-covariance. That the bracket stays bounded as s → ∞, needed for the decay of the network's "
        "violation, is shown for linear networks only; it follows from the continuity of the layer maps."
    ),
    build=steps,
    headline="network",
)
