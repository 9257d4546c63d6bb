"""Both equilibria: limits known in closed form, singular kernels, covariances, bad input."""

import numpy as np
import pytest

from ndk_num import InputError, Network, equilibria, kernel
from ndk_num.equilibria import predictors
from tests.ndk_num.cases import CASES, unit
from tests.tolerances import EQUILIBRIUM


def net(activation="relu", temperature=1e-2, depth=2):
    return Network(depth=depth, activation=activation, temperature=temperature, sigma2=1.3, sigma02=0.6)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_formulas(activation, name):
    """k_NTKᵀ K_NTK⁻¹ Y and k_GPᵀ (K_GP + T)⁻¹ Y, K_GP from the kernel long after the transient."""
    case, network = CASES[name], net(activation)
    K, k = kernel(network, 0, 0, case.X), kernel(network, 0, 0, case.X_test, case.X)
    ntk = equilibria.ntk(network, *case)
    assert np.abs(ntk.test - k @ np.linalg.solve(K, case.y)).max() <= EQUILIBRIUM * np.linalg.cond(K)
    assert np.abs(ntk.train - case.y).max() <= EQUILIBRIUM * np.linalg.cond(K)
    late = 60 / network.kappa
    K, k = (
        1.3 * kernel(network, late, late, *inputs, kind="two_time") for inputs in ((case.X,), (case.X_test, case.X))
    )
    nngp = equilibria.nngp(network, *case)
    ridge = K + network.temperature * np.eye(len(K))
    assert np.abs(nngp.test - k @ np.linalg.solve(ridge, case.y)).max() <= EQUILIBRIUM * np.linalg.cond(ridge)
    assert nngp.train.shape == case.y.shape
    assert nngp.train_cov is nngp.test_cov is None


def test_linear_networks_have_one_equilibrium_up_to_the_ridge():
    """NTK and NNGP kernels of linear networks are proportional (SI C.1): as T → 0 both interpolate alike."""
    case = unit()
    network = net("linear", temperature=0.0)
    assert equilibria.ntk(network, *case).test == pytest.approx(equilibria.nngp(network, *case).test, rel=1e-10)


@pytest.mark.parametrize("activation", ["linear", "relu", "erf"])
def test_posterior_covariance_is_between_zero_and_the_prior(activation):
    case, network = unit(), net(activation)
    found = equilibria.nngp(network, *case, covariance=True)
    prior = 1.3 * kernel(network, 1e5, 1e5, case.X_test, kind="two_time")
    assert np.linalg.eigvalsh(found.test_cov)[0] >= -EQUILIBRIUM
    assert np.linalg.eigvalsh(prior - found.test_cov)[0] >= -EQUILIBRIUM


def test_ensemble_of_interpolating_networks():
    """On the training set gradient flow removes all variance; on a copy of a training input too."""
    case, network = unit(), net()
    found = equilibria.ntk(network, case.X, case.y, case.X[:1], covariance=True)
    assert np.abs(found.train_cov).max() <= EQUILIBRIUM * 100
    assert np.abs(found.test_cov).max() <= EQUILIBRIUM * 100
    assert found.test[0] == pytest.approx(case.y[0], abs=1e-10)


def test_duplicates_average_their_labels():
    case = unit()
    X, y = case.X.copy(), np.array([1.0, 0.0, 1.0, -1.0])
    X[1] = X[0]
    assert equilibria.ntk(net(), X, y, X[:1]).train[:2] == pytest.approx([0.5, 0.5], abs=1e-10)
    assert equilibria.nngp(net(temperature=1e-9), X, y, X[:1]).test == pytest.approx([0.5], abs=1e-6)
    assert equilibria.nngp(net(temperature=0.0), X, y, X[:1]).test == pytest.approx([0.5], abs=1e-6)


def test_rank_deficient_linear_network_fits_by_least_squares():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(7, 3)), rng.normal(size=7)
    fitted = X @ np.linalg.lstsq(X, y)[0]
    assert equilibria.ntk(net("linear"), X, y, X).train == pytest.approx(fitted, abs=1e-10)
    assert equilibria.nngp(net("linear", temperature=0.0), X, y, X).test == pytest.approx(fitted, abs=1e-10)


def test_all_zero_inputs():
    found = equilibria.ntk(net(), np.zeros((2, 3)), [1.0, 2.0], np.ones((1, 3)))
    assert np.all(found.train == 0.0)
    assert np.all(found.test == 0.0)


@pytest.mark.parametrize("which", [equilibria.ntk, equilibria.nngp])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": np.ones(3)}, "y has shape"),
        ({"X": np.ones(3)}, "X has shape"),
        ({"X_test": np.ones((2, 9))}, "X_test has 9 features"),
        ({"X_test": np.full((2, 6), np.nan)}, "X_test holds nan"),
        ({"net": None}, "give an ndk_num.Network"),
    ],
)
def test_bad_input(which, change, words):
    case = unit()
    with pytest.raises(InputError, match=words):
        which(**({"net": net(), "X": case.X, "y": case.y, "X_test": case.X_test} | change))


CALLS = {
    "ntk": equilibria.ntk,
    "nngp": equilibria.nngp,
    "drift": lambda *given, **options: equilibria.drift(*given, [0.0, 3.0, np.inf], **options),
}


@pytest.mark.parametrize("call", CALLS)
def test_covariances_of_some_inputs(call, monkeypatch):
    """Those of all inputs, and no kernel more than they need."""
    case, network = unit(), net()
    both = CALLS[call](network, *case, covariance=True)
    shapes, honest = [], predictors.block
    monkeypatch.setattr(predictors, "block", lambda *a: shapes.append(a[2].xy.shape) or honest(*a))
    for of, other in (("train", "test"), ("test", "train")):
        shapes.clear()
        some = CALLS[call](network, *case, covariance=of)
        assert np.array_equal(getattr(some, f"{of}_cov"), getattr(both, f"{of}_cov"))
        assert getattr(some, f"{other}_cov") is None and np.array_equal(some.test, both.test)
        assert ((len(case.X_test),) * 2 in shapes) == (of == "test")


@pytest.mark.parametrize("call", [*CALLS, "scan"])
@pytest.mark.parametrize("wrong", ["Test", "all", 1, 0, [True], None, np.array([True, False])])
def test_covariance_options_that_are_none(call, wrong):
    """Any of them was taken for yes or no."""
    made = CALLS.get(call, lambda *given, **options: equilibria.scan(*given, depth=[1], **options))
    with pytest.raises(InputError, match="'train' or 'test'"):
        made(net(), *unit(), covariance=wrong)


def test_scans_have_covariances_of_test_inputs():
    case = unit()
    found = equilibria.scan(net(), *case, depth=[2], covariance="test")
    here = equilibria.nngp(net(), *case, covariance="test").test_cov
    assert np.abs(found.nngp_cov[0] - here).max() <= EQUILIBRIUM  # of training inputs in another order
    with pytest.raises(InputError, match="test inputs alone"):
        equilibria.scan(net(), *case, depth=[2], covariance="train")
