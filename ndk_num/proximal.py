"""Markov proximal learning at finite λ, before the Langevin limit, with schedules.   (SI 1–39)"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks, strips
from ndk_num.chain import Chain, Schedule, Shared, SharedLayer
from ndk_num.checks import Array, Index
from ndk_num.dynamics import prepare, silent
from ndk_num.groups import Bias, Group
from ndk_num.kernels import Norms, by_products, require_finite
from ndk_num.network import Network, require_gradients, require_network
from ndk_num.pairs import Pairs, stacked
from ndk_num.response import Response
from ndk_num.schedules import Steps, schedule
from ndk_num.trajectory import Trajectory
from ndk_num.volterra.piecewise import Piecewise

__all__ = ["solve"]


def solve(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike | None = None,
    *,
    lam: Steps,
    temperature: Steps | None = None,
    horizon: float | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Trajectory:
    """Mean predictor of Markov proximal learning with finite proximity λ, which may change from step to step.

    f̄_t = Σ_{s=1}^{t} K^{d,L}_{t,s} (Y − f̄_s)/λ_s   (SI 37–39),
    K^{d,L}_{t,s} = (λ_s/2T_s) (m¹ K^{L,1} − m⁰ K^{L,0})_{t,s}   (SI 28).

    Step t ends at the time Σ_{s≤t} 1/λ_s. All N²P²/2 kernel entries are evaluated, in memory of order (N + P²).

    Parameters
    ----------
    net : Network
        σ² stays the variance of the prior: the regulariser of step t is T_t/(2σ²) |Θ|².
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
        Data as for `ndk_num.solve`.
    lam : float, array (N,) or callable
        λ > 0, the strength of the proximity term in (4): of every step, of each of N steps, or a function of the step's
        number 1, 2, …
    temperature : float, array (N,) or callable, optional
        T ≥ 0 in the same forms, in place of `net.temperature`. At T = 0 a step is deterministic: implicit Euler.
    horizon : float, optional
        Last time, rounded to a whole number of steps; default 10 σ²/T with `net.temperature`. Not with an array, whose
        length is the number of steps.
    progress : callable, optional
        Called as progress(fraction, message); what it raises ends the solve.

    Returns
    -------
    Trajectory
        Exact at the steps, to rounding, and linear in between: there is no `rtol`. `stats` holds `lam` and
        `temperature`, numbers or lists of N. Covariances, drift and mixed times are those of continuous time, and
        refused. `observables` and `plots.trajectory` take the T of the steps and, in place of the NNGP equilibrium,
        `equilibria.proximal`; where λ or T change there is none, and they refuse but for the optimal stopping time,
        whose phase is then None. So they do for networks without gradients (`step`, `sign`), whose steps are finite.

    Raises
    ------
    InputError
        For data of wrong shape, schedules of wrong length or out of their domain, or more than 20,000 steps.
    """
    checks.progress(progress)
    if require_network(net).temperature == 0 and horizon is None:
        require_gradients(net)  # the default horizon is theirs
    problem, data = prepare(net, X, y, X_test, horizon, continuous=False)
    steps = schedule(net, lam, temperature, None if horizon is None else problem.horizon, problem.horizon)
    if not steps.temperature.all():
        require_gradients(net)
    started = time.perf_counter()
    pairs = stacked(problem.train, problem.test)
    v, g = _Recursion.of(net, pairs, steps).run(problem.y, progress or silent)
    stats = {
        "method": "proximal",
        "lam": _brief(steps.lam),
        "temperature": _brief(steps.temperature),
        "nodes": steps.steps + 1,
        "panels": steps.steps,
        "kernel_evaluations": steps.steps * (steps.steps + 1) // 2 * pairs.xy.size,
        "seconds": time.perf_counter() - started,
    }
    linear = np.ones(1)
    residual, test = (Piecewise(steps.times, linear, path[0], path[1:, None]) for path in (v, g))
    return Trajectory(net, *data, residual, test, stats)


def _brief(values: Array) -> float | list[float]:
    """One number if all are equal."""
    return float(values[0]) if (values == values[0]).all() else values.tolist()


@dataclass(frozen=True)
class _Recursion:
    """The implicit recursion v_t + Σ_{s≤t} R_{t,s} v_s = Y over the steps of a schedule, R = K^{d,L}/λ_s.

    Attributes
    ----------
    response : Response
        Of the pairs of inputs whose entries are computed.
    place : array of int (rows, P)
        Which of them each entry is.
    schedule : Schedule
    """

    response: Response
    place: Index
    schedule: Schedule

    @classmethod
    def of(cls, net: Network, pairs: Pairs, steps: Schedule) -> _Recursion:
        """For training and test inputs, stacked."""
        rows, columns = pairs.xy.shape
        place = np.arange(rows * columns).reshape(rows, columns)
        if by_products(net) or np.unique(pairs.yy).size == 1:
            # kernels that depend on norms through their product alone, or on one norm: x and x′ may be exchanged
            upper = np.minimum(place[:columns], place[:columns].T)
            place[:columns] = upper
        used, place = np.unique(place, return_inverse=True)
        flat = Pairs(*(np.broadcast_to(x, (rows, columns)).reshape(-1)[used] for x in pairs))
        return cls(Response(net, flat, Norms.of(flat)), place.reshape(rows, columns), steps)

    def run(self, y: Array, progress: Callable[[float, str], None]) -> tuple[Array, Array]:
        """Residuals v_t and test predictors, t = 0 … N."""
        steps, (rows, count) = self.schedule.steps, self.place.shape
        v = np.empty((steps + 1, *y.shape))
        g = np.zeros((steps + 1, rows - count, y.shape[1]))
        v[0], identity = y, np.eye(count)
        for t, weights in enumerate(self._weights(), 1):
            past = self._past(weights, v[1:t])
            train, test = np.split(self._entries(weights, slice(t - 1, t))[0], [count])
            require_finite(train)
            v[t] = np.linalg.solve(identity + train, y - past[:count])
            g[t] = past[count:] + test @ v[t]
            progress((t / steps) ** 2, f"step {t} of {steps}")
        require_finite(g)
        return v, g

    def _weights(self) -> Iterator[list[SharedLayer]]:
        """The prior statistics of each step t for every layer, computed once for equal groups."""
        groups = self.response.net.groups
        distinct = list(dict.fromkeys((one.sigma2, one.sigma02) for g in groups for one in (g, g.bias) if one))
        for rows in zip(*(Chain(self.schedule, *variances).rows() for variances in distinct), strict=True):
            yield _layers(groups, dict(zip(distinct, rows, strict=True)))

    def _entries(self, weights: list[SharedLayer], steps: slice) -> Array:
        """R_{t,s} for some steps s as matrices, shape (s, rows, P)."""
        with np.errstate(over="ignore", invalid="ignore"):
            noise = 2 * self.schedule.temperature[steps, None]
            found = self.response.at([shared.part(steps) for shared in weights], noise)
        return np.asarray(found.take(self.place, 1))

    def _past(self, weights: list[SharedLayer], v: Array) -> Array:
        """Σ_{s<t} R_{t,s} v_s, in pieces which the cores share; summed in one order whatever their number."""
        size = len(self.response.norms.first)
        pieces = strips.rows((len(v), size))
        sums = np.zeros((len(pieces), len(self.place), v.shape[2]))

        def add(steps: slice) -> None:
            entries = self._entries(weights, steps)
            sums[pieces.index(steps)] = np.tensordot(entries, v[steps], axes=([0, 2], [0, 1]))

        strips.each(add, pieces, len(v) * size)
        return np.asarray(sums.sum(axis=0))


def _layers(groups: Iterable[Group], found: Mapping[tuple[float, float], Shared]) -> list[SharedLayer]:
    """Statistics of every layer from those of the groups with different variances."""

    def of(group: Group | Bias) -> Shared:
        return found[group.sigma2, group.sigma02]

    return [SharedLayer(of(group), of(group.bias) if group.bias else None) for group in groups]
