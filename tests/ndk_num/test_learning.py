"""A gradient that reaches the readout alone, or the hidden layers alone: the two terms of the NDK, each by itself."""

import numpy as np
import pytest

from ndk_num import InputError, Network, Trajectory, drift, equilibria, kernel, readout_hidden, solve
from ndk_num.equilibria.predictors import Data, partly_learnt
from ndk_num.kernels import TwoTime, learning_kind
from ndk_num.observables import phases
from ndk_num.statistics import Statistics
from tests.ndk_num.cases import CASES, spread, unit
from tests.tolerances import COVARIANCE, EQUILIBRIUM, KERNEL_PROPERTY

RTOL = 1e-6
BOTH = ("readout", "hidden")
RELU = Network(depth=2, activation="relu", temperature=0.1, sigma2=1.3, sigma02=0.5)


@pytest.mark.parametrize("activation", ["relu", "erf", "gelu"])
def test_the_terms_are_those_of_the_ndk(activation):
    """e^{−κ(t−s)} K^L + m K̇^L K^{d,L−1} = K^{d,L} (12)."""
    net, case = Network(depth=3, activation=activation, temperature=0.1, sigma02=0.4), spread()
    readout, hidden, whole, two_time, part = (
        kernel(net, 3.0, 1.0, case.X, kind=kind) for kind in ("ndk_readout", "ndk_hidden", "ndk", "two_time", "hidden")
    )
    weights = Statistics.at(net, 3.0, 1.0).output.weights
    scale = KERNEL_PROPERTY * np.abs(whole).max()
    assert np.abs(readout + hidden - whole).max() <= scale
    assert np.abs(readout - np.exp(-net.kappa * 2.0) * two_time).max() <= scale
    assert np.abs(hidden - weights.ts * part).max() <= scale


@pytest.mark.parametrize("learning", BOTH)
@pytest.mark.parametrize("activation", ["relu", "erf", "gelu"])
def test_long_times_reach_the_equilibrium(activation, learning):
    """K_r = σ² ∫_0^1 K^L(ρσ²) dρ for the readout, K_GP − K_r for the hidden layers, in the place of K_GP."""
    case = spread()
    net = Network(depth=2, activation=activation, temperature=0.1, sigma2=1.3, sigma02=0.5)
    sol = solve(net, *case, horizon=25 / net.kappa, rtol=RTOL, learning=learning)
    end, expected = sol.at([sol.horizon]), equilibria.nngp(net, *case, learning=learning)
    assert np.abs(end.test[0] - expected.test).max() <= RTOL
    assert np.abs(end.train[0] - expected.train).max() <= RTOL


@pytest.mark.parametrize(
    ("activation", "case"), [("relu", unit()), ("erf", spread()), ("relu", CASES["near_duplicate"])]
)
def test_the_parts_make_the_nngp_kernel(activation, case):
    """K_r + K_h = K_GP (19), for inputs next to each other as well, where ReLU's kernel has a root at ρ = 1."""
    net = Network(depth=3, activation=activation, temperature=0.1, sigma2=1.3)
    data = Data.of(net, *case)
    parts = [partly_learnt(data, learning_kind(learning))[0] for learning in (*BOTH, "all")]
    whole = net.sigma2 * kernel(net, 1e4, 1e4, case.X, kind="two_time")
    assert np.abs(parts[0] + parts[1] - whole).max() <= EQUILIBRIUM * np.abs(whole).max()
    assert np.abs(parts[2] - whole).max() <= EQUILIBRIUM * np.abs(whole).max()


@pytest.mark.parametrize("depth", [1, 3])
def test_linear_networks_learn_one_part_in_depth_plus_one_by_the_readout(depth):
    """K^L = m^L K⁰: the average over ρ^L is K_r = K_GP/(L + 1). At T = 0 only its direction counts, and all agree."""
    case, net = unit(), Network(depth=depth, activation="linear", temperature=0.1, sigma2=1.3)
    whole = net.sigma2 ** (depth + 1) * np.concatenate([case.X, case.X_test]) @ case.X.T / case.X.shape[1]
    for learning, share in (("readout", 1 / (depth + 1)), ("hidden", depth / (depth + 1))):
        gain = np.linalg.solve(share * whole[:4] + net.temperature * np.eye(4), case.y)
        found = equilibria.nngp(net, *case, learning=learning)
        assert np.abs(found.test - share * whole[4:] @ gain).max() <= EQUILIBRIUM * np.linalg.cond(whole[:4])


@pytest.mark.parametrize("learning", BOTH)
@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_against_the_trapezoid(activation, learning):
    case = spread()
    net = Network(depth=2, activation=activation, temperature=0.05, sigma2=1.0, sigma02=0.4)
    fine, plain = (
        solve(net, *case, horizon=30.0, rtol=rtol, learning=learning, method=method)
        for rtol, method in ((RTOL, None), (1e-3, "trapezoid"))
    )
    times = np.geomspace(0.01, 30.0, 20)
    assert np.abs(fine.at(times).test - plain.at(times).test).max() <= 1e-3
    whole = solve(net, *case, horizon=30.0, rtol=1e-3)
    assert np.abs(fine.at(times).test - whole.at(times).test).max() > 0.05  # it makes a difference


@pytest.mark.parametrize("learning", BOTH)
def test_gradient_flow_of_one_part(learning):
    """T = 0: the end is regression with that part of the NTK; K^L(0,0) for the readout, as with random features."""
    case, net = unit(), Network(depth=2, activation="relu", temperature=0.0, sigma02=0.7)
    sol = solve(net, *case, rtol=RTOL, learning=learning)
    part = kernel(net, 0, 0, np.concatenate([case.X, case.X_test]), case.X, kind=f"ndk_{learning}")
    expected = part[4:] @ np.linalg.solve(part[:4], case.y)
    assert np.abs(sol.at([sol.horizon]).test[0] - expected).max() <= RTOL
    end = equilibria.ntk(net, *case, learning=learning, covariance=True)
    assert np.abs(end.test - expected).max() <= EQUILIBRIUM * np.linalg.cond(part[:4])
    late = solve(net, *case, rtol=RTOL, learning=learning, covariance=True)
    assert np.abs(late.at([late.horizon]).test_cov[0] - end.test_cov).max() <= COVARIANCE
    assert phases(sol).fastest == pytest.approx(1 / np.linalg.eigvalsh(part[:4])[-1])


@pytest.mark.parametrize("learning", BOTH)
def test_weights_of_different_times_when_one_part_learns(learning):
    """At equal times the predictor; what drifts with the readout alone learning is its own term."""
    sol = solve(RELU, *spread(), horizon=40.0, rtol=RTOL, learning=learning)
    found, expected = readout_hidden(sol, [20.0], [20.0]), sol.at([20.0])
    assert np.abs(found.test[0, 0] - expected.test[0]).max() <= 2 * RTOL
    assert np.abs(drift(sol, 20.0, [20.0]).train[0] - expected.train[0]).max() <= 2 * RTOL


def test_a_file_remembers_what_learnt(tmp_path):
    sol = solve(RELU, *unit(), horizon=5.0, rtol=1e-3, learning="readout")
    sol.save(tmp_path / "run.nc")
    back = Trajectory.load(tmp_path / "run.nc")
    assert back.learning == "readout" and np.array_equal(back.test, sol.test)
    assert np.array_equal(drift(back, 5.0, [9.0]).test, drift(sol, 5.0, [9.0]).test)


def test_a_term_that_is_wrong_is_caught(monkeypatch):
    """The readout's term off by 0.1 % is seen against the equilibrium of linear networks, and in the sum."""
    wrong = property(lambda self: 1.001 * self.output.response(self.two_time))
    monkeypatch.setattr(TwoTime, "ndk_readout", wrong)
    with pytest.raises(AssertionError):
        test_linear_networks_learn_one_part_in_depth_plus_one_by_the_readout(1)
    with pytest.raises(AssertionError):
        test_the_parts_make_the_nngp_kernel("relu", unit())
    with pytest.raises(AssertionError):
        test_the_terms_are_those_of_the_ndk("relu")


@pytest.mark.parametrize(
    "call",
    [
        lambda case: solve(RELU, *case, learning="none"),
        lambda case: solve(RELU, *case, learning=["readout"]),
        lambda case: equilibria.ntk(RELU, *case, learning="head"),
        lambda case: equilibria.nngp(RELU, *case, learning=None),
        lambda case: equilibria.nngp(RELU, *case, learning="readout", covariance=True),
    ],
)
def test_mistakes(call):
    with pytest.raises(InputError, match="learning is") as found:
        call(unit())
    assert "\n" not in str(found.value)
