"""Speed of layer maps by quadrature, as ratios to the closed form of erf within one run.

    pytest tests/benchmarks/test_quadrature.py -m slow -s

Nothing here asserts a time: the machines are shared.
"""

from __future__ import annotations

import time
from functools import partial

import numpy as np
import pytest

from ndk_num import Network, solve
from ndk_num.kernels import pairwise
from ndk_num.layer_maps import layer_map
from ndk_num.pairs import Pairs, gram
from ndk_num.separated import sample_times
from tests.ndk_num.cases import unit

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


def network(activation):
    return Network(depth=3, activation=activation, temperature=1e-3, sigma2=1.0, sigma02=0.5)


def seconds_of(function, repeats):
    """Of the first call, which makes tables, and the best of the next."""
    times = []
    for _ in range(1 + repeats):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return times[0], min(times[1:])


@pytest.mark.parametrize("name", ["tanh", "silu", "softplus", "elu"])
@pytest.mark.parametrize("norms", ["equal", "spread"])
def test_pairwise_in_a_solve(name, norms):
    """Every entry has its own variances: 900 pairs of times, 400 pairs of inputs."""
    X = unit(inputs=20, features=30).X
    if norms == "spread":
        X = X * np.linspace(0.4, 2.0, len(X))[:, None]
    whole = gram(X)
    pairs = Pairs(*(np.broadcast_to(field, whole.xy.shape).ravel() for field in whole))
    times = sample_times(1e4, 1e-3)
    (_, erf), (first, mine) = (
        seconds_of(partial(pairwise, network(x), *times, pairs, "ndk"), 3) for x in ("erf", name)
    )
    print(f"\n{name}, {norms} norms, pairwise in a solve: {mine / erf:.1f} × erf, first call {first:.2f} s")
    assert mine > 0


@pytest.mark.parametrize("name", ["tanh", "silu"])
def test_a_small_solve(name):
    """P = 20, depth 3."""
    data = unit(inputs=20, features=30)
    (_, erf), (first, mine) = (seconds_of(partial(solve, network(x), *data, rtol=1e-6), 2) for x in ("erf", name))
    print(f"\n{name}, a solve: {mine / erf:.1f} × erf, the first {first / erf:.1f} × erf ({first:.2f} s)")
    assert mine > 0
