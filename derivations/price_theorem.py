r"""Price's theorem: ∂F/∂c = Ḟ.

For z = (z₁, z₂) Gaussian with covariance [[a, c], [c, b]] the layer maps are F = ⟨φ(z₁)φ(z₂)⟩ and
Ḟ = ⟨φ′(z₁)φ′(z₂)⟩. The theorem turns the derivative kernel K̇ into a derivative of K, and all later derivations rest
on it.

The argument. The density p(z₁, z₂) satisfies the "heat equation" ∂p/∂c = ∂²p/∂z₁∂z₂. Differentiating ⟨φφ⟩ under the
integral and integrating by parts twice moves both derivatives onto the φ's. On the integrands, before any integral is
taken, this is an identity: they differ by a divergence, whose integral vanishes when φ grows slower than e^{z²}.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.activations import activation, names
from ndk_sym.statement import Derivation, Statement, Step, domain

# |c| < √(ab): the covariance is positive definite
COVARIANCE = (nt.c**2 < nt.a * nt.b,)


def density() -> sp.Expr:
    """Density of (z₁, z₂)."""
    z = sp.Matrix([nt.z1, nt.z2])
    covariance = sp.Matrix([[nt.a, nt.c], [nt.c, nt.b]])
    exponent = sp.factor((z.T * covariance.inv() * z)[0])
    return sp.exp(-exponent / 2) / (2 * sp.pi * sp.sqrt(covariance.det()))


def steps() -> Iterator[Step]:
    """The argument for general φ, then the closed forms of every registered activation."""
    p = sp.Function("p", real=True)(nt.z1, nt.z2, nt.c)
    z1, z2 = nt.z1, nt.z2
    phi1, phi2 = nt.phi(z1), nt.phi(z2)
    explicit = (p, density())

    yield Step(
        Statement(
            id="density",
            title="the Gaussian density solves a heat equation in the covariance",
            lhs=sp.Derivative(p, nt.c),
            rhs=sp.Derivative(p, z1, z2),
            given=(explicit,),
            domain=domain(where=COVARIANCE),
        ),
        reason="Differentiate the explicit density p of (z₁, z₂).",
    )

    heat = (sp.Derivative(p, nt.c), sp.Derivative(p, z1, z2))
    slopes = sp.Derivative(phi1, z1) * sp.Derivative(phi2, z2)
    flow1 = phi1 * phi2 * sp.Derivative(p, z2)
    flow2 = sp.Derivative(phi1, z1) * phi2 * p
    yield Step(
        Statement(
            id="integrand",
            title="Price's theorem for the integrands: they differ by a divergence",
            lhs=phi1 * phi2 * sp.Derivative(p, nt.c) - slopes * p,
            rhs=sp.Derivative(flow1, z1) - sp.Derivative(flow2, z2),
            given=(heat,),
            domain=domain(
                where=COVARIANCE,
                functions=(explicit, (nt.phi, sp.Lambda(nt.z, sp.sin(nt.z) + nt.z**2 / 3))),
            ),
        ),
        reason="Insert the heat equation and integrate by parts twice; φ and p stay abstract.",
        uses=("density",),
    )

    for name in names():
        maps = activation(name)
        yield Step(
            Statement(
                id=name,
                title=f"Price's theorem for the closed forms of the activation {name}",
                lhs=sp.Derivative(nt.F(nt.a, nt.c, nt.b), nt.c),
                rhs=nt.Fdot(nt.a, nt.c, nt.b),
                paper="(15)",
                given=((nt.F, maps.dual), (nt.Fdot, maps.dual_derivative)),
                domain=domain(where=COVARIANCE),
            ),
            reason=f"Differentiate the closed form of F ({maps.reference}).",
        )


DERIVATION = Derivation(
    id="price-theorem",
    title="Price's theorem ∂F/∂c = Ḟ: the integrands for any φ, the closed forms of each activation",
    paper="(15)",
    assumptions=(
        "a, b > 0 and c² < ab, so that the Gaussian pair has a density.",
        "φ is absolutely continuous and grows slower than exp(z²/(2a)), exp(z²/(2b)): the boundary terms vanish.",
    ),
    exact=(
        "For any φ: the integrands of ∂F/∂c and Ḟ differ by a divergence. For each registered activation: its closed "
        "forms satisfy ∂F/∂c = Ḟ as an exact symbolic zero."
    ),
    physicist=(
        "Exchanging ∂/∂c with the integral, and dropping the boundary terms of the divergence theorem: standard for "
        "the growth assumed, not machine-checked. That the closed forms are the Gaussian integrals is the business of "
        "the certificates."
    ),
    build=steps,
    headline="integrand",
)
