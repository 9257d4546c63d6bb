r"""Representational drift: the readout frozen at t₀, the hidden layers drifting on.

At t₀ the learning signal is switched off and the readout is held; the hidden weights follow the prior. The correlation
of readout and hidden weights (SI 57), at readout time t₀ and hidden time t > t₀, has then no source after t₀:

    f̄_drift(t) = ∫_0^{t₀} [ e^{−κ(t₀−s)} k^L(t,s) + m(t₀,s) k̇^L(t,s) k^{d,L−1}(t,s) ]ᵀ v(s) ds.

At t = t₀ the bracket is the NDK, by its recursion. At equilibrium it is a derivative for every t ≥ t₀,

    e^{−κ(t₀−s)} K^L(t,s) + m(t₀,s) K̇^L(t,s) K^{d,L−1}(t,s) = ∂_s [m(t₀,s) K^L(t,s)]/T:

the readout's part is ∂_s m(t₀,s) = T e^{−κ(t₀−s)}, and in the hidden layers' part the chain rule meets the long-time
identity one layer below, ∂_s K^L = K̇^L ∂_s[m(t,s) K^{L−1}] = T K̇^L K^{d,L−1}. The integral over the past leaves
σ² K^L(t,t₀)/T, and with v = T (K_GP + T)⁻¹ Y

    f̄_drift = σ² k^L(t,t₀)ᵀ (K_GP + T)⁻¹ Y.

For t − t₀ → ∞ the pre-activations at the two times become independent, c → 0, and the kernel falls to the product of
the mean activations, K_mean = μ μ. It vanishes for odd φ; for ReLU it keeps the norms of the inputs.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations import _drift_decorrelated
from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, F, Fdot, K, Kd, Kdot, abstract_instance
from ndk_sym.activations import activation, names
from ndk_sym.integrals import Antiderivative
from ndk_sym.kernels import Arguments, LayerMaps, layers
from ndk_sym.operators import Operators
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

DEPTHS = (1, 2, 3)
L, t, s, T, sigma2, kappa = nt.L, nt.t, nt.s, nt.T, nt.sigma2, nt.kappa
t0 = nt.t0

RATE = (kappa, T / sigma2)
ORDERED = (s < t0, t0 < t)


def memory(later: sp.Expr, earlier: sp.Expr) -> sp.Expr:
    """e^{−κ(t−s)}."""
    return sp.exp(-kappa * (later - earlier))


m = sp.Function("m", real=True)
STATIONARY = (m, sp.Lambda((t, s), sigma2 * memory(t, s)))
bracket = memory(t0, s) * K(L, t, s) + m(t0, s) * Kdot(L, t, s) * Kd(L - 1, t, s)
slope = sp.Derivative(m(t0, s) * K(L, t, s), s) / T

SOME_KERNEL = (K, sp.Lambda((L, t, s), (1 + L) / 10 + sp.sin(t - s) / 3))


def written(id: str, title: str, paper: str, *rules: Rule) -> Statement:
    """The bracket as a derivative: the one statement of which the abstract step and the instances are special cases."""
    return Statement(
        id=id,
        title=title,
        lhs=bracket,
        rhs=slope,
        paper=paper,
        given=(*rules, STATIONARY, RATE),
        domain=domain(where=ORDERED, functions=(SOME_KERNEL, *abstract_instance())),
    )


def frozen_steps() -> Iterator[Step]:
    """The bracket at t = t₀."""
    now = memory(t, s)
    for depth in DEPTHS:
        *_, below, top = layers(PRICE, depth, Arguments(decay=now))
        yield Step(
            Statement(
                id=f"no-delay-{depth}",
                title=f"at t = t₀ the frozen readout's kernel is the NDK, any activation, depth {depth}",
                lhs=bracket.xreplace({L: sp.Integer(depth), t0: t}),
                rhs=Kd(depth, t, s),
                paper="(SI 81), (14)",
                given=(
                    (K(depth, t, s), top.cross),
                    (Kdot(depth, t, s), top.derivative),
                    (Kd(depth - 1, t, s), below.ndk),
                    (Kd(depth, t, s), top.ndk),
                    (m, sp.Lambda((t, s), nt.m_ts)),
                ),
                domain=domain(where=(s < t,), functions=abstract_instance()),
            ),
            reason="The recursion (14) for the NDK; the full predictor (17) is recovered.",
        )


def derivative_steps() -> Iterator[Step]:
    """The bracket at equilibrium, for an abstract activation and symbolic depth, and on the explicit recursion."""
    hidden = sigma2 * memory(t, s) * K(L - 1, t, s)
    yield Step(
        written(
            "derivative",
            "at equilibrium the frozen readout's kernel is a derivative, any activation and depth",
            "(SI 82)",
            (Kd(L - 1, t, s), sp.Derivative(hidden, s) / T),
            (K(L, t, s), F(nt.a, hidden, nt.b)),
            (Kdot(L, t, s), Fdot(nt.a, hidden, nt.b)),
        ),
        reason="∂_s m(t₀,s) = T e^{−κ(t₀−s)}; chain rule with ∂F/∂c = Ḟ, and the long-time identity one layer below.",
        uses=("price-theorem", "long-time-identity"),
    )
    for name in names(paper=True):
        for depth in DEPTHS:
            yield Step(
                explicit(activation(name), depth, name),
                reason="The derivative for this activation, independently of the identity, on the closed forms.",
                uses=("derivative",),
            )


def explicit(maps: LayerMaps, depth: int, name: str) -> Statement:
    """The statement on the recursion of one activation."""
    stationary = Arguments(m_tt=sigma2, m_ts=sigma2 * memory(t, s), m_ss=sigma2, decay=memory(t, s))
    *_, below, top = layers(maps, depth, stationary)
    statement = written(
        f"{name}-{depth}",
        f"{name} at depth {depth}",
        "(SI 82)",
        (K(depth, t, s), top.cross),
        (Kdot(depth, t, s), top.derivative),
        (Kd(depth - 1, t, s), below.ndk),
    ).at({L: depth})
    return statement.where(domain=domain(where=(*ORDERED, nt.k_xy**2 < nt.k_xx * nt.k_yy)))


def equilibrium_steps() -> Iterator[Step]:
    """The integral over the past, and the predictor."""
    start, bound = sp.Symbol("s_0", nonnegative=True), sp.Symbol("B", positive=True)
    lag = sp.Symbol("Delta", nonnegative=True)
    some = domain(where=(start < t0, t0 < t), functions=(SOME_KERNEL,))
    yield Step(
        Statement(
            id="past",
            title="its integral from s₀ to t₀",
            lhs=sp.Integral(slope, (s, start, t0)),
            rhs=(sigma2 * K(L, t, t0) - m(t0, start) * K(L, t, start)) / T,
            paper="(SI 82)",
            given=(STATIONARY, RATE),
            domain=some,
        ),
        reason="The fundamental theorem; m(t₀,t₀) = σ².",
        uses=("derivative",),
        check=Antiderivative(m(t0, s) * K(L, t, s) / T),
    )
    yield Step(
        Statement(
            id="far-past",
            title="the far past does not contribute",
            lhs=sp.Limit((sigma2 * K(L, t, t0) - m(t0, t0 - lag) * bound) / T, lag, sp.oo),
            rhs=sigma2 * K(L, t, t0) / T,
            given=(STATIONARY,),
            domain=some,
        ),
        reason="K^L is bounded, and m(t₀,s₀) → 0.",
        uses=("past",),
    )
    k, v, A, K_GP = nt.k_drift, nt.v_rest, nt.A, nt.K_GP
    yield Step(
        Statement(
            id="predictor",
            title="the frozen readout's predictor after equilibrium",
            lhs=sigma2 * k * v / T,
            rhs=sigma2 * k * (K_GP + T) ** -1 * nt.Y,
            paper="(21), (SI 82)",
            given=((v, T * A * nt.Y), (K_GP, A**-1 - T)),
        ),
        reason="Insert the residual at rest, v = T (K_GP + T)⁻¹ Y: the readout knows the hidden layers of t₀.",
        uses=("far-past", "nngp-limit/fixed-point"),
        check=Operators(),
    )
    yield Step(
        Statement(
            id="no-delay-equilibrium",
            title="without delay it is the Gaussian-process predictor",
            lhs=sigma2 * k * (K_GP + T) ** -1 * nt.Y,
            rhs=nt.k_GP * (K_GP + T) ** -1 * nt.Y,
            paper="(20), (21)",
            given=((k, nt.k_GP / sigma2),),
        ),
        reason="k_GP = σ² k^L(t,t).",
        uses=("predictor",),
        check=Operators(),
    )


def steps() -> Iterator[Step]:
    """The frozen readout, its kernel as a derivative, the equilibrium form, complete decorrelation."""
    yield from frozen_steps()
    yield from derivative_steps()
    yield from equilibrium_steps()
    yield from _drift_decorrelated.independence_steps()
    yield from _drift_decorrelated.survival_steps()


DERIVATION = Derivation(
    id="drift",
    title="Representational drift: the readout frozen, the hidden layers drifting",
    paper="(21)–(23), (SI 81)–(SI 83), Sec. 5",
    assumptions=(
        "From t₀ on no learning signal; the readout stays, the hidden weights follow the prior (SI 81).",
        "t₀ ≫ 1/κ: equilibrium, v = T (K_GP + T)⁻¹ Y (nngp-limit), a stationary prior and the long-time identity.",
        "φ grows slower than exp(z²/(2a)), so that its averages exist.",
    ),
    exact=(
        "The NDK at t = t₀ for an abstract activation at depths 1–3; the bracket as a derivative for an abstract "
        "activation of symbolic depth, and for every registered activation at depths 1–3; its integral over the past; "
        "(21) and (23) for any number of inputs; F(a,0,b) = μμ by the densities, K_mean at depths 1–3; for odd "
        "activations the rate at which the kernel vanishes, for ReLU the norms that stay."
    ),
    physicist=(
        "(SI 81) itself, from the generating function with readout and hidden weights at different times, is taken "
        "from the paper (readout-hidden-correlation derives its formula). The far past's limit and the integral are "
        "exchanged. That the classes are told apart by the norms is an observation on data."
    ),
    build=steps,
    headline="predictor",
)
