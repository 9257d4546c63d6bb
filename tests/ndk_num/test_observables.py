"""Phases and stopping times, on trajectories whose answers are known by formula and on solved ones."""

import math
from dataclasses import replace

import numpy as np
import pytest

from ndk_num import InputError, Network, kernel, solve
from ndk_num.datasets import load
from ndk_num.observables import grid, optimal_stopping_time, phases
from tests.ndk_num.fakes import fake
from tests.tolerances import CROSSING, MINIMUM_PLACE, MINIMUM_VALUE


def test_interior_minimum_is_found_between_grid_points():
    """f = 2 t e^{1−t/9}/9 − 1/2 meets y = 1.25 nowhere; the error is smallest at its maximum, t = 9."""
    sol = fake(lambda t: 2 * t / 9 * np.exp(1 - t / 9) - 0.8)
    found = optimal_stopping_time(sol, [1.25])
    assert found.where == "interior"
    assert found.time == pytest.approx(9.0, rel=MINIMUM_PLACE)
    assert found.error == pytest.approx(0.05**2, abs=MINIMUM_VALUE)
    assert found.error_at_horizon == pytest.approx((2.05 - 2 * 100 / 9 * np.exp(1 - 100 / 9)) ** 2)


def test_the_lower_of_two_minima_is_taken():
    """Dips of depth 0.6 at t = 0.5 and 0.9 at t = 40: the first would be found by a search that stops early."""

    def path(t):
        dips = 0.6 * np.exp(-(np.log(max(t, 1e-9) / 0.5) ** 2) * 20) + 0.9 * np.exp(
            -(np.log(max(t, 1e-9) / 40) ** 2) * 20
        )
        return dips

    found = optimal_stopping_time(fake(path), [1.0])
    assert found.time == pytest.approx(40.0, rel=MINIMUM_PLACE) and found.where == "interior"


@pytest.mark.parametrize(
    ("path", "label", "where", "time"),
    [
        (lambda t: -np.expm1(-t / 30), 1.0, "horizon", 100.0),
        (lambda t: t / 100, -1.0, "start", 0.0),
        (lambda t: 0.0 * t, 1.0, "start", 0.0),
        (lambda t: -np.expm1(-t), 1.0, "horizon", 100.0),  # flat long before the horizon
    ],
)
def test_minimum_at_an_end(path, label, where, time):
    found = optimal_stopping_time(fake(path), [label])
    assert (found.where, found.time) == (where, time)


def test_a_dip_smaller_than_the_solver_error_is_not_a_stopping_point():
    def path(t):
        return 0.5 + 1e-6 * np.exp(-(np.log(max(t, 1e-9)) ** 2)) if t else 0.0

    assert optimal_stopping_time(fake(path, error=1e-12), [1.0]).where == "interior"
    assert optimal_stopping_time(fake(path, error=1e-5), [1.0]).where == "horizon"


def test_several_outputs_and_tests_share_one_time():
    """The mean over entries decides: minima at t = 4 with curvature 1 and at t = 8 with curvature 3 meet at 7."""

    def path(t):
        return np.array([[0.01 * (t - 4), 0.01 * np.sqrt(3) * (t - 8)]])

    sol = fake(path, outputs=2, horizon=20.0)
    found = optimal_stopping_time(sol, [[0.0, 0.0]])
    assert found.time == pytest.approx(7.0, rel=MINIMUM_PLACE)
    assert found.error == pytest.approx(0.5 * 1e-4 * (9 + 3), rel=1e-6)


@pytest.mark.parametrize("labels", [[1.0, 1.0], 1.0, [[1.0]], [np.nan], ["a"]])
def test_bad_test_labels(labels):
    with pytest.raises(InputError, match="y_test"):
        optimal_stopping_time(fake(lambda t: t), labels)


def test_no_test_inputs():
    net = Network(depth=1, activation="linear", temperature=0.0)
    data = load("synthetic:2")
    with pytest.raises(InputError, match="no test inputs"):
        optimal_stopping_time(solve(net, data.X, data.y, rtol=1e-4), [])


def test_phases_of_an_exponential_relaxation():
    """Residual e^{−t} falls to 1 % of the way to its end value e^{−100} at t = ln 100."""
    found = phases(fake(lambda t: t))
    assert found.crossover == pytest.approx(math.log(100), rel=CROSSING)
    assert found.diffusive == pytest.approx(10.0) and found.separated
    ntk = np.linalg.eigvalsh(kernel(fake(lambda t: t).network, 0, 0, fake(lambda t: t).X))
    assert (found.fastest, found.slowest) == pytest.approx((1 / ntk[1], 1 / ntk[0]))


def test_gradient_phase_that_outlasts_the_run_has_no_crossover():
    found = phases(fake(lambda t: t, horizon=1.0))
    assert found.crossover is None and not found.separated


def test_residual_with_a_floor():
    """At high T the residual ends at a floor: the crossover is where 99 % of the fall are made."""
    y = np.array([1.0, -1.0])
    sol = fake(lambda t: t, train_path=lambda t: 0.7 * y * -np.expm1(-2 * t))
    assert phases(sol).crossover == pytest.approx(math.log(100) / 2, rel=CROSSING)


def test_nothing_to_learn():
    sol = fake(lambda t: 0.0 * t, train_path=lambda t: np.zeros(2))
    assert phases(replace(sol, y=np.zeros(2))).crossover == 0.0


@pytest.mark.parametrize("activation", ["relu", "erf", "linear"])
def test_gradient_flow_has_no_diffusive_phase(activation):
    data = load("synthetic:4")
    net = Network(depth=2, activation=activation, temperature=0.0)
    sol = solve(net, data.X, data.y, data.X_test, rtol=1e-6)
    found = phases(sol)
    assert found.diffusive == math.inf and found.separated
    assert 0 < found.fastest <= found.slowest < math.inf
    # labels orthogonal to the mean relax with the smallest eigenvalue of the NTK
    assert found.crossover == pytest.approx(math.log(100) * found.slowest, rel=1e-4)
    assert optimal_stopping_time(sol, data.y_test).where == "horizon"


def test_singular_ntk_has_an_infinite_time_scale():
    net = Network(depth=1, activation="linear", temperature=0.1)
    X = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, -1.0]])
    assert phases(solve(net, X, [1.0, 1.0, -1.0], rtol=1e-4)).slowest == math.inf


def test_grid_reaches_both_ends():
    times = grid(fake(lambda t: t), points=7)
    assert times[0] == 0 and times[-1] == 100.0 and (np.diff(times) > 0).all() and len(times) == 7


def test_solved_trajectory_agrees_with_a_brute_force_search():
    data = load("mnist:0,1", per_class=5)
    net = Network(depth=1, activation="erf", temperature=1e-2, sigma02=0.5)
    sol = solve(net, data.X, data.y, data.X_test, rtol=1e-6)
    found = optimal_stopping_time(sol, data.y_test)
    dense = np.geomspace(1e-3, sol.horizon, 20_000)
    errors = np.mean((sol.at(dense).test - data.y_test) ** 2, axis=1)
    assert found.error <= errors.min() + MINIMUM_VALUE
    assert found.error == pytest.approx(errors.min(), rel=1e-5)
