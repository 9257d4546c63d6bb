"""The solver against closed forms: linear networks, both equilibria, gradient flow."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ndk_num import Network, equilibria, kernel, solve
from tests.ndk_num.cases import CASES, Case, unit
from tests.tolerances import EARLY_PHASE, ORACLE, RTOLS

ACTIVATIONS = ("linear", "relu", "erf")


def error(case: Case, prediction, train, test) -> float:
    """Largest error of a prediction in units of max |y|."""
    both = (np.abs(prediction.train - train).max(), np.abs(prediction.test - test).max())
    return max(both) / np.abs(case.y).max()


def linear_oracle(net: Network, case: Case, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Linear networks have K^{d,L} = (L+1) e^{−(L+1)κ(t−s)} m(s,s)^L K⁰: one linear ODE per eigenvector of K⁰.

    z' = −(L+1)κ z + m^L (Y − (L+1) λ z),   f̄ = (L+1) K⁰ z.
    """
    features = case.X.shape[1]
    values, vectors = np.linalg.eigh(case.X @ case.X.T / features)
    labels = vectors.T @ case.y.reshape(len(case.y), -1)
    L, kappa = net.depth, net.kappa

    def variance(t: float) -> float:
        return net.sigma2 + (net.sigma02 - net.sigma2) * np.exp(-2 * kappa * t)

    def slope(t: float, z: np.ndarray) -> np.ndarray:
        z = z.reshape(labels.shape)
        gain = variance(t) ** L
        return (gain * (labels - (L + 1) * values[:, None] * z) - (L + 1) * kappa * z).ravel()

    jacobian = lambda t, z: np.diag(  # noqa: E731
        np.repeat(-(L + 1) * (kappa + variance(t) ** L * values), labels.shape[1])
    )
    found = solve_ivp(
        slope, (0, times[-1]), np.zeros(labels.size), "Radau", times, jac=jacobian, rtol=1e-13, atol=1e-15
    )
    z = vectors @ found.y.T.reshape(times.size, *labels.shape)
    train = (L + 1) * (case.X @ case.X.T / features) @ z
    test = (L + 1) * (case.X_test @ case.X.T / features) @ z
    shape = case.y.shape[1:]
    return train.reshape(times.size, -1, *shape), test.reshape(times.size, -1, *shape)


@pytest.mark.parametrize("name", CASES)
def test_linear_network_against_its_ode(name):
    case = CASES[name]
    net = Network(depth=3, activation="linear", temperature=1e-2, sigma2=0.9, sigma02=1.6)
    times = np.append(0.0, np.geomspace(1e-3, 500.0, 60))
    train, test = linear_oracle(net, case, times)
    for rtol in RTOLS:
        sol = solve(net, *case, horizon=500.0, rtol=rtol)
        assert error(case, sol.at(times), train, test) <= ORACLE * rtol


@pytest.mark.parametrize("temperature", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6])
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_long_times_reach_the_nngp_posterior(activation, depth, temperature):
    case, rtol = unit(), 1e-6
    net = Network(depth=depth, activation=activation, temperature=temperature, sigma2=1.0, sigma02=0.5)
    horizon = 40 / net.kappa  # the transient e^{−2κt} is below every tolerance
    sol = solve(net, *case, horizon=horizon, rtol=rtol)
    posterior = equilibria.nngp(net, *case)
    assert error(case, sol.at([horizon]), posterior.train, posterior.test) <= ORACLE * rtol


@pytest.mark.parametrize("rtol", RTOLS)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_long_times_at_every_accuracy(activation, name, rtol):
    case = CASES[name]
    net = Network(depth=2, activation=activation, temperature=1e-3, sigma2=1.3, sigma02=0.6)
    horizon = 40 / net.kappa
    sol = solve(net, *case, horizon=horizon, rtol=rtol)
    posterior = equilibria.nngp(net, *case)
    assert error(case, sol.at([horizon]), posterior.train, posterior.test) <= ORACLE * rtol


def gradient_flow(net: Network, case: Case, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """f̄ = (1 − e^{−K_NTK t}) Y   (18)."""
    values, vectors = np.linalg.eigh(kernel(net, 0, 0, case.X))
    cross = kernel(net, 0, 0, case.X_test, case.X) @ vectors
    labels = vectors.T @ case.y.reshape(len(case.y), -1)
    learnt = -np.expm1(-times[:, None] * values)[:, :, None] * labels
    shape = case.y.shape[1:]
    train, test = vectors @ learnt, (cross / values) @ learnt
    return train.reshape(times.size, -1, *shape), test.reshape(times.size, -1, *shape)


@pytest.mark.parametrize("rtol", RTOLS)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_zero_temperature_is_gradient_flow(activation, name, rtol):
    case = CASES[name]
    net = Network(depth=2, activation=activation, temperature=0.0, sigma02=1.4)
    sol = solve(net, *case, rtol=rtol)
    times = np.append(0.0, np.geomspace(1e-4, sol.horizon, 200))
    assert error(case, sol.at(times), *gradient_flow(net, case, times)) <= ORACLE * rtol


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_early_phase_approaches_the_ntk_exponential(activation):
    """At fixed time the difference to gradient flow vanishes with T: like T for erf, √T for ReLU's √(t−s)."""
    case = unit()
    times = np.geomspace(1e-2, 30.0, 50)
    gaps = []
    for temperature in (1e-6, 1e-8):
        net = Network(depth=2, activation=activation, temperature=temperature, sigma2=1.0, sigma02=1.4)
        sol = solve(net, *case, horizon=30.0, rtol=1e-10)
        gaps.append(error(case, sol.at(times), *gradient_flow(net, case, times)))
    assert gaps[1] <= EARLY_PHASE
    slope = np.log(gaps[0] / gaps[1]) / np.log(100)
    assert slope == pytest.approx(1.0 if activation == "erf" else 0.5, abs=0.1)


def test_several_outputs_are_solved_like_one_at_a_time():
    case = CASES["several_outputs"]
    net = Network(depth=2, activation="relu", temperature=1e-2)
    together = solve(net, *case, horizon=50.0)
    for k in range(case.y.shape[1]):
        alone = solve(net, case.X, case.y[:, k], case.X_test, horizon=50.0)
        p, q = together.at([0.3, 5.0, 50.0]), alone.at([0.3, 5.0, 50.0])
        assert np.abs(p.test[..., k] - q.test).max() <= 1e-6 * np.abs(case.y).max()
        assert np.abs(p.train[..., k] - q.train).max() <= 1e-6 * np.abs(case.y).max()


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_nodes_grow_like_the_logarithm_of_the_temperature(activation):
    nodes, panels = [], []
    for temperature in (1e-2, 1e-4, 1e-6, 1e-8):
        net = Network(depth=2, activation=activation, temperature=temperature, sigma02=0.5)
        sol = solve(net, *unit(), rtol=1e-6)
        posterior = equilibria.nngp(net, *unit())
        nodes.append(sol.times.size)
        panels.append(sol.stats["panels"])
        assert np.abs(sol.at([sol.horizon]).test - posterior.test).max() <= 1e-6
    assert nodes[-1] <= 3 * nodes[0]
    assert np.ptp(np.diff(panels)) <= 3  # equal factors of T cost equal numbers of panels
