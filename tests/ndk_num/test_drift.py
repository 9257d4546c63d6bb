"""Readout and hidden weights at different times, and representational drift, against identities and other routes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

import ndk_num.kernels
from ndk_num import InputError, Network, activations, drift, equilibria, kernel, readout_hidden, solve
from ndk_num.kernels import recursion
from ndk_num.layer_maps import layer_map
from ndk_num.pairs import gram
from ndk_num.statistics import Statistics
from tests.ndk_num.cases import CASES, spread, unit
from tests.tolerances import DRIFT_BY_QUADRATURE, EQUILIBRIUM, QUADRATURE

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


@pytest.mark.parametrize("name", NETWORKS)
def test_what_drifts_without_the_hidden_layers_decays(solved, name):
    """m(t,s) = e^{−κ(t−t0)} m(t0,s): a drifting readout forgets at the rate κ, whatever it learnt and from whom."""
    sol, times = solved[name], np.array([5.0, 8.0, 70.0])
    found = drift(sol, 5.0, times, drifting="readout")
    start, kept = sol.at([5.0]), np.exp(-sol.network.kappa * (times - 5.0))
    assert np.abs(found.train - kept[:, None] * start.train).max() <= 2 * RTOL
    assert np.abs(found.test - kept[:, None] * start.test).max() <= 2 * RTOL


@pytest.mark.parametrize("name", ["relu", "erf"])
def test_all_weights_drifting_against_the_equation_with_a_signal_that_ends(solved, name):
    """∫_0^{t0} K^d(t,s) v(s) ds with the whole kernel by SciPy's quadrature; and (SI 81) times the readout's decay."""
    sol, start, t = solved[name], 6.0, 70.0
    found = drift(sol, start, [t], drifting="all").test[0, 0]
    frozen = drift(sol, start, [t]).test[0, 0]
    assert abs(found - np.exp(-sol.network.kappa * (t - start)) * frozen) <= 2 * RTOL
    assert abs(found - by_quadrature(sol, t, t, start)) <= DRIFT_BY_QUADRATURE


@pytest.mark.parametrize("activation", ["relu", "erf", "linear", "gelu"])
def test_drift_from_equilibrium(activation):
    """t0 → ∞: f̄ = σ² k^L(t,t0)ᵀ (K_GP + T)⁻¹ Y (21); then K_mean: the norms for ReLU, nothing for odd ones (22)(23)."""
    case, net = unit(), Network(depth=2, activation=activation, temperature=0.1, sigma2=1.3, sigma02=0.5)
    horizon = 20 / net.kappa
    sol = solve(net, *case, horizon=horizon, rtol=RTOL)
    lags = np.array([0.0, 0.3, 2.0, 400.0]) / net.kappa
    found = drift(sol, horizon, horizon + lags)
    assert np.abs(found.test - equilibria.drift(net, *case, lags).test).max() <= 2 * RTOL
    assert np.abs(found.train - equilibria.drift(net, *case, lags).train).max() <= 2 * RTOL
    # by the kernels of the two times, which know nothing of equilibrium
    gain = np.linalg.solve(
        net.sigma2 * kernel(net, horizon, horizon, case.X, kind="two_time") + net.temperature * np.eye(4), case.y
    )
    for i, lag in enumerate(lags):
        cross = kernel(net, horizon + lag, horizon, case.X_test, case.X, kind="two_time")
        assert np.abs(found.test[i] - net.sigma2 * cross @ gain).max() <= 2 * RTOL
    if activation in ("erf", "linear"):
        assert np.abs(found.test[-1]).max() <= 2 * RTOL
    # without drift, the posterior
    assert np.abs(found.test[0] - equilibria.nngp(net, *case).test).max() <= 2 * RTOL


@pytest.mark.parametrize("activation", activations())
def test_complete_decorrelation_is_the_product_of_means(activation):
    """K_mean from μ of the last layer, against the layer map at a covariance of 0 and at a lag of 60/κ (22)."""
    case = spread()._replace(X=0.5 * spread().X, X_test=0.5 * spread().X_test)  # two layers of exp grow
    net = Network(depth=2, activation=activation, temperature=0.1, sigma2=0.8)
    found = equilibria.drift(net, *case, [60 / net.kappa, np.inf], covariance=True)
    scale = np.abs(found.test_cov[1]).max() * np.abs(np.linalg.inv(final_kernel(net, case))).max()
    assert np.abs(found.test[0] - found.test[1]).max() <= QUADRATURE * scale
    assert np.abs(found.train_cov[0] - found.train_cov[1]).max() <= QUADRATURE * scale * np.abs(found.train_cov).max()
    norms = np.einsum("ij,ij->i", case.X, case.X) / case.X.shape[1]
    layer = layer_map(activation)
    variances = net.sigma2 * layer.norm(net.sigma2 * norms)
    independent = layer.dual(variances[:, None], np.zeros((4, 4)), variances[None])[0]
    gain = np.linalg.solve(final_kernel(net, case), case.y)
    assert np.abs(found.train[1] - net.sigma2 * independent @ gain).max() <= QUADRATURE * scale


def final_kernel(net, case):
    """K_GP + T."""
    late = 1e3 / net.kappa
    return net.sigma2 * kernel(net, late, late, case.X, kind="two_time") + net.temperature * np.eye(len(case.X))


@pytest.mark.parametrize("drifting", ["readout", "all"])
def test_a_drifting_readout_at_equilibrium(drifting):
    case, net = spread(), NETWORKS["relu"]
    lags = np.array([0.0, 0.5, np.inf]) / net.kappa
    found, hidden = (equilibria.drift(net, *case, lags, drifting=which) for which in (drifting, "hidden"))
    kept = np.array([1.0, np.exp(-0.5), 0.0])[:, None]
    expected = hidden.test[[0, 0, 0]] if drifting == "readout" else hidden.test
    assert np.abs(found.test - kept * expected).max() <= EQUILIBRIUM * np.linalg.cond(final_kernel(net, case))


def test_lags_of_the_equilibrium():
    case, net = CASES["several_outputs"], NETWORKS["relu"]
    found = equilibria.drift(net, *case, [0.0, np.inf], covariance=True)
    assert found.train.shape == (2, 4, 3) and found.test.shape == (2, 2, 3)
    assert found.train_cov.shape == (2, 4, 4) and found.test_cov.shape == (2, 2, 2)
    assert equilibria.drift(net, *case, []).test.shape == (0, 2, 3)
    assert np.array_equal(equilibria.drift(net, *case, np.inf).test[0], found.test[1])
    still = equilibria.drift(NETWORKS["gradient flow"], *case, [0.0, 1e9, np.inf]).test
    assert np.array_equal(still[0], still[1]) and not np.allclose(still[1], still[2])
    for lags, says in (([-1.0], "lags holds -1"), ([np.nan], "finite"), ("soon", "real numbers"), ([[1.0]], "shape")):
        with pytest.raises(InputError, match=says):
            equilibria.drift(net, *case, lags)
    with pytest.raises(InputError, match="hidden, readout, all"):
        equilibria.drift(net, *case, [1.0], drifting="both")


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
        (lambda sol: drift(sol, 5.0, [6.0], drifting="everything"), "hidden, readout, all"),
        (lambda sol: drift(sol, 5.0, [6.0], drifting=["all"]), "hidden, readout, all"),
        (lambda sol: drift(sol, 5.0, [6.0], covariance="none"), "True, False, 'train' or 'test'"),
    ],
)
def test_mistakes(solved, call, says):
    with pytest.raises(InputError, match=says):
        call(solved["relu"])
