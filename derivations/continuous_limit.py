r"""The limit λ → ∞ of the discrete theory: coefficients, kernels, and the recursion of the neural dynamical kernel.

At finite λ the theory has steps i, j, weights m¹ = m and m⁰ = λ̃ m_{i,j−1} (SI 21), kernels K^{l,1} and K^{l,0} with
these weights between the two times (SI 24–27), and the discrete neural dynamical kernel (SI 28)

    K^{d,L} = (λ/2T) (m¹ K^{L,1} − m⁰ K^{L,0}).

Continuous time is t = i/λ. The memory λ̃^{λt} of λt steps becomes e^{−κt}, σ̃² becomes σ², m_{λt,λs} becomes m(t,s).
The two weights, and so the two kernels, approach each other; K^{d,L} keeps the slope of their difference. At finite λ

    K^{d,l+1} = m¹ (λ/2T) [F(a, c + (2T/λ) K^{d,l}, b) − F(a, c, b)] + (λ/2T)(m¹ − m⁰) F(a, c, b),      c = m⁰ K^{l,0},

exactly. As λ → ∞ the difference quotient becomes the derivative Ḟ, the last bracket e^{−κ|t−s|}: the recursion (SI 48).
Sums over steps divided by λ become integrals over time, which gives the action (SI 42) and the source term (SI 43) from
(SI 33) and (SI 34); their diagonal terms, one step of 1/λ wide, vanish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

import sympy as sp

from derivations import _continuous_coefficients as coefficients
from derivations._continuous_coefficients import BY_TEMPERATURE, ORDERED, PARAMETERS, memory
from ndk_sym import notation as nt
from ndk_sym.abstract import F, Fdot, Kd, abstract_instance
from ndk_sym.activations import activation, names
from ndk_sym.cases import Cases, Close, summed
from ndk_sym.kernels import LayerMaps, layers
from ndk_sym.prior import covariance, decay, proximal_covariance, proximal_same_replica
from ndk_sym.prior import proximal_other_replica as other_replica
from ndk_sym.proximal_step import rational, value_at
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain, unfolded

t, s, T, lam, kappa, L = nt.t, nt.s, nt.T, nt.lam, nt.kappa, nt.L
epsilon = nt.epsilon  # 1/λ
DEPTHS = (1, 2, 3)
DISCRETE = r"K^{d}_{\lambda}"  # the neural dynamical kernel at finite λ, as a function of depth or of 1/λ
Point = dict[sp.Symbol, sp.Rational]


def layer_step() -> Step:
    """(SI 24)–(SI 28): one layer, exactly at finite λ, for an abstract activation."""
    a, b = nt.a, nt.b
    below, above = nt.m_other * nt.k_other, nt.m_same * nt.k_same  # the covariances of the pre-activations
    discrete = sp.Function(DISCRETE, real=True)
    return Step(
        Statement(
            id="layer",
            title="one layer of the discrete kernel, exactly at finite λ",
            lhs=discrete(L + 1),
            rhs=nt.m_same * lam / (2 * T) * (F(a, below + 2 * T / lam * discrete(L), b) - F(a, below, b))
            + lam / (2 * T) * (nt.m_same - nt.m_other) * F(a, below, b),
            paper="(SI 24)–(SI 28)",
            given=(
                (discrete(L), lam / (2 * T) * (above - below)),
                (discrete(L + 1), lam / (2 * T) * (nt.m_same * F(a, above, b) - nt.m_other * F(a, below, b))),
            ),
            domain=domain(functions=abstract_instance()),
        ),
        reason="Insert (SI 28) at depths L and L + 1, and (SI 24–27); a and b, at equal times, have one replica.",
    )


def slope_step() -> Step:
    """The difference quotient in 1/λ becomes a derivative."""
    weight, difference, kernel = (sp.Function(name, real=True) for name in ("m", "D", DISCRETE))
    cross, one, two = (sp.Function(name, real=True) for name in ("c", "a", "b"))
    x = epsilon
    middle = F(one(x), cross(x), two(x))
    moved = F(one(x), cross(x) + 2 * T * x * kernel(x), two(x))
    total = ((weight(x) + 2 * T * x * difference(x)) * moved - weight(x) * middle) / (2 * T)
    polynomial = lambda k: sp.Lambda(x, sp.Rational(k + 2, 5) + x * sp.Rational(3, k + 4) - x**2 / 7)  # noqa: E731
    instance = tuple((f, polynomial(k)) for k, f in enumerate((weight, difference, kernel, cross, one, two)))
    at_zero = {f(x): f(0) for f in (weight, difference, kernel, cross, one, two)}
    slope = Fdot(one(x), cross(x), two(x)) * weight(x) * kernel(x) + difference(x) * middle
    return Step(
        Statement(
            id="slope",
            title="the difference quotient in ε = 1/λ: everything may depend on λ",
            lhs=sp.Subs(sp.Derivative(total, x), x, 0),
            rhs=slope.xreplace(at_zero),
            paper="(SI 48)",
            domain=domain(functions=(*instance, *abstract_instance())),
        ),
        reason="m¹ = m + (2T/λ)D and c¹ = c + (2T/λ)K^{d}; the limit of (X(ε) − X(0))/ε is the derivative; X(0) = 0. "
        "What a, b, c and m do in 1/λ cancels.",
        uses=("layer", "price-theorem"),
    )


def recursion_step() -> Step:
    """(SI 48): the limit of one layer."""
    a, b = nt.a, nt.b
    return Step(
        Statement(
            id="recursion",
            title="the recursion of the neural dynamical kernel",
            lhs=Kd(L + 1, t, s),
            rhs=nt.m_ts * Fdot(a, nt.m_ts * nt.k_xy, b) * Kd(L, t, s) + memory * F(a, nt.m_ts * nt.k_xy, b),
            paper="(SI 48), (12)",
            given=((Kd(L + 1, t, s), limit_of_layer()),),
            domain=domain(where=ORDERED, functions=((Kd, sp.Lambda((L, t, s), L + t / 3 + s)), *abstract_instance())),
        ),
        reason="Insert the limits m¹, m⁰ → m(t,s) and (λ/2T)(m¹ − m⁰) → e^{−κ(t−s)} into the slope.",
        uses=("slope", "same-replica", "other-replica", "weight-difference", "initial-condition"),
    )


def limit_of_layer() -> sp.Expr:
    """The slope at 1/λ = 0 of m¹F(a, c¹, b) − m⁰F(a, c⁰, b), over 2T, with the limits of the weights inserted."""
    remembered = sp.limit((nt.lam_tilde ** (lam * (t - s) + 1)).subs(dict(PARAMETERS)), lam, sp.oo)
    centre = nt.m_ts * nt.k_xy
    shifted = F(nt.a, centre + 2 * T * epsilon * Kd(L, t, s), nt.b)
    total = (nt.m_ts + 2 * T * epsilon * remembered) * shifted - nt.m_ts * F(nt.a, centre, nt.b)
    return sp.Subs(sp.Derivative(total / (2 * T), epsilon), epsilon, 0)


def ntk_step() -> Step:
    """At the initialisation the kernel is the neural tangent kernel."""
    return Step(
        Statement(
            id="ntk",
            title="at the initialisation the recursion is that of the neural tangent kernel",
            lhs=Kd(L + 1, 0, 0),
            rhs=nt.sigma02 * Fdot(nt.a, nt.sigma02 * nt.k_xy, nt.b) * Kd(L, 0, 0) + F(nt.a, nt.sigma02 * nt.k_xy, nt.b),
            paper="(SI 50)",
            given=(
                (
                    Kd(L + 1, 0, 0),
                    nt.m_ts * Fdot(nt.a, nt.m_ts * nt.k_xy, nt.b) * Kd(L, 0, 0)
                    + decay(0, 0) * F(nt.a, nt.m_ts * nt.k_xy, nt.b),
                ),
                (nt.m_ts, covariance(0, 0)),
            ),
            domain=domain(functions=((Kd, sp.Lambda((L, t, s), L + t / 3 + s)), *abstract_instance())),
        ),
        reason="m(0,0) = σ₀² and no decay in (SI 48): one layer of the tangent kernel with weights of variance σ₀².",
        uses=("recursion",),
    )


# where the explicit networks are compared; λ = 10^16
PLACE = {
    t: sp.Rational(3, 2), s: sp.Rational(5, 8), kappa: sp.Rational(2, 3), nt.sigma02: sp.Rational(7, 4),
    T: sp.Rational(1, 2), nt.k_xx: sp.Rational(6, 5), nt.k_xy: sp.Rational(2, 5), nt.k_yy: sp.Rational(4, 5),
    lam: sp.Integer(10) ** 16,
}  # fmt: skip


def at_place(expr: sp.Expr, known: Mapping[sp.Symbol, sp.Rational]) -> sp.Rational:
    """Value of an explicit expression in 120 digits, as a rational number."""
    return rational(value_at(expr, known, digits=120))


def weights_at_place() -> tuple[Point, Point, Point]:
    """The weights m¹, m⁰ and m(t,s) with their equal times as numbers: for one replica, for two, and in the limit."""
    explicit = (*PARAMETERS, BY_TEMPERATURE)

    def values(cross: Callable[[Any, Any], sp.Expr], equal: Callable[[Any, Any], sp.Expr], unit: sp.Expr) -> Point:
        by_symbol = {nt.m_tt: equal(unit * t, unit * t), nt.m_ts: cross(unit * t, unit * s)}
        by_symbol[nt.m_ss] = equal(unit * s, unit * s)
        return {x: at_place(unfolded(value, explicit), PLACE) for x, value in by_symbol.items()}

    same, other = (values(source, proximal_covariance, lam) for source in (proximal_same_replica, other_replica))
    return same, other, values(covariance, covariance, sp.Integer(1)) | {nt.decay: at_place(decay(t, s), PLACE)}


def discrete_rules(maps: LayerMaps, depth: int, weights: Callable[[], tuple[Point, Point, Point]]) -> tuple[Rule, ...]:
    """(SI 24–28) and the continuous recursion as numbers, at λ = 10^16."""
    *_, top = layers(maps, depth)
    same, other, smooth = weights()
    return (
        (Kd(L, t, s), at_place(top.ndk, PLACE | smooth)),
        *((nt.m_same, same[nt.m_ts]), (nt.k_same, at_place(top.cross, PLACE | same))),
        *((nt.m_other, other[nt.m_ts]), (nt.k_other, at_place(top.cross, PLACE | other))),
        *((lam, PLACE[lam]), (T, PLACE[T])),
    )


def numerical_step() -> Step:
    """The discrete kernel itself, far out in λ, for every registered activation."""
    weights = cache(weights_at_place)
    cases = tuple(
        (f"{name}, depth {depth}", partial(discrete_rules, activation(name), depth, weights))
        for name in names(paper=True)
        for depth in DEPTHS
    )
    return Step(
        Statement(
            id="far-out",
            title="the discrete kernel of explicit networks at λ = 10^{16} against the recursion (SI 48)",
            lhs=lam / (2 * T) * (nt.m_same * nt.k_same - nt.m_other * nt.k_other),
            rhs=Kd(L, t, s),
            paper="(SI 24)–(SI 28), (SI 48)",
        ),
        reason="Both recursions in 120 digits, at t = 3/2, s = 5/8, for all registered activations at depths 1–3.",
        uses=("recursion",),
        check=Close(cases, digits=14, guard=80, method="explicit recursion"),
    )


def action_steps() -> Iterator[Step]:
    """Sums over steps become integrals over time; what stands on the diagonal vanishes."""
    yield Step(
        Statement(
            id="diagonal",
            title="the diagonal term of the action is of order 1/λ: λ times its weight per unit of time",
            lhs=sp.Limit(lam * (lam * (2 * T * (1 + nt.k_xy / lam) / lam**2)), lam, sp.oo),
            rhs=2 * T,
            paper="(SI 33), (SI 42)",
        ),
        reason="u_j = u(s)/λ: the term 2T(1 + K^d/λ) u_j² of (SI 33) at λ steps per unit of time, each of weight 1/λ².",
        uses=("replica-mgf/action",),
    )
    gamma, i = nt.gamma, nt.i
    ratio = sp.Symbol("varrho", positive=True)
    closed = nt.lam_tilde * ratio * (nt.lam_tilde**i - ratio**i) / (nt.lam_tilde - ratio)
    yield Step(
        Statement(
            id="geometric-sum",
            title="a sum over steps: a decaying kernel and a decaying residual",
            lhs=sp.Sum(nt.lam_tilde ** (i - nt.j + 1) * ratio**nt.j, (nt.j, 1, i)),
            rhs=closed,
        ),
        reason="A geometric sum, here for i = 1 to 5; ϱ is the residual's factor per step.",
        check=Cases(tuple((f"i = {k}", partial(_of_steps, i, k)) for k in range(1, 6)), method="explicit sum"),
    )
    yield Step(
        Statement(
            id="sum-to-integral",
            title="sums over steps become integrals over time, on kernels and residuals that decay",
            lhs=sp.Limit(closed.subs(i, lam * t) / lam, lam, sp.oo),
            rhs=sp.Integral(sp.exp(-kappa * (t - s)) * sp.exp(-gamma * s), (s, 0, t)),
            paper="(SI 42), (SI 43)",
            given=((ratio, sp.exp(-gamma / lam)), *PARAMETERS, (sp.Integral, _decays)),
            domain=domain({kappa: (1, 2), gamma: (sp.Rational(1, 4), sp.Rational(3, 4))}),
        ),
        reason="(1/λ) Σ_j K^d_{ij} v_j at i = λt with K^d = λ̃^{i−j+1} and v_j = e^{−γj/λ}, against ∫ K^d v ds.",
        uses=("geometric-sum", "memory"),
    )


def _of_steps(symbol: sp.Symbol, count: int) -> tuple[Rule, ...]:
    return ((symbol, sp.Integer(count)), (sp.Sum, summed))


def _decays(function: sp.Expr, limits: sp.Tuple) -> sp.Expr:
    """∫ of exponentials over s, by its antiderivative."""
    x, low, high = limits
    rate = sp.simplify(sp.diff(function, x) / function)
    primitive = function / rate
    return primitive.subs(x, high) - primitive.subs(x, low)


def steps() -> Iterator[Step]:
    """Coefficients, the recursion, the tangent kernel, explicit networks, the action."""
    yield from coefficients.steps()
    yield layer_step()
    yield slope_step()
    yield recursion_step()
    yield ntk_step()
    yield numerical_step()
    yield from action_steps()


DERIVATION = Derivation(
    id="continuous-limit",
    title="λ → ∞: from the discrete theory to continuous time, and the recursion of the NDK",
    paper="(9), (10), (12), (SI 40)–(SI 50)",
    assumptions=(
        "t = i/λ and s = j/λ stay fixed as λ → ∞; κ = T/σ².",
        "t > s. On the diagonal i = j of equal inputs the kernels of ReLU are not differentiable in c; one step, of "
        "width 1/λ, does not matter in the integrals.",
        "Price's theorem ∂F/∂c = Ḟ (price-theorem).",
    ),
    exact=(
        "The limits of λ̃, σ̃², m¹, m⁰ and their difference; one layer of the discrete kernel at finite λ; its limit, "
        "the recursion (SI 48), for an abstract activation, every argument depending on λ; the initial condition; the "
        "tangent kernel at t = s = 0."
    ),
    physicist=(
        "That a sum over steps becomes an integral is shown on exponentials, not for general fields u and v; these "
        "are taken to be smooth on the scale 1/λ. The text of (SI 41)–(SI 46) and (SI 50) reached us without formulas: "
        "(SI 50) is read as K^{d,L}(0,0) = K_NTK, and (SI 41) is the generating function with the limits inserted."
    ),
    build=steps,
    headline="recursion",
)
