"""A two-time kernel between many inputs as a short sum  K(t,s) ≈ Σ_k A_k(t,s) Φ_k.

Over all pairs of times the entries of the kernel matrix span a space of only some ten to thirty dimensions, so all of
them are interpolated from a few *skeleton* pairs of inputs: A_k(t,s) is the exact kernel of the k-th skeleton pair,
Φ_k holds the coefficients of every pair. Pivoted QR chooses the skeleton; the result is verified on entries and times
it was not built from. Errors are relative to √(K(x,x) K(x',x')) of the pair of inputs, so that small inputs beside
large ones keep their digits, and to the largest such entry at the same pair of times, so that a kernel whose scale
changes by orders of magnitude along the trajectory is as accurate late as early.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ndk_num.checks import Array, Index
from ndk_num.errors import AccuracyWarning
from ndk_num.kernels import pairwise
from ndk_num.network import Network
from ndk_num.pairs import Pairs, diagonal

Times = tuple[Array, Array]

_EXACT = 48  # with so few pairs each is its own skeleton
_CANDIDATES = 600  # pairs among which the skeleton is chosen
_PROBES = 600  # pairs on which it is verified
_ROUNDS = 5
_NOTHING = 1e-290  # a kernel that has decayed as far loses its digits to underflow


class Entries:
    """Exact kernel entries (t, s, pairs) → (n, r), counted."""

    def __init__(self, function: Callable[[Array, Array, Pairs], Array]) -> None:
        self._function = function
        self.count = 0

    def __call__(self, t: Array, s: Array, pairs: Pairs) -> Array:
        """Entries for n pairs of times and r pairs of inputs."""
        self.count += t.size * pairs.xy.size
        return self._function(t, s, pairs)


@dataclass(frozen=True)
class SeparatedKernel:
    """K(t,s) ≈ Σ_k `evaluate(t, s)[:, k]` · `blocks[i][k]` for the i-th matrix.

    Attributes
    ----------
    entries : Entries
        Exact kernel entries.
    skeleton : Pairs
        The r skeleton pairs, each field of shape (r,).
    blocks : tuple of arrays (r, rows, columns)
        Coefficients Φ_k of each matrix that was asked for.
    error : float
        Largest relative error found on entries and times that were not used; 0 when every pair is its own skeleton.
    """

    entries: Entries
    skeleton: Pairs
    blocks: tuple[Array, ...]
    error: float

    @property
    def rank(self) -> int:
        """Number of skeleton pairs."""
        return self.skeleton.xy.size

    def evaluate(self, t: Array, s: Array) -> Array:
        """A_k(t,s) for n pairs of times: shape (n, r)."""
        return self.entries(t, s, self.skeleton)


def ndk_entries(net: Network) -> Entries:
    """Entries of the neural dynamical kernel K^{d,L}."""
    return Entries(lambda t, s, pairs: pairwise(net, t, s, pairs, "ndk"))


def sample_times(horizon: float, rate: float) -> Times:
    """Pairs of times 0 ≤ s ≤ t ≤ horizon that resolve s → 0 and s → t of a kernel that changes at `rate`."""
    start = min(horizon, 1e-6 / rate if rate > 0 else horizon)
    late = np.geomspace(start, horizon, 30)
    distance = np.concatenate([[0.0], np.geomspace(1e-12, 0.5, 16), 1 - np.geomspace(0.4, 1e-6, 8), [1.0]])
    lag = np.outer(late, distance).ravel()
    t = np.repeat(late, distance.size)
    return t, np.maximum(t - lag, 0.0)


def separate(entries: Entries, grams: Sequence[Pairs], times: Times, tol: float, *, seed: int = 0) -> SeparatedKernel:
    """Build the separated kernel of several matrices at once.

    Parameters
    ----------
    entries : Entries
        Exact kernel entries.
    grams : sequence of Pairs
        Input kernel of each matrix; fields that broadcast to (rows, columns).
    times : pair of arrays (n,)
        Pairs of times to build on and, at others of them, to verify on.
    tol : float
        Largest relative error of an entry.
    seed : int
        Chooses the times to build on: kernels with different seeds err differently, so that their distance shows it.

    Warns
    -----
    AccuracyWarning
        If `tol` is not reached; `error` says what was.
    """
    shapes = [np.broadcast_shapes(*(field.shape for field in gram)) for gram in grams]
    flat = [_flat(gram, shape) for gram, shape in zip(grams, shapes, strict=True)]
    pairs = Pairs(*(np.concatenate(fields) for fields in zip(*flat, strict=True)))
    chosen, coefficients, error = _skeleton(entries, pairs, times, tol, seed)
    parts = np.split(coefficients, np.cumsum([len(g.xy) for g in flat])[:-1], axis=1)
    blocks = tuple(
        np.ascontiguousarray(part.reshape(len(part), *shape)) for part, shape in zip(parts, shapes, strict=True)
    )
    return SeparatedKernel(entries, _take(pairs, chosen), blocks, error)


def _skeleton(entries: Entries, pairs: Pairs, times: Times, tol: float, seed: int) -> tuple[Index, Array, float]:
    """Indices of the skeleton pairs, the coefficients of all pairs on them, and the verified error."""
    count = pairs.xy.size
    if count <= _EXACT:
        return np.arange(count), np.eye(count), 0.0
    rng = np.random.default_rng(seed)
    order = rng.permutation(times[0].size)
    build, check = np.split(order, [order.size // 3])
    size = _sizes(entries, pairs, _at(times, build))
    candidates, target = _candidates(pairs, rng), 0.1 * tol
    for _ in range(_ROUNDS):
        chosen, coefficients = _interpolate(entries, pairs, size, candidates, _at(times, build), target)
        probe = rng.choice(count, min(count, _PROBES), replace=False)
        error = np.abs(_residual(entries, pairs, size, chosen, coefficients, _at(times, check), probe))
        if error.max() <= tol:
            return chosen, coefficients, float(error.max())
        candidates = np.union1d(candidates, probe[np.argsort(error.max(axis=0))[-50:]])
        build = np.union1d(build, check[np.argsort(error.max(axis=1))[-check.size // 4 :]])
        target *= 0.3
    warnings.warn(
        f"the separated kernel is accurate to {error.max():.1e} of its largest entry where {tol:.1e} was asked for",
        AccuracyWarning,
        stacklevel=5,
    )
    return chosen, coefficients, float(error.max())


def _candidates(pairs: Pairs, rng: np.random.Generator) -> Index:
    """A sample of the pairs that covers their correlations and norms evenly."""
    count = pairs.xy.size
    if count <= _CANDIDATES:
        return np.arange(count)
    size = np.sqrt(pairs.xx) * np.sqrt(pairs.yy)
    correlation = pairs.xy / np.where(size > 0, size, 1.0)
    spread = np.linspace(0, count - 1, _CANDIDATES // 4).astype(int)
    sorted_by = [np.argsort(key, kind="stable")[spread] for key in (correlation, pairs.xx, pairs.yy)]
    return np.unique(np.concatenate([*sorted_by, rng.choice(count, _CANDIDATES // 4, replace=False)]))


def _sizes(entries: Entries, pairs: Pairs, times: Times) -> Array:
    """√(K(x,x) K(x',x')) of every pair, relative to the largest at the same times, where it is largest."""
    norms, index = np.unique(np.concatenate([pairs.xx, pairs.yy]), return_inverse=True)
    own, _ = _scaled(entries(*times, diagonal(norms)))
    first, second = np.split(np.sqrt(np.abs(own).max(axis=0))[index.reshape(-1)], 2)
    return np.where(first * second > 0, first * second, 1.0)


def _interpolate(
    entries: Entries, pairs: Pairs, size: Array, candidates: Index, times: Times, tol: float
) -> tuple[Index, Array]:
    """Choose skeleton pairs by pivoted QR, then fit every pair at the times that determine the coefficients best."""
    from scipy.linalg import qr, solve_triangular  # imported where used: start-up time

    sample, scale = _scaled(entries(*times, _take(pairs, candidates)) / size[candidates])
    _, triangle, pivots = qr(sample, mode="economic", pivoting=True)
    rank = max(1, int(np.sum(np.abs(np.diag(triangle)) > tol)))
    chosen = candidates[pivots[:rank]]
    basis = sample[:, pivots[:rank]]
    _, _, rows = qr(basis.T, mode="economic", pivoting=True)
    rows = rows[: 3 * rank]
    orthonormal, upper = qr(basis[rows], mode="economic")
    exact = entries(times[0][rows], times[1][rows], pairs) / size / scale[rows]
    return chosen, solve_triangular(upper, orthonormal.T @ exact) * (size / size[chosen][:, None])


def _residual(
    entries: Entries, pairs: Pairs, size: Array, chosen: Index, coefficients: Array, times: Times, probe: Index
) -> Array:
    """Relative errors at `times` of the pairs `probe`."""
    exact, scale = _scaled(entries(*times, _take(pairs, probe)) / size[probe])
    return entries(*times, _take(pairs, chosen)) @ coefficients[:, probe] / size[probe] / scale - exact


def _flat(pairs: Pairs, shape: tuple[int, ...]) -> Pairs:
    return Pairs(*(np.broadcast_to(field, shape).ravel() for field in pairs))


def _scaled(values: Array) -> tuple[Array, Array]:
    """Divide each row by its largest entry; a row of nothing, to the digits that float64 has there, becomes zero."""
    scale = np.abs(values).max(axis=1, keepdims=True)
    scale = np.where(scale > _NOTHING, scale, np.inf)
    return values / scale, scale


def _take(pairs: Pairs, index: Index) -> Pairs:
    return Pairs(*(field[index] for field in pairs))


def _at(times: Times, index: Index) -> Times:
    return times[0][index], times[1][index]
