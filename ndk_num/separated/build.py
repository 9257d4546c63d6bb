"""Build a kernel: choose skeletons, fit all entries strip by strip, and verify every one of them on the way."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ndk_num.arrays import NUMPY, DeviceArray, Place
from ndk_num.checks import Array
from ndk_num.errors import AccuracyWarning
from ndk_num.pairs import Pairs, diagonal
from ndk_num.separated.entries import Entries, Times
from ndk_num.separated.kernels import ExactKernel, SeparatedKernel
from ndk_num.separated.skeleton import Instants, Sample, Skeleton, choose, input_sizes, sampled, taken

__all__ = ["separate"]

_EXACT = 48  # with so few entries none is worth compressing
_MOST_EXACT = 12_000  # entries up to which a kernel that cannot be compressed is taken as it is
_STRIP = 1 << 13  # pairs fitted together
_CHECKS = 2  # pairs of times at which every entry is verified
_ROUNDS = 3


def separate(
    entries: Entries,
    pairs: Pairs,
    times: Times,
    tol: float,
    *,
    seed: int = 0,
    place: Place = NUMPY,
    require: Callable[[int], None] | None = None,
) -> ExactKernel | SeparatedKernel:
    """Build the kernel between all rows and columns of `pairs`, of which the first P rows are the columns.

    Parameters
    ----------
    entries : Entries
        Exact kernel entries.
    pairs : Pairs
        Input kernel (R, P): `xx` (R, 1), `yy` (1, P), `xy` and `root` (R, P).
    times : pair of arrays (n,)
        Pairs of times to build on and, at others of them, to verify on.
    tol : float
        Largest relative error of an entry.
    seed : int
        Chooses the times to build on: kernels with different seeds err differently, so that their distance shows it.
    place : Place
        Where the large arrays live.
    require : callable, optional
        Called with the rank before anything large is made; raises if that would not fit.

    Returns
    -------
    ExactKernel or SeparatedKernel
        Entry by entry where there are few, or where compression does not pay or fails.

    Warns
    -----
    AccuracyWarning
        If `tol` is not reached; `error` says what was.
    """
    if pairs.xy.size <= _EXACT:
        return ExactKernel(entries, _full(pairs), place)
    found = _Builder.of(entries, pairs, times, tol, place).build(seed, require)
    if found is not None and found.error <= tol:
        return found
    if pairs.xy.size <= _MOST_EXACT:
        return ExactKernel(entries, _full(pairs), place)
    assert found is not None
    warnings.warn(
        f"the separated kernel is accurate to {found.error:.1e} of its largest entry where {tol:.1e} was asked for",
        AccuracyWarning,
        stacklevel=5,
    )
    return found


@dataclass(frozen=True)
class _Builder:
    """Everything the two families, entries between different inputs and entries of one, have in common."""

    entries: Entries
    pairs: Pairs
    sizes: tuple[Array, Array]  # of rows and of columns
    times: Instants
    tol: float
    place: Place

    @classmethod
    def of(cls, entries: Entries, pairs: Pairs, times: Times, tol: float, place: Place) -> _Builder:
        rows = pairs.xx[:, 0]
        both, instants = input_sizes(entries, np.concatenate([rows, pairs.yy[0]]), times)
        return cls(entries, pairs, (both[: rows.size], both[rows.size :]), instants, tol, place)

    def build(self, seed: int, require: Callable[[int], None] | None) -> SeparatedKernel | None:
        """The separated kernel; None if it has so many terms that it does not pay."""
        rng = np.random.default_rng(seed)
        size = self.pairs.xy.size
        sample, extra = sampled(self.pairs, self.sizes, rng), None
        own, coefficients = self._own(rng)
        for _ in range(_ROUNDS):
            between = choose(self.entries, sample, self.times, self.tol, rng, extra)
            rank = between.sample.size.size + own.sample.size.size
            if size <= _MOST_EXACT and 2 * rank > size:
                return None
            if require is not None:
                require(rank)
            blocks, error, extra = self._fit(between, rng)
            if error <= self.tol or between.error > self.tol:
                break
        skeleton = Pairs(*(np.concatenate(f) for f in zip(between.sample.pairs, own.sample.pairs, strict=True)))
        error = max(error, between.error, own.error)
        return SeparatedKernel(self.entries, skeleton, blocks, self.place.put(coefficients), error, self.place)

    def _own(self, rng: np.random.Generator) -> tuple[Skeleton, Array]:
        """The family of entries of one input: its skeleton and coefficients (q, P)."""
        distinct, first, index = np.unique(self.pairs.yy[0], return_index=True, return_inverse=True)
        size = self.sizes[1][first] ** 2
        skeleton = choose(self.entries, Sample(diagonal(distinct), size), self.times, self.tol, rng)
        return skeleton, skeleton.coefficients(self.entries, diagonal(distinct), size)[:, index.reshape(-1)]

    def _fit(self, skeleton: Skeleton, rng: np.random.Generator) -> tuple[DeviceArray, float, Sample]:
        """Coefficients of all entries (R, r, P), their largest error at more times, and the entries that err most."""
        rows, columns = self.pairs.xy.shape
        norms = self.pairs.yy[0]
        symmetric = self.entries.symmetric or np.ptp(norms) <= 4 * np.finfo(float).eps * norms.max()
        checks = self.times[rng.choice(self.times.t.size, _CHECKS, replace=False)]
        known = self.entries(checks.t, checks.s, skeleton.sample.pairs)
        _, scale = checks.relative(known / skeleton.sample.size)
        blocks = self.place.empty((rows, skeleton.sample.size.size, columns))
        errors = np.zeros((rows, columns))
        for part in _strips(rows, columns):
            mirrored = symmetric and part.stop <= columns
            half = slice(part.start if mirrored else 0, columns)
            flat, size = self._flat(part, half)
            fitted = skeleton.coefficients(self.entries, flat, size)
            gap = np.abs(known @ fitted - self.entries(checks.t, checks.s, flat)) / size / scale
            fitted = fitted.reshape(len(fitted), part.stop - part.start, -1)
            errors[part, half] = gap.max(axis=0).reshape(fitted.shape[1:])
            blocks[part, :, half] = self.place.put(fitted.transpose(1, 0, 2))
            if mirrored:
                blocks[half, :, part] = self.place.put(fitted.transpose(2, 0, 1))
        for row in {0, columns - 1, rows - 1}:  # the last training input's row is a mirrored one
            errors[row] = np.maximum(errors[row], self._assembled(blocks, row, checks, known, scale))
        for i in range(columns):  # these have a family of their own
            errors[i, i] = 0.0
            blocks[i, :, i] = 0.0
        worst = np.divmod(np.argpartition(errors, -min(50, errors.size), axis=None)[-50:], columns)
        return blocks, float(errors.max()), taken(self.pairs, self.sizes, *worst)

    def _flat(self, rows: slice, columns: slice) -> tuple[Pairs, Array]:
        """Pairs of some rows and columns in one dimension, and their size."""
        strip = self.pairs.part(rows, columns)
        size = self.sizes[0][rows, None] * self.sizes[1][columns]
        return Pairs(*(np.broadcast_to(field, strip.xy.shape).ravel() for field in strip)), size.ravel()

    def _assembled(self, blocks: DeviceArray, row: int, checks: Instants, known: Array, scale: Array) -> Array:
        """Errors of a row as it stands in the blocks."""
        flat, size = self._flat(slice(row, row + 1), slice(0, self.pairs.xy.shape[1]))
        found = known @ self.place.get(blocks[row, :, :])
        error: Array = (np.abs(found - self.entries(checks.t, checks.s, flat)) / size / scale).max(axis=0)
        return error


def _strips(rows: int, columns: int) -> Iterator[slice]:
    """Slices of the rows, none of them across the end of the square block."""
    height = max(1, _STRIP // columns)
    for first, last in ((0, min(columns, rows)), (columns, rows)):
        for start in range(first, last, height):
            yield slice(start, min(start + height, last))


def _full(pairs: Pairs) -> Pairs:
    return Pairs(*(np.broadcast_to(field, pairs.xy.shape) for field in pairs))
