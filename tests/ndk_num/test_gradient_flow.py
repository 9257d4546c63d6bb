"""Gradient flow by its closed form where it is hard: conflicting duplicates, missing rank, spectra of any width."""

import mpmath as mp
import numpy as np
import pytest

from ndk_num import AccuracyWarning, InputError, Network, kernel, solve
from tests.ndk_num.cases import CASES, unit
from tests.tolerances import GRADED_FLOW


def network(activation="relu", temperature=0.0) -> Network:
    return Network(depth=2, activation=activation, temperature=temperature, sigma02=1.4)


def test_it_is_the_default_at_temperature_zero_alone():
    case = unit()
    assert solve(network(), *case).stats["method"] == "gradient_flow"
    assert solve(network(temperature=0.1), *case, horizon=1.0).stats["method"] == "collocation"
    with pytest.raises(InputError, match=r"temperature 0, and it is 0.1; give method=\"collocation\""):
        solve(network(temperature=0.1), *case, method="gradient_flow")


@pytest.mark.parametrize("name", CASES)
def test_collocation_agrees(name):
    case, rtol = CASES[name], 1e-6
    closed, marched = (solve(network("erf"), *case, horizon=50.0, rtol=rtol, method=m) for m in (None, "collocation"))
    times = np.append(0.0, np.geomspace(1e-3, 50.0, 200))
    p, q = closed.at(times), marched.at(times)
    scale = np.abs(case.y).max()
    assert max(np.abs(p.train - q.train).max(), np.abs(p.test - q.test).max()) <= 2 * rtol * scale


def test_conflicting_duplicates_end_at_their_mean():
    case = unit(inputs=3, tests=2)
    sol = solve(network(), case.X[[0, 0, 1]], [1.0, -0.2, 1.0], case.X_test, horizon=1e14, rtol=1e-9)
    single = solve(network(), case.X[:2], [0.4, 1.0], case.X_test, horizon=1e14, rtol=1e-9)
    assert np.abs(sol.at([1e14]).train[0] - [0.4, 0.4, 1.0]).max() <= 1e-9
    assert np.abs(sol.at([1e14]).test - single.at([1e14]).test).max() <= 2e-9
    assert sol.stats["rank"] == 2


def test_a_linear_network_with_more_inputs_than_features_fits_by_least_squares():
    rng = np.random.default_rng(0)
    X, y, X_test = rng.normal(size=(12, 4)), rng.normal(size=12), rng.normal(size=(3, 4))
    sol = solve(network("linear"), X, y, X_test, horizon=1e12, rtol=1e-9)
    fit = np.linalg.lstsq(X, y, rcond=None)[0]
    end = sol.at([1e12])
    assert max(np.abs(end.train[0] - X @ fit).max(), np.abs(end.test[0] - X_test @ fit).max()) <= 1e-9
    assert sol.stats["rank"] == 4


def test_inputs_that_are_zero_are_never_learnt():
    sol = solve(network(), [[0.0, 0.0], [1.0, 2.0]], [1.0, 1.0], [[0.0, 0.0]], horizon=1e6)
    end = sol.at([1e6])
    assert end.train[0] == pytest.approx([0.0, 1.0], abs=1e-6)
    assert end.test == pytest.approx(0.0, abs=1e-6)
    assert solve(network(), [[0.0]], [1.0], [[1.0]]).at([0.5]).test == pytest.approx(0.0)


def flow(K, k, y, times):
    """The same at 60 digits."""
    with mp.workdps(60):
        values, vectors = mp.eigsy(mp.matrix(K.tolist()))
        labels, cross = vectors.T * mp.matrix(y.tolist()), mp.matrix(k.tolist()) * vectors

        def at(t, rows, divided):
            terms = [-mp.expm1(-v * t) / (v if divided else 1) * labels[j] for j, v in enumerate(values)]
            return [float(mp.fdot(rows[i, :], terms)) for i in range(rows.rows)]

        pairs = [(at(mp.mpf(t), vectors, False), at(mp.mpf(t), cross, True)) for t in times]
    return tuple(np.array(part) for part in zip(*pairs, strict=True))


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_eigenvalues_that_span_more_than_rounding(activation):
    """Norms from 1e-7 to 1e2: λ from 1e-14 to 1e4. An eigenvalue solver has no digit of the smallest four."""
    case = unit(inputs=6, tests=2)
    X = case.X * np.geomspace(1e-7, 1e2, 6)[:, None]
    net = Network(depth=1, activation=activation, temperature=0.0)
    times = np.geomspace(1e-4, 1e16, 9)
    with pytest.warns(AccuracyWarning, match="was asked for"):  # f̄_* reaches 5e6: sixteen digits of it are 1e-9
        sol = solve(net, X, case.y, case.X_test, horizon=1e16, rtol=1e-8)
    train, test = flow(kernel(net, 0, 0, X), kernel(net, 0, 0, case.X_test, X), case.y, times)
    found = sol.at(times)
    assert np.abs(found.train - train).max() <= 1e-8
    assert np.abs(found.test - test).max() <= GRADED_FLOW * np.abs(test).max()
    assert np.abs(found.test - test).max() <= sol.stats["error_estimate"]


@pytest.mark.parametrize("rtol", [1e-3, 1e-6, 1e-12])
def test_panels_are_few(rtol):
    sol = solve(network("erf"), *unit(), rtol=rtol)
    assert sol.stats["panels"] <= 10
    assert sol.stats["error_estimate"] <= rtol
