"""Speed of kernels against the plain formula, as ratios within one run.

pytest tests/benchmarks/test_kernels.py -m slow -s
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from ndk_num import Network, strips
from ndk_num.kernels import block, blocks
from ndk_num.pairs import Pairs, gram
from ndk_num.statistics import Statistics

pytestmark = pytest.mark.slow

NET = Network(depth=3, activation="relu", temperature=1e-2, sigma2=1.0, sigma02=0.5)
WEIGHTS = Statistics.at(NET, 5.0, 3.0)


START = Statistics.at(NET, 0.0, 0.0)


def plain(pairs: Pairs, statistics: Statistics = WEIGHTS) -> tuple[np.ndarray, np.ndarray]:
    """The ReLU kernel and NDK as they stand in the paper (SI 62–66), in NumPy: arccos, and √(1 − ρ²) which cancels."""
    (a, c, b), weights = (pairs.xx, pairs.xy, pairs.yy), statistics.output.weights
    ndk = weights.decay * c
    for _ in range(NET.depth):
        a, c, b = weights.tt * a, weights.ts * c, weights.ss * b
        size = np.sqrt(a * b)
        cosine = c / size
        theta = np.arccos(cosine)
        kernel = size * (np.sqrt(1 - cosine**2) + (np.pi - theta) * cosine) / (2 * np.pi)
        ndk = weights.ts * (np.pi - theta) / (2 * np.pi) * ndk + weights.decay * kernel
        a, c, b = a / 2, kernel, b / 2
    return kernel, ndk


def seconds(function: Callable[[], object], rounds: int = 5) -> float:
    """The fastest of some runs: what others do on the machine only adds."""
    best = np.inf
    for _ in range(rounds):
        started = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - started)
    return best


def plain_gram(X: np.ndarray) -> Pairs:
    """The input kernel alone: the plain formula has no use for a root."""
    xy = X @ X.T / X.shape[1]
    return Pairs(np.diagonal(xy)[:, None], xy, np.diagonal(xy)[None, :], xy)


@pytest.fixture(params=["1 core", "all cores"])
def cores(request, monkeypatch) -> str:
    """How many cores the stable forms may use; the plain formula uses one, and BLAS what it likes."""
    if request.param == "1 core":
        monkeypatch.setattr(strips, "cores", lambda: 1)
    return request.param


@pytest.mark.parametrize("same", [False, True], ids=["other inputs", "same inputs"])
def test_relu_ndk_of_2000_inputs_at_depth_3(cores, same):
    """A 2000 × 2000 block: stable forms, with the root carried, against the unstable formula.

    Between the same inputs only half of the entries are computed.
    """
    X, X2 = np.random.default_rng(0).standard_normal((2, 2000, 784))
    pairs = gram(X, None if same else X2)
    exact, approximate = block(NET, WEIGHTS, pairs, "ndk"), plain(pairs)[1]
    np.testing.assert_allclose(approximate, exact, rtol=1e-6)
    ours, theirs = (seconds(f) for f in (lambda: block(NET, WEIGHTS, pairs, "ndk"), lambda: plain(pairs)))
    print(f"\n{cores}: stable {ours:.2f} s, plain {theirs:.2f} s: ratio {ours / theirs:.2f}")


@pytest.mark.parametrize("count", [1000, 2000])
def test_relu_nngp_and_ntk_with_the_input_kernel(cores, count):
    """Both kernels at t = s = 0 from the inputs, 784 numbers each, at depth 3."""
    X = np.random.default_rng(0).standard_normal((count, 784))

    def stable():
        return blocks(NET, START, gram(X), ("two_time", "ndk"))

    def unstable():
        with np.errstate(invalid="ignore"):  # on the diagonal a cosine may exceed 1
            return plain(plain_gram(X), START)

    off = ~np.eye(count, dtype=bool)
    for found, expected in zip(unstable(), stable(), strict=True):
        np.testing.assert_allclose(found[off], expected[off], rtol=1e-6)
    ours, theirs = seconds(stable), seconds(unstable)
    print(f"\n{cores}, P = {count}: stable {ours:.3f} s, plain {theirs:.3f} s: ratio {ours / theirs:.2f}")
