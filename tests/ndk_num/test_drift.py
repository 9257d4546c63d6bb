"""Readout and hidden weights at different times, and representational drift, against identities and other routes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

import ndk_num.kernels
from ndk_num import InputError, Network, drift, dual, equilibria, kernel, readout_hidden, solve
from ndk_num.kernels import recursion
from ndk_num.layer_maps import layer_map
from ndk_num.pairs import gram
from ndk_num.statistics import Statistics
from tests.ndk_num.cases import CASES, spread, unit
from tests.tolerances import DRIFT_BY_QUADRATURE

RTOL = 1e-6
NETWORKS = {
    "relu": Network(depth=2, activation="relu", temperature=0.05, sigma2=1.0, sigma02=0.4),
    "erf": Network(depth=2, activation="erf", temperature=0.05, sigma2=1.0, sigma02=0.4),
    "one layer": Network(depth=1, activation="relu", temperature=0.05, sigma2=1.2, sigma02=2.0),
    "gradient flow": Network(depth=2, activation="relu", temperature=0.0, sigma02=0.7),
}


@pytest.fixture(scope="module")
def solved():
    return {name: solve(net, *spread(), horizon=60.0, rtol=RTOL) for name, net in NETWORKS.items()}


@pytest.mark.parametrize("name", NETWORKS)
def test_equal_times_give_the_predictor(solved, name):
    sol, times = solved[name], np.array([0.0, 1e-3, 0.7, 13.0, 60.0])
    found, expected = readout_hidden(sol, times, times), sol.at(times)
    index = np.arange(times.size)
    assert np.abs(found.train[index, index] - expected.train).max() <= 2 * RTOL
    assert np.abs(found.test[index, index] - expected.test).max() <= 2 * RTOL


@pytest.mark.parametrize("name", NETWORKS)
def test_drift_starts_from_the_predictor_and_is_the_readout_of_the_past(solved, name):
    """Within the horizon the signal after t0 never reached the frozen readout: its term is the same; at t0, all is."""
    sol = solved[name]
    start = drift(sol, 5.0, [5.0])
    assert np.abs(start.test[0] - sol.at([5.0]).test[0]).max() <= 2 * RTOL
    assert np.abs(start.train[0] - sol.at([5.0]).train[0]).max() <= 2 * RTOL


def by_quadrature(sol, t, u, until):
    """The formula as it stands (SI 57), one test input, SciPy's adaptive quadrature on kernels without compression."""
    net, pairs = sol.network, gram(sol.X_test[:1], sol.X)

    def term(s, which):
        entries = recursion(net, Statistics.at(net, u, s), pairs)
        v = sol.residual_at([s])[0]
        if which == "readout":
            return float(np.exp(-net.kappa * (t - s)) * entries.two_time[0] @ v)
        return float(Statistics.at(net, t, s).output.weights.ts * entries.hidden[0] @ v)

    total = 0.0
    for which, end in (("readout", min(t, until)), ("hidden", min(u, until))):
        cuts = np.unique(np.clip([*sol.residual_path.edges, u, t], 0.0, end))
        for low, high in pairwise(cuts):
            total += quad(term, low, high, args=(which,), epsabs=1e-11, epsrel=1e-9, limit=60)[0]
    return total


@pytest.mark.parametrize("name", ["relu", "erf"])
@pytest.mark.parametrize(("t", "u"), [(7.0, 2.0), (2.0, 7.0)])
def test_both_orders_of_times_by_another_quadrature(solved, name, t, u):
    sol = solved[name]
    found = readout_hidden(sol, [t], [u]).test[0, 0, 0]
    assert abs(found - by_quadrature(sol, t, u, np.inf)) <= DRIFT_BY_QUADRATURE


@pytest.mark.parametrize("name", ["relu", "one layer"])
def test_drift_past_the_horizon_by_another_quadrature(solved, name):
    sol = solved[name]
    found = drift(sol, 6.0, [90.0]).test[0, 0]
    assert abs(found - by_quadrature(sol, 6.0, 90.0, 6.0)) <= DRIFT_BY_QUADRATURE


def test_a_wrong_term_is_caught(solved, monkeypatch):
    """The hidden part off by 0.1 % is seen at equal times."""
    honest = ndk_num.kernels.recursion

    def wrong(*arguments):
        found = honest(*arguments)
        return replace(found, hidden=1.001 * found.hidden)

    monkeypatch.setattr(ndk_num.kernels, "recursion", wrong)
    sol = solved["relu"]
    assert np.abs(readout_hidden(sol, [13.0], [13.0]).test[0, 0] - sol.at([13.0]).test[0]).max() > 20 * RTOL


@pytest.mark.parametrize("activation", ["relu", "erf", "linear", "gelu"])
def test_drift_from_equilibrium(activation):
    """t0 → ∞: f̄ = σ² k^L(t,t0)ᵀ (K_GP + T)⁻¹ Y (21); then K_mean: the norms for ReLU, nothing for odd ones (22)(23)."""
    case, net = unit(), Network(depth=2, activation=activation, temperature=0.1, sigma2=1.3, sigma02=0.5)
    horizon = 20 / net.kappa
    sol = solve(net, *case, horizon=horizon, rtol=RTOL)
    gain = np.linalg.solve(
        net.sigma2 * kernel(net, horizon, horizon, case.X, kind="two_time") + net.temperature * np.eye(4), case.y
    )
    lags = np.array([0.0, 0.3, 2.0, 40.0]) / net.kappa
    found = drift(sol, horizon, horizon + lags)
    for i, lag in enumerate(lags):
        cross = kernel(net, horizon + lag, horizon, case.X_test, case.X, kind="two_time")
        assert np.abs(found.test[i] - net.sigma2 * cross @ gain).max() <= 2 * RTOL
    layer = layer_map(activation)
    variances = [net.sigma2 * np.einsum("ij,ij->i", x, x) / x.shape[1] for x in (case.X_test, case.X)]
    means = [layer.mean(net.sigma2 * dual(activation)(a, a, a)[0]) for a in variances]
    decorrelated = net.sigma2 * np.outer(*means) @ gain
    assert np.abs(found.test[-1] - decorrelated).max() <= 2 * RTOL
    if activation in ("erf", "linear"):
        assert np.abs(found.test[-1]).max() <= 2 * RTOL
    # without drift, the posterior
    assert np.abs(found.test[0] - equilibria.nngp(net, *case).test).max() <= 2 * RTOL


def test_shapes_of_several_outputs_and_no_test_inputs():
    case, net = CASES["several_outputs"], NETWORKS["relu"]
    sol = solve(net, *case, horizon=5.0, rtol=1e-3)
    assert readout_hidden(sol, [1.0, 2.0], [0.0, 1.0, 5.0]).train.shape == (2, 3, 4, 3)
    assert readout_hidden(sol, [1.0, 2.0], [0.0, 1.0, 5.0]).test.shape == (2, 3, 2, 3)
    assert drift(sol, 1.0, [1.0, 9.0]).test.shape == (2, 2, 3)
    alone = solve(net, case.X, case.y[:, 0], horizon=5.0, rtol=1e-3)
    assert drift(alone, 1.0, [1.0, 9.0]).test.shape == (2, 0)
    assert readout_hidden(alone, [], [1.0]).train.shape == (0, 1, 4)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda sol: readout_hidden(sol, [61.0], [1.0]), "t_readout holds 61"),
        (lambda sol: readout_hidden(sol, [1.0], [-1.0]), "t_hidden holds -1"),
        (lambda sol: drift(sol, 61.0, [70.0]), "t_freeze holds 61"),
        (lambda sol: drift(sol, 5.0, [4.0]), "before t_freeze"),
        (lambda sol: drift(sol, 5.0, [np.nan]), "finite"),
        (lambda sol: drift("run.nc", 5.0, [6.0]), "ndk_num.solve returns"),
    ],
)
def test_mistakes(solved, call, says):
    with pytest.raises(InputError, match=says):
        call(solved["relu"])
