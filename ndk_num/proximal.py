"""Markov proximal learning at finite λ, before the Langevin limit.   (SI 1–39)"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.dynamics import prepare
from ndk_num.errors import InputError, shortened
from ndk_num.kernels import recursion
from ndk_num.network import Network
from ndk_num.pairs import Pairs, stacked
from ndk_num.statistics import LayerStatistics, Statistics, Weights
from ndk_num.trajectory import Trajectory
from ndk_num.volterra.piecewise import Piecewise

_MOST_STEPS = 20_000


@dataclass(frozen=True)
class Chain:
    """Prior statistics of the weights after whole steps.   (SI 21)

    m_{t,s} = σ̃² λ̃^{|t−s|} + (σ0² − σ̃²) λ̃^{t+s},   λ̃ = λ/(λ+κ),   σ̃² = 2T/((λ+κ)(1 − λ̃²)).
    """

    net: Network
    lam: float

    @property
    def memory(self) -> float:
        """λ̃, the share of a weight that survives one step."""
        return self.lam / (self.lam + self.net.kappa)

    @property
    def variance(self) -> float:
        """σ̃², the weights' variance in equilibrium."""
        return 2 * self.net.temperature / ((self.lam + self.net.kappa) * (1 - self.memory**2))

    def same(self, t: Array, s: Array) -> Array:
        """m¹_{t,s} = m_{t,s}: the physical replica at both times."""
        stationary = self.variance * self.memory ** np.abs(t - s)
        return stationary + (self.net.sigma02 - self.variance) * self.memory ** (t + s)

    def different(self, t: Array, s: Array) -> Array:
        """m⁰_{t,s} = λ̃ m_{t,s−1}: two replicas, t ≥ s, which share the past before step s."""
        return self.memory * self.same(t, s - 1)

    def lost_same(self, t: Array, s: Array) -> Array:
        """1 − (m¹_{t,s})²/(m_{t,t} m_{s,s}) for t ≥ s: m_{t,t} = λ̃^{2(t−s)} m_{s,s} + σ̃² (1 − λ̃^{2(t−s)})."""
        return self.variance * self._renewed(t, s) / self.same(t, t)

    def lost_different(self, t: Array, s: Array) -> Array:
        """1 − (m⁰_{t,s})²/(m_{t,t} m_{s,s}) for t ≥ s: m⁰_{t,s} is m¹_{t,s} without the noise of step s."""
        late, early = self.same(t, t), self.same(s, s)
        noise = 2 * self.net.temperature / (self.lam + self.net.kappa)
        kept = 1 - self._renewed(t, s)
        return (early * self.variance * self._renewed(t, s) + kept * noise * (2 * early - noise)) / (late * early)

    def _renewed(self, t: Array, s: Array) -> Array:
        """1 − λ̃^{2(t−s)}."""
        return -np.expm1(2 * (t - s) * np.log1p(-self.net.kappa / (self.lam + self.net.kappa)))


def solve(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike | None = None,
    *,
    lam: float,
    horizon: float | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Trajectory:
    """Mean predictor of Markov proximal learning with finite proximity λ.

    f̄_t = (1/λ) Σ_{s=1}^{t} K^{d,L}_{t,s} (Y − f̄_s)   (SI 37–39),
    K^{d,L}_{t,s} = (λ/2T) (m¹ K^{L,1} − m⁰ K^{L,0})_{t,s}   (SI 28).

    Step t of the chain is the time t/λ. All N²P²/2 kernel entries are evaluated.

    Parameters
    ----------
    net : Network
        With temperature T > 0.
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
        Data as for `ndk_num.solve`.
    lam : float
        λ > 0, the strength of the proximity term in (4).
    horizon : float, optional
        Last time, default 10 σ²/T; rounded to a whole number of steps.
    progress : callable, optional
        Called as progress(fraction, message).

    Returns
    -------
    Trajectory
        Exact at the steps, linear in between.

    Raises
    ------
    InputError
        For data of wrong shape, T = 0, λ ≤ 0, or more than 20,000 steps.
    """
    problem, data = prepare(net, X, y, X_test, horizon)
    given = checks.real_array("lam", lam)
    if given.ndim or given <= 0:
        raise InputError(f"lam is {shortened(lam)}; give one positive number")
    strength = float(given)
    if net.temperature == 0:
        raise InputError("temperature is 0; Markov proximal learning at finite lam needs a positive temperature")
    steps = round(min(problem.horizon * strength, 2 * _MOST_STEPS))
    if not 1 <= steps <= _MOST_STEPS:
        raise InputError(
            f"horizon · lam is {problem.horizon * strength:.3g} steps; choose them to give 1 to {_MOST_STEPS}"
        )
    started = time.perf_counter()
    v, g = _run(Chain(net, strength), stacked(problem.train, problem.test), problem.y, steps, progress)
    edges, linear = np.arange(steps + 1) / strength, np.ones(1)
    stats = {
        "method": "proximal",
        "lam": strength,
        "nodes": steps + 1,
        "panels": steps,
        "seconds": time.perf_counter() - started,
    }
    residual, test = (Piecewise(edges, linear, path[0], path[1:, None]) for path in (v, g))
    return Trajectory(net, *data, residual, test, stats)


def _run(
    chain: Chain, pairs: Pairs, y: Array, steps: int, progress: Callable[[float, str], None] | None
) -> tuple[Array, Array]:
    """Step through the implicit recursion: v_t + (1/λ) Σ_{s≤t} K_{t,s} v_s = Y."""
    count, identity = len(y), np.eye(len(y))
    v = np.empty((steps + 1, *y.shape))
    g = np.zeros((steps + 1, len(pairs.xy) - count, y.shape[1]))
    v[0] = y
    for t in range(1, steps + 1):
        kernels = _response(chain, pairs, t) / chain.lam
        past = np.tensordot(kernels[:-1], v[1:t], axes=([0, 2], [0, 1]))
        train, test = np.split(kernels[-1], [count])
        v[t] = np.linalg.solve(identity + train, y - past[:count])
        g[t] = past[count:] + test @ v[t]
        if progress is not None:
            progress((t / steps) ** 2, f"step {t} of {steps}")
    return v, g


def _response(chain: Chain, pairs: Pairs, t: int) -> Array:
    """K^{d,L}_{t,s} for s = 1 … t, shape (t, rows, columns).   (SI 28)"""
    late, early = np.full(1, float(t)), np.arange(1.0, t + 1)[:, None, None]
    tt, ss = chain.same(late, late), chain.same(early, early)
    values = []
    for covariance, lost in ((chain.same, chain.lost_same), (chain.different, chain.lost_different)):
        cross = covariance(late, early)
        layer = LayerStatistics(Weights(tt, cross, ss, np.ones(()), lost(late, early)), None)
        values.append(recursion(chain.net, Statistics((layer,) * (chain.net.depth + 1)), pairs).prior)
    return chain.lam / (2 * chain.net.temperature) * (values[0] - values[1])
