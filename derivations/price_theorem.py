r"""Price's theorem: ∂F/∂c = Ḟ.

For z = (z₁, z₂) Gaussian with covariance [[a, c], [c, b]] the layer maps are F = ⟨φ(z₁)φ(z₂)⟩ and
Ḟ = ⟨φ′(z₁)φ′(z₂)⟩. The theorem turns the derivative kernel K̇ into a derivative of K, and all later derivations rest
on it.

The argument. The density p(z₁, z₂) satisfies the "heat equation" ∂p/∂c = ∂²p/∂z₁∂z₂. Differentiating ⟨φφ⟩ under the
integral and integrating by parts twice moves both derivatives onto the φ's. On the integrands, before any integral is
taken, this is an identity: they differ by a divergence, whose integral vanishes when φ grows slower than e^{z²}.

Two checks do not pass through the divergence. Completing the square gives the average of e^{iuz₁}e^{ivz₂}, or of real
exponentials, in closed form; it satisfies the theorem, and with it every φ that is a superposition of exponentials. And
for a polynomial φ with arbitrary coefficients, Isserlis' theorem gives F and Ḟ term by term.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.activations import activation, names
from ndk_sym.isserlis import layer_maps
from ndk_sym.statement import Derivation, Statement, Step, domain

# |c| < √(ab): the covariance is positive definite
COVARIANCE = (nt.c**2 < nt.a * nt.b,)
DEGREE = 6  # of the polynomials that are averaged term by term


def exponent() -> sp.Expr:
    """−zᵀ Σ⁻¹ z / 2 for the covariance Σ = [[a, c], [c, b]]."""
    z = sp.Matrix([nt.z1, nt.z2])
    covariance = sp.Matrix([[nt.a, nt.c], [nt.c, nt.b]])
    return -sp.factor((z.T * covariance.inv() * z)[0]) / 2


def density() -> sp.Expr:
    """Density of (z₁, z₂)."""
    return sp.exp(exponent()) / (2 * sp.pi * sp.sqrt(nt.a * nt.b - nt.c**2))


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

    yield from exponential_steps()
    yield polynomial_step()
    for name in names(paper=True):
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


def exponential_steps() -> Iterator[Step]:
    """The theorem for exponentials, whose averages are found by completing the square."""
    u, v = sp.symbols("u v", real=True)
    z1, z2 = nt.z1, nt.z2
    shifted = exponent().xreplace({z1: z1 - nt.a * u - nt.c * v, z2: z2 - nt.c * u - nt.b * v})
    square = (nt.a * u**2 + 2 * nt.c * u * v + nt.b * v**2) / 2
    yield Step(
        Statement(
            id="square",
            title="an exponential e^{uz₁} e^{vz₂} shifts the density: the exponents",
            lhs=u * z1 + v * z2 + exponent(),
            rhs=square + shifted,
            domain=domain(where=COVARIANCE),
        ),
        reason="Complete the square. The shifted density still integrates to 1, so that what is left outside is the "
        "logarithm of ⟨e^{uz₁} e^{vz₂}⟩.",
    )
    yield Step(
        Statement(
            id="exponentials",
            title="Price's theorem for exponentials, and so for their superpositions",
            lhs=sp.Derivative(sp.exp(square), nt.c),
            rhs=u * v * sp.exp(square),
            domain=domain(where=COVARIANCE),
        ),
        reason="∂/∂c of the average brings down uv, which is what φ′φ′ brings down from e^{uz₁} e^{vz₂}.",
        uses=("square",),
    )


def polynomial_step() -> Step:
    """The theorem for a polynomial with arbitrary coefficients, by Isserlis' theorem."""
    coefficients = dict(enumerate(sp.symbols(f"c_0:{DEGREE + 1}", real=True)))
    dual, derivative = (nt.F(nt.a, nt.c, nt.b), nt.Fdot(nt.a, nt.c, nt.b))
    values = layer_maps(coefficients, nt.a, nt.c, nt.b)
    return Step(
        Statement(
            id="polynomials",
            title=f"Price's theorem for polynomials of degree {DEGREE} with any coefficients, moment by moment",
            lhs=sp.Derivative(dual, nt.c),
            rhs=derivative,
            given=((dual, values[0]), (derivative, values[1])),
            domain=domain(where=COVARIANCE),
        ),
        reason="Both sides summed over all pairings of the factors z₁, z₂: neither uses the theorem.",
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
        "For any φ: the integrands of ∂F/∂c and Ḟ differ by a divergence. For exponentials, from their averages; for "
        "every polynomial up to degree 6, from its moments. For each registered activation: its closed forms satisfy "
        "∂F/∂c = Ḟ. All are exact symbolic zeros."
    ),
    physicist=(
        "Exchanging ∂/∂c with the integral, and dropping the boundary terms of the divergence theorem: standard for "
        "the growth assumed, not machine-checked. That the closed forms are the Gaussian integrals is shown in "
        "ndk-linear, ndk-relu and ndk-erf, and certified to many digits."
    ),
    build=steps,
    headline="integrand",
)
