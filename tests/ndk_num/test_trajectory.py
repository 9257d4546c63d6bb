"""The trajectory: shapes, dense output, files, and what it says to bad input."""

import numpy as np
import pytest
import xarray

from ndk_num import AccuracyWarning, InputError, Network, Trajectory, solve
from ndk_num.volterra import trapezoid
from tests.ndk_num.cases import CASES, unit
from tests.tolerances import DENSE_OUTPUT

NET = Network(depth=1, activation="relu", temperature=1e-2, sigma2=1.0, sigma02=0.5)


@pytest.fixture(scope="module")
def sol():
    return solve(NET, *unit(), horizon=100.0, rtol=1e-6)


def test_shapes(sol):
    count = sol.times.size
    assert sol.times[0] == 0.0
    assert sol.times[-1] == sol.horizon == 100.0
    assert np.all(np.diff(sol.times) > 0)
    assert sol.train.shape == (count, 4)
    assert sol.test.shape == (count, 2)
    point = sol.at([0.1, 10.0, 100.0])
    assert point.train.shape == (3, 4)
    assert point.test.shape == (3, 2)
    many = solve(NET, *CASES["several_outputs"], horizon=10.0)
    assert many.at([1.0]).train.shape == (1, 4, 3)
    assert many.test.shape == (many.times.size, 2, 3)


def test_dense_output_passes_through_the_nodes_and_starts_at_zero(sol):
    there = sol.at(sol.times)
    assert np.abs(there.test - sol.test).max() <= DENSE_OUTPUT
    assert np.abs(there.train - sol.train).max() <= DENSE_OUTPUT
    assert np.all(sol.at([0.0]).train == 0.0)
    assert np.all(sol.at([0.0]).test == 0.0)


def test_residual_keeps_its_digits_at_low_temperature():
    """Y − f̄ is of order T: it is stored, not recovered from y − train."""
    net = Network(depth=1, activation="erf", temperature=1e-8, sigma02=0.5)
    sol = solve(net, *unit(), rtol=1e-8)
    end = sol.residual_at([sol.horizon])
    assert 1e-10 < np.abs(end).max() < 1e-6
    assert np.all(end != sol.y - sol.at([sol.horizon]).train)


def test_statistics_say_how_it_was_found(sol):
    wanted = {"method", "nodes", "panels", "kernel_evaluations", "rank", "seconds", "error_estimate", "rtol"}
    assert wanted <= set(sol.stats)
    assert sol.stats["nodes"] == sol.times.size
    assert 0 < sol.stats["error_estimate"] <= 1e-6


def test_file_round_trip(sol, tmp_path):
    path = tmp_path / "run.nc"
    sol.save(path)
    back = Trajectory.load(path)
    assert back.network == sol.network
    assert dict(back.stats) == dict(sol.stats)
    times = np.geomspace(1e-4, 100.0, 77)
    assert np.array_equal(back.at(times).test, sol.at(times).test)
    assert np.array_equal(back.residual_at(times), sol.residual_at(times))
    with xarray.open_dataset(path, engine="h5netcdf") as data:
        assert set(data.dims) >= {"time", "train", "test", "feature"}
        assert data["test_predictor"].sel(time=100.0).shape == (2,)


def test_round_trip_of_several_outputs_with_covariance(tmp_path):
    sol = solve(NET, *CASES["several_outputs"], horizon=5.0, rtol=1e-3, covariance=True)
    sol.save(tmp_path / "run.nc")
    back = Trajectory.load(tmp_path / "run.nc")
    assert np.array_equal(back.at([3.0]).train_cov, sol.at([3.0]).train_cov)
    assert back.at([3.0]).test.shape == (1, 2, 3)


def test_unusable_files(sol, tmp_path):
    with pytest.raises(InputError, match="cannot write"):
        sol.save(tmp_path / "no" / "such" / "folder.nc")
    with pytest.raises(InputError, match="cannot read"):
        Trajectory.load(tmp_path / "missing.nc")
    (tmp_path / "text.nc").write_text("not a file of numbers")
    with pytest.raises(InputError, match="cannot read"):
        Trajectory.load(tmp_path / "text.nc")
    xarray.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="not a trajectory"):
        Trajectory.load(tmp_path / "other.nc")


@pytest.mark.parametrize("times", [[-1.0], [101.0], [np.nan], [[1.0, 2.0]], ["now"]])
def test_times_outside(sol, times):
    with pytest.raises(InputError, match="times"):
        sol.at(times)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": np.ones(3)}, "y has shape"),
        ({"y": np.ones((4, 2, 2))}, "y has shape"),
        ({"y": [1.0, 2.0, np.nan, 0.0]}, "y holds nan"),
        ({"X": np.ones(4)}, "X has shape"),
        ({"X": np.empty((0, 3))}, "X has shape"),
        ({"X": np.full((4, 6), np.inf)}, "X holds inf"),
        ({"X_test": np.ones((2, 5))}, "X_test has 5 features"),
        ({"X_test": np.ones(6)}, "X_test has shape"),
        ({"horizon": 0.0}, "positive"),
        ({"horizon": -1.0}, "horizon is -1"),
        ({"horizon": np.inf}, "horizon holds inf"),
        ({"rtol": 0.0}, "rtol"),
        ({"rtol": 1e-15}, "limit of float64"),
        ({"rtol": np.nan}, "rtol"),
        ({"rtol": [1e-3, 1e-4]}, "rtol"),
        ({"method": "euler"}, "choose one of collocation, gradient_flow, trapezoid"),
        ({"net": "relu"}, "give an ndk_num.Network"),
    ],
)
def test_bad_input_gets_one_clear_error(change, words):
    case = unit()
    arguments = {"net": NET, "X": case.X, "y": case.y, "X_test": case.X_test, "horizon": 1.0} | change
    with pytest.raises(InputError, match=words):
        solve(**arguments)


def test_duplicates_with_conflicting_labels_meet_in_the_middle():
    case = unit()
    X = case.X.copy()
    X[1] = X[0]
    y = np.array([1.0, -0.2, 1.0, -1.0])
    sol = solve(Network(depth=2, activation="relu", temperature=1e-6), X, y, case.X_test, rtol=1e-8)
    middle = sol.at([sol.horizon / 10]).train[0]
    assert middle[:2] == pytest.approx([0.4, 0.4], abs=1e-4)
    assert sol.stats["error_estimate"] <= 1e-8


def test_zero_inputs_and_zero_labels():
    case = unit()
    X = case.X.copy()
    X[2] = 0.0
    sol = solve(NET, X, case.y, np.zeros((1, 6)), horizon=100.0)
    end = sol.at([100.0])
    assert end.train[0, 2] == 0.0  # a network without biases is zero at the origin
    assert np.all(end.test == 0.0)
    assert np.all(solve(NET, case.X, np.zeros(4), case.X_test, horizon=10.0).at([5.0]).test == 0.0)
    assert np.all(solve(NET, np.zeros((2, 3)), np.ones(2), horizon=1.0).at([1.0]).train == 0.0)


@pytest.mark.parametrize("depth", [1, 200])
@pytest.mark.parametrize("temperature", [0.0, 1e-3])
def test_extreme_depth_and_single_input(depth, temperature):
    net = Network(depth=depth, activation="relu", temperature=temperature, sigma2=2.0, sigma02=2.0)
    sol = solve(net, [[1.0, 1.0]], [1.0], [[1.0, 0.0]], horizon=40.0, rtol=1e-4)
    assert np.isfinite(sol.test).all()
    assert sol.at([40.0]).train[0, 0] == pytest.approx(1.0, abs=2e-3)


def test_no_test_inputs(tmp_path):
    case = unit()
    sol = solve(NET, case.X, case.y, horizon=1.0)
    sol.save(tmp_path / "run.nc")
    assert Trajectory.load(tmp_path / "run.nc").test.shape == sol.test.shape == (sol.times.size, 0)
    assert sol.at([0.5]).test.shape == (1, 0)


def test_progress_is_reported():
    seen = []
    solve(NET, *unit(), horizon=10.0, progress=lambda fraction, message: seen.append((fraction, message)))
    assert seen[-1][0] == pytest.approx(1.0)
    assert all(0 <= fraction <= 1 for fraction, _ in seen)


def test_missed_accuracy_is_said_aloud(monkeypatch):
    monkeypatch.setattr(trapezoid, "_MOST_NODES", 400)
    with pytest.warns(AccuracyWarning, match="rtol = 1.0e-09"):
        sol = solve(NET, *unit(), horizon=10.0, rtol=1e-9, method="trapezoid")
    assert sol.stats["error_estimate"] > 1e-9


def test_a_kernel_beyond_float64_is_an_error_not_a_traceback():
    net = Network(depth=5, activation="relu", temperature=1e-4, sigma2=1.7, sigma02=1.2e6)
    with pytest.raises(InputError, match="more than float64 can resolve"):
        solve(net, [[1.0, 1.0], [1.0, 1.0], [1.0, -0.3]], [1.0, -1.0, 1.0], rtol=1e-3)
