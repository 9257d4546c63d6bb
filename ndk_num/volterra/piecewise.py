"""Piecewise polynomials on panels: nodes, interpolation, quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ndk_num.checks import Array


@cache
def gauss(count: int) -> tuple[Array, Array]:
    """Gauss–Legendre nodes and weights on [0, 1]."""
    from scipy.special import roots_legendre  # imported where used: it would double the start-up time

    x, w = roots_legendre(count)
    return (x + 1) / 2, w / 2


@cache
def radau(count: int) -> Array:
    """The `count` right Radau nodes on (0, 1], of which the last is 1: collocation there damps stiff modes."""
    from scipy.special import roots_jacobi

    inner = (roots_jacobi(count - 1, 1, 0)[0] + 1) / 2 if count > 1 else np.empty(0)
    return np.append(inner, 1.0)


def interpolation(nodes: Array, x: Array) -> Array:
    """Matrix (x, nodes) that takes values at `nodes` to the interpolating polynomial at `x` (barycentric form)."""
    gaps = nodes[:, None] - nodes[None, :]
    np.fill_diagonal(gaps, 1.0)
    weights = 1.0 / gaps.prod(axis=1)
    distance = x[:, None] - nodes[None, :]
    hit = distance == 0.0
    terms = np.where(hit.any(axis=1, keepdims=True), hit, weights / np.where(hit, 1.0, distance))
    return terms / terms.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Piecewise:
    """A continuous piecewise polynomial of time.

    Attributes
    ----------
    edges : array (panels + 1,)
        Ends of the panels, increasing from 0.
    nodes : array (n,)
        Interpolation nodes inside each panel as fractions of it, the last one 1; the panel's left end is one more.
    start : array (...)
        Value at time 0.
    values : array (panels, n, ...)
        Values at the nodes.
    """

    edges: Array
    nodes: Array
    start: Array
    values: Array

    @property
    def times(self) -> Array:
        """Time 0 and all nodes, increasing."""
        inner = self.edges[:-1, None] + np.diff(self.edges)[:, None] * self.nodes
        inner[:, -1] = self.edges[1:]
        return np.append(0.0, inner.ravel())

    @property
    def flat(self) -> Array:
        """Values at `times`."""
        return np.concatenate([self.start[None], self.values.reshape(self.times.size - 1, *self.start.shape)])

    def __call__(self, times: Array) -> Array:
        """Values at `times`, shape (len(times), ...)."""
        panel = np.clip(np.searchsorted(self.edges, times, side="left") - 1, 0, len(self.edges) - 2)
        fraction = (times - self.edges[panel]) / np.diff(self.edges)[panel]
        matrix = interpolation(np.append(0.0, self.nodes), fraction)
        left = np.concatenate([self.start[None], self.values[:-1, -1]])
        result = matrix[:, 0].reshape(-1, *[1] * self.start.ndim) * left[panel]
        for j in range(self.nodes.size):
            result += matrix[:, j + 1].reshape(-1, *[1] * self.start.ndim) * self.values[panel, j]
        return result


def geometric_edges(first: float, horizon: float, ratio: float) -> Array:
    """Panel ends 0, first, first·ratio, … , horizon, the ratio rounded down so that they fit."""
    if first >= 0.9 * horizon:  # a second panel would be a sliver, or empty to rounding
        return np.array([0.0, horizon])
    panels = max(1, int(np.ceil(np.log(horizon / first) / np.log(ratio))))
    return np.append(0.0, np.geomspace(first, horizon, panels + 1))
