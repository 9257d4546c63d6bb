"""The limit T → 0 at fixed τ = T t against finite temperatures, a closed form and both equilibria."""

from dataclasses import replace

import numpy as np
import pytest

from ndk_num import InputError, Network, diffusive_limit, equilibria, solve
from ndk_num.volterra import first_kind
from tests.ndk_num.cases import CASES, unit
from tests.tolerances import DIFFUSIVE_REFERENCE, DIFFUSIVE_SLOPE, DIFFUSIVE_WEIGHTS, ORACLE

TAUS = np.geomspace(1e-2, 3.0, 40)


def network(activation: str = "relu", **changes) -> Network:
    return replace(Network(depth=2, activation=activation, temperature=0.0, sigma2=1.3, sigma02=0.6), **changes)


def gap(net, case, temperature, limit, rtol=1e-8) -> float:
    """Distance of the solution at this temperature at t = τ/T to the limit."""
    finite = solve(replace(net, temperature=temperature), *case, horizon=TAUS[-1] / temperature, rtol=rtol)
    return float(np.abs(finite.at(TAUS / temperature).test - limit.at(TAUS).test).max())


@pytest.mark.parametrize("activation", ["erf", "relu"])
def test_finite_temperatures_approach_it_like_the_temperature(activation):
    case, net = unit(inputs=2, tests=1), network(activation, depth=1)
    limit = diffusive_limit(net, *case, horizon=TAUS[-1], rtol=1e-8)
    gaps = [gap(net, case, temperature, limit) for temperature in (1e-4, 1e-6)]
    assert np.log10(gaps[0] / gaps[1]) / 2 == pytest.approx(1.0, abs=DIFFUSIVE_SLOPE)
    assert gap(net, case, 1e-8, limit) <= 1e-2 * gaps[-1] * (1 + DIFFUSIVE_SLOPE) + 2e-8


@pytest.mark.parametrize("name", ["unit", "several_outputs"])
def test_linear_network_against_its_closed_form(name):
    """K^d = (L+1) m(τ′)^L e^{−(L+1)(τ−τ′)/σ²} K⁰, hence w = (K⁰)⁻¹ Y / (σ² m(τ)^L), and f̄_* does not move."""
    case, net = CASES[name], network("linear", depth=3)
    limit = diffusive_limit(net, *case, rtol=1e-8)
    fitted = np.linalg.solve(case.X @ case.X.T, case.y)
    scale = np.abs(case.y).max()
    assert np.abs(limit.at(TAUS).test - case.X_test @ case.X.T @ fitted).max() <= 1e-8 * scale
    m = net.sigma2 + (net.sigma02 - net.sigma2) * np.exp(-2 * limit.times[1:] / net.sigma2)
    wanted = np.multiply.outer(1 / (net.sigma2 * m**3), case.X.shape[1] * fitted)
    assert np.abs(limit.weights - wanted).max() <= DIFFUSIVE_WEIGHTS * np.abs(wanted).max()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("activation", ["erf", "relu"])
def test_it_begins_and_ends_at_the_equilibria(activation, name):
    case, net = CASES[name], network(activation, depth=1)
    limit = diffusive_limit(net, *case, horizon=60.0, rtol=1e-6)
    ends = limit.at([0.0, 60.0])
    scale = np.abs(case.y).max()
    assert np.abs(ends.test[0] - equilibria.ntk(net, *case).test).max() <= 1e-9 * scale
    assert np.abs(ends.test[1] - equilibria.nngp(net, *case).test).max() <= ORACLE * 1e-6 * scale
    assert (ends.train == case.y).all()
    assert limit.train.shape == (limit.times.size, *case.y.shape)
    assert limit.test.shape == (limit.times.size, *equilibria.ntk(net, *case).test.shape)


@pytest.mark.parametrize("activation", ["erf", "relu"])
def test_rtol_is_honoured(activation):
    case, net = unit(inputs=2, tests=1), network(activation, depth=1)
    reference = diffusive_limit(net, *case, rtol=DIFFUSIVE_REFERENCE)
    taus = np.append(0.0, np.geomspace(1e-14, reference.horizon, 500))
    for rtol in (1e-4, 1e-6, 1e-8):
        found = diffusive_limit(net, *case, rtol=rtol)
        true = np.abs(found.at(taus).test - reference.at(taus).test).max()
        assert true <= found.stats["error_estimate"] <= rtol
        assert found.stats["error_estimate"] <= 1e3 * true


def test_only_the_product_of_temperature_and_time_enters():
    case = unit()
    cold, hot = (diffusive_limit(network(temperature=T), *case, horizon=1.0, rtol=1e-4) for T in (0.0, 7.0))
    assert (cold.test == hot.test).all()
    assert diffusive_limit(network(), *case, rtol=1e-3).horizon == pytest.approx(13.0)


def test_a_kick_that_is_off_would_be_seen(monkeypatch):
    """Planted: K_NTK⁻¹ Y too large by 0.1 %. The NNGP equilibrium forgets it, finite temperatures do not."""
    case, net = unit(), network("erf")
    honest = first_kind._kick
    monkeypatch.setattr(first_kind, "_kick", lambda problem: 1.001 * honest(problem))
    assert gap(net, case, 1e-6, diffusive_limit(net, *case, rtol=1e-5), rtol=1e-5) > 1e-4


@pytest.mark.filterwarnings("ignore::ndk_num.AccuracyWarning")
def test_panels_that_are_not_graded_would_be_seen(monkeypatch):
    """Planted: a first panel that ignores √τ misses the rtol that is asked for, and the estimate says so."""
    case, net = unit(), network("relu")
    monkeypatch.setattr(first_kind, "_first_panel", lambda problem, lost, order, tol: 0.1)
    assert diffusive_limit(net, *case, rtol=1e-8).stats["error_estimate"] > 1e-8


def test_without_test_inputs():
    limit = diffusive_limit(network("erf"), *unit()[:2], rtol=1e-6)
    assert limit.test.shape == (limit.times.size, 0)
    assert 0 < limit.stats["error_estimate"] <= 1e-6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.ones((2, 3)), "y": [1.0, -1.0]}, "K_NTK is singular.*merge duplicate inputs"),
        ({"X": np.ones((2, 3)), "y": [1.0, 1.0]}, "K_NTK is singular"),
        ({"net": network("linear"), "X": [[1.0, 0], [0, 1], [1, 1]]}, "more inputs than features"),
        ({"horizon": -1.0}, "horizon"),
        ({"rtol": 1.0}, "rtol"),
        ({"net": "relu"}, "ndk_num.Network"),
        ({"progress": 3}, "progress"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(change, message):
    given = {"net": network(), "X": np.eye(3), "y": np.ones(3)} | change
    net, X, y = (given.pop(name) for name in ("net", "X", "y"))
    with pytest.raises(InputError, match=message):
        diffusive_limit(net, X, y, **given)


def test_times_outside_are_refused():
    limit = diffusive_limit(network("erf"), *unit(), horizon=1.0, rtol=1e-3)
    with pytest.raises(InputError, match="taus"):
        limit.at([2.0])
