"""The input kernel K⁰ = x·x'/N0 of pairs of inputs, and how far each pair is from being parallel.

Kernels of activations with a kink have a square-root singularity at parallel inputs. There the entries of K⁰ do not
tell √(K⁰_xx K⁰_x'x' − K⁰_xx'²): rounding them to 1e-16 would leave 1e-8. It is taken from the inputs themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ndk_num import strips
from ndk_num.checks import Array, Index, Mask

__all__ = ["Pairs", "diagonal", "gram", "stacked"]

_NEAR = 0.005  # 1 − |correlation| below which the determinant is computed from the inputs
_MANTISSA, _WANTED = 53, 110  # bits of a float64, and of a scalar product


class Pairs(NamedTuple):
    """Entries of the input kernel for pairs of inputs; arrays that broadcast.

    Attributes
    ----------
    xx, xy, yy : array
        K⁰(x,x), K⁰(x,x'), K⁰(x',x').
    root : array
        √(K⁰(x,x) K⁰(x',x') − K⁰(x,x')²): zero if and only if x and x' are parallel.
    """

    xx: Array
    xy: Array
    yy: Array
    root: Array

    def part(self, rows: slice, columns: slice) -> Pairs:
        """Some rows and columns of a matrix of pairs."""
        return Pairs(self.xx[rows], self.xy[rows, columns], self.yy[:, columns], self.root[rows, columns])


def gram(X: Array, X2: Array | None = None) -> Pairs:
    """Input kernel between all rows of `X` and of `X2`; identical rows get identical entries."""
    other = X if X2 is None else X2
    first, norms = _distinct(X if X2 is None else np.concatenate([X, X2]))
    rows, columns = slice(0, len(X)), slice(len(norms) - len(other), None)
    xy = X @ other.T
    pairs = Pairs(norms[rows][:, None], xy, norms[columns][None, :], np.empty_like(xy))
    near = np.empty(xy.shape, dtype=bool)

    row, column = _equal(first[rows], first[columns])

    def fill(strip: slice) -> None:
        part = slice(*np.searchsorted(row, (strip.start, strip.stop)))
        same = row[part] - strip.start, column[part]
        xy[strip] /= X.shape[1]
        near[strip] = _fill(pairs.part(strip, slice(None)), same)

    strips.each(fill, strips.rows(xy.shape), xy.size)
    _refine(pairs.root, X, other, near)
    return pairs


def diagonal(norms: Array) -> Pairs:
    """Inputs of these K⁰(x,x), each paired with itself."""
    return Pairs(norms, norms, norms, np.zeros_like(norms))


def stacked(train: Pairs, test: Pairs) -> Pairs:
    """Both kernels in one: rows are the training inputs, then the test inputs; columns are the training inputs."""
    xx, xy, root = (np.concatenate([getattr(pairs, name) for pairs in (train, test)]) for name in ("xx", "xy", "root"))
    return Pairs(xx, xy, train.yy, root)


def _distinct(rows: Array) -> tuple[Index, Array]:
    """Number of the first row that equals each row, and |row|²/N0, the same for equal rows."""
    rows = np.ascontiguousarray(rows) + 0.0  # turns −0.0 into 0.0
    sums = rows.view(np.uint64).sum(axis=1)  # of integers: equal for equal rows, and seldom for others
    _, label, count = np.unique(sums, return_inverse=True, return_counts=True)
    first, seen = np.arange(len(rows)), dict[bytes, int]()
    for row in np.flatnonzero(count[label] > 1).tolist():
        first[row] = seen.setdefault(rows[row].tobytes(), row)
    norms = np.einsum("ij,ij->i", rows, rows) / rows.shape[1]
    return first, norms[first]


def _equal(first: Index, second: Index) -> tuple[Index, Index]:
    """Places (i, j) with first[i] = second[j], in order of i."""
    order = np.argsort(second, kind="stable")
    start, stop = (np.searchsorted(second[order], first, side=side) for side in ("left", "right"))
    count = stop - start
    row = np.repeat(np.arange(first.size), count)
    within = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    return row, order[np.repeat(start, count) + within]


def _fill(pairs: Pairs, same: tuple[Index, ...]) -> Mask:
    """Set K⁰_xy of the same inputs, and √(K⁰_xx K⁰_yy − K⁰_xy²); return where the entries do not tell the root."""
    xx, xy, yy, root = pairs
    xy[same] = xx[same[0], 0]
    size, cross = np.sqrt(xx) * np.sqrt(yy), np.abs(xy)
    gap = size - cross
    np.maximum(gap, 0.0, out=root)
    np.sqrt(root, out=root)
    cross += size
    root *= np.sqrt(cross, out=cross)
    root[same] = 0.0
    size *= _NEAR
    near: Mask = gap < size
    near[same] = False
    return near


def _refine(root: Array, X: Array, X2: Array, near: Mask) -> None:
    """Take the root from the inputs where the entries do not tell it."""
    if near.any():
        rows, columns = near.any(axis=1), near.any(axis=0)
        block = np.ix_(rows, columns)
        root[block] = np.where(near[block], exact_root(X[rows], X2[columns]), root[block])


def exact_root(X: Array, X2: Array) -> Array:
    """√(|x|²|x'|² − (x·x')²)/N0 between rows, with scalar products in twice the precision."""
    (first, scale), (second, scale2) = _normalised(X), _normalised(X2)
    bits = (_MANTISSA - 1 - int(np.ceil(np.log2(max(X.shape[1], 2))))) // 2
    orders = -(-_WANTED // bits)
    sliced, sliced2 = _slices(first, bits, orders), _slices(second, bits, orders)
    cross = _sum([x @ y.T for x, y in _products(sliced, sliced2, orders)])
    norms = _sum([np.einsum("ij,ij->i", x, y) for x, y in _products(sliced, sliced, orders)])
    norms2 = _sum([np.einsum("ij,ij->i", x, y) for x, y in _products(sliced2, sliced2, orders)])
    product = _multiply((norms[0][:, None], norms[1][:, None]), norms2)
    square = _multiply(cross, cross)
    determinant = (product[0] - square[0]) + (product[1] - square[1])
    return np.sqrt(np.maximum(determinant, 0.0)) * (scale[:, None] * (scale2 / X.shape[1]))


def _normalised(X: Array) -> tuple[Array, Array]:
    """Rows divided by a power of two, so that no entry exceeds 1; and these powers."""
    _, exponent = np.frexp(np.abs(X).max(axis=1, initial=0.0))
    return np.ldexp(X, -exponent[:, None]), np.ldexp(1.0, exponent)


def _slices(X: Array, bits: int, most: int) -> list[Array]:
    """X as a sum of matrices of so few bits that scalar products of their rows are exact (Ozaki et al. 2012)."""
    parts: list[Array] = []
    unit = 1.0
    while len(parts) < most and (X.any() or not parts):
        unit /= 2.0**bits
        parts.append(np.round(X / unit) * unit)
        X = X - parts[-1]
    return parts


def _products(left: list[Array], right: list[Array], orders: int) -> Iterator[tuple[Array, Array]]:
    """Pairs of slices whose products reach the wanted bits, large ones first."""
    for order in range(orders):
        for i in range(order + 1):
            if i < len(left) and order - i < len(right):
                yield left[i], right[order - i]


def _sum(terms: list[Array]) -> tuple[Array, Array]:
    """The sum of exact terms, rounded, and what rounding lost (Knuth 1969)."""
    high, low = terms[0], np.zeros_like(terms[0])
    for term in terms[1:]:
        total = high + term
        back = total - high
        low += (high - (total - back)) + (term - back)
        high = total
    return high, low


def _multiply(x: tuple[Array, Array], y: tuple[Array, Array]) -> tuple[Array, Array]:
    """The product of two numbers of twice the precision."""
    rounded = x[0] * y[0]
    (x_high, x_low), (y_high, y_low) = _halves(x[0]), _halves(y[0])
    error = ((x_high * y_high - rounded) + x_high * y_low + x_low * y_high) + x_low * y_low
    return rounded, error + (x[0] * y[1] + x[1] * y[0])


def _halves(x: Array) -> tuple[Array, Array]:
    """x = high + low with products of halves exact (Veltkamp 1968)."""
    high = x * (2.0**27 + 1)
    high = high - (high - x)
    return high, x - high
