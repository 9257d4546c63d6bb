"""Distribution of drifted outputs over the ensemble: the posterior, a dense quadrature, simulated networks."""

import numpy as np
import pytest

from ndk_num import Network, drift, equilibria, frozen, kernel, solve
from ndk_num.kernels import pairwise
from ndk_num.pairs import Pairs, gram
from ndk_num.statistics import Statistics
from tests.ndk_num import langevin
from tests.ndk_num.cases import CASES, Case, spread, unit
from tests.tolerances import COVARIANCE, COVARIANCE_SECOND_ROUTE, SEMIDEFINITE, STANDARD_ERRORS

DRIFTING = ("hidden", "readout", "all")


@pytest.mark.parametrize(
    ("activation", "drifting"), [("relu", "hidden"), ("relu", "readout"), ("relu", "all"), ("erf", "hidden")]
)
def test_from_equilibrium_a_drifted_output_is_one_more_variable_of_the_posterior(activation, drifting):
    """σ² K^L** − σ⁴ k^L(t,t0)ᵀ (K_GP + T)⁻¹ k^L(t,t0), with the readout's decay where it drifts."""
    case = spread()
    net = Network(depth=2, activation=activation, temperature=0.1, sigma2=1.3, sigma02=0.5)
    sol = solve(net, *case, horizon=20 / net.kappa, rtol=1e-6)
    lags = np.array([0.0, 0.4, 30.0]) / net.kappa
    found = drift(sol, sol.horizon, sol.horizon + lags, drifting=drifting, covariance=True)
    expected = equilibria.drift(net, *case, lags, drifting=drifting, covariance=True)
    scale = np.abs(expected.train_cov).max()
    assert found.covariance_error <= 1e-6
    assert np.abs(found.train_cov - expected.train_cov).max() <= COVARIANCE * scale
    assert np.abs(found.test_cov - expected.test_cov).max() <= COVARIANCE * scale
    late = net.sigma2 * kernel(net, 1e4, 1e4, case.X, kind="two_time")  # of the prior: nothing is known
    if activation == "erf" or drifting != "hidden":
        assert np.abs(found.train_cov[-1] - late).max() <= COVARIANCE * scale
    else:
        assert np.abs(found.train_cov[-1] - late).max() > 0.01 * scale  # K_mean is


@pytest.mark.parametrize(("activation", "learning"), [("relu", "all"), ("erf", "readout"), ("relu", "hidden")])
def test_without_a_lag_it_is_the_covariance_of_the_trajectory(activation, learning):
    net = Network(depth=2, activation=activation, temperature=0.1, sigma2=1.0, sigma02=0.4)
    sol = solve(net, *spread(), horizon=20.0, rtol=1e-6, covariance=True, learning=learning)
    expected = sol.at([6.0])
    for drifting in DRIFTING:
        found = drift(sol, 6.0, [6.0], drifting=drifting, covariance=True)
        assert np.abs(found.train_cov - expected.train_cov).max() <= COVARIANCE
        assert np.abs(found.test_cov - expected.test_cov).max() <= COVARIANCE


def test_a_drifting_readout_forgets_and_its_noise_is_new():
    """Cov f(t) = e^{−2κ(t−t0)} Cov f(t0) + (m(t,t) − e^{−2κ(t−t0)} m(t0,t0)) K^L(t0,t0)."""
    case, start = spread(), 4.0
    net = Network(depth=2, activation="relu", temperature=0.1, sigma2=1.0, sigma02=0.4)
    sol = solve(net, *case, horizon=20.0, rtol=1e-6, covariance=True)
    times = np.array([5.0, 30.0])
    found = drift(sol, start, times, drifting="readout", covariance=True).train_cov
    then, prior = sol.at([start]).train_cov[0], kernel(net, start, start, case.X, kind="two_time")
    for cov, t in zip(found, times, strict=True):
        kept = np.exp(-2 * net.kappa * (t - start))
        fresh = Statistics.at(net, t, t).output.weights.ts - kept * Statistics.at(net, start, start).output.weights.ts
        assert np.abs(cov - kept * then - fresh * prior).max() <= COVARIANCE


def by_brute_force(net: Network, case: Case, start: float, readout: float, hidden: float, nodes: int) -> np.ndarray:
    """f − f̄ = g(t,u) − B (1 + K^d)⁻¹ g with operators on training times as matrices, midpoint rule on even steps."""
    h, P = start / nodes, len(case.X)
    times = (np.arange(nodes) + 0.5) * h
    inputs = np.concatenate([case.X, case.X_test])

    def operator(kind: str, t: np.ndarray, s: np.ndarray, rows: np.ndarray, factor: np.ndarray) -> np.ndarray:
        """factor · K(t,s) between rows and training inputs, shape (len(t), rows, len(s), P)."""
        pairs = gram(rows, case.X)
        flat = Pairs(*(np.broadcast_to(field, pairs.xy.shape).ravel() for field in pairs))
        late, early = (grid.ravel() for grid in np.meshgrid(t, s, indexing="ij"))
        found = pairwise(net, late, early, flat, kind) * factor.reshape(-1, 1)
        return found.reshape(t.size, s.size, *pairs.xy.shape).transpose(0, 2, 1, 3)

    step = h * np.tril(np.ones((nodes, nodes)), -1) + h / 2 * np.eye(nodes)
    response = np.eye(nodes * P) + operator("ndk", times, times, case.X, step).reshape(nodes * P, nodes * P)
    m = Statistics.at(net, times[:, None], times[None]).output.weights.ts
    prior = operator("two_time", times, times, case.X, m).reshape(nodes * P, nodes * P)
    to_start, u = Statistics.at(net, readout, times).output.weights, np.array([hidden])
    learnt = h * (
        operator("two_time", u, times, inputs, to_start.decay) + operator("hidden", u, times, inputs, to_start.ts)
    )
    cross = operator("two_time", u, times, inputs, to_start.ts).reshape(len(inputs), -1)
    row = np.linalg.solve(response.T, learnt.reshape(len(inputs), -1).T).T
    own = Statistics.at(net, readout, readout).output.weights.ts * kernel(net, hidden, hidden, inputs, kind="two_time")
    return own - row @ cross.T - cross @ row.T + row @ prior @ row.T


@pytest.mark.parametrize("drifting", DRIFTING)
@pytest.mark.parametrize(("activation", "depth"), [("erf", 1), ("relu", 2)])
def test_second_route_in_the_middle_of_the_dynamics(activation, depth, drifting):
    case, start, later = spread(), 1.5, 2.7
    net = Network(depth=depth, activation=activation, temperature=0.3, sigma2=1.0, sigma02=0.4)
    sol = solve(net, *case, horizon=3.0, rtol=1e-5)
    found = drift(sol, start, [later], drifting=drifting, covariance=True)
    readout, hidden = (later if drifting in (weights, "all") else start for weights in ("readout", "hidden"))
    expected = by_brute_force(net, case, start, readout, hidden, 60)
    P = len(case.X)
    assert np.abs(found.train_cov[0] - expected[:P, :P]).max() <= COVARIANCE_SECOND_ROUTE
    assert np.abs(found.test_cov[0] - expected[P:, P:]).max() <= COVARIANCE_SECOND_ROUTE


@pytest.mark.parametrize("learning", ["all", "readout", "hidden"])
def test_simulated_networks(learning):
    """Mean and covariance of 1200 ReLU networks of width 100, within three standard errors, of every kind of drift."""
    case = spread()._replace(X=1.5 * spread().X[1:3, :3], y=np.array([1.0, -1.0]), X_test=spread().X_test[:1, :3])
    net = Network(depth=1, activation="relu", temperature=0.4, sigma2=1.0, sigma02=1.5)
    start, lag = 1.5, 1.0
    networks = langevin.Ensemble.of(net, case, width=100, networks=1200, step=0.02, seed=3)
    networks.learn(start, learning)
    a, W = (networks.drifted(weights, lag) for weights in (networks.a, networks.W))
    sol = solve(net, *case, horizon=start, rtol=1e-5, learning=learning)
    for drifting in DRIFTING:
        found = drift(sol, start, [start + lag], drifting=drifting, covariance=True)
        readout, hidden = networks.a if drifting == "hidden" else a, networks.W if drifting == "readout" else W
        sampled = networks.outputs(readout, hidden)
        for inputs, mean, covariance in (
            (slice(2), found.train[0], found.train_cov[0]),
            (slice(2, None), found.test[0], found.test_cov[0]),
        ):
            distances = langevin.standard_errors(sampled[:, inputs], mean, covariance)
            assert max(distances) <= STANDARD_ERRORS, (drifting, distances)
        # what was frozen matters: the other kinds of drift are told apart
        other = networks.outputs(networks.a, networks.W)
        assert max(langevin.standard_errors(other[:, :2], found.train[0], found.train_cov[0])) > 2 * STANDARD_ERRORS


def test_covariances_are_symmetric_and_positive():
    net = Network(depth=2, activation="relu", temperature=0.1, sigma2=1.0, sigma02=0.5)
    sol = solve(net, *unit(), horizon=10.0, rtol=1e-3)
    found = drift(sol, 10.0, [10.0, 25.0], covariance=True)
    for covariance in (*found.train_cov, *found.test_cov):
        values = np.linalg.eigvalsh(covariance)
        assert np.array_equal(covariance, covariance.T) and values[0] >= -SEMIDEFINITE * values[-1]


def test_shapes_no_times_and_a_start_at_zero():
    """At t0 = 0 nothing was learnt: the prior, with the hidden layers of another time."""
    case, net = CASES["several_outputs"], Network(depth=1, activation="erf", temperature=0.1, sigma02=0.7)
    sol, alone = solve(net, *case, horizon=5.0, rtol=1e-3), solve(net, case.X, case.y[:, 0], horizon=5.0, rtol=1e-3)
    found = drift(sol, 0.0, [0.0, 7.0], covariance=True)
    assert found.test.shape == (2, 2, 3) and not found.train.any()
    expected = 0.7 * kernel(net, 7.0, 7.0, case.X, kind="two_time")
    assert np.abs(found.train_cov[1] - expected).max() <= SEMIDEFINITE * 100
    assert drift(sol, 2.0, [], covariance=True).train_cov.shape == (0, 4, 4)
    assert drift(alone, 2.0, [3.0], covariance=True).test_cov.shape == (1, 0, 0)
    assert drift(alone, 2.0, [3.0]).train_cov is None


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_many_inputs_by_separated_kernels(activation):
    """Enough inputs for kernels to be compressed, and the covariance of some of them alone."""
    case = unit(inputs=24, features=8, tests=3)
    net = Network(depth=1, activation=activation, temperature=0.1, sigma2=1.3, sigma02=0.5)
    sol = solve(net, *case, horizon=20 / net.kappa, rtol=1e-4)
    lags = np.array([0.7]) / net.kappa
    expected = equilibria.drift(net, *case, lags, covariance=True)
    some = drift(sol, sol.horizon, sol.horizon + lags, covariance="test")
    assert some.train_cov is None
    scale = np.abs(expected.train_cov).max()
    assert np.abs(some.test_cov - expected.test_cov).max() <= sol.stats["rtol"] * scale
    other = drift(sol, sol.horizon, sol.horizon + lags, covariance="train")
    assert other.test_cov is None and np.abs(other.train_cov - expected.train_cov).max() <= sol.stats["rtol"] * scale


def test_progress_is_reported():
    seen = []
    sol = solve(Network(depth=1, activation="erf", temperature=0.1), *unit(), horizon=5.0, rtol=1e-3)
    drift(sol, 2.0, [3.0, 4.0], covariance=True, progress=lambda done, message: seen.append((done, message)))
    assert seen and "time 2 of 2" in seen[-1][1] and 0 < seen[-1][0] <= 1


def test_a_wrong_cross_covariance_is_caught(monkeypatch):
    exact = frozen.Drifted._single
    monkeypatch.setattr(frozen.Drifted, "_single", lambda self, *a: 1.01 * exact(self, *a))
    with pytest.raises(AssertionError):
        test_from_equilibrium_a_drifted_output_is_one_more_variable_of_the_posterior("erf", "hidden")
    with pytest.raises(AssertionError):
        test_second_route_in_the_middle_of_the_dynamics("erf", 1, "hidden")


def test_a_forgotten_term_of_what_was_learnt_is_caught(monkeypatch):
    """Without the hidden layers' part of B."""
    monkeypatch.setattr(frozen.Drifted, "_hidden", property(lambda self: Zero()))
    with pytest.raises(AssertionError):
        test_second_route_in_the_middle_of_the_dynamics("relu", 2, "hidden")


class Zero:
    """A kernel that is nothing."""

    def values(self, t, s):
        """Broadcasts."""
        return np.zeros((t.size, 1, 1))
