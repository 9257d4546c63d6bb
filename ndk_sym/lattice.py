r"""Processes at times 0, 1, …, n: stationary ones as letters that do not commute, and a Gaussian chain as numbers.

A causal stationary kernel is a list of its coefficients at lags 0, 1, 2, …; each coefficient is a letter, standing for
a matrix over inputs of any size. The resolvent of a kernel that starts at lag 1 is a finite sum of products: no inverse
is needed. The chain is what a network without hidden layers does; its covariance comes from its density alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from ndk_sym import notation as nt

__all__ = ["GaussianChain", "convolved", "filtered_covariance", "gaussian_chain", "resolvent"]


def convolved(first: Sequence[sp.Expr], second: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Return the coefficients of one causal kernel after the other, Σ_j first_{k−j} second_j, at the lags both have.

    Parameters
    ----------
    first, second : sequence of expressions
        Coefficients at lags 0, 1, 2, …
    """
    lags = range(min(len(first), len(second)))
    return [sp.expand(sum(first[k - j] * second[j] for j in range(k + 1))) for k in lags]


def resolvent(kernel: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Return the coefficients of R = (1 + D)^{-1}, that is R_0 = 1 and R_k = −Σ_{j≥1} D_j R_{k−j}.

    Parameters
    ----------
    kernel : sequence of expressions
        Coefficients of D; the one at lag 0 is zero.

    Raises
    ------
    ValueError
        If the kernel does not start at lag 1.
    """
    if kernel[0] != 0:
        raise ValueError(f"the kernel must be zero at lag 0, not {kernel[0]}: each time may only know earlier ones")
    found: list[sp.Expr] = [sp.Integer(1)]
    for k in range(1, len(kernel)):
        found.append(sp.expand(-sum(kernel[j] * found[k - j] for j in range(1, k + 1))))
    return found


def filtered_covariance(filter_: Sequence[sp.Expr], covariance: Sequence[sp.Expr]) -> sp.Expr:
    """Return the covariance of Σ_i X_{n−i} g_i at the last time n, for a stationary process g that starts at 0.

    Parameters
    ----------
    filter_ : sequence of expressions
        Coefficients X at lags 0, …, n.
    covariance : sequence of expressions
        Covariance of g at lags 0, …, n, the same in both directions.
    """
    n = len(filter_) - 1
    pairs = ((i, j) for i in range(n + 1) for j in range(n + 1))
    return sp.Add(*(filter_[n - i] * covariance[abs(i - j)] * sp.transpose(filter_[n - j]) for i, j in pairs))


@dataclass(frozen=True)
class GaussianChain:
    """A trajectory of a network without hidden layers, over times and inputs.

    Attributes
    ----------
    trajectory : sympy.ImmutableMatrix
        Covariance of the predictor, as the inverse of the precision that the transition densities multiply to.
    prior : sympy.ImmutableMatrix
        The same without training.
    response : sympy.ImmutableMatrix
        The NDK of the chain: strictly lower triangular over times.
    """

    trajectory: sp.ImmutableMatrix
    prior: sp.ImmutableMatrix
    response: sp.ImmutableMatrix


def gaussian_chain(
    kernel: sp.Matrix, *, trained: int, times: int, rate: sp.Expr, start: sp.Expr, step: sp.Expr
) -> GaussianChain:
    """Return the chain f_{j+1} = (1 − κh) f_j + h K P (Y − f_j) + noise of covariance 2Th K, P keeping trained inputs.

    It is the Langevin equation (5) of f = a·x/√N₀, in steps of length h.

    Parameters
    ----------
    kernel : matrix
        K⁰ on all inputs, the trained ones first; invertible.
    trained, times : int
        Number of trained inputs, and of times.
    rate, start, step : expression
        κ, σ₀² and h.
    """
    size = kernel.rows
    kept = sp.diag(*([1] * trained + [0] * (size - trained)))
    free = (1 - rate * step) * sp.eye(size)
    response = sp.zeros(size * times)
    for i in range(times):
        for j in range(i):
            pushed = step * (1 - rate * step) ** (i - j - 1) * kernel * kept
            response[i * size : (i + 1) * size, j * size : (j + 1) * size] = pushed
    learning = _trajectory_covariance(kernel, free - step * kernel * kept, times, start, step)
    return GaussianChain(
        learning, _trajectory_covariance(kernel, free, times, start, step), sp.ImmutableMatrix(response)
    )


def _trajectory_covariance(
    kernel: sp.Matrix, transition: sp.Matrix, times: int, start: sp.Expr, step: sp.Expr
) -> sp.ImmutableMatrix:
    """Inverse of the precision in the exponent −½ Σ (f′ − M f)ᵀ (2ThK)⁻¹ (f′ − M f) − ½ f_0ᵀ (σ₀² K)⁻¹ f_0."""
    size = kernel.rows
    precision = sp.zeros(size * times)
    precision[:size, :size] = (start * kernel).inv()
    difference = sp.Matrix.hstack(-transition, sp.eye(size))
    block = difference.T * (2 * nt.T * step * kernel).inv() * difference
    for j in range(times - 1):
        where = slice(j * size, (j + 2) * size)
        precision[where, where] += block
    return sp.ImmutableMatrix(precision.applyfunc(sp.cancel).inv().applyfunc(sp.cancel))
