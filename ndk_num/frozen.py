"""Covariance of outputs that learn until a time t₀ and drift on: what is frozen, and what is not.

The output N_L^{-1/2} a(t)·x^L(u), t, u ≥ t₀, of weights that see no error after t₀ is, with v = Y − f on the training
inputs,

    f(t,u) = g(t,u) + ∫_0^{t₀} B(t,u;s) v(s) ds,    B = e^{−κ(t−s)} K^L(u,s) + m(t,s) K̇^L(u,s) K^{d,L−1}(u,s),

with g of covariance m(t,t') K^L(u,u') with itself and C(t,u;s) = m(t,s) K^L(u,s) with the g(s) of training. As
v + K^d v = Y − g, the row ρ of B through the resolvent obeys the adjoint equation of t₀ with another right side,

    ρ(s) + ∫_s^{t₀} ρ(s') K^d(s',s) ds' = B(t,u;s),

and f − f̄ = g(t,u) − ∫_0^{t₀} ρ(s) g(s) ds. The mean is that of `readout` (SI 81); the covariance is beyond the paper.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ndk_num.checks import Array
from ndk_num.kernels import block
from ndk_num.pairs import gram
from ndk_num.resolvent import Resolvent, Row, until
from ndk_num.separated import ConstantKernel, HistoryKernel, ndk_entries
from ndk_num.statistics import Statistics
from ndk_num.volterra.weights import Rule

__all__ = ["Drifted"]


@dataclass(frozen=True)
class Drifted:
    """Outputs whose weights learn until `start`.

    Attributes
    ----------
    resolvent : Resolvent
        Up to the last time of any weight.
    start : float
        t₀
    """

    resolvent: Resolvent
    start: float

    def covariance(self, t: float, u: float, progress: Callable[[float], None] | None = None) -> Array:
        """Cov[f(t,u)] of the inputs asked for, with the readout of time t and the hidden layers of time u: (A, A)."""
        row = self.resolvent.adjoint(self.start, lambda lags: self._learnt(t, u, lags), progress)
        prior = self._prior(t, u)
        if not row.values.size:
            return prior
        single, double = self._single(row, t, u), self.resolvent.double(row, row)
        return prior - single - single.T + double + double.T

    def _learnt(self, t: float, u: float, lags: Array) -> Array:
        """B(t,u;s)ᵀ at s = t₀ − lag: shape (n, P, A)."""
        net, kind = self.resolvent.network, self.resolvent.kind
        s = np.maximum(self.start - lags, 0.0)
        output, hidden_times = Statistics.at(net, t, s[:, None, None]).output, np.full(s.size, u)
        shape = (s.size, len(self.resolvent.inputs), len(self.resolvent.X))
        found = np.zeros(shape)
        if kind != "ndk_hidden":
            found += output.response(self._two_time.values(hidden_times, s))
        if kind != "ndk_readout":
            found += output.weights.ts * self._hidden.values(hidden_times, s)
        return found[:, self.resolvent.asked].transpose(0, 2, 1)

    def _prior(self, t: float, u: float) -> Array:
        """m(t,t) K^L(u,u) of the inputs asked for, with what a bias adds."""
        net, inputs = self.resolvent.network, self.resolvent.inputs[self.resolvent.asked]
        return Statistics.at(net, t, t).output.covariance(
            block(net, Statistics.at(net, u, u), gram(inputs), "two_time")
        )

    def _single(self, row: Row, t: float, u: float) -> Array:
        """∫_0^{t₀} ρ(s) C(t,u;s)ᵀ ds: shape (A, A)."""
        net, kernel = self.resolvent.network, self._two_time
        total = self._through(row, u, kernel, lambda s: Statistics.at(net, t, s).output.weights.ts)
        if net.groups[-1].bias:
            constant = ConstantKernel(kernel.shape)  # and the covariance that is left where the kernel is 0
            total += self._through(row, u, constant, lambda s: Statistics.at(net, t, s).output.covariance(np.zeros(())))
        return total.T

    def _through(
        self, row: Row, u: float, kernel: HistoryKernel | ConstantKernel, factor: Callable[[Array], Array]
    ) -> Array:
        """∫_0^{t₀} factor(s) K(u,s) ρ(s)ᵀ ds: shape (A, A)."""
        start = self.start

        def evaluate(_: Array, s: Array) -> Array:  # in times that start at t₀
            past = np.maximum(start + s, 0.0)
            return factor(past)[:, None] * kernel.evaluate(np.full(s.size, u), past)

        rule = Rule(evaluate, 1 - row.nodes[::-1], self.resolvent.finest)
        weights = until(rule, kernel.rank, np.array([u - start]), -row.edges[::-1])
        result: Array = kernel.apply(weights, row.values[::-1])[0, self.resolvent.asked]
        return result

    @cached_property
    def _two_time(self) -> HistoryKernel:
        return self.resolvent.separated(ndk_entries(self.resolvent.network, "two_time"))

    @cached_property
    def _hidden(self) -> HistoryKernel:
        return self.resolvent.separated(ndk_entries(self.resolvent.network, "hidden"))
