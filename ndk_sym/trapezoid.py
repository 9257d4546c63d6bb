"""Averages over two Gaussian variables by the trapezoidal rule, with a rigorous bound of its error.

For f analytic on |Im x| ≤ d, the sum h Σ f(kh) differs from ∫ f dx by at most

    [∫ |f(x + id)| dx + ∫ |f(x − id)| dx] / (e^{2πd/h} − 1)          (Trefethen and Weideman 2014, Theorem 5.1).

With z₁ = αx, z₂ = βx + γy, |α|, |β|, |γ| ≤ s and |φ| ≤ C e^{k|Re z|} on |Im z| ≤ sd, one direction after the other,

    error · 2π ≤ 4 C² e^{d²/2} J (J + 4h e^{K²/2}) / (e^{2πd/h} − 1),   J = ∫ e^{K|x| − x²/2} dx ≤ 2√(2π) e^{K²/2},

where K = k(√a + √b). What the sums leave out beyond R = Nh ≥ K is at most 2 C² (J + 4h e^{K²/2}) times the integral
of J over |x| > R.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, inf, log, pi
from typing import Any

from ndk_sym.growth import Bound, radius, tail

__all__ = ["trapezoidal_average"]


def trapezoidal_average(
    phi: Callable[[Any], Any],
    scales: tuple[Any, Any, Any],
    bounds: Callable[[float], Bound],
    digits: float,
) -> Any:
    """Return ⟨φ(αx) φ(βx + γy)⟩ for independent standard x, y, as a ball.

    Parameters
    ----------
    phi : callable
        An entire function, on real balls.
    scales : tuple of ball
        α, β, γ.
    bounds : callable
        The width d of the strips → (C², K).
    digits : float
        The error aimed at is 10^−digits.
    """
    from flint import arb

    alpha, beta, gamma = scales
    width, step = _strip(bounds, digits)
    (real, rate), (wide, _) = bounds(0.0), bounds(width)
    count = ceil(max(radius(real, rate, digits + 2), rate + 1) / step)
    nodes = [arb(k) * step for k in range(-count, count + 1)]
    weights = [(-x * x / 2).exp() for x in nodes]
    columns = [gamma * y for y in nodes]
    total = arb(0)
    for x, weight in zip(nodes, weights, strict=True):
        centre, row = beta * x, arb(0)
        for z, w in zip(columns, weights, strict=True):
            row += phi(centre + z) * w
        total += row * phi(alpha * x) * weight
    peak = (arb(rate) ** 2 / 2).exp()
    sums = (2 * (2 * arb.pi()).sqrt() + 4 * step) * peak
    whole = 2 * (2 * arb.pi()).sqrt() * peak
    discretized = 4 * arb(wide) * (arb(width) ** 2 / 2).exp() * whole * sums / (2 * arb.pi() * width / step).expm1()
    beyond = 2 * (2 * arb.pi()).sqrt() * arb(tail(real, rate, count * step)) * sums
    error = (discretized + beyond) / (2 * arb.pi())
    return total * arb(step) ** 2 / (2 * arb.pi()) + arb(0, error.abs_upper())


def _strip(bounds: Callable[[float], Bound], digits: float) -> tuple[float, float]:
    """The strip that allows the largest step h, and h: dyadic numbers."""
    best = (0.0, 0.0)
    for quarter in range(2, 64):
        width = quarter / 4
        wide, rate = bounds(width)
        if wide < inf:
            needed = log(10) * (digits + 2) + log(1 + wide) + width**2 / 2 + rate**2 + log(8)
            best = max(best, (2 * pi * width / needed, width))
    step = int(best[0] * 1024) / 1024
    return best[1], step
