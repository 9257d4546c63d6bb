r"""The error-function network: the arcsine from a Gaussian integral and Price's theorem.

The derivative φ′(z) = (2/√π) e^{−z²} is itself a Gaussian. Multiplied into the density of covariance Σ it gives another
Gaussian, of covariance Σ′ with Σ′⁻¹ = Σ⁻¹ + 2·1, so that Ḟ needs only a ratio of determinants:

    Ḟ = (4/π) / √det(1 + 2Σ),      det(1 + 2Σ) = (1 + 2a)(1 + 2b) − 4c².

At c = 0 the pair is independent, and F = ⟨φ⟩⟨φ⟩ = 0 because φ is odd. Price's theorem ∂F/∂c = Ḟ then leaves one
integral, which is the arcsine. Inserted into the recursion this gives the NDK: explicit here for depths 1 and 2.
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
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

a, b, c, z, z1, z2, t, s = nt.a, nt.b, nt.c, nt.z, nt.z1, nt.z2, nt.t, nt.s
m_tt, m_ts, m_ss, decay = nt.m_tt, nt.m_ts, nt.m_ss, nt.decay
k_xx, k_xy, k_yy = nt.k_xx, nt.k_xy, nt.k_yy

ERF = activation("erf")
COVARIANCE = (c**2 < a * b,)
CORRELATED = (m_ts**2 < m_tt * m_ss, k_xy**2 < k_xx * k_yy)
determinant = (1 + 2 * a) * (1 + 2 * b) - 4 * c**2


def steps() -> Iterator[Step]:
    """Ḟ as a ratio of determinants, F by integrating it, and the NDK of depths 1 and 2."""
    yield from derivative_steps()
    yield from start_steps()
    yield from map_steps()
    yield from depth_steps()


def derivative_steps() -> Iterator[Step]:
    """Ḟ."""
    yield Step(
        Statement(
            id="slope",
            title="the derivative of the activation is a Gaussian",
            lhs=sp.Derivative(nt.phi(z), z),
            rhs=2 / sp.sqrt(sp.pi) * sp.exp(-(z**2)),
            given=((nt.phi, ERF.phi),),
        ),
        reason="Differentiate erf.",
    )
    narrower = [entry / determinant for entry in (a + 2 * (a * b - c**2), c, b + 2 * (a * b - c**2))]
    rest = sp.Symbol("b_{|1}", positive=True)
    yield Step(
        Statement(
            id="product",
            title="φ′φ′ times the density is a narrower density: the exponents",
            lhs=-(z1**2) - z2**2 + _exponent(a, c, b),
            rhs=_exponent(*narrower),
            domain=domain(where=COVARIANCE),
        ),
        reason="Σ′ = (Σ⁻¹ + 2·1)⁻¹ has the entries (a + 2(ab − c²))/D, c/D and (b + 2(ab − c²))/D, D = det(1 + 2Σ).",
        uses=("slope",),
    )
    yield Step(
        Statement(
            id="prefactors",
            title="the prefactors: a ratio of determinants",
            lhs=4 / sp.pi * pair_density(0, 0, a, c, b),
            rhs=4 / (sp.pi * sp.sqrt(determinant)) * pair_density(0, 0, *narrower),
            domain=domain(where=COVARIANCE),
        ),
        reason="det Σ = det Σ′ · det(1 + 2Σ).",
        uses=("slope",),
    )
    inner = conditional_density(z2, z1, c / a, rest)
    yield Step(
        Statement(
            id="normalised",
            title="a Gaussian density integrates to 1, one variable after the other",
            lhs=sp.Integral(density(z1, a) * inner, (z2, -sp.oo, sp.oo)),
            rhs=density(z1, a),
        ),
        reason="Given z₁, z₂ is Gaussian with mean c z₁/a; the integral over z₁ is the same with mean 0.",
        uses=("ndk-linear/factors", "ndk-linear/derivative-map"),
        check=Antiderivative(density(z1, a) * sp.erf((z2 - c * z1 / a) / sp.sqrt(2 * rest)) / 2),
    )
    yield Step(
        Statement(
            id="derivative-map",
            title="the derivative layer map Ḟ",
            lhs=4 / (sp.pi * sp.sqrt(determinant)),
            rhs=nt.Fdot(a, c, b),
            paper="(SI 68)",
            given=((nt.Fdot, ERF.dual_derivative),),
            domain=domain(where=COVARIANCE),
        ),
        reason="What stands in front of the normalised density; the right side is the registered closed form.",
        uses=("product", "prefactors", "normalised"),
    )


def _exponent(a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
    """The exponent of the pair's density."""
    return -(b * z1**2 - 2 * c * z1 * z2 + a * z2**2) / (2 * (a * b - c**2))


def start_steps() -> Iterator[Step]:
    """F at c = 0."""
    yield Step(
        Statement(
            id="independent",
            title="at c = 0 the pre-activations are independent",
            lhs=pair_density(z1, z2, a, sp.Integer(0), b),
            rhs=density(z1, a) * density(z2, b),
        ),
        reason="The density is a product, so that F(a, 0, b) = μ(a) μ(b).",
    )
    yield Step(
        Statement(
            id="odd",
            title="the mean activation vanishes: its integrand is odd",
            lhs=nt.phi(-z) * density(-z, a),
            rhs=-nt.phi(z) * density(z, a),
            paper="(22)",
            given=((nt.phi, ERF.phi),),
        ),
        reason="φ is odd, the density even: μ = 0, and F(a, 0, b) = 0. For K_mean see (22).",
    )


def map_steps() -> Iterator[Step]:
    """F, and the equal-time norm."""
    x = sp.Symbol("c'", real=True)
    yield Step(
        Statement(
            id="layer-map",
            title="the layer map F is the integral of Ḟ from c = 0",
            lhs=sp.Integral(nt.Fdot(a, x, b), (x, 0, c)),
            rhs=nt.F(a, c, b),
            paper="(SI 67)",
            given=((nt.F, ERF.dual), (nt.Fdot, ERF.dual_derivative)),
            domain=domain(where=COVARIANCE),
        ),
        reason="Price's theorem ∂F/∂c = Ḟ, and F(a, 0, b) = 0; the right side is the registered closed form.",
        uses=("derivative-map", "independent", "odd", "price-theorem"),
        check=Antiderivative(2 / sp.pi * sp.asin(2 * x / sp.sqrt((1 + 2 * a) * (1 + 2 * b)))),
    )
    yield Step(
        Statement(
            id="norm",
            title="the layer map at equal times and inputs",
            lhs=nt.F(a, a, a),
            rhs=2 / sp.pi * sp.asin(2 * a / (1 + 2 * a)),
            given=((nt.F, ERF.dual),),
        ),
        reason="c = b = a.",
        uses=("layer-map",),
    )


def depth_steps() -> Iterator[Step]:
    """K and K^d of depths 1 and 2, against the recursion."""
    norm_t, norm_s = sp.symbols("n_t n_s", positive=True)
    arcsine = 2 * m_ts * K(0, t, s) / sp.sqrt((1 + 2 * m_tt * k_xx) * (1 + 2 * m_ss * k_yy))
    root = sp.sqrt((1 + 2 * m_tt * k_xx) * (1 + 2 * m_ss * k_yy) - 4 * m_ts**2 * K(0, t, s) ** 2)
    first = _layer(1, arcsine, root, decay * K(0, t, s), ((K(0, t, s), k_xy),))
    yield from first
    kernel, response = (step.statement.rhs for step in first)
    deeper = 2 * m_ts * K(1, t, s) / sp.sqrt((1 + 2 * m_tt * norm_t) * (1 + 2 * m_ss * norm_s))
    deeper_root = sp.sqrt((1 + 2 * m_tt * norm_t) * (1 + 2 * m_ss * norm_s) - 4 * m_ts**2 * K(1, t, s) ** 2)
    norms = ((norm_t, ERF.norm(m_tt * k_xx)), (norm_s, ERF.norm(m_ss * k_yy)))
    yield from _layer(
        2, deeper, deeper_root, Kd(1, t, s), ((Kd(1, t, s), response), (K(1, t, s), kernel), *norms, (K(0, t, s), k_xy))
    )


def _layer(depth: int, arcsine: sp.Expr, root: sp.Expr, below: sp.Expr, given: tuple[Rule, ...]) -> tuple[Step, ...]:
    """Return the steps for the kernel and the NDK of one depth."""
    *_, top = layers(ERF, depth, Arguments())
    kernel = 2 / sp.pi * sp.asin(arcsine)
    response = 4 / sp.pi * m_ts * below / root + decay * kernel
    parts = (
        ("kernel", "kernel", "(SI 67)", K(depth, t, s), kernel, top.cross),
        ("response", "neural dynamical kernel", "(14), (SI 68)", Kd(depth, t, s), response, top.ndk),
    )
    return tuple(
        Step(
            Statement(
                id=f"{name}-{depth}",
                title=f"the {title} of depth {depth}",
                lhs=lhs,
                rhs=rhs,
                paper=paper,
                given=((lhs, value), *given),
                domain=domain(where=CORRELATED),
            ),
            reason="The layer maps inserted; the left side is what the recursion (12)–(15) gives.",
            uses=("layer-map", "derivative-map", "norm"),
        )
        for name, title, paper, lhs, rhs, value in parts
    )


DERIVATION = Derivation(
    id="ndk-erf",
    title="The NDK of the error-function network: the arcsine, and explicit depths",
    paper="(SI 67), (SI 68)",
    assumptions=(
        "φ(z) = erf(z) in every layer.",
        "a, b > 0 and c² < ab; the ends follow by continuity.",
        "Price's theorem ∂F/∂c = Ḟ (price-theorem).",
        "The recursion (12)–(15) for K^L and K^{d,L}.",
    ),
    exact=(
        "The product of Gaussians, exponents and prefactors; normalisation and the integral of Ḟ, each with its "
        "antiderivative; K^L and K^{d,L} of depths 1 and 2 against the recursion."
    ),
    physicist=(
        "The recursion (N → ∞, kernels concentrate) is taken from the paper. That an odd integrand integrates to zero, "
        "and the exchange of ∂/∂c with the integral in Price's theorem, are used, not checked."
    ),
    build=steps,
    headline="response-1",
)
