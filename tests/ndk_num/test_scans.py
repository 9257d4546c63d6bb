"""Scans of the equilibria: every point against the equilibrium by itself, and what the paper says of them (SI D.1)."""

from dataclasses import replace

import numpy as np
import pytest

from ndk_num import InputError, Network, equilibria
from ndk_num.datasets import load
from ndk_num.equilibria import scans
from ndk_num.equilibria.scans import balanced
from tests.ndk_num.cases import unit
from tests.tolerances import SAME_EQUILIBRIUM

NET = Network(depth=2, activation="relu", temperature=1e-2, sigma2=1.3, sigma02=0.6)
GRID = {"depth": [3, 1], "size": [2, 4, 3], "ratio": [0.3, 2.0], "temperature": [0.0, 1e-2, 1.0]}


def scanned(outputs=None, **options):
    case = unit()
    y = case.y if outputs is None else np.stack([case.y * (n + 1) + n for n in range(outputs)], axis=1)
    y_test = np.ones((len(case.X_test), *y.shape[1:]))
    return y, equilibria.scan(NET, case.X, y, case.X_test, y_test=y_test, covariance=True, **options)


def agrees(y, found):
    """Compare every point with `ntk` and `nngp` of the subset; return how many were."""
    case, count = unit(), 0
    order = found.order.values
    for name in ("ntk", "nngp"):
        dims = [dim for dim in GRID if dim in found[name].dims]
        for place in np.ndindex(*(found.sizes[dim] for dim in dims)):
            at = found.isel(dict(zip(dims, place, strict=True)))
            rows = order[: int(at["size"])]
            values = {"depth": int(at.depth)}
            values |= {"sigma02": float(at.ratio) * NET.sigma2} if name == "ntk" else {}
            values |= {"temperature": float(at.temperature)} if name == "nngp" else {}
            net = replace(NET, **values)
            one = getattr(equilibria, name)(net, case.X[rows], y[rows], case.X_test, covariance=True)
            close = {"rtol": SAME_EQUILIBRIUM, "atol": SAME_EQUILIBRIUM}
            np.testing.assert_allclose(at[name], one.test, **close)
            np.testing.assert_allclose(at[f"{name}_cov"], one.test_cov, **close)
            np.testing.assert_allclose(at[f"{name}_test_error"], np.mean((one.test - 1) ** 2), **close)
            np.testing.assert_allclose(at[f"{name}_train_error"], np.mean((one.train - y[rows]) ** 2), **close)
            count += 1
    return count


@pytest.mark.parametrize("outputs", [None, 2])
def test_every_point_of_a_grid(outputs):
    assert agrees(*scanned(outputs, **GRID)) == 2 * 2 * 3 + 2 * 3 * 3


@pytest.mark.parametrize("axis", GRID)
def test_one_axis(axis):
    y, found = scanned(**{axis: GRID[axis]})
    assert agrees(y, found) >= len(GRID[axis]) + 1
    assert [dim for dim in GRID if dim in found.dims] == [axis]
    fixed = {"depth": 2, "size": 4, "ratio": 0.6 / 1.3, "temperature": 1e-2}
    assert all(float(found[name]) == value for name, value in fixed.items() if name != axis)


@pytest.mark.parametrize("defect", ["order", "prior", "noise"])
def test_a_planted_defect_is_caught(monkeypatch, defect):
    if defect == "order":
        monkeypatch.setattr(scans, "balanced", lambda y: np.arange(len(y))[::-1])
        y, found = scanned(**GRID)
        found = found.assign_coords(order=("train", np.arange(4)))
    elif defect == "prior":
        monkeypatch.setattr(scans, "ntk_covariance", lambda kernels, gain: kernels.prior[2])
        y, found = scanned(**GRID)
    else:
        honest = scans.Spectrum.gain
        monkeypatch.setattr(scans.Spectrum, "gain", lambda self, k, noise: honest(self, k, 1.01 * noise))
        y, found = scanned(**GRID)
        monkeypatch.undo()
    with pytest.raises(AssertionError):
        agrees(y, found)


def test_dimensions_coordinates_and_units():
    _, found = scanned(2, **GRID)
    assert found.ntk.dims == ("depth", "ratio", "size", "test", "output")
    assert found.nngp.dims == ("depth", "size", "temperature", "test", "output")
    assert found.nngp_cov.dims == ("depth", "size", "temperature", "test", "test2")
    assert found.ntk_test_error.dims == found.ntk_train_error.dims == ("depth", "ratio", "size")
    assert list(found.depth) == [3, 1] and list(found["size"]) == [2, 4, 3]
    assert found.nngp_cov.units == "units of y squared" and found.ntk.units == "units of y"
    assert "NNGP" in found.nngp.long_name and "σ0²/σ²" in found.ratio.long_name
    assert (found.ntk_test_error - found.nngp_test_error).sizes == {"depth": 2, "ratio": 2, "size": 3, "temperature": 3}


def test_subsets_take_the_classes_in_turn():
    assert balanced(np.array([1.0, 1, 1, -1, -1, 0])).tolist() == [0, 3, 5, 1, 4, 2]
    assert balanced(np.array([0.5, -1, 2, 0.1])).tolist() == [0, 1, 2, 3]
    assert balanced(np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])).tolist() == [0, 2, 1, 3]
    data = load("mnist:4,9", per_class=3)
    assert data.y[balanced(data.y)].tolist() == [1.0, -1.0] * 3


def test_input_kernels_are_computed_once(monkeypatch):
    from ndk_num.equilibria import predictors

    calls, kernels = [], []
    honest, honest_block = predictors.gram, predictors.block
    monkeypatch.setattr(predictors, "gram", lambda *arrays: calls.append(1) or honest(*arrays))
    monkeypatch.setattr(predictors, "block", lambda *given: kernels.append(1) or honest_block(*given))
    scanned(**GRID)
    assert len(calls) == 3
    # for each depth: three NNGP kernels, and for each σ0² an NTK pair and three of the prior
    assert len(kernels) == 2 * (3 + 2 * (2 + 3))


def test_progress_is_monotonic_and_complete():
    seen = []
    scanned(**GRID, progress=lambda fraction, message: seen.append(fraction))
    assert len(seen) == 30 and seen == sorted(seen) and seen[-1] == 1.0


# The paper's statements  (SI D.1, C.1, Sec. 4.4)


@pytest.fixture(scope="module")
def digits():
    """A hundred training and eighty test digits."""
    tasks = {}
    for name in ("mnist:0,1", "mnist:4,9"):
        data = load(name, per_class=90)
        train = np.r_[0:50, 90:140]
        test = np.setdiff1d(np.arange(180), train)
        tasks[name] = (data.X[train], data.y[train], data.X[test], data.y[test])
    return tasks


def advantage(task, activation):
    """Test error of the NTK minus that of the NNGP equilibrium, over depth and size; and both errors."""
    X, y, X_test, y_test = task
    net = Network(depth=1, activation=activation, temperature=1e-6)
    found = equilibria.scan(net, X, y, X_test, depth=[1, 2, 3, 4, 5], size=[6, 12, 25, 50, 100], y_test=y_test)
    return found.ntk_test_error - found.nngp_test_error, found


@pytest.mark.parametrize("name", ["mnist:0,1", "mnist:4,9"])
@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_deeper_networks_favour_the_nngp_equilibrium(digits, name, activation):
    """SI D.1: the deeper, the better NNGP is in comparison, at every size; from some depth on it is better."""
    found, _ = advantage(digits[name], activation)
    assert (found.diff("depth") > 0).sum() >= 19  # of 20
    assert (found.sel(depth=5) > 0).sum() >= 4  # of 5


def test_deeper_networks_favour_the_nngp_equilibrium_of_the_synthetic_task():
    data = load("synthetic:4")
    for activation in ("relu", "erf"):
        net = Network(depth=1, activation=activation, temperature=0.0)
        found = equilibria.scan(net, data.X, data.y, data.X_test, depth=[1, 2, 3, 4], y_test=data.y_test)
        difference = found.ntk_test_error - found.nngp_test_error
        assert difference[0] > 0 and (difference.diff("depth") > 0).all()


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_the_training_set_has_a_similar_effect_on_both(digits, activation):
    """SI D.1: both errors fall as the training set grows, and alike."""
    for task in digits.values():
        _, found = advantage(task, activation)
        for errors in (found.ntk_test_error, found.nngp_test_error):
            assert (errors.isel(size=-1) < 0.5 * errors.isel(size=0)).all()
        ntk, nngp = (np.log(found[name].values) for name in ("ntk_test_error", "nngp_test_error"))
        for depth in range(5):
            assert np.corrcoef(ntk[depth], nngp[depth])[0, 1] > 0.97


def test_linear_networks_have_one_equilibrium():
    """SI C.1: the kernels differ in magnitude only, and the mean predictors by O(T)."""
    data = load("synthetic:4")
    net = Network(depth=1, activation="linear", temperature=0.0)
    found = equilibria.scan(net, data.X, data.y, data.X_test, depth=[1, 3], temperature=[1e-3, 1e-4], ratio=[0.5, 2.0])
    gap = abs(found.ntk - found.nngp).isel(test=0, ratio=0)
    assert gap.isel(temperature=0).values == pytest.approx(10 * gap.isel(temperature=1).values, rel=1e-2)
    assert found.ntk.values == pytest.approx(0.5)


def test_ratio_changes_erf_and_not_relu():
    """ReLU is homogeneous: σ0² scales its NTK and leaves the NTK equilibrium; that of erf depends on it (Sec. 4.4)."""
    data = load("synthetic:4")
    for activation, changes in (("relu", False), ("erf", True)):
        net = Network(depth=2, activation=activation, temperature=1e-3)
        found = equilibria.scan(net, data.X, data.y, data.X_test, ratio=[0.25, 1.0, 4.0])
        assert (np.ptp(found.ntk.values) > 0.1) == changes
        assert found.nngp.dims == ("test",)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "no axis is given"),
        ({"depth": 3}, "give a sequence"),
        ({"depth": []}, "give a sequence"),
        ({"depth": "12"}, "give a sequence"),
        ({"depth": [[1]]}, "give a sequence"),
        ({"depth": [1, 1]}, "each value once"),
        ({"depth": [1, 0]}, "depth is 0"),
        ({"depth": [1, 2.5]}, "depth is"),
        ({"size": [1, 5]}, "integers from 1 to the number of inputs, 4"),
        ({"size": [True]}, "integers from 1"),
        ({"size": [1.0]}, "integers from 1"),
        ({"ratio": [1.0, 0.0]}, "positive number"),
        ({"ratio": ["1"]}, "positive number"),
        ({"ratio": [np.nan]}, "positive number"),
        ({"ratio": [np.inf]}, "sigma02 is inf"),
        ({"temperature": [-1.0]}, "temperature is -1"),
        ({"temperature": [0.1, np.nan]}, "temperature is nan"),
        ({"depth": [1], "y_test": [1.0]}, "y_test has shape"),
        ({"depth": [1], "progress": 3}, "progress is 3"),
    ],
)
def test_bad_input(options, words):
    case = unit()
    with pytest.raises(InputError, match=words) as found:
        equilibria.scan(NET, case.X, case.y, case.X_test, **options)
    assert "\n" not in str(found.value)
