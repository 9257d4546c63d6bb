r"""The ReLU network: the layer maps from polar coordinates, and the NDK at each depth.

Write the Gaussian pair as z₁ = √a ϱ cos α, z₂ = √b ϱ cos(α − θ), with cos θ = c/√(ab): its density becomes that of two
independent unit normals, ϱ e^{−ϱ²/2}/2π. Both z's are positive on one wedge of angles, −π/2 + θ < α < π/2, where
φ(z₁)φ(z₂) = √(ab) ϱ² cos α cos(α − θ) and φ′φ′ = 1; elsewhere both products vanish. A radial and an angular integral
remain:

    F = √(ab)/2π · J(θ),      J(θ) = sin θ + (π − θ) cos θ,      Ḟ = (π − θ)/2π.

At equal times F halves the variance: K^l(t,t) = (m_tt/2)^l K⁰. The kernels of all depths then need the angles alone,
cos ψ₁ = ρ_m ρ_0 and cos ψ_{l+1} = ρ_m J(ψ_l)/π, with the correlations ρ_m of the weights at the two times and ρ_0 of
the inputs. Inserted into the recursion this gives the NDK: explicit here for depths 1 and 2.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import K, Kd
from ndk_sym.activations import activation
from ndk_sym.densities import density, pair_density
from ndk_sym.integrals import Antiderivative
from ndk_sym.kernels import Arguments, layers
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

L, t, s, a, b, c = nt.L, nt.t, nt.s, nt.a, nt.b, nt.c
theta, alpha, radius = nt.theta, nt.alpha, nt.varrho
m_tt, m_ts, m_ss, decay = nt.m_tt, nt.m_ts, nt.m_ss, nt.decay
k_xx, k_xy, k_yy = nt.k_xx, nt.k_xy, nt.k_yy

DEPTHS = (1, 2, 3, 4)
RELU = activation("relu")
COVARIANCE = (c**2 < a * b,)
CORRELATED = (m_ts**2 < m_tt * m_ss, k_xy**2 < k_xx * k_yy)
ANGLE = (theta, sp.acos(c / sp.sqrt(a * b)))
BETWEEN = domain({theta: (0, sp.Rational(22, 7)), alpha: (-1, 1)}, where=(theta < sp.pi,))
weights = sp.sqrt(m_tt * m_ss)
inputs = sp.sqrt(k_xx * k_yy)
turned = sp.cos(alpha - theta)
first, second = nt.psi1, nt.psi2
J = sp.Function("J", real=True)
bracket = sp.Lambda(theta, sp.sin(theta) + (sp.pi - theta) * sp.cos(theta))
ANGLES: tuple[Rule, ...] = (
    (second, sp.acos(m_ts / weights * J(first) / sp.pi)),
    (J, bracket),
    (first, sp.acos(m_ts * k_xy / (weights * inputs))),
)


def steps() -> Iterator[Step]:
    """The layer maps, the equal-time kernels, and the NDK of depths 1 and 2."""
    yield from polar_steps()
    yield from map_steps()
    yield from one_variable_steps()
    yield from norm_steps()
    yield from depth_steps()


def polar_steps() -> Iterator[Step]:
    """Polar coordinates, and the wedge on which nothing is cut off."""
    z1, z2 = sp.sqrt(a) * radius * sp.cos(alpha), sp.sqrt(b) * radius * turned
    jacobian = sp.Matrix([z1, z2]).jacobian([radius, alpha]).det()
    covariance = sp.sqrt(a * b) * sp.cos(theta)
    yield Step(
        Statement(
            id="polar",
            title="the density in polar coordinates",
            lhs=pair_density(z1, z2, a, covariance, b) * jacobian,
            rhs=radius * sp.exp(-(radius**2) / 2) / (2 * sp.pi),
            given=((theta, sp.acos(nt.rho)),),
        ),
        reason="Insert z₁, z₂ and c = √(ab) cos θ, and multiply with the Jacobian; 0 < θ < π.",
    )
    beta, omega = sp.symbols("beta omega", real=True)
    halves = domain({beta: (0, sp.Rational(3, 2)), omega: (0, sp.Rational(3, 2))})
    yield Step(
        Statement(
            id="same-sign",
            title="where the two pre-activations have the same sign",
            lhs=sp.cos(alpha) * turned,
            rhs=(sp.cos(2 * omega) - sp.cos(sp.pi - theta)) / 2,
            paper="(SI 63)",
            given=((alpha, beta + omega), (theta, 2 * beta)),
            domain=halves,
        ),
        reason="Count the angle ω from the middle, α = θ/2 + ω. The product is positive where |2ω| < π − θ.",
    )
    yield Step(
        Statement(
            id="wedge",
            title="where both are positive",
            lhs=sp.cos(alpha) + turned,
            rhs=2 * sp.cos(omega) * sp.cos(theta / 2),
            paper="(SI 63)",
            given=((alpha, beta + omega), (theta, 2 * beta)),
            domain=halves,
        ),
        reason="The sum is positive where |ω| < π/2. Both are positive where |ω| < (π − θ)/2, that is for angles from "
        "θ − π/2 to π/2: a wedge of width π − θ.",
        uses=("same-sign",),
    )


def map_steps() -> Iterator[Step]:
    """F and Ḟ."""
    half = sp.pi / 2
    scale = sp.sqrt(a * b)
    yield Step(
        Statement(
            id="radial",
            title="the radial integral of F",
            lhs=sp.Integral(scale * radius**2 * radius * sp.exp(-(radius**2) / 2), (radius, 0, sp.oo)),
            rhs=2 * scale,
        ),
        reason="φ(z₁)φ(z₂) brings √(ab) ϱ².",
        uses=("polar", "wedge"),
        check=Antiderivative(-scale * (radius**2 + 2) * sp.exp(-(radius**2) / 2)),
    )
    yield Step(
        Statement(
            id="angular",
            title="the angular integral of F",
            lhs=sp.Integral(sp.cos(alpha) * turned, (alpha, theta - half, half)),
            rhs=J(theta) / 2,
            paper="(SI 62)",
            given=((J, bracket),),
            domain=BETWEEN,
        ),
        reason="cos α cos(α − θ) = (cos θ + cos(2α − θ))/2, over the wedge.",
        uses=("wedge",),
        check=Antiderivative(alpha * sp.cos(theta) / 2 + sp.sin(2 * alpha - theta) / 4),
    )
    yield Step(
        Statement(
            id="layer-map",
            title="the layer map F",
            lhs=2 * scale * (J(theta) / 2) / (2 * sp.pi),
            rhs=nt.F(a, c, b),
            paper="(SI 62), (SI 63), (SI 65)",
            given=((nt.F, RELU.dual), (J, bracket), ANGLE),
            domain=domain(where=COVARIANCE),
        ),
        reason="The product of both integrals over 2π; the right side is the registered closed form.",
        uses=("radial", "angular"),
    )
    yield Step(
        Statement(
            id="radial-derivative",
            title="the radial integral of Ḟ",
            lhs=sp.Integral(radius * sp.exp(-(radius**2) / 2) * (sp.pi - theta), (radius, 0, sp.oo)),
            rhs=sp.pi - theta,
            domain=BETWEEN,
        ),
        reason="φ′φ′ = 1 on the wedge, whose width is π − θ.",
        uses=("polar", "wedge"),
        check=Antiderivative(-sp.exp(-(radius**2) / 2) * (sp.pi - theta)),
    )
    yield Step(
        Statement(
            id="derivative-map",
            title="the derivative layer map Ḟ",
            lhs=(sp.pi - theta) / (2 * sp.pi),
            rhs=nt.Fdot(a, c, b),
            paper="(SI 66)",
            given=((nt.Fdot, RELU.dual_derivative), ANGLE),
            domain=domain(where=COVARIANCE),
        ),
        reason="The integral over 2π; the right side is the registered closed form.",
        uses=("radial-derivative",),
    )


def one_variable_steps() -> Iterator[Step]:
    """Averages over one pre-activation: the mean, and the norm."""
    z, weight = nt.z, density(nt.z, a)
    yield Step(
        Statement(
            id="mean",
            title="the mean activation",
            lhs=sp.Integral(z * weight, (z, 0, sp.oo)),
            rhs=RELU.mean(a),
            paper="(22)",
        ),
        reason="Half a Gaussian.",
        check=Antiderivative(-a * weight),
    )
    yield Step(
        Statement(
            id="norm",
            title="at equal times and inputs the layer map halves the variance",
            lhs=sp.Integral(z**2 * weight, (z, 0, sp.oo)),
            rhs=RELU.norm(a),
            paper="(SI 64)",
        ),
        reason="Half the variance; F(a, a, a) = a/2 agrees, since J(0) = π.",
        uses=("layer-map",),
        check=Antiderivative(a * sp.erf(z / sp.sqrt(2 * a)) / 2 - a * z * weight),
    )


def norm_claim() -> Statement:
    """K^L(t,t;x,x) = (m_tt/2)^L K⁰(x,x)."""
    value = (m_tt / 2) ** L * k_xx
    return Statement(
        id="norms",
        title="the equal-time kernel of any depth",
        lhs=K(L, m_tt),
        rhs=value,
        paper="(SI 64)",
        domain=domain(functions=((K, sp.Lambda((L, m_tt), value)),)),
    )


def norm_steps() -> Iterator[Step]:
    """The equal-time kernels of any depth, and the recursion of the angles."""
    theorem = norm_claim()
    yield Step(
        theorem.at({L: 0}).where((K(0, m_tt), k_xx), id="base", title="depth 0"),
        reason="K⁰(x,x) does not depend on time.",
    )
    yield Step(
        theorem.at({L: L + 1}).where(
            (K(L + 1, m_tt), RELU.norm(m_tt * K(L, m_tt))),
            (K(L, m_tt), theorem.rhs),
            id="step",
            title="one layer more",
        ),
        reason="Every layer halves m_tt K^L.",
        uses=("norm",),
    )

    def at_depth(depth: int) -> tuple[Rule, ...]:
        *_, top = layers(RELU, depth, Arguments())
        return (L, sp.Integer(depth)), (K(depth, m_tt), top.norm_t)

    instances = tuple((f"depth {depth}", at_depth(depth)) for depth in DEPTHS)
    yield Step(theorem, "Induction on the depth.", ("base", "step"), Induction("base", "step", instances))

    above = m_ts * K(L, m_ts) / sp.sqrt(m_tt * K(L, m_tt) * m_ss * K(L, m_ss))
    halves = tuple((K(L, x), (x / 2) ** L * k) for x, k in ((m_tt, k_xx), (m_ss, k_yy)))
    cross = sp.sqrt((m_tt / 2) ** L * (m_ss / 2) ** L) * inputs * J(theta) / sp.pi
    yield Step(
        Statement(
            id="angles",
            title="the cosine of the next angle",
            lhs=above,
            rhs=m_ts / weights * J(theta) / sp.pi,
            paper="(SI 63), (SI 64)",
            given=(*halves, (K(L, m_ts), cross), (J, bracket)),
            domain=domain({theta: (0, 3)}),
        ),
        reason="K^L = √(K^L_tt K^L_ss) J(θ_L)/π: F over the norms of its layer. The equal-time kernels drop out.",
        uses=("layer-map", "norms"),
    )


def depth_steps() -> Iterator[Step]:
    """K and K^d of depths 1 and 2, against the recursion."""
    slope = sp.sin(first) + 2 * (sp.pi - first) * sp.cos(first)
    explicit = {
        1: (weights * inputs / (2 * sp.pi) * J(first), decay * weights * inputs / (2 * sp.pi) * slope),
        2: (
            weights**2 * inputs / (4 * sp.pi) * J(second),
            decay * weights**2 * inputs / (4 * sp.pi) * (J(second) + m_ts / weights * (sp.pi - second) / sp.pi * slope),
        ),
    }
    for depth, (kernel, response) in explicit.items():
        *_, top = layers(RELU, depth, Arguments())
        for name, title, lhs, rhs, value in (
            ("kernel", "kernel", K(depth, t, s), kernel, top.cross),
            ("response", "neural dynamical kernel", Kd(depth, t, s), response, top.ndk),
        ):
            yield Step(
                Statement(
                    id=f"{name}-{depth}",
                    title=f"the {title} of depth {depth}",
                    lhs=lhs,
                    rhs=rhs,
                    paper="(12)–(15), (SI 65)" if name == "kernel" else "(14), (SI 66)",
                    given=((lhs, value), *ANGLES),
                    domain=domain(where=CORRELATED),
                ),
                reason="The angles inserted; the left side is what the recursion (12)–(15) gives.",
                uses=("angles", "layer-map", "derivative-map"),
            )


DERIVATION = Derivation(
    id="ndk-relu",
    title="The NDK of the ReLU network: layer maps from polar coordinates, and explicit depths",
    paper="(SI 62)–(SI 66)",
    assumptions=(
        "φ(z) = max(z, 0) in every layer.",
        "a, b > 0 and |c| < √(ab), that is 0 < θ < π; the ends follow by continuity.",
        "The recursion (12)–(15) for K^L and K^{d,L}.",
    ),
    exact=(
        "The density in polar coordinates; the radial and the angular integrals, each with its antiderivative; F and Ḟ "
        "as registered; μ; the equal-time kernels by induction; the recursion of the angles for symbolic depth; "
        "K^L and K^{d,L} of depths 1 and 2 against the recursion."
    ),
    physicist=(
        "The recursion (N → ∞, kernels concentrate) is taken from the paper. The change of variables, the order of the "
        "two integrals, and where a cosine is positive, are used, not checked."
    ),
    build=steps,
    headline="response-1",
)
