"""Graded trapezoid: the plain baseline.

Nodes grow geometrically, the kernel is evaluated directly at every pair of nodes, nothing is compressed: N²P²/2 kernel
entries, second order for smooth kernels and order 3/2 for the √(t−s) of ReLU networks. It shares no shortcut with the
collocation and so checks it.
"""

from __future__ import annotations

import warnings

import numpy as np

from ndk_num.checks import Array
from ndk_num.errors import AccuracyWarning
from ndk_num.kernels import pairwise
from ndk_num.pairs import Pairs
from ndk_num.volterra.piecewise import Piecewise
from ndk_num.volterra.problem import Problem, Progress, Solution, largest_difference
from ndk_num.volterra.resources import OVERHEAD, UNLIMITED, Resources

_MOST_NODES = 6400
_MOST_ENTRIES = 2e10  # kernel entries one attempt may evaluate
_BATCH = 1 << 22  # kernel entries held at once


def solve(problem: Problem, rtol: float, progress: Progress, resources: Resources = UNLIMITED) -> Solution:
    """Double the number of nodes until two successive solutions agree to `rtol` · max |Y|."""
    resources.refuse("trapezoid")
    scale = problem.scale or 1.0
    nodes = 200
    resources.require(needed(problem, nodes), len(problem.y))
    coarse = on_nodes(problem, 100, progress)
    while True:
        resources.require(needed(problem, nodes), len(problem.y))
        fine = on_nodes(problem, nodes, progress)
        gap = largest_difference(coarse, fine, coarse.residual.times)
        # order p: the finer error is gap/(2^p − 1); p = 1 is below every order met
        fine = Solution(fine.residual, fine.test, gap / scale, fine.stats)
        nodes *= 2
        entries = nodes**2 / 2 * (problem.train.xy.size + problem.test.xy.size)
        if fine.error <= rtol:
            return fine
        if nodes > _MOST_NODES or entries > _MOST_ENTRIES:
            warnings.warn(
                f"the trapezoid reached {fine.error:.1e} where rtol = {rtol:.1e} was asked for, with all the nodes it"
                ' may use; method="collocation" is far more accurate',
                AccuracyWarning,
                stacklevel=3,
            )
            return fine
        coarse = fine


def needed(problem: Problem, nodes: int) -> float:
    """Bytes that this number of time steps takes, beside the solution with half of them."""
    rows, inputs = problem.pairs.xy.shape
    pairs = rows * inputs
    kernels = 10 * pairs + 3 * min(max(_BATCH, pairs), nodes * pairs)  # of inputs, and at some times with a copy
    return OVERHEAD + 8.0 * (kernels + 5 * nodes * rows * problem.y.shape[1])


def on_nodes(problem: Problem, nodes: int, progress: Progress) -> Solution:
    """Solve on `nodes` time steps: v_i (1 + h_i K_ii/2) = Y − Σ_j w_ij K_ij v_j."""
    times = graded_times(problem, nodes)
    steps = np.diff(times)
    v = np.empty((nodes + 1, *problem.y.shape))
    g = np.zeros((nodes + 1, problem.test.xy.shape[0], problem.y.shape[1]))
    v[0] = problem.y
    identity = np.eye(len(problem.y))
    for i in range(1, nodes + 1):
        weights = np.append(steps[:i], 0.0) / 2 + np.append(0.0, steps[:i]) / 2
        past = _history(problem, times[i], times[:i], weights[:i, None, None] * v[:i])
        last = weights[i] * _kernels(problem, times[i], times[i : i + 1])[0]
        train, test = np.split(last, [len(problem.y)])
        v[i] = np.linalg.solve(identity + train, problem.y - past[: len(problem.y)])
        g[i] = past[len(problem.y) :] + test @ v[i]
        progress((i / nodes) ** 2, f"{nodes} steps")
    linear = np.ones(1)
    stats: dict[str, float] = {
        "nodes": nodes + 1,
        "panels": nodes,
        "rank": problem.train.xy.size + problem.test.xy.size,
    }
    stats["kernel_evaluations"] = (nodes * (nodes + 3) // 2) * stats["rank"]
    return Solution(
        Piecewise(times, linear, v[0], v[1:, None]),
        Piecewise(times, linear, g[0], g[1:, None]),
        np.inf,
        stats,
    )


def graded_times(problem: Problem, nodes: int) -> Array:
    """Times 0 … horizon: even at first, then growing geometrically, t = τ sinh(u)."""
    rate = problem.rate(0.0)
    scale = min(1 / rate, problem.horizon) if rate > 0 else problem.horizon
    times = scale * np.sinh(np.linspace(0.0, np.arcsinh(problem.horizon / scale), nodes + 1))
    times[-1] = problem.horizon
    return times


def _kernels(problem: Problem, t: float, s: Array) -> Array:
    """K^{d,L}(t, s_j) for every j: shape (len(s), rows, columns)."""
    shape = problem.pairs.xy.shape
    flat = Pairs(*(np.broadcast_to(field, shape).ravel() for field in problem.pairs))
    return pairwise(problem.network, np.full(s.size, t), s, flat, problem.kind).reshape(s.size, *shape)


def _history(problem: Problem, t: float, s: Array, weighted: Array) -> Array:
    """Σ_j K^{d,L}(t, s_j) weighted_j, a few times at once to bound the memory."""
    total = np.zeros((problem.pairs.xy.shape[0], weighted.shape[2]))
    batch = max(1, _BATCH // problem.pairs.xy.size)
    for start in range(0, s.size, batch):
        part = slice(start, start + batch)
        total += np.tensordot(_kernels(problem, t, s[part]), weighted[part], axes=([0, 2], [0, 1]))
    return total
