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
from ndk_num.frozen import Drifted
from ndk_num.network import Network
from ndk_num.resolvent import Resolvent
from ndk_num.volterra.collocation import kernel_tolerance, level

__all__ = ["Covariance", "Ensemble", "between", "drifted", "equal_times", "inputs_asked", "inputs_wanted"]

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
class Ensemble:
    """What covariances are computed for.

    Attributes
    ----------
    network : Network
    X, X_test : array (P, N0), (M, N0)
    rtol : float
        Accuracy asked for, relative to the largest prior variance.
    of : {"both", "train", "test"}
        Inputs asked for: a row of the resolvent has one column for each of them.
    kind : str
        The kernel the networks learn by: all of K^{d,L}, or one of its two terms.
    """

    network: Network
    X: Array
    X_test: Array
    rtol: float
    of: str
    kind: str = "ndk"

    def __post_init__(self) -> None:
        if not isinstance(self.of, str) or self.of not in INPUTS:
            raise InputError(f"of is {shortened(self.of)}; give one of {', '.join(INPUTS)}")

    @property
    def count(self) -> int:
        """Training inputs asked for."""
        return 0 if self.of == "test" else len(self.X)

    @property
    def inputs(self) -> int:
        """All inputs asked for."""
        return self.count + (0 if self.of == "train" else len(self.X_test))

    def resolvent(self, number: int, last: float) -> Resolvent:
        """The resolvent at one level of accuracy, for times up to `last`."""
        error = max(_FIRST * self.rtol * _STEP**-number, _FINEST)
        asked = slice(len(self.X) if self.of == "test" else 0, None)
        tests = self.X_test[:0] if self.of == "train" else self.X_test
        tol = kernel_tolerance(self.rtol * _STEP ** (1 - number))
        return Resolvent(self.network, self.X, tests, asked, last, level(error), tol, self.kind)


def inputs_asked(covariance: object) -> bool | str:
    """The option `covariance` of solvers: a bool, or one of `INPUTS`; InputError for anything else."""
    if isinstance(covariance, str) and covariance in INPUTS:
        return covariance
    if isinstance(covariance, bool | np.bool_):
        return bool(covariance)
    raise InputError(f"covariance is {shortened(covariance)}; give True, False, 'train' or 'test'")


def inputs_wanted(covariance: object) -> tuple[bool, bool]:
    """Whether the option `covariance` asks for training inputs, and for test inputs."""
    asked = inputs_asked(covariance)
    return asked in (True, "both", "train"), asked in (True, "both", "test")


def equal_times(ensemble: Ensemble, times: Array, progress: Progress | None = None) -> Covariance:
    """Covariances at equal times.

    Parameters
    ----------
    ensemble : Ensemble
    times : array (n,)
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
    last = float(times.max(initial=0.0))

    def compute(number: int) -> tuple[Array, float]:
        resolvent = ensemble.resolvent(number, last)

        def one(i: int, report: Callable[[float], None]) -> Array:
            row = resolvent.row(float(times[i]), report)
            return resolvent.covariance(row, row)

        return _each(ensemble, times.size, one, progress, number)

    return _by_levels(ensemble, last, compute, exact=last == 0)


def drifted(
    ensemble: Ensemble, start: float, readout: Array, hidden: Array, progress: Progress | None = None
) -> Covariance:
    """Covariances of the outputs N_L^{-1/2} a(t)·x^L(u) of weights that learn until `start` and drift on to t and u.

    Parameters
    ----------
    ensemble, progress
        As of `equal_times`.
    start : float
    readout, hidden : array (n,)
        The times t and u, at least `start`.

    Returns
    -------
    Covariance
        `values` (n, A, A), each of the n positive semi-definite.
    """
    last = float(np.concatenate([[start], readout, hidden]).max())

    def compute(number: int) -> tuple[Array, float]:
        outputs = Drifted(ensemble.resolvent(number, last), start)

        def one(i: int, report: Callable[[float], None]) -> Array:
            return outputs.covariance(float(readout[i]), float(hidden[i]), report)

        return _each(ensemble, readout.size, one, progress, number)

    return _by_levels(ensemble, last, compute, exact=start == 0 or not readout.size)


def between(ensemble: Ensemble, times: Array, progress: Progress | None = None) -> Covariance:
    """Covariances between all pairs of times, from one row of the resolvent for each different time.

    Parameters as of `equal_times`.

    Returns
    -------
    Covariance
        `values` (n, n, A, A); `matrix` is positive semi-definite.
    """
    different, index = np.unique(times, return_inverse=True)
    n, inputs, last = different.size, ensemble.inputs, float(times.max(initial=0.0))

    def compute(number: int) -> tuple[Array, float]:
        resolvent = ensemble.resolvent(number, last)
        rows = [resolvent.row(float(t), _report(progress, i, n, number)) for i, t in enumerate(different)]
        matrix = np.zeros((n, inputs, n, inputs))
        for i, one in enumerate(rows):
            for j, other in enumerate(rows[: i + 1]):
                matrix[i, :, j] = resolvent.covariance(one, other)
                matrix[j, :, i] = matrix[i, :, j].T
        found, clipped = _projected(matrix.reshape(n * inputs, n * inputs))
        return found.reshape(matrix.shape).transpose(0, 2, 1, 3), clipped

    found = _by_levels(ensemble, last, compute, exact=last == 0)
    return found[np.ix_(index.reshape(-1), index.reshape(-1))]


def _each(
    ensemble: Ensemble,
    n: int,
    one: Callable[[int, Callable[[float], None]], Array],
    progress: Progress | None,
    number: int,
) -> tuple[Array, float]:
    """n covariances (n, A, A), each projected by itself, and the largest change by that."""
    found = [_projected(one(i, _report(progress, i, n, number))) for i in range(n)]
    values = np.array([values for values, _ in found]).reshape(n, ensemble.inputs, ensemble.inputs)
    return values, max((clipped for _, clipped in found), default=0.0)


def _report(progress: Progress | None, i: int, n: int, number: int) -> Callable[[float], None]:
    """What a row of the i-th of n times reports."""

    def report(done: float) -> None:
        if progress is not None:
            progress((i + done) / n, f"covariance: time {i + 1} of {n}, level {number + 1}")

    return report


def _by_levels(
    asked: Ensemble, last: float, compute: Callable[[int], tuple[Array, float]], *, exact: bool
) -> Covariance:
    """Raise the level until two successive ones agree to `rtol`.

    Their distance is the error of the coarser one, and a bound on that of the finer one, which is returned. With
    `exact`, nothing has been learnt yet, so that the covariance is the prior's, or there is no time at all.
    """
    if exact or not asked.inputs:
        return Covariance(compute(0)[0], asked.count, 0.0, 0.0)
    scale = _scale(asked, last)
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


def _scale(asked: Ensemble, last: float) -> float:
    """Largest prior variance from the start to the last time: it is monotonic."""
    resolvent = asked.resolvent(0, last)
    return max(float(resolvent.variances(t).max()) for t in (0.0, last)) or 1.0


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
