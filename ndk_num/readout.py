"""Readout and hidden weights taken from different times of one trajectory.   (SI 53–58)

The mean of N_L^{-1/2} a(t)·x^L(u), with the readout weights a at time t and the hidden layers at time u, is

    ∫_0^t e^{−κ(t−s)} k^L(u,s)ᵀ v(s) ds + ∫_0^u m(t,s) k̇^L(u,s) k^{d,L−1}(u,s) v(s) ds,   v = Y − f̄.

In the first term the learning signal v acted on the readout, in the second on the hidden layers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.errors import InputError, shortened
from ndk_num.network import Network
from ndk_num.pairs import gram, stacked
from ndk_num.separated import ConstantKernel, ExactKernel, SeparatedKernel, Times, ndk_entries, sample_times, separate
from ndk_num.statistics import LayerStatistics, Statistics
from ndk_num.trajectory import Prediction, Trajectory
from ndk_num.volterra.collocation import kernel_tolerance
from ndk_num.volterra.piecewise import Piecewise, interpolation
from ndk_num.volterra.problem import Problem
from ndk_num.volterra.weights import around

__all__ = ["Terms", "readout_hidden", "require_trajectory"]

_EXTRA = 4  # Gauss points of a piece beyond the degree of the path
_DOUBLINGS = 7  # of a piece's length, after which e^{−κ(t−s)} is nothing
_BATCH = 1 << 20  # weights that are held at once


def readout_hidden(
    sol: Trajectory,
    t_readout: ArrayLike,
    t_hidden: ArrayLike,
    *,
    progress: Callable[[float, str], None] | None = None,
) -> Prediction:
    """Mean predictor with readout weights and hidden layers from different times.   (SI 53–58)

    Parameters
    ----------
    sol : Trajectory
        A solved network.
    t_readout, t_hidden : array (n,), (m,)
        Times in [0, horizon], in the units of the trajectory; every pair of them is returned, and costs integrals over
        the trajectory: about a millisecond on one core, as a time of `drift`.
    progress : callable, optional
        Called as progress(fraction, message); what it raises ends the computation.

    Returns
    -------
    Prediction
        `.train` (n, m, P[, k]) and `.test` (n, m, M[, k]). Where the times are equal this is the predictor itself. The
        error is of the order of the trajectory's: rtol · max|y|.

    Raises
    ------
    InputError
        For something else than a trajectory, a time outside [0, horizon], or a `progress` that is no function.
    """
    require_trajectory(sol)
    checks.progress(progress)
    t = checks.times("t_readout", t_readout, horizon=sol.horizon)
    u = checks.times("t_hidden", t_hidden, horizon=sol.horizon)
    first, second = (grid.ravel() for grid in np.meshgrid(t, u, indexing="ij"))
    terms = Terms.of(sol, max(t.max(initial=0.0), u.max(initial=0.0)))
    found = terms.predict(first, second, (first, second), progress)
    shape = (t.size, u.size)
    return Prediction(found.train.reshape(*shape, *sol.y.shape), found.test.reshape(*shape, *found.test.shape[1:]))


def require_trajectory(sol: object) -> None:
    """InputError if `sol` is not a trajectory in continuous time."""
    if not isinstance(sol, Trajectory):
        raise InputError(f"sol is {shortened(sol)}; give what ndk_num.solve returns")
    sol.require_continuous_time()


@dataclass(frozen=True)
class Term:
    """Signal that acted on one group of weights: its kernel is factor(t,s) K(u,s).

    Attributes
    ----------
    kernel : ExactKernel, SeparatedKernel or ConstantKernel
    factor : callable
        From statistics of the readout at the times t and s.
    of_readout : bool
        Whether these are weights of the readout; otherwise of the hidden layers.
    """

    kernel: ExactKernel | SeparatedKernel | ConstantKernel
    factor: Callable[[LayerStatistics], Array]
    of_readout: bool


@dataclass(frozen=True)
class Terms:
    """All terms of a trajectory, without those of weights that do not learn."""

    network: Network
    path: Piecewise
    terms: tuple[Term, ...]
    finest: float
    columns: int

    @classmethod
    def of(cls, sol: Trajectory, last: float) -> Terms:
        """For times up to `last`, which may pass the horizon."""
        net, tol = sol.network, kernel_tolerance(sol.stats["rtol"])
        pairs = stacked(gram(sol.X), gram(sol.X_test, sol.X))
        times = _either_order(sample_times(max(last, sol.horizon), net.fastest_forgetting))
        terms = []
        if sol.learning != "hidden":
            kernel = separate(ndk_entries(net, "two_time"), pairs, times, tol)
            terms.append(Term(kernel, lambda output: output.weights.decay, True))
            if net.groups[-1].bias:
                constant = ConstantKernel(kernel.shape)  # and what of the response is left where the kernel is 0
                terms.append(Term(constant, lambda output: output.response(np.zeros(())), True))
        if sol.learning != "readout":
            kernel = separate(ndk_entries(net, "hidden"), pairs, times, tol)
            terms.append(Term(kernel, lambda output: output.weights.ts, False))
        problem = Problem(net, pairs, sol.y.reshape(len(sol.y), -1), sol.horizon)
        return cls(net, sol.residual_path, tuple(terms), problem.smooth_lag(), sol.y.ndim - 1)

    def predict(
        self, t: Array, u: Array, until: tuple[Array, Array], progress: Callable[[float, str], None] | None = None
    ) -> Prediction:
        """Sum of all terms for readout times t and hidden times u: (n, …).

        The signal ends at the times `until`, for the readout and for the hidden layers.
        """
        total = np.zeros((u.size, self.terms[0].kernel.shape[0], self.path.values.shape[3]))
        for number, term in enumerate(self.terms):

            def report(done: int, before: int = number * u.size) -> None:
                if progress is not None:
                    progress((before + done) / (len(self.terms) * u.size), f"mean: time {done} of {u.size}")

            total += self._integral(term, t, u, until[0 if term.of_readout else 1], report)
        train, test = np.split(total, [self.path.values.shape[2]], axis=1)
        return Prediction(train if self.columns else train[..., 0], test if self.columns else test[..., 0])

    def _integral(self, term: Term, t: Array, u: Array, until: Array, report: Callable[[int], None]) -> Array:
        """∫_0^until factor(t,s) K(u,s) v(s) ds, a few times at once: shape (n, P + M, k)."""
        kernel, values = term.kernel, self.path.values.reshape(-1, *self.path.start.shape)
        results = np.empty((u.size, kernel.shape[0], values.shape[2]))
        step = max(1, _BATCH // (kernel.rank * len(values)))
        for start in range(0, u.size, step):
            batch = slice(start, start + step)
            results[batch] = kernel.apply(self._weights(term, t[batch], u[batch], until[batch]), values)
            report(min(start + step, u.size))
        return results

    def _weights(self, term: Term, t: Array, u: Array, until: Array) -> Array:
        """Weights of all nodes of the path for n times: shape (r, n, panels · nodes).

        The kernel's functions of time are evaluated once, at the points of all panels and times.
        """
        edges, nodes = self.path.edges, self.path.nodes
        rules = [self._quadrature(*times) for times in zip(t.tolist(), u.tolist(), until.tolist(), strict=True)]
        sizes = [s.size for s, _ in rules]
        found = np.zeros((t.size * (len(edges) - 1), term.kernel.rank, nodes.size))
        s, w = (np.concatenate(columns) for columns in zip(*rules, strict=True))
        w *= term.factor(Statistics.at(self.network, np.repeat(t, sizes), s).output)
        a = term.kernel.evaluate(np.repeat(u, sizes), s)
        a *= w[:, None]
        panel = np.clip(np.searchsorted(edges, s) - 1, 0, len(edges) - 2)
        matrix = interpolation(nodes, (s - edges[panel]) / np.diff(edges)[panel])
        place = panel + (len(edges) - 1) * np.repeat(np.arange(t.size), sizes)
        order = np.argsort(place, kind="stable")
        a, matrix, (filled, starts) = a[order], matrix[order], np.unique(place[order], return_index=True)
        for one, low, high in zip(filled, starts, np.append(starts, place.size)[1:], strict=True):
            found[one] = a[low:high].T @ matrix[low:high]
        return found.reshape(t.size, -1, *found.shape[1:]).transpose(2, 0, 1, 3).reshape(term.kernel.rank, t.size, -1)

    def _quadrature(self, t: float, u: float, until: float) -> tuple[Array, Array]:
        """Points and weights on [0, until], panel by panel, for a kernel with a kink or a root at s = u.

        Pieces grow from s = t too, where the factor has a kink.
        """
        rate = self.network.fastest_forgetting
        lags = np.ldexp(1 / rate, np.arange(-1, _DOUBLINGS)) if rate else np.zeros(0)
        marks = np.concatenate([self.path.edges, [t, u, until], t - lags, t + lags])
        cuts = np.unique(marks[(marks >= 0) & (marks <= until)])
        return around(u, cuts, self.finest, self.path.nodes.size + _EXTRA)


def _either_order(times: Times) -> Times:
    """Pairs of times in both orders."""
    t, s = times
    return np.concatenate([t, s]), np.concatenate([s, t])
