"""Covariance of the predictor over the ensemble of networks, at any two times; beyond the paper.

With R = (1 + K^d)⁻¹ the causal resolvent on the training inputs, f = R (K^d Y + g) there, so that Cov f = R C Rᵀ with
C = m K^L the covariance of g; test inputs follow as g_* − k^d R g. `resolvent` computes it at one level of accuracy.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ndk_num.checks import Array, Index
from ndk_num.errors import AccuracyWarning, InputError, shortened
from ndk_num.network import Network
from ndk_num.resolvent import Resolvent, Row
from ndk_num.volterra.collocation import level

__all__ = ["INPUTS", "Covariance", "between", "equal_times"]

Progress = Callable[[float, str], None]
INPUTS = ("both", "train", "test")

_STEP = 8.0  # from one level's defect to the next
_FIRST = 30.0  # defect of the first level, times the lag, in units of rtol: errors are 1e-2 of it, or less
_LEVELS = 5
_FINEST = 1e-14


@dataclass(frozen=True)
class Covariance:
    """Covariances of the predictor between times, the same for every output.

    Attributes
    ----------
    values : array (..., A, A)
        The inputs asked for at the first time, and at the second: training inputs, then test inputs. From
        `Trajectory.joint_covariance` (n, n, A, A), the times first.
    count : int
        Training inputs among the A.
    error_estimate : float
        Largest error of an entry, relative to the largest prior variance from the start to the last time.
    clipped : float
        What the projection on positive semi-definite matrices changed at most, in the same unit.
    """

    values: Array
    count: int
    error_estimate: float
    clipped: float

    def __getitem__(self, index: tuple[int | Index, ...]) -> Covariance:
        """Between some of the times."""
        return replace(self, values=self.values[index])

    @property
    def train(self) -> Array:
        """Between training inputs: shape (..., P, P)."""
        return self.values[..., : self.count, : self.count]

    @property
    def test(self) -> Array:
        """Between test inputs: shape (..., M, M)."""
        return self.values[..., self.count :, self.count :]

    @property
    def train_test(self) -> Array:
        """Training inputs at the first time, test inputs at the second: shape (..., P, M)."""
        return self.values[..., : self.count, self.count :]

    @property
    def test_train(self) -> Array:
        """Test inputs at the first time, training inputs at the second: shape (..., M, P)."""
        return self.values[..., self.count :, : self.count]

    @property
    def matrix(self) -> Array:
        """Of several times one symmetric, positive semi-definite matrix (n A, n A), in which the times come first."""
        if self.values.ndim != 4:
            return self.values
        n, _, inputs, _ = self.values.shape
        return self.values.transpose(0, 2, 1, 3).reshape(n * inputs, n * inputs)


@dataclass(frozen=True)
class _Asked:
    """What both ways to ask have in common."""

    network: Network
    X: Array
    X_test: Array
    times: Array
    rtol: float
    of: str
    progress: Progress | None

    @property
    def count(self) -> int:
        """Training inputs asked for."""
        return 0 if self.of == "test" else len(self.X)

    @property
    def inputs(self) -> int:
        """All inputs asked for."""
        return self.count + (0 if self.of == "train" else len(self.X_test))

    def resolvent(self, number: int) -> Resolvent:
        """The resolvent at one level of accuracy."""
        error = max(_FIRST * self.rtol * _STEP**-number, _FINEST)
        asked = slice(len(self.X) if self.of == "test" else 0, None)
        tests = self.X_test[:0] if self.of == "train" else self.X_test
        tol = max(1e-2 * self.rtol * _STEP ** (1 - number), 1e-13)
        last = float(self.times.max(initial=0.0))
        return Resolvent(self.network, self.X, tests, asked, last, level(error), tol)

    def rows(self, resolvent: Resolvent, number: int) -> Callable[[int], Row]:
        """Solve for a time, and report how far it is."""

        def row(i: int) -> Row:
            def report(done: float) -> None:
                n = self.times.size
                if self.progress is not None:
                    self.progress((i + done) / n, f"covariance: time {i + 1} of {n}, level {number + 1}")

            return resolvent.row(float(self.times[i]), report)

        return row


def equal_times(
    net: Network, X: Array, X_test: Array, times: Array, rtol: float, of: str, progress: Progress | None = None
) -> Covariance:
    """Covariances at equal times.

    Parameters
    ----------
    net : Network
    X, X_test : array (P, N0), (M, N0)
    times : array (n,)
    rtol : float
        Accuracy asked for, relative to the largest prior variance.
    of : {"both", "train", "test"}
        Inputs asked for: a row of the resolvent has one column for each of them.
    progress : callable, optional
        Called as progress(fraction, message); the fraction restarts for each level of accuracy.

    Returns
    -------
    Covariance
        `values` (n, A, A), each of the n positive semi-definite.

    Warns
    -----
    AccuracyWarning
        If `rtol` was not reached.
    """
    asked = _Asked(net, X, X_test, times, rtol, _inputs(of), progress)

    def compute(number: int) -> tuple[Array, float]:
        resolvent = asked.resolvent(number)
        solved = asked.rows(resolvent, number)
        found = []
        for i in range(times.size):
            row = solved(i)
            found.append(_projected(resolvent.covariance(row, row)))
        shape = (times.size, asked.inputs, asked.inputs)
        return np.array([one for one, _ in found]).reshape(shape), max((clipped for _, clipped in found), default=0.0)

    return _by_levels(asked, compute)


def between(
    net: Network, X: Array, X_test: Array, times: Array, rtol: float, of: str, progress: Progress | None = None
) -> Covariance:
    """Covariances between all pairs of times, from one row of the resolvent for each different time.

    Parameters as of `equal_times`.

    Returns
    -------
    Covariance
        `values` (n, n, A, A); `matrix` is positive semi-definite.
    """
    different, index = np.unique(times, return_inverse=True)
    asked = _Asked(net, X, X_test, different, rtol, _inputs(of), progress)
    n, inputs = different.size, asked.inputs

    def compute(number: int) -> tuple[Array, float]:
        resolvent = asked.resolvent(number)
        rows = [asked.rows(resolvent, number)(i) for i in range(n)]
        matrix = np.zeros((n, inputs, n, inputs))
        for i, one in enumerate(rows):
            for j, other in enumerate(rows[: i + 1]):
                matrix[i, :, j] = resolvent.covariance(one, other)
                matrix[j, :, i] = matrix[i, :, j].T
        found, clipped = _projected(matrix.reshape(n * inputs, n * inputs))
        return found.reshape(matrix.shape).transpose(0, 2, 1, 3), clipped

    found = _by_levels(asked, compute)
    return found[np.ix_(index.reshape(-1), index.reshape(-1))]


def _by_levels(asked: _Asked, compute: Callable[[int], tuple[Array, float]]) -> Covariance:
    """Raise the level until two successive ones agree to `rtol`.

    Their distance is the error of the coarser one, and a bound on that of the finer one, which is returned.
    """
    if not asked.inputs or not asked.times.any():  # nothing, or the prior itself
        return Covariance(compute(0)[0], asked.count, 0.0, 0.0)
    scale = _scale(asked)
    coarse, clipped = compute(0)
    errors: list[float] = []
    for number in range(1, _LEVELS):
        fine, clipped = compute(number)
        errors.append(max(float(np.abs(fine - coarse).max()), clipped) / scale)
        if errors[-1] <= asked.rtol or not np.isfinite(errors[-1]) or _stalled(errors):
            break
        coarse = fine
    if not np.isfinite(errors[-1]):
        raise InputError("the covariance leaves the range of float64; scale the inputs, sigma2 or sigma02 towards 1")
    if errors[-1] > asked.rtol:
        warnings.warn(
            f"the error estimate of the covariance is {errors[-1]:.1e} of the largest prior variance where rtol ="
            f" {asked.rtol:.1e} was asked for",
            AccuracyWarning,
            stacklevel=4,
        )
    return Covariance(fine, asked.count, errors[-1], clipped / scale)


def _stalled(errors: list[float]) -> bool:
    """Whether two levels in a row show that no other will help."""
    return len(errors) > 2 and min(errors[-2:]) > 0.5 * errors[-3]


def _scale(asked: _Asked) -> float:
    """Largest prior variance from the start to the last time: it is monotonic."""
    resolvent = asked.resolvent(0)
    return max(float(resolvent.variances(t).max()) for t in (0.0, resolvent.horizon)) or 1.0


def _projected(matrix: Array) -> tuple[Array, float]:
    """Return the nearest positive semi-definite matrix (Frobenius norm), and the largest change of an entry.

    The true covariance lies in this convex set, so that the projection does not lead away from it. As a product B Bᵀ
    every block on the diagonal, however small, is positive semi-definite to its own rounding.
    """
    if not np.isfinite(matrix).all() or not matrix.size:
        return matrix, 0.0
    symmetric = (matrix + matrix.T) / 2
    values, vectors = np.linalg.eigh(symmetric)
    factor = vectors * np.sqrt(np.maximum(values, 0.0))
    found = factor @ factor.T
    return (found + found.T) / 2, float(np.abs(found - symmetric).max())


def _inputs(of: str) -> str:
    if not isinstance(of, str) or of not in INPUTS:
        raise InputError(f"of is {shortened(of)}; give one of {', '.join(INPUTS)}")
    return of
