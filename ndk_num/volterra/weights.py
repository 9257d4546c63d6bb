"""Product integration: the kernel's functions of time, integrated against the piecewise polynomials of a path.

w[k, i, j] = ∫ A_k(t_i, s) ℓ_j(s) ds with ℓ_j the polynomial that is 1 at node j and 0 at the other nodes of its panel.
The *kernel* is integrated to full accuracy by Gauss quadrature on pieces that shrink geometrically towards s = t, so
that panels may grow with time while the kernel keeps its own, shorter scale. The last piece, which touches s = t, uses
s = t − u²: the ReLU kernels of one input behave like √(t−s) there and are smooth in u.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ndk_num.checks import Array
from ndk_num.volterra.piecewise import gauss, interpolation

__all__ = ["Rule", "around", "pieces"]

Evaluate = Callable[[Array, Array], Array]  # A_k(t, s): (n,), (n,) → (n, r)

_GROWTH = 2.0  # a piece is at most this factor longer than its distance to s = t


def pieces(t: float, low: float, high: float, finest: float, count: int) -> tuple[Array, Array]:
    """Quadrature on [low, high] ≤ t for a kernel that varies on the scale t − s and, near s = t, on `finest`."""
    far, near = t - low, t - high
    if near > 0:
        splits = max(1, int(np.ceil(np.log(far / near) / np.log(_GROWTH))))
        lags = np.geomspace(far, near, splits + 1)
    else:
        splits = max(0, int(np.ceil(np.log2(far / finest)))) if finest < far else 0
        lags = np.ldexp(far, -np.arange(splits + 1))
    x, w = gauss(count)
    length = lags[:-1] - lags[1:]
    s = t - (lags[1:, None] + length[:, None] * x)
    weights = length[:, None] * w
    if near > 0:
        return s.ravel(), weights.ravel()
    touching_s, touching_w = _touching(t, lags[-1], count)
    return np.append(s, touching_s), np.append(weights, touching_w)


def around(u: float, cuts: Array, finest: float, count: int) -> tuple[Array, Array]:
    """Quadrature between neighbouring cuts for a kernel with a kink or a root at s = u, which is a cut or outside.

    On each side the pieces are those of `pieces`; of an interval beyond u as seen in the other direction.
    """
    low, high = cuts[:-1], cuts[1:]
    later = low >= u
    far, near = np.where(later, high - u, u - low), np.where(later, low - u, u - high)
    apart = np.flatnonzero(near > 0)
    ratio = far[apart] / near[apart]
    splits = np.maximum(1, np.ceil(np.log(ratio) / np.log(_GROWTH))).astype(int)
    of = np.repeat(np.arange(apart.size), splits)
    step = np.arange(of.size) - np.repeat(np.cumsum(splits) - splits, splits)
    outer = near[apart][of] * ratio[of] ** (1 - step / splits[of])
    inner = np.where(
        step + 1 == splits[of], near[apart][of], near[apart][of] * ratio[of] ** (1 - (step + 1) / splits[of])
    )
    x, w = gauss(count)
    lags = inner[:, None] + (outer - inner)[:, None] * x
    of = np.repeat(apart[of], count)
    parts = [(of, lags.ravel(), ((outer - inner)[:, None] * w).ravel())]
    for one in np.flatnonzero(near <= 0):
        s, weights = pieces(0.0, -far[one], 0.0, finest, count)
        parts.append((np.full(s.size, one), -s, weights))
    of, lag, weights = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return np.clip(u + np.where(later[of], lag, -lag), low[of], high[of]), weights


def _touching(t: float, lag: float, count: int) -> tuple[Array, Array]:
    """Quadrature on [t − lag, t] by s = t − lag·u²; a polynomial of v in s has twice the degree in u."""
    u, w = gauss(2 * count)
    return t - lag * u**2, 2 * lag * u * w


@dataclass(frozen=True)
class Rule:
    """How integrals over panels are taken.

    Attributes
    ----------
    evaluate : callable
        The kernel's functions of time.
    nodes : array (n,)
        Nodes inside a panel as fractions of it.
    finest : float
        Length next to s = t on which the kernel is smooth in √(t−s).
    """

    evaluate: Evaluate
    nodes: Array
    finest: float

    @property
    def count(self) -> int:
        """Gauss points of a piece."""
        return self.nodes.size + 2

    def history(self, t: Array, edges: Array) -> Array:
        """Weights of all nodes of finished panels, which end at edges[-1] ≤ t: shape (r, len(t), panels · n)."""
        panels = len(edges) - 1
        far = self._far(float(t.min()), edges)
        parts = [self._plain(t, edges[: far + 1])] if far else []
        parts += [self._pieced(t, edges[q], edges[q + 1], np.full(t.size, edges[q + 1])) for q in range(far, panels)]
        return np.concatenate(parts, axis=2)

    def current(self, t: Array, low: float, high: float) -> Array:
        """Weights of the nodes of the panel [low, high] that holds t, of the integral up to t: shape (r, len(t), n)."""
        return self._pieced(t, low, high, t)

    def _far(self, first: float, edges: Array) -> int:
        """Number of leading panels seen from so far that one Gauss rule is enough."""
        panels = len(edges) - 1
        while panels > 0 and (first - edges[panels - 1]) / _GROWTH > first - edges[panels]:
            panels -= 1
        return panels

    def _plain(self, t: Array, edges: Array) -> Array:
        x, w = gauss(self.count)
        length = np.diff(edges)[:, None]
        s = (edges[:-1, None] + length * x).ravel()
        a = self.evaluate(np.repeat(t, s.size), np.tile(s, t.size))
        weighted = a.reshape(t.size, length.size, self.count, -1) * (length * w)[:, :, None]
        found = weighted.transpose(3, 0, 1, 2) @ interpolation(self.nodes, x)
        return found.reshape(len(found), t.size, -1)

    def _pieced(self, t: Array, low: float, high: float, until: Array) -> Array:
        """∫_low^until of each t."""
        rules = [pieces(ti, low, end, self.finest, self.count) for ti, end in zip(t, until, strict=True)]
        sizes = [s.size for s, _ in rules]
        s, weights = (np.concatenate(parts) for parts in zip(*rules, strict=True))
        a = self.evaluate(np.repeat(t, sizes), s) * weights[:, None]
        matrix = interpolation(self.nodes, (s - low) / (high - low))
        cuts = np.cumsum(sizes)[:-1]
        found = [one.T @ other for one, other in zip(np.split(a, cuts), np.split(matrix, cuts), strict=True)]
        return np.stack(found, axis=1)
