"""Gradient flow, T = 0, by its closed form: K^d(t,s) = K_NTK at all times.   (18)

    v(t) = Σ_j u_j e^{−λ_j t} u_jᵀ Y,      f̄_*(t) = Σ_j k_NTKᵀ u_j (1 − e^{−λ_j t})/λ_j u_jᵀ Y,      K_NTK u_j = λ_j u_j

Eigenvectors of λ = 0 do not move, and k_NTKᵀ u = 0 there. Which these are, and the digits of small eigenvalues, are
lost by an eigenvalue solver on a matrix with rows of different sizes: its errors are relative to the largest
eigenvalue. So K = G Gᵀ is taken apart by Cholesky's method with pivots, after scaling it to a unit diagonal, and
λ = σ² with the singular values of G, by Jacobi rotations where the spectrum is wide (Demmel and Veselić 1992, Drmač and
Veselić 2008).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from ndk_num.checks import Array
from ndk_num.errors import AccuracyWarning, InputError
from ndk_num.kernels import blocks
from ndk_num.statistics import Statistics
from ndk_num.volterra.panels import Adaptive
from ndk_num.volterra.piecewise import Piecewise, interpolation, radau
from ndk_num.volterra.problem import Problem, Progress, Solution
from ndk_num.volterra.resources import OVERHEAD, UNLIMITED, Resources

_EPS = float(np.finfo(float).eps)
_WIDE = 1e4  # λ_max/λ_min above which rotations are worth their time
_SHARE = 0.5  # of rtol that interpolation between nodes may use
_ROUNDINGS = 16.0  # of the sum over eigenvectors, that polynomials are not asked to follow
_NODES = 6, 18  # in a panel, at rtol = 0.1 and 1e-12
# What an estimate of memory reckons with: matrices (P + M, P) of input kernels and the NTK, matrices (P, P) of its
# factors and of their singular values, and the times of a short solve.
_OF_ALL, _OF_TRAINING, _FEW = 10, 16, 80


@dataclass(frozen=True)
class Flow:
    """The eigenvectors of K_NTK that move.

    Attributes
    ----------
    values : array (r,)
        λ_j > 0.
    labels, vectors : array (r, k), (P, r)
        u_jᵀ Y and u_j.
    test : array (M, r)
        k_NTKᵀ u_j/λ_j
    y : array (P, k)
    rounding : float
        What rounding of K_NTK and k_NTK changes of the predictor.
    """

    values: Array
    vectors: Array
    labels: Array
    test: Array
    y: Array
    rounding: float

    @classmethod
    def of(cls, problem: Problem) -> Flow:
        """Take the NTK of these data apart."""
        from scipy.linalg import lapack, solve_triangular

        inputs = len(problem.y)
        at_start = Statistics.at(problem.network, 0.0, 0.0)
        (entries,) = blocks(problem.network, at_start, problem.pairs, (problem.kind,))
        size = np.sqrt(np.diag(entries))
        size = np.where(size > 0, size, 1.0)
        scaled = entries[:inputs] / size / size[:, None]
        factor, pivots, rank, _ = lapack.dpstrf(scaled, tol=inputs * _EPS, lower=1)
        pivots = pivots[:inputs] - 1
        factor = np.tril(factor)[:, :rank]
        rows = np.empty_like(factor)
        rows[pivots] = factor * size[pivots, None]  # G
        left, singular, right = _singular(rows)
        first = pivots[:rank]
        own = solve_triangular(factor[:rank], (entries[inputs:, first] / size[first]).T, lower=True)  # G⁻¹ k
        test = own.T @ right / singular
        labels = left.T @ problem.y
        # to first order |δk| |A| + |k K⁻¹| |δK| |A| with A = K⁻¹ Y
        moved = np.abs(entries) @ np.abs(left @ (labels / singular[:, None] ** 2))
        moved[inputs:] += np.abs(test @ left.T) @ moved[:inputs]
        return cls(singular**2, left, labels, test, problem.y, _EPS / 2 * float(moved.max()))

    def __call__(self, times: Array) -> Array:
        """v and f̄_* at these times: shape (n, P + M, k)."""
        learnt = -np.expm1(-np.multiply.outer(times, self.values))[:, :, None] * self.labels
        return np.concatenate([self.y - self.vectors @ learnt, self.test @ learnt], axis=1)


def _singular(rows: Array) -> tuple[Array, Array, Array]:
    """U, σ > 0 and V of G = U σ Vᵀ."""
    from scipy.linalg import lapack

    left, singular, right = np.linalg.svd(rows, full_matrices=False)
    if not singular.size or singular[-1] ** 2 * _WIDE >= singular[0] ** 2:
        return left, singular, right.T
    # joba=2: high relative accuracy for rows and columns of any sizes
    singular, left, right, scales, _, info = lapack.dgejsv(rows, joba=2, jobu=0, jobv=0, jobr=0)
    if info:
        raise np.linalg.LinAlgError(f"dgejsv did not converge ({info})")
    return left[:, : singular.size], singular * (scales[0] / scales[1]), right


def needed(problem: Problem, times: int) -> float:
    """Bytes that the closed form takes at this number of times."""
    rows, inputs = problem.pairs.xy.shape
    matrices = 8.0 * inputs * (_OF_ALL * rows + _OF_TRAINING * inputs)
    return OVERHEAD + matrices + 8.0 * 3 * times * rows * problem.y.shape[1]


def solve(problem: Problem, rtol: float, progress: Progress, resources: Resources = UNLIMITED) -> Solution:
    """Evaluate the closed form on panels between whose nodes a polynomial gets it to `rtol` · max |Y|."""
    resources.refuse("gradient_flow")
    if problem.network.temperature > 0:
        raise InputError(
            f'method "gradient_flow" is for temperature 0, and it is {problem.network.temperature:g}; give'
            ' method="collocation", or no method'
        )
    resources.require(needed(problem, _FEW), len(problem.y))
    flow = Flow.of(problem)
    scale, inputs = problem.scale or 1.0, len(problem.y)
    nodes = radau(round(np.interp(-np.log10(rtol), (1, 12), _NODES)))
    whole = np.append(0.0, nodes)
    between = (whole[1:] + whole[:-1]) / 2
    polynomial = interpolation(whole, between)
    fastest = float(flow.values.max(initial=0.0))
    first = min(problem.horizon, 1.0 / fastest) if fastest else problem.horizon
    largest = float((np.abs(flow.test) @ np.abs(flow.labels)).max(initial=0.0))
    steps = Adaptive(first, problem.horizon, max(_SHARE * rtol * scale, _ROUNDINGS * _EPS * max(scale, largest)))
    edges, values, missed = [0.0], [flow(np.zeros(1))], 0.0
    while edges[-1] < problem.horizon:
        low, high = edges[-1], steps.end(edges[-1])
        found = flow(np.append(low + (high - low) * nodes[:-1], high))
        dense = np.tensordot(polynomial, np.concatenate([values[-1][-1:], found]), 1)
        defect = float(np.abs(flow(low + (high - low) * between) - dense).max())
        if not steps.accept(low, high, defect, scale, nodes.size):
            continue
        resources.require(needed(problem, nodes.size * len(edges)), len(problem.y))
        edges.append(high)
        values.append(found)
        missed = max(missed, defect)
        progress(float(np.log1p(fastest * high) / np.log1p(fastest * problem.horizon)) if fastest else 1.0, "panels")
    start, path = values[0][0], np.array(values[1:])
    error = (missed + flow.rounding) / scale
    if error > rtol:
        warnings.warn(
            f"the error estimate is {error:.1e} where rtol = {rtol:.1e} was asked for; inputs so nearly parallel that"
            " float64 does not tell their kernels apart are to blame: merge them",
            AccuracyWarning,
            stacklevel=3,
        )
    stats = {
        "nodes": (len(edges) - 1) * nodes.size + 1,
        "panels": len(edges) - 1,
        "rank": flow.values.size,
        "kernel_evaluations": problem.train.xy.size + problem.test.xy.size,
    }
    edges_array = np.array(edges)
    return Solution(
        Piecewise(edges_array, nodes, start[:inputs], path[:, :, :inputs]),
        Piecewise(edges_array, nodes, start[inputs:], path[:, :, inputs:]),
        error,
        stats,
    )
