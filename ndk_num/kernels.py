"""Two-time kernels on arrays: the layer recursion on top of the generated layer maps.   (12)–(15), (SI 24–27)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.errors import InputError
from ndk_num.layer_maps import layer_map, prior
from ndk_num.network import Network, require_gradients, require_network

_BLOCK = 1 << 14  # entries evaluated together: their temporaries stay in cache


class Pairs(NamedTuple):
    """Entries K⁰(x,x), K⁰(x,x'), K⁰(x',x') of the input kernel for pairs of inputs; arrays that broadcast."""

    xx: Array
    xy: Array
    yy: Array


class TwoTime(NamedTuple):
    """Kernels of the last layer at a pair of times: K^L, K̇^L and the NDK K^{d,L}."""

    two_time: Array
    derivative: Array
    ndk: Array


@dataclass(frozen=True)
class Weights:
    """Prior statistics of the weights at two times.   (9)(10)"""

    tt: Array
    ts: Array
    ss: Array
    decay: Array

    @classmethod
    def at(cls, net: Network, t: Array | float, s: Array | float) -> Weights:
        """m(t,t), m(t,s), m(s,s) and e^{−κ|t−s|}, for times in either order."""
        statistics = prior()
        scale = (net.kappa, net.sigma2, net.sigma02)
        t, s = np.asarray(t, dtype=np.float64), np.asarray(s, dtype=np.float64)
        late, early = np.maximum(t, s), np.minimum(t, s)
        return cls(
            tt=statistics.variance(t, *scale),
            ts=statistics.covariance(late, early, *scale),
            ss=statistics.variance(s, *scale),
            decay=np.exp(-net.kappa * (late - early)),
        )


def gram(X: Array, X2: Array | None = None) -> Pairs:
    """Input kernel x·x'/N0 between all rows of `X` and of `X2`; identical rows get identical entries.

    Rounding must not make a duplicate look like a merely close input: the ReLU kernels have a square-root
    singularity there, which would turn 1e-16 into 1e-8.
    """
    other = X if X2 is None else X2
    distinct, label = np.unique(np.concatenate([X, other]), axis=0, return_inverse=True)
    norms = np.einsum("ij,ij->i", distinct, distinct) / X.shape[1]
    rows, columns = np.split(label.reshape(-1), [len(X)])
    xx, yy = norms[rows][:, None], norms[columns][None, :]
    same = rows[:, None] == columns[None, :]
    return Pairs(xx, np.where(same, xx, X @ other.T / X.shape[1]), yy)


def stacked(train: Pairs, test: Pairs) -> Pairs:
    """Both kernels in one: rows are the training inputs, then the test inputs."""
    shapes = (train.xy.shape, test.xy.shape)
    return Pairs(*(
        np.concatenate([np.broadcast_to(f, shape) for f, shape in zip(fields, shapes, strict=True)])
        for fields in zip(train, test, strict=True)
    ))  # fmt: skip


def recursion(net: Network, weights: Weights, pairs: Pairs) -> TwoTime:
    """Carry the kernels through the L hidden layers.   (12)–(15)

    K^l = F(m_tt K^{l−1}_xx, m_ts K^{l−1}_xy, m_ss K^{l−1}_yy),   K^{d,l} = m_ts K̇^l K^{d,l−1} + e^{−κ|t−s|} K^l.
    """
    layer = layer_map(net.activation)
    a, c, b = pairs
    ndk = weights.decay * c
    slope = np.ones_like(ndk)
    for _ in range(net.depth):
        a, c, b = weights.tt * a, weights.ts * c, weights.ss * b
        two_time, slope = layer.dual(a, c, b)
        ndk = weights.ts * slope * ndk + weights.decay * two_time
        a, c, b = layer.norm(a), two_time, layer.norm(b)
    return TwoTime(c, slope, ndk)


def kernel(net: Network, t: float, s: float, X: ArrayLike, X2: ArrayLike | None = None, kind: str = "ndk") -> Array:
    """Kernel between inputs at two times.

    K^{d,L}(t,s) = m(t,s) K̇^L(t,s) K^{d,L−1}(t,s) + e^{−κ|t−s|} K^L(t,s)   (12)

    Parameters
    ----------
    net : Network
        The network.
    t, s : float
        Times of the rows of `X` and of `X2`, at least 0, in either order.
    X : array (P, N0)
        Inputs at time `t`.
    X2 : array (P2, N0), optional
        Inputs at time `s`; `X` when not given.
    kind : {"ndk", "two_time", "derivative"}
        The neural dynamical kernel K^{d,L}, the two-time kernel K^L or the derivative kernel K̇^L.

    Returns
    -------
    array (P, P2)
        The NTK is `kernel(net, 0, 0, X)`.

    Raises
    ------
    InputError
        For a time below 0, inputs of wrong shape or with non-finite entries, an unknown kind, entries that overflow.
    """
    require_network(net)
    if kind not in TwoTime._fields:
        raise InputError(f"kind {kind!r} is not known; choose one of {', '.join(TwoTime._fields)}")
    rows = checks.inputs("X", X)
    columns = None if X2 is None else checks.inputs("X2", X2, columns=rows.shape[1])
    weights = Weights.at(net, checks.time("t", t), checks.time("s", s))
    entries = block(net, weights, gram(rows, columns), kind)
    if not np.isfinite(entries).all():
        require_gradients(net)
    return require_finite(entries)


def require_finite(entries: Array) -> Array:
    """Return `entries` if all are finite; InputError otherwise."""
    if not np.isfinite(entries).all():
        raise InputError(
            "the kernel overflows float64: choose a smaller depth, or sigma2, sigma02 and inputs closer to 1"
        )
    return entries


def block(net: Network, weights: Weights, pairs: Pairs, kind: str) -> Array:
    """One kind of kernel at a single pair of times for a (P, P2) block of pairs, in cache-sized strips of rows."""
    xx, xy, yy = pairs
    strip = max(1, _BLOCK // xy.shape[1])
    result = np.empty(xy.shape)
    for start in range(0, len(xy), strip):
        rows = slice(start, start + strip)
        with np.errstate(over="ignore", invalid="ignore"):  # who asks for entries looks whether they are finite
            result[rows] = getattr(recursion(net, weights, Pairs(xx[rows], xy[rows], yy)), kind)
    return result


def pairwise(net: Network, t: Array, s: Array, pairs: Pairs, kind: str) -> Array:
    """One kind of kernel for `n` pairs of times and `r` pairs of inputs: shape (n, r)."""
    strip = max(1, _BLOCK // max(1, pairs.xy.size))
    result = np.empty((t.size, pairs.xy.size))
    for start in range(0, t.size, strip):
        rows = slice(start, start + strip)
        weights = Weights.at(net, t[rows, None], s[rows, None])
        result[rows] = getattr(recursion(net, weights, pairs), kind)
    return result
