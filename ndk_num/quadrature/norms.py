"""⟨φ²⟩, ⟨φ'²⟩, ⟨φ⟩ and ⟨φ'⟩ as functions of the variance: tables in log a, one for each factor of 4.

Always from the table, never in part: the same variance gives the same number in whatever array it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ndk_num.checks import Array, Index
from ndk_num.errors import InputError
from ndk_num.quadrature import chebyshev
from ndk_num.quadrature.rules import Functions, moments, reach

__all__ = ["ACCURACY", "LEVELS", "Norms", "cells"]

ACCURACY = 1e-12  # verified, relative to √(F(a,a,a) F(b,b,b))
LEVELS = (0.85, 1.2, 1.7, 2.5, 3.6)  # factors for the number of nodes that are tried
_ORDERS = (12, 18, 27, 40)
_MARGIN = 0.2  # of the accuracy: what a table may use up where it is tested
_LEAST = 1e-280  # averages below have lost digits to underflow


@dataclass(frozen=True)
class _Table:
    """Chebyshev coefficients of log⟨φ²⟩, log⟨φ'²⟩, ⟨φ⟩/√⟨φ²⟩ and ⟨φ'⟩/√⟨φ'²⟩ in one cell."""

    coefficient: Array
    reach: float
    level: float


@dataclass
class Norms:
    """The averages of one Gaussian number, from tables made and verified where they are first needed."""

    functions: Functions
    tables: dict[int, _Table] = field(default_factory=dict)

    def table(self, cell: int) -> _Table:
        """Return the table for 2^cell ≤ √a < 2^(cell+1)."""
        if cell not in self.tables:
            self.tables[cell] = _built(self.functions, cell)
        return self.tables[cell]

    def at(self, scale: Array, *which: int) -> list[Array]:
        """Return some of ⟨φ²⟩, ⟨φ'²⟩, ⟨φ⟩ and ⟨φ'⟩, by their numbers from 0 on, at standard deviations > 0.

        Raises
        ------
        InputError
            If the accuracy is out of reach.
        """
        cell, x = cells(scale)
        if cell.size and (cell == cell.flat[0]).all():
            table = self.table(int(cell.flat[0])).coefficient
            return [_average(table, x, k) for k in which]
        result = [np.empty(scale.shape) for _ in which]
        for number in np.unique(cell):
            here = cell == number
            table = self.table(int(number)).coefficient
            for k, values in zip(which, result, strict=True):
                values[here] = _average(table, x[here], k)
        return result


def cells(scale: Array) -> tuple[Index, Array]:
    """Return the number of each scale's cell, and the place −1 ≤ x ≤ 1 in it, both from log₂."""
    mantissa, exponent = np.frexp(scale)
    return exponent.astype(np.intp) - 1, 2 * np.log2(2 * mantissa) - 1


def _average(coefficient: Array, x: Array, which: int) -> Array:
    """One of the four averages; the means are tabulated relative to the root of the square's."""
    found = chebyshev.series(coefficient[which], x)
    if which < 2:
        return np.exp(found, out=found)
    found *= np.exp(0.5 * chebyshev.series(coefficient[which - 2], x))
    return found


def _built(functions: Functions, cell: int) -> _Table:
    limit = reach(functions, 2.0 ** (cell + 1))
    error = np.inf
    for level, order in zip(LEVELS, (*_ORDERS, _ORDERS[-1]), strict=True):
        values = np.array([_scaled(functions, cell, x, limit, level) for x in chebyshev.nodes(order)])
        table = chebyshev.coefficients(values)[:, :, None].transpose(1, 0, 2)
        error = max(_error(functions, cell, table, x, limit, level) for x in (-0.97, -0.61, 0.03, 0.47, 0.99))
        if error <= _MARGIN * ACCURACY:
            return _Table(table, limit, level)
    raise InputError(
        f"averages of {functions.name} at variances near {4.0**cell:.3g} were computed to {error:.1e}, and {ACCURACY:g}"
        " is required; away from 0 the activation must be smooth, and vary no faster than on a scale of about 1"
    )


def _scaled(functions: Functions, cell: int, x: float, limit: float, level: float) -> list[float]:
    found = moments(functions, 2.0 ** (cell + (1 + x) / 2), limit, level)
    size, slope, mean, mean_slope = found.tolist()
    if min(size, slope) < _LEAST:
        raise InputError(
            f"averages of {functions.name} at variances near {4.0**cell:.3g} are as small as {min(size, slope):.3g} and"
            " lose their digits; give larger variances"
        )
    return [np.log(size), np.log(slope), mean / np.sqrt(size), mean_slope / np.sqrt(slope)]


def _error(functions: Functions, cell: int, table: Array, x: float, limit: float, level: float) -> float:
    """The error of a table at one place, relative to ⟨φ²⟩ or ⟨φ'²⟩, against a finer rule."""
    exact = np.array(_scaled(functions, cell, x, limit, 1.4 * level))
    found = np.array([chebyshev.series(row, np.array([x]))[0] for row in table])
    return float(np.abs(found - exact).max())
