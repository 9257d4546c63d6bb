"""High-order panel collocation with product integration: the default method.

Panels are as long as the defect of the equation allows; they grow about geometrically from the gradient time scale to
the horizon, so the cost grows with log(horizon). Each level of accuracy is solved on its own panels with its own
separated kernel; the distance between two successive levels bounds the error of the coarser one, and the finer one is
several times closer still.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ndk_num.errors import AccuracyWarning
from ndk_num.separated import ExactKernel, SeparatedKernel, ndk_entries, sample_times, separate
from ndk_num.volterra.checkpoint import Begun
from ndk_num.volterra.panels import Adaptive, March
from ndk_num.volterra.problem import Problem, Progress, Solution, largest_difference
from ndk_num.volterra.resources import OVERHEAD, UNLIMITED, Resources
from ndk_num.volterra.systems import Basis


@dataclass(frozen=True)
class Level:
    """Nodes per panel, and the largest defect of the equation between them, relative to max |Y|."""

    order: int
    error: float


def level(error: float) -> Level:
    """The level of this defect: one node more for each digit, so that panels grow by factors between 2 and 3."""
    return Level(int(np.clip(2 - np.floor(np.log10(error)), 5, 17)), error)


_STEP = 8.0  # from one level's defect to the next
_FIRST = 2.0  # defect of the first level in units of rtol: the second is then accurate enough
_LEVELS = 10
_FINEST = 1e-15  # a defect that float64 cannot tell from none
_EXACT_KERNEL = 1e-13  # an error of the separated kernel that no level lowers
_KRYLOV, _NODES = 30, 400  # vectors of a panel and of a trajectory that an estimate of memory reckons with
GAIN = 2.5  # a level is at least this much more accurate than the one before, of which it has an eighth of the defect


def solve(problem: Problem, rtol: float, progress: Progress, resources: Resources = UNLIMITED) -> Solution:
    """Solve to an error of at most `rtol` · max |Y| at all times."""
    values, vectors = problem.spectrum(resources.place)
    fixed = problem.never_learnt(values, resources.place.get(vectors))
    problem = replace(problem, y=problem.y - fixed, unit=problem.scale)
    basis, begun = Basis(vectors), resources.checkpoint.load() if resources.checkpoint else Begun()

    def at_level(chosen: Level, tol: float) -> Solution:
        return solve_level(problem, chosen, tol, progress, resources, basis, begun)

    found = refined(at_level, distance, problem.scale, rtol, begun)
    residual = found.residual
    return replace(found, residual=replace(residual, start=residual.start + fixed, values=residual.values + fixed))


def refined(
    at_level: Callable[[Level, float], Solution],
    distance: Callable[[Solution, Solution], float],
    scale: float,
    rtol: float,
    begun: Begun | None = None,
) -> Solution:
    """Solve at one level after the other until the error is at most `rtol` · `scale`.

    Parameters
    ----------
    at_level : callable
        Solves at a level, with a kernel accurate enough for this `rtol`.
    distance : callable
        How far a solution is from the one of the next level; bounds its error.
    scale : float
        max |Y|
    rtol : float
    begun : Begun, optional
        What is done already; kept up to date.
    """
    begun = begun or Begun()
    distances = begun.distances
    for number in range(begun.number, _LEVELS):
        chosen = level(max(_FIRST * rtol * _STEP**-number, _FINEST))
        begun.number = number
        fine = at_level(chosen, rtol * _STEP ** (1 - number))
        coarse = begun.coarse
        if coarse is not None:
            distances.append(distance(coarse, fine) / (scale or 1.0))
            error = distances[-1] / min(_gain(distances), _gain_of_defects(coarse, fine))
            fine = Solution(fine.residual, fine.test, error, _merged(coarse.stats, fine.stats))
            if error <= rtol or not np.isfinite(error):  # the caller refuses a result that overflowed
                return fine
            if fine.stats["kernel_error"] <= _EXACT_KERNEL and _stalled(distances):
                break
        begun.coarse, begun.march = fine, {}
    warnings.warn(
        f"the error estimate is {fine.error:.1e} where rtol = {rtol:.1e} was asked for; the result is the best that"
        " float64 and the finest panels give",
        AccuracyWarning,
        stacklevel=4,
    )
    return fine


def _gain(distances: list[float]) -> float:
    """How much closer the finer level is than its distance to the coarser one: measured as soon as there are two.

    Errors that fall by a factor g per level are the distance over g − 1; where nothing falls, twice the distance.
    """
    if len(distances) < 2 or distances[-1] == 0:
        return GAIN
    return float(np.clip(distances[-2] / distances[-1] - 1, 0.5, GAIN))


def _gain_of_defects(coarse: Solution, fine: Solution) -> float:
    """The same from what the two miss the equation by: a coarse level may have been lucky with its panels."""
    ratio = coarse.stats["defect"] / max(fine.stats["defect"], np.finfo(float).tiny)
    return float(np.clip(ratio / 1.5 - 1, 0.5, GAIN))


def _stalled(distances: list[float]) -> bool:
    """Whether three levels show that no other will help: what is left of a small distance, or grows, is rounding."""
    if len(distances) < 3:
        return False
    one, two, three = distances[-3:]
    return (one < 1e-2 and min(two, three) > 0.5 * one) or (one > 1 and two > 10 * one and three > 10 * two)


def distance(one: Solution, other: Solution) -> float:
    """Largest difference of residual or test predictor over times that are nodes of neither."""
    nodes = np.unique(np.concatenate([one.residual.times, other.residual.times]))
    return largest_difference(one, other, np.append((nodes[:-1] + nodes[1:]) / 2, nodes))


def solve_level(
    problem: Problem,
    chosen: Level,
    rtol: float,
    progress: Progress,
    resources: Resources = UNLIMITED,
    basis: Basis | None = None,
    begun: Begun | None = None,
) -> Solution:
    """Solve on panels of this level with a kernel separated to a hundredth of `rtol`, from where it was left."""
    kernel = separated(problem, rtol, chosen.order, resources)
    tol = chosen.error * (problem.scale or 1.0)
    steps = Adaptive(first_panel(problem, rtol), problem.horizon, tol, problem.fastest_rate(), fading=problem.fading())
    march = March(kernel, steps, chosen.order, problem.right_side, problem.smooth_lag(), basis=basis or Basis())
    begun = begun or Begun()
    march.restore(begun.march)

    def keep(now: bool) -> None:
        if resources.checkpoint:
            begun.march = march.state()
            resources.checkpoint.save(begun, now=now)

    try:
        return marched(march, kernel, problem.scale, progress, lambda: keep(now=False))
    except BaseException:  # interrupted, or out of memory: what is done is not lost
        keep(now=True)
        raise


def marched(
    march: March,
    kernel: ExactKernel | SeparatedKernel,
    scale: float,
    progress: Progress,
    saved: Callable[[], None] | None = None,
) -> Solution:
    """March to the horizon and count."""
    found = march.run(lambda done: progress(done, f"{march.order} nodes a panel, panel {len(march.v)}"), saved)
    stats = {
        "nodes": found.v.times.size,
        "panels": len(found.v.edges) - 1,
        "rank": kernel.rank,
        "kernel_error": kernel.error,
        "kernel_evaluations": kernel.entries.count,
        "iterations": sum(found.iterations),
        "most_iterations": max(found.iterations, default=0),
        "defect": found.defect / (scale or 1.0),
    }
    return Solution(found.v, found.g, np.inf, stats)


def separated(
    problem: Problem, rtol: float, order: int, resources: Resources = UNLIMITED
) -> ExactKernel | SeparatedKernel:
    """The kernel to a hundredth of `rtol`; the order of the level seeds the choice of its skeleton."""
    tol = kernel_tolerance(rtol)
    times = sample_times(problem.horizon, problem.network.fastest_forgetting, order)

    def require(rank: int) -> None:
        resources.require(needed(problem, rank, order), len(problem.y))

    return separate(
        ndk_entries(problem.network, problem.kind),
        problem.pairs,
        times,
        tol,
        seed=order,
        place=resources.place,
        require=require,
    )


def kernel_tolerance(rtol: float) -> float:
    """Largest relative error of a kernel's entry in what is accurate to `rtol`."""
    return max(1e-2 * rtol, 1e-13)


def needed(problem: Problem, rank: int, order: int) -> float:
    """Bytes that a level of this order takes with a kernel of this rank."""
    rows, inputs = problem.pairs.xy.shape
    outputs = problem.y.shape[1]
    matrices = 8.0 * rows * inputs * (rank + 4) + 8.0 * inputs**2 * 4  # Φ_k, input kernels, errors; eigenvectors
    vectors = 8.0 * outputs * (_KRYLOV * order * inputs + 3 * _NODES * rows)
    return OVERHEAD + matrices + vectors


def first_panel(problem: Problem, rtol: float) -> float:
    """Short against the gradient time scale 1/λ and against the change of the prior, however small λ is at first.

    Short enough, too, that the t^{3/2} of ReLU networks at t = 0 is below rtol: v = Y − λt Y + O(λ √κ t^{3/2}), and a
    polynomial misses the last term by about 1e-3 of its size, per layer.
    """
    net, rate = problem.network, problem.fastest_rate()
    first = 0.1 / max(rate, net.fastest_forgetting, 0.1 / problem.horizon)
    singular = 0.03 * net.depth * rate * np.sqrt(net.fastest_forgetting)
    return min(first, (rtol / singular) ** (2 / 3)) if singular > 0 else first


def _merged(coarse: Mapping[str, float], fine: Mapping[str, float]) -> dict[str, float]:
    """The finer level's counts; work done is the sum of both."""
    return dict(fine) | {"kernel_evaluations": coarse["kernel_evaluations"] + fine["kernel_evaluations"]}
