r"""The neural dynamical kernel as a derivative, at all times.

The recursion of the paper (12)–(15), with m = m(t,s) and the equal-time kernels held fixed, reads

    K^{l+1}   = F(a, m K^l, b),                 K^0 = x·x′/N₀,
    K^{d,l+1} = m Ḟ(a, m K^l, b) K^{d,l} + e^{−κ|t−s|} K^{l+1},      K^{d,0} = e^{−κ|t−s|} K^0,

where a and b are the variances of the pre-activations at (t,t) and (s,s). Regard K^L as a function of the one number m
that stands for m(t,s) in every layer. Then one derivative replaces the second recursion:

    K^{d,L} = e^{−κ|t−s|} ∂/∂m [ m K^L(m) ].

The proof is induction on the depth. Only Price's theorem is needed of the activation: ∂F/∂c = Ḟ.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, F, Fdot, K, Kd, abstract_instance
from ndk_sym.activations import activation, names
from ndk_sym.kernels import Arguments, LayerMaps, layers
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

DEPTHS = (1, 2, 3, 4)
L, m, decay = nt.L, nt.m, nt.decay

# The weights at the two times, and the two inputs, are correlated but not identical.
COVARIANCES = (m**2 < nt.m_tt * nt.m_ss, nt.k_xy**2 < nt.k_xx * nt.k_yy)


def claim() -> Statement:
    """K^{d,L} = e^{−κ|t−s|} ∂_m [m K^L(m)]: the one statement of which base, step and instances are special cases."""
    some_kernel = sp.Lambda((L, m), (1 + L) / 10 + sp.sin(m) / 3)
    return Statement(
        id="theorem",
        title="the NDK is a derivative of the two-time kernel, for any activation and depth",
        lhs=Kd(L, m),
        rhs=decay * sp.Derivative(m * K(L, m), m),
        domain=domain(functions=((K, some_kernel), *abstract_instance())),
    )


def at_depth(maps: LayerMaps, depth: int) -> tuple[Rule, ...]:
    """K^L and K^{d,L} as the recursion gives them at one depth."""
    *_, top = layers(maps, depth, Arguments(m_ts=m))
    return (L, sp.Integer(depth)), (K(depth, m), top.cross), (Kd(depth, m), top.ndk)


def steps() -> Iterator[Step]:
    """Base, induction step, the theorem, and the explicit recursion of every registered activation."""
    theorem = claim()

    # l = 0: neither K^0 nor its NDK contains m, except through the factor m that is differentiated
    yield Step(
        theorem.at({L: 0}).where(
            (K(0, m), nt.k_xy),
            (Kd(0, m), decay * nt.k_xy),
            id="base",
            title="the relation at depth 0",
        ),
        reason="K⁰ does not depend on m, and the NDK of depth 0 is e^{−κ|t−s|} K⁰.",
    )

    # l → l + 1: insert the recursion, then the hypothesis for the NDK one layer below
    above = F(nt.a, m * K(L, m), nt.b)
    yield Step(
        theorem.at({L: L + 1}).where(
            (Kd(L + 1, m), m * Fdot(nt.a, m * K(L, m), nt.b) * Kd(L, m) + decay * above),
            (K(L + 1, m), above),
            (Kd(L, m), theorem.rhs),
            id="step",
            title="the relation at depth L implies it at depth L + 1",
        ),
        reason="Insert the recursion and the hypothesis at depth L; differentiate with ∂F/∂c = Ḟ, nothing else of φ.",
        uses=("price-theorem",),
    )

    yield Step(
        theorem,
        reason="Induction on the depth, for an abstract activation.",
        uses=("base", "step"),
        check=Induction("base", "step", tuple((f"depth {depth}", at_depth(PRICE, depth)) for depth in DEPTHS)),
    )

    for name in names(paper=True):
        for depth in DEPTHS:
            yield Step(
                theorem.at({L: depth}).where(
                    *at_depth(activation(name), depth),
                    id=f"{name}-{depth}",
                    title=f"{name} at depth {depth}, on the explicit recursion",
                    paper="(12)–(15)",
                    domain=domain(where=COVARIANCES),
                ),
                reason="The theorem for this activation; here independently of it, on the closed forms.",
                uses=("theorem", f"price-theorem/{name}"),
            )


DERIVATION = Derivation(
    id="ndk-derivative",
    title="The NDK is a derivative: K^{d,L} = e^{−κ|t−s|} ∂_m[m K^L(m)]",
    paper="(12)–(15)",
    assumptions=(
        "The recursion (12)–(15) for K^L and K^{d,L}.",
        "Price's theorem ∂F/∂c = Ḟ (price-theorem).",
        "∂_m acts on m(t,s) in every layer; the equal-time kernels K^l(t,t) and K^l(s,s) are held fixed.",
    ),
    exact=(
        "Base and induction step for an abstract activation and symbolic depth; the relation on the abstract recursion "
        "at depths 1–4, and on the closed forms of every registered activation at depths 1–4. All are exact symbolic "
        "zeros."
    ),
    physicist=(
        "The recursion itself (N → ∞, kernels concentrate) is taken from the paper. The principle of induction is "
        "used, not checked."
    ),
    build=steps,
    headline="theorem",
)
