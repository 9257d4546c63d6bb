"""Layer maps of activations without closed form: norms times correlations, both from verified tables."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ndk_num.checks import Array, Index
from ndk_num.errors import InputError
from ndk_num.quadrature import chebyshev
from ndk_num.quadrature.correlations import Correlations, Pair
from ndk_num.quadrature.mehler import CLASSES, Mehler, Sum
from ndk_num.quadrature.norms import ACCURACY, Norms, cells
from ndk_num.quadrature.rules import Functions

__all__ = ["Numeric"]

Series = Callable[[Pair, Array, Array, Array], tuple[Array, Array]]
_STRIP = 2048  # rows of entries with variances of their own: a hundred coefficients for each
_FEW = 256  # entries that are not worth a sum of their own
_ZERO = -2000  # the cell of variance 0


@dataclass(frozen=True)
class _Entries:
    """Covariances, with √a, √b and ρ = c/√(ab): arrays (rows, columns) that broadcast."""

    a: Array
    c: Array
    b: Array
    root_a: Array
    root_b: Array
    rho: Array

    @classmethod
    def of(cls, a: Array, c: Array, b: Array) -> _Entries:
        root_a, root_b = np.sqrt(a), np.sqrt(b)
        with np.errstate(all="ignore"):
            rho = np.clip(c / root_a / root_b, -1, 1)
        return cls(a, c, b, root_a, root_b, rho)

    @property
    def fields(self) -> tuple[Array, Array, Array, Array, Array, Array]:
        return self.a, self.c, self.b, self.root_a, self.root_b, self.rho

    def part(self, rows: Index | slice) -> _Entries:
        return _Entries(*(field[rows] for field in self.fields))


class Numeric:
    """F, Ḟ and μ of an activation by quadrature: `dual`, `norm` and `mean`, raw functions that broadcast.

    F = √(F(a,a,a) F(b,b,b)) R(a, b, θ),   Ḟ alike,   cos θ = c/√(ab),   |R| ≤ 1.

    Each is accurate to 1e-12 √(F(a,a,a) F(b,b,b)), and Ḟ to the same of its own norms. Tables are made at first use,
    for every pair of cells of the variances, and verified by finer quadrature. `root_det` gives √(ab − c²), as
    generated code has it.

    Raises
    ------
    InputError
        From a function if that accuracy is out of reach, if φ jumps at 0, or if it is not finite.
    """

    def __init__(self, functions: Functions, root_det: Callable[[Array, Array, Array], Array]) -> None:
        self._functions, self._root_det = functions, root_det
        self._norms = Norms(functions)
        self._correlations, self._mehler = Correlations(self._norms), Mehler(self._norms)
        sides = [functions.values(np.array([s * 1e-300])) for s in (1.0, -1.0)]
        if sides[0][0][0] != sides[1][0][0] and abs(sides[0][0][0] - sides[1][0][0]) > 1e-12:
            raise InputError(f"{functions.name} jumps at 0; a continuous activation is needed")
        # at a kink the value of independent z₁ and z₂, as for ReLU
        self._value = float(functions.values(np.zeros(1))[0][0])
        self._slope = float(sides[0][1][0] + sides[1][1][0]) / 2

    def norm(self, a: Array) -> Array:
        """F(a, a, a)."""
        return self._single(a, 0, self._value**2)

    def mean(self, a: Array) -> Array:
        """μ(a)."""
        return self._single(a, 2, self._value)

    def _single(self, a: Array, which: int, at_zero: float) -> Array:
        scale = np.atleast_1d(np.sqrt(np.asarray(a, dtype=np.float64)))
        result = np.full(scale.shape, at_zero)
        positive = scale > 0
        result[positive] = self._norms.at(scale[positive], which)[0]
        return result.reshape(np.shape(a))

    def dual(self, a: Array, c: Array, b: Array) -> tuple[Array, Array]:
        """(F, Ḟ)."""
        a, c, b = (np.asarray(x, dtype=np.float64) for x in (a, c, b))
        shape = np.broadcast_shapes(a.shape, c.shape, b.shape)
        if 0 in shape:
            return np.empty(shape), np.empty(shape)
        a, b = _collapsed(a), _collapsed(b)
        if a.size == b.size == 1:
            return self._outer(a.reshape(1, 1), c.reshape(1, -1), b.reshape(1, 1), shape)
        if len(shape) == 2 and a.shape[-1] == 1 and (b.ndim < 2 or b.shape[0] == 1):
            return self._outer(a.reshape(-1, 1), np.broadcast_to(c, shape), b.reshape(1, -1), shape)
        if len(shape) == 2 and a.shape[-1] == b.shape[-1] == 1:
            a, b = (np.broadcast_to(x, (shape[0], 1)) for x in (a, b))
            return self._each(a, np.broadcast_to(c, shape), b, shape)
        a, c, b = (np.broadcast_to(x, shape).reshape(-1, 1) for x in (a, c, b))
        return self._each(a, c, b, shape)

    def _outer(self, a: Array, c: Array, b: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Variances a of rows and b of columns: each cell's series are summed over the variances as matrix products."""
        result = np.empty((2, *c.shape))
        for rows in _grouped(a.ravel()):
            for columns in _grouped(b.ravel()):
                first, second = a[rows], b[:, columns]
                # a variance of all rows, or of all columns, has one group
                at = np.ix_(rows if a.size > 1 else np.arange(len(c)), columns if b.size > 1 else np.arange(c.shape[1]))
                entries = _Entries.of(first, c[at], second)
                block = self._block(entries, int(_classes(entries.rho).max()), _outer_series)
                for whole, part in zip(result, block, strict=True):
                    whole[at] = part
        return result[0].reshape(shape), result[1].reshape(shape)

    def _short(self, entries: _Entries, largest: int) -> Sum | None:
        """Mehler's series, where it is short, of the cells of the first entry."""
        first, second = (int(cells(root.flat[:1])[0][0]) for root in (entries.root_a, entries.root_b))
        return self._mehler.sum(first, second, largest)

    def _each(self, a: Array, c: Array, b: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Variances of every entry, or of every row of them, by themselves: in the order of cells and correlations."""
        entries, result = _Entries.of(a, c, b), np.empty((2, *c.shape))
        classes = _classes(entries.rho).max(axis=1)
        order, groups = _sorted(entries, classes)
        if order is not None:
            entries, classes = entries.part(order), classes[order]
        found = result if order is None else np.empty_like(result)
        for group in groups:
            for some in self._by_class(classes[group], group.start):
                found[:, some] = self._block(entries.part(some), int(classes[some][-1]), _each_series)
        if order is not None:
            result[:, order] = found
        return result[0].reshape(shape), result[1].reshape(shape)

    def _by_class(self, classes: Index, start: int) -> Iterator[slice]:
        """Consecutive entries of one class of ρ, which increases; few of them join the next."""
        first = 0
        for which in range(len(CLASSES)):
            last = int(np.searchsorted(classes, which, side="right"))
            if last - first >= _FEW or (last == len(classes) and last > first):
                yield slice(start + first, start + last)
                first = last

    def _block(self, entries: _Entries, largest: int, series: Series) -> Array:
        """F and Ḟ of entries whose variances a all lie in one cell, or are all zero, and so do b."""
        a, c, b, root_a, root_b, rho = entries.fields
        if not a.flat[0] or not b.flat[0]:
            return np.array(self._without(a, c, b))
        short = self._short(entries, largest)
        found, bound = short(root_a, root_b, rho) if short else self._tabulated(entries, series)
        self._bounded(entries, found, bound)
        return found

    def _tabulated(self, entries: _Entries, series: Series) -> tuple[Array, Array]:
        """The same from the tables of both variances and the angle, and √(F(a,a,a) F(b,b,b)) and alike."""
        a, c, b, root_a, root_b, _ = entries.fields
        norms = [self._norms.at(root, 0, 1) for root in (root_a, root_b)]
        (cell_a, x_a), (cell_b, x_b) = cells(root_a), cells(root_b)
        table = self._correlations.pair(int(cell_a.flat[0]), int(cell_b.flat[0]))
        near = np.arctan2(self._root_det(a, c, b), np.abs(c))
        place = table.angles.place(near, np.pi - near)
        place = np.where(c < 0, -place, place)
        found = np.array(series(table, x_a, x_b, place))
        bound = np.array([np.sqrt(norms[0][k]) * np.sqrt(norms[1][k]) for k in range(2)])
        return found * bound, bound

    def _bounded(self, entries: _Entries, found: Array, bound: Array) -> None:
        """Make |F| ≤ √(F(a,a,a) F(b,b,b)) and alike, and both equal where z₁ = z₂."""
        at = np.nonzero((np.abs(found) > (1 - 2 * ACCURACY) * bound).any(axis=0))
        if not at[0].size:
            return
        a, c, b, root_a, root_b, _ = (np.broadcast_to(x, found.shape[1:])[at] for x in entries.fields)
        first, second = self._norms.at(root_a, 0, 1), self._norms.at(root_b, 0, 1)
        for k in range(2):
            most = np.sqrt(first[k]) * np.sqrt(second[k])
            here = np.clip(found[k][at], -most, most)
            found[k][at] = np.where((a == b) & (c >= a), first[k], here)

    def _without(self, a: Array, c: Array, b: Array) -> tuple[Array, Array]:
        """Entries where one of the variances is zero: z₁ = 0 or z₂ = 0."""
        other = np.maximum(a, b)
        value = self._value * self._single(other, 2, self._value)
        slope = self._slope * self._single(other, 3, self._slope)
        shape = np.broadcast_shapes(c.shape, other.shape)
        return np.broadcast_to(value, shape), np.broadcast_to(slope, shape)


def _collapsed(x: Array) -> Array:
    """A single number, or one for each row, if the others are the same."""
    if (x == x.flat[0]).all():
        return x.reshape(-1)[:1]
    return x[:, :1] if x.ndim == 2 and x.shape[1] > 1 and (x == x[:, :1]).all() else x


def _grouped(variances: Array) -> list[Index]:
    """The places of the variances of each cell; zeros are a cell of their own."""
    cell = _cell(np.sqrt(variances))
    if (cell == cell[0]).all():
        return [np.arange(cell.size)]
    return [np.flatnonzero(cell == k) for k in np.unique(cell)]


def _cell(root: Array) -> Index:
    """The number of each standard deviation's cell; zeros are a cell of their own."""
    found = np.frexp(root)[1]
    return np.where(root > 0, found, _ZERO)


def _classes(rho: Array) -> Index:
    """The class of every correlation."""
    size = np.abs(rho)
    result = np.zeros(rho.shape, dtype=np.intp)
    for limit in CLASSES[:-1]:
        result += size > limit
    return result


def _sorted(entries: _Entries, classes: Index) -> tuple[Index | None, list[slice]]:
    """An order by cells, then classes, and the consecutive entries of each pair of cells; no order if it is one."""
    first, second = (_cell(root[:, 0]) for root in (entries.root_a, entries.root_b))
    first, second = first - first.min(), second - second.min()
    key = (first * (second.max() + 1) + second) * len(CLASSES) + classes
    if key.max() < 1 << 15:
        key = key.astype(np.int16)  # sorted several times faster
    if (key == key[0]).all():
        return None, [slice(0, len(key))]
    order = np.argsort(key, kind="stable")
    pair = key[order] // len(CLASSES)
    edges = [0, *(np.flatnonzero(np.diff(pair)) + 1).tolist(), len(pair)]
    return order, [slice(start, end) for start, end in itertools.pairwise(edges)]


def _outer_series(table: Pair, x_a: Array, x_b: Array, place: Array) -> tuple[Array, Array]:
    """Both series at (rows, columns), for x_a of the rows and x_b of the columns."""
    coefficient = table.coefficient
    rows = np.tensordot(chebyshev.polynomials(x_a[:, 0], coefficient.shape[0]), coefficient, axes=(0, 0))
    columns = chebyshev.polynomials(x_b[0], coefficient.shape[3])
    result, strip = np.empty((2, *place.shape)), max(1, _STRIP // place.shape[1])
    for start in range(0, len(place), strip):
        at = slice(start, start + strip)
        whole = rows[at if len(rows) > 1 else slice(None)] @ columns  # (row, 2, angle, column)
        for k in range(2):
            result[k, at] = chebyshev.series(whole[:, k].swapaxes(0, 1), place[at])
    return result[0], result[1]


def _each_series(table: Pair, x_a: Array, x_b: Array, place: Array) -> tuple[Array, Array]:
    """Both series at rows of entries, for x_a and x_b of the rows; by pieces of the angle if rows are one entry."""
    result = np.empty((2, *place.shape))
    whole = [table.products[2]] if place.shape[1] > 1 else table.pieces
    at = (place + 1) * (len(whole) / 2)
    piece = np.minimum(at.astype(np.intp), len(whole) - 1)
    for number, matrix in enumerate(whole):
        rows = np.arange(len(x_a)) if len(whole) == 1 else np.flatnonzero(piece[:, 0] == number)
        for start in range(0, len(rows), _STRIP):
            some = rows[start : start + _STRIP]
            parts = chebyshev.product(matrix, _bases(table, x_a[some, 0], x_b[some, 0]))
            parts = parts.reshape(2, len(matrix) // 2, -1, 1)
            for k in range(2):
                result[k, some] = chebyshev.series(parts[k], 2 * (at[some] - number) - 1)
    return result[0], result[1]


def _bases(table: Pair, x_a: Array, x_b: Array) -> Array:
    """The products T_i(x_a) T_j(x_b) that matter."""
    first, second, _ = table.products
    sizes = table.coefficient.shape
    found = chebyshev.polynomials(x_a, sizes[0])[first]
    found *= chebyshev.polynomials(x_b, sizes[3])[second]
    return found
