"""Steps of ndk-as-two-time-ntk that hold for any activation, or for any width N as a symbol.

First the gradients themselves, before any average: differentiated in networks of width 2 with an unspecified φ. Then
the averages with two hidden layers as sums over the ways in which neurons coincide, so that N remains a letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import sympy as sp

from ndk_sym import coincidences
from ndk_sym import notation as nt
from ndk_sym.abstract import Kd
from ndk_sym.cases import Case, Cases
from ndk_sym.finite_network import FiniteNetwork
from ndk_sym.finite_width import Overlap
from ndk_sym.isserlis import PolynomialMaps
from ndk_sym.kernels import Arguments, layers
from ndk_sym.layered import network, phi, phi_slope
from ndk_sym.statement import Rule, Statement, Step, domain

N, t, s = nt.N, nt.t, nt.s
m_tt, m_ts, m_ss = nt.m_tt, nt.m_ts, nt.m_ss
k_xx, k_xy, k_yy = nt.k_xx, nt.k_xy, nt.k_yy

Polynomial = Mapping[int, sp.Expr]
ONE, HALF = sp.Integer(1), sp.Rational(1, 2)
LINEAR, SQUARE, CUBE, MIXED = {1: ONE}, {2: ONE}, {3: ONE}, {1: ONE, 2: HALF}
GENERAL = dict(enumerate(sp.symbols("c_1 c_2", real=True), start=1))
Sums = sp.Function("S", real=True)  # the overlap of one layer of weights, as a sum over coincidences


def gradient_step(depth: int, layer: int, **words: str) -> Step:
    """The overlap of the gradients by one layer's weights (0 for the readout), in a network of width 2."""
    x, y = sp.symbols("x x'", real=True)
    at_t, at_s = network(depth, 2, x, mark=0), network(depth, 2, y, mark=1)
    pairs = zip(at_t.weights[layer], at_s.weights[layer], strict=True)
    overlap = sp.Add(*(sp.Derivative(at_t.function, w) * sp.Derivative(at_s.function, v) for w, v in pairs))
    outputs = (at_t.rules[0], at_s.rules[0])
    # derivatives are taken of explicit expressions: the layers are inserted in the output before
    rules = [*outputs, *at_t.rules[1:], *at_s.rules[1:]]
    some = (
        (phi, sp.Lambda(nt.z, sp.sin(nt.z) + nt.z**2 / 3)),
        (phi_slope, sp.Lambda(nt.z, sp.cos(nt.z) + nt.z * 2 / 3)),
    )
    return Step(
        Statement(
            id=words["id"],
            title=words["title"],
            lhs=overlap,
            rhs=_by_layer(depth, layer, x, y),
            paper=words["paper"],
            given=tuple(rules),
            domain=domain(functions=some),
        ),
        reason=words["reason"],
    )


def _by_layer(depth: int, layer: int, x: sp.Symbol, y: sp.Symbol) -> sp.Expr:
    """(SI 76)–(SI 78) at width 2, with one input."""
    one, other = network(depth, 2, x, mark=0), network(depth, 2, y, mark=1)
    half = sp.Rational(1, 2)
    top, top_s, both = one.names[-1], other.names[-1], range(2)
    sent = [[one.weights[0][i] * phi_slope(top[i]), other.weights[0][i] * phi_slope(top_s[i])] for i in both]
    if layer == 0:
        return half * sp.Add(*(phi(z) * phi(w) for z, w in zip(top, top_s, strict=True)))
    if layer == depth == 1:
        return half * sp.Add(*(u * v for u, v in sent)) * x * y
    first, first_s = one.names[0], other.names[0]
    if layer == 1:  # the second of two hidden layers
        activity = half * sp.Add(*(phi(z) * phi(w) for z, w in zip(first, first_s, strict=True)))
        return half * sp.Add(*(u * v for u, v in sent)) * activity
    back = [sp.Add(*(sent[i][0] * one.weights[1][2 * i + j] for i in both)) for j in both]
    back_s = [sp.Add(*(sent[i][1] * other.weights[1][2 * i + j] for i in both)) for j in both]
    terms = (back[j] * back_s[j] * phi_slope(first[j]) * phi_slope(first_s[j]) for j in both)
    return half**2 * sp.Add(*terms) * x * y


def gradient_steps() -> Iterator[Step]:
    """(SI 76)–(SI 78) for any activation, in explicit networks of width 2."""
    yield gradient_step(
        1,
        0,
        id="gradient-readout",
        title="the readout: the overlap of the activities (one hidden layer, N = 2)",
        paper="(SI 76)",
        reason="∂f/∂a_i = N^{−1/2} φ(z_i). The average is K^L.",
    )
    yield gradient_step(
        1,
        1,
        id="gradient-hidden",
        title="the hidden layer: errors sent back, times the overlap of the inputs (N = 2)",
        paper="(SI 77), (SI 78)",
        reason="∂f/∂W_ij = N^{−1/2} a_i φ′(z_i) x_j. The average is m K̇¹ K⁰: a_i is independent of z_i.",
    )
    yield gradient_step(
        2,
        1,
        id="gradient-second",
        title="the second of two hidden layers: errors times the overlap of the first layer's activities (N = 2)",
        paper="(SI 77), (SI 78)",
        reason="The same, with the first layer's activities as inputs.",
    )
    yield gradient_step(
        2,
        2,
        id="gradient-first",
        title="the first of two hidden layers: errors sent back through V (N = 2)",
        paper="(SI 77), (SI 78)",
        reason="Chain rule: the error of neuron j of the first layer is N^{−1/2} φ′(z_j) Σ_i V_ij a_i φ′(h_i).",
    )


def wide(phi: Polynomial) -> Rule:
    """⟨∇f·∇f⟩ of two hidden layers as the recursion has it: the NDK without its decay."""
    *_, top = layers(PolynomialMaps(tuple(phi.items())), 2, Arguments(decay=ONE))
    return Kd(2, t, s), sp.expand(top.ndk)


def any_width(phi: Polynomial) -> Callable[[], Iterable[Rule]]:
    """⟨∇f·∇f⟩ at a symbolic width, and its wide limit."""

    def rules() -> Iterator[Rule]:
        yield Overlap(N), sp.Add(*coincidences.gradient_overlap(phi, 2, N).values())
        yield wide(phi)

    return rules


def one_width(phi: Polynomial, width: int) -> Callable[[], Iterable[Rule]]:
    """An explicit network, and the sum over coincidences at its width."""

    def rules() -> Iterator[Rule]:
        explicit = FiniteNetwork(2, width, tuple(phi.items()))
        yield Overlap(N), sp.Add(*explicit.overlaps().values())
        for layer, value in coincidences.gradient_overlap(phi, 2, sp.Integer(width)).items():
            yield Sums(sp.Symbol(layer)), value
        yield from explicit.input_kernel().items()

    return rules


def width_steps() -> Iterator[Step]:
    """Two hidden layers at any width."""
    named = (("z²", SQUARE, (1, 2, 3)), ("z + z²/2", MIXED, (1, 2)))
    cases: tuple[Case, ...] = tuple(
        (f"φ = {name}, N = {width}", one_width(phi, width)) for name, phi, widths in named for width in widths
    )
    yield Step(
        Statement(
            id="coincidences",
            title="two hidden layers: the sum over coinciding neurons, against explicit networks",
            lhs=Overlap(N),
            rhs=sp.Add(*(Sums(sp.Symbol(layer)) for layer in ("W1", "W2", "a"))),
            paper="(SI 75)",
        ),
        reason="Left: every weight averaged. Right, layer by layer: given the first layer the second is Gaussian, and "
        "⟨∏_r N⁻¹Σ_j X_r(z_j)⟩ is summed over the ways in which the indices j coincide.",
        uses=("gradient-second", "gradient-first"),
        check=Cases(cases),
    )
    for name, shown, power, terms in (
        ("linear", "z", LINEAR, ()),
        ("square", "z²", SQUARE, (square_correction(),)),
        ("cube", "z³", CUBE, cube_corrections()),
    ):
        series = sp.Add(*(term / N**order for order, term in enumerate(terms, start=1)))
        yield Step(
            Statement(
                id=f"{name}-any-width",
                title=f"two hidden layers, φ = {shown}: the overlap at any width N",
                lhs=Overlap(N),
                rhs=Kd(2, t, s) + series,
                paper="(11), (SI 79)",
            ),
            reason="The recursion, less its decay, and all corrections: a polynomial in 1/N."
            if terms
            else "The recursion, less its decay, without correction.",
            uses=("coincidences", "theorem"),
            check=Cases(((f"φ = {shown}, any N", any_width(power)),), method="sum over coincidences"),
        )
    yield Step(
        Statement(
            id="limit",
            title="two hidden layers: the wide limit of the exact average, φ = c_1 z + c_2 z² and z³",
            lhs=sp.Limit(Overlap(N), N, sp.oo),
            rhs=Kd(2, t, s),
            paper="(11), (SI 79)",
        ),
        reason="Only different neurons survive, N(N−1)…/N^r → 1: the kernels of the first layer become their means.",
        uses=("coincidences",),
        check=Cases(
            (("φ = c_1 z + c_2 z²", any_width(GENERAL)), ("φ = z³", any_width(CUBE))), method="sum over coincidences"
        ),
    )


def square_correction() -> sp.Expr:
    """The coefficient of 1/N for φ = z²."""
    both = m_tt * m_ss
    return (
        8
        * m_ts**2
        * (
            6 * both**2 * (k_xx * k_yy) ** 2
            + both * (27 * both + 85 * m_ts**2) * k_xx * k_yy * k_xy**2
            + m_ts**2 * (15 * both + 35 * m_ts**2) * k_xy**4
        )
    )


def cube_corrections() -> tuple[sp.Expr, sp.Expr]:
    """The coefficients of 1/N and 1/N² for φ = z³."""
    n, r, k = m_tt * m_ss, m_ts**2, k_xx * k_yy
    first = (
        n**4 * (4500 * n + 375 * r) * k**4
        + n**3 * r * (24125 * n + 9611 * r) * k**3 * k_xy**2
        + n**2 * r**2 * (9450 * n + 23814 * r) * k**2 * k_xy**4
        + n * r**3 * (6480 * n + 15444 * r) * k * k_xy**6
        + r**4 * (880 * n + 1976 * r) * k_xy**8
    )
    second = (
        n**4 * (67500 * n + 82125 * r) * k**4
        + n**3 * r * (1286625 * n + 1220289 * r) * k**3 * k_xy**2
        + n**2 * r**2 * (3319785 * n + 2821716 * r) * k**2 * k_xy**4
        + n * r**3 * (1623240 * n + 1307196 * r) * k * k_xy**6
        + r**4 * (109560 * n + 84344 * r) * k_xy**8
    )
    return 486 * k_xy * r * first, 324 * k_xy * r * second
