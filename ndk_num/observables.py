"""What one reads off a trajectory: its two phases, how it relaxes to equilibrium, and the best time to stop."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from ndk_num import checks
from ndk_num.errors import InputError
from ndk_num.kernels import kernel, learning_kind
from ndk_num.limits import ends, has_phases, made, tempered
from ndk_num.relaxation import Overshoot, Relaxation, measured
from ndk_num.sampling import accuracy, first_below, grid, mean_of, require_trajectory, rms

if TYPE_CHECKING:
    from ndk_num.trajectory import Prediction, Trajectory

__all__ = [
    "Overshoot",
    "Phases",
    "Relaxation",
    "StoppingPoint",
    "grid",
    "optimal_stopping_time",
    "phases",
    "relaxation",
    "require_trajectory",
]

Array = NDArray[np.float64]

LEARNED = 0.01  # share of its fall that the training residual still has to make at the crossover


@dataclass(frozen=True, kw_only=True)
class Phases:
    """Time scales of the two phases of learning.

    Attributes
    ----------
    fastest, slowest : float
        1/λ for the largest and smallest eigenvalue λ of the NTK on the training inputs: the scales of the
        gradient-driven phase (18). `slowest` is infinite where the NTK is singular to rounding.
    gradient : float
        First time at which the training residual, the root mean square of Y − f̄(t), has made 1 − 1/e of the fall from
        its initial value to its smallest value on [0, horizon]: 1/λ if the labels are an eigenvector of eigenvalue λ.
        Infinite where that fall is no larger than the trajectory's error: nothing of the labels is learnt.
    crossover : float or None
        First time at which the training residual has made 99 % of that fall. None if that happens in the last half of
        the run: the residual may then still be falling, and the gradient-driven phase outlast the run. None as well if
        nothing is learnt.
    diffusive : float
        1/κ = σ²/T, the scale of the diffusive phase; infinite at T = 0, where there is none.
    horizon : float
        End of the run.
    """

    fastest: float
    slowest: float
    gradient: float
    crossover: float | None
    diffusive: float
    horizon: float

    @property
    def separated(self) -> bool:
        """Whether the gradient-driven phase is over before the diffusive one sets in."""
        return self.crossover is not None and self.crossover < self.diffusive

    @property
    def gradient_end(self) -> float:
        """End of the gradient-driven phase: the crossover, or σ²/T if diffusion sets in before; at most the horizon."""
        return min(self.horizon if self.crossover is None else self.crossover, self.diffusive)


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
    phase : {"gradient", "diffusive", "equilibrium"}
        The phase in which that time lies: up to the end of the gradient-driven phase (`Phases.gradient_end`), up to the
        time from which the test predictor is at its NNGP equilibrium (`Relaxation.equilibrium`), or after that. The
        paper's early stopping (Sec. 4.4) is "diffusive". None for Markov proximal learning whose λ or T change, or of
        networks without gradients: their phases are not known.
    """

    time: float
    error: float
    where: Literal["start", "interior", "horizon"]
    error_at_horizon: float
    phase: Literal["gradient", "diffusive", "equilibrium"] | None


def phases(sol: Trajectory) -> Phases:
    """Time scales of the gradient-driven and of the diffusive phase of a trajectory.   (18), Sec. 4.3

    Parameters
    ----------
    sol : Trajectory
        Result of `solve`, or of `proximal.solve` with one T for all steps, which is then that of the phases.

    Returns
    -------
    Phases

    Raises
    ------
    InputError
        If T changes from step to step, or the network has no gradients.
    """
    net = tempered(require_trajectory(sol))
    eigenvalues = np.linalg.eigvalsh(kernel(net, 0.0, 0.0, sol.X, kind=learning_kind(sol.learning)))
    largest, smallest = float(eigenvalues[-1]), float(eigenvalues[0])
    singular = smallest <= np.finfo(float).eps * len(eigenvalues) * largest
    gradient, crossover = _fallen(sol, (1.0 / math.e, LEARNED))
    return Phases(
        fastest=1.0 / largest if largest > 0 else math.inf,
        slowest=math.inf if singular else 1.0 / smallest,
        gradient=gradient,
        crossover=crossover if crossover <= 0.5 * sol.horizon else None,
        diffusive=1.0 / net.kappa if net.kappa > 0 else math.inf,
        horizon=float(sol.horizon),
    )


def relaxation(
    sol: Trajectory, *, scales: Phases | None = None, ntk: Prediction | None = None, nngp: Prediction | None = None
) -> Relaxation:
    """How, and how fast, the test predictor relaxes to the NNGP equilibrium in the diffusive phase.   Sec. 4.3, 4.4

    Parameters
    ----------
    sol : Trajectory
        Result of `solve`, or of `proximal.solve` with one λ and one T for all steps, with test inputs. The latter ends
        at `equilibria.proximal`, which takes the place of the NNGP equilibrium.
    scales : Phases, optional
        What `phases` returns for it; computed when not given.
    ntk, nngp : Prediction, optional
        The equilibria; computed when not given.

    Returns
    -------
    Relaxation

    Raises
    ------
    InputError
        If the trajectory has no test inputs, an option is no such result or not of its data, or λ or T change.
    """
    sol = _with_tests(sol)
    found = phases(sol) if scales is None else phases_of(sol, "scales", scales)
    return measured(sol, found, *(end.test for end in ends(sol, ntk, nngp)))


def optimal_stopping_time(sol: Trajectory, y_test: ArrayLike, *, relaxed: Relaxation | None = None) -> StoppingPoint:
    """Time in [0, horizon] at which the mean predictor's squared test error is smallest.   Sec. 4.4, Fig. 3

    The error ‖f̄_*(t) − y_*‖², averaged over test inputs and outputs, is looked at on a dense logarithmic grid
    that holds 0 and the horizon, and each of its lowest minima is refined on the dense output.

    Parameters
    ----------
    sol : Trajectory
        Result of `solve` or of `proximal.solve`.
    y_test : array (M,) or (M, k)
        Labels of the test inputs.
    relaxed : Relaxation, optional
        What `relaxation` returns for the trajectory; computed when not given.

    Returns
    -------
    StoppingPoint

    Raises
    ------
    InputError
        If `y_test` does not have the shape of the test predictor, or holds a non-finite number; if `relaxed` is
        something else.
    """
    sol = _with_tests(sol)
    if relaxed is not None:
        made("relaxed", relaxed, Relaxation, "observables.relaxation")
    labels = checks.real_array("y_test", y_test)
    expected = (len(sol.X_test), *sol.y.shape[1:])
    if labels.shape != expected:
        raise InputError(f"y_test has shape {labels.shape}; the test predictor needs {expected}")

    def error_at(times: Array) -> Array:
        difference = sol.at(times).test - labels
        return np.mean(difference.reshape(len(times), -1) ** 2, axis=1)

    times = grid(sol)
    errors = error_at(times)
    best = min(_minima(times, errors, error_at), key=lambda pair: (pair[1], pair[0]))
    slack = _uncertainty(sol, best[1])
    last = float(errors[-1])
    where: Literal["start", "interior", "horizon"] = "interior"
    if errors[0] <= best[1] + slack:
        best, where = (0.0, float(errors[0])), "start"
    elif last <= best[1] + slack:
        best, where = (float(times[-1]), last), "horizon"
    if relaxed is None and has_phases(sol):
        relaxed = relaxation(sol)
    phase = None if relaxed is None else _phase(best[0], relaxed)
    return StoppingPoint(time=best[0], error=best[1], where=where, error_at_horizon=last, phase=phase)


def phases_of(sol: Trajectory, name: str, given: object) -> Phases:
    """Return phases that were given; InputError if they are something else, or of another run."""
    found = made(name, given, Phases, "observables.phases")
    if found.horizon != sol.horizon:
        raise InputError(
            f"{name}.horizon is {found.horizon:g} and that of the trajectory {sol.horizon:g}; give what"
            " observables.phases returns for this trajectory, or leave it out"
        )
    return found


def _phase(time: float, relaxed: Relaxation) -> Literal["gradient", "diffusive", "equilibrium"]:
    """The phase in which a time lies."""
    if time <= relaxed.start:
        return "gradient"
    return "diffusive" if relaxed.equilibrium is None or time <= relaxed.equilibrium else "equilibrium"


def _with_tests(sol: Trajectory) -> Trajectory:
    """The mean of a trajectory with test inputs; InputError without."""
    if not len(require_trajectory(sol).X_test):
        raise InputError("the trajectory has no test inputs; give X_test to solve")
    return mean_of(sol)


def _fallen(sol: Trajectory, shares: tuple[float, float]) -> list[float]:
    """First times at which the training residual has made all but these shares of its fall; infinite without one."""

    def residual(times: Array) -> Array:
        return rms(sol.residual_at(times))

    times = grid(sol)
    values = residual(times)
    smallest = float(values.min())
    fall = float(values[0]) - smallest
    if fall <= accuracy(sol):
        return [math.inf if values[0] > 0 else 0.0] * len(shares)
    found = [first_below(residual, times, smallest + share * fall) for share in shares]
    return [time for time in found if time is not None]  # all are: the smallest value is below


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
    epsilon = accuracy(sol)
    return 2.0 * math.sqrt(error) * epsilon + epsilon**2
