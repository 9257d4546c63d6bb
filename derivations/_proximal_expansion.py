"""One step of the proximal chain beyond the Gaussian: Wick's theorem for a general energy. Steps of `markov-proximal`.

With δ = x/√λ everything beyond the Gaussian is a power series in λ^{−1/2}. Nothing is known of E and of ψ but that they
are differentiable; the averages are computed when a step is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.cases import Cases
from ndk_sym.proximal_step import cumulants, large_lambda, taylor
from ndk_sym.statement import Domain, Rule, Statement, Step, domain
from ndk_sym.truncation import through
from ndk_sym.wick import Moment, gaussian_moment, tilted_averages

__all__ = ["steps"]

T, lam, d = nt.T, nt.lam, nt.d
E, psi, previous = nt.E, nt.psi, nt.Theta_previous
PAIR = (nt.theta_1, nt.theta_2)  # the components of Θ′ for d = 2
Theta = tuple[sp.Symbol, ...]
Moments = Callable[[], Sequence[sp.Expr]]
CUMULANTS = tuple(
    sp.Function(name, real=True)
    for name in (r"\langle{\delta}\rangle", *(rf"\langle{{\delta^{{{k}}}}}\rangle_{{c}}" for k in (2, 3, 4)))
)


def instances(*theta: sp.Symbol) -> Domain:
    """An energy and a test function, for sampling statements about abstract ones."""
    coupled = sp.Mul(*theta)
    energy = sum((x**4 / 5 - x**2 / 3 + sp.sin(x) / (k + 2) for k, x in enumerate(theta)), coupled**2 / 7)
    test = sum((sp.cos(x) + x**3 / (k + 3) for k, x in enumerate(theta)), coupled**2 / 5)
    return domain(functions=((E, sp.Lambda(theta, energy)), (psi, sp.Lambda(theta, test))))


def gradient(f: sp.Expr, theta: Theta) -> list[sp.Expr]:
    """∇f, unevaluated."""
    return [sp.Derivative(f, x) for x in theta]


def along(f: sp.Expr, g: sp.Expr, theta: Theta) -> sp.Expr:
    """∇f·∇g, unevaluated."""
    return sp.Add(*(x * y for x, y in zip(gradient(f, theta), gradient(g, theta), strict=True)))


def laplacian(f: sp.Expr, theta: Theta) -> sp.Expr:
    """Δf, unevaluated."""
    return sp.Add(*(sp.Derivative(f, (x, 2)) for x in theta))


def generator(f: sp.Expr, theta: Theta) -> sp.Expr:
    """A f = −∇E·∇f + T Δf, the generator of the Langevin dynamics (5)."""
    return -along(E(*theta), f, theta) + T * laplacian(f, theta)


def potential(theta: Theta) -> sp.Expr:
    """|∇E|²/2 − T ΔE: minus twice λ times the correction of the energy at the next order."""
    energy = E(*theta)
    return along(energy, energy, theta) / 2 - T * laplacian(energy, theta)


def by_wick(term: sp.Expr, coefficients: Callable[[], Sequence[sp.Expr]], what: str) -> Cases:
    """The term is what Wick's theorem gives at orders λ^0, λ^{−1}, …; computed when the check runs."""

    def rules() -> tuple[Rule, ...]:
        return ((term, sp.Add(*(c * lam**-k for k, c in enumerate(coefficients())))),)

    return Cases(((what, rules),), method="Wick's theorem")


# -- cumulants -------------------------------------------------------------------------------------------


def power(x: Sequence[sp.Symbol], *, k: int) -> dict[int, sp.Expr]:
    """δ^k = λ^{−k/2} x^k."""
    return {k: x[0] ** k}


def cumulant_1d(k: int, moments: Moments, order: int) -> tuple[sp.Expr, ...]:
    """Coefficients of 1, 1/λ, … of the cumulant k + 1, from the first four moments."""
    return through(lambda *m: cumulants(m)[k], moments(), lam, order)


def one_dimension() -> Iterator[Step]:
    """Cumulants of the step for d = 1."""
    energy = E(previous)
    powers = [partial(power, k=k) for k in (1, 2, 3, 4)]
    moments = cache(lambda: large_lambda(energy, (previous,), powers, order=4))
    slope = {k: sp.Derivative(energy, (previous, k)) for k in range(1, 6)}
    third = T * (slope[1] * slope[4] + 2 * slope[2] * slope[3]) - T**2 * slope[5] / 2
    third -= slope[1] ** 2 * slope[3] / 2 + slope[1] * slope[2] ** 2
    cubic = -4 * T**2 * slope[3] / lam**3
    well, rest = nt.U(previous), sp.Function("W", real=True)(previous)
    mean = -slope[1] / lam + sp.Derivative(well, previous) / lam**2 + rest / lam**3
    claims = (
        ("mean", "the mean of the step", mean, 3, "(SI 6)"),
        ("variance", "the variance of the step", 2 * T / lam - 2 * T * slope[2] / lam**2, 2, "(SI 7)"),
        ("third-cumulant", "the third cumulant, the first departure from a Gaussian", cubic, 3, ""),
        ("fourth-cumulant", "the fourth cumulant", -8 * T**3 * slope[4] / lam**4, 4, ""),
    )
    for k, (id, title, value, order, paper) in enumerate(claims):
        cumulant = CUMULANTS[k](previous)
        yield Step(
            Statement(
                id=id,
                title=f"{title}, through order λ^{{−{order}}}, d = 1",
                lhs=cumulant,
                rhs=value,
                paper=paper,
                given=((well, potential((previous,))), (rest, third)) if id == "mean" else (),
                domain=instances(previous),
            ),
            reason="δ = x/√λ; expand the density in λ^{−1/2}, average over x with ⟨x²⟩ = 2T (Wick). E stays abstract.",
            uses=("gaussian-mean", "gaussian-variance"),
            check=by_wick(cumulant, partial(cumulant_1d, k, moments, order), "any E, d = 1"),
        )


OBSERVABLES = (
    lambda x: {1: x[0]},
    lambda x: {1: x[1]},
    lambda x: {2: x[0] ** 2},
    lambda x: {2: x[0] * x[1]},
    lambda x: {3: x[0] ** 2 * x[1]},
)


def cumulant_2d(id: str, moments: Moments, order: int) -> tuple[sp.Expr, ...]:
    """Coefficients of 1, 1/λ, … of a cumulant of the two components, from the averages of `OBSERVABLES`."""

    def combined(m1: Any, m2: Any, m11: Any, m12: Any, m112: Any) -> Any:
        return {
            "mean-2d": m1,
            "variance-2d": m11 - m1**2,
            "covariance-2d": m12 - m1 * m2,
            "third-cumulant-2d": m112 - m11 * m2 - 2 * m12 * m1 + 2 * m1**2 * m2,
        }[id]

    return through(combined, moments(), lam, order)


def two_dimensions() -> Iterator[Step]:
    """Mean, covariance and a third cumulant of the step for d = 2."""
    first, second = PAIR
    energy = E(*PAIR)
    moments = cache(lambda: large_lambda(energy, PAIR, OBSERVABLES, order=3))
    corrected = sp.Derivative(nt.U(*PAIR), first)
    mean = -sp.Derivative(energy, first) / lam + corrected / lam**2
    variance = 2 * T / lam - 2 * T * sp.Derivative(energy, (first, 2)) / lam**2
    covariance = -2 * T * sp.Derivative(energy, first, second) / lam**2
    triple = -4 * T**2 * sp.Derivative(energy, first, first, second) / lam**3
    claims = (
        ("mean-2d", "the first component of the mean", r"{\delta_{1}}", mean, 2),
        ("variance-2d", "the variance of the first component", r"{\delta_{1}^{2}}", variance, 2),
        ("covariance-2d", "the covariance of the components", r"{\delta_{1} \delta_{2}}", covariance, 2),
        ("third-cumulant-2d", "a third cumulant", r"{\delta_{1}^{2} \delta_{2}}", triple, 3),
    )
    for id, title, what, claim, order in claims:
        cumulant = sp.Function(rf"\langle{what}\rangle" + "_{c}" * (id != "mean-2d"), real=True)(*PAIR)
        yield Step(
            Statement(
                id=id,
                title=f"{title}, through order λ^{{−{order}}}, d = 2",
                lhs=cumulant,
                rhs=claim,
                paper="(SI 6)" if id == "mean-2d" else "(SI 7)" if order == 2 else "",
                given=((nt.U(*PAIR), potential(PAIR)),) if id == "mean-2d" else (),
                domain=instances(*PAIR),
            ),
            reason="As for d = 1, with two independent x. The tensors ∂ᵢE, ∂ᵢ∂ⱼE, ∂ᵢ∂ⱼ∂ₖE enter contracted.",
            uses=("gaussian-mean", "gaussian-variance"),
            check=by_wick(cumulant, partial(cumulant_2d, id, moments, order), "any E, d = 2"),
        )


# -- the generator ---------------------------------------------------------------------------------------


def expanded(x: Sequence[sp.Symbol], *, theta: Sequence[sp.Symbol]) -> dict[int, sp.Expr]:
    """ψ(Θ′ + x/√λ) in powers of λ^{−1/2}."""
    return {k: taylor(psi(*theta), theta, x, k) for k in range(5)}


def average(theta: Theta, order: int) -> tuple[sp.Expr, ...]:
    """⟨ψ(Θ)⟩ after one step, at order λ^{−order}."""
    found = large_lambda(E(*theta), theta, (partial(expanded, theta=theta),), order=order)
    return (through(lambda m: m, found, lam, order)[order],)


def generator_steps(theta: Theta) -> Iterator[Step]:
    """⟨ψ(Θ)⟩ after one step: the generator of (5), and what comes next."""
    dimension = len(theta)
    order1, order2 = (sp.Function(rf"\langle{{\psi}}\rangle_{{{k}}}", real=True)(*theta) for k in (1, 2))
    what = f"any E and ψ, d = {dimension}"
    yield Step(
        Statement(
            id=f"generator-{dimension}d",
            title=f"the generator of (5): ⟨ψ(Θ)⟩ at order 1/λ, for any ψ, d = {dimension}",
            lhs=order1,
            rhs=generator(psi(*theta), theta),
            paper="(5), (SI 8)",
            domain=instances(*theta),
        ),
        reason="Expand ψ(Θ′ + x/√λ) and the density, and average (Wick). E and ψ stay abstract.",
        uses=("mean", "variance") if dimension == 1 else ("mean-2d", "variance-2d", "covariance-2d"),
        check=by_wick(order1, partial(average, theta, 1), what),
    )
    moved_on, well = nt.Apsi(*theta), nt.U(*theta)
    yield Step(
        Statement(
            id=f"next-order-{dimension}d",
            title=f"⟨ψ(Θ)⟩ at order 1/λ²: Langevin dynamics over dt, and a corrected drift, d = {dimension}",
            lhs=order2,
            rhs=generator(moved_on, theta) / 2 + along(well, psi(*theta), theta) / 2,
            given=((moved_on, generator(psi(*theta), theta)), (well, potential(theta))),
            domain=instances(*theta),
        ),
        reason="exp(A/λ) has A²/2 at this order; what the chain has besides is a gradient: E → E − U/2λ.",
        uses=(f"generator-{dimension}d",),
        check=by_wick(order2, partial(average, theta, 2), what),
    )


# -- any dimension ---------------------------------------------------------------------------------------


def squares(dimension: sp.Expr) -> Moment:
    """Moments of q = Σ x_i² over `dimension` Gaussians of variance 2T: (2T)^k n(n+2)…(n+2k−2)."""
    return lambda k: (2 * T) ** k * sp.Mul(*(dimension + 2 * i for i in range(k)))


def radial_cumulants(which: int) -> tuple[sp.Expr, ...]:
    """Mean along Θ′ and total variance of the step for E = V(h), h = |Θ|²/2."""
    v, h = nt.V, nt.h
    parallel, across = sp.symbols("x_par q", real=True)
    # |Θ|²/2 = h + ε r x_∥ + ε² (x_∥² + q)/2 with ε = λ^{−1/2}, r = √(2h) and q = |x_⊥|²
    change = (sp.sqrt(2 * h) * parallel, (parallel**2 + across) / 2)
    tilt = {}
    for order in range(1, 5):
        pairs = [(order - 2 * twos, twos) for twos in range(order // 2 + 1)]
        terms = (
            sp.diff(v(h), h, i + j) * change[0] ** i * change[1] ** j / (sp.factorial(i) * sp.factorial(j))
            for i, j in pairs
        )
        tilt[order] = -sp.Add(*terms) / (2 * T)
    moments = {parallel: gaussian_moment(2 * T), across: squares(d - 1)}
    averages = tilted_averages(tilt, ({1: parallel}, {2: parallel**2 + across}), moments=moments, order=4)
    mean, square = (sum((c * lam ** sp.Rational(-k, 2) for k, c in enumerate(one)), sp.Integer(0)) for one in averages)
    return through(lambda m, m2: (m, m2 - m**2)[which], (mean, square), lam, 2)


def radial_steps() -> Iterator[Step]:
    """A symbolic dimension: energies that depend on |Θ| alone."""
    v, h = nt.V, nt.h
    radius = sp.sqrt(2 * h)  # E = V(h), h = |Θ′|²/2
    slope = radius * sp.Derivative(v(h), h)
    laplace = 2 * h * sp.Derivative(v(h), (h, 2)) + d * sp.Derivative(v(h), h)
    claims = (
        (
            "radial-mean",
            "the mean of the step along Θ′",
            -slope / lam + radius * sp.Derivative(slope**2 / 2 - T * laplace, h) / lam**2,
            "Split x into its part along Θ′ and the rest, whose square q has the moments of d − 1 Gaussians. "
            "With h = |Θ′|²/2, r = √(2h): ∂_r = r ∂_h and ΔE = 2hV″ + dV′.",
        ),
        (
            "radial-variance",
            "the total variance of the step",
            2 * T * d / lam - 2 * T * laplace / lam**2,
            "The trace of 2T/λ − 2T ∇∇E/λ²; by symmetry the mean has no part across Θ′.",
        ),
    )
    names = r"\langle{\delta_{r}}\rangle", r"\langle{|\delta|^{2}}\rangle_{c}"
    for which, (id, title, claim, reason) in enumerate(claims):
        found = sp.Function(names[which], real=True)(h)
        yield Step(
            Statement(
                id=id,
                title=f"{title} for E = V(|Θ|²/2), through order λ^{{−2}}, in any dimension d",
                lhs=found,
                rhs=claim,
                paper="(SI 6)" if id == "radial-mean" else "(SI 7)",
                domain=domain(functions=((v, sp.Lambda(h, h**2 / 3 + sp.sin(h))),)),
            ),
            reason=reason,
            uses=("gaussian-mean", "gaussian-variance"),
            check=by_wick(found, partial(radial_cumulants, which), "any V, any d"),
        )


def steps() -> Iterator[Step]:
    """Cumulants for d = 1 and 2, the generator, and rotationally symmetric energies in any dimension."""
    yield from one_dimension()
    yield from two_dimensions()
    yield from generator_steps((previous,))
    yield from generator_steps(PAIR)
    yield from radial_steps()
