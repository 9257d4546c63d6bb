"""One march through the panels: collocation at Radau nodes with product integration.

On each panel the unknown is a polynomial; the *kernel* is integrated against it to full accuracy by Gauss quadrature
on pieces that shrink geometrically towards s = t, so that the panels may grow with time while the kernel keeps
its own, shorter scale. The last piece, which touches s = t, uses s = t − u²: the ReLU kernels of one input behave like
√(t−s) there and are smooth in u.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ndk_num.checks import Array
from ndk_num.volterra.piecewise import Piecewise, gauss, interpolation, radau

_GROWTH = 2.0  # a piece is at most this factor longer than its distance to s = t


class HistoryKernel(Protocol):
    """What the march needs of a kernel: K(t,s) = Σ_k evaluate(t, s)[:, k] blocks[i][k]."""

    @property
    def blocks(self) -> tuple[Array, ...]:
        """The square blocks of the equation, then those of each further output."""
        ...

    def evaluate(self, t: Array, s: Array) -> Array:
        """A_k(t,s), shape (n, r)."""
        ...


@dataclass(frozen=True)
class Points:
    """Quadrature points s with weights w for ∫ ds over part of a panel, and the interpolation from its nodes."""

    s: Array
    weights: Array
    matrix: Array


def pieces(t: float, low: float, high: float, finest: float, count: int) -> tuple[Array, Array]:
    """Quadrature on [low, high] ≤ t for a kernel that varies on the scale t − s and, near s = t, on `finest`."""
    far, near = t - low, t - high
    if near > 0:
        splits = max(1, int(np.ceil(np.log(far / near) / np.log(_GROWTH))))
        lags = np.geomspace(far, near, splits + 1)
    else:
        splits = max(0, int(np.ceil(np.log2(far / finest)))) if finest < far else 0
        lags = np.geomspace(far, far / 2.0**splits, splits + 1)
    x, w = gauss(count)
    length = lags[:-1] - lags[1:]
    s = t - (lags[1:, None] + length[:, None] * x)
    weights = length[:, None] * w
    if near > 0:
        return s.ravel(), weights.ravel()
    touching_s, touching_w = _touching(t, lags[-1], count)
    return np.append(s, touching_s), np.append(weights, touching_w)


def _touching(t: float, lag: float, count: int) -> tuple[Array, Array]:
    """Quadrature on [t − lag, t] by s = t − lag·u²; a polynomial of v in s has twice the degree in u."""
    u, w = gauss(2 * count)
    return t - lag * u**2, 2 * lag * u * w


def march(
    kernel: HistoryKernel,
    edges: Array,
    order: int,
    right_side: Callable[[Array], Array],
    finest: float,
    progress: Callable[[float], None] | None = None,
) -> tuple[Piecewise, Piecewise]:
    """Solve v(t) + ∫_0^t K(t,s) v(s) ds = y(t) and integrate g(t) = ∫_0^t k(t,s) v(s) ds along.

    Parameters
    ----------
    kernel : HistoryKernel
        `blocks[0]` (r, P, P) belongs to K, `blocks[1]` (r, M, P) to k.
    edges : array (panels + 1,)
        Panel ends, from 0.
    order : int
        Collocation nodes in a panel.
    right_side : callable
        times (n,) → y of shape (n, P, k).
    finest : float
        Length next to s = t on which K is smooth in √(t−s).
    progress : callable, optional
        Called with the fraction of panels done.

    Returns
    -------
    v, g : Piecewise
        Values of shapes (P, k) and (M, k).
    """
    nodes = radau(order)
    count = order + 2
    start = right_side(np.zeros(1))[0]
    solved: list[Array] = []
    integrals: list[Array] = []
    past = _History(kernel, edges, nodes, finest, count)
    for p in range(len(edges) - 1):
        t = edges[p] + (edges[p + 1] - edges[p]) * nodes
        history = past.integrate(t, solved, (order, kernel.blocks[0].shape[0], *start.shape))
        weights = _current(kernel, t, edges[p], edges[p + 1], nodes, finest, count)
        v = _solve_panel(kernel.blocks[0], weights, right_side(t) - _apply(kernel.blocks[0], history))
        integrals.append(_apply(kernel.blocks[1], history + np.einsum("ikq,qpo->ikpo", weights, v)))
        solved.append(v)
        if progress is not None:
            progress((p + 1) / (len(edges) - 1))
    v_all = Piecewise(edges, nodes, start, np.array(solved))
    g_all = Piecewise(edges, nodes, np.zeros_like(integrals[0][0]), np.array(integrals))
    return v_all, g_all


def integrate(kernel: HistoryKernel, path: Piecewise, finest: float) -> Piecewise:
    """∫_0^t k(t,s) v(s) ds for a known v, with `kernel.blocks[0]` belonging to k; values of shape (M, k)."""
    count = path.nodes.size + 2
    shape = (path.nodes.size, kernel.blocks[0].shape[0], *path.start.shape)
    past = _History(kernel, path.edges, path.nodes, finest, count)
    integrals = []
    for p, v in enumerate(path.values):
        low, high = path.edges[p : p + 2]
        t = low + (high - low) * path.nodes
        weights = _current(kernel, t, low, high, path.nodes, finest, count)
        history = past.integrate(t, list(path.values[:p]), shape)
        integrals.append(_apply(kernel.blocks[0], history + np.einsum("ikq,qpo->ikpo", weights, v)))
    return Piecewise(path.edges, path.nodes, np.zeros_like(integrals[0][0]), np.array(integrals))


class _History:
    """∫ A_k(t,s) v(s) ds over the panels already solved."""

    def __init__(self, kernel: HistoryKernel, edges: Array, nodes: Array, finest: float, count: int) -> None:
        self.kernel, self.edges, self.nodes = kernel, edges, nodes
        self.finest, self.count = finest, count
        self.x, self.w = gauss(count)
        self.matrix = interpolation(nodes, self.x)
        self.s: list[Array] = []
        self.weighted: list[Array] = []  # weight times v at the Gauss points of each finished panel

    def integrate(self, t: Array, solved: list[Array], shape: tuple[int, ...]) -> Array:
        """Integral over all solved panels for each t of the next one: `shape` is (n, r, P, k)."""
        total = np.zeros(shape)
        plain = self._plain(t[0], len(solved))
        self._extend(solved, plain)
        if plain:
            s = np.concatenate(self.s[:plain])
            v = np.concatenate(self.weighted[:plain]).reshape(s.size, -1)
            a = self.kernel.evaluate(np.repeat(t, s.size), np.tile(s, t.size)).reshape(t.size, s.size, -1)
            total += (a.transpose(0, 2, 1).reshape(-1, s.size) @ v).reshape(shape)
        for q in range(plain, len(solved)):
            low, high = self.edges[q], self.edges[q + 1]
            rules = [_points(ti, low, high, high, self.nodes, self.finest, self.count) for ti in t]
            for i, (rule, a) in enumerate(zip(rules, _evaluate(self.kernel, t, rules), strict=True)):
                v = (rule.matrix @ solved[q].reshape(self.nodes.size, -1)) * rule.weights[:, None]
                total[i] += (a.T @ v).reshape(shape[1:])
        return total

    def _plain(self, first: float, panels: int) -> int:
        """Number of leading panels seen from so far that one Gauss rule is enough."""
        while panels > 0 and first - self.edges[panels - 1] > _GROWTH * (first - self.edges[panels]):
            panels -= 1
        return panels

    def _extend(self, solved: list[Array], panels: int) -> None:
        for q in range(len(self.s), panels):
            length = self.edges[q + 1] - self.edges[q]
            self.s.append(self.edges[q] + length * self.x)
            self.weighted.append(np.einsum("g,gn,npo->gpo", length * self.w, self.matrix, solved[q]))


def _points(t: float, low: float, panel_end: float, high: float, nodes: Array, finest: float, count: int) -> Points:
    """Quadrature over [low, high], part of the panel [low, panel_end], seen from t."""
    s, weights = pieces(t, low, high, finest, count)
    return Points(s, weights, interpolation(nodes, (s - low) / (panel_end - low)))


def _current(
    kernel: HistoryKernel, t: Array, low: float, high: float, nodes: Array, finest: float, count: int
) -> Array:
    """∫_low^t A_k(t,s) ℓ_q(s) ds for the nodes t of the panel [low, high]: shape (n, r, n)."""
    rules = [_points(ti, low, high, ti, nodes, finest, count) for ti in t]
    values = _evaluate(kernel, t, rules)
    moments = [(a * rule.weights[:, None]).T @ rule.matrix for rule, a in zip(rules, values, strict=True)]
    return np.asarray(moments)


def _evaluate(kernel: HistoryKernel, t: Array, rules: list[Points]) -> list[Array]:
    """A_k(t_i, s) on each rule's points, evaluated together."""
    sizes = [rule.s.size for rule in rules]
    a = kernel.evaluate(np.repeat(t, sizes), np.concatenate([rule.s for rule in rules]))
    return np.split(a, np.cumsum(sizes)[:-1])


def _apply(blocks: Array, moments: Array) -> Array:
    """Σ_k blocks[k] · moments[:, k]: (r, R, P), (n, r, P, k) → (n, R, k)."""
    return np.tensordot(moments, blocks, axes=([1, 2], [0, 2])).transpose(0, 2, 1)


def _solve_panel(blocks: Array, weights: Array, right_side: Array) -> Array:
    """Solve v_i + Σ_kq W[i,k,q] Φ_k v_q = right_side_i for the values at the panel's nodes."""
    n, inputs, outputs = right_side.shape
    rank = blocks.shape[0]
    matrix = weights.transpose(0, 2, 1).reshape(n * n, rank) @ blocks.reshape(rank, -1)
    matrix = matrix.reshape(n, n, inputs, inputs).transpose(0, 2, 1, 3).reshape(n * inputs, n * inputs)
    matrix[np.diag_indices_from(matrix)] += 1.0
    solution = np.linalg.solve(matrix, right_side.reshape(n * inputs, outputs))
    return np.asarray(solution.reshape(n, inputs, outputs), dtype=np.float64)
