"""Layer maps of activations without closed form: norms times correlations, both from verified tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ndk_num.checks import Array, Index
from ndk_num.errors import InputError
from ndk_num.quadrature import chebyshev
from ndk_num.quadrature.correlations import Correlations, Pair
from ndk_num.quadrature.norms import Norms, cells
from ndk_num.quadrature.rules import Functions

__all__ = ["Numeric"]

Series = Callable[[Pair, Array, Array, Array], tuple[Array, Array]]
_STRIP = 2048  # rows of entries with variances of their own: a hundred coefficients for each


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
        self._correlations = Correlations(self._norms)
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
        result[positive] = self._norms.at(scale[positive])[which]
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
        value, slope = np.empty((2, *c.shape))
        for rows in _grouped(a.ravel()):
            for columns in _grouped(b.ravel()):
                first, second = a[rows], b[:, columns]
                # a variance of all rows, or of all columns, has one group
                at = np.ix_(rows if a.size > 1 else np.arange(len(c)), columns if b.size > 1 else np.arange(c.shape[1]))
                value[at], slope[at] = self._block(first, c[at], second, _outer_series)
        return value.reshape(shape), slope.reshape(shape)

    def _each(self, a: Array, c: Array, b: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Variances of every entry, or of every row of them, by themselves."""
        value, slope = np.empty((2, *c.shape))
        for some in _grouped(a.ravel()):
            for there in _grouped(b[some].ravel()):
                entries = some[there]
                for start in range(0, len(entries), _STRIP):
                    at = entries[start : start + _STRIP]
                    value[at], slope[at] = self._block(a[at], c[at], b[at], _each_series)
        return value.reshape(shape), slope.reshape(shape)

    def _block(self, a: Array, c: Array, b: Array, series: Series) -> tuple[Array, Array]:
        """Entries whose variances a all lie in one cell, or are all zero, and so do b."""
        if not a.flat[0] or not b.flat[0]:
            return self._without(a, c, b)
        root_a, root_b = np.sqrt(a), np.sqrt(b)
        norms_a, norms_b = self._norms.at(root_a), self._norms.at(root_b)
        (cell_a, x_a), (cell_b, x_b) = cells(root_a), cells(root_b)
        table = self._correlations.pair(int(cell_a.flat[0]), int(cell_b.flat[0]))
        edge = self._root_det(a, c, b)
        near = np.arctan2(edge, np.abs(c))
        place = table.angles.place(near, np.pi - near)
        place = np.where(c < 0, -place, place)
        same = (edge == 0) & (c > 0) & (a == b)
        results = []
        for k, found in enumerate(series(table, x_a, x_b, place)):
            whole = np.sqrt(norms_a[k]) * np.sqrt(norms_b[k]) * np.clip(found, -1, 1)
            results.append(np.where(same, norms_a[k], whole))
        return results[0], results[1]

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
    cell = np.where(variances > 0, cells(np.sqrt(np.maximum(variances, 5e-324)))[0], -5000)
    if (cell == cell[0]).all():
        return [np.arange(cell.size)]
    return [np.flatnonzero(cell == k) for k in np.unique(cell)]


def _outer_series(table: Pair, x_a: Array, x_b: Array, place: Array) -> tuple[Array, Array]:
    """Both series at (rows, columns), for x_a of the rows and x_b of the columns."""
    coefficient = table.coefficient
    rows = np.tensordot(chebyshev.polynomials(x_a[:, 0], coefficient.shape[0]), coefficient, axes=(0, 0))
    whole = rows @ chebyshev.polynomials(x_b[0], coefficient.shape[3])  # (row, 2, angle, column)
    return chebyshev.series(whole[:, 0].swapaxes(0, 1), place), chebyshev.series(whole[:, 1].swapaxes(0, 1), place)


def _each_series(table: Pair, x_a: Array, x_b: Array, place: Array) -> tuple[Array, Array]:
    """Both series at rows of entries, for x_a and x_b of the rows."""
    first, second, matrix = table.products
    sizes = table.coefficient.shape
    bases = chebyshev.polynomials(x_a[:, 0], sizes[0])[first] * chebyshev.polynomials(x_b[:, 0], sizes[3])[second]
    whole = (matrix @ bases).reshape(2, sizes[2], -1, 1)
    return chebyshev.series(whole[0], place), chebyshev.series(whole[1], place)
