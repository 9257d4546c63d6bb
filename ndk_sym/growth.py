"""How fast an activation grows: bounds |φ(x + iy)| ≤ C e^{k|x|} on strips |y| ≤ η, from which errors follow."""

from __future__ import annotations

from math import exp, factorial, inf, log, pi, prod, sqrt
from typing import Any

import sympy as sp

from ndk_sym.evaluation import CannotEvaluate

__all__ = ["growth", "radius", "tail"]

_ROUNDED = 1 + 1e-6  # more than the roundings of the few float operations below
Bound = tuple[float, float]


def growth(expr: sp.Expr, z: sp.Symbol, height: float = 0.0) -> Bound:
    """Return (C, k) with |φ(x + iy)| ≤ C e^{k|x|} for all real x and |y| ≤ η, from the structure of φ.

    From sums and products of

        |z|ⁿ ≤ (1 + η)ⁿ n! e^{|x|},   |sin|, |cos| ≤ e^η,   |erf| ≤ 1 + 2η e^{η²}/√π,   |e^{kz}| = e^{kx},
        |e^{−qz²}| ≤ e^{qη²}.

    C is infinite where it is beyond the floats.

    Raises
    ------
    CannotEvaluate
        If φ is made of something else.
    """
    try:
        bound, rate = _growth(sp.expand(expr), z, height)
    except OverflowError:
        return inf, inf
    return bound * _ROUNDED, rate * _ROUNDED


def _growth(expr: sp.Expr, z: sp.Symbol, height: float) -> Bound:
    if not expr.has(z):
        return abs(float(expr)), 0.0
    if isinstance(expr, sp.Add | sp.Mul):
        bounds, rates = zip(*(_growth(part, z, height) for part in expr.args), strict=True)
        return (sum(bounds), max(rates)) if isinstance(expr, sp.Add) else (prod(bounds), sum(rates))
    if expr == z:
        return 1 + height, 1.0
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer and expr.exp > 0:
        power = int(expr.exp)
        bound, rate = _growth(expr.base, z, height)
        return (bound**power * factorial(power), 1.0) if expr.base == z else (bound**power, rate * power)
    if isinstance(expr, sp.exp) and expr.args[0].is_polynomial(z):
        return _exponential(sp.Poly(expr.args[0], z), height)
    if isinstance(expr, sp.sin | sp.cos | sp.erf) and expr.args[0].is_polynomial(z):
        argument = sp.Poly(expr.args[0], z)
        if argument.degree() == 1:
            imaginary = abs(float(argument.nth(1))) * height
            entire = exp(imaginary) if not isinstance(expr, sp.erf) else imaginary * exp(imaginary**2) * 2 / sqrt(pi)
            return entire + isinstance(expr, sp.erf), 0.0
    raise CannotEvaluate(f"no bound of {expr} is known")


def _exponential(polynomial: sp.Poly, height: float) -> Bound:
    constant, slope, square = (polynomial.nth(k) for k in range(3))
    if polynomial.degree() == 1:
        return exp(float(constant)), abs(float(slope))
    if polynomial.degree() == 2 and slope == 0 and square.is_negative:
        return exp(float(constant) + float(-square) * height**2), 0.0
    raise CannotEvaluate(f"no bound of the exponential of {polynomial.as_expr()} is known")


def radius(bound: float, rate: float, digits: float) -> float:
    """Return R where `tail` is near 10^−digits."""
    return rate + sqrt(2 * (log(10) * digits + rate**2 + log(1 + bound)))


def tail(bound: float, rate: float, reach: float) -> Any:
    """Return an upper bound of ⟨C e^{K|x|}; |x| > R⟩ for x ~ N(0, 1): what is beyond R of an average over x.

    ⟨e^{K|x|}; |x| > R⟩ = e^{K²/2} erfc((R − K)/√2)      (R ≥ K).
    """
    from flint import arb

    far = (arb(reach) - arb(rate)) / arb(2).sqrt()
    return (arb(bound) * (arb(rate) ** 2 / 2).exp() * far.erfc()).abs_upper()
