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

from ndk_num.chain import SharedLayer
from ndk_num.checks import Array
from ndk_num.kernels import Norms, by_products, last_kinked
from ndk_num.layer_maps import LayerMap, layer_map, runtime
from ndk_num.network import Network
from ndk_num.pairs import Pairs
from ndk_num.parallel import root_behind
from ndk_num.volterra.piecewise import gauss

__all__ = ["Response"]

_FAR = 0.01  # of a weight's variance: noise of a step from which on subtracting F leaves 14 digits
_ANGLE, _NODES = 0.15, 4  # up to which Gauss quadrature with these nodes has 14 digits, for functions of the angle
_ROUNDING = 4 * np.finfo(np.float64).eps
_BOOLE = (7 / 90, 32 / 90, 12 / 90, 32 / 90, 7 / 90)


class _State(NamedTuple):
    """K^{l,1} and K^{l,0}, √(K_xx K_yy − K_xy²) of both for maps that ask for it, and (K^{l,1} − K^{l,0})/2T_s.

    Or the same of the pre-activations C^{l,1} and C^{l,0} of a layer.
    """

    same: Array
    other: Array
    roots: tuple[Array, Array]
    change: Array


@dataclass(frozen=True)
class Response:
    """The response between pairs of inputs.

    Attributes
    ----------
    net : Network
    pairs : Pairs
        In fields of one dimension; the first inputs belong to the later step t, the second ones to s.
    norms : Norms
        Of these pairs.
    """

    net: Network
    pairs: Pairs
    norms: Norms

    def at(self, shared: Sequence[SharedLayer], noise: Array) -> Array:
        """R_{t,s} for a step t and some earlier steps s, shape (s, pairs).

        Parameters
        ----------
        shared : sequence of SharedLayer
            Of the L hidden layers, then of the readout.
        noise : array (s, 1)
            2T_s ≥ 0.
        """
        maps = [layer_map(one) for one in self.net.activations]
        last_root = last_kinked(self.net)
        xy, root, own = self.pairs.xy, self.pairs.root, not by_products(self.net)
        state = _State(xy, xy, (root, root), np.zeros(()))
        first = second = self.norms.distinct
        for l, (phi, layer) in enumerate(zip(maps, shared, strict=False)):
            one, two = layer.replicas()
            sides = self.norms.spread(first, second) if own else (first, second)
            roots = tuple(
                replica.root(Pairs(sides[0], kernel, sides[1], before)) if l <= last_root else before
                for replica, kernel, before in zip((one, two), state[:2], state.roots, strict=True)
            )
            found = two.response(state.same, state.change)
            near = bool((noise * two.weights.decay < _FAR * one.weights.ts).any())
            fields = _State(one.covariance(state.same), two.covariance(state.other), (roots[0], roots[1]), found)
            if own:
                first, second = one.first(first), one.second(second)
            if phi.layer is not None:
                state = _by_roots(phi, fields, noise, near=near, last=l == last_root)
            else:
                state = _by_norms(phi, self.norms.spread(first, second), fields, noise, near=near)
            if own and l < len(maps) - 1:
                before = self.norms.spread(first, second)
                first, second = phi.norm(first), phi.norm(second)
                if phi.layer is None and l < last_root:
                    after = self.norms.spread(first, second)
                    state = state._replace(roots=_roots_behind(phi, fields, before, state, after))
        _, two = shared[-1].replicas()
        return two.response(state.same, state.change)


def _roots_behind(
    phi: LayerMap, fields: _State, before: tuple[Array, Array], state: _State, after: tuple[Array, Array]
) -> tuple[Array, Array]:
    """√(K_xx K_yy − K_xy²) of both replicas behind a map that does not tell it."""
    (a, b), (first, second) = before, after
    same, other = (
        root_behind(phi, (a, c, b), root, (first, kernel, second))
        for c, root, kernel in zip(fields[:2], fields.roots, state[:2], strict=True)
    )
    return same, other


def _by_norms(phi: LayerMap, sides: tuple[Array, Array], fields: _State, noise: Array, *, near: bool) -> _State:
    """One layer, from the variances and the covariances of its pre-activations and their response R^l."""
    a, b = sides
    same, other, found = fields.same, fields.other, fields.change
    (above, end), (below, start) = phi.dual(a, same, b), phi.dual(a, other, b)
    change = _quotient(above - below, noise)
    if near:
        gap = noise * found
        inner = [phi.dual(a, other + part * gap, b)[1] for part in (0.25, 0.5, 0.75)]
        mean, rough = _boole([start, *inner, end]), (start + 4 * inner[1] + end) / 6
        # Simpson's rule is the coarser one: Boole's is better than the difference before they are this close
        smooth = np.abs(gap * (mean - rough)) <= _ROUNDING * (np.abs(above) + np.abs(below))
        change = np.where(smooth, found * mean, change)
    return _State(above, below, fields.roots, change)


def _by_roots(phi: LayerMap, fields: _State, noise: Array, *, near: bool, last: bool) -> _State:
    """The same from √(ab − c²), for maps that have a root singularity at c = √(ab) and are smooth in the angle."""
    hypot = runtime().hypot
    same, other = (fields.same, fields.roots[0]), (fields.other, fields.roots[1])
    assert phi.layer is not None and phi.last is not None
    map_of = phi.last if last else phi.layer
    (above, end, *upper), (below, _, *lower) = map_of(*same), map_of(*other)
    change = _quotient(above - below, noise)
    if near and not phi.infinite_gradients:
        close = hypot(same[0] - other[0], same[1] - other[1]) <= _ANGLE * hypot(*same)
        change = np.where(close, fields.change * _mean_on_arc(phi.last, other, same, end), change)
    return _State(above, below, (upper[0], lower[0]) if upper else fields.roots, change)


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
