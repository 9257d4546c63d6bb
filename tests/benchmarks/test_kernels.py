"""Speed of kernels against the plain formula, as ratios within one run.

pytest tests/benchmarks/test_kernels.py -m slow -s
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from ndk_num import Network
from ndk_num.kernels import Weights, block
from ndk_num.pairs import Pairs, gram

pytestmark = pytest.mark.slow

NET = Network(depth=3, activation="relu", temperature=1e-2, sigma2=1.0, sigma02=0.5)
WEIGHTS = Weights.at(NET, 5.0, 3.0)


def plain(pairs: Pairs) -> np.ndarray:
    """The ReLU NDK as it stands in the paper (SI 62–66), in NumPy: arccos, and √(1 − ρ²) which cancels."""
    a, c, b = pairs.xx, pairs.xy, pairs.yy
    ndk = WEIGHTS.decay * c
    for _ in range(NET.depth):
        a, c, b = WEIGHTS.tt * a, WEIGHTS.ts * c, WEIGHTS.ss * b
        size = np.sqrt(a * b)
        cosine = c / size
        theta = np.arccos(cosine)
        kernel = size * (np.sqrt(1 - cosine**2) + (np.pi - theta) * cosine) / (2 * np.pi)
        ndk = WEIGHTS.ts * (np.pi - theta) / (2 * np.pi) * ndk + WEIGHTS.decay * kernel
        a, c, b = a / 2, kernel, b / 2
    return ndk


def seconds(function: Callable[[], object], rounds: int = 5) -> float:
    """The fastest of some runs: what others do on the machine only adds."""
    best = np.inf
    for _ in range(rounds):
        started = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - started)
    return best


def test_relu_ndk_of_2000_inputs_at_depth_3():
    """A 2000 × 2000 block: stable forms, with the root carried, against the unstable formula."""
    pairs = gram(np.random.default_rng(0).standard_normal((2000, 784)))
    exact, approximate = block(NET, WEIGHTS, pairs, "ndk"), plain(pairs)
    np.testing.assert_allclose(approximate, exact, rtol=1e-6)
    ours, theirs = (seconds(f) for f in (lambda: block(NET, WEIGHTS, pairs, "ndk"), lambda: plain(pairs)))
    print(f"\nstable {ours:.2f} s, plain {theirs:.2f} s: ratio {ours / theirs:.2f}")
