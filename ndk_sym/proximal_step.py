"""One step of Markov proximal learning as a perturbed Gaussian, for an energy of which nothing is known.

The step Θ′ → Θ has the density exp(−[E(Θ) + λ/2 |Θ − Θ′|²]/(2T)) up to its norm (4). With Θ = Θ′ + x/√λ the energy is a
small perturbation of a Gaussian of variance 2T; with Θ = Θ* + √T x about the minimum of the exponent, so is everything
beyond the second order. `ndk_sym.wick` averages; here the polynomials are set up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mpmath
import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.wick import Moment, gaussian_moment, multi_indices, tilted_averages

__all__ = ["cumulants", "large_lambda", "low_temperature", "quadrature_moments", "rational", "taylor", "value_at"]


def taylor(function: sp.Expr, at: Sequence[sp.Symbol], by: Sequence[sp.Symbol], order: int) -> sp.Expr:
    """Return the homogeneous part Σ_{|α|=order} ∂^α f(Θ) x^α/α! of a Taylor polynomial."""
    total = sp.Integer(0)
    for powers in multi_indices(len(at), order):
        slope = function
        for symbol, power in zip(at, powers, strict=True):
            slope = sp.diff(slope, symbol, power) if power else slope
        total += slope * sp.Mul(*(x**k / sp.factorial(k) for x, k in zip(by, powers, strict=True)))
    return total


def large_lambda(
    energy: sp.Expr,
    at: Sequence[sp.Symbol],
    observables: Sequence[Callable[[Sequence[sp.Symbol]], Mapping[int, sp.Expr]]],
    *,
    order: int,
) -> list[sp.Expr]:
    """Average observables of one step, as a sum of powers of 1/λ through λ^{−order}. (4)(SI 5)

    Parameters
    ----------
    energy : expression
        E(Θ′) as a function of the symbols `at`; it may be an undefined function.
    at : sequence of symbols
        The components of Θ′.
    observables : sequence of callables
        Each maps the symbols x, where Θ − Θ′ = x/√λ, to the terms k ↦ O_k of Σ_k λ^{−k/2} O_k.
    order : int
        Highest power of 1/λ.

    Returns
    -------
    list of expressions
    """
    x = sp.symbols(f"x1:{len(at) + 1}", real=True)
    tilt = {k: -taylor(energy, at, x, k) / (2 * nt.T) for k in range(1, 2 * order + 1)}
    moments = {xi: gaussian_moment(2 * nt.T) for xi in x}
    series = tilted_averages(tilt, [o(x) for o in observables], moments=moments, order=2 * order)
    if any(coefficient != 0 for one in series for coefficient in one[1::2]):
        raise ArithmeticError("an average has odd powers of λ^{−1/2}, though the Gaussian is even")
    return [sum((one[2 * k] * nt.lam**-k for k in range(order + 1)), sp.Integer(0)) for one in series]


def low_temperature(
    curvature: sp.Expr, slopes: Mapping[int, sp.Expr], powers: Sequence[int], *, order: int
) -> list[sp.Expr]:
    """Average powers of x, Θ = Θ* + √T x, as a sum of powers of T through T^order.

    Parameters
    ----------
    curvature : expression
        G″(Θ*) of G = E + λ/2 (Θ − Θ′)².
    slopes : mapping k → G^{(k)}(Θ*), k ≥ 3
    powers : sequence of int
        Which powers of Θ − Θ* to average.
    order : int
        Highest power of T.
    """
    x = sp.Symbol("x", real=True)
    tilt = {k - 2: -slope * x**k / (2 * sp.factorial(k)) for k, slope in slopes.items()}
    moments: dict[sp.Symbol, Moment] = {x: gaussian_moment(2 / curvature)}
    series = tilted_averages(tilt, [{p: x**p} for p in powers], moments=moments, order=2 * order)
    return [sum((one[2 * k] * nt.T**k for k in range(order + 1)), sp.Integer(0)) for one in series]


def cumulants(moments: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Return the first four cumulants of a variable from its first four moments."""
    m1, m2, m3, m4 = moments
    return [m1, m2 - m1**2, m3 - 3 * m2 * m1 + 2 * m1**3, m4 - 4 * m3 * m1 - 3 * m2**2 + 12 * m2 * m1**2 - 6 * m1**4]


def quadrature_moments(
    energy: Callable[[Any], Any], *, previous: Any, temperature: Any, lam: Any, centre: Any, width: Any, digits: int
) -> tuple[sp.Rational, sp.Rational]:
    """Return mean and variance of Θ − centre by quadrature of the density (4) itself, rounded to rationals.

    Parameters
    ----------
    energy : callable
        E as a function of one mpmath number.
    previous, temperature, lam : exact numbers
        Θ′, T, λ.
    centre, width : number
        Where the density is, and how wide: only for the choice of the nodes.
    digits : int
        Digits of the arithmetic; the rule is refined until it has converged to them.
    """
    mp = mpmath.MPContext()
    mp.dps = digits
    previous, temperature, lam = (mp.mpf(v.p) / v.q for v in (previous, temperature, lam))
    centre, width = (sp.Rational(v) for v in (centre, width))
    centre, width = mp.mpf(centre.p) / centre.q, mp.mpf(width.p) / width.q
    reach = mp.sqrt(4.7 * digits) + 2  # where exp(−z²/2) is below the last digit

    def exponent(theta: Any) -> Any:
        return -(energy(theta) + lam / 2 * (theta - previous) ** 2) / (2 * temperature)

    top = exponent(centre)
    step = 1 / mp.sqrt(digits)  # the trapezoidal rule converges like exp(−2π²/step²) for such integrands
    nodes = [k * step for k in range(-int(reach / step), int(reach / step) + 1)]
    weights = [mp.exp(exponent(centre + width * z) - top) for z in nodes]
    norm = mp.fsum(weights)
    first = mp.fsum(w * z for w, z in zip(weights, nodes, strict=True)) / norm
    second = mp.fsum(w * (z - first) ** 2 for w, z in zip(weights, nodes, strict=True)) / norm
    return rational(width * first), rational(width**2 * second)


def value_at(expr: sp.Expr, point: Mapping[sp.Symbol, sp.Rational], *, digits: int) -> Any:
    """Value of an explicit expression at a rational point, as an mpmath number of so many digits."""
    symbols = sorted(expr.free_symbols, key=str)
    with mpmath.workdps(digits):
        numbers = [mpmath.mpf(point[x].p) / point[x].q for x in symbols]
        return mpmath.mpf(sp.lambdify(symbols, expr, "mpmath")(*numbers))


def rational(value: Any) -> sp.Rational:
    """Return the exact value of an mpmath number."""
    sign, mantissa, exponent, _ = value._mpf_
    return sp.Rational(int(-mantissa if sign else mantissa)) * sp.Integer(2) ** int(exponent)
