"""Two-time kernels on arrays: the layer recursion on top of the generated layer maps.   (12)–(15), (SI 24–27)"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks, strips
from ndk_num.checks import Array, Index
from ndk_num.errors import InputError, shortened
from ndk_num.layer_maps import layer_map, prior, runtime
from ndk_num.network import Network, require_gradients, require_network
from ndk_num.pairs import Pairs, gram

LEARNING = {"all": "ndk", "readout": "ndk_readout", "hidden": "ndk_hidden"}  # what learns, and the kernel it learns by
KINDS = ("two_time", "derivative", "ndk", "hidden", "ndk_readout", "ndk_hidden")


class TwoTime(NamedTuple):
    """Kernels of the last layer at a pair of times: K^L, K̇^L, the NDK K^{d,L}, and K̇^L K^{d,L−1}, its hidden part."""

    two_time: Array
    derivative: Array
    ndk: Array
    hidden: Array
    weights: Weights

    @property
    def ndk_readout(self) -> Array:
        """e^{−κ|t−s|} K^L: the NDK's term of the readout's gradients."""
        return self.weights.decay * self.two_time

    @property
    def ndk_hidden(self) -> Array:
        """m K̇^L K^{d,L−1}: the term of the hidden layers' gradients."""
        return self.weights.ts * self.hidden


@dataclass(frozen=True)
class Weights:
    """Prior statistics of the weights at two times.   (9)(10)

    Attributes
    ----------
    tt, ts, ss : array
        m(t,t), m(t,s), m(s,s).
    decay : array
        e^{−κ|t−s|}.
    lost : array
        1 − ρ_m² = 1 − m(t,s)²/(m(t,t) m(s,s)), the part of the weights' variance that is new.
    """

    tt: Array
    ts: Array
    ss: Array
    decay: Array
    lost: Array

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
            lost=statistics.complement(late, early, *scale),
        )


@dataclass(frozen=True)
class Norms:
    """The distinct K⁰_xx and K⁰_yy of pairs of inputs, and which of them each pair has: xx = distinct[first]."""

    distinct: Array
    first: Index
    second: Index

    @classmethod
    def of(cls, pairs: Pairs) -> Norms:
        """Of pairs whose fields have one dimension."""
        distinct, index = np.unique(np.concatenate([pairs.xx, pairs.yy]), return_inverse=True)
        first, second = np.split(index.reshape(-1), 2)
        return cls(distinct, first, second)


def recursion(net: Network, weights: Weights, pairs: Pairs, norms: Norms | None = None) -> TwoTime:
    """Carry the kernels through the L hidden layers.   (12)–(15)

    K^l = F(m_tt K^{l−1}_xx, m_ts K^{l−1}_xy, m_ss K^{l−1}_yy),   K^{d,l} = m_ts K̇^l K^{d,l−1} + e^{−κ|t−s|} K^l.
    With `norms`, weights are columns, and K^l_xx is computed once for each distinct norm.
    """
    ndk = weights.decay * pairs.xy
    kernel, slope, hidden = pairs.xy, np.ones_like(ndk), np.zeros_like(ndk)
    by_norms = layer_map(net.activation).layer is None
    for kernel, slope in _by_norms(net, weights, pairs, norms) if by_norms else _by_roots(net, weights, pairs):
        hidden = slope * ndk
        ndk = weights.ts * hidden + weights.decay * kernel
    return TwoTime(kernel, slope, ndk, hidden, weights)


def _by_norms(net: Network, weights: Weights, pairs: Pairs, norms: Norms | None) -> Iterator[tuple[Array, Array]]:
    """K^l and K̇^l of every layer, from K^l_xx, K^l_xy and K^l_yy."""
    layer = layer_map(net.activation)
    c, first, second = pairs.xy, pairs.xx, pairs.yy
    if norms:
        first = second = norms.distinct
    for _ in range(net.depth):
        first, c, second = weights.tt * first, weights.ts * c, weights.ss * second
        a, b = (first.take(norms.first, 1), second.take(norms.second, 1)) if norms else (first, second)
        kernel, slope = layer.dual(a, c, b)
        yield kernel, slope
        first, c, second = layer.norm(first), kernel, layer.norm(second)


def _by_roots(net: Network, weights: Weights, pairs: Pairs) -> Iterator[tuple[Array, Array]]:
    """The same from K^l_xy and √(K^l_xx K^l_yy − K^l_xy²), whose digits c alone would lose at parallel inputs.

    With 1 − ρ_m² = 1 − m_ts²/(m_tt m_ss):   m_tt m_ss K_xx K_yy − (m_ts K_xy)² = m_tt m_ss (root² + (1 − ρ_m²) K_xy²).
    """
    maps, hypot = layer_map(net.activation), runtime().hypot
    assert maps.layer is not None and maps.last is not None
    scale, lost = np.sqrt(weights.tt) * np.sqrt(weights.ss), np.sqrt(weights.lost)
    forgetful = np.any(lost)  # not at t = s, nor at the end
    c, root = pairs.xy, pairs.root
    for layer in range(1, net.depth + 1):
        c, root = weights.ts * c, scale * (hypot(root, lost * c) if forgetful else root)
        if layer == net.depth:
            yield maps.last(c, root)  # no layer follows that asks for the root
        else:
            c, slope, root = maps.layer(c, root)
            yield c, slope


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
    kind : {"ndk", "two_time", "derivative", "hidden", "ndk_readout", "ndk_hidden"}
        The neural dynamical kernel K^{d,L}, the two-time kernel K^L, the derivative kernel K̇^L, or K̇^L K^{d,L−1}, which
        m(t,s) multiplies in K^{d,L}; or one of the two terms of K^{d,L}: e^{−κ|t−s|} K^L, what the readout's gradients
        contribute, and m(t,s) K̇^L K^{d,L−1}, the hidden layers'.

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
    if kind not in KINDS:
        raise InputError(f"kind {kind!r} is not known; choose one of {', '.join(KINDS)}")
    rows = checks.inputs("X", X)
    columns = None if X2 is None else checks.inputs("X2", X2, columns=rows.shape[1])
    weights = Weights.at(net, checks.time("t", t), checks.time("s", s))
    entries = block(net, weights, gram(rows, columns), kind)
    if not np.isfinite(entries).all():
        require_gradients(net)
    return require_finite(entries)


def learning_kind(learning: object) -> str:
    """The kind of kernel by which all weights, the readout or the hidden layers learn; InputError for others."""
    if not isinstance(learning, str) or learning not in LEARNING:
        raise InputError(f"learning is {shortened(learning)}; give one of {', '.join(LEARNING)}")
    return LEARNING[learning]


def require_finite(entries: Array) -> Array:
    """Return `entries` if all are finite; InputError otherwise."""
    if not np.isfinite(entries).all():
        raise InputError(
            "the kernel overflows float64: choose a smaller depth, or sigma2, sigma02 and inputs closer to 1"
        )
    return entries


def block(net: Network, weights: Weights, pairs: Pairs, kind: str) -> Array:
    """One kind of kernel at a single pair of times for a (P, P2) block of pairs."""
    (entries,) = blocks(net, weights, pairs, (kind,))
    return entries


def blocks(net: Network, weights: Weights, pairs: Pairs, kinds: Sequence[str]) -> tuple[Array, ...]:
    """Several kinds of kernel at a single pair of times for a (P, P2) block of pairs, from one recursion.

    At t = s = 0, ("two_time", "ndk") are the kernel K^L of the prior and the NTK.
    """
    shape = pairs.xy.shape
    half = layer_map(net.activation).layer is not None and _symmetric(pairs)
    results = tuple(np.empty(shape) for _ in kinds)

    def fill(rows: slice) -> None:
        columns = slice(rows.start if half else 0, None)
        with np.errstate(over="ignore", invalid="ignore"):  # who asks for entries looks whether they are finite
            found = recursion(net, weights, pairs.part(rows, columns))
        for kind, result in zip(kinds, results, strict=True):
            result[rows, columns] = getattr(found, kind)
            if half:
                result[columns, rows] = result[rows, columns].T

    strips.each(fill, strips.triangle(len(pairs.xy)) if half else strips.rows(shape), pairs.xy.size)
    return results


def _symmetric(pairs: Pairs) -> bool:
    """Whether the rows are the columns: then kernels that depend on K⁰_xy and the root alone are symmetric too."""
    xx, xy, yy, root = pairs
    return np.array_equal(xx, yy.T) and np.array_equal(xy, xy.T) and np.array_equal(root, root.T)


def pairwise(net: Network, t: Array, s: Array, pairs: Pairs, kind: str) -> Array:
    """One kind of kernel for `n` pairs of times and `r` pairs of inputs: shape (n, r)."""
    layer = layer_map(net.activation)
    result, norms = np.empty((t.size, pairs.xy.size)), Norms.of(pairs) if layer.layer is None else None

    def fill(rows: slice) -> None:
        weights = Weights.at(net, t[rows, None], s[rows, None])
        result[rows] = getattr(recursion(net, weights, pairs, norms), kind)

    strips.each(fill, strips.rows(result.shape, layer.together), result.size)
    return result
