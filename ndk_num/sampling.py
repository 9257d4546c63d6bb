"""Looking at a trajectory on a grid of times: how fine, how accurate, and where a quantity crosses a level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from ndk_num.checks import Array
from ndk_num.errors import InputError, shortened

if TYPE_CHECKING:
    from ndk_num.trajectory import Trajectory

GRID = 1000  # times at which an observable is looked at before a minimum or a crossing is refined
_HALVINGS = 50  # of the distance between two times of the grid: to the spacing of float64


def require_trajectory(sol: Trajectory) -> Trajectory:
    """Return `sol` if it can be looked at like a trajectory; InputError otherwise."""
    if not callable(getattr(sol, "residual_at", None)):
        raise InputError(f"sol is {shortened(sol)}; give what ndk_num.solve returns")
    return sol


def mean_of(sol: Trajectory) -> Trajectory:
    """The trajectory for its mean alone: covariances at hundreds of times would take hours."""
    return replace(sol, covariance=False) if getattr(require_trajectory(sol), "covariance", False) else sol


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


def accuracy(sol: Trajectory) -> float:
    """Estimated error of the trajectory's predictors, in the units of the labels."""
    scale = float(np.max(np.abs(sol.y), initial=0.0))
    return max(float(sol.stats.get("error_estimate", 0.0)), 1e-15) * scale


def rms(values: Array) -> Array:
    """Root mean square over all axes but the first, that of time."""
    return np.sqrt(np.mean(values.reshape(len(values), -1) ** 2, axis=1))


def first_below(quantity: Callable[[Array], Array], times: Array, level: float) -> float | None:
    """First time at which a quantity is at most `level`; None if it never is at the given times."""
    below = quantity(times) <= level
    if not below.any():
        return None
    index = int(np.argmax(below))
    return float(times[0]) if index == 0 else _crossing(quantity, level, times[index - 1], times[index])


def last_above(quantity: Callable[[Array], Array], times: Array, level: float) -> float | None:
    """Last time at which a quantity is above `level`; None if it never is at the given times."""
    above = quantity(times) > level
    if not above.any():
        return None
    index = len(times) - 1 - int(np.argmax(above[::-1]))
    return float(times[-1]) if index == len(times) - 1 else _crossing(quantity, level, times[index], times[index + 1])


def _crossing(quantity: Callable[[Array], Array], level: float, low: float, high: float) -> float:
    """Bisection between a time at which a quantity is above the level and a later one at which it is not."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if quantity(np.array([middle]))[0] > level:
            low = middle
        else:
            high = middle
    return float(high)
