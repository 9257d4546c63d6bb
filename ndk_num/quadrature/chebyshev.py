"""Chebyshev interpolation on [−1, 1]: nodes, coefficients, and sums of many series at once."""

from __future__ import annotations

import numpy as np

from ndk_num.checks import Array

__all__ = ["coefficients", "nodes", "polynomials", "product", "series"]

_SINGLE = 1 << 18  # multiplications that OpenBLAS leaves to one thread


def nodes(count: int) -> Array:
    """Return the zeros of T_count, increasing."""
    angle = (np.arange(count) + 0.5) * np.pi / count
    return -np.cos(angle)


def coefficients(values: Array) -> Array:
    """Return the coefficients of the interpolants of values at the `nodes`, along the first axis."""
    count = len(values)
    matrix = 2 / count * polynomials(nodes(count), count)
    matrix[0] /= 2
    return np.tensordot(matrix, values, axes=1)


def polynomials(x: Array, count: int) -> Array:
    """Return T_0 … T_{count−1} at x, shape (count, *x.shape)."""
    result = np.empty((count, *np.shape(x)))
    result[0] = 1
    if count > 1:
        result[1] = x
    twice = 2 * x
    for k in range(2, count):
        np.multiply(twice, result[k - 1], out=result[k])
        result[k] -= result[k - 2]
    return result


def product(left: Array, right: Array) -> Array:
    """Return left @ right in pieces so small that one thread computes each.

    The arrays are narrow, and threads would wait for one another longer than they work: far longer on a busy machine.
    """
    rows, columns = len(left), right.shape[1]
    width = max(16, _SINGLE // left.size)
    whole = columns // width * width
    result = np.empty((rows, columns))
    if whole:
        pieces = right[:, :whole].reshape(len(right), -1, width).swapaxes(0, 1)
        np.matmul(left, pieces, out=result[:, :whole].reshape(rows, -1, width).swapaxes(0, 1))
    if whole < columns:
        np.matmul(left, right[:, whole:], out=result[:, whole:])
    return result


def series(coefficient: Array, x: Array) -> Array:
    """Return Σ_k coefficient[k] T_k(x) by Clenshaw's recurrence; the coefficients may depend on the entry of x."""
    twice = 2 * x
    shape = np.broadcast_shapes(x.shape, coefficient.shape[1:])
    one, two = np.zeros(shape), np.zeros(shape)
    new = np.empty(shape)
    for row in coefficient[:0:-1]:
        np.multiply(twice, one, out=new)
        new -= two
        new += row
        one, two, new = new, one, two
    result: Array = x * one - two + coefficient[0]
    return result
