"""The response of a chain's predictor to the error at an earlier step: a difference of kernels that keeps its digits.

With C¹ = m¹K^{L,1} and C⁰ = m⁰K^{L,0} at steps t ≥ s the response is R_{t,s} = (C¹ − C⁰)/2T_s, in (SI 28) K^{d,L}/λ_s.
The smaller T_s/λ_s, the more digits the two share. So their difference is carried through the layers,

    R^{l+1} = m⁰ (F(C¹) − F(C⁰))/2T_s + (m¹ − m⁰)/2T_s F(C¹),      F(C¹) − F(C⁰) = 2T_s R^l ⟨Ḟ⟩,

where ⟨Ḟ⟩ is the mean of Ḟ between C⁰ and C¹. Where these are far apart F is subtracted, where they are close Ḟ is
averaged by quadrature; at T_s = 0 it is Ḟ itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ndk_num.chain import Shared
from ndk_num.checks import Array
from ndk_num.kernels import Norms
from ndk_num.layer_maps import LayerMap, runtime
from ndk_num.pairs import Pairs
from ndk_num.volterra.piecewise import gauss

__all__ = ["Response"]

_FAR = 0.01  # of a weight's variance: noise of a step from which on subtracting F leaves 14 digits
_ANGLE, _NODES = 0.15, 4  # up to which Gauss quadrature with these nodes has 14 digits, for functions of the angle
_ROUNDING = 4 * np.finfo(np.float64).eps
_BOOLE = (7 / 90, 32 / 90, 12 / 90, 32 / 90, 7 / 90)


class _State(NamedTuple):
    """K^{l,1} and K^{l,0}, √(K_xx K_yy − K_xy²) of both for maps that ask for it, and (K^{l,1} − K^{l,0})/2T_s."""

    same: Array
    other: Array
    roots: tuple[Array, Array]
    change: Array


@dataclass(frozen=True)
class Response:
    """The response between pairs of inputs.

    Attributes
    ----------
    layers : sequence of LayerMap
        Of the L hidden layers.
    pairs : Pairs
        In fields of one dimension; the first inputs belong to the later step t, the second ones to s.
    norms : Norms
        Of these pairs.
    """

    layers: Sequence[LayerMap]
    pairs: Pairs
    norms: Norms

    def at(self, weights: Sequence[Shared], noise: Array) -> Array:
        """R_{t,s} for a step t and some earlier steps s, shape (s, pairs).

        Parameters
        ----------
        weights : sequence of Shared
            Of the weights into each hidden layer, then of the readout: L + 1.
        noise : array (s, 1)
            2T_s ≥ 0.
        """
        xy, root = self.pairs.xy, self.pairs.root
        state = _State(xy, xy, (root, root), np.zeros(()))
        first = second = self.norms.distinct
        for number, (layer, shared) in enumerate(zip(self.layers, weights, strict=False), 1):
            found = shared.other * state.change + shared.gain * state.same
            near = bool((noise * shared.gain < _FAR * shared.same).any())
            if layer.layer is not None:
                state = _by_roots(layer, shared, state, found, noise, near=near, last=number == len(self.layers))
                continue
            first, second = shared.tt * first, shared.ss * second
            sides = first.take(self.norms.first, -1), second.take(self.norms.second, -1)
            state = _by_norms(layer, sides, shared, state, found, noise, near=near)
            if number < len(self.layers):
                first, second = layer.norm(first), layer.norm(second)
        readout = weights[-1]
        return readout.other * state.change + readout.gain * state.same


def _by_norms(
    layer: LayerMap,
    sides: tuple[Array, Array],
    shared: Shared,
    state: _State,
    found: Array,
    noise: Array,
    *,
    near: bool,
) -> _State:
    """One layer from the variances and the covariance of its pre-activations; `found` is R^l."""
    a, b = sides
    same, other = shared.same * state.same, shared.other * state.other
    (above, end), (below, start) = layer.dual(a, same, b), layer.dual(a, other, b)
    change = _quotient(above - below, noise)
    if near:
        gap = noise * found
        inner = [layer.dual(a, other + part * gap, b)[1] for part in (0.25, 0.5, 0.75)]
        mean, rough = _boole([start, *inner, end]), (start + 4 * inner[1] + end) / 6
        # Simpson's rule is the coarser one: Boole's is better than the difference before they are this close
        smooth = np.abs(gap * (mean - rough)) <= _ROUNDING * (np.abs(above) + np.abs(below))
        change = np.where(smooth, found * mean, change)
    return _State(above, below, state.roots, change)


def _by_roots(
    layer: LayerMap, shared: Shared, state: _State, found: Array, noise: Array, *, near: bool, last: bool
) -> _State:
    """The same from √(ab − c²), for maps that have a root singularity at c = √(ab) and are smooth in the angle."""
    hypot, scale = runtime().hypot, np.sqrt(shared.tt) * np.sqrt(shared.ss)
    same = shared.same * state.same, scale * hypot(state.roots[0], shared.lost_same * state.same)
    other = shared.other * state.other, scale * hypot(state.roots[1], shared.lost_other * state.other)
    assert layer.layer is not None and layer.last is not None
    map_of = layer.last if last else layer.layer
    (above, end, *upper), (below, _, *lower) = map_of(*same), map_of(*other)
    change = _quotient(above - below, noise)
    if near and not layer.infinite_gradients:
        close = hypot(same[0] - other[0], same[1] - other[1]) <= _ANGLE * hypot(*same)
        change = np.where(close, found * _mean_on_arc(layer.last, other, same, end), change)
    return _State(above, below, (upper[0], lower[0]) if upper else state.roots, change)


def _mean_on_arc(
    dual: Callable[[Array, Array], tuple[Array, Array]],
    first: tuple[Array, Array],
    second: tuple[Array, Array],
    end: Array,
) -> Array:
    """The mean of Ḟ over c between two points (c, root) of a circle, by Gauss quadrature in the angle."""
    (c, root), (d, other) = first, second
    turn = np.arctan2(root * d - c * other, c * d + root * other)  # from the second to the first
    cos, sin = np.cos(turn / 2), np.sin(turn / 2)
    c, root = d * cos - other * sin, other * cos + d * sin  # half way
    total = weighted = np.zeros(())
    for part, weight in zip(*(x[_NODES // 2 :] for x in gauss(_NODES)), strict=True):
        cos, sin = np.cos((part - 0.5) * turn), np.sin((part - 0.5) * turn)
        for side in (-sin, sin):
            height = np.maximum(root * cos + c * side, 0.0)
            measure = weight * height  # dc is the root times the angle's differential
            total = total + measure
            weighted = weighted + measure * dual(c * cos - root * side, height)[1]
    inside = total > 0
    return np.where(inside, weighted / np.where(inside, total, 1.0), end)


def _boole(values: Sequence[Array]) -> Array:
    """Boole's rule for the mean over an interval, from its ends and three points between."""
    total = _BOOLE[0] * values[0]
    for weight, value in zip(_BOOLE[1:], values[1:], strict=True):
        total = total + weight * value
    return total


def _quotient(difference: Array, noise: Array) -> Array:
    """Differences over 2T_s; infinite at T_s = 0, where they are not used."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return difference / noise
