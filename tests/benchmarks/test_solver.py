"""Speed of the solver, as ratios within one run.

    pytest tests/benchmarks -m slow --benchmark-enable --benchmark-columns=min,rounds -s

Nothing here asserts a time: the machines are shared. Accuracies are asserted.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from ndk_num import Network, datasets, solve
from ndk_num.dynamics import prepare
from ndk_num.volterra import trapezoid
from tests.ndk_num.cases import unit

pytestmark = pytest.mark.slow

MNIST = Network(depth=3, activation="relu", temperature=1e-3, sigma2=1.0, sigma02=0.5)
HORIZON = 1e4
TIMES = np.append(0.0, np.geomspace(1e-3, HORIZON, 2000))


def silent(fraction, message):
    """Ignore progress."""


@pytest.fixture(scope="module")
def digits():
    return datasets.load("mnist:0,1")


@pytest.fixture(scope="module")
def reference(digits):
    sol = solve(MNIST, digits.X, digits.y, digits.X_test, horizon=HORIZON, rtol=1e-9)
    return sol.at(TIMES)


def true_error(prediction, reference) -> float:
    """Largest error over training and test predictor; max |y| = 1."""
    gaps = (np.abs(prediction.train - reference.train).max(), np.abs(prediction.test - reference.test).max())
    return max(gaps)


@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-8])
def test_mnist_relu_depth_3(benchmark, digits, reference, rtol):
    """P = 100, T = 1e-3, horizon 10⁴."""
    data = (digits.X, digits.y, digits.X_test)
    sol = benchmark.pedantic(lambda: solve(MNIST, *data, horizon=HORIZON, rtol=rtol), rounds=3)
    error = true_error(sol.at(TIMES), reference)
    benchmark.extra_info |= {"true error": error, "nodes": sol.stats["nodes"], "rank": sol.stats["rank"]}
    print(f"\nrtol {rtol:.0e}: true error {error:.1e}, {sol.stats['nodes']} nodes, {sol.stats['seconds']:.2f} s")
    assert error <= rtol


def test_trapezoid_with_ten_times_the_time(digits, reference):
    """The plain baseline on the same problem, its steps doubled until it has had ten times the collocation's time."""
    data = (digits.X, digits.y, digits.X_test)
    started = time.perf_counter()
    fast = solve(MNIST, *data, horizon=HORIZON, rtol=1e-6)
    budget = 10 * (time.perf_counter() - started)
    problem, _ = prepare(MNIST, *data, HORIZON)
    nodes, spent, errors = 50, 0.0, []
    while spent < budget:
        started = time.perf_counter()
        slow = trapezoid.on_nodes(problem, nodes, silent)
        spent = time.perf_counter() - started
        prediction = type(reference)(digits.y - slow.residual(TIMES)[..., 0], slow.test(TIMES)[..., 0])
        errors.append(true_error(prediction, reference))
        print(f"\ntrapezoid {nodes} steps: {spent:.1f} s, true error {errors[-1]:.1e}")
        nodes *= 2
    error = true_error(fast.at(TIMES), reference)
    print(f"collocation rtol 1e-6: {budget / 10:.1f} s, true error {error:.1e}")
    assert error < 1e-2 * min(errors)


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_cost_grows_with_the_logarithm_of_the_horizon(activation):
    """Nodes and seconds at horizon 10 σ²/T for T = 1e-2 … 1e-8."""
    rows = []
    for temperature in (1e-2, 1e-4, 1e-6, 1e-8):
        net = Network(depth=3, activation=activation, temperature=temperature, sigma2=1.0, sigma02=0.5)
        sol = solve(net, *unit(inputs=20, features=30), rtol=1e-6)
        rows.append((temperature, sol.stats["nodes"], sol.stats["panels"], sol.stats["seconds"]))
        print(f"\n{activation} T = {temperature:.0e}: {rows[-1][1]} nodes, {rows[-1][2]} panels, {rows[-1][3]:.2f} s")
    print(f"{activation}: cost(1e-8) / cost(1e-2) = {rows[-1][3] / rows[0][3]:.1f} in time")
    assert rows[-1][1] <= 3 * rows[0][1]
