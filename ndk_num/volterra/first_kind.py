"""The diffusive phase as T → 0 at fixed τ = T t: an equation of the first kind, by the panels of the collocation.

    Y = K^d(τ,0) A + ∫_0^τ K^d(τ,τ') w(τ') dτ',      f̄_*(τ) = k^d(τ,0)ᵀ A + ∫_0^τ k^d(τ,τ')ᵀ w(τ') dτ'

with A = K_NTK⁻¹ Y. Collocation of an equation of the first kind is stable if |∏ (1 − c)/c| ≤ 1 over its nodes c
(Brunner 2004, theorem 2.4.2); the last Radau node is 1 and makes the product 0. For ReLU w behaves like τ^{-1/2} at 0,
which panels graded to 0 resolve.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ndk_num.checks import Array
from ndk_num.errors import InputError
from ndk_num.kernels import blocks
from ndk_num.statistics import Statistics
from ndk_num.volterra.collocation import Level, marched, refined, separated
from ndk_num.volterra.panels import Adaptive, March
from ndk_num.volterra.piecewise import interpolation, radau
from ndk_num.volterra.problem import Problem, Progress, Solution

__all__ = ["diffusive"]

_ROUNDINGS = 100.0  # of K A: no defect is seen below
_LONGEST, _SHORTEST, _SHRINK = 0.5, 1e-30, 0.25  # of the first panel, in units of the time scale of the prior


def diffusive(problem: Problem, rtol: float, progress: Progress) -> Solution:
    """Solve for w and the test predictor to an error of at most `rtol` · max |Y| at all τ.

    Parameters
    ----------
    problem : Problem
        Of a network with T = 1, whose time is τ.
    rtol : float
    progress : callable

    Returns
    -------
    Solution
        Its `residual` is w, defined at τ > 0.

    Raises
    ------
    InputError
        If K_NTK is singular.
    """
    kick = _kick(problem)

    def at_level(chosen: Level, tol: float) -> Solution:
        return _solve_level(problem, kick, chosen, tol, progress)

    return refined(at_level, lambda one, other: _distance(one, other, problem.scale), problem.scale, rtol)


def _kick(problem: Problem) -> Array:
    """A = ∫ e^{−K_NTK t} Y dt = K_NTK⁻¹ Y, what the gradient phase leaves at τ = 0: shape (P, k)."""
    ntk = _at_start(problem)[: len(problem.y)]
    values, vectors = np.linalg.eigh(ntk)
    if not values[0] > len(values) * np.finfo(float).eps * values[-1]:
        raise InputError(
            f"K_NTK is singular (eigenvalues from {values[0]:.1e} to {values[-1]:.1e}), so that the gradient phase of"
            " these data does not end and has no limit T → 0; merge duplicate inputs, choose a nonlinear activation"
            " where there are more inputs than features, or use `solve` at T > 0"
        )
    return np.asarray(vectors @ ((vectors.T @ problem.y) / values[:, None]))


def _at_start(problem: Problem) -> Array:
    """K^d(0,0) of all rows, shape (P + M, P)."""
    (found,) = blocks(problem.network, Statistics.at(problem.network, 0.0, 0.0), problem.pairs, ("ndk",))
    return found


def _solve_level(problem: Problem, kick: Array, chosen: Level, rtol: float, progress: Progress) -> Solution:
    kernel = separated(problem, rtol, chosen.order)
    inputs = len(kick)
    start = _at_start(problem)[inputs:] @ kick
    acting = kernel.place.put(kick[None])

    def lost(tau: Array) -> Array:
        """(K^d(0,0) − K^d(τ,0)) A of all rows, exactly 0 at τ = 0: shape (n, P + M, k)."""
        zero = np.zeros_like(tau)
        change = kernel.evaluate(zero, zero) - kernel.evaluate(tau, zero)
        return kernel.place.get(kernel.apply(kernel.place.put(change.T[:, :, None]), acting))

    rate, scale = problem.fastest_rate(), problem.scale or 1.0
    rounding = _ROUNDINGS * np.finfo(float).eps * rate * float(np.abs(kick).max())
    tol = max(chosen.error * scale, rounding)
    march = March(
        kernel,
        Adaptive(
            _first_panel(problem, lost, chosen.order, tol), problem.horizon, tol, rate, rounding, problem.fading()
        ),
        chosen.order,
        lambda tau: lost(tau)[:, :inputs],
        problem.smooth_lag(),
        identity=0.0,
        offset=lambda tau: start - lost(tau)[:, inputs:],
    )
    return marched(march, kernel, problem.scale, progress)


def _first_panel(problem: Problem, lost: Callable[[Array], Array], order: int, tol: float) -> float:
    """As long as a polynomial gets what the kick has lost, which for ReLU grows like √τ."""
    nodes = np.append(0.0, radau(order))
    between = (nodes[1:] + nodes[:-1]) / 2
    polynomial = interpolation(nodes, between)
    unit = 1.0 / problem.network.fastest_forgetting
    length = min(_LONGEST * unit, problem.horizon)
    while length > _SHORTEST * unit:
        missed = lost(length * between) - np.tensordot(polynomial, lost(length * nodes), 1)
        if np.abs(missed).max() <= tol:
            break
        length *= _SHRINK
    return length


def _distance(one: Solution, other: Solution, scale: float) -> float:
    """Largest difference of the test predictor between nodes, or what the coarser one misses the equation by."""
    nodes = np.unique(np.concatenate([one.test.times, other.test.times]))
    times = np.append((nodes[:-1] + nodes[1:]) / 2, nodes)
    gap = np.abs(one.test(times) - other.test(times)).max(initial=0.0)
    return float(np.maximum(gap, one.stats["defect"] * (scale or 1.0)))
