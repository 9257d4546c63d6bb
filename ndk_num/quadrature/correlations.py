"""F/√(F(a,a,a) F(b,b,b)) and the same of Ḟ: tables in log a, log b and the angle, one for each pair of cells.

The angle θ = arccos(c/√(ab)) enters through the variable y(θ) that is logarithmic within κ⁻¹ of 0 and π,
κ = √(ab/(a + b)), where the averages change.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ndk_num.checks import Array, Index
from ndk_num.errors import InputError
from ndk_num.quadrature import chebyshev
from ndk_num.quadrature.norms import ACCURACY, LEVELS, Norms
from ndk_num.quadrature.rules import products

__all__ = ["Angles", "Correlations", "Pair"]

_ORDERS = (14, 19, 26, 36)  # nodes in log a and in log b
_ANGLES = (16, 24, 32, 42, 56, 72, 92, 120, 160, 240)  # nodes in the angle
_TAIL = 1e-13  # coefficients that are left out
_SAMPLES = 10  # places where a table is tested


@dataclass(frozen=True)
class Angles:
    """The map from angles to −1 ≤ x ≤ 1 for variances up to those of two cells."""

    delta: float

    @classmethod
    def of(cls, cells: tuple[int, int]) -> Angles:
        """For the pair of cells."""
        first, second = (2.0 ** (cell + 1) for cell in cells)
        return cls(0.7 * np.hypot(first / second, 1) / first)  # 0.7/κ: the fewest nodes for tanh and silu

    @property
    def depth(self) -> float:
        """The variable y at θ = π."""
        return float(np.log1p(np.pi / self.delta))

    def place(self, theta: Array, rest: Array) -> Array:
        """x, from θ and π − θ; x = −1 at θ = 0."""
        result: Array = (np.log1p(theta / self.delta) - np.log1p(rest / self.delta)) / self.depth
        return result

    def angle(self, x: float) -> float:
        """θ ≤ π/2 where x ≤ 0."""
        y = (1 + x) * self.depth
        return float(-(np.pi + self.delta) * np.expm1(-y) / (1 + np.exp(self.depth - y)))


@dataclass(frozen=True)
class Pair:
    """Chebyshev coefficients of both correlations for one pair of cells: shape (√a, 2, angle, √b)."""

    angles: Angles
    coefficient: Array

    @cached_property
    def products(self) -> tuple[Index, Index, Array]:
        """The same by products T_i T_j that matter, their i and j: shape (2, angle, product) as a matrix."""
        size = np.abs(self.coefficient).max(axis=(1, 2))
        first, second = np.nonzero(size > _TAIL / 30)
        kept = self.coefficient[first, :, :, second]
        return first, second, np.ascontiguousarray(kept.reshape(len(first), -1).T)

    @cached_property
    def pieces(self) -> list[Array]:
        """The matrix of `products` on equal pieces of −1 ≤ x ≤ 1, where fewer coefficients do."""
        count = self.coefficient.shape[2]
        whole = self.products[2].reshape(2, count, -1)
        number = max(1, min(6, count // 10))
        edges = np.linspace(-1, 1, number + 1)
        return [_piece(whole, start, end) for start, end in itertools.pairwise(edges)]


def _piece(whole: Array, start: float, end: float) -> Array:
    """Series in the angle on part of its range: as many coefficients as reproduce it, exactly if it needs all."""
    count = whole.shape[1]
    for order in (*range(12, count, 4), count):
        x = start + (end - start) * (1 + chebyshev.nodes(order)) / 2
        found = chebyshev.coefficients(np.tensordot(chebyshev.polynomials(x, count), whole, axes=(0, 1)))
        if np.abs(found[-2:]).sum(axis=2).max() < _TAIL / 10:
            break
    return np.ascontiguousarray(found.swapaxes(0, 1).reshape(2 * order, -1))


@dataclass
class Correlations:
    """Both correlations, from tables made and verified where they are first needed."""

    norms: Norms
    pairs: dict[tuple[int, int], Pair] = field(default_factory=dict)

    def pair(self, first: int, second: int) -> Pair:
        """Return the table for a pair of cells.

        Raises
        ------
        InputError
            If the accuracy is out of reach.
        """
        key = (first, second)
        if key not in self.pairs:
            found = _Builder(self.norms, key).pair()
            self.pairs[key] = found
            mirrored = np.ascontiguousarray(found.coefficient.transpose(3, 1, 2, 0))
            self.pairs[second, first] = Pair(found.angles, mirrored)
        return self.pairs[key]


class _Builder:
    """Makes the table of one pair of cells."""

    def __init__(self, norms: Norms, cells: tuple[int, int]) -> None:
        self.norms, self.cells = norms, cells
        self.angles = Angles.of(cells)
        tables = [norms.table(cell) for cell in cells]
        self.reach = max(table.reach for table in tables)
        self.level = max(table.level for table in tables)

    def pair(self) -> Pair:
        error = np.inf
        for level in (x for x in LEVELS if x >= self.level):
            count = self._angles(level)
            for order in _ORDERS:
                table = self._table(order, count, level)
                error = self._error(table, 1.4 * level)
                if error <= ACCURACY / 2:
                    return Pair(self.angles, table)
                if self._resolved(table):
                    break  # more places will not help: more nodes may
        first, second = (4.0**cell for cell in self.cells)
        raise InputError(
            f"averages of {self.norms.functions.name} at variances near {first:.3g} and {second:.3g} were computed to"
            f" {error:.1e}, and {ACCURACY:g} is required; away from 0 the activation must be smooth, and vary no faster"
            " than on a scale of about 1"
        )

    def _correlations(self, places: tuple[Array, Array], theta: float, level: float) -> Array:
        """Both correlations at θ and π − θ: shape (2, 2, n, m)."""
        scales = [2.0 ** (cell + (1 + x) / 2) for cell, x in zip(self.cells, places, strict=True)]
        found = np.array(products(self.norms.functions, (scales[0], scales[1]), theta, self.reach, level))
        first, second = (self.norms.at(np.minimum(s, np.nextafter(2.0 ** (cell + 1), 0)), 0, 1)
                         for s, cell in zip(scales, self.cells, strict=True))  # fmt: skip
        size = np.array([np.sqrt(np.outer(first[k], second[k])) for k in range(2)])
        return found / size

    def _over_angles(self, places: tuple[Array, Array], count: int, level: float) -> Array:
        """Coefficients in the angle: shape (angle, 2, n, m)."""
        values = np.empty((count, 2, len(places[0]), len(places[1])))
        for k, x in enumerate(chebyshev.nodes(count)[: (count + 1) // 2]):
            values[k], values[count - 1 - k] = self._correlations(places, self.angles.angle(x), level)
        return chebyshev.coefficients(values)

    def _angles(self, level: float) -> int:
        """How many nodes the angle needs, from the corners."""
        ends = np.array([-1.0, 1.0])
        for count in (x for x in _ANGLES if x >= min(11 * self.angles.depth, _ANGLES[-1])):
            tail = np.abs(self._over_angles((ends, ends), count, level)[-3:]).max()
            if tail < _TAIL:
                break
        return count

    def _table(self, order: int, count: int, level: float) -> Array:
        """Coefficients in all three, negligible ones at the ends left out."""
        places = chebyshev.nodes(order)
        table = self._over_angles((places, places), count, level)
        table = np.moveaxis(chebyshev.coefficients(np.moveaxis(table, 2, 0)), 0, 2)
        table = np.moveaxis(chebyshev.coefficients(np.moveaxis(table, 3, 0)), 0, 3)
        table = table.transpose(2, 1, 0, 3)
        keep = [
            1 + int(np.flatnonzero(np.abs(table).max(axis=tuple({0, 1, 2, 3} - {axis})) > _TAIL / 10)[-1])
            for axis in (0, 2, 3)
        ]
        return np.ascontiguousarray(table[: keep[0], :, : keep[1], : keep[2]])

    def _resolved(self, table: Array) -> bool:
        return bool(max(np.abs(table[-1]).max(), np.abs(table[..., -1]).max()) < ACCURACY / 20)

    def _error(self, table: Array, level: float) -> float:
        """The largest error at random places, against a finer rule."""
        sizes = (table.shape[0], table.shape[2], table.shape[3])
        rng, worst = np.random.default_rng([cell + 2000 for cell in self.cells]), 0.0
        for _ in range(_SAMPLES):
            x, y, q = rng.uniform(-1, 1, 3)
            exact = self._correlations((np.array([x]), np.array([y])), self.angles.angle(-abs(q)), level)
            theta = self.angles.angle(-abs(q))
            for side, angle in enumerate((theta, np.pi - theta)):
                place = float(self.angles.place(np.array(angle), np.array(np.pi - angle)))
                at_point = zip((x, place, y), sizes, strict=True)
                bases = [chebyshev.polynomials(np.array([v]), n)[:, 0] for v, n in at_point]
                found = np.einsum("ifkj,i,k,j->f", table, *bases)
                worst = max(worst, float(np.abs(found - exact[side, :, 0, 0]).max()))
        return worst
