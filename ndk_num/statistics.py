"""Prior statistics of every group of weights at two times.   (9)(10), (general-hyperparameters)"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ndk_num.checks import Array
from ndk_num.groups import Bias, Group
from ndk_num.layer_maps import prior, runtime
from ndk_num.network import Network
from ndk_num.pairs import Pairs

__all__ = ["LayerStatistics", "Statistics", "Weights"]


@dataclass(frozen=True)
class Weights:
    """Prior statistics of one group of weights at two times.   (9)(10)

    Attributes
    ----------
    tt, ts, ss : array
        m(t,t), m(t,s), m(s,s).
    decay : array
        e^{−κ|t−s|}.
    lost : array
        1 − ρ_m² = 1 − m(t,s)²/(m(t,t) m(s,s)), the part of the weights' variance that is new.
    """

    tt: Array
    ts: Array
    ss: Array
    decay: Array
    lost: Array

    @classmethod
    def at(cls, group: Group | Bias, temperature: float, t: Array, s: Array) -> Weights:
        """m(t,t), m(t,s), m(s,s) and e^{−κ|t−s|}, for times in either order."""
        statistics, kappa = prior(), temperature / group.sigma2
        scale = (kappa, group.sigma2, group.sigma02)
        late, early = np.maximum(t, s), np.minimum(t, s)
        with np.errstate(invalid="ignore"):  # where there is no variance to lose: biases that are zero at first
            lost = statistics.complement(late, early, *scale)
        return cls(
            tt=statistics.variance(t, *scale),
            ts=statistics.covariance(late, early, *scale),
            ss=statistics.variance(s, *scale),
            decay=np.exp(-kappa * (late - early)),
            lost=lost if group.sigma02 else np.where(statistics.variance(late, *scale) > 0, lost, 0.0),
        )

    @classmethod
    def stationary(cls, group: Group | Bias, temperature: float, lag: Array) -> Weights:
        """The same long after the start, where m(t,s) = σ² e^{−κ|t−s|}."""
        variance = np.asarray(group.sigma2)
        exponent = np.where(np.isinf(lag), -np.inf, -temperature / group.sigma2 * np.where(np.isinf(lag), 0.0, lag))
        decay = np.exp(exponent)
        return cls(variance, variance * decay, variance, decay, -np.expm1(2 * exponent))


class LayerStatistics(NamedTuple):
    """The weights that lead into one layer, or to the output, and its biases if it has any."""

    weights: Weights
    bias: Weights | None

    def covariance(self, kernel: Array) -> Array:
        """C = m_w K + m_v at the two times."""
        found = self.weights.ts * kernel
        return found if self.bias is None else found + self.bias.ts

    def first(self, norms: Array) -> Array:
        """C at the first time, twice."""
        found = self.weights.tt * norms
        return found if self.bias is None else found + self.bias.tt

    def second(self, norms: Array) -> Array:
        """C at the second time, twice."""
        found = self.weights.ss * norms
        return found if self.bias is None else found + self.bias.ss

    def response(self, kernel: Array, hidden: Array | None = None) -> Array:
        """B = m_w K̇ B_below + e_w K + e_v, with `hidden` = K̇ B_below."""
        found = self.weights.decay * kernel
        if hidden is not None:
            found += self.weights.ts * hidden
        return found if self.bias is None else found + self.bias.decay

    def root(self, pairs: Pairs) -> Array:
        """√(C_tt C_ss − C_ts²) from √(K_xx K_yy − K_xy²), whose digits C alone would lose at parallel inputs.

        m_tt m_ss K_xx K_yy − (m_ts K_xy)² = m_tt m_ss (root² + (1 − ρ_m²) K_xy²),   1 − ρ_m² = 1 − m_ts²/(m_tt m_ss).
        """
        hypot, m = runtime().hypot, self.weights
        scale, lost = np.sqrt(m.tt) * np.sqrt(m.ss), np.sqrt(m.lost)
        forgetful = np.any(lost)  # not at t = s, nor at the end
        root = scale * (hypot(pairs.root, lost * pairs.xy) if forgetful else pairs.root)
        return root if self.bias is None else hypot(root, self._of_biases(pairs, self.bias))

    def _of_biases(self, pairs: Pairs, v: Weights) -> Array:
        """What biases add to the determinant: m_v,tt m_v,ss − m_v,ts² and the mixed terms, as sums of what is positive.

        m_tt v_ss K_xx + m_ss v_tt K_yy − 2 m_ts v_ts K_xy = (p − q)² + 2 (pq − m_ts v_ts K_xy) with p² and q² the first
        two terms; for K_xy > 0 the last bracket is the difference of its squares over their sum.
        """
        xx, xy, yy, root = pairs
        m = self.weights
        p, q = np.sqrt(m.tt * xx) * np.sqrt(v.ss), np.sqrt(m.ss * yy) * np.sqrt(v.tt)
        product, cross = p * q, m.ts * v.ts * xy
        lost = m.lost + v.lost - m.lost * v.lost
        squares = (m.tt * m.ss) * (v.tt * v.ss) * (root**2 + lost * xy**2)
        total = product + np.abs(cross)
        apart = np.where(cross > 0, squares / np.where(total > 0, total, 1.0), product - cross)
        found: Array = np.sqrt(v.tt * v.ss * v.lost + (p - q) ** 2 + 2 * apart)
        return found


@dataclass(frozen=True)
class Statistics:
    """Prior statistics of all layers at two times: of the L hidden layers, then of the readout.   (9)(10)"""

    layers: tuple[LayerStatistics, ...]

    @classmethod
    def at(cls, net: Network, t: Array | float, s: Array | float) -> Statistics:
        """At times in either order."""
        t, s = np.asarray(t, dtype=np.float64), np.asarray(s, dtype=np.float64)
        return cls.of(net, lambda group: Weights.at(group, net.temperature, t, s))

    @classmethod
    def stationary(cls, net: Network, lag: Array | float = 0.0) -> Statistics:
        """Long after the start, at times that are `lag` apart; at an infinite lag all is forgotten, even at T = 0."""
        apart = np.abs(np.asarray(lag, dtype=np.float64))
        return cls.of(net, lambda group: Weights.stationary(group, net.temperature, apart))

    @classmethod
    def of(cls, net: Network, weights: Callable[[Group | Bias], Weights]) -> Statistics:
        """From the statistics of every group."""
        found = {
            group: LayerStatistics(weights(group), weights(group.bias) if group.bias else None)
            for group in set(net.groups)
        }
        return cls(tuple(found[group] for group in net.groups))

    @property
    def output(self) -> LayerStatistics:
        """Of the readout."""
        return self.layers[-1]
