r"""The linear network: K^L = m^L K⁰ and K^{d,L} = (L+1) m^L e^{−κ|t−s|} K⁰.

For φ(z) = z the layer maps are F = c and Ḟ = 1. F is a Gaussian integral over two variables, done one after the
other: given z₁, the mean of z₂ is c z₁/a; what is left is the variance of z₁. The recursion then multiplies by m(t,s)
in every layer, and each of the L + 1 layers of weights contributes one equal term to the NDK.

The kernel therefore has the shape of K⁰ at every depth and at all times: depth changes only how large it is, and the
NTK and NNGP kernels differ by a number.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import K, Kd
from ndk_sym.activations import activation
from ndk_sym.densities import conditional_density, density, pair_density
from ndk_sym.integrals import Antiderivative
from ndk_sym.kernels import Arguments, layers
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

L, m, decay, a, b, c, z1, z2 = nt.L, nt.m, nt.decay, nt.a, nt.b, nt.c, nt.z1, nt.z2

DEPTHS = (1, 2, 3, 4)
rest = sp.Symbol("b_{|1}", positive=True)
REST = (b, rest + c**2 / a)  # what is left of the variance of z₂ when z₁ is known
MAPS = activation("linear")


def kernel(depth: sp.Expr) -> sp.Expr:
    """K^L = m^L K⁰. (SI 59)"""
    return m**depth * nt.k_xy


def response(depth: sp.Expr) -> sp.Expr:
    """K^{d,L} = (L+1) m^L e^{−κ|t−s|} K⁰. (SI 61)"""
    return (depth + 1) * m**depth * decay * nt.k_xy


def claim() -> Statement:
    """K^L for every depth."""
    return Statement(
        id="kernel",
        title="the kernel of any depth",
        lhs=K(L, m),
        rhs=kernel(L),
        paper="(SI 59)",
        domain=domain(functions=((K, sp.Lambda((L, m), kernel(L))),)),
    )


def response_claim() -> Statement:
    """K^{d,L} for every depth."""
    return Statement(
        id="response",
        title="the neural dynamical kernel of any depth",
        lhs=Kd(L, m),
        rhs=response(L),
        paper="(SI 61)",
        domain=domain(functions=((Kd, sp.Lambda((L, m), response(L))),)),
    )


def at_depth(depth: int) -> tuple[Rule, ...]:
    """K^L and K^{d,L} as the recursion gives them at one depth."""
    *_, top = layers(MAPS, depth, Arguments(m_ts=m))
    return (L, sp.Integer(depth)), (K(depth, m), top.cross), (Kd(depth, m), top.ndk)


def instances() -> tuple[tuple[str, tuple[Rule, ...]], ...]:
    """The explicit recursion at every depth tried."""
    return tuple((f"depth {depth}", at_depth(depth)) for depth in DEPTHS)


def steps() -> Iterator[Step]:
    """The layer maps, the kernel, the NDK, and what follows."""
    yield from map_steps()
    yield from kernel_steps()
    yield from response_steps()
    yield from consequences()


def map_steps() -> Iterator[Step]:
    """F = c from the double integral, one variable after the other."""
    given = conditional_density(z2, z1, c / a, rest)
    yield Step(
        Statement(
            id="factors",
            title="the density of the pair, one variable after the other",
            lhs=pair_density(z1, z2, a, c, b),
            rhs=density(z1, a) * given,
            given=(REST,),
        ),
        reason="Given z₁, z₂ is Gaussian with mean c z₁/a and variance b − c²/a.",
    )
    yield Step(
        Statement(
            id="inner",
            title="the mean of z₂ when z₁ is known",
            lhs=sp.Integral(z2 * given, (z2, -sp.oo, sp.oo)),
            rhs=c * z1 / a,
        ),
        reason="z₂ is c z₁/a and a part of mean zero.",
        uses=("factors",),
        check=Antiderivative(-rest * given + c * z1 / a * sp.erf((z2 - c * z1 / a) / sp.sqrt(2 * rest)) / 2),
    )
    weight = density(z1, a)
    yield Step(
        Statement(
            id="layer-map",
            title="the layer map F = ⟨z₁z₂⟩",
            lhs=sp.Integral(z1 * (c * z1 / a) * weight, (z1, -sp.oo, sp.oo)),
            rhs=MAPS.dual(a, c, b),
            paper="(SI 59)",
        ),
        reason="The outer integral, with the mean of z₂ inserted; the right side is the registered closed form.",
        uses=("inner",),
        check=Antiderivative(c / a * (a * sp.erf(z1 / sp.sqrt(2 * a)) / 2 - a * z1 * weight)),
    )
    yield Step(
        Statement(
            id="derivative-map",
            title="the derivative layer map Ḟ = ⟨1·1⟩",
            lhs=sp.Integral(weight, (z1, -sp.oo, sp.oo)),
            rhs=MAPS.dual_derivative(a, c, b),
            paper="(SI 60)",
        ),
        reason="φ′ = 1: the density is normalised.",
        uses=("factors",),
        check=Antiderivative(sp.erf(z1 / sp.sqrt(2 * a)) / 2),
    )


def kernel_steps() -> Iterator[Step]:
    """K^L = m^L K⁰ by induction."""
    theorem = claim()
    yield Step(
        theorem.at({L: 0}).where((K(0, m), nt.k_xy), id="base", title="depth 0"),
        reason="K⁰ = x·x′/N₀.",
    )
    yield Step(
        theorem.at({L: L + 1}).where(
            (K(L + 1, m), MAPS.dual(a, m * K(L, m), b)),
            (K(L, m), theorem.rhs),
            id="step",
            title="one layer more",
        ),
        reason="F = c at c = m K^L, and the hypothesis.",
        uses=("layer-map",),
    )
    yield Step(theorem, "Induction on the depth.", ("base", "step"), Induction("base", "step", instances()))


def response_steps() -> Iterator[Step]:
    """K^{d,L} by induction, and from the derivative relation."""
    theorem = response_claim()
    yield Step(
        theorem.at({L: 0}).where((Kd(0, m), decay * nt.k_xy), id="response-base", title="the NDK at depth 0"),
        reason="K^{d,0} = e^{−κ|t−s|} K⁰.",
    )
    yield Step(
        theorem.at({L: L + 1}).where(
            (Kd(L + 1, m), m * MAPS.dual_derivative(a, m * K(L, m), b) * Kd(L, m) + decay * K(L + 1, m)),
            (Kd(L, m), theorem.rhs),
            (K(L + 1, m), kernel(L + 1)),
            id="response-step",
            title="the NDK with one layer more",
        ),
        reason="The recursion with Ḟ = 1 adds one term of the same size to L + 1 of them.",
        uses=("derivative-map", "kernel"),
    )
    yield Step(
        theorem,
        "Induction on the depth.",
        ("response-base", "response-step"),
        Induction("response-base", "response-step", instances()),
    )
    yield Step(
        theorem.where(
            (Kd(L, m), decay * sp.Derivative(m * K(L, m), m)),
            (K(L, m), kernel(L)),
            id="derivative",
            title="the same from the derivative relation",
        ),
        reason="∂_m of m·m^L, with no second recursion.",
        uses=("kernel", "ndk-derivative"),
    )


def consequences() -> Iterator[Step]:
    """The NTK, the NNGP kernel, and their ratio."""
    initial, final = nt.sigma02, nt.sigma2
    start = response(L).xreplace({m: initial, decay: sp.Integer(1)})
    yield Step(
        Statement(
            id="ntk",
            title="the neural tangent kernel",
            lhs=Kd(L, initial),
            rhs=(L + 1) * initial**L * nt.k_xy,
            paper="(11), (SI 61)",
            given=((Kd(L, initial), start),),
        ),
        reason="Both times at the start: m = σ₀², and nothing has decayed.",
        uses=("response",),
    )
    yield Step(
        Statement(
            id="equilibria",
            title="the NNGP kernel is a number times the NTK",
            lhs=final * K(L, final) / Kd(L, initial),
            rhs=final ** (L + 1) / ((L + 1) * initial**L),
            paper="(SI 59), (SI 61)",
            given=((K(L, final), kernel(L).xreplace({m: final})), (Kd(L, initial), start)),
        ),
        reason="K_GP = σ² K^L at m = σ². The NTK and NNGP equilibria then differ only by terms of order T.",
        uses=("kernel", "ntk"),
    )


DERIVATION = Derivation(
    id="ndk-linear",
    title="The NDK of the linear network: (L+1) m^L e^{−κ|t−s|} K⁰",
    paper="(SI 59), (SI 60), (SI 61)",
    assumptions=("φ(z) = z in every layer.", "The recursion (12)–(15) for K^L and K^{d,L}."),
    exact=(
        "F and Ḟ from the Gaussian integrals, each with its antiderivative; base and induction step for symbolic "
        "depth, and the explicit recursion at depths 1–4; the NTK and NNGP kernels."
    ),
    physicist=(
        "The recursion (N → ∞, kernels concentrate) is taken from the paper; here it is even exact at every width, as "
        "ndk-as-two-time-ntk finds. The order of two absolutely convergent integrals, and the principle of induction, "
        "are used, not checked."
    ),
    build=steps,
    headline="response",
)
