"""Speed of layer maps by quadrature, as ratios to the closed form of erf within one run.

    pytest tests/benchmarks/test_quadrature.py -m slow -s

Nothing here asserts a time: the machines are shared.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from ndk_num.layer_maps import layer_map

pytestmark = pytest.mark.slow


def seconds(function, *arguments):
    """The best of five."""
    best = np.inf
    for _ in range(5):
        started = time.perf_counter()
        function(*arguments)
        best = min(best, time.perf_counter() - started)
    return best


@pytest.mark.parametrize("name", ["tanh", "silu"])
@pytest.mark.parametrize("variances", [(1, 4), (0.5, 2), (200, 400)])
def test_a_block_of_500(name, variances):
    rng = np.random.default_rng(0)
    a = rng.uniform(*variances, (500, 1))
    c = rng.uniform(-1, 1, (500, 500)) * np.sqrt(a * a.T)
    cases = {
        "distinct norms": (a, c, a.T),
        "equal norms": (np.ones_like(a), c / np.sqrt(a * a.T), np.ones_like(a.T)),
        "a variance for each entry": tuple(np.array(x) for x in np.broadcast_arrays(a, c, a.T)),
    }
    for case, arguments in cases.items():
        started = time.perf_counter()
        layer_map(name).dual(*arguments)
        first = time.perf_counter() - started
        ratio = seconds(layer_map(name).dual, *arguments) / seconds(layer_map("erf").dual, *arguments)
        print(f"\n{name}, variances {variances}, {case}: {ratio:.1f} × erf, first call {first:.2f} s")
        assert ratio > 0
