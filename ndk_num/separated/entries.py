"""Exact kernel entries, counted, and the times at which a kernel is looked at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ndk_num.checks import Array
from ndk_num.kernels import by_products, pairwise
from ndk_num.network import Network
from ndk_num.pairs import Pairs

__all__ = ["Entries", "Times", "ndk_entries", "sample_times"]

Times = tuple[Array, Array]

_LATE, _RANDOM = 40, 400
_SETTLING = (0.03, 8.0)  # times, in units of 1/rate


class Entries:
    """Exact kernel entries (t, s, pairs) → (n, r), counted.

    `symmetric` if K(t,s;x,x') = K(t,s;x',x): kernels that depend on the norms of inputs through their product alone.
    """

    def __init__(self, function: Callable[[Array, Array, Pairs], Array], *, symmetric: bool = False) -> None:
        self._function, self.symmetric = function, symmetric
        self.count = 0

    def __call__(self, t: Array, s: Array, pairs: Pairs) -> Array:
        """Entries for n pairs of times and r pairs of inputs."""
        self.count += t.size * pairs.xy.size
        return self._function(t, s, pairs)


def ndk_entries(net: Network, kind: str = "ndk") -> Entries:
    """Entries of the neural dynamical kernel K^{d,L}, or of another kind of kernel."""
    return Entries(lambda t, s, pairs: pairwise(net, t, s, pairs, kind), symmetric=by_products(net))


def sample_times(horizon: float, rate: float, seed: int = 0) -> Times:
    """Pairs of times 0 ≤ s ≤ t ≤ horizon that resolve s → 0 and s → t of a kernel that changes at `rate`.

    A grid, and as many pairs at random, half of them where the prior's variances settle, which is soon over on a grid
    of the logarithm. Kernels built with different seeds have seen different times, and differ by what they have not.
    """
    start = min(horizon, 1e-6 / rate if rate > 0 else horizon)
    near = np.concatenate([np.geomspace(1e-12, 0.5, 16), 1 - np.geomspace(0.4, 1e-6, 8)])  # (t − s)/t
    late = np.geomspace(start, horizon, _LATE)
    lags = [np.concatenate([[0.0], near[number % 2 :: 2], [1.0]]) for number in range(_LATE)]  # every other one in turn
    grid = np.repeat(late, [part.size for part in lags])
    rng = np.random.default_rng(seed)
    low, high = np.clip(np.array(_SETTLING) / rate, start, horizon) if rate > 0 else (start, horizon)
    ends = np.log(np.array([[start, horizon], [low, high]])).repeat(_RANDOM // 2, axis=0)
    free = np.clip(np.exp(rng.uniform(ends[:, 0], ends[:, 1])), start, horizon)
    t = np.concatenate([grid, free])
    lag = t * np.concatenate([*lags, rng.choice(near, free.size) ** rng.uniform(0.5, 1.5, free.size)])
    return t, np.maximum(t - lag, 0.0)
