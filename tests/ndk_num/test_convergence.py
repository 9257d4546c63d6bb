"""The methods against each other: slopes, and the error estimate against the true error."""

from itertools import pairwise

import numpy as np
import pytest

from ndk_num import AccuracyWarning, Network, proximal, solve
from ndk_num.dynamics import prepare
from ndk_num.pairs import gram, stacked
from ndk_num.separated import build, ndk_entries, separate
from ndk_num.volterra import Solution, collocation, trapezoid
from ndk_num.volterra.piecewise import Piecewise
from tests.ndk_num.cases import CASES, unit
from tests.tolerances import FIRST_ORDER, RTOLS, TRAPEZOID_SLOPE

NETWORKS = {
    "relu": Network(depth=2, activation="relu", temperature=0.05, sigma2=1.0, sigma02=0.5),
    "erf": Network(depth=2, activation="erf", temperature=0.05, sigma2=1.0, sigma02=0.5),
    "steep": Network(depth=4, activation="relu", temperature=0.1, sigma2=1.0, sigma02=5.0),
}


def silent(fraction, message):
    """Ignore progress."""


def gap(one, other, times) -> float:
    """Largest difference of two trajectories."""
    p, q = one.at(times), other.at(times)
    return max(np.abs(p.train - q.train).max(), np.abs(p.test - q.test).max())


@pytest.mark.parametrize(("activation", "order"), [("erf", 2.0), ("relu", 1.5)])
def test_trapezoid_converges_to_the_collocation_with_its_slope(activation, order):
    """Order 2 for smooth kernels, 3/2 for the √(t−s) of ReLU networks."""
    net, case = NETWORKS[activation], CASES["spread"]
    reference = solve(net, *case, horizon=60.0, rtol=1e-10)
    problem, _ = prepare(net, *case, 60.0)
    errors = []
    for nodes in (200, 400, 800):
        found = trapezoid.on_nodes(problem, nodes, silent)
        times = found.residual.times
        errors.append(np.abs(found.residual.flat[..., 0] - reference.residual_at(times)).max())
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert slopes[-1] == pytest.approx(order, abs=TRAPEZOID_SLOPE)
    assert errors[-1] < 1e-3


@pytest.mark.parametrize("name", NETWORKS)
def test_every_level_of_collocation_gains_what_its_estimate_assumes(name):
    """The estimate divides the distance of two levels by a gain; the distance must bound the coarser error."""
    problem, _ = prepare(NETWORKS[name], *unit(), None)
    tolerances = 1e-3 * 8.0 ** -np.arange(8)
    levels = [collocation.solve_level(problem, collocation.level(tol), 1e-10, silent) for tol in tolerances]
    errors = np.array([collocation.distance(level, levels[-1]) for level in levels[:-1]])
    gains = errors[:-1] / errors[1:]
    assumed = [min(collocation.GAIN, collocation._gain_of_defects(*pair)) for pair in pairwise(levels[:-1])]
    assert len(gains) == 6
    # the distance of two levels is at least the difference of their errors
    assert (errors[1:] <= (errors[:-1] + errors[1:]) / assumed).all()
    assert np.median(gains) >= collocation.GAIN


@pytest.mark.parametrize("case", ["spread", "near_duplicate"])
@pytest.mark.parametrize("name", NETWORKS)
def test_error_estimate_is_honest(name, case):
    """True error ≤ estimate ≤ rtol, and the estimate is not absurdly cautious."""
    net, data = NETWORKS[name], CASES[case]
    reference = solve(net, *data, rtol=1e-9)
    times = np.append(0.0, np.geomspace(1e-5, reference.horizon, 500))
    for rtol in RTOLS[:2]:
        sol = solve(net, *data, rtol=rtol)
        true = gap(sol, reference, times) / np.abs(data.y).max()
        assert true <= sol.stats["error_estimate"] <= rtol
        assert sol.stats["error_estimate"] <= 1e3 * true


@pytest.mark.parametrize(("activation", "depth"), [("relu", 1), ("erf", 2)])
def test_finite_lambda_converges_at_first_order(activation, depth):
    """Errors of Markov proximal learning halve as λ doubles: a second derivation of every coefficient."""
    net = Network(depth=depth, activation=activation, temperature=0.1, sigma2=1.0, sigma02=0.5)
    case = CASES["spread"]
    reference = solve(net, *case, horizon=10.0, rtol=1e-8)
    errors = []
    for lam in (4, 8, 16, 32):
        found = proximal.solve(net, *case, lam=lam, horizon=10.0)
        errors.append(gap(found, reference, found.times))
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert slopes == pytest.approx(1.0, abs=FIRST_ORDER)


def test_trapezoid_as_a_method_reaches_what_it_promises():
    case = unit()
    rough = solve(NETWORKS["erf"], *case, horizon=60.0, rtol=5e-3, method="trapezoid")
    reference = solve(NETWORKS["erf"], *case, horizon=60.0, rtol=1e-8)
    assert rough.stats["method"] == "trapezoid"
    assert gap(rough, reference, rough.times) <= 5e-3


@pytest.mark.parametrize(("activation", "depth", "sigma02"), [("erf", 3, 5e-3), ("relu", 5, 1e-6), ("erf", 1, 1e-4)])
def test_small_initial_variance_is_not_taken_for_a_slow_problem(activation, depth, sigma02):
    """With σ0² ≪ σ² the NTK at the start is negligible; the panels must follow the weights as they grow."""
    net = Network(depth=depth, activation=activation, temperature=1e-2, sigma2=1.0, sigma02=sigma02)
    case = unit(inputs=1, tests=1)
    reference = solve(net, *case, rtol=1e-10)
    sol = solve(net, *case, rtol=1e-6)
    true = gap(sol, reference, np.append(0.0, np.geomspace(1e-5, sol.horizon, 500)))
    assert true <= sol.stats["error_estimate"] <= 1e-6
    assert sol.stats["panels"] > 5


@pytest.mark.parametrize("seed", [1, 3, 10])
def test_one_large_input_does_not_cost_the_small_ones_their_accuracy(seed, monkeypatch):
    """Compression is relative to each pair of inputs, and two levels of accuracy do not share its error."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(8, 3))
    X[0] *= 30
    case = (X, np.resize([1.0, -1.0], 8), rng.normal(size=(2, 3)))
    net = Network(depth=3, activation="relu", temperature=0.16, sigma2=1.0, sigma02=9.0)
    found = solve(net, *case, horizon=6.0, rtol=1e-3)
    monkeypatch.setattr(build, "_EXACT", 10**6)
    reference = solve(net, *case, horizon=6.0, rtol=1e-5)
    assert found.stats["rank"] < 20 < reference.stats["rank"]
    error = gap(found, reference, np.geomspace(1e-4, 6.0, 100))
    assert error <= found.stats["error_estimate"] <= 1e-3


def test_levels_do_not_share_their_separated_kernel():
    """With the same tolerance and other seeds the coefficients differ, and the distance of two levels shows it."""
    problem, _ = prepare(NETWORKS["relu"], *unit(inputs=10), 10.0)
    first, second = (collocation.separated(problem, 1e-3, seed=seed) for seed in (1, 2))
    one, other = (kernel.at(3.0, 1.0) for kernel in (first, second))
    assert 0 < np.abs(one - other).max() < 1e-5


def test_a_kernel_that_underflows_does_not_disturb_the_compression():
    """At κ(t−s) from 708 to 745 all that is left are subnormal numbers, which fit nothing."""
    net = Network(depth=2, activation="relu", temperature=1.0)
    case = unit(inputs=9, features=30, tests=4)
    times = np.full(200, 1000.0), 1000.0 - np.linspace(0.0, 800.0, 200)
    found = separate(ndk_entries(net), stacked(gram(case.X), gram(case.X_test, case.X)), times, 1e-10)
    assert found.error <= 1e-10


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_errors_are_relative_to_the_labels(factor):
    """The equation is linear: other units of y change neither the levels nor the relative error."""
    case, net = unit(), NETWORKS["erf"]
    here = solve(net, *case, horizon=10.0, rtol=1e-4)
    there = solve(net, case.X, case.y * factor, case.X_test, horizon=10.0, rtol=1e-4)
    assert there.stats["nodes"] == here.stats["nodes"]
    assert there.stats["error_estimate"] == pytest.approx(here.stats["error_estimate"], rel=1e-6)


@pytest.mark.parametrize("part", ["residual", "test"])
def test_the_estimate_sees_training_and_test_inputs(part):
    one, other = constant(0.5), constant(0.5)
    other = Solution(**{"residual": other.residual, "test": other.test, "error": np.inf} | {part: constant(0.7).test})
    assert collocation.distance(one, other) == pytest.approx(0.2)


def constant(value) -> Solution:
    """One number as a solution, at all times after 0."""
    path = Piecewise(np.array([0.0, 1.0]), np.ones(1), np.zeros((1, 1)), np.full((1, 1, 1, 1), value))
    return Solution(path, path, np.inf, {"kernel_evaluations": 0, "kernel_error": 1e-6})


def test_nothing_is_known_of_a_solution_that_is_not_a_number():
    """max(0, NaN) is 0 in Python: an error estimate of zero for the worst result there is."""
    assert collocation.distance(constant(0.5), constant(0.25)) == 0.25
    assert np.isnan(collocation.distance(constant(np.nan), constant(0.25)))


def test_rounding_is_noticed_before_the_finest_levels(monkeypatch):
    """Duplicates with conflicting labels: K v cancels for t = 1e14; no level helps, the estimate is the distance."""
    orders = []
    honest = collocation.solve_level

    def counted(problem, level, rtol, progress):
        orders.append(level)
        return honest(problem, level, rtol, progress)

    monkeypatch.setattr(collocation, "solve_level", counted)
    case = unit(inputs=3, tests=1)
    X = case.X[[0, 0, 1]]
    net = Network(depth=2, activation="relu", temperature=0.0)
    with pytest.warns(AccuracyWarning, match="was asked for"):
        sol = solve(net, X, [1.0, -0.2, 1.0], case.X_test, horizon=1e14, rtol=1e-9, method="collocation")
    assert len(orders) <= 5
    end = sol.at([1e14]).train[0]
    error = np.abs(end - [0.4, 0.4, 1.0]).max()
    assert 1e-9 < error <= 3 * sol.stats["error_estimate"] < 1e-2


def test_large_errors_that_do_not_fall_yet_are_not_rounding():
    assert collocation._stalled([1e-6, 0.9e-6, 1.1e-6])
    assert not collocation._stalled([0.3, 0.2, 0.26])
    assert not collocation._stalled([1e-6, 0.9e-6])
    assert collocation._stalled([1e7, 1e10, 1e13])
    assert not collocation._stalled([1e-6, 0.9e-6, 1e-7])


@pytest.mark.parametrize("gain", [1.6, 2.5, 4.0, 30.0])
def test_levels_that_gain_little_are_not_taken_to_gain_much(gain, monkeypatch):
    """A kernel that grows by twenty orders gains 1.6 a level: a quarter of the distance would be half the error."""
    errors = iter(0.5 * gain ** -np.arange(12.0))
    true = {}

    def slow(problem, level, rtol, progress):
        true["error"] = next(errors)
        return constant(1.0 + true["error"])

    monkeypatch.setattr(collocation, "solve_level", slow)
    problem, _ = prepare(NETWORKS["relu"], [[1.0]], [1.0], None, 1.0)
    found = collocation.solve(problem, 0.02, silent)
    assert true["error"] <= found.error * (1 + 1e-9) <= 0.02


@pytest.mark.parametrize("sigma02", [1e-3, 1.0, 1e3])
def test_the_rate_bounds_the_kernel_at_all_times(sigma02):
    """A kernel that grows with its weights is fastest at the end, one that shrinks at the start."""
    net = Network(depth=3, activation="relu", temperature=1e-2, sigma2=1.0, sigma02=sigma02)
    X = np.random.default_rng(3).standard_normal((6, 4))
    problem, _ = prepare(net, X, np.ones(6), None, 1e3)
    rates = [problem.rate(t) for t in np.linspace(0.0, 1e3, 41)]
    assert max(rates) > 10 * min(rates) or sigma02 == 1.0
    assert problem.fastest_rate() >= max(rates) * (1 - 1e-12)


@pytest.mark.parametrize("nearness", [1e-2, 1e-5, 1e-8])
def test_near_duplicates_shorten_the_lag_on_which_a_kernel_is_smooth(nearness):
    """At lags of (1 − q)/κ the square root of the ReLU kernels is rounded off: pieces must reach below."""
    net = Network(depth=1, activation="relu", temperature=1e-2, sigma2=1.0, sigma02=1.0)
    angle = np.arccos(1 - nearness)
    pair = np.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)]]) * np.sqrt(2)
    apart, _ = prepare(net, np.eye(2), np.ones(2), None, 1e3)
    close, _ = prepare(net, pair, np.ones(2), None, 1e3)
    test_only, _ = prepare(net, pair[:1], np.ones(1), pair[1:], 1e3)
    assert close.smooth_lag() <= nearness / net.kappa < apart.smooth_lag()
    assert test_only.smooth_lag() <= nearness / net.kappa
