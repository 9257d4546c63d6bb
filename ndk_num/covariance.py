"""Covariance of the predictor over the ensemble of networks, beyond the paper.

In the wide limit f(t) = g(t) − ∫ ρ(t,s) g(s) ds with g of covariance C(t,s) = m(t,s) K^L(t,s) and ρ the resolvent of
the integral equation; for test inputs f_*(t) = g_*(t) − ∫ ρ_*(t,s) g(s) ds. Both rows ρ(t,·), ρ_*(t,·) obey one adjoint
equation, a Volterra equation in the lag τ = t − s:

    x(τ) + ∫_0^τ K^d(t−τ', t−τ)ᵀ x(τ') dτ' = [K^d(t, t−τ)ᵀ  k^d(t, t−τ)ᵀ].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ndk_num.arrays import DeviceArray, Place
from ndk_num.checks import Array
from ndk_num.kernels import Weights, block, pairwise
from ndk_num.network import Network
from ndk_num.pairs import Pairs, gram
from ndk_num.separated import Entries, HistoryKernel, ndk_entries, sample_times, separate
from ndk_num.volterra.collocation import first_panel, level
from ndk_num.volterra.panels import Fixed, March, integrate
from ndk_num.volterra.piecewise import Piecewise, gauss, geometric_edges
from ndk_num.volterra.problem import Problem


def at_times(net: Network, X: Array, X_test: Array, times: Array, rtol: float) -> dict[str, Array]:
    """Equal-time covariances of the predictor.

    Parameters
    ----------
    net : Network
    X, X_test : array (P, N0), (M, N0)
    times : array (n,)
    rtol : float
        Accuracy asked for, relative to the largest prior variance.

    Returns
    -------
    dict
        `train_cov` (n, P, P) and `test_cov` (n, M, M).
    """
    count = len(X)
    both = np.array([_joint(net, X, X_test, t, rtol) for t in times]).reshape(times.size, *[count + len(X_test)] * 2)
    return {"train_cov": both[:, :count, :count], "test_cov": both[:, count:, count:]}


def _joint(net: Network, X: Array, X_test: Array, t: float, rtol: float) -> Array:
    """Covariance of training and test predictors at one time, shape (P + M, P + M)."""
    everything = np.concatenate([X, X_test])
    now = Weights.at(net, t, t)
    prior = now.tt * block(net, now, gram(everything), "two_time")
    if t == 0:
        return prior
    rows = gram(everything, X)
    problem = Problem(net, rows, np.zeros((len(X), 1)), t)
    chosen = level(0.1 * rtol)
    tol = max(1e-2 * rtol, 1e-13)
    samples = sample_times(t, net.fastest_forgetting)
    response = separate(ndk_entries(net), rows, samples, tol)
    correlation = separate(_correlation_entries(net), rows, samples, tol)
    lag = problem.smooth_lag()
    steps = Fixed(_edges(net, problem, rtol, 2.0), rtol)
    x = March(
        _Reversed(response.transposed(), t),
        steps,
        chosen.order,
        lambda tau: _rows(response, t, tau).transpose(0, 2, 1),
        lag,
    ).run().v  # fmt: skip
    twice = integrate(_Reversed(correlation.transposed(), t), x, lag)
    cross = _inner(x, lambda tau: _rows(correlation, t, tau).transpose(0, 2, 1), chosen.order)
    square = _inner(x, twice, chosen.order)
    total = prior - cross - cross.T + square + square.T
    return (total + total.T) / 2


@dataclass(frozen=True)
class _Reversed:
    """The kernel K(t−τ', t−τ)ᵀ of the adjoint equation, as a function of the lags τ ≥ τ'."""

    kernel: HistoryKernel
    t: float

    @property
    def shape(self) -> tuple[int, int]:
        return self.kernel.shape

    @property
    def place(self) -> Place:
        return self.kernel.place

    def evaluate(self, tau: Array, earlier: Array) -> Array:
        return self.kernel.evaluate(np.maximum(self.t - earlier, 0.0), np.maximum(self.t - tau, 0.0))

    def apply(self, weights: DeviceArray, values: DeviceArray, *, rows: int | None = None) -> DeviceArray:
        return self.kernel.apply(weights, values, rows=rows)

    def matrix(self, weights: DeviceArray) -> DeviceArray:
        return self.kernel.matrix(weights)

    def transposed(self) -> HistoryKernel:
        return self.kernel.transposed()


def _correlation_entries(net: Network) -> Entries:
    """Entries of C = m(t,s) K^L(t,s)."""

    def entries(t: Array, s: Array, pairs: Pairs) -> Array:
        return Weights.at(net, t, s).ts[:, None] * pairwise(net, t, s, pairs, "two_time")

    return Entries(entries)


def _rows(kernel: HistoryKernel, t: float, tau: Array) -> Array:
    """Kernel of all inputs at time t with the training inputs at t − τ: shape (n, P + M, P)."""
    a = kernel.evaluate(np.full(tau.size, t), np.maximum(t - tau, 0.0))
    unit = np.eye(kernel.shape[1])[None]
    return kernel.place.get(kernel.apply(kernel.place.put(a.T[:, :, None]), kernel.place.put(unit)))


def _inner(x: Piecewise, other: Callable[[Array], Array], order: int) -> Array:
    """∫ x(τ)ᵀ other(τ) dτ, panel by panel."""
    points, weights = gauss(2 * order)
    total = np.zeros(())
    for low, high in zip(x.edges[:-1], x.edges[1:], strict=True):
        tau = low + (high - low) * points
        total = total + np.einsum("g,gpa,gpb->ab", (high - low) * weights, x(tau), other(tau), optimize=True)
    return total


def _edges(net: Network, problem: Problem, rtol: float, ratio: float) -> Array:
    """Lags 0 … t, graded towards lag 0 (the resolvent's boundary layer) and towards time 0 (the changing prior)."""
    t = problem.horizon
    early = geometric_edges(min(first_panel(problem, rtol), t / 2), t / 2, ratio)
    if net.temperature == 0:
        return np.append(early, t)
    late = geometric_edges(min(0.1 / net.fastest_forgetting, t / 2), t / 2, ratio)
    return np.concatenate([early, (t - late[::-1])[1:]])
