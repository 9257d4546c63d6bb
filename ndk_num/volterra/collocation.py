"""High-order panel collocation with product integration: the default method.

Panels grow geometrically from the gradient time scale to the horizon, so the cost grows with log(horizon). Each level
of accuracy is solved on its own panels with its own separated kernel; the distance between two successive levels
bounds the error of the coarser one, and the finer one is several times closer still.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ndk_num.errors import AccuracyWarning
from ndk_num.separated import SeparatedKernel, ndk_entries, sample_times, separate
from ndk_num.volterra.panels import march
from ndk_num.volterra.piecewise import geometric_edges
from ndk_num.volterra.problem import Problem, Progress, Solution, largest_difference


@dataclass(frozen=True)
class Level:
    """Nodes per panel, growth of the panels, and the error this usually gives."""

    order: int
    ratio: float
    error: float


LEVELS = (
    Level(4, 2.0, 1e-4),
    Level(6, 2.0, 2e-6),
    Level(8, 2.0, 6e-8),
    Level(10, 2.0, 2e-9),
    Level(12, 2.0, 5e-11),
    Level(14, 2.0, 1e-12),
    Level(16, 2.0, 5e-14),
    Level(16, 1.5, 1e-14),
    Level(20, 1.4, 1e-14),
    Level(24, 1.25, 1e-14),
)
_EXACT_KERNEL = 1e-13  # an error of the separated kernel that no level lowers
GAIN = 4.0  # a level is at least this much more accurate than the one before; measured gains are 5 to 50


def solve(problem: Problem, rtol: float, progress: Progress) -> Solution:
    """Solve to an error of at most `rtol` · max |Y| at all times."""
    first = next(i for i, level in enumerate(LEVELS) if level.error <= 2 * rtol)
    coarse: Solution | None = None
    distances: list[float] = []
    for number, level in enumerate(LEVELS[first:]):
        fine = solve_level(problem, level, rtol * 8.0 ** (1 - number), progress)
        if coarse is not None:
            distances.append(distance(coarse, fine) / (problem.scale or 1.0))
            error = distances[-1] / _gain(distances)
            fine = Solution(fine.residual, fine.test, error, _merged(coarse.stats, fine.stats))
            if error <= rtol or not np.isfinite(error):  # the caller refuses a result that overflowed
                return fine
            if fine.stats["kernel_error"] <= _EXACT_KERNEL and _stalled(distances):
                break
        coarse = fine
    warnings.warn(
        f"the error estimate is {fine.error:.1e} where rtol = {rtol:.1e} was asked for; the result is the best that"
        " float64 and the finest panels give",
        AccuracyWarning,
        stacklevel=3,
    )
    return fine


def _gain(distances: list[float]) -> float:
    """How much closer the finer level is than its distance to the coarser one: measured as soon as there are two.

    Errors that fall by a factor g per level are the distance over g − 1; where nothing falls, twice the distance.
    """
    if len(distances) < 2 or distances[-1] == 0:
        return GAIN
    return float(np.clip(distances[-2] / distances[-1] - 1, 0.5, GAIN))


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


def solve_level(problem: Problem, level: Level, rtol: float, progress: Progress) -> Solution:
    kernel = _kernel(problem, rtol, seed=LEVELS.index(level))
    edges = geometric_edges(first_panel(problem, rtol), problem.horizon, level.ratio)
    residual, test = march(
        kernel,
        edges,
        level.order,
        problem.right_side,
        problem.smooth_lag(),
        lambda done: progress(done, f"{level.order} nodes on each of {len(edges) - 1} panels"),
    )
    stats = {
        "nodes": residual.times.size,
        "panels": len(edges) - 1,
        "rank": kernel.rank,
        "kernel_error": kernel.error,
        "kernel_evaluations": kernel.entries.count,
    }
    return Solution(residual, test, np.inf, stats)


def _kernel(problem: Problem, rtol: float, seed: int) -> SeparatedKernel:
    tol = max(1e-2 * rtol, 1e-13)
    times = sample_times(problem.horizon, problem.network.fastest_forgetting)
    return separate(ndk_entries(problem.network), (problem.train, problem.test), times, tol, seed=seed)


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
