"""Nearly parallel pre-activations at an activation that is not homogeneous.

In front of one with a kink they need √(F(a,a,a) F(b,b,b) − F(a,c,b)²), and the three averages, each rounded to 1e-16,
would leave 1e-8 of it. With ā the parallel covariance ±√(ab), and F̄ = F(a,ā,b), it is taken as a sum of two terms that
do not cancel,

    [F(a,a,a) F(b,b,b) − F̄²] + (F̄ − F)(F̄ + F),      F̄ − F = ∫_c^ā Ḟ(a,x,b) dx.   (Price's theorem)

The bracket vanishes like h² for a, b = √(ab) e^{±h}: what it is over h² at small h is interpolated from larger ones.

A chaotic network multiplies ā − c by χ = m Ḟ(a,a,a) > 1 in every layer, and with it the rounding of c: fifty layers of
erf at σ² = 10 leave half of the digits. There, too, the root is carried along, and F is F̄ less the integral.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ndk_num.checks import Array
from ndk_num.layer_maps import LayerMap, layer_map, runtime
from ndk_num.network import Network

__all__ = ["beside", "chaotic", "root_behind"]

_NEAR = 0.05  # of F(a,a,a) F(b,b,b), below which the difference of the averages would not do
_CLOSE = 0.03  # h below which the bracket is interpolated
_APART = np.array([0.05, 0.09, 0.15, 0.22, 0.3])  # values of h it is interpolated from
_BESIDE = 0.3  # root over √(ab), below which F is taken from the root
_CHAOTIC = 16.0  # times as much as that of one layer, the rounding of c may be
_STEADY = 0.2  # relative change of Ḟ up to which it is integrated; beyond, averages are subtracted, which differ
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


@lru_cache
def chaotic(net: Network, least: int, most: int) -> bool:
    """Whether rounding of covariances grows from layer to layer, for inputs with 2^least ≤ K⁰(x,x) ≤ 2^most."""
    with np.errstate(all="ignore"):  # what leaves the range of floats is refused elsewhere
        return bool(np.max(_rounding(net, np.ldexp(1.0, np.arange(least, most + 1))[:, None])) > _CHAOTIC)


def _rounding(net: Network, norms: Array) -> Array:
    """Rounding of the last covariance between inputs of these norms, over that of one layer."""
    total = np.ones(())
    for activation, group in zip(net.activations, net.groups, strict=False):
        maps = layer_map(activation)
        variances = norms * np.array([group.sigma2, group.sigma02])
        if group.bias:
            variances = variances + np.array([group.bias.sigma2, group.bias.sigma02])
        if maps.layer is None:
            value, slope = maps.dual(variances, variances, variances)
            total = 1 + total * np.abs(variances * slope / np.where(value == 0, 1.0, value))
        norms = maps.norm(variances)
        norms = np.stack([norms.min(axis=1), norms.max(axis=1)], axis=1)
    return total


def beside(
    maps: LayerMap, given: tuple[Array, Array, Array], root: Array, found: tuple[Array, Array]
) -> tuple[Array, Array]:
    """F and Ḟ at (a, c, b), where c is next to ±√(ab) from root = √(ab − c²) instead of c."""
    a, c, b = given
    value, slope = (np.array(x) for x in found)
    near = root <= _BESIDE * (np.sqrt(a) * np.sqrt(b))
    if near.any():
        some = [np.broadcast_to(x, value.shape)[near] for x in (a, c, b, root)]
        parallel, missing, slope[near] = _missing(maps, *some)
        value[near] = parallel - missing
    return value, slope


def _of_near(maps: LayerMap, a: Array, c: Array, b: Array, root: Array, value: Array) -> Array:
    _, missing, _ = _missing(maps, a, c, b, root)
    bracket = _bracket(maps, a, b, np.sqrt(a) * np.sqrt(b), np.where(c < 0, -1.0, 1.0))
    result: Array = np.sqrt(np.maximum(bracket + missing * (2 * value + missing), 0.0))
    return result


def _missing(maps: LayerMap, a: Array, c: Array, b: Array, root: Array) -> tuple[Array, Array, Array]:
    """F̄, F̄ − F and Ḟ at the c that the root tells."""
    size, sign = np.sqrt(a) * np.sqrt(b), np.where(c < 0, -1.0, 1.0)
    gap = root * (root / np.maximum(size + np.abs(c), np.finfo(float).tiny))
    parallel, steep = maps.dual(a, sign * size, b)
    value, slope = maps.dual(a, sign * (size - gap), b)
    x, w = np.polynomial.legendre.leggauss(_POINTS)
    u = (1 + x) / 2
    slopes = maps.dual(a, sign * (size - gap * u[:, None] ** 2), b)[1]
    steady = np.abs(slope - steep) <= _STEADY * np.abs(steep)
    return parallel, np.where(steady, sign * gap * (w * u @ slopes), parallel - value), slope


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
