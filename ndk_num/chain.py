"""The chain of Markov proximal learning: its schedule, and the prior statistics of its weights.   (SI 21)

Step t has its own proximity λ_t and temperature T_t. The regulariser is T_t/(2σ²) |Θ|², so that every step has the
prior variance σ² and the weight decay κ_t = T_t/σ². Without the squared error a step is Gaussian,

    Θ_t = λ̃_t Θ_{t−1} + noise of variance q_t,      λ̃_t = λ_t/(λ_t+κ_t),      q_t = 2T_t/(λ_t+κ_t).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ndk_num.checks import Array
from ndk_num.statistics import LayerStatistics, Weights

__all__ = ["Chain", "Schedule", "Shared", "SharedLayer"]


@dataclass(frozen=True)
class Schedule:
    """Proximity and temperature of every step.

    Attributes
    ----------
    lam : array (N,)
        λ_t > 0 of the steps t = 1 … N.
    temperature : array (N,)
        T_t ≥ 0.
    """

    lam: Array
    temperature: Array

    @property
    def steps(self) -> int:
        """Number of steps."""
        return self.lam.size

    @cached_property
    def times(self) -> Array:
        """Times of the steps 0 … N: step t takes 1/λ_t."""
        if (self.lam == self.lam[0]).all():
            return np.arange(self.steps + 1) / self.lam[0]
        return np.append(0.0, _sums(1 / self.lam))


@dataclass(frozen=True)
class Shared:
    """What the weights after step t share with those after the steps s = 1 … t; columns (t, 1) but for `tt`.

    Attributes
    ----------
    tt : float
        m_{t,t}.
    ss : array
        m_{s,s}.
    same, other : array
        m¹_{t,s} = m_{t,s} of one replica; m⁰_{t,s} = m_{t,s} less the noise of step s, of two replicas.
    gain : array
        (m¹_{t,s} − m⁰_{t,s})/2T_s = (λ̃_t … λ̃_{s+1})/(λ_s + κ_s), which T_s = 0 leaves finite.
    lost_same, lost_other : array
        √(1 − m_{t,s}²/(m_{t,t} m_{s,s})) with m¹ and with m⁰.
    """

    tt: float
    ss: Array
    same: Array
    other: Array
    gain: Array
    lost_same: Array
    lost_other: Array

    def part(self, steps: slice) -> Shared:
        """Some of the steps s."""
        columns = (getattr(self, name)[steps] for name in ("ss", "same", "other", "gain", "lost_same", "lost_other"))
        return Shared(self.tt, *columns)

    def replicas(self) -> tuple[Weights, Weights]:
        """As prior statistics at two times, of one replica and of two; the gain stands where the decay does."""
        tt = np.asarray(self.tt)
        return (
            Weights(tt, self.same, self.ss, self.gain, self.lost_same**2),
            Weights(tt, self.other, self.ss, self.gain, self.lost_other**2),
        )


class SharedLayer(NamedTuple):
    """The weights that lead into one layer, or to the output, and its biases if it has any."""

    weights: Shared
    bias: Shared | None

    def part(self, steps: slice) -> SharedLayer:
        """Some of the steps s."""
        return SharedLayer(self.weights.part(steps), self.bias and self.bias.part(steps))

    def replicas(self) -> tuple[LayerStatistics, LayerStatistics]:
        """Statistics of one replica and of two."""
        biases = self.bias.replicas() if self.bias else (None, None)
        one, two = (LayerStatistics(*groups) for groups in zip(self.weights.replicas(), biases, strict=True))
        return one, two


@dataclass(frozen=True)
class Chain:
    """Prior statistics of a weight of prior variance σ² and initial variance σ0², for a schedule.   (SI 21)

    m_{t,s} = A_{t,s} m_{s,s},   A_{t,s} = λ̃_t … λ̃_{s+1},   m_{s,s} = λ̃_s² m_{s−1,s−1} + q_s,   m_{0,0} = σ0².
    """

    schedule: Schedule
    sigma2: float
    sigma02: float

    @cached_property
    def decay(self) -> Array:
        """κ_t."""
        return self.schedule.temperature / self.sigma2

    @cached_property
    def noise(self) -> Array:
        """q_t, the variance of the noise of one step."""
        return 2 * self.schedule.temperature / (self.schedule.lam + self.decay)

    @cached_property
    def memory(self) -> Array:
        """log A_{t,0} for t = 0 … N; in twice the precision, since A_{t,s} needs differences."""
        return np.append(0.0, _sums(np.log1p(-self.decay / (self.schedule.lam + self.decay))))

    def rows(self) -> Iterator[Shared]:
        """What step t shares with s = 1 … t, for t = 1 … N."""
        lam, kappa, steps = self.schedule.lam, self.decay, self.schedule.steps
        above = kappa / (2 * lam + kappa)  # by how much the stationary variance of step t exceeds σ², relative
        renewed = -np.expm1(2 * np.diff(self.memory)) * above
        excess = np.zeros(steps + 1)  # Σ_{r=s+1}^t A_{t,r}² (1 − λ̃_r²) above_r
        variance = np.full(steps + 1, self.sigma02)
        for t in range(1, steps + 1):
            excess[:t] *= np.exp(2 * (self.memory[t] - self.memory[t - 1]))
            excess[:t] += renewed[t - 1]
            log = self.memory[t] - self.memory[: t + 1]
            fresh = self.sigma2 * (excess[: t + 1] - np.expm1(2 * log))  # Σ_{r=s+1}^t A_{t,r}² q_r, positive terms
            variance[t] = self.sigma02 * np.exp(2 * log[0]) + fresh[0]
            yield self._shared(t, np.exp(log[1:]), fresh[1:], variance)

    def _shared(self, t: int, kept: Array, fresh: Array, variance: Array) -> Shared:
        """From A_{t,s}, the noise between s and t that is left at t, and m_{s,s}."""
        tt, ss, noise = variance[t], variance[1 : t + 1], self.noise[:t]
        before = np.exp(2 * np.diff(self.memory[: t + 1])) * variance[:t]  # λ̃_s² m_{s−1,s−1} = m_{s,s} − q_s
        lost_other = fresh * ss + kept**2 * noise * (ss + before)
        columns = (
            ss,
            kept * ss,
            kept * before,
            kept / (self.schedule.lam[:t] + self.decay[:t]),
            np.sqrt(fresh / (tt or 1.0)),  # where there is no variance to lose: biases that are zero at T = 0
            np.sqrt(lost_other / (tt or 1.0) / np.where(ss > 0, ss, 1.0)),
        )
        return Shared(tt, *(column[:, None] for column in columns))


def _sums(terms: Array) -> Array:
    """Partial sums, each to rounding (Neumaier 1974)."""
    total = low = 0.0
    sums = np.empty(terms.size)
    for index, term in enumerate(terms.tolist()):
        new = total + term
        low += (total - new) + term if abs(total) >= abs(term) else (term - new) + total
        total = new
        sums[index] = total + low
    return sums
