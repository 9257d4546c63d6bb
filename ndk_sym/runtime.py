"""NumPy routines behind the opaque functions of `ndk_sym.stable`.

Hand-written and self-contained; `ndk generate` copies this file beside the generated modules. All accept arrays that
broadcast, return float64 and leave their arguments alone. Augmented assignments save temporaries, which is most of
the time such code takes.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import comb, factorial

import numpy as np
from numpy import expm1
from numpy.typing import NDArray

Array = NDArray[np.float64]

__all__ = [
    "angle", "arc_wedge", "crescent", "elevation", "expm1", "filled", "hypot", "quotient", "root_det", "sagitta",
    "spread", "turn", "wedge",
]  # fmt: skip

_HALF, _LOW_BITS = 1 << 26, (1 << 27) - 1  # of a significand's 53 bits, the upper 26 make a factor's high part
_TINY, _HUGE = 1e-120, 1e120  # products of two numbers between these keep all their rounding errors

# (sin p - p cos p)/p^3 as a polynomial in p^2: its values at the 8 Chebyshev nodes of 0 <= p <= pi/2, within 2.4e-17
_WEDGE = (
    0.3333333333333333, -0.03333333333333302, 0.0011904761904735213, -2.204585537052989e-05, 2.505210700562091e-07,
    -1.927073313617659e-09, 1.070029285604017e-11, -4.354531508319532e-14,
)  # fmt: skip


def filled(value: Array | float, *arguments: Array) -> Array:
    """Return a new array of the arguments' common shape that holds `value`."""
    return np.full(np.broadcast_shapes(*(np.shape(x) for x in arguments)), value, dtype=np.float64)[()]


def root_det(a: Array, c: Array, b: Array) -> Array:
    """√(ab − c²) with the difference of products compensated; zero where rounding makes it negative."""
    a, c, b = (np.asarray(x, dtype=np.float64) for x in (a, c, b))
    if _needs_scaling(a) or _needs_scaling(b):
        return _scaled_root_det(a, c, b)
    return np.sqrt(np.maximum(_compensated_det(a, c, b), 0.0))


def _compensated_det(a: Array, c: Array, b: Array) -> Array:
    """ab − c² from error-free products (Dekker 1971)."""
    ab, ab_error = _product(a, b)
    cc, cc_error = _square(c)
    return (ab - cc) + (ab_error - cc_error)


def _product(x: Array, y: Array) -> tuple[Array, Array]:
    """x·y rounded, and its rounding error exactly."""
    (x_high, x_low), (y_high, y_low) = _split(x), _split(y)
    rounded = x * y
    error = x_high * y_high
    error -= rounded
    error += x_high * y_low
    error += x_low * y_high
    error += x_low * y_low
    return rounded, error


def _square(x: Array) -> tuple[Array, Array]:
    """x² rounded, and its rounding error exactly."""
    high, low = _split(x)
    rounded = x * x
    error = high * high
    error -= rounded
    high *= low
    high *= 2.0
    error += high
    low *= low
    error += low
    return rounded, error


def _split(x: Array) -> tuple[Array, Array]:
    """x = high + low, each of at most 26 significant bits, by rounding the bit pattern."""
    bits = x.view(np.int64) + _HALF
    bits &= ~_LOW_BITS
    high = bits.view(np.float64)
    return high, x - high


def _needs_scaling(x: Array) -> bool:
    return x.size > 0 and bool(x.min() < _TINY or x.max() > _HUGE)


def _scaled_root_det(a: Array, c: Array, b: Array) -> Array:
    """Bring a and b near 1 by exact even powers of two, c by the square root of their product."""
    a_scaled, a_half = _even_scale(a)
    b_scaled, b_half = _even_scale(b)
    c_scaled = np.ldexp(c, -(a_half + b_half))
    det = _compensated_det(a_scaled, c_scaled, b_scaled)
    return np.ldexp(np.sqrt(np.maximum(det, 0.0)), a_half + b_half)


def _even_scale(x: Array) -> tuple[Array, NDArray[np.intc]]:
    _, exponent = np.frexp(x)
    half = exponent // 2
    return np.ldexp(np.ldexp(x, -half), -half), half


def hypot(x: Array, y: Array) -> Array:
    """√(x² + y²); NumPy's slower one only at entries whose squares leave the range of floats."""
    with np.errstate(over="ignore", under="ignore"):
        square = x * x
        square = square + y * y
    if square.size == 0 or (square.min() > _TINY and square.max() < _HUGE):
        return np.sqrt(square)
    safe = (square > _TINY) & (square < _HUGE)
    return np.where(safe, np.sqrt(square), np.hypot(x, y))[()]


def angle(y: Array, x: Array) -> Array:
    """Angle of (x, y); π/2 at the origin, where a degenerate Gaussian leaves it undefined."""
    result = np.arctan2(y, x)
    origin = (y == 0.0) & (x == 0.0)
    return np.where(origin, np.pi / 2, result)[()] if origin.any() else result


def turn(a: Array, c: Array, b: Array) -> Array:
    """Angle of (c, √(ab − c²)); tiny numbers are brought near 1 first, lest the root lose bits to underflow."""
    a, c, b = (np.asarray(x, dtype=np.float64) for x in (a, c, b))
    if not (_needs_scaling(a) or _needs_scaling(b)):
        return angle(root_det(a, c, b), c)
    (a_scaled, a_half), (b_scaled, b_half) = _even_scale(a), _even_scale(b)
    c_scaled = np.ldexp(c, -(a_half + b_half))
    return angle(np.sqrt(np.maximum(_compensated_det(a_scaled, c_scaled, b_scaled), 0.0)), c_scaled)


def elevation(y: Array, x: Array) -> Array:
    """Angle of (x, y) for x ≥ 0; 0 at the origin."""
    return np.arctan2(y, x)


def sagitta(s: Array, x: Array, r: Array) -> Array:
    """r − x for r² = s² + x² with s, x ≥ 0, as s²/(r + x); 0 at the origin."""
    share = r + x
    if not np.all(share):
        share = np.maximum(share, np.finfo(np.float64).tiny)
    share = s / share
    share *= s
    return share


def wedge(s: Array, x: Array) -> Array:
    """s − x·arctan2(s, x) for s, x ≥ 0: r (sin ψ − ψ cos ψ) in polar coordinates of (x, s)."""
    result = crescent(np.arctan2(s, x))
    result *= hypot(s, x)
    return result


def crescent(psi: Array) -> Array:
    """sin ψ − ψ cos ψ for 0 ≤ ψ ≤ π/2, as ψ³ times a polynomial in ψ², whose terms do not cancel."""
    square = psi * psi
    series = square * _WEDGE[-1]
    for coefficient in _WEDGE[-2:0:-1]:
        series += coefficient
        series *= square
    series += _WEDGE[0]
    series *= square
    series *= psi
    return series


def arc_wedge(n: int, s: Array, x: Array) -> Array:
    """rⁿ J_n(π − ψ)/(2π) for s, x ≥ 0, r and ψ polar coordinates of (x, s): rⁿ ψ^{2n+1} times a series in ψ²."""
    psi = np.arctan2(s, x)
    shifted = psi * psi - float(_CENTRE)
    coefficients = _arc_wedge_series(n)
    series = shifted * coefficients[-1]
    for coefficient in coefficients[-2:0:-1]:
        series += coefficient
        series *= shifted
    series += coefficients[0]
    series *= psi
    step = hypot(s, x)
    step *= psi * psi
    for _ in range(n):  # in this order no product leaves the range of floats unless the result does
        series *= step
    return series


_TURN = 2 * Fraction("3.14159265358979323846264338327950288")
_CENTRE = Fraction(5, 4)  # of the interval of ψ² from 0 to π²/4; about it no terms cancel


@cache
def _arc_wedge_series(n: int) -> tuple[float, ...]:
    """Taylor coefficients of J_n(π − ψ)/(2π ψ^{2n+1}) in ψ² about `_CENTRE`, from exact ones about 0."""
    terms = 40
    sine = [Fraction((-1) ** k, factorial(2 * k + 1)) for k in range(terms)]  # sin ψ/ψ
    # J_n = n² ∫ sin ψ J_{n−1} dψ from J_0 = ψ, all divided by ψ^{2n+1}
    series = [Fraction(1)] + [Fraction(0)] * (terms - 1)
    for degree in range(1, n + 1):
        product = [sum((sine[j] * series[k - j] for j in range(k + 1)), Fraction(0)) for k in range(terms)]
        series = [degree**2 * value / (2 * degree + 1 + 2 * k) for k, value in enumerate(product)]
    moved = (sum(series[k] * comb(k, j) * _CENTRE ** (k - j) for k in range(j, terms)) for j in range(16))
    return tuple(float(value / _TURN) for value in moved)


def quotient(x: Array, y: Array | float) -> Array:
    """x/y."""
    return x / y


def spread(a: Array, c: Array, b: Array) -> Array:
    """a + b − 2c; for c > 0 as (√a − √b)² + 2 (ab − c²)/(√(ab) + c), where the sum would cancel."""
    a, c, b = (np.asarray(x, dtype=np.float64) for x in (a, c, b))
    root_a, root_b = np.sqrt(a), np.sqrt(b)
    tiny = np.finfo(np.float64).tiny  # where both variances vanish, so do the numerators
    distance = (a - b) / np.maximum(root_a + root_b, tiny)
    root = root_det(a, c, b)
    parallel = distance * distance + 2 * root * (root / np.maximum(root_a * root_b + c, tiny))
    return np.where(c > 0, parallel, a + b - 2 * c)[()]
