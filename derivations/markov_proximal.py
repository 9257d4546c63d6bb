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

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import sympy as sp

from derivations import _proximal_expansion as expansion
from ndk_sym import notation as nt
from ndk_sym.cases import Close
from ndk_sym.integrals import Antiderivative
from ndk_sym.operators import Operators
from ndk_sym.prior import proximal_parameters
from ndk_sym.proximal_step import quadrature_moments
from ndk_sym.statement import Derivation, Rule, Statement, Step

T, lam, E, delta, previous = nt.T, nt.lam, nt.E, nt.delta, nt.Theta_previous


# -- the Gaussian of (SI 5)–(SI 9) -----------------------------------------------------------------------


def square_step() -> Step:
    """Complete the square."""
    size, along, slope2, shifted = nt.delta_sq, nt.delta_grad, nt.grad_sq, nt.shifted_sq
    return Step(
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


def gaussian_steps() -> Iterator[Step]:
    """Norm, mean and variance of the Gaussian, each component."""
    centred = delta + nt.grad_i / lam
    density = sp.exp(-lam * centred**2 / (4 * T))
    whole = sp.sqrt(sp.pi * T / lam) * sp.erf(centred * sp.sqrt(lam / T) / 2)
    norm = sp.sqrt(4 * sp.pi * T / lam)
    moments = (
        (
            "norm", "norm of the Gaussian, each component", sp.S(1), norm, "(SI 5)", whole, ("square",),
            "The antiderivative is an error function. The components are independent: the exponent is their sum.",
        ),
        (
            "gaussian-mean", "the mean of the step is −∇E/λ", delta / norm, -nt.grad_i / lam, "(SI 6)",
            (-2 * T / lam * density - nt.grad_i / lam * whole) / norm, ("norm",),
            "The antiderivative is −2T/λ times the density, less ∂ᵢE/λ times its integral.",
        ),
        (
            "gaussian-variance", "the variance of the step is 2T/λ = 2T dt", centred**2 / norm, 2 * T / lam, "(SI 7)",
            2 * T / lam * (whole - centred * density) / norm, ("norm",),
            "By parts: the antiderivative is −(2T/λ)(δ + ∂ᵢE/λ) times the density, plus 2T/λ times its integral.",
        ),
    )  # fmt: skip
    for id, title, observable, value, paper, primitive, uses, reason in moments:
        integral = sp.Integral(observable * density, (delta, -sp.oo, sp.oo))
        yield Step(
            Statement(id=id, title=title, lhs=integral, rhs=value, paper=paper),
            reason=reason,
            uses=uses,
            check=Antiderivative(primitive),
        )


def noise_step() -> Step:
    """The white noise."""
    dt, noise = nt.dt, nt.eta_sq
    return Step(
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


# -- quadratic and other energies ------------------------------------------------------------------------


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
        cumulant = expansion.CUMULANTS[which](previous)
        cases = tuple((name, partial(quadrature_case, name, which, cumulant)) for name in _ENERGIES)
        yield Step(
            Statement(
                id=id,
                title=f"{title} of the step for three energies that are not quadratic, at λ = 10^{{10}}",
                lhs=cumulant,
                rhs=value,
                paper=f"(SI {6 + which})",
            ),
            reason="Quadrature of the density (4) itself; what the expansion leaves out is 10^{−20} of the result.",
            uses=("mean" if which == 0 else "variance",),
            check=Close(cases, digits=18),
        )


def steps() -> Iterator[Step]:
    """The Gaussian of the paper, the expansion beyond it, any dimension, and explicit energies."""
    yield square_step()
    yield from gaussian_steps()
    yield noise_step()
    yield from expansion.steps()
    yield quadratic_any_dimension()
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
