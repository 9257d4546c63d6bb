"""Rows of the resolvent, and covariances of the predictor made of them.

In the wide limit f(t) = f̄(t) + g(t) − ∫ ρ(t,s) g(s) ds with g of covariance C(t,s) = m(t,s) K^L(t,s); ρ between
training inputs is the resolvent of the equation of the mean (16), and for test inputs its image under (17). The row
ρ(t,·) of one time obeys an adjoint equation, a Volterra equation in the lag τ = t − s for x(τ) = ρ(t, t−τ)ᵀ:

    x(τ) + ∫_0^τ K^d(t−τ', t−τ)ᵀ x(τ') dτ' = [K^d(t, t−τ)ᵀ  k^d(t, t−τ)ᵀ].

Two rows make the covariance of any two times. With c(a,b) = ∫_0^a ρ(a,s) C(s,b) ds, and h(a,b) the part s < u of the
double integral of ρ(a,s) C(s,u) ρ(b,u)ᵀ,

    Cov[f(a), f(b)] = C(a,b) − c(a,b) − c(b,a)ᵀ + h(a,b) + h(b,a)ᵀ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ndk_num.checks import Array
from ndk_num.kernels import block
from ndk_num.network import Network
from ndk_num.pairs import Pairs, gram
from ndk_num.separated import Entries, HistoryKernel, ndk_entries, sample_times, separate
from ndk_num.statistics import Statistics
from ndk_num.volterra.collocation import Level, first_panel
from ndk_num.volterra.panels import Adaptive, March
from ndk_num.volterra.piecewise import gauss, interpolation
from ndk_num.volterra.problem import Problem
from ndk_num.volterra.weights import Rule

__all__ = ["Resolvent", "Row", "until"]

_MORE = 4  # Gauss points of a panel beyond its nodes
_NEARER = 0.8  # of what is left to time 0, the most that one panel takes
_ROUNDING = 1e-13  # of the right side, of order `rate`


@dataclass(frozen=True)
class Row:
    """ρ(t,·) on panels of the lag τ = t − s.

    Attributes
    ----------
    t : float
    edges : array (panels + 1,)
        From 0 to t; at t = 0 a single one.
    nodes : array (n,)
        As fractions of a panel.
    values : array (panels · n, P, A)
        ρ(t, t−τ)ᵀ at the nodes.
    """

    t: float
    edges: Array
    nodes: Array
    values: Array


@dataclass
class _Lags(Adaptive):
    """Panels in the lag: errors are integrals of the defect, and short panels reach time 0, where the prior changes."""

    forgetting: float = field(default=0.0, kw_only=True)

    def tolerance(self, high: float) -> float:
        """So that the defect's integral is the same over each factor of the lag."""
        return max(self.tol / high, _ROUNDING * self.rate)

    def end(self, low: float) -> float:
        """As long as others, but not to time 0 from farther than the prior's change."""
        left = self.horizon - low
        end = super().end(low)
        return end if left * self.forgetting <= 1 else min(end, low + _NEARER * left)


@dataclass(frozen=True)
class Resolvent:
    """Rows of the resolvent at one level of accuracy, and covariances.

    Attributes
    ----------
    network : Network
    X, X_test : array (P, N0), (M, N0)
    asked : slice
        Which of all P + M inputs have columns in a row: A of them.
    horizon : float
        Last time of a row, above 0.
    level : Level
    tol : float
        Largest relative error of a kernel's entry.
    kind : str
        The kernel of the equation: all of K^{d,L}, or one of its two terms.
    """

    network: Network
    X: Array
    X_test: Array
    asked: slice
    horizon: float
    level: Level
    tol: float
    kind: str = "ndk"

    def row(self, t: float, progress: Callable[[float], None] | None = None) -> Row:
        """Solve the adjoint equation of one time."""

        def right_side(tau: Array) -> Array:
            kernel = self._response.values(np.full(tau.size, t), np.maximum(t - tau, 0.0))
            return kernel[:, self.asked].transpose(0, 2, 1)

        return self.adjoint(t, right_side, progress)

    def adjoint(
        self, t: float, right_side: Callable[[Array], Array], progress: Callable[[float], None] | None = None
    ) -> Row:
        """Solve the adjoint equation from time t with any right side, lags (n,) → (n, P, A)."""
        columns = len(self.inputs[self.asked])
        if t == 0 or not columns:
            return Row(t, np.zeros(1), np.zeros(0), np.zeros((0, len(self.X), columns)))
        net = self.network
        problem = Problem(net, self._pairs, np.zeros((len(self.X), 1)), t, kind=self.kind)
        first, rate = first_panel(problem, self.level.error), problem.fastest_rate()
        steps = _Lags(first, t, self.level.error, rate, forgetting=net.fastest_forgetting)
        x = March(self._response.adjoint(t), steps, self.level.order, right_side, self.finest).run(progress).v
        return Row(t, x.edges, x.nodes, x.values.reshape(-1, *x.start.shape))

    def covariance(self, a: Row, b: Row) -> Array:
        """Cov[f(a), f(b)] of the inputs asked for, shape (A, A)."""
        if not a.values.shape[2]:
            return np.zeros((0, 0))
        single = self._single(a, b)
        double = self.double(a, b)
        if a is b:
            return self._prior(a.t, b.t) - single - single.T + double + double.T
        return self._prior(a.t, b.t) - single - self._single(b, a).T + double + self.double(b, a).T

    def variances(self, t: float) -> Array:
        """Prior variances of the inputs asked for: shape (A,)."""
        return np.diagonal(self._prior(t, t))

    def _prior(self, t: float, s: float) -> Array:
        return block(self.network, Statistics.at(self.network, t, s), gram(self.inputs[self.asked]), "prior")

    def _single(self, a: Row, b: Row) -> Array:
        """∫_0^a ρ(a,s) C(s,b) ds, the times before b and after b: shape (A, A)."""
        if not len(a.values):
            return np.zeros(2 * a.values.shape[2:])
        t, result = a.t, np.zeros(2 * a.values.shape[2:])
        if b.t > 0:
            kernel = self._correlation

            def before(b: Array, s: Array) -> Array:  # in times that start at t
                return kernel.evaluate(np.maximum(t + b, 0.0), np.maximum(t + s, 0.0))

            rule = Rule(before, 1 - a.nodes[::-1], self.finest)
            weights = until(rule, kernel.rank, np.array([b.t - t]), -a.edges[::-1])
            result += kernel.apply(weights, a.values[::-1])[0, self.asked]
        if t > b.t:
            other = self._earlier

            def after(lag: Array, s: Array) -> Array:
                return other.evaluate(np.maximum(t - s, 0.0), np.maximum(t - lag, 0.0))

            weights = until(Rule(after, a.nodes, self.finest), other.rank, np.array([t - b.t]), a.edges)
            result += other.apply(weights, a.values)[0, self.asked]
        return result.T

    def double(self, a: Row, b: Row) -> Array:
        """∫∫ ρ(a,s) C(s,u) ρ(b,u)ᵀ over s < u: shape (A, A).

        The nodes' polynomials are integrated against C in both times first: w[k,i,j] = ∫∫ ℓ_i(s) A_k(u,s) ℓ_j(u).
        """
        if not (len(a.values) and len(b.values)):
            return np.zeros(2 * a.values.shape[2:])
        kernel = self._correlation.adjoint(b.t)
        rule = Rule(kernel.evaluate, b.nodes, self.finest)
        shift = a.t - b.t  # a lag of a is one of b, and this
        x, w = gauss(self.level.order + _MORE)
        result = np.zeros(2 * a.values.shape[2:])
        count = a.nodes.size
        for p, (low, high) in enumerate(zip(a.edges[:-1], a.edges[1:], strict=True)):
            inside = b.edges[(b.edges + shift > low) & (b.edges + shift < high)] + shift
            cuts = np.unique(np.concatenate([[max(low, shift)], inside, [high]]))
            if high <= shift or cuts.size < 2:
                continue
            length = np.diff(cuts)[:, None]
            lags = (cuts[:-1, None] + length * x).ravel()
            outer = interpolation(a.nodes, (lags - low) / (high - low)) * (length * w).reshape(-1, 1)
            known = int(np.searchsorted(b.edges, high - shift))  # panels of b that reach no earlier than these times
            inner = until(rule, kernel.rank, lags - shift, b.edges[: known + 1])
            weights = np.ascontiguousarray(outer.T) @ inner  # (r, n, N)
            image = kernel.apply(weights, b.values[: known * count])
            result += np.tensordot(a.values[p * count : (p + 1) * count], image, axes=([0, 1], [0, 1]))
        return result

    @cached_property
    def inputs(self) -> Array:
        """All inputs, training inputs first: shape (P + M, N0)."""
        return np.concatenate([self.X, self.X_test])

    @cached_property
    def _pairs(self) -> Pairs:
        return gram(self.inputs, self.X)

    @cached_property
    def finest(self) -> float:
        """Length next to s = t on which all kernels are smooth in √(t−s)."""
        return Problem(self.network, self._pairs, np.zeros((len(self.X), 1)), self.horizon).smooth_lag()

    @cached_property
    def _response(self) -> HistoryKernel:
        """K^d between all inputs and the training inputs."""
        return self.separated(ndk_entries(self.network, self.kind))

    @cached_property
    def _correlation(self) -> HistoryKernel:
        """C between all inputs at the later time and the training inputs at the earlier one."""
        return self.separated(ndk_entries(self.network, "prior"))

    @cached_property
    def _earlier(self) -> HistoryKernel:
        """The same with all inputs at the earlier time."""
        correlation = ndk_entries(self.network, "prior")
        return self.separated(Entries(lambda t, s, pairs: correlation(s, t, pairs)))

    def separated(self, entries: Entries) -> HistoryKernel:
        """A kernel between all inputs and the training inputs, for times up to the horizon."""
        times = sample_times(self.horizon, self.network.fastest_forgetting, self.level.order)
        return separate(entries, self._pairs, times, self.tol, seed=self.level.order)


def until(rule: Rule, rank: int, t: Array, edges: Array) -> Array:
    """Weights of all nodes in integrals from the first edge to each t, or to the last edge: shape (r, len(t), N)."""
    count, panels = rule.nodes.size, len(edges) - 1
    result = np.zeros((rank, t.size, panels * count))
    inside = np.searchsorted(edges, t, side="left") - 1  # edges[p] < t ≤ edges[p + 1]
    for p in np.unique(inside[inside >= 0]):
        some = inside == p
        if p > 0:
            result[:, some, : p * count] = rule.history(t[some], edges[: p + 1])
        if p < panels:
            result[:, some, p * count : (p + 1) * count] = rule.current(t[some], edges[p], edges[p + 1])
    return result
