"""NumPy routines behind the opaque functions of `ndk_sym.stable`.

Hand-written and self-contained; `ndk generate` copies this file beside the generated modules. All accept arrays that
broadcast, and return float64.
"""

from __future__ import annotations

import numpy as np
from numpy import expm1, hypot
from numpy.typing import NDArray

Array = NDArray[np.float64]

__all__ = ["angle", "expm1", "hypot", "root_det", "wedge"]

_SPLIT = 134217729.0  # 2**27 + 1: Veltkamp's constant for a 53-bit significand
_TINY, _HUGE = 1e-120, 1e120  # products of two numbers between these keep all their rounding errors

# (-1)^(k+1) 2k/(2k+1)!, the Taylor coefficients of (sin p - p cos p)/p^3 in p^2; enough for p <= pi/2
_WEDGE = (
    1 / 3, -1 / 30, 1 / 840, -1 / 45360, 1 / 3991680, -1 / 518918400, 1 / 93405312000, -1 / 22230464256000,
    1 / 6758061133824000, -1 / 2554547108585472000, 1 / 1175091669949317120000, -1 / 646300418472124416000000,
)  # fmt: skip


def root_det(a: Array, c: Array, b: Array) -> Array:
    """√(ab − c²) with the difference of products compensated; zero where rounding makes it negative."""
    if _needs_scaling(a) or _needs_scaling(b):
        return _scaled_root_det(a, c, b)
    return np.sqrt(np.maximum(_compensated_det(a, c, b), 0.0))


def _compensated_det(a: Array, c: Array, b: Array) -> Array:
    """ab − c² from error-free products (Dekker 1971)."""
    a_hi, a_lo = _split(a)
    b_hi, b_lo = _split(b)
    c_hi, c_lo = _split(c)
    ab, cc = a * b, c * c
    ab_error = ((a_hi * b_hi - ab) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo
    cc_error = ((c_hi * c_hi - cc) + 2.0 * c_hi * c_lo) + c_lo * c_lo
    return (ab - cc) + (ab_error - cc_error)


def _split(x: Array) -> tuple[Array, Array]:
    big = _SPLIT * x
    high = big - (big - x)
    return high, x - high


def _needs_scaling(x: Array) -> bool:
    x = np.asarray(x)
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


def angle(y: Array, x: Array) -> Array:
    """Angle of (x, y); π/2 at the origin, where a degenerate Gaussian leaves it undefined."""
    result = np.arctan2(y, x)
    origin = (y == 0.0) & (x == 0.0)
    return np.where(origin, np.pi / 2, result) if np.any(origin) else result


def wedge(s: Array, x: Array) -> Array:
    """s − x·arctan2(s, x) for s, x ≥ 0, as r ψ³ times a power series that converges on all of [0, π/2]."""
    psi = np.arctan2(s, x)
    square = psi * psi
    series = np.full_like(square, _WEDGE[-1])
    for coefficient in _WEDGE[-2::-1]:
        series = series * square + coefficient
    return np.hypot(s, x) * (series * square * psi)
