"""The skeleton: a few pairs of inputs whose kernels, as functions of two times, span those of all pairs.

Pivoted QR chooses it from a sample of pairs and times, and is verified on others. Errors are relative to
√(K(x,x) K(x',x')) of the pair of inputs, so that small inputs beside large ones keep their digits, and to the largest
such entry at the same pair of times, so that a kernel whose scale changes by orders of magnitude along the trajectory
is as accurate late as early.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ndk_num.checks import Array, Index
from ndk_num.pairs import Pairs, diagonal
from ndk_num.separated.entries import Entries, Times

__all__ = ["Instants", "Sample", "Skeleton", "choose", "input_sizes", "sampled", "taken"]

_CANDIDATES = 600  # pairs among which the skeleton is chosen
_PROBES = 600  # pairs on which it is verified
_DRAWN = 20_000  # pairs of which these are samples
_ROUNDS = 5
_NOTHING = 1e-290  # a kernel that has decayed as far loses its digits to underflow


@dataclass(frozen=True)
class Sample:
    """Pairs of inputs with the scale of their entries.

    Attributes
    ----------
    pairs : Pairs
        Fields of shape (c,).
    size : array (c,)
        √(K(x,x) K(x',x')), relative to the largest at the same times, where it is largest.
    """

    pairs: Pairs
    size: Array

    def __getitem__(self, index: Index) -> Sample:
        return Sample(Pairs(*(field[index] for field in self.pairs)), self.size[index])


@dataclass(frozen=True)
class Instants:
    """Pairs of times with the scale of the kernel.

    Attributes
    ----------
    t, s : array (n,)
    scale : array (n,)
        Largest K(t,s;x,x) of one input over its `size`; entries of different inputs are compared with it.
    """

    t: Array
    s: Array
    scale: Array

    def __getitem__(self, index: Index) -> Instants:
        return Instants(self.t[index], self.s[index], self.scale[index])

    def relative(self, values: Array) -> tuple[Array, Array]:
        """Divide values (n, c) by the scale, or by the largest value if it is larger; and that divisor (n, 1).

        What is nothing, to the digits that float64 has there, becomes zero.
        """
        scale = np.maximum(np.abs(values).max(axis=1), self.scale)[:, None]
        scale = np.where(scale > _NOTHING, scale, np.inf)
        return values / scale, scale


@dataclass(frozen=True)
class Skeleton:
    """r skeleton pairs, and the times at which the coefficients of any other pair are fitted.

    Attributes
    ----------
    sample : Sample
        The skeleton pairs.
    times : pair of arrays (n,)
        n ≥ r pairs of times.
    scale : array (n,)
        Largest entry at each of them, over `size`.
    orthonormal, upper : array (n, r), (r, r)
        QR factors of the skeleton's entries at these times, over size and scale: coefficients are of least squares. An
        explicit inverse would multiply rounding by the condition number.
    error : float
        Largest relative error found on pairs and times that were not used.
    """

    sample: Sample
    times: Times
    scale: Array
    orthonormal: Array
    upper: Array
    error: float

    def coefficients(self, entries: Entries, pairs: Pairs, size: Array) -> Array:
        """Φ_k of pairs of inputs: shape (r, c)."""
        from scipy.linalg import solve_triangular

        exact = entries(*self.times, pairs) / size / self.scale[:, None]
        return solve_triangular(self.upper, self.orthonormal.T @ exact) * (size / self.sample.size[:, None])


def input_sizes(entries: Entries, norms: Array, times: Times) -> tuple[Array, Instants]:
    """√K(x,x) of inputs, relative to the largest at the same times, where it is largest; and the scale at each time.

    The `size` of a pair is the product of two of them.
    """
    distinct, index = np.unique(norms, return_inverse=True)
    own = np.abs(entries(*times, diagonal(distinct)))
    scale = own.max(axis=1, keepdims=True)
    found = np.sqrt((own / np.where(scale > _NOTHING, scale, np.inf)).max(axis=0))
    found = np.where(found > 0, found, 1.0)
    return found[index.reshape(-1)], Instants(*times, (own / found**2).max(axis=1))


def sampled(pairs: Pairs, sizes: tuple[Array, Array], rng: np.random.Generator) -> Sample:
    """Draw pairs of different inputs that cover correlations and norms evenly, the most parallel ones among them."""
    rows, columns = pairs.xy.shape
    if rows * columns <= _DRAWN:
        i, j = (index.ravel() for index in np.indices((rows, columns)))
    else:
        near = _most_parallel(pairs)
        drawn = rng.integers(0, rows * columns, _DRAWN)
        i, j = np.divmod(np.unique(np.concatenate([near, drawn])), columns)
    i, j = i[i != j], j[i != j]
    return taken(pairs, sizes, i, j)


def taken(pairs: Pairs, sizes: tuple[Array, Array], i: Index, j: Index) -> Sample:
    """The pairs of rows i and columns j."""
    found = Pairs(pairs.xx[i, 0], pairs.xy[i, j], pairs.yy[0, j], pairs.root[i, j])
    return Sample(found, sizes[0][i] * sizes[1][j])


def _most_parallel(pairs: Pairs, count: int = 100) -> Index:
    """Flat indices of pairs with the smallest root, at first of all rows by themselves."""
    size = np.sqrt(pairs.xx) * np.sqrt(pairs.yy)
    sine = np.where(size > 0, pairs.root / np.where(size > 0, size, 1.0), 1.0)
    np.fill_diagonal(sine, 1.0)
    return np.argpartition(sine, count, axis=None)[:count]


def choose(
    entries: Entries,
    sample: Sample,
    times: Instants,
    tol: float,
    rng: np.random.Generator,
    extra: Sample | None = None,
) -> Skeleton:
    """Choose a skeleton and verify it on pairs of the sample and at times it was not built from.

    Returns the best after some rounds; its `error` says whether it is good enough.
    """
    order = rng.permutation(times.t.size)
    build, check = np.split(order, [order.size // 3])
    candidates, target = _candidates(sample, rng), 0.1 * tol
    count = sample.size.size
    for _ in range(_ROUNDS):
        found = _interpolate(entries, _with(sample[candidates], extra), times[build], target)
        probe = rng.choice(count, min(count, _PROBES), replace=False)
        error = np.abs(_residual(entries, found, _with(sample[probe], extra), times[check]))
        found = replace(found, error=float(error.max()))
        if found.error <= tol:
            break
        worst = np.argsort(error.max(axis=0))[-50:]
        candidates = np.union1d(candidates, probe[worst[worst < probe.size]])
        build = np.union1d(build, check[np.argsort(error.max(axis=1))[-check.size // 4 :]])
        target *= 0.3
    return found


def _with(sample: Sample, extra: Sample | None) -> Sample:
    if extra is None:
        return sample
    pairs = Pairs(*(np.concatenate(fields) for fields in zip(sample.pairs, extra.pairs, strict=True)))
    return Sample(pairs, np.concatenate([sample.size, extra.size]))


def _candidates(sample: Sample, rng: np.random.Generator) -> Index:
    """Places in the sample that cover its correlations and norms evenly."""
    pairs, count = sample.pairs, sample.size.size
    if count <= _CANDIDATES:
        return np.arange(count)
    size = np.sqrt(pairs.xx) * np.sqrt(pairs.yy)
    correlation = pairs.xy / np.where(size > 0, size, 1.0)
    spread = np.linspace(0, count - 1, _CANDIDATES // 4).astype(int)
    sorted_by = [np.argsort(key, kind="stable")[spread] for key in (correlation, pairs.xx, pairs.yy)]
    return np.unique(np.concatenate([*sorted_by, rng.choice(count, _CANDIDATES // 4, replace=False)]))


def _interpolate(entries: Entries, sample: Sample, times: Instants, tol: float) -> Skeleton:
    """Choose pairs by pivoted QR, then the times that determine coefficients best."""
    from scipy.linalg import qr  # imported where used: start-up time

    values, scale = times.relative(entries(times.t, times.s, sample.pairs) / sample.size)
    _, triangle, pivots = qr(values, mode="economic", pivoting=True)
    rank = max(1, int(np.sum(np.abs(np.diag(triangle)) > tol)))
    basis = values[:, pivots[:rank]]
    _, _, rows = qr(basis.T, mode="economic", pivoting=True)
    rows = rows[: 2 * rank]
    orthonormal, upper = qr(basis[rows], mode="economic")
    chosen, at = sample[pivots[:rank]], (times.t[rows], times.s[rows])
    return Skeleton(chosen, at, scale[rows, 0], orthonormal, upper, np.inf)


def _residual(entries: Entries, skeleton: Skeleton, probe: Sample, times: Instants) -> Array:
    """Relative errors of other pairs at other times."""
    exact, scale = times.relative(entries(times.t, times.s, probe.pairs) / probe.size)
    coefficients = skeleton.coefficients(entries, probe.pairs, probe.size)
    return entries(times.t, times.s, skeleton.sample.pairs) @ coefficients / probe.size / scale - exact
