r"""The NDK as a neural tangent kernel between two times, on explicit networks of finite width.

The claim (11) is that the NDK is the overlap of the gradients of one network at two times of its prior dynamics,

    K^{d,L}(t,s;x,x′) = e^{−κ|t−s|} ⟨∇f(x,Θ_t)·∇f(x′,Θ_s)⟩.

Here networks with polynomial activations are written out in all their weights, differentiated, and averaged by
Isserlis' theorem, without any kernel. With one hidden layer the overlap is exact at every width, for a cubic φ with any
coefficients. Linear networks are exact at every depth and width. With two hidden layers a correction of order 1/N
appears, and it has two sources, both seen here separately for each layer of weights:

First, the kernels of a layer of N neurons fluctuate with covariance V/N around their means, and the layer maps above
are curved: half the curvature times V/N. Where two fluctuating factors meet, their covariance adds.

Second, a gradient passes back through the same weights W that made the pre-activations going forward. Treating the two
as independent is the paper's step "to leading order in N"; Stein's lemma gives what it omits.

Both give the coefficient of 1/N for any φ, in Gaussian averages. Of one neuron of layer 1, with u = φ, d = φ′ at (t,x)
and u′, d′ at (s,x′),

    A_1 = ⟨u²⟩,   A_2 = ⟨uu′⟩ = K¹,   A_3 = ⟨u′²⟩,   A_4 = ⟨dd′⟩ = K̇¹,     V_pq = the covariance of these products,
    S_1 = ⟨u²dd′⟩,   S_2 = ⟨uu′dd′⟩,   S_3 = ⟨u′²dd′⟩;

of layer 2, B_1 = ⟨φ‴φ′⟩, B_2 = ⟨φ″φ″⟩, B_3 = ⟨φ′φ‴⟩ and the derivatives F_ab, Ḟ_c, … of F and Ḟ, all at
(a, c, b) = (m_tt A_1, m_ts A_2, m_ss A_3). For φ = z² these terms are the whole difference, at every width tried.

The index of ⟨∇f·∇f′⟩ is the depth in the theorem, then the width N, and ∞ is its limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial

import sympy as sp

from derivations import _any_width, _gradients
from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, F, Fdot, K, Kd, abstract_instance
from ndk_sym.cases import Case, Cases
from ndk_sym.finite_network import FiniteNetwork
from ndk_sym.finite_width import Overlap, corrections
from ndk_sym.isserlis import PolynomialMaps
from ndk_sym.kernels import Arguments, layers
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

L, N, m_ts, k_xy, decay, t, s = nt.L, nt.N, nt.m_ts, nt.k_xy, nt.decay, nt.t, nt.s
SAME_TIME = Arguments(decay=sp.Integer(1))
WIDTHS = (1, 2, 3)

LINEAR = ((1, sp.Integer(1)),)
SQUARE = ((2, sp.Integer(1)),)
CUBE = ((3, sp.Integer(1)),)
CUBIC = tuple(enumerate(sp.symbols("c_0:4", real=True)))
SLOPES = sp.symbols("Kdot^1 Kdot^2", real=True)  # K̇¹, K̇²
C = sp.Symbol("C_1", real=True)  # the coefficient of 1/N
PRINTED = {"a": "a", "W1": "W^1", "W2": "W^2"}
NAMES = {"a": "the readout", "W1": "the first layer", "W2": "the second layer"}


@cache
def overlaps(network: FiniteNetwork) -> dict[str, sp.Expr]:
    """Return the overlap of every group of weights, and that of all."""
    found = network.overlaps()
    return {**found, "": sp.Add(*found.values())}


def part(group: str) -> Overlap:
    """The displayed overlap of one group of weights, or of all, at width N."""
    return Overlap(N, sp.Symbol(PRINTED[group])) if group else Overlap(N)


def explicit(network: FiniteNetwork, group: str, width: int) -> tuple[Rule, ...]:
    """Rules that turn ⟨∇f·∇f⟩ into its value for one network."""
    value = overlaps(network)[group]
    return (part(group), value), (N, sp.Integer(width)), *network.input_kernel().items()


def at_widths(
    depth: int, phi: tuple[tuple[int, sp.Expr], ...], group: str = "", widths: tuple[int, ...] = WIDTHS
) -> Cases:
    """The statement for explicit networks of several widths, with two-dimensional inputs."""

    def case(width: int) -> Case:
        network = FiniteNetwork(depth, width, phi)
        return f"N = {width}", partial(explicit, network, group, width)

    return Cases(tuple(case(width) for width in widths))


def steps() -> Iterator[Step]:
    """The gradients of any φ, the recursion in words of them, then explicit networks and any width."""
    yield from _gradients.gradient_steps()
    yield from recursion_steps()
    yield from one_layer_steps()
    yield from linear_steps()
    yield from square_steps()
    yield from cube_steps()
    yield from _any_width.width_steps()
    yield from _any_width.correction_steps()


def claim() -> Statement:
    """K^{d,L} is e^{−κ|t−s|} times the overlap in the wide limit."""
    overlap = sp.Lambda(L, (1 + L) / 10 + nt.m_ts / 3)
    rules = ((Overlap, overlap), (Kd, lambda depth, *_times: decay * overlap(depth)))
    return Statement(
        id="theorem",
        title="in the wide limit the NDK is the overlap of the gradients",
        lhs=Kd(L, t, s),
        rhs=decay * Overlap(L),
        paper="(11), (SI 75), (SI 79)",
        domain=domain(functions=(*rules, *abstract_instance())),
    )


def recursion_steps() -> Iterator[Step]:
    """(SI 76)–(SI 79) for an abstract activation."""
    theorem = claim()
    yield Step(
        theorem.at({L: 0}).where(
            (Kd(0, t, s), decay * k_xy), (Overlap(0), k_xy), id="base", title="no hidden layer: f = N₀^{−1/2} a·x"
        ),
        reason="The gradient is x/√N₀, the overlap K⁰, at every width.",
    )
    above, slope = F(nt.a, nt.c, nt.b), Fdot(nt.a, nt.c, nt.b)
    yield Step(
        theorem.at({L: L + 1}).where(
            (Kd(L + 1, t, s), m_ts * slope * Kd(L, t, s) + decay * above),
            (Overlap(L + 1), above + m_ts * slope * Overlap(L)),
            (Kd(L, t, s), theorem.rhs),
            id="step",
            title="readout and hidden layers, one layer more",
            paper="(SI 76), (SI 77), (SI 78)",
        ),
        reason="Wide limit: the readout's gradients overlap by K^{L+1}; those below are passed on by Ḟ and by weights "
        "with ⟨aa⟩ = m(t,s). The explicit networks below say when this is exact.",
    )

    def instance(depth: int) -> tuple[Rule, ...]:
        *_, top = layers(PRICE, depth, Arguments())
        *_, same = layers(PRICE, depth, SAME_TIME)
        return (L, sp.Integer(depth)), (Kd(depth, t, s), top.ndk), (Overlap(depth), same.ndk)

    check = Induction("base", "step", tuple((f"depth {depth}", instance(depth)) for depth in (1, 2, 3)))
    yield Step(theorem, "Induction on the depth, as for the neural tangent kernel.", ("base", "step"), check)
    yield Step(
        Statement(
            id="decay",
            title="the factor in front: a perturbation at s has decayed by t",
            lhs=sp.Limit((nt.lam / (nt.lam + nt.kappa)) ** (nt.lam * (t - s)), nt.lam, sp.oo),
            rhs=sp.exp(-nt.kappa * (t - s)),
            paper="(SI 75)",
            domain=domain(where=(s < t,)),
        ),
        reason="A step of the chain keeps the part λ̃ = λ/(λ+κ) of a weight, and of what was done to it.",
        uses=("prior-statistics/replica-limit",),
    )


def one_layer_steps() -> Iterator[Step]:
    """One hidden layer, cubic activation."""
    *_, top = layers(PolynomialMaps(CUBIC), 1, SAME_TIME)
    slope = SLOPES[0]
    given = ((K(1, t, s), top.cross), (slope, top.derivative))
    parts = (
        ("readout-1", "the readout's part, one hidden layer", "a", K(1, t, s), "(SI 76)"),
        ("hidden-1", "the hidden weights' part, one hidden layer", "W1", m_ts * slope * k_xy, "(SI 77), (SI 78)"),
        ("total-1", "the whole overlap, one hidden layer", "", K(1, t, s) + m_ts * slope * k_xy, "(11), (SI 75)"),
    )
    for id, title, group, rhs, paper in parts:
        yield Step(
            Statement(
                id=id,
                title=f"{title}: exact at every width tried, any cubic φ",
                lhs=part(group),
                rhs=rhs,
                paper=paper,
                given=given,
            ),
            reason="φ = c_0 + c_1 z + c_2 z² + c_3 z³, all weights written out. The N neurons contribute 1/N each, and "
            "independently: the width cannot matter.",
            check=at_widths(1, CUBIC, group),
        )


def linear_steps() -> Iterator[Step]:
    """Deep linear networks."""
    for depth in (2, 3):
        yield Step(
            Statement(
                id=f"linear-{depth}",
                title=f"the linear network with {depth} hidden layers: exact at every width tried",
                lhs=Overlap(N),
                rhs=(depth + 1) * m_ts**depth * k_xy,
                paper="(11), (SI 61)",
            ),
            reason="Each layer's gradient is linear in every other weight: only ⟨W W′⟩ = m(t,s) enters.",
            uses=("ndk-linear/response",),
            check=at_widths(depth, LINEAR, widths=(1, 2, 3) if depth == 2 else (1, 2)),
        )


def square_steps() -> Iterator[Step]:
    """Two hidden layers, φ = z²: the 1/N correction is the whole difference."""
    *_, below, top = layers(PolynomialMaps(SQUARE), 2, SAME_TIME)
    found = corrections(SQUARE)
    names = {"a": K(2, t, s), "W2": m_ts * SLOPES[1] * K(1, t, s), "W1": m_ts * SLOPES[1] * m_ts * SLOPES[0] * k_xy}
    kernels = (K(2, t, s), top.cross), (K(1, t, s), below.cross)
    wide: tuple[Rule, ...] = (*kernels, (SLOPES[0], below.derivative), (SLOPES[1], top.derivative))
    reasons = {
        "a": "F of fluctuating kernels: half its curvature times their covariance V/N.",
        "W2": "Ḟ times the kernel below: the curvature of Ḟ, and the covariance of Ḟ with that kernel.",
        "W1": "The same with K̇ of layer 1; and the weights W², which the forward and the backward pass share.",
    }
    for group, name in names.items():
        yield Step(
            Statement(
                id=f"square-{group}",
                title=f"the part of {NAMES[group]}, two hidden layers, φ = z²: its wide limit and its 1/N correction",
                lhs=part(group),
                rhs=name + found.displayed[group] / N,
                paper="(SI 76)" if group == "a" else "(SI 77), (SI 78)",
                given=(*wide, *found.rules),
            ),
            reason=reasons[group],
            check=at_widths(2, SQUARE, group),
        )
    yield Step(
        Statement(
            id="square",
            title="the whole overlap, two hidden layers, φ = z²",
            lhs=Overlap(N),
            rhs=Overlap(_any_width.WIDE) + C / N,
            paper="(11), (SI 75)",
            given=((Overlap(_any_width.WIDE), top.ndk), (C, found.explicit)),
        ),
        reason="The three corrections together, with the averages of one neuron inserted: C_1 is a polynomial.",
        uses=tuple(f"square-{group}" for group in names),
        check=at_widths(2, SQUARE),
    )


def cube_steps() -> Iterator[Step]:
    """Two hidden layers, φ = z³: a polynomial in 1/N, of which the first two coefficients are known."""
    *_, top = layers(PolynomialMaps(CUBE), 2, SAME_TIME)
    u = sp.Symbol("u")
    widths = (1, 2, 3, 4)

    def combination(derivative: int) -> sp.Expr:
        """The coefficient of N^{−derivative} of the polynomial in 1/N through all widths."""
        nodes = [sp.Rational(1, width) for width in widths]
        total = sp.Integer(0)
        for k, node in enumerate(nodes):
            basis = sp.prod([(u - other) / (node - other) for other in nodes if other != node])
            total += sp.Poly(basis, u).coeff_monomial(u**derivative) * Overlap(widths[k])
        return total

    def rules() -> tuple[Rule, ...]:
        networks = {width: FiniteNetwork(2, width, CUBE, inputs=1) for width in (*widths, 5)}
        values = tuple((Overlap(width), overlaps(network)[""]) for width, network in networks.items())
        return (*values, *networks[1].input_kernel().items())

    at_five = sum((sp.Rational(1, 5) ** k * combination(k) for k in range(len(widths))), sp.Integer(0))
    claims = (
        ("cube-degree", "is a cubic polynomial in 1/N: four widths predict the fifth", at_five, Overlap(5)),
        ("cube-limit", "at N → ∞ it is the recursion", combination(0), Overlap(_any_width.WIDE)),
        ("cube-correction", "its first order in 1/N is the correction found for z²", combination(1), C),
    )
    given = ((Overlap(_any_width.WIDE), top.ndk), (C, corrections(CUBE).explicit))
    for id, title, lhs, rhs in claims:
        yield Step(
            Statement(
                id=id,
                title=f"two hidden layers, φ = z³: the overlap {title}" if id == "cube-degree" else f"φ = z³: {title}",
                lhs=lhs,
                rhs=rhs,
                paper="" if id == "cube-degree" else "(11), (SI 75)",
                given=given,
            ),
            reason="The overlap of explicit networks of width 1 … 5 with parallel inputs, and the polynomial through "
            "those of width 1 … 4.",
            uses=() if id == "cube-degree" else ("cube-degree",),
            check=Cases((("widths 1 … 5", rules),)),
        )


DERIVATION = Derivation(
    id="ndk-as-two-time-ntk",
    title="The NDK is a neural tangent kernel between two times, and what finite width adds",
    paper="(11), (SI 75)–(SI 79)",
    assumptions=(
        "Weights at the two times have the prior's statistics: Gaussian, independent of each other, with (10) between "
        "the times; one variance for all layers.",
        "φ is a polynomial in the explicit networks: any cubic with one hidden layer; z, z² and z³ with more.",
    ),
    exact=(
        "The averages of explicit networks, by Isserlis' theorem over all weights: one hidden layer at widths 1–3 for "
        "any cubic φ; linear networks with 2 and 3 hidden layers; φ = z² with 2 hidden layers at widths 1–3, with its "
        "1/N correction layer by layer; φ = z³ at widths 1–5 (parallel inputs). The induction (SI 79), φ abstract. The "
        "gradients for unspecified φ, differentiated in networks of width 2. With two hidden layers and symbolic N: "
        "the sum over coinciding neurons (against explicit networks), all its orders in 1/N for z, z², z³, its limit, "
        "and the formula for the coefficient of 1/N, layer by layer, for c_1 z + c_2 z², z³, z + z⁵/10."
    ),
    physicist=(
        "That the recursion is the limit N → ∞ for every φ and depth is the paper's step (kernels concentrate; forward "
        "and backward weights count as independent); the corrections found here say how fast. That with one "
        "hidden layer, or three linear ones, every width behaves like those tried follows from the exchangeability of "
        "neurons and is not checked. The formula for the coefficient of 1/N is argued in words for any smooth φ, and "
        "checked for polynomials."
    ),
    build=steps,
    headline="theorem",
)
