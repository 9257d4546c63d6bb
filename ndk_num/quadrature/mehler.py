"""Mehler's series in powers of the correlation ρ = c/√(ab), where it is short: φ smooth on the scale of √a, or |ρ| < 1.

With the orthonormal Hermite polynomials he_n,

    g_n(a) = ⟨φ'(√a z) he_{n−1}(z)⟩,   Ḟ = Σ_{n≥1} g_n(a) g_n(b) ρⁿ⁻¹,
    F = μ(a) μ(b) + √(ab) Σ_{n≥1} g_n(a) g_n(b) ρⁿ/n,

so that tables are of one variance, one for each factor of 4. Since Σ g_n(a)² = ⟨φ'²⟩, by Cauchy and Schwarz an error of
g(a), and the terms that are left out, matter no more than their norms: what is verified for one variance holds for two.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ndk_num.checks import Array, Index
from ndk_num.errors import InputError
from ndk_num.quadrature import chebyshev
from ndk_num.quadrature.norms import ACCURACY, Norms
from ndk_num.quadrature.rules import hermite, products

__all__ = ["CLASSES", "Mehler", "Sum"]

CLASSES = (0.5, 0.75, 0.9, 1.0)  # largest |ρ|: each has a series of its own
_COUNTS = (24, 48, 96, 192, 400)  # terms that are tabulated
_MOST = 140  # terms that are summed: beyond, tables of both variances and the angle are faster
_ORDER = 22  # nodes in √a
_LEFT_OUT = 2e-14  # of a sum: terms left out
_KNOWN = 3e-15  # to what the norms are known
_NOTHING = 1e-14  # terms that are rounding: if an eighth of all are at the end, no others follow
_PLACES = np.array([-0.98, -0.63, 0.02, 0.49, 0.97])  # where a table is tested
_STRIP = 4096  # entries summed together: their terms stay in cache
_OTHERS = 3  # rows before those of g: √⟨φ²⟩, √⟨φ'²⟩ and μ


@dataclass(frozen=True)
class _Table:
    """Chebyshev coefficients in √a of √⟨φ²⟩, √⟨φ'²⟩, μ, g_1, g_2 … in one cell, and what the terms amount to.

    `parts`, shape (2, term), are the largest |h_n|/√⟨φ²⟩ and |g_n|/√⟨φ'²⟩, with h_n = √(a/n) g_n; the norm of all later
    terms is at most `rest`, shape (2,).
    """

    coefficient: Array
    parts: Array
    rest: Array


@dataclass(frozen=True)
class Sum:
    """The series for one pair of cells and one class of ρ.

    Attributes
    ----------
    first, second : arrays (rows, order)
        Coefficients for a and for b: three rows, then g_n of the odd `degrees`, then of the even ones.
    scales : pair of floats
        The least √a and √b.
    degrees : pair of arrays
        n, decreasing by 2 to 1, and to 2.
    """

    first: Array
    second: Array
    scales: tuple[float, float]
    degrees: tuple[Index, Index]

    def __call__(self, root_a: Array, root_b: Array, rho: Array) -> tuple[Array, Array]:
        """F and Ḟ, and √(F(a,a,a) F(b,b,b)) and the same of Ḟ to some 1e-15: both of shape (2, rows, columns).

        From √a and √b, arrays that broadcast to the shape of ρ.
        """
        found, bound = np.empty((2, *rho.shape)), np.empty((2, *rho.shape))
        strip = max(1, _STRIP // rho.shape[1])
        for start in range(0, rho.shape[0], strip):
            rows = slice(start, start + strip)
            a, b = (root[rows] if len(root) > 1 else root for root in (root_a, root_b))
            self._sum(a, b, rho[rows], found[:, rows], bound[:, rows])
        return found, bound

    def _sum(self, root_a: Array, root_b: Array, rho: Array, found: Array, bound: Array) -> None:
        a = _rows(self.first, root_a, self.scales[0])
        b = _rows(self.second, root_b, self.scales[1])
        np.multiply(a[:2], b[:2], out=bound)
        square = rho * rho
        term = np.empty((2, *np.broadcast_shapes(root_a.shape, root_b.shape)))
        chains, at = [], _OTHERS
        for degrees in self.degrees:
            partial = np.zeros((2, *rho.shape))
            for n in degrees.tolist():
                np.multiply(a[at], b[at], out=term[1])
                np.multiply(term[1], 1 / n, out=term[0])
                partial *= square
                partial += term
                at += 1
            chains.append(partial)
        odd, even = chains
        if len(self.degrees[1]):
            even *= rho
            odd += even
        np.multiply(odd[0], rho * root_a * root_b, out=found[0])
        found[0] += a[2] * b[2]
        found[1] = odd[1]


@dataclass
class Mehler:
    """The series for pairs of cells, where they are short; made and verified where they are first needed."""

    norms: Norms
    tables: dict[tuple[int, int], _Table | None] = field(default_factory=dict)
    sums: dict[tuple[int, int, int], Sum | None] = field(default_factory=dict)

    def sum(self, first: int, second: int, which: int) -> Sum | None:
        """Return the series for a pair of cells and a class of ρ, or None if it is not the way."""
        key = (first, second, which)
        if key not in self.sums:
            self.sums[key] = found = self._made(first, second, CLASSES[which])
            self.sums[second, first, which] = found and Sum(
                found.second, found.first, found.scales[::-1], found.degrees
            )
        return self.sums[key]

    def _made(self, first: int, second: int, largest: float) -> Sum | None:
        for count in _COUNTS:
            tables = [self._table(cell, count) for cell in (first, second)]
            if tables[0] is None or tables[1] is None:
                return None
            if (tables[0].rest * tables[1].rest).max() * largest**count > _LEFT_OUT:
                continue
            parts = (tables[0].parts * tables[1].parts).max(axis=0) * largest ** np.arange(count)
            degrees = _kept(parts, 1), _kept(parts, 2)
            rows = np.concatenate([np.arange(_OTHERS), *(_OTHERS - 1 + x for x in degrees)])
            if len(rows) > _MOST:
                return None
            halves = [np.ascontiguousarray(table.coefficient[rows]) for table in tables if table]
            found = Sum(halves[0], halves[1], (2.0**first, 2.0**second), degrees)
            return found if self._error(found, (first, second), largest) <= ACCURACY / 2 else None
        return None

    def _table(self, cell: int, count: int) -> _Table | None:
        if (cell, count) not in self.tables:
            self.tables[cell, count] = _built(self.norms, cell, count)
        return self.tables[cell, count]

    def _error(self, found: Sum, cells: tuple[int, int], largest: float) -> float:
        """The largest error at random places and angles, against quadrature in two dimensions."""
        tables = [self.norms.table(cell) for cell in cells]
        limit, level = max(x.reach for x in tables), 1.4 * max(x.level for x in tables)
        rng, worst = np.random.default_rng([cell + 2000 for cell in cells]), 0.0
        least = np.arccos(largest)
        for theta in (least, *rng.uniform(least, np.pi / 2, 3)):
            roots = [2.0**cell * rng.uniform(1, 2, 3) for cell in cells]
            exact = products(self.norms.functions, (roots[0], roots[1]), theta, limit, level)
            for sign, values in zip((1, -1), exact, strict=True):
                rho = np.full((3, 3), sign * np.cos(theta))
                got, bound = found(roots[0][:, None], roots[1][None], rho)
                worst = max(worst, float(np.max(np.abs(got - values) / bound)))
        return worst


def _rows(coefficient: Array, root: Array, scale: float) -> Array:
    """All rows at √a = root: shape (rows, *root.shape)."""
    basis = chebyshev.polynomials(2 / scale * root.ravel() - 3, coefficient.shape[1])
    return chebyshev.product(coefficient, basis).reshape(-1, *root.shape)


def _kept(parts: Array, least: int) -> Index:
    """The degrees least, least + 2 … up to where the rest is negligible, in decreasing order."""
    degrees = np.arange(least, len(parts) + 1, 2)
    rest = np.cumsum(parts[degrees - 1][::-1])[::-1]
    return degrees[rest > _LEFT_OUT][::-1]


def _built(norms: Norms, cell: int, count: int) -> _Table | None:
    """The table of one cell, None if it is not accurate."""
    known, scale = norms.table(cell), 2.0**cell
    roots, tested = (scale * (3 + x) / 2 for x in (chebyshev.nodes(_ORDER), _PLACES))
    try:
        values = hermite(norms.functions, roots, known.reach, known.level, count)
        exact = hermite(norms.functions, tested, known.reach, 1.4 * known.level, count)
    except InputError:
        return None
    table = chebyshev.coefficients(values.T).T
    size = np.abs(_relative(table, values[:2].min(axis=1)[:, None], np.array(2 * scale))).max(axis=0)
    table = np.ascontiguousarray(table[:, : 1 + int(np.flatnonzero(size > ACCURACY / 50)[-1])])
    difference = _rows(table, tested, scale) - exact
    if not np.abs(_relative(difference, exact[:2], tested)).max() <= ACCURACY / 20:
        return None
    parts = np.abs(values[_OTHERS:]) / values[1]
    degree = np.arange(1, count + 1)[:, None]
    parts = np.array([parts * values[1] * roots / values[0] / np.sqrt(degree), parts])
    rest = 1 - (parts**2).sum(axis=1)
    rest[0] -= (values[2] / values[0]) ** 2
    parts, rest = parts.max(axis=2), np.sqrt(np.maximum(rest, _KNOWN).max(axis=1))
    ended = parts[:, -count // 8 :].max(axis=1) < _NOTHING
    return _Table(table, parts, np.where(ended, np.minimum(rest, _LEFT_OUT), rest))


def _relative(rows: Array, norms: Array, roots: Array) -> Array:
    """Norms, means, and the norms of all h_n and of all g_n, relative to √⟨φ²⟩ or √⟨φ'²⟩: shape (5, place)."""
    degree = np.arange(1, len(rows) - _OTHERS + 1)[:, None]
    g = rows[_OTHERS:]
    others = rows[:_OTHERS] / norms[[0, 1, 0]]
    h = np.sqrt((g**2 / degree).sum(axis=0)) * roots / norms[0]
    return np.concatenate([others, [h, np.sqrt((g**2).sum(axis=0)) / norms[1]]])
