"""Data and networks at the edge: each gives the right answer, or says in one line why not."""

import warnings

import numpy as np
import pytest

from ndk_num import AccuracyWarning, Network, datasets, equilibria, solve
from tests.ndk_num.cases import Case, unit
from tests.ndk_num.test_solve_oracles import error, gradient_flow
from tests.tolerances import ORACLE

ACTIVATIONS = ("relu", "erf")


def long_time_error(net: Network, case: Case, rtol: float = 1e-8) -> float:
    """Error at 40/κ against the NNGP posterior, in units of rtol."""
    horizon = 40 / net.kappa
    sol = solve(net, *case, horizon=horizon, rtol=rtol)
    exact = equilibria.nngp(net, *case)
    return error(case, sol.at([horizon]), exact.train, exact.test) / rtol


def network(activation: str, depth: int = 2, temperature: float = 1e-3, sigma02: float = 0.5) -> Network:
    """σ² = 1."""
    return Network(depth=depth, activation=activation, temperature=temperature, sigma02=sigma02)


@pytest.mark.parametrize("activation", ["linear", *ACTIVATIONS])
def test_one_input(activation):
    assert long_time_error(network(activation), unit(inputs=1)) <= ORACLE


@pytest.mark.parametrize("temperature", [1e-2, 1e-6])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("label", [1.0, -0.4])
def test_an_input_twice(activation, temperature, label):
    """With the label it had, or another."""
    case = unit()
    case = Case(case.X[[0, 0, 1, 2]], np.array([1.0, label, -1.0, 1.0]), case.X_test)
    assert long_time_error(network(activation, temperature=temperature), case, 1e-6) <= ORACLE


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_horizon_at_which_the_prior_has_not_moved(activation):
    """κ · horizon = 1e-12: gradient flow."""
    case, net = unit(), network(activation, temperature=1e-12 / 30)
    times = np.append(0.0, np.geomspace(1e-2, 30.0, 60))
    sol = solve(net, *case, horizon=30.0)
    assert error(case, sol.at(times), *gradient_flow(net, case, times)) <= ORACLE * 1e-6


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_horizon_long_after_equilibrium(activation):
    """κ · horizon = 1e4."""
    case, net = unit(), network(activation, temperature=1e-2)
    sol = solve(net, *case, horizon=1e4 / net.kappa, rtol=1e-8)
    exact = equilibria.nngp(net, *case)
    for late in (40.0, 1e3, 1e4):
        assert error(case, sol.at([late / net.kappa]), exact.train, exact.test) <= ORACLE * 1e-8


@pytest.mark.parametrize(("depth", "sigma02"), [(1, 1e-6), (3, 1e-6), (1, 1e6)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_initial_variance_far_from_the_priors(activation, depth, sigma02):
    assert long_time_error(network(activation, depth, 1e-2, sigma02), unit(), 1e-6) <= ORACLE


def test_a_kernel_that_falls_by_eighteen_orders():
    """Three layers of ReLU from σ0²/σ² = 1e6: late in the run rounding goes with the kernel as it is then."""
    assert long_time_error(network("relu", 3, 1e-2, 1e6), unit(), 1e-6) <= ORACLE


def test_a_chaotic_network_says_how_accurate_it_is():
    """Three layers of erf at a variance of 1e6 multiply rounding of a correlation near 1 by 600 each."""
    net, case = network("erf", 3, 1e-2, 1e6), unit()
    with pytest.warns(AccuracyWarning, match="the best that float64"):
        sol = solve(net, *case, horizon=40 / net.kappa, rtol=1e-6)
    exact = equilibria.nngp(net, *case)
    found = error(case, sol.at([sol.horizon]), exact.train, exact.test)
    assert found <= sol.stats["error_estimate"] <= 1e-3


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_inputs_nearly_the_same(activation, sign):
    """1e-9 apart, with equal and with opposite labels."""
    case = unit()
    X, y = case.X.copy(), case.y.copy()
    X[0], y[0] = X[1] + 1e-9 * X[2], sign * y[1]
    assert long_time_error(network(activation), Case(X, y, case.X_test)) <= ORACLE


@pytest.mark.parametrize("where", ["training", "test"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_input_of_zeros(activation, where):
    case = unit()
    X, X_test = case.X.copy(), case.X_test.copy()
    (X if where == "training" else X_test)[0] = 0.0
    assert long_time_error(network(activation), Case(X, case.y, X_test)) <= ORACLE


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_orthonormal_inputs(activation):
    """For odd activations all entries between different training inputs are exactly 0."""
    data = datasets.load("synthetic:40")
    assert long_time_error(network(activation), Case(data.X, data.y, data.X_test)) <= ORACLE


def test_a_linear_network_with_more_inputs_than_dimensions_when_cold():
    assert long_time_error(network("linear", temperature=1e-8), unit(inputs=9, features=4), 1e-6) <= ORACLE


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_finest_rtol_is_kept_or_a_warning_says_what_was(activation):
    case, net = unit(), network(activation, temperature=1e-2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AccuracyWarning)
        fine = solve(net, *case, rtol=1e-12)
    assert bool(caught) == (fine.stats["error_estimate"] > 1e-12)
    rough = solve(net, *case, rtol=1e-10)
    times = np.geomspace(1e-3, fine.horizon, 100)
    exact = fine.at(times)
    assert error(case, rough.at(times), exact.train, exact.test) <= rough.stats["error_estimate"] <= 1e-10


def test_rounding_ends_a_search_for_finer_panels():
    """P > N0, T = 2e-8: the finest levels ask for less than rounding leaves, and panels shrank without end."""
    case = unit(inputs=12, features=10)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)
        fine = solve(network("linear", 3, 2.2e-8, 0.12), *case, rtol=1e-12)
    assert fine.stats["panels"] < 100
