"""Covariance of the predictor: the posterior, the ensemble of gradient flows, and a second numerical route."""

import numpy as np
import pytest

from ndk_num import InputError, Network, equilibria, kernel, solve
from ndk_num.kernels import Weights
from tests.ndk_num.cases import CASES, spread, unit
from tests.tolerances import COVARIANCE, COVARIANCE_SECOND_ROUTE


@pytest.mark.parametrize("name", ["unit", "spread"])
@pytest.mark.parametrize("activation", ["linear", "relu", "erf"])
def test_long_times_reach_the_posterior_covariance(activation, name):
    """K_GP** − k_GPᵀ (K_GP + T)⁻¹ k_GP."""
    case = CASES[name]
    net = Network(depth=2, activation=activation, temperature=0.01, sigma2=1.2, sigma02=0.5)
    sol = solve(net, *case, horizon=20 / net.kappa, rtol=1e-6, covariance=True)
    found, posterior = sol.at([sol.horizon]), equilibria.nngp(net, *case, covariance=True)
    assert np.abs(found.test_cov[0] - posterior.test_cov).max() <= COVARIANCE
    assert np.abs(found.train_cov[0] - posterior.train_cov).max() <= COVARIANCE


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_gradient_flow_keeps_the_ensemble_covariance(activation):
    """At T = 0: f − f̄ = g_* − k K⁻¹ (1 − e^{−Kt}) g with g of covariance σ0² K^L (Lee et al. 2019)."""
    case = unit()
    net = Network(depth=2, activation=activation, temperature=0.0, sigma02=1.5)
    sol = solve(net, *case, rtol=1e-6, covariance=True)
    inputs = np.concatenate([case.X, case.X_test])
    prior = net.sigma02 * kernel(net, 0, 0, inputs, kind="two_time")
    values, vectors = np.linalg.eigh(kernel(net, 0, 0, case.X))
    cross = kernel(net, 0, 0, inputs, case.X)
    times = [0.0, 0.2, 5.0, sol.horizon]
    found = sol.at(times)
    for i, t in enumerate(times):
        gain = cross @ (vectors * (-np.expm1(-values * t) / values)) @ vectors.T
        P = len(case.X)
        left = np.eye(len(inputs)) - np.concatenate([gain, np.zeros((len(inputs), len(inputs) - P))], axis=1)
        exact = left @ prior @ left.T
        assert np.abs(found.train_cov[i] - exact[:P, :P]).max() <= COVARIANCE * np.abs(prior).max()
        assert np.abs(found.test_cov[i] - exact[P:, P:]).max() <= COVARIANCE * np.abs(prior).max()
    end = equilibria.ntk(net, *case, covariance=True)
    assert np.abs(found.test_cov[-1] - end.test_cov).max() <= COVARIANCE * np.abs(prior).max()


def by_brute_force(net: Network, case, t: float, nodes: int) -> np.ndarray:
    """R C Rᵀ with the whole two-time operator as one matrix, midpoint rule on even steps."""
    h = t / nodes
    times = (np.arange(nodes) + 0.5) * h
    P = len(case.X)
    response = np.zeros((nodes, P, nodes, P))
    prior = np.zeros((nodes, P, nodes, P))
    for i, a in enumerate(times):
        for j, b in enumerate(times[: i + 1]):
            response[i, :, j] = kernel(net, a, b, case.X) * (h if j < i else h / 2)
            m = Weights.at(net, a, b).ts
            prior[i, :, j] = m * kernel(net, a, b, case.X, kind="two_time")
            prior[j, :, i] = prior[i, :, j].T
    size = nodes * P
    resolvent = np.linalg.inv(np.eye(size) + response.reshape(size, size))
    return (resolvent @ prior.reshape(size, size) @ resolvent.T)[-P:, -P:]


def test_second_route_in_the_middle_of_the_dynamics():
    """Second order in the step: extrapolated from 60 and 120 steps; covers σ0 ≠ σ and unequal norms."""
    case = spread()._replace(X_test=spread().X[:1])
    net = Network(depth=1, activation="erf", temperature=0.3, sigma2=1.0, sigma02=0.4)
    t = 1.5
    sol = solve(net, *case, horizon=3.0, covariance=True)
    found = sol.at([t])
    # the last midpoint is at t − h/2: two solves at their own last times
    fine = by_brute_force(net, case, t * 121 / 120.5, 121)[:, :]
    error = np.abs(found.train_cov[0] - fine).max()
    assert error <= COVARIANCE_SECOND_ROUTE
    # a test input equal to a training input has its covariance
    assert np.allclose(found.test_cov[0, 0, 0], found.train_cov[0, 0, 0], atol=COVARIANCE)


def test_start_is_the_prior_and_without_the_option_there_is_none():
    case = unit()
    net = Network(depth=1, activation="relu", temperature=0.1, sigma02=0.7)
    sol = solve(net, *case, horizon=5.0, covariance=True)
    start = sol.at([0.0])
    assert np.allclose(start.train_cov[0], 0.7 * kernel(net, 0, 0, case.X, kind="two_time"), rtol=1e-13)
    assert solve(net, *case, horizon=5.0).at([1.0]).train_cov is None


def test_shapes_for_several_outputs_and_no_times():
    case = CASES["several_outputs"]
    net = Network(depth=1, activation="erf", temperature=0.1)
    sol = solve(net, *case, horizon=5.0, rtol=1e-3, covariance=True)
    found = sol.at([1.0, 2.0])
    assert found.train_cov.shape == (2, 4, 4)
    assert found.test_cov.shape == (2, 2, 2)
    assert sol.at([]).train_cov.shape == (0, 4, 4)
    with pytest.raises(InputError, match="times lie between 0 and 5"):
        sol.at([6.0])


def test_covariances_are_symmetric_to_the_last_digit():
    """A covariance that is not is refused by, or misleads, what users feed it to."""
    case = unit(inputs=3)
    net = Network(depth=2, activation="relu", temperature=0.1, sigma2=1.0, sigma02=0.5)
    found = solve(net, *case, horizon=10.0, rtol=1e-3, covariance=True).at([0.3, 2.0, 10.0])
    for covariance in (found.train_cov, found.test_cov):
        assert np.array_equal(covariance, covariance.transpose(0, 2, 1))
