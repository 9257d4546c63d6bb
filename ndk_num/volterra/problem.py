"""The integral equation and its solution: what every method receives and returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ndk_num.arrays import DeviceArray, Place
from ndk_num.checks import Array
from ndk_num.kernels import block, recursion
from ndk_num.network import Network
from ndk_num.pairs import Pairs, diagonal
from ndk_num.statistics import LayerStatistics, Statistics
from ndk_num.volterra.piecewise import Piecewise

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Problem:
    """The residual v = Y − f̄ on the training inputs and the test predictor.   (16)(17)

    v(t) + ∫_0^t K^{d,L}(t,s) v(s) ds = Y,      f̄_*(t) = ∫_0^t k^{d,L}(t,s)ᵀ v(s) ds.

    Attributes
    ----------
    network : Network
    pairs : Pairs
        Input kernel (P + M, P): rows are the training inputs, then the test inputs; columns are the training inputs.
    y : array (P, k)
    horizon : float
    unit : float
        The unit of every error; max |Y| where it is not given.
    kind : str
        The kernel: all of K^{d,L}, or one of its two terms, where the others' weights do not learn.
    """

    network: Network
    pairs: Pairs
    y: Array
    horizon: float
    unit: float = 0.0
    kind: str = "ndk"

    @property
    def train(self) -> Pairs:
        """Input kernel between training inputs (P, P)."""
        return self.pairs.part(slice(0, len(self.y)), slice(None))

    @property
    def test(self) -> Pairs:
        """Input kernel between test and training inputs (M, P)."""
        return self.pairs.part(slice(len(self.y), None), slice(None))

    @property
    def scale(self) -> float:
        """The unit of every error."""
        return self.unit or float(np.abs(self.y).max())

    def right_side(self, times: Array) -> Array:
        """Y at every time."""
        return np.broadcast_to(self.y, (times.size, *self.y.shape))

    def fastest_rate(self) -> float:
        """A bound on the eigenvalues of K^d(t,t), at the start and at the horizon: 1/rate is the shortest time scale.

        The start alone would not do: with σ0² ≪ σ² the kernel is negligible at first and grows with the weights.
        """
        return max(self._rates.values())

    @cached_property
    def _rates(self) -> dict[float, float]:
        return {t: self.rate(t) for t in self._ends}

    def fading(self) -> Callable[[float], float]:
        """A bound on the eigenvalues of K^d(t,t) over `fastest_rate`, from the entries of inputs of extreme norms.

        With σ0² ≫ σ² the kernel falls by orders of magnitude, and with it the rounding of integrals.
        """
        own = diagonal(np.array([self.pairs.yy.min(), self.pairs.yy.max()]))

        def largest(t: float) -> float:
            found = recursion(self.network, Statistics.at(self.network, t, t), own)
            return float(np.abs(getattr(found, self.kind)).max())

        most = self.fastest_rate()
        over = max((rate / size for t, rate in self._rates.items() if (size := largest(t)) > 0), default=0.0)
        return lambda t: min(1.0, over * largest(t) / most) if over else 1.0

    def rate(self, t: float) -> float:
        """A bound on the eigenvalues of K^d(t,t)."""
        kernel = block(self.network, Statistics.at(self.network, t, t), self.train, self.kind)
        return float(np.abs(kernel).sum(axis=1).max())

    def largest_test_entry(self) -> float:
        """Largest entry of the test kernel at the start and at the horizon."""
        kernels = (block(self.network, Statistics.at(self.network, t, t), self.test, self.kind) for t in self._ends)
        return float(np.max([np.abs(entries).max(initial=0.0) for entries in kernels]))

    @property
    def _ends(self) -> tuple[float, float]:
        return 0.0, self.horizon

    def spectrum(self, place: Place) -> tuple[Array, DeviceArray]:
        """Eigenvalues of the NTK, and its eigenvectors on a device."""
        kernel = block(self.network, Statistics.at(self.network, 0.0, 0.0), self.train, self.kind)
        values, vectors = place.xp.linalg.eigh(place.put(kernel))
        return place.get(values), vectors

    def never_learnt(self, values: Array, vectors: Array) -> Array:
        """The part of Y in the null space that the kernel has at all times: there v = Y for ever.

        It belongs to duplicate inputs with different labels, and to linear networks with P > N0. Left in the equation,
        rounding of ∫ K v would grow with the number of time scales up to the horizon.
        """
        rounding = 4 * np.sqrt(values.size) * np.finfo(float).eps
        null, t = vectors[:, np.abs(values) <= rounding * np.abs(values).max()], self.horizon
        for now, then in ((t, t), (t, t / 2), (t, 0.9 * t), (t / 100, 0.0), (t * 1e-6, 0.0)):
            if not null.size:
                break
            kernel = block(self.network, Statistics.at(self.network, now, then), self.train, self.kind)
            size = np.abs(kernel).sum(axis=1).max()
            _, kept, directions = np.linalg.svd(kernel @ null, full_matrices=False)
            null = null @ directions[kept <= rounding * size].T
        return null @ (null.T @ self.y)

    def smooth_lag(self) -> float:
        """Length next to s = t on which the kernel is smooth in √(t−s).

        Two inputs of correlation q see the square root of the ReLU kernels rounded off at lags of (1 − |q|)/rate;
        every layer adds a factor e^{−κ(t−s)}.
        """
        net = self.network
        if net.temperature == 0:
            return np.inf
        gap = min(smallest_gap(pairs, layer) for pairs in (self.train, self.test) for layer in self._first_layers())
        return min(0.5 * gap / net.fastest_forgetting, 1.0 / net.forgetting)

    def _first_layers(self) -> tuple[LayerStatistics, ...]:
        """Statistics of the first layer at the start and at the horizon: its biases bring inputs closer together."""
        return tuple(Statistics.at(self.network, t, t).layers[0] for t in self._ends)


def smallest_gap(pairs: Pairs, layer: LayerStatistics) -> float:
    """Smallest 1 − |correlation| between pre-activations of inputs that are not parallel to rounding."""
    size = np.sqrt(layer.first(pairs.xx)) * np.sqrt(layer.second(pairs.yy))
    gap = 1 - np.abs(layer.covariance(pairs.xy)) / np.where(size > 0, size, 1.0)
    return float(gap.min(initial=1.0, where=gap > 1e-13))


@dataclass(frozen=True)
class Solution:
    """What a method returns: v and f̄_* as functions of time, an error estimate relative to max |Y|, and counts."""

    residual: Piecewise
    test: Piecewise
    error: float
    stats: Mapping[str, float] = field(default_factory=dict)


def largest_difference(one: Solution, other: Solution, times: Array) -> float:
    """Largest difference of residual or test predictor at `times`; NaN where either is NaN, never 0."""
    gaps = [
        np.abs(a(times) - b(times)).max(initial=0.0)
        for a, b in ((one.residual, other.residual), (one.test, other.test))
    ]
    return float(np.maximum(*gaps))
