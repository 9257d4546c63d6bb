"""What one reads off a trajectory: its two phases and the best time to stop."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from ndk_num import checks
from ndk_num.errors import InputError, shortened
from ndk_num.kernels import kernel, learning_kind

if TYPE_CHECKING:
    from ndk_num.trajectory import Trajectory

Array = NDArray[np.float64]

GRID = 1000  # times at which an observable is looked at before a minimum or a crossing is refined
LEARNED = 0.01  # share of its fall that the training residual still has to make at the crossover


@dataclass(frozen=True, kw_only=True)
class Phases:
    """Time scales of the two phases of learning.

    Attributes
    ----------
    fastest, slowest : float
        1/λ for the largest and smallest eigenvalue λ of the NTK on the training inputs: the scales of the
        gradient-driven phase (18). `slowest` is infinite where the NTK is singular to rounding.
    crossover : float or None
        First time at which the training residual, the root mean square of Y − f̄(t), has made 99 % of the fall
        from its initial value to its smallest value on [0, horizon]. None if that happens in the last half of
        the run: the residual may then still be falling, and the gradient-driven phase outlast the run.
    diffusive : float
        1/κ = σ²/T, the scale of the diffusive phase; infinite at T = 0, where there is none.
    horizon : float
        End of the run.
    """

    fastest: float
    slowest: float
    crossover: float | None
    diffusive: float
    horizon: float

    @property
    def separated(self) -> bool:
        """Whether the gradient-driven phase is over before the diffusive one sets in."""
        return self.crossover is not None and self.crossover < self.diffusive


@dataclass(frozen=True, kw_only=True)
class StoppingPoint:
    """The time at which the test error is smallest.

    Attributes
    ----------
    time : float
        The optimal stopping time, between 0 and the horizon.
    error : float
        Mean squared error at that time, over test inputs and outputs.
    where : {"start", "interior", "horizon"}
        "horizon": within the trajectory's own accuracy nothing is lost by training to the end; "start":
        nothing is gained by training at all.
    error_at_horizon : float
        Mean squared error at the horizon, for comparison.
    """

    time: float
    error: float
    where: Literal["start", "interior", "horizon"]
    error_at_horizon: float


def phases(sol: Trajectory) -> Phases:
    """Time scales of the gradient-driven and of the diffusive phase of a trajectory.   (18), Sec. 4.3

    Parameters
    ----------
    sol : Trajectory
        Result of `solve`.

    Returns
    -------
    Phases
    """
    net = require_trajectory(sol).network
    eigenvalues = np.linalg.eigvalsh(kernel(net, 0.0, 0.0, sol.X, kind=learning_kind(sol.learning)))
    largest, smallest = float(eigenvalues[-1]), float(eigenvalues[0])
    singular = smallest <= np.finfo(float).eps * len(eigenvalues) * largest
    return Phases(
        fastest=1.0 / largest if largest > 0 else math.inf,
        slowest=math.inf if singular else 1.0 / smallest,
        crossover=_crossover(sol),
        diffusive=1.0 / net.kappa if net.kappa > 0 else math.inf,
        horizon=float(sol.horizon),
    )


def optimal_stopping_time(sol: Trajectory, y_test: ArrayLike) -> StoppingPoint:
    """Time in [0, horizon] at which the mean predictor's squared test error is smallest.   Sec. 4.4, Fig. 3

    The error ‖f̄_*(t) − y_*‖², averaged over test inputs and outputs, is looked at on a dense logarithmic grid
    that holds 0 and the horizon, and each of its lowest minima is refined on the dense output.

    Parameters
    ----------
    sol : Trajectory
        Result of `solve`.
    y_test : array (M,) or (M, k)
        Labels of the test inputs.

    Returns
    -------
    StoppingPoint

    Raises
    ------
    InputError
        If `y_test` does not have the shape of the test predictor, or holds a non-finite number.
    """
    require_trajectory(sol)
    labels = checks.real_array("y_test", y_test)
    expected = (len(sol.X_test), *sol.y.shape[1:])
    if not len(sol.X_test):
        raise InputError("the trajectory has no test inputs; give X_test to solve")
    if labels.shape != expected:
        raise InputError(f"y_test has shape {labels.shape}; the test predictor needs {expected}")

    def error(times: Array) -> Array:
        difference = sol.at(times).test - labels
        return np.mean(difference.reshape(len(times), -1) ** 2, axis=1)

    times = grid(sol)
    errors = error(times)
    best = min(_minima(times, errors, error), key=lambda pair: (pair[1], pair[0]))
    slack = _uncertainty(sol, best[1])
    last = float(errors[-1])
    if errors[0] <= best[1] + slack:
        return StoppingPoint(time=0.0, error=float(errors[0]), where="start", error_at_horizon=last)
    if last <= best[1] + slack:
        return StoppingPoint(time=float(times[-1]), error=last, where="horizon", error_at_horizon=last)
    return StoppingPoint(time=best[0], error=best[1], where="interior", error_at_horizon=last)


def grid(sol: Trajectory, *, points: int = GRID) -> Array:
    """Times 0 and from the trajectory's first node to its horizon, evenly spaced in log t.

    Parameters
    ----------
    sol : Trajectory
        Result of `solve`.
    points : int
        Number of times, at least 3.

    Returns
    -------
    array (points,)

    Raises
    ------
    InputError
        For fewer than 3 points.
    """
    if isinstance(points, bool) or not isinstance(points, Integral) or points < 3:
        raise InputError(f"points is {shortened(points)}; give an integer of at least 3")
    horizon = float(require_trajectory(sol).horizon)
    positive = sol.times[(sol.times > 0) & (sol.times < horizon)]
    first = float(positive[0]) if positive.size else 1e-6 * horizon
    # the nodes of the first panel may crowd towards 0, where nothing happens yet
    times = np.geomspace(max(first, 1e-16 * horizon), horizon, points - 1)
    times[-1] = horizon  # geomspace may round past it
    return np.concatenate([[0.0], times])


def require_trajectory(sol: Trajectory) -> Trajectory:
    """Return `sol` if it can be looked at like a trajectory; InputError otherwise."""
    if not callable(getattr(sol, "residual_at", None)):
        raise InputError(f"sol is {shortened(sol)}; give what ndk_num.solve returns")
    return sol


def _crossover(sol: Trajectory) -> float | None:
    """First time at which the training residual has made all but `LEARNED` of its fall."""

    def residual(times: Array) -> Array:
        return np.sqrt(np.mean(sol.residual_at(times).reshape(len(times), -1) ** 2, axis=1))

    times = grid(sol)
    values = residual(times)
    smallest = values.min()
    level = smallest + LEARNED * (values[0] - smallest)
    if values[0] <= level:  # nothing to learn
        return 0.0
    index = int(np.argmax(values <= level))
    low, high = times[index - 1], times[index]
    for _ in range(40):  # bisection: the residual crosses the level between two grid times
        middle = 0.5 * (low + high)
        if residual(np.array([middle]))[0] > level:
            low = middle
        else:
            high = middle
    return float(high) if high <= 0.5 * times[-1] else None


def _minima(
    times: Array, errors: Array, error: Callable[[Array], Array], *, most: int = 5
) -> list[tuple[float, float]]:
    """End points and the lowest local minima, refined between their neighbours on the grid."""
    found = [(float(times[0]), float(errors[0])), (float(times[-1]), float(errors[-1]))]
    inner = np.flatnonzero((errors[1:-1] <= errors[:-2]) & (errors[1:-1] <= errors[2:])) + 1
    for index in inner[np.argsort(errors[inner], kind="stable")[:most]]:
        found.append((float(times[index]), float(errors[index])))
        result = minimize_scalar(
            lambda time: float(error(np.array([time]))[0]),
            bounds=(times[index - 1], times[index + 1]),
            method="bounded",
            options={"xatol": 1e-8 * times[index]},
        )
        found.append((float(result.x), float(result.fun)))
    return found


def _uncertainty(sol: Trajectory, error: float) -> float:
    """How far the trajectory's own error can move a mean squared error: 2 √E ε + ε²."""
    scale = float(np.max(np.abs(sol.y), initial=0.0))
    epsilon = max(float(sol.stats.get("error_estimate", 0.0)), 1e-15) * scale
    return 2.0 * math.sqrt(error) * epsilon + epsilon**2
