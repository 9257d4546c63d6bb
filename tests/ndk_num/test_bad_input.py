"""What a user can get wrong: one clear line each, and never a number made from nothing."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
import xarray
from click.testing import CliRunner

from ndk_num import InputError, Network, Trajectory, dual, equilibria, files, kernel, plots, proximal, solve
from ndk_num.cli import main
from ndk_num.observables import grid, optimal_stopping_time, phases, relaxation
from ndk_num.volterra import panels
from tests.ndk_num.cases import unit

NET = Network(depth=1, activation="relu", temperature=1e-2)
CASE = unit()


@pytest.fixture(scope="module")
def sol():
    return solve(NET, *CASE, horizon=10.0, rtol=1e-3)


def one_line(found):
    message = str(found.value)
    assert "\n" not in message and 20 < len(message) < 450, message


def masked(array):
    return np.ma.masked_array(array, mask=np.arange(array.size).reshape(array.shape) == 0)


@pytest.mark.parametrize(
    "change",
    [
        {"X": masked(CASE.X)},
        {"y": masked(CASE.y)},
        {"X_test": masked(CASE.X_test)},
        {"X": CASE.X * 1e200},
        {"X": CASE.X * 1e-200},
        {"X_test": CASE.X_test * 1e200},
        {"y": CASE.y * 1e308},
        {"y": CASE.y * 1e-320},
        {"horizon": 1e-320},
        {"horizon": 1e308},
        {"horizon": 1e90},
        {"progress": 3},
        {"covariance": "no"},
        {"covariance": np.array([1, 2])},
        {"method": ["trapezoid"]},
        {"method": np.array(["trapezoid", "collocation"])},
        {"net": Network(depth=200, activation="relu", temperature=0.1, sigma02=1e3)},
    ],
)
def test_solve_refuses_what_float64_cannot_hold(change):
    """Each of these gave a NaN with an error estimate of 0, a traceback, a wrong number or an endless run."""
    arguments = {"net": NET, "X": CASE.X, "y": CASE.y, "X_test": CASE.X_test, "horizon": 1.0} | change
    with pytest.raises(InputError) as found:
        solve(**arguments)
    one_line(found)


@pytest.mark.parametrize("axis", ["depth", "size", "ratio", "temperature"])
@pytest.mark.parametrize("values", [[[1], [1, 2]], [[1, 2]], [{}, {}], np.ma.masked_array([1, 2], [0, 1]), {1: 2}, []])
def test_scans_over_something_that_is_no_sequence_of_numbers(axis, values):
    """Ragged lists and dictionaries were tracebacks, masked entries were used."""
    with pytest.raises(InputError, match=f"^{axis} is .*give a sequence of values") as found:
        equilibria.scan(NET, *CASE, **{axis: values})
    one_line(found)


@pytest.mark.parametrize("kind", [np.array(["ndk", "two_time"]), ["ndk"], None, "NTK"])
def test_kinds_of_kernel_that_are_none(kind):
    with pytest.raises(InputError, match="choose one of ndk"):
        kernel(NET, 0.0, 0.0, CASE.X, kind=kind)


def test_a_predictor_that_overflows_is_refused(monkeypatch):
    """What went wrong on the way is not known; that it is not a result is."""
    honest = panels.March.run

    def broken(*arguments):
        found = honest(*arguments)
        return replace(found, g=replace(found.g, values=np.full_like(found.g.values, np.nan)))

    monkeypatch.setattr(panels.March, "run", broken)
    with pytest.raises(InputError, match="leaves the range of float64"):
        solve(NET, *CASE, horizon=5.0, rtol=1e-2)


@pytest.mark.parametrize("factor", [1e-99, 1e-8, 1.0, 1e60, 1e99])
def test_equilibria_follow_the_inputs_scale_or_refuse(factor):
    """A homogeneous network's NTK prediction does not change when all inputs are scaled."""
    here = equilibria.ntk(NET, CASE.X * factor, CASE.y, CASE.X_test * factor).test
    assert np.allclose(here, equilibria.ntk(NET, *CASE).test, rtol=1e-9)


@pytest.mark.parametrize("sigma02", [1e-3, 1e3])
def test_a_kernel_beyond_float64_has_no_equilibrium(sigma02):
    """(σ0²/2)^200 is 0 or infinite in float64: the prediction was 0, or LinAlgError."""
    net = Network(depth=200, activation="relu", temperature=0.1, sigma02=sigma02)
    with pytest.raises(InputError, match="flows float64") as found:
        equilibria.ntk(net, *CASE)
    one_line(found)


@pytest.mark.parametrize(
    "values",
    [
        {"temperature": 10**400},
        {"temperature": 1e-320},
        {"temperature": 1e308},
        {"sigma2": 1e-320},
        {"sigma02": 1e308},
        {"depth": 10**30},
        {"activation": ["relu"] * 100},
    ],
)
def test_hyper_parameters_out_of_range(values):
    with pytest.raises(InputError) as found:
        Network(**({"depth": 1, "activation": "relu", "temperature": 0.1} | values))
    one_line(found)


def test_hyper_parameters_of_other_types():
    net = Network(depth=np.int64(200), activation="erf", temperature=np.float32(0.5), sigma2=2)
    assert (net.depth, net.temperature, net.sigma2) == (200, 0.5, 2.0)


@pytest.mark.parametrize("name", [["relu"], {}, None, 3])
def test_dual_of_something_that_is_no_name(name):
    with pytest.raises(InputError, match="choose one of"):
        dual(name)


def test_dual_refuses_variances_whose_sums_overflow():
    """erf gave F = 0.5 instead of 1."""
    with pytest.raises(InputError, match="at most 1e"):
        dual("erf")(1e308, 1e308, 1e308)
    assert dual("erf")(1e306, 1e306, 1e306)[0] == pytest.approx(1.0)


def test_masked_entries_are_refused_everywhere(sol):
    for call in (
        lambda: kernel(NET, 0.0, 0.0, masked(CASE.X)),
        lambda: dual("relu")(masked(np.ones(2)), 0.0, 1.0),
        lambda: sol.at(masked(np.array([1.0, 2.0]))),
        lambda: optimal_stopping_time(sol, masked(np.ones(2))),
        lambda: equilibria.nngp(NET, CASE.X, masked(CASE.y), CASE.X_test),
    ):
        with pytest.raises(InputError, match="masked"):
            call()
    assert np.isfinite(kernel(NET, 0.0, 0.0, np.ma.masked_array(CASE.X, mask=False))).all()


def test_a_time_just_past_the_horizon_is_written_in_full(sol):
    with pytest.raises(InputError, match=r"10\.000000001; times lie between 0 and 10\.0"):
        sol.at([10.000000001])


@pytest.mark.parametrize("lam", [[1, 2], np.array([2.0]), 1e308, 1e300, 0, "1", True * 0])
def test_proximal_strength(lam):
    with pytest.raises(InputError) as found:
        proximal.solve(NET, *CASE, lam=lam, horizon=10.0)
    one_line(found)


@pytest.mark.parametrize("points", [2, -1, 3.5, True, "9"])
def test_grid_points(sol, points):
    with pytest.raises(InputError, match="at least 3"):
        grid(sol, points=points)


@pytest.mark.parametrize(
    "call", [phases, relaxation, grid, plots.trajectory, lambda s: optimal_stopping_time(s, [1.0])]
)
@pytest.mark.parametrize("wrong", [None, "run.nc", 3])
def test_something_that_is_no_trajectory(call, wrong):
    with pytest.raises(InputError, match=r"ndk_num\.solve"):
        call(wrong)


@pytest.mark.parametrize(
    "outputs", [[np.array([0])], np.zeros((1, 1), int), np.array(0), [[0]], ["0"], [0.0], [1], [], "0", {}]
)
def test_outputs_to_draw(sol, outputs):
    with pytest.raises(InputError, match="outputs is") as found:
        plots.trajectory(sol, outputs=outputs)
    one_line(found)


@pytest.mark.parametrize("title", [np.zeros(2), 3, ["a"], b"a"])
def test_titles(sol, title):
    with pytest.raises(InputError, match="title is"):
        plots.trajectory(sol, title=title)


@pytest.mark.parametrize("path", ["a\0b.png", 3, None, "https://example.org/a.png", ["a.png"]])
def test_paths_of_figures(sol, path):
    with pytest.raises(InputError, match="the path is"):
        plots.save(plots.trajectory(sol), path, format="png")


def test_figures_are_written_to_files_that_are_open(sol, tmp_path):
    with (tmp_path / "a.png").open("wb") as opened:
        plots.save(plots.trajectory(sol), opened, format="png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_figures(sol, tmp_path):
    with pytest.raises(InputError, match="outputs is 3"):
        plots.trajectory(sol, outputs=3)
    with pytest.raises(InputError, match="fig is None"):
        plots.save(None, tmp_path / "a.png")
    figure = plots.trajectory(sol, title=r"a$\frac{$ b^c_{")  # the name of a file, not a formula
    with pytest.raises(InputError, match="cannot write") as found:
        plots.save(figure, tmp_path / "missing" / "a.svg")
    one_line(found)
    plots.save(figure, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size > 1000


# files


@pytest.mark.parametrize("path", [None, 3, "", ["a.nc"], "a\0b.nc", "https://example.org/a.nc"])
def test_paths_that_are_none(sol, path):
    """`save(None)` returned as if it had written something."""
    for call in (sol.save, Trajectory.load):
        with pytest.raises(InputError, match="the path is"):
            call(path)


def test_reasons_are_short(sol, tmp_path):
    for path in (tmp_path, tmp_path / "no" / "a.nc", tmp_path / ("a" * 256)):
        with pytest.raises(InputError, match="cannot write") as found:
            sol.save(path)
        one_line(found)
        with pytest.raises(InputError, match="cannot read"):
            Trajectory.load(path)


def test_a_failed_save_keeps_the_old_file_and_leaves_no_other(sol, tmp_path, monkeypatch):
    path = tmp_path / "run.nc"
    sol.save(path)
    before = path.read_bytes()

    def full(data, name, engine):
        name.write_bytes(b"half a file")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xarray.Dataset, "to_netcdf", full)
    for target in (path, tmp_path / "new.nc"):
        with pytest.raises(InputError, match="No space left"):
            sol.save(target)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.nc"]


def test_a_file_keeps_its_mode_and_its_link(tmp_path):
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    with files.replacing(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink() and real.read_text() == "new" and real.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_does_not_lose_the_printed_result():
    arguments = "--data synthetic:4 --depth 1 --activation erf --temperature 0.05 --sigma2 1 --sigma02 1 --rtol 1e-3"
    for option in ([], ["--json"]):
        result = CliRunner().invoke(main, ["solve", *arguments.split(), "--out", "/dev/full", *option])
        assert result.exit_code == 2
        assert "error_estimate" in result.stdout or "error estimate" in result.stdout
        assert result.stderr == (
            "Error: cannot write /dev/full: No space left on device; give a path in a writable folder\n"
        )


def test_a_device_takes_a_copy(sol):
    """HDF5 cannot write to one itself: RuntimeError, or a crash."""
    sol.save(os.devnull)


def damaged(data, **changes):
    attributes = {**data.attrs, **{name: value for name, value in changes.items() if name in data.attrs}}
    changed = data.assign({name: value for name, value in changes.items() if name in data})
    return changed.assign_attrs(attributes)


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: damaged(d, network="{"),
        lambda d: damaged(d, network="[1]"),
        lambda d: damaged(d, network=json.dumps({"depth": -1})),
        lambda d: damaged(d, network=json.dumps({"depth": 1, "activation": "tanhh", "temperature": 1})),
        lambda d: damaged(d, network=json.dumps({"depth": 1, "activation": "leaky_relu(1e9)", "temperature": 1})),
        lambda d: d.drop_vars("y"),
        lambda d: d.drop_attrs().assign_attrs(format=d.attrs["format"]),
        lambda d: d.isel(time=slice(0, 7)),
        lambda d: damaged(d, residual=d.residual * np.nan),
        lambda d: damaged(d, panel_edges=-d.panel_edges),
    ],
)
def test_damaged_trajectories(sol, tmp_path, damage):
    damage(sol.to_xarray()).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="damaged trajectory") as found:
        Trajectory.load(tmp_path / "a.nc")
    one_line(found)


def test_a_text_file_is_not_called_a_pickle(tmp_path):
    """NumPy's advice for it, to allow pickles, would run what is in the file."""
    from ndk_num import datasets

    (tmp_path / "a.npz").write_text("hello")
    with pytest.raises(InputError, match="neither an archive") as found:
        datasets.load(str(tmp_path / "a.npz"))
    assert "pickle" not in str(found.value)
    np.savez(tmp_path / "b.npz", X=CASE.X * 1e200, y=CASE.y, X_test=CASE.X_test)
    (tmp_path / "b.npz").rename(tmp_path / "b.NPZ")
    assert np.isfinite(datasets.load(str(tmp_path / "b.NPZ")).X).all()


def test_no_output_overwrites_another_or_the_data(tmp_path, monkeypatch):
    """The figure took the place of the trajectory, and the trajectory that of the data."""
    monkeypatch.chdir(tmp_path)
    np.savez("data.npz", X=CASE.X, y=CASE.y, X_test=CASE.X_test)
    before = (tmp_path / "data.npz").read_bytes()
    network = "--depth 1 --activation erf --temperature 1 --sigma2 1 --sigma02 1 --rtol 1e-3"
    for options in (["--out", "run.png", "--plot", str(tmp_path / "run.png")], ["--out", "./data.npz"]):
        result = CliRunner().invoke(main, ["solve", "--data", "data.npz", *network.split(), *options])
        assert result.exit_code == 2 and "both name" in result.stderr and result.stderr.count("\n") == 1
    assert (tmp_path / "data.npz").read_bytes() == before
    assert CliRunner().invoke(main, ["solve", "--data", "data.npz", *network.split(), "--out", "a.nc"]).exit_code == 0
