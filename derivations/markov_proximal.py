r"""Markov proximal learning becomes Langevin dynamics as λ → ∞.

One step has the transition density (4)

    P(Θ|Θ′) = exp(−[E(Θ) + λ/2 |Θ − Θ′|²] / 2T) / Z(Θ′).

Large λ keeps Θ near Θ′. To first order in δ = Θ − Θ′ the energy is linear, the square is completed, and the step is
Gaussian (SI 5–7): its mean is −∇E/λ, its covariance 2T/λ. With dt = 1/λ this is the Itô step (SI 8) of Langevin
dynamics (5), dΘ = −∇E dt + η dt with ⟨η η⟩ = 2T δ(t−s).

What is left out is computed as well. With δ = x/√λ everything beyond the Gaussian is a power series in λ^{−1/2}, whose
averages Wick's theorem gives order by order, for a differentiable E of which nothing else is known. Three results:

    ⟨δ⟩   = −∇E/λ + ∇(|∇E|²/2 − T ΔE)/λ² + …
    ⟨δδ⟩ᶜ = 2T/λ − 2T ∇∇E/λ² + …,     third and fourth cumulants of order λ^{−3} and λ^{−4}
    ⟨ψ(Θ)⟩ = ψ + Aψ/λ + (A²/2)ψ/λ² + (1/2)∇(|∇E|²/2 − T ΔE)·∇ψ/λ² + …,     A = −∇E·∇ + T Δ.

A generates Langevin dynamics. So each step follows it up to 1/λ², any finite time up to 1/λ; and to that next order
the chain is Langevin dynamics in the energy E − U/2λ, U = |∇E|²/2 − T ΔE. A quadratic energy, where everything can be
summed, and quadrature for energies that are not quadratic confirm this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.cases import Close
from ndk_sym.integrals import Antiderivative
from ndk_sym.operators import Operators
from ndk_sym.prior import proximal_parameters
from ndk_sym.proximal_step import cumulants, large_lambda, quadrature_moments, taylor
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain
from ndk_sym.wick import Moment, gaussian_moment, tilted_averages

T, lam = nt.T, nt.lam
previous = nt.Theta_previous
first, second = nt.theta_1, nt.theta_2  # the components of Θ′ for d = 2
E, psi = nt.E, nt.psi
delta, d = nt.delta, nt.d


def instances(*theta: sp.Symbol) -> tuple[Rule, ...]:
    """An energy and a test function, for sampling statements about abstract ones."""
    coupled = sp.Mul(*theta)
    energy = sum((x**4 / 5 - x**2 / 3 + sp.sin(x) / (k + 2) for k, x in enumerate(theta)), coupled**2 / 7)
    test = sum((sp.cos(x) + x**3 / (k + 3) for k, x in enumerate(theta)), coupled**2 / 5)
    return (E, sp.Lambda(theta, energy)), (psi, sp.Lambda(theta, test))


def gradient(f: sp.Expr, theta: tuple[sp.Symbol, ...]) -> list[sp.Expr]:
    """∇f, unevaluated."""
    return [sp.Derivative(f, x) for x in theta]


def laplacian(f: sp.Expr, theta: tuple[sp.Symbol, ...]) -> sp.Expr:
    """Δf, unevaluated."""
    return sp.Add(*(sp.Derivative(f, (x, 2)) for x in theta))


def generator(f: sp.Expr, theta: tuple[sp.Symbol, ...]) -> sp.Expr:
    """A f = −∇E·∇f + T Δf, the generator of the Langevin dynamics (5)."""
    drift = sp.Add(*(-g * h for g, h in zip(gradient(E(*theta), theta), gradient(f, theta), strict=True)))
    return drift + T * laplacian(f, theta)


def potential(theta: tuple[sp.Symbol, ...]) -> sp.Expr:
    """|∇E|²/2 − T ΔE: minus twice λ times the correction of the energy at the next order."""
    energy = E(*theta)
    return sp.Add(*(g**2 for g in gradient(energy, theta))) / 2 - T * laplacian(energy, theta)


# -- the Gaussian of (SI 5)–(SI 9) -----------------------------------------------------------------------


def gaussian_steps() -> Iterator[Step]:
    """Complete the square; norm, mean and variance of the Gaussian; the white noise."""
    size, along, slope2, shifted = nt.delta_sq, nt.delta_grad, nt.grad_sq, nt.shifted_sq
    yield Step(
        Statement(
            id="square",
            title="to first order in δ the exponent is a square, in any dimension",
            lhs=-(along + lam * size / 2) / (2 * T),
            rhs=-lam * shifted / (4 * T) + slope2 / (4 * lam * T),
            paper="(SI 5)",
            given=((shifted, size + 2 * along / lam + slope2 / lam**2),),
        ),
        reason="E(Θ′+δ) = E(Θ′) + δ·∇E; the last term has no δ and belongs to Z. Inner products stay abstract.",
    )

    g = nt.grad_i
    density = sp.exp(-lam * (delta + g / lam) ** 2 / (4 * T))
    whole = sp.sqrt(sp.pi * T / lam) * sp.erf((delta + g / lam) * sp.sqrt(lam / T) / 2)
    yield Step(
        Statement(
            id="norm",
            title="norm of the Gaussian, each component",
            lhs=sp.Integral(density, (delta, -sp.oo, sp.oo)),
            rhs=sp.sqrt(4 * sp.pi * T / lam),
            paper="(SI 5)",
        ),
        reason="The antiderivative is an error function. The components are independent: the exponent is their sum.",
        uses=("square",),
        check=Antiderivative(whole),
    )
    norm = sp.sqrt(4 * sp.pi * T / lam)
    yield Step(
        Statement(
            id="gaussian-mean",
            title="the mean of the step is −∇E/λ",
            lhs=sp.Integral(delta * density / norm, (delta, -sp.oo, sp.oo)),
            rhs=-g / lam,
            paper="(SI 6)",
        ),
        reason="The antiderivative is −2T/λ times the density, less ∂ᵢE/λ times its integral.",
        uses=("norm",),
        check=Antiderivative((-2 * T / lam * density - g / lam * whole) / norm),
    )
    centred = delta + g / lam
    yield Step(
        Statement(
            id="gaussian-variance",
            title="the variance of the step is 2T/λ = 2T dt",
            lhs=sp.Integral(centred**2 * density / norm, (delta, -sp.oo, sp.oo)),
            rhs=2 * T / lam,
            paper="(SI 7)",
        ),
        reason="By parts: the antiderivative is −(2T/λ)(δ + ∂ᵢE/λ) times the density, plus 2T/λ times its integral.",
        uses=("norm",),
        check=Antiderivative(2 * T / lam * (whole - centred * density) / norm),
    )
    dt, noise = nt.dt, nt.eta_sq
    yield Step(
        Statement(
            id="white-noise",
            title="the noise η = δ/dt + ∇E of one step has variance 2T/dt: white noise of strength 2T",
            lhs=noise,
            rhs=2 * T / dt,
            paper="(SI 8), (SI 9), (5)",
            given=((noise, lam**2 * 2 * T / lam), (lam, 1 / dt)),
        ),
        reason="η = λ(δ + ∇E/λ), dt = 1/λ; steps are independent (Markov): 1/dt is δ(0) on a grid of spacing dt.",
        uses=("gaussian-variance",),
    )


# -- Wick's theorem for a general energy -----------------------------------------------------------------


def power(x: Sequence[sp.Symbol], *, k: int) -> dict[int, sp.Expr]:
    """δ^k = λ^{−k/2} x^k."""
    return {k: x[0] ** k}


def one_dimension() -> Iterator[Step]:
    """Cumulants of the step for d = 1."""
    energy = E(previous)
    powers = [partial(power, k=k) for k in (1, 2, 3, 4)]
    found = cumulants(large_lambda(energy, (previous,), powers, order=4))
    slope = {k: sp.Derivative(energy, (previous, k)) for k in (1, 2, 3, 4)}
    correction = slope[1] * slope[2] - T * slope[3]
    third = (
        -(T**2) * sp.Derivative(energy, (previous, 5)) / 2
        + T * (slope[1] * slope[4] + 2 * slope[2] * slope[3])
        - slope[1] ** 2 * slope[3] / 2
        - slope[1] * slope[2] ** 2
    )
    claims = (
        ("mean", "the mean of the step", -slope[1] / lam + correction / lam**2 + third / lam**3, 3, "(SI 6)"),
        ("variance", "the variance of the step", 2 * T / lam - 2 * T * slope[2] / lam**2, 2, "(SI 7)"),
        (
            "third-cumulant",
            "the third cumulant, the first departure from a Gaussian",
            -4 * T**2 * slope[3] / lam**3,
            3,
            "",
        ),
        ("fourth-cumulant", "the fourth cumulant", -8 * T**3 * slope[4] / lam**4, 4, ""),
    )
    for k, (id, title, value, order, paper) in enumerate(claims):
        kept = sum((sp.expand(found[k]).coeff(lam, -p) * lam**-p for p in range(order + 1)), sp.Integer(0))
        cumulant = sp.Function(f"C_{k + 1}", real=True)(previous)
        yield Step(
            Statement(
                id=id,
                title=f"{title}, through order λ^−{order}, d = 1",
                lhs=cumulant,
                rhs=value,
                paper=paper,
                given=((cumulant, kept),),
                domain=domain(functions=instances(previous)),
            ),
            reason="δ = x/√λ; expand the density in λ^{−1/2}, average over x with ⟨x²⟩ = 2T (Wick). E stays abstract.",
            uses=("gaussian-mean", "gaussian-variance"),
        )


def two_dimensions() -> Iterator[Step]:
    """Mean and covariance of the step for d = 2."""
    theta = (first, second)
    energy = E(*theta)
    observables = (
        lambda x: {1: x[0]},
        lambda x: {1: x[1]},
        lambda x: {2: x[0] ** 2},
        lambda x: {2: x[0] * x[1]},
        lambda x: {3: x[0] ** 2 * x[1]},
    )
    m1, m2, m11, m12, m112 = large_lambda(energy, theta, observables, order=3)
    triple = m112 - m11 * m2 - 2 * m12 * m1 + 2 * m1**2 * m2
    values = (
        ("mean-2d", "the first component of the mean", 2, m1),
        ("variance-2d", "the variance of the first component", 2, m11 - m1**2),
        ("covariance-2d", "the covariance of the components", 2, m12 - m1 * m2),
        ("third-cumulant-2d", "a third cumulant", 3, triple),
    )
    corrected = [sp.Derivative(potential(theta), x) for x in theta]
    claims = (
        -sp.Derivative(energy, first) / lam + corrected[0] / lam**2,
        2 * T / lam - 2 * T * sp.Derivative(energy, (first, 2)) / lam**2,
        -2 * T * sp.Derivative(energy, first, second) / lam**2,
        -4 * T**2 * sp.Derivative(energy, first, first, second) / lam**3,
    )
    for (id, title, order, value), claim in zip(values, claims, strict=True):
        kept = sum((sp.expand(value).coeff(lam, -p) * lam**-p for p in range(order + 1)), sp.Integer(0))
        cumulant = sp.Function(f"C_{id.partition('-')[0]}", real=True)(*theta)
        yield Step(
            Statement(
                id=id,
                title=f"{title}, through order λ^−{order}, d = 2",
                lhs=cumulant,
                rhs=claim,
                paper="(SI 6)" if id == "mean-2d" else "(SI 7)" if order == 2 else "",
                given=((cumulant, kept),),
                domain=domain(functions=instances(*theta)),
            ),
            reason="As for d = 1, with two independent x. The tensors ∂ᵢE, ∂ᵢ∂ⱼE, ∂ᵢ∂ⱼ∂ₖE enter contracted.",
            uses=("gaussian-mean", "gaussian-variance"),
        )


def expanded(x: Sequence[sp.Symbol], *, theta: Sequence[sp.Symbol]) -> dict[int, sp.Expr]:
    """ψ(Θ′ + x/√λ) in powers of λ^{−1/2}."""
    return {k: taylor(psi(*theta), theta, x, k) for k in range(5)}


def generator_steps() -> Iterator[Step]:
    """⟨ψ(Θ)⟩ after one step: the generator of (5), and what comes next."""
    for theta in ((previous,), (first, second)):
        dimension = len(theta)

        moved = partial(expanded, theta=theta)
        (average,) = large_lambda(E(*theta), theta, (moved,), order=2)
        average = sp.expand(average)
        order1, order2 = (sp.Function(f"psi_{k}", real=True)(*theta) for k in (1, 2))
        yield Step(
            Statement(
                id=f"generator-{dimension}d",
                title=f"the generator of (5): ⟨ψ(Θ)⟩ at order 1/λ, for any ψ, d = {dimension}",
                lhs=order1,
                rhs=generator(psi(*theta), theta),
                paper="(5), (SI 8)",
                given=((order1, average.coeff(lam, -1)),),
                domain=domain(functions=instances(*theta)),
            ),
            reason="Expand ψ(Θ′ + x/√λ) and the density, and average (Wick). E and ψ stay abstract.",
            uses=("mean", "variance") if dimension == 1 else ("mean-2d", "variance-2d", "covariance-2d"),
        )
        moved_on, well = nt.Apsi, nt.U
        extra = sp.Add(
            *(
                sp.Derivative(well(*theta), x) * slope / 2
                for x, slope in zip(theta, gradient(psi(*theta), theta), strict=True)
            )
        )
        yield Step(
            Statement(
                id=f"next-order-{dimension}d",
                title=f"⟨ψ(Θ)⟩ at order 1/λ²: Langevin dynamics over dt, and a corrected drift, d = {dimension}",
                lhs=order2,
                rhs=generator(moved_on(*theta), theta) / 2 + extra,
                given=(
                    (order2, average.coeff(lam, -2)),
                    (moved_on(*theta), generator(psi(*theta), theta)),
                    (well(*theta), potential(theta)),
                ),
                domain=domain(functions=instances(*theta)),
            ),
            reason="exp(A/λ) has A²/2 at this order; what the chain has besides is a gradient: E → E − U/2λ.",
            uses=(f"generator-{dimension}d",),
        )


# -- any dimension ---------------------------------------------------------------------------------------


def any_dimension() -> Iterator[Step]:
    """A symbolic dimension: energies that depend on |Θ| alone, and quadratic energies."""
    v, h = nt.V, nt.h
    along, across = sp.symbols("x_par q", real=True)
    radius = sp.sqrt(2 * h)  # h = |Θ′|²/2, E = V(h)
    # |Θ|²/2 = h + ε r x_∥ + ε² (x_∥² + q)/2 with ε = λ^{−1/2} and q = |x_⊥|²
    change = (radius * along, (along**2 + across) / 2)
    tilt = {}
    for order in range(1, 5):
        pairs = [(order - 2 * twos, twos) for twos in range(order // 2 + 1)]
        terms = (
            sp.diff(v(h), h, i + j) * change[0] ** i * change[1] ** j / (sp.factorial(i) * sp.factorial(j))
            for i, j in pairs
        )
        tilt[order] = -sp.Add(*terms) / (2 * T)
    moments = {along: gaussian_moment(2 * T), across: squares(d - 1)}
    averages = tilted_averages(tilt, ({1: along}, {2: along**2 + across}), moments=moments, order=4)
    mean, square = (sum((c * lam ** sp.Rational(-k, 2) for k, c in enumerate(one)), sp.Integer(0)) for one in averages)
    variance = sp.expand(square - mean**2)
    found = sp.Function("C_r", real=True)(h)
    where = domain(functions=((v, sp.Lambda(h, h**2 / 3 + sp.sin(h))),))
    energy_slope = radius * sp.Derivative(v(h), h)
    laplace = 2 * h * sp.Derivative(v(h), (h, 2)) + d * sp.Derivative(v(h), h)
    claims = (
        (
            "radial-mean",
            "the mean of the step along Θ′",
            -energy_slope / lam + radius * sp.Derivative(energy_slope**2 / 2 - T * laplace, h) / lam**2,
            mean,
            "Split x into its part along Θ′ and the rest, whose square q has the moments of d − 1 Gaussians. "
            "With h = |Θ′|²/2, r = √(2h): ∂_r = r ∂_h and ΔE = 2hV″ + dV′.",
        ),
        (
            "radial-variance",
            "the total variance of the step",
            2 * T * d / lam - 2 * T * laplace / lam**2,
            variance,
            "The trace of 2T/λ − 2T ∇∇E/λ²; by symmetry the mean has no part across Θ′.",
        ),
    )
    for id, title, claim, computed, reason in claims:
        kept = sum((sp.expand(computed).coeff(lam, -p) * lam**-p for p in (1, 2)), sp.Integer(0))
        yield Step(
            Statement(
                id=id,
                title=f"{title} for E = V(|Θ|²/2), through order λ^−2, in any dimension d",
                lhs=found,
                rhs=claim,
                paper="(SI 6)" if id == "radial-mean" else "(SI 7)",
                given=((found, kept),),
                domain=where,
            ),
            reason=reason,
            uses=("gaussian-mean", "gaussian-variance"),
        )
    yield quadratic_any_dimension()


def squares(dimension: sp.Expr) -> Moment:
    """Moments of q = Σ x_i² over `dimension` Gaussians of variance 2T: (2T)^k n(n+2)…(n+2k−2)."""
    return lambda k: (2 * T) ** k * sp.Mul(*(dimension + 2 * i for i in range(k)))


def quadratic_any_dimension() -> Step:
    """The exact mean for a Hessian H, an operator."""
    inverse, slope_vector = nt.G_H, nt.grad
    hessian = nt.Hess
    return Step(
        Statement(
            id="quadratic-any-d",
            title="quadratic energy of Hessian H in any dimension: the exact mean, written as its expansion",
            lhs=-inverse * slope_vector,
            rhs=-slope_vector / lam + hessian * slope_vector / lam**2 - hessian**2 * inverse * slope_vector / lam**2,
            paper="(SI 6)",
            given=((hessian, inverse**-1 - lam),),
        ),
        reason="The exponent's minimum is at δ = −G∇E with G = (λ+H)^{−1}. The last term is of order λ^{−3}.",
        check=Operators(),
    )


# -- quadratic and other energies ------------------------------------------------------------------------


def quadratic_steps() -> Iterator[Step]:
    """E = h Θ²/2: everything in closed form."""
    h = nt.kappa  # the prior alone has this energy, with T/σ² = κ
    mean, variance = proximal_parameters()[nt.lam_tilde] * previous - previous, 2 * T / (lam + h)
    slope = h * previous
    yield Step(
        Statement(
            id="quadratic-mean",
            title="E = κΘ²/2: what the exact mean leaves over of the expansion, times λ³",
            lhs=sp.Limit(lam**3 * (mean - (-slope / lam + slope * h / lam**2)), lam, sp.oo),
            rhs=-(h**3) * previous,
            paper="(SI 6)",
        ),
        reason="The exact mean is (λ̃ − 1)Θ′ = −κΘ′/(λ+κ); −E′E″² is what the third order of the mean says as well.",
        uses=("mean",),
    )
    yield Step(
        Statement(
            id="quadratic-variance",
            title="E = κΘ²/2: the second order of the exact variance",
            lhs=sp.Limit(lam**2 * (variance - 2 * T / lam), lam, sp.oo),
            rhs=-2 * T * h,
            paper="(SI 7)",
        ),
        reason="The exact variance is 2T/(λ+κ).",
        uses=("variance",),
    )
    stationary = proximal_parameters()[nt.sigma2_tilde]
    modified = T / (h - h**2 / (2 * lam))  # E − E′²/4λ has curvature κ − κ²/2λ
    yield Step(
        Statement(
            id="modified-energy",
            title="E = κΘ²/2: the chain's stationary variance is that of the corrected energy, to first order",
            lhs=sp.Limit(lam * (stationary - T / h), lam, sp.oo),
            rhs=sp.Limit(lam * (modified - T / h), lam, sp.oo),
            paper="(SI 21)",
            given=((nt.sigma2, T / h),),
        ),
        reason="exp(−Ẽ/T) with Ẽ = E − (E′²/2 − TE″)/2λ, against σ̃² of the exact chain; both are T/2.",
        uses=("next-order-1d",),
    )


_ENERGIES: dict[str, tuple[sp.Expr, Callable[[Any, Any], Any]]] = {
    "double well": (previous**4 / 4 - previous**2 / 2 + previous / 3, lambda _mp, x: x**4 / 4 - x**2 / 2 + x / 3),
    "pendulum": (previous**2 / 4 - sp.cos(2 * previous), lambda mp, x: x**2 / 4 - mp.cos(2 * x)),
    "soft step": (sp.log(sp.cosh(previous)) + previous / 5, lambda mp, x: mp.log(mp.cosh(x)) + x / 5),
}
_PLACE = {previous: sp.Rational(-2, 5), T: sp.Rational(2, 3), lam: sp.Integer(10) ** 10}


def quadrature_case(name: str, which: int, cumulant: sp.Expr) -> tuple[Rule, ...]:
    """The cumulant by quadrature of the density (4), at λ = 10^10, and what the statement's symbols are there."""
    symbolic, function = _ENERGIES[name]
    values = quadrature_moments(
        lambda x: function(x.context, x),
        previous=_PLACE[previous],
        temperature=_PLACE[T],
        lam=_PLACE[lam],
        centre=_PLACE[previous],
        width=sp.Rational(1, 10**5),
        digits=60,
    )
    evaluated = sp.Derivative, lambda *parts: sp.Derivative(*parts).doit()  # before Θ′ becomes a number
    return (cumulant, values[which]), (E, sp.Lambda(previous, symbolic)), evaluated, *_PLACE.items()


def anharmonic_steps() -> Iterator[Step]:
    """Energies that are not quadratic, by quadrature of the density itself."""
    energy = E(previous)
    slopes = [sp.Derivative(energy, (previous, k)) for k in (1, 2, 3)]
    claims = (
        ("quadrature-mean", "mean", -slopes[0] / lam + (slopes[0] * slopes[1] - T * slopes[2]) / lam**2),
        ("quadrature-variance", "variance", 2 * T / lam - 2 * T * slopes[1] / lam**2),
    )
    for which, (id, title, value) in enumerate(claims):
        cumulant = sp.Function(f"C_{which + 1}", real=True)(previous)
        cases = tuple((name, partial(quadrature_case, name, which, cumulant)) for name in _ENERGIES)
        yield Step(
            Statement(
                id=id,
                title=f"{title} of the step for three energies that are not quadratic, at λ = 10^10",
                lhs=cumulant,
                rhs=value,
                paper=f"(SI {6 + which})",
            ),
            reason="Quadrature of the density (4) itself; what the expansion leaves out is 10^−20 of the result.",
            uses=("mean" if which == 0 else "variance",),
            check=Close(cases, digits=18),
        )


def steps() -> Iterator[Step]:
    """The Gaussian of the paper, the expansion beyond it, any dimension, and explicit energies."""
    yield from gaussian_steps()
    yield from one_dimension()
    yield from two_dimensions()
    yield from generator_steps()
    yield from any_dimension()
    yield from quadratic_steps()
    yield from anharmonic_steps()


DERIVATION = Derivation(
    id="markov-proximal",
    title="Markov proximal learning at large λ is Langevin dynamics: drift −∇E, noise 2T",
    paper="(4), (5), (SI 1)–(SI 9)",
    assumptions=(
        "E is differentiable as often as it is expanded: once for (SI 5), up to eight times for the corrections.",
        "λ is large at fixed Θ′ and T; exp(−E/2T) grows slower than a Gaussian, so that the step has moments.",
        "Successive steps are independent given Θ′ (Markov).",
    ),
    exact=(
        "The Gaussian of (SI 5)–(SI 7): exponent, norm, mean and variance. For abstract E in d = 1 and 2: mean, "
        "covariance, third and fourth cumulant and the generator with their next orders in 1/λ, as exact zeros between "
        "Wick's theorem and the formulas. In symbolic d: the exponent, rotationally symmetric energies (mean, total "
        "variance), quadratic energies of any Hessian."
    ),
    physicist=(
        "The series in 1/λ is asymptotic: that the remainder is as small as the first term left out (Laplace's method) "
        "is not proved; quadrature confirms it for three energies. That a chain whose generator converges to that of "
        "(5) converges to its paths is standard, and not checked. For a general E in symbolic d the tensor form is "
        "inferred from d = 1, 2 and the symmetric case. The laws (SI 2)–(SI 4), a density, its norm and a product of "
        "transition densities, are definitions."
    ),
    build=steps,
    headline="generator-1d",
)
