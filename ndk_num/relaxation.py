"""How the test predictor relaxes to its NNGP equilibrium in the diffusive phase.   Sec. 4.3, 4.4

The distance is d(t) = rms(f̄_*(t) − f̄_NNGP), the root mean square over test inputs and outputs. At T → 0 the diffusive
phase starts at the NTK equilibrium, at the distance d_0 = rms(f̄_NTK − f̄_NNGP).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ndk_num.checks import Array
from ndk_num.sampling import accuracy, first_below, grid, last_above, rms

if TYPE_CHECKING:
    from ndk_num.observables import Phases
    from ndk_num.trajectory import Trajectory

RELAXED = 0.01  # share of the diffusive phase's largest distance that is left at equilibrium
_RESOLVED = 100.0  # distances over the trajectory's error from which a rate of decay is read: 1 % of error at most


@dataclass(frozen=True, kw_only=True)
class Overshoot:
    """The largest excursion of the test predictor beyond its NNGP equilibrium.   Sec. 4.4

    Beyond means on the far side of f̄_NNGP as seen from the start, f̄_*(0) = 0; on either side where f̄_NNGP = 0.

    Attributes
    ----------
    amount : float
        Largest |f̄_* − f̄_NNGP| beyond the equilibrium, over test inputs, outputs and times, in the units of the labels.
    time : float
        When.
    test, output : int
        The test input and output, from 0.
    ntk : float
        How far beyond the NNGP value the NTK value of that input and output is. Where it is positive the predictor
        comes from beyond; it is an excursion beyond both equilibria if `amount` is larger.
    """

    amount: float
    time: float
    test: int
    output: int
    ntk: float


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """Relaxation of the test predictor in the diffusive phase. At T = 0, without that phase, only two fields are known.

    Attributes
    ----------
    start : float
        End of the gradient-driven phase, `Phases.gradient_end`: the horizon at T = 0.
    gap : float
        d_0 = rms(f̄_NTK − f̄_NNGP), the distance between the equilibria.
    reached : float or None
        First time after the gradient-driven phase at which the test predictor has made 1 − 1/e of its way from the NTK
        to the NNGP equilibrium: ⟨f̄_* − f̄_NTK, f̄_NNGP − f̄_NTK⟩ ≥ (1 − 1/e) d_0², averaged over test inputs and outputs.
        None if it does not get there, if the phases are not separated, or if the equilibria agree within the
        trajectory's error.
    settled : float or None
        Time after the gradient-driven phase from which d(t) ≤ d_0/e. The same as `reached` for one test input without
        overshoot; later if it swings beyond the equilibrium by more than d_0/e. None as for `reached`.
    late : float or None
        Time constant of the decay at the end, d ~ e^{−t/late}, from the last two factors e that the trajectory
        resolves: half the time in which d falls by e² to 100 times the trajectory's error (or to the end of the run).
        It is σ²/2T where the weights' variance, m(t,t) − σ² ~ e^{−2κt}, relaxes last. None if that is not after the
        gradient-driven phase, or not monotonic.
    equilibrium : float or None
        Time from which d is at most 1 % of its largest value after the gradient-driven phase (or the trajectory's
        error, if that is larger): from then on the network is at equilibrium. None if the run ends before.
    overshoot : Overshoot or None
        None if no test predictor passes its NNGP value by more than the trajectory's error.
    """

    start: float
    gap: float
    reached: float | None
    settled: float | None
    late: float | None
    equilibrium: float | None
    overshoot: Overshoot | None


def measured(sol: Trajectory, phases: Phases, ntk: Array, nngp: Array) -> Relaxation:
    """Read the relaxation off a trajectory with test inputs, from the test predictors of both equilibria."""
    gap = float(rms((ntk - nngp)[None])[0])
    if not math.isfinite(phases.diffusive):
        start = phases.horizon
        return Relaxation(start=start, gap=gap, reached=None, settled=None, late=None, equilibrium=None, overshoot=None)

    def distance(times: Array) -> Array:
        return rms(sol.at(times).test - nngp)

    def way_left(times: Array) -> Array:
        return np.mean(((nngp - sol.at(times).test) * (nngp - ntk)).reshape(len(times), -1), axis=1)

    times = grid(sol)
    times = np.concatenate([[phases.gradient_end], times[times > phases.gradient_end]])
    apart = phases.separated and gap > accuracy(sol)
    floor = max(RELAXED * float(distance(times).max()), accuracy(sol))
    return Relaxation(
        start=phases.gradient_end,
        gap=gap,
        reached=first_below(way_left, times, gap**2 / math.e) if apart else None,
        settled=_settled(distance, times, gap / math.e) if apart else None,
        late=_late(distance(times), times, _RESOLVED * accuracy(sol)),
        equilibrium=_settled(distance, times, floor),
        overshoot=_overshoot(sol, ntk, nngp),
    )


def _settled(distance: Callable[[Array], Array], times: Array, level: float) -> float | None:
    """Time from which the distance is at most `level`; None if the run ends before."""
    last = last_above(distance, times, level)
    if last is None:
        return float(times[0])
    return last if last < times[-1] else None


def _late(values: Array, times: Array, floor: float) -> float | None:
    """Time constant of the last two factors e of a decay to `floor`, or to the last time."""

    tiny = np.finfo(float).tiny

    def logarithm(at: Array) -> Array:
        return np.interp(at, times, np.log(np.maximum(values, tiny)))

    end = last_above(logarithm, times, math.log(max(floor, tiny)))
    if end is None:
        return None
    lowest = float(logarithm(np.array([end]))[0])
    start = last_above(logarithm, times, lowest + 2.0)
    if start is None or start >= end:
        return None
    between = (times > start) & (times < end)
    return 0.5 * (end - start) if np.all(np.diff(values[between]) <= 0) else None


def _overshoot(sol: Trajectory, ntk: Array, nngp: Array) -> Overshoot | None:
    """Largest excursion beyond the NNGP equilibrium, on the grid and refined around its place by a finer one."""
    error = accuracy(sol)
    sign = np.where(np.abs(nngp) > error, np.sign(nngp), 0.0).reshape(-1)

    def excess(times: Array, test: Array) -> Array:
        return _beyond((test - nngp).reshape(len(times), -1), sign)

    times = grid(sol)
    found = excess(times, sol.at(times).test)
    place, entry = divmod(int(np.argmax(found)), found.shape[1])
    if found[place, entry] <= error:
        return None
    for _ in range(4):  # each time between the neighbours of the largest value
        times = np.linspace(times[max(place - 1, 0)], times[min(place + 1, len(times) - 1)], 41)
        path = excess(times, sol.at(times).test)[:, entry]
        place = int(np.argmax(path))
    outputs = 1 if nngp.ndim == 1 else nngp.shape[1]
    return Overshoot(
        amount=float(path[place]),
        time=float(times[place]),
        test=entry // outputs,
        output=entry % outputs,
        ntk=float(_beyond((ntk - nngp).reshape(1, -1), sign)[0, entry]),
    )


def _beyond(difference: Array, sign: Array) -> Array:
    """Signed distance beyond the equilibrium; without a side that is beyond, the distance."""
    return np.where(sign == 0.0, np.abs(difference), difference * sign)
