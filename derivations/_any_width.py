"""Steps of ndk-as-two-time-ntk for any width N as a symbol, with two hidden layers.

The averages are sums over the ways in which neurons coincide, so that N remains a letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

import sympy as sp

from ndk_sym import coincidences
from ndk_sym import notation as nt
from ndk_sym.cases import Case, Cases
from ndk_sym.finite_network import FiniteNetwork
from ndk_sym.finite_width import Overlap, averages, formulas
from ndk_sym.isserlis import PolynomialMaps
from ndk_sym.kernels import Arguments, layers
from ndk_sym.statement import Rule, Statement, Step

N = nt.N
m_tt, m_ts, m_ss = nt.m_tt, nt.m_ts, nt.m_ss
k_xx, k_xy, k_yy = nt.k_xx, nt.k_xy, nt.k_yy

Polynomial = Mapping[int, sp.Expr]
ONE, HALF = sp.Integer(1), sp.Rational(1, 2)
LINEAR, SQUARE, CUBE, MIXED = {1: ONE}, {2: ONE}, {3: ONE}, {1: ONE, 2: HALF}
GENERAL = dict(enumerate(sp.symbols("c_1 c_2", real=True), start=1))
WIDE = sp.oo
VARIABLES = ("m_tt", "m_ts", "m_ss", "k_xx", "k_xy", "k_yy")
Values = Mapping[sp.Symbol, sp.Expr]
NUMBERS: Values = dict(
    zip((m_tt, m_ts, m_ss, k_xx, k_xy, k_yy), (ONE * 2, ONE, ONE * 3, ONE, HALF, ONE * 2), strict=True)
)
FIFTH = {1: ONE, 5: sp.Rational(1, 10)}
GROUPS = {"a": sp.Symbol("a"), "W2": sp.Symbol("W^2"), "W1": sp.Symbol("W^1")}
Sums = sp.Function("S", real=True)  # the overlap of one layer of weights, as a sum over coincidences


def wide(phi: Polynomial, at: Values) -> dict[str, sp.Expr]:
    """⟨∇f·∇f⟩ of two hidden layers as the recursion has it, for each layer of weights: the NDK without its decay."""
    given = {name: at.get(getattr(nt, name), getattr(nt, name)) for name in VARIABLES}
    _, below, top = layers(PolynomialMaps(tuple(phi.items())), 2, Arguments(decay=ONE, **given))
    assert below.derivative is not None and top.derivative is not None  # only the input has none
    passed = given["m_ts"] * top.derivative
    first = given["m_ts"] * below.derivative * given["k_xy"]
    return {"a": top.cross, "W2": passed * below.cross, "W1": passed * first}


def any_width(phi: Polynomial, at: Values = MappingProxyType({})) -> Callable[[], Iterable[Rule]]:
    """⟨∇f·∇f⟩ at a symbolic width, and its wide limit; at given values of m and K⁰, if any."""

    def rules() -> Iterator[Rule]:
        values = [at.get(symbol, symbol) for symbol in (m_tt, m_ts, m_ss, k_xx, k_xy, k_yy)]
        covariance, inputs = (values[0], values[1], values[2]), (values[3], values[4], values[5])
        exact, limit = coincidences.gradient_overlap(phi, N, covariance, inputs), wide(phi, at)
        yield Overlap(N), sp.Add(*exact.values())
        yield Overlap(WIDE), sp.expand(sp.Add(*limit.values()))
        for layer, symbol in GROUPS.items():
            yield Overlap(N, symbol), exact[layer]
            yield Overlap(WIDE, symbol), sp.expand(limit[layer])

    return rules


def one_width(phi: Polynomial, width: int) -> Callable[[], Iterable[Rule]]:
    """An explicit network, and the sum over coincidences at its width."""

    def rules() -> Iterator[Rule]:
        explicit = FiniteNetwork(2, width, tuple(phi.items()))
        yield Overlap(N), sp.Add(*explicit.overlaps().values())
        for layer, value in coincidences.gradient_overlap(phi, sp.Integer(width)).items():
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
                rhs=Overlap(WIDE) + series,
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
            rhs=Overlap(WIDE),
            paper="(11), (SI 79)",
        ),
        reason="Only different neurons survive, N(N−1)…/N^r → 1: the kernels of the first layer become their means.",
        uses=("coincidences",),
        check=Cases(
            (("φ = c_1 z + c_2 z²", any_width(GENERAL)), ("φ = z³", any_width(CUBE))), method="sum over coincidences"
        ),
    )


CORRECTIONS = {
    "a": (
        "readout",
        "F at the empirical kernels of layer 1: half its curvature times their covariance V/N.",
        "(SI 76)",
    ),
    "W2": (
        "second layer",
        "Ḟ times the empirical kernel A₂: the curvature of Ḟ, and the covariance of Ḟ with A₂.",
        "(SI 77), (SI 78)",
    ),
    "W1": (
        "first layer",
        "Ḟ times A₄ in the same way; and, by Stein's lemma, ⟨W²W²′⟩ φ′φ′ beyond m_ts ⟨φ′φ′⟩, the terms with S and B.",
        "(SI 77), (SI 78)",
    ),
}


def correction_rules(phi: Polynomial, at: Values) -> Callable[[], Iterable[Rule]]:
    """The exact average at a symbolic width, and the Gaussian averages of one polynomial φ."""

    def rules() -> Iterator[Rule]:
        yield from any_width(phi, at)()
        yield from averages(PolynomialMaps(tuple(phi.items())))
        yield from at.items()

    return rules


def correction_steps() -> Iterator[Step]:
    """The first correction of each layer of weights in Gaussian averages of φ, against the exact averages."""
    # the fifth power is there for the second derivative of Ḟ by its first argument, at numbers since it is long
    none: Values = {}
    named = (("c_1 z + c_2 z²", GENERAL, none), ("z³", CUBE, none), ("z + z⁵/10", FIFTH, NUMBERS))
    cases: tuple[Case, ...] = tuple((f"φ = {name}", correction_rules(phi, at)) for name, phi, at in named)
    for layer, (name, reason, paper) in CORRECTIONS.items():
        symbol = GROUPS[layer]
        yield Step(
            Statement(
                id=f"correction-{layer}",
                title=f"two hidden layers, any φ: the 1/N correction of the {name}, in Gaussian averages of φ",
                lhs=sp.Limit(N * (Overlap(N, symbol) - Overlap(WIDE, symbol)), N, sp.oo),
                rhs=formulas()[layer],
                paper=paper,
            ),
            reason=f"{reason} The left side is the exact average, which knows nothing of this: c_1 z + c_2 z², z³, and "
            "z + z⁵/10 for one choice of variances and inputs.",
            uses=("coincidences", "limit"),
            check=Cases(cases, method="sum over coincidences"),
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
