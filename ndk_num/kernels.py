"""Two-time kernels on arrays: the layer recursion on top of the generated layer maps.   (12)–(15), (SI 24–27)"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks, strips
from ndk_num.checks import Array, Index
from ndk_num.errors import InputError, shortened
from ndk_num.layer_maps import layer_map
from ndk_num.network import Network, require_gradients, require_network
from ndk_num.pairs import Pairs, gram
from ndk_num.parallel import beside, chaotic, root_behind
from ndk_num.statistics import LayerStatistics, Statistics

KINDS = ("ndk", "two_time", "derivative", "hidden", "ndk_readout", "ndk_hidden", "prior")
_TILE = 128  # rows that are compared with columns together: both stay in cache
LEARNING = {"all": "ndk", "readout": "ndk_readout", "hidden": "ndk_hidden"}  # what learns, and the kernel it learns by


@dataclass(frozen=True)
class TwoTime:
    """Kernels of the last layer at a pair of times.

    Attributes
    ----------
    two_time, derivative : array
        K^L and K̇^L.
    ndk : array
        The neural dynamical kernel K^{d,L}.
    hidden : array
        K̇^L K^{d,L−1}, what the hidden layers' gradients contribute before the factor m(t,s).
    output : LayerStatistics
        Prior statistics of the readout.
    """

    two_time: Array
    derivative: Array
    ndk: Array
    hidden: Array
    output: LayerStatistics

    @property
    def ndk_readout(self) -> Array:
        """e^{−κ|t−s|} K^L, the term of the NDK from gradients of the readout."""
        return self.output.response(self.two_time)

    @property
    def ndk_hidden(self) -> Array:
        """m K̇^L K^{d,L−1}, the term of the NDK from gradients of the hidden layers."""
        return self.output.weights.ts * self.hidden

    @property
    def prior(self) -> Array:
        """m(t,s) K^L, the covariance of the output under the prior, with what its bias adds."""
        return self.output.covariance(self.two_time)


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

    def spread(self, first: Array, second: Array) -> tuple[Array, Array]:
        """From values of the distinct norms, on the last axis, to those of every pair."""
        return first.take(self.first, -1), second.take(self.second, -1)


def recursion(net: Network, statistics: Statistics, pairs: Pairs, norms: Norms | None = None) -> TwoTime:
    """Carry the kernels through the L hidden layers.   (12)–(15), (general-hyperparameters)

    C^l = m_w K^{l−1} + m_v,   K^l = F(C^l_tt, C^l_ts, C^l_ss),   B^{l+1} = m_w K̇^l B^l + e_w K^l + e_v,

    with e = e^{−κ|t−s|}, and statistics of their own for each group w of weights and v of biases; K^{d,L} = B^{L+1}.
    With `norms`, statistics are columns, and K^l_xx is computed once for each distinct norm.
    """
    response = statistics.layers[0].response(pairs.xy)
    kernel, slope, hidden = pairs.xy, np.ones_like(response), np.zeros_like(response)
    for above, (kernel, slope) in zip(statistics.layers[1:], _layers(net, statistics, pairs, norms), strict=True):
        hidden = slope * response
        response = above.response(kernel, hidden)
    return TwoTime(kernel, slope, response, hidden, statistics.output)


def by_products(net: Network) -> bool:
    """Whether kernels depend on the norms of two inputs through their product alone."""
    return not any(group.bias for group in net.groups[:-1]) and all(
        layer_map(one).layer is not None for one in set(net.activations)
    )


def last_kinked(net: Network) -> int:
    """Number, from 0, of the last hidden layer that takes √(C_tt C_ss − C_ts²); −1 if none does."""
    return max((l for l, one in enumerate(net.activations) if layer_map(one).layer is not None), default=-1)


def _layers(net: Network, statistics: Statistics, pairs: Pairs, norms: Norms | None) -> Iterator[tuple[Array, Array]]:
    """K^l and K̇^l of every layer.

    Activations with a kink take √(C_tt C_ss − C_ts²) where others take C_tt and C_ss; what no layer asks for is not
    carried along.
    """
    maps = [layer_map(one) for one in net.activations]
    last_root = last_kinked(net)
    own = not by_products(net)
    carried = net.depth - 1 if own and _loses_digits(net, norms.distinct if norms else pairs.xx) else last_root
    first, second = (norms.distinct, norms.distinct) if norms else (pairs.xx, pairs.yy)

    def sides() -> tuple[Array, Array]:
        return norms.spread(first, second) if norms else (first, second)

    c, root = pairs.xy, pairs.root
    for l, (phi, layer) in enumerate(zip(maps, statistics.layers[:-1], strict=True)):
        if l <= carried:
            a, b = sides()
            root = layer.root(Pairs(a, c, b, root))
        c = layer.covariance(c)
        if own:
            first, second = layer.first(first), layer.second(second)
        if phi.layer is None or phi.last is None:
            a, b = sides()
            kernel, slope = phi.dual(a, c, b)
            if carried > last_root:
                kernel, slope = beside(phi, (a, c, b), root, (kernel, slope))
        elif l == carried:  # no layer follows that asks for the root
            kernel, slope = phi.last(c, root)
        else:
            kernel, slope, root = phi.layer(c, root)
        yield kernel, slope
        if own and l < net.depth - 1:
            first, second = phi.norm(first), phi.norm(second)
        if phi.layer is None and l < carried:
            aa, bb = sides()
            root = root_behind(phi, (a, c, b), root, (aa, kernel, bb))
        c = kernel


def _loses_digits(net: Network, norms: Array) -> bool:
    """Whether the network is chaotic; by quadrature averages have twelve digits anyway."""
    positive = norms[norms > 0]
    if not positive.size or any(layer_map(one).together > 1 for one in set(net.activations)):
        return False
    least, most = np.frexp([positive.min(), positive.max()])[1]
    return chaotic(net, int(least) - 1, int(most))


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
    kind : {"ndk", "two_time", "derivative", "hidden", "ndk_readout", "ndk_hidden", "prior"}
        The neural dynamical kernel K^{d,L}, the two-time kernel K^L, the derivative kernel K̇^L, or K̇^L K^{d,L−1}, which
        m(t,s) multiplies in K^{d,L}; one of the two terms of K^{d,L}: e^{−κ|t−s|} K^L, what the readout's gradients
        contribute, and m(t,s) K̇^L K^{d,L−1}, the hidden layers'; or m(t,s) K^L, the covariance of the output under the
        prior.

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
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"kind {shortened(kind)} is not known; choose one of {', '.join(KINDS)}")
    rows = checks.inputs("X", X)
    columns = None if X2 is None else checks.inputs("X2", X2, columns=rows.shape[1])
    statistics = Statistics.at(net, checks.time("t", t), checks.time("s", s))
    entries = block(net, statistics, gram(rows, columns), kind)
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


def block(net: Network, statistics: Statistics, pairs: Pairs, kind: str) -> Array:
    """One kind of kernel at a single pair of times for a (P, P2) block of pairs."""
    (entries,) = blocks(net, statistics, pairs, (kind,))
    return entries


def blocks(net: Network, statistics: Statistics, pairs: Pairs, kinds: Sequence[str]) -> tuple[Array, ...]:
    """Several kinds of kernel at a single pair of times for a (P, P2) block of pairs, from one recursion.

    At t = s = 0, ("two_time", "ndk") are the kernel K^L of the prior and the NTK.
    """
    shape = pairs.xy.shape
    half = by_products(net) and _symmetric(pairs)
    results = tuple(np.empty(shape) for _ in kinds)

    def fill(rows: slice) -> None:
        columns = slice(rows.start if half else 0, None)
        with np.errstate(over="ignore", invalid="ignore"):  # who asks for entries looks whether they are finite
            found = recursion(net, statistics, pairs.part(rows, columns))
        for kind, result in zip(kinds, results, strict=True):
            result[rows, columns] = getattr(found, kind)
            if half:
                result[columns, rows] = result[rows, columns].T

    strips.each(fill, strips.triangle(len(pairs.xy)) if half else strips.rows(shape), pairs.xy.size)
    return results


def _symmetric(pairs: Pairs) -> bool:
    """Whether the rows are the columns: then kernels that depend on norms through their product are symmetric too."""
    xx, xy, yy, root = pairs
    if not np.array_equal(xx, yy.T):
        return False
    tiles = [(slice(i, i + _TILE), slice(i, None)) for i in range(0, len(xy), _TILE)]
    return all(np.array_equal(x[tile], x[tile[::-1]].T) for x in (xy, root) for tile in tiles)


def pairwise(net: Network, t: Array, s: Array, pairs: Pairs, kind: str) -> Array:
    """One kind of kernel for `n` pairs of times and `r` pairs of inputs: shape (n, r)."""
    result, norms = np.empty((t.size, pairs.xy.size)), None if by_products(net) else Norms.of(pairs)
    together = max(layer_map(one).together for one in set(net.activations))

    def fill(rows: slice) -> None:
        statistics = Statistics.at(net, t[rows, None], s[rows, None])
        result[rows] = getattr(recursion(net, statistics, pairs, norms), kind)

    strips.each(fill, strips.rows(result.shape, together), result.size)
    return result
