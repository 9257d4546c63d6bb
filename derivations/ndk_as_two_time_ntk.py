r"""The NDK is the overlap of the network's gradients at two times: a two-time NTK.

Take the network at times t and s, with weights drawn from the prior of the trajectory (10), and multiply its gradients,

    Ω^L = ⟨∇f(x,Θ_t)·∇f(x′,Θ_s)⟩,        K^{d,L} = e^{−κ|t−s|} Ω^L.

Split the gradient into its layers. The readout contributes N⁻¹ x^L·x′^L (SI 76), a hidden layer the overlap of its
activities times that of the errors sent back to it (SI 77), (SI 78); this much is exact for any φ at any width. In the
wide limit both overlaps concentrate and decouple, so that Ω^{L+1} = m K̇^{L+1} Ω^L + K^{L+1}, which is the recursion of
the NDK less its decay (SI 79).

How wide is wide? For a polynomial φ the average at width N is a finite sum of Gaussian moments, and is done here
exactly. One hidden layer obeys the recursion at every N: its neurons are independent. So does a linear network. With
two hidden layers the overlap is a polynomial in 1/N, for φ = z² of degree one. Its first coefficient has a formula for
any φ: the kernel of the first layer fluctuates, and a weight V_ij is correlated with the pre-activation that it feeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import sympy as sp

from ndk_sym import finite_width
from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, F, Fdot, K, Kd, abstract_instance
from ndk_sym.cases import Cases
from ndk_sym.explicit_network import gradient_overlap
from ndk_sym.isserlis import layer_maps
from ndk_sym.kernels import Arguments, LayerMaps, layers
from ndk_sym.layered import network, phi, phi_slope
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

L, N, m, decay = nt.L, nt.N, nt.m, nt.decay
m_tt, m_ts, m_ss = nt.m_tt, nt.m_ts, nt.m_ss
k_xx, k_xy, k_yy = nt.k_xx, nt.k_xy, nt.k_yy

DEPTHS = (1, 2, 3, 4)
Omega = sp.Function("Omega", real=True)  # of L, and of N at finite width
Omega_W, Omega_V, Omega_a = (sp.Function(f"Omega_{layer}", real=True) for layer in "WVa")
c_1, c_2 = sp.symbols("c_1 c_2", real=True)
Polynomial = Mapping[int, sp.Expr]

ONE, HALF = sp.Integer(1), sp.Rational(1, 2)
LINEAR, SQUARE, CUBE = {1: ONE}, {2: ONE}, {3: ONE}
MIXED = {1: ONE, 2: HALF}
# two inputs in two dimensions, with N₀ = 2
X, X_PRIME = (1, 2), (3, -1)
INPUTS: tuple[Rule, ...] = ((k_xx, sp.Rational(5, 2)), (k_xy, HALF), (k_yy, sp.Integer(5)))


def steps() -> Iterator[Step]:
    """The gradients, the paper's recursion, and the exact averages at finite width."""
    yield from gradient_steps()
    yield from recursion_steps()
    yield from one_layer_steps()
    yield from two_layer_steps()
    yield from correction_steps()


# -- any activation, before the average -------------------------------------------------------------------------------


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
        id="readout",
        title="the readout: the overlap of the activities (one hidden layer, N = 2)",
        paper="(SI 76)",
        reason="∂f/∂a_i = N^{−1/2} φ(z_i). The average is K^L.",
    )
    yield gradient_step(
        1,
        1,
        id="hidden",
        title="the hidden layer: errors sent back, times the overlap of the inputs (N = 2)",
        paper="(SI 77), (SI 78)",
        reason="∂f/∂W_ij = N^{−1/2} a_i φ′(z_i) x_j. The average is m K̇¹ K⁰: a_i is independent of z_i.",
    )
    yield gradient_step(
        2,
        1,
        id="second",
        title="the second of two hidden layers: errors times the overlap of the first layer's activities (N = 2)",
        paper="(SI 77), (SI 78)",
        reason="The same, with the first layer's activities as inputs.",
    )
    yield gradient_step(
        2,
        2,
        id="first",
        title="the first of two hidden layers: errors sent back through V (N = 2)",
        paper="(SI 77), (SI 78)",
        reason="Chain rule: the error of neuron j of the first layer is N^{−1/2} φ′(z_j) Σ_i V_ij a_i φ′(h_i).",
    )


# -- the wide limit, for any activation ---------------------------------------------------------------------------------


def claim() -> Statement:
    """K^{d,L} = e^{−κ|t−s|} Ω^L."""
    return Statement(
        id="theorem",
        title="the NDK is the decay times the gradient overlap of the wide network",
        lhs=Kd(L, m),
        rhs=decay * Omega(L),
        paper="(11), (SI 75)",
        domain=domain(functions=((K, sp.Lambda((L, m), (1 + L) / 10 + sp.sin(m) / 3)), *abstract_instance())),
    )


def overlap(maps: LayerMaps, depth: int, weights: Arguments | None = None) -> sp.Expr:
    """Ω^l of the wide network at one depth: Ω^{l+1} = m K̇^{l+1} Ω^l + K^{l+1}, Ω⁰ = K⁰."""
    given = weights or Arguments()
    result = given.k_xy
    for layer in list(layers(maps, depth, given))[1:]:
        result = given.m_ts * layer.derivative * result + layer.cross
    return result


def recursion_steps() -> Iterator[Step]:
    """The recursion of the overlap is that of the NDK, less the decay."""
    theorem = claim()
    yield Step(
        theorem.at({L: 0}).where((Kd(0, m), decay * k_xy), (Omega(0), k_xy), id="base", title="no hidden layer"),
        reason="f is linear in its N₀ weights, of gradient x/√N₀.",
    )
    pre = (nt.a, m * K(L, m), nt.b)
    above = F(*pre)
    some = (Omega, sp.Lambda(L, L + sp.Rational(1, 3)))
    yield Step(
        theorem.at({L: L + 1}).where(
            (Kd(L + 1, m), m * Fdot(*pre) * Kd(L, m) + decay * above),
            (Kd(L, m), theorem.rhs),
            (Omega(L + 1), m * Fdot(*pre) * Omega(L) + above),
            id="step",
            title="one layer more",
            paper="(SI 79)",
            domain=domain(functions=(some, *theorem.domain.functions)),
        ),
        reason="In the wide limit the averages over layers decouple: the readout gives K^{L+1}, and the readout with the "
        "errors m K̇^{L+1} multiplies the overlap of the network below.",
        uses=("readout", "hidden", "second", "first"),
    )

    def at_depth(depth: int) -> tuple[Rule, ...]:
        *_, top = layers(PRICE, depth, Arguments(m_ts=m))
        return (L, sp.Integer(depth)), (Kd(depth, m), top.ndk), (Omega(depth), overlap(PRICE, depth, Arguments(m_ts=m)))

    instances = tuple((f"depth {depth}", at_depth(depth)) for depth in DEPTHS)
    yield Step(theorem, "Induction on the depth, for any φ.", ("base", "step"), Induction("base", "step", instances))


# -- exact averages, polynomial activations -----------------------------------------------------------------------------


class PolynomialMaps:
    """The layer maps of a polynomial φ, by Isserlis' theorem."""

    def __init__(self, phi: Polynomial) -> None:
        self.phi = phi

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """F(a, c, b)."""
        return layer_maps(self.phi, a, c, b)[0]

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """Ḟ(a, c, b)."""
        return layer_maps(self.phi, a, c, b)[1]

    def norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a)."""
        return self.dual(a, a, a)

    def mean(self, a: sp.Expr) -> sp.Expr:
        """μ(a)."""
        return finite_width.average({(power, 0): value for power, value in self.phi.items()}, (a, a, a))


def explicit(phi: Polynomial, depth: int, width: int, *more: Rule) -> Callable[[], Iterable[Rule]]:
    """Ω(L, N) of one explicit network with N₀ = 2, every weight averaged."""

    def rules() -> Iterator[Rule]:
        parts = gradient_overlap(phi, (2, *(width,) * depth), (X, X_PRIME))
        yield from ((N, sp.Integer(width)), (L, sp.Integer(depth)))
        yield Omega(depth, width), sp.Add(*parts.values())
        for part, layer in ((Omega_W, "W1"), (Omega_V, "W2"), (Omega_a, "a")):
            exact = finite_width.gradient_overlap(phi, depth, sp.Integer(width)).get(layer, 0) if depth < 3 else 0
            yield part(width), exact
        yield from more
        yield from INPUTS

    return rules


def any_width(phi: Polynomial, *more: Rule) -> Callable[[], Iterable[Rule]]:
    """Ω(2, N) with symbolic N, from the sum over coinciding neurons, and the wide limit Ω²."""

    def rules() -> Iterator[Rule]:
        parts = finite_width.gradient_overlap(phi, 2, N)
        yield Omega(2, N), sp.Add(*parts.values())
        yield Omega(2), sp.expand(overlap(PolynomialMaps(phi), 2))
        yield from more

    return rules


def maps_of(phi: Polynomial) -> tuple[Rule, ...]:
    """F and Ḟ of a polynomial φ."""
    maps = PolynomialMaps(phi)
    return (nt.F, maps.dual), (nt.Fdot, maps.dual_derivative)


def one_layer_steps() -> Iterator[Step]:
    """One hidden layer, and linear networks: the recursion is exact at every width."""
    pre = (m_tt * k_xx, m_ts * k_xy, m_ss * k_yy)
    named = (("z", LINEAR), ("z²", SQUARE), ("z³", CUBE), ("z + z²/2", MIXED))
    cases = tuple(
        (f"φ = {name}, N = {width}", explicit(phi, 1, width, *maps_of(phi)))
        for name, phi in named
        for width in (1, 2, 3)
    )
    yield Step(
        Statement(
            id="one-layer",
            title="one hidden layer: the recursion at widths 1, 2, 3, for four polynomials",
            lhs=Omega(1, N),
            rhs=nt.F(*pre) + m_ts * nt.Fdot(*pre) * k_xy,
            paper="(SI 75), (SI 76)",
        ),
        reason="The N neurons are independent and alike, each weighted 1/N: no width is small. Here every weight of "
        "explicit networks is averaged.",
        uses=("readout", "hidden"),
        check=Cases(cases),
    )
    linear = tuple(
        (f"L = {depth}, N = {width}", explicit(LINEAR, depth, width)) for depth in (1, 2, 3) for width in (2, 3)
    )
    yield Step(
        Statement(
            id="linear",
            title="linear networks: the NDK at widths 2 and 3, for depths 1–3",
            lhs=Omega(L, N),
            rhs=(L + 1) * m_ts**L * k_xy,
            paper="(SI 61), (SI 75)",
        ),
        reason="Each of the L + 1 layers contributes m^L K⁰: no weight occurs twice on a path.",
        uses=("ndk-linear/response",),
        check=Cases(linear),
    )


def two_layer_steps() -> Iterator[Step]:
    """Two hidden layers: the sum over coinciding neurons, and what it gives."""
    named = (("z²", SQUARE, (1, 2, 3)), ("z³", CUBE, (1,)), ("z + z²/2", MIXED, (1, 2)))
    cases = tuple(
        (f"φ = {name}, N = {width}", explicit(phi, 2, width)) for name, phi, widths in named for width in widths
    )
    yield Step(
        Statement(
            id="coincidences",
            title="two hidden layers: the sum over coinciding neurons, against explicit networks",
            lhs=Omega(2, N),
            rhs=Omega_W(N) + Omega_V(N) + Omega_a(N),
            paper="(SI 75)",
        ),
        reason="Left: every weight of an explicit network averaged, monomial by monomial. Right, layer by layer: given "
        "the first layer the second is Gaussian; then ⟨∏_r N⁻¹Σ_j X_r(z_j)⟩ is summed over the ways in which the "
        "indices j coincide.",
        uses=("readout", "second", "first"),
        check=Cases(cases),
    )
    for id, name, phi, terms in (
        ("linear-width", "z", LINEAR, ()),
        ("square-width", "z²", SQUARE, (square_correction(),)),
        ("cube-width", "z³", CUBE, cube_corrections()),
    ):
        series = sp.Add(*(term / N**power for power, term in enumerate(terms, start=1)))
        yield Step(
            Statement(
                id=id,
                title=f"φ = {name} with two hidden layers, at any width",
                lhs=Omega(2, N),
                rhs=Omega(2) + series,
                paper="(11), (SI 79)",
            ),
            reason="The recursion of the paper, with no correction."
            if not terms
            else "The recursion of the paper, and all its corrections: the average is a polynomial in 1/N.",
            uses=("coincidences", "theorem"),
            check=Cases(((f"φ = {name}, any N", any_width(phi)),), method="sum over coincidences"),
        )
    general = {1: c_1, 2: c_2}
    yield Step(
        Statement(
            id="limit",
            title="the wide limit of the exact average, for quadratic and cubic φ",
            lhs=sp.Limit(Omega(2, N), N, sp.oo),
            rhs=Omega(2),
            paper="(11), (SI 79)",
        ),
        reason="Only pairwise different neurons survive, N(N−1)…/N^r → 1: every Q is replaced by its mean.",
        uses=("coincidences",),
        check=Cases(
            (("φ = c₁z + c₂z²", any_width(general)), ("φ = z³", any_width(CUBE))), method="sum over coincidences"
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


# -- the first correction, for any activation -----------------------------------------------------------------------------

a, c, b = nt.a, nt.c, nt.b
ENTRIES = (a, c, b)
# with q = (m_tt φ², m_ts φφ′, m_ss φ′²) of one neuron of the first layer and its slopes e at both times:
V = {(i, j): sp.Symbol(f"v_{i + 1}{j + 1}", real=True) for i in range(3) for j in range(i, 3)}  # Cov(q_i, q_j)
W = sp.symbols("w_1:4", real=True)  # Cov(q_i, e)
E = sp.symbols("e_1:4", real=True)  # ⟨φ² e⟩, ⟨φφ′ e⟩, ⟨φ′² e⟩
slope_1 = sp.Symbol("e_0", real=True)  # ⟨e⟩ = K̇¹


def second_order(expr: sp.Expr) -> sp.Expr:
    """½ Σ v_ij ∂_i ∂_j of an expression in a, c, b."""
    weight = {True: HALF, False: ONE}  # each mixed derivative occurs twice
    terms = (weight[i == j] * v * sp.Derivative(expr, ENTRIES[i], ENTRIES[j]) for (i, j), v in V.items())
    return sp.Add(*terms)


def first_correction() -> sp.Expr:
    """The coefficient of 1/N with two hidden layers, for any φ, at a = m_tt K¹_tt, c = m_ts K¹_ts, b = m_ss K¹_ss."""
    map_, slope = nt.F(a, c, b), nt.Fdot(a, c, b)
    drifted = sp.Add(*(w * sp.Derivative(slope, x) for w, x in zip(W, ENTRIES, strict=True)))
    fed = (
        (m_tt * m_ss + m_ts**2) * E[1] * sp.Derivative(slope, c)
        + 2 * m_tt * m_ts * E[0] * sp.Derivative(slope, a)
        + 2 * m_ts * m_ss * E[2] * sp.Derivative(slope, b)
    )
    return second_order(map_ + c * slope) + m_ts * k_xy * (m_ts * (drifted + slope_1 * second_order(slope)) + fed)


def averages(phi: Polynomial) -> Iterator[Rule]:
    """The averages over the first layer that the first correction contains, for a polynomial φ."""
    one: dict[int, sp.Expr] = {0: ONE}
    x, y = finite_width.outer(phi, one), finite_width.outer(one, phi)
    steep = finite_width.slope(phi)
    ends, squares = finite_width.outer(steep, steep), [finite_width.times(u, v) for u, v in ((x, x), (x, y), (y, y))]
    below, prior = (m_tt * k_xx, m_ts * k_xy, m_ss * k_yy), (m_tt, m_ts, m_ss)
    means = [finite_width.average(square, below) for square in squares]
    end = finite_width.average(ends, below)
    for (i, j), symbol in V.items():
        joint = finite_width.average(finite_width.times(squares[i], squares[j]), below)
        yield symbol, prior[i] * prior[j] * (joint - means[i] * means[j])
    for i in range(3):
        joint = finite_width.average(finite_width.times(squares[i], ends), below)
        yield W[i], prior[i] * (joint - means[i] * end)
        yield E[i], joint
    yield slope_1, end


def correction_rules(phi: Polynomial) -> Callable[[], Iterable[Rule]]:
    """Both sides of the first correction, for a polynomial φ."""

    def rules() -> Iterator[Rule]:
        yield from any_width(phi)()
        map_, slope = layer_maps(phi, a, c, b)
        known = {nt.F(a, c, b): map_, nt.Fdot(a, c, b): slope}
        # the derivatives are taken where a, c, b are free, and evaluated at the kernels of the first layer
        for derivative in sorted(first_correction().atoms(sp.Derivative), key=str):
            yield derivative, derivative.xreplace(known).doit()
        yield from averages(phi)
        first = layer_maps(phi, m_tt * k_xx, m_ts * k_xy, m_ss * k_yy)[0]
        maps = PolynomialMaps(phi)
        yield from ((c, m_ts * first), (a, m_tt * maps.norm(m_tt * k_xx)), (b, m_ss * maps.norm(m_ss * k_yy)))

    return rules


def correction_steps() -> Iterator[Step]:
    """The formula for the coefficient of 1/N, against the exact averages."""
    named = (("z²", SQUARE), ("z³", CUBE), ("z + z²/2", MIXED))
    yield Step(
        Statement(
            id="correction",
            title="the coefficient of 1/N with two hidden layers, from the second layer's map",
            lhs=sp.Limit(N * (Omega(2, N) - Omega(2)), N, sp.oo),
            rhs=first_correction(),
            paper="(11)",
        ),
        reason="With q = (m_tt φφ, m_ts φφ′, m_ss φ′φ′) of a neuron of the first layer (φ at t, φ′ at s), e the product "
        "of its two slopes, v_ij = Cov(q_i, q_j), w_i = Cov(q_i, e), e_i the averages of φφ e, φφ′ e, φ′φ′ e, e_0 = K̇¹: "
        "the arguments of F + cḞ and of Ḟ fluctuate, together with e; and V_ij is correlated with the pre-activation "
        "h_i that it feeds. The left side is the exact average, which knows nothing of this.",
        uses=("coincidences", "limit"),
        check=Cases(
            tuple((f"φ = {name}", correction_rules(phi)) for name, phi in named), method="sum over coincidences"
        ),
    )


DERIVATION = Derivation(
    id="ndk-as-two-time-ntk",
    title="The NDK as a two-time NTK: gradient overlaps of explicit networks, and their 1/N correction",
    paper="(11), (SI 75)–(SI 79)",
    assumptions=(
        "The weights at t and s are Gaussian with the prior's covariance m(t,s), independent of each other (10).",
        "Exact averages: polynomial φ, hidden layers of equal width N. φ = z, z², z³ and sums of z and z².",
        "The wide limit, for any φ: averages over layers decouple.",
    ),
    exact=(
        "The layers' gradient overlaps for unspecified φ, differentiated in networks of width 2; the recursion of the NDK "
        "from that of the overlap, for unspecified φ and symbolic depth; explicit networks of widths 1–3, every weight "
        "averaged, against the recursion (one hidden layer, linear networks) and against the sum over coinciding neurons "
        "(two hidden layers); from this sum, for any N, all corrections for φ = z, z², z³, the limit N → ∞, and the "
        "coefficient of 1/N from its formula in F and Ḟ for three polynomials. All are exact symbolic zeros."
    ),
    physicist=(
        "The wide limit for φ that are not polynomials, and for more than two hidden layers: that the kernels "
        "concentrate and the layers decouple is taken from the paper. That N neurons are alike at every N is an argument "
        "in words; explicit networks check it for N = 1, 2, 3. The formula for the coefficient of 1/N is derived for any "
        "smooth φ in words, and checked for polynomials."
    ),
    build=steps,
    headline="theorem",
)
