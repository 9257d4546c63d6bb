"""Nearly parallel pre-activations behind an activation that is not homogeneous, in front of one with a kink.

Such pairs need √(F(a,a,a) F(b,b,b) − F(a,c,b)²), and the three averages, each rounded to 1e-16, would leave 1e-8 of it.
With ā the parallel covariance ±√(ab), and F̄ = F(a,ā,b), it is taken as a sum of two terms that do not cancel,

    [F(a,a,a) F(b,b,b) − F̄²] + (F̄ − F)(F̄ + F),      F̄ − F = ∫_c^ā Ḟ(a,x,b) dx.   (Price's theorem)

The bracket vanishes like h² for a, b = √(ab) e^{±h}: what it is over h² at small h is interpolated from larger ones.
"""

from __future__ import annotations

import numpy as np

from ndk_num.checks import Array
from ndk_num.layer_maps import LayerMap, runtime

__all__ = ["root_behind"]

_NEAR = 1e-3  # of F(a,a,a) F(b,b,b), below which the difference of the averages would not do
_CLOSE = 0.03  # h below which the bracket is interpolated
_APART = np.array([0.05, 0.09, 0.15, 0.22, 0.3])  # values of h it is interpolated from
_POINTS = 12  # of the integral, by x = ā − (ā − c) u², since Ḟ may have a root at ā


def root_behind(
    maps: LayerMap, given: tuple[Array, Array, Array], root: Array, averages: tuple[Array, Array, Array]
) -> Array:
    """√(F(a,a,a) F(b,b,b) − F(a,c,b)²) from (a, c, b), root = √(ab − c²), and the averages of aa, ab and bb."""
    first, value, second = averages
    found: Array = np.array(runtime().root_det(first, value, second))
    near = found**2 <= _NEAR * (first * second)
    if near.any():
        some = [np.broadcast_to(x, found.shape)[near] for x in (*given, root, value)]
        found[near] = _of_near(maps, *some)
    return found


def _of_near(maps: LayerMap, a: Array, c: Array, b: Array, root: Array, value: Array) -> Array:
    size = np.sqrt(a) * np.sqrt(b)
    sign, gap = np.where(c < 0, -1.0, 1.0), root * (root / np.maximum(size + np.abs(c), np.finfo(float).tiny))
    x, w = np.polynomial.legendre.leggauss(_POINTS)
    u = (1 + x) / 2
    slopes = maps.dual(a, sign * (size - gap * u[:, None] ** 2), b)[1]
    missing = sign * gap * (w * u @ slopes)
    bracket = _bracket(maps, a, b, size, sign)
    result: Array = np.sqrt(np.maximum(bracket + missing * (2 * value + missing), 0.0))
    return result


def _bracket(maps: LayerMap, a: Array, b: Array, size: Array, sign: Array) -> Array:
    """F(a,a,a) F(b,b,b) − F(a,±√(ab),b)²."""
    h = np.zeros_like(size)
    positive = size > 0
    h[positive] = np.log(a[positive] / b[positive]) / 2
    found: Array = np.zeros_like(size)
    far = np.abs(h) > _CLOSE
    if far.any():
        found[far] = _difference(maps, a[far], b[far], size[far] * sign[far])
    close = (h != 0) & ~far
    if close.any():
        middle, squares = size[close], _APART[:, None] ** 2
        grown = middle * np.exp(_APART[:, None])
        known = _difference(maps, grown, middle * np.exp(-_APART[:, None]), sign[close] * middle) / squares
        found[close] = h[close] ** 2 * np.sum(_lagrange(h[close] ** 2) * known, axis=0)
    return found


def _difference(maps: LayerMap, a: Array, b: Array, c: Array) -> Array:
    root: Array = runtime().root_det(maps.norm(a), maps.dual(a, c, b)[0], maps.norm(b))
    return root**2


def _lagrange(x: Array) -> Array:
    """Weights of the values at h² = _APART² for the value at each x."""
    nodes = _APART**2
    weights = np.ones((nodes.size, x.size))
    for i, one in enumerate(nodes):
        for other in np.delete(nodes, i):
            weights[i] *= (x - other) / (one - other)
    return weights
