"""`ndk equilibria`, `readout`, `proximal` and `kernel`: the library's numbers in text, JSON and files, and mistakes."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import xarray
from click.testing import CliRunner

import ndk_num.cli.equilibria
import ndk_num.cli.kernel
import ndk_num.cli.proximal
import ndk_num.cli.readout
from ndk_num import Network, Trajectory, equilibria, kernel, plots, proximal, readout_hidden, solve
from ndk_num.cli import CommandGroup
from ndk_num.cli.equilibria import equilibria_command
from ndk_num.cli.kernel import kernel_command
from ndk_num.cli.proximal import proximal_command
from ndk_num.cli.readout import readout_command
from ndk_num.cli.solve import solve_command
from ndk_num.datasets import load
from ndk_num.errors import InputError
from ndk_num.plot_scans import chosen_axes

COMMANDS = {
    "equilibria": equilibria_command,
    "readout": readout_command,
    "proximal": proximal_command,
    "kernel": kernel_command,
}
SMALL = {
    "--data": "synthetic:4",
    "--depth": "1",
    "--activation": "erf",
    "--temperature": "0.05",
    "--sigma2": "1",
    "--sigma02": "0.5",
}
OWN = {"readout": {"--rtol": "1e-4"}, "proximal": {"--lam": "0.5"}}
NET = Network(depth=1, activation="erf", temperature=0.05, sigma2=1.0, sigma02=0.5)
DATA = load("synthetic:4")
INPUTS = (DATA.X, DATA.y, DATA.X_test)


def ndk(command, *extra, **changes):
    """Run a command with small data; None as a value leaves an option out."""
    options = SMALL | OWN.get(command, {}) | {f"--{key.replace('_', '-')}": value for key, value in changes.items()}
    arguments = [str(part) for name, value in options.items() if value is not None for part in (name, value)]
    return CliRunner().invoke(CommandGroup(commands=COMMANDS), [command, *arguments, *map(str, extra)])


def text_of(result):
    assert result.exit_code == 0 and result.stderr == "", result.output
    return result.stdout


def json_of(result):
    """One JSON object on one line, without Infinity and NaN."""
    assert text_of(result).count("\n") == 1
    return json.loads(result.stdout, parse_constant=pytest.fail)


def written(command, tmp_path, **changes):
    """JSON, the opened file, and whether there is a figure."""
    out, plot = tmp_path / "a.nc", tmp_path / "a.png"
    content = json_of(ndk(command, "--json", "--out", out, "--plot", plot, **changes))
    assert content["files"] == {"out": str(out), "plot": str(plot)}
    assert plot.read_bytes().startswith(b"\x89PNG")
    with xarray.open_dataset(out, engine="h5netcdf") as opened:
        return content, opened.load()


# ndk equilibria


def test_equilibria_are_those_of_the_library(tmp_path):
    content, opened = written("equilibria", tmp_path, depth="1,3", size="2,4")
    found = equilibria.scan(NET, *INPUTS, depth=[1, 3], size=[2, 4], y_test=DATA.y_test)
    for name in ("ntk", "nngp", "ntk_test_error", "nngp_test_error"):
        listed = content["equilibria"][name]
        np.testing.assert_allclose(listed["values"], found[name].values, rtol=1e-13)
        np.testing.assert_array_equal(opened[name].values, listed["values"])
        assert listed["dimensions"] == list(opened[name].dims)
    assert content["axes"] == {"depth": [1, 3], "size": [2, 4], "ratio": 0.5, "temperature": 0.05}
    one = equilibria.nngp(Network(depth=3, activation="erf", temperature=0.05, sigma02=0.5), *INPUTS)
    np.testing.assert_allclose(content["equilibria"]["nngp"]["values"][1][1], one.test, rtol=1e-13)


def test_equilibria_print_a_row_for_each_point():
    lines = text_of(ndk("equilibria", "--covariance", temperature="0,0.05", ratio="0.5,2")).splitlines()
    rows = [line.split() for line in lines[-4:]]
    assert [row[:2] for row in rows] == [["0.5", "0"], ["0.5", "0.05"], ["2", "0"], ["2", "0.05"]]
    assert lines[-5].split()[:2] == ["ratio", "temperature"] and all(row.count("±") == 2 for row in rows)
    nngp = equilibria.nngp(NET, *INPUTS, covariance=True)
    ntk = equilibria.ntk(NET, *INPUTS, covariance=True)
    cells = [f"{value:.6f}" for value in ((ntk.test[0] - 1) ** 2, (nngp.test[0] - 1) ** 2, ntk.test[0])]
    assert rows[1][2:5] == cells
    assert rows[1][-3::2] == [f"{nngp.test[0]:.6f}", f"{np.sqrt(nngp.test_cov[0, 0]):.6f}"]
    assert "depth = 1, size = 4" in lines[1]


def test_equilibria_of_own_data_without_labels_and_with_outputs(tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, X=np.eye(3), y=np.eye(3)[:, :2], X_test=np.ones((5, 3)))
    text = text_of(ndk("equilibria", data=path))
    assert "NTK test 3" in text and "test 4" not in text and "error" not in text and "first of 2 outputs" in text


def test_a_figure_of_too_many_axes_is_refused_before_the_work(monkeypatch, tmp_path):
    monkeypatch.setattr(ndk_num.cli.equilibria, "scan", lambda *_, **__: pytest.fail("computed"))
    axes = {"depth": "1,2", "size": "2,4", "ratio": "1,2"}
    for changes, word in ((axes, "a figure shows two"), ({}, "one point only")):
        assert_mistake(ndk("equilibria", "--plot", tmp_path / "a.png", **changes), word)
    with pytest.raises(InputError, match="7 values"):
        chosen_axes({"depth": 8, "size": 7})


# ndk readout


def test_readout_is_that_of_the_library(tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "readout_hidden", partial(plots.readout_hidden, points=4))
    content, opened = written("readout", tmp_path, times="100,0,3")
    sol = solve(NET, *INPUTS, rtol=1e-4)
    found = readout_hidden(sol, [0.0, 3.0, 100.0], [0.0, 3.0, 100.0])
    assert content["times"] == [0.0, 3.0, 100.0]
    np.testing.assert_allclose(content["test"], found.test, rtol=1e-12)
    np.testing.assert_allclose(content["test_error"], (found.test[..., 0] - 1) ** 2, rtol=1e-12)
    np.testing.assert_array_equal(opened["test_predictor"].values, content["test"])
    assert opened["test_predictor"].dims == ("t_readout", "t_hidden", "test")
    np.testing.assert_allclose(np.diagonal(found.test[..., 0]), sol.at([0.0, 3.0, 100.0]).test[:, 0], atol=1e-4)


def test_readout_prints_its_tables_by_phases():
    text = text_of(ndk("readout"))
    assert "Predictor, test 1" in text and "Mean squared test error" in text
    (heading, _) = (line.split("u = ")[1:] for line in text.splitlines() if "u = 0 " in line)
    assert [heading[0].strip(), heading[-1].strip()] == ["0", "200"] and " 20 " in f" {heading[-3].strip()} "
    many = text_of(ndk("readout", times=",".join(map(str, range(20)))))
    assert "6 of 20 times are shown" in many and "u = 19" in many and "u = 1 " not in many


# ndk proximal


def test_proximal_is_that_of_the_library(tmp_path):
    content, opened = written("proximal", tmp_path, steps=6)
    chain = proximal.solve(NET, *INPUTS, lam=0.5, horizon=12.0)
    assert (content["steps"], content["horizon"], content["continuous"]) == (6, 12.0, None)
    np.testing.assert_allclose(content["final"]["test"], chain.test[-1], rtol=1e-13)
    end = equilibria.proximal(NET, *INPUTS, lam=0.5)
    np.testing.assert_allclose(content["equilibria"]["proximal"]["test"], end.test, rtol=1e-13)
    assert content["final"]["test_error"] == pytest.approx((chain.test[-1, 0] - 1) ** 2)
    np.testing.assert_array_equal(opened["test_predictor"].values, chain.test)
    np.testing.assert_array_equal(Trajectory.load(tmp_path / "a.nc").test, chain.test)
    by_horizon = json_of(ndk("proximal", "--json", horizon=12))
    assert by_horizon["final"] == content["final"]


def test_the_distance_to_continuous_time_halves_with_the_step():
    found = [json_of(ndk("proximal", "--json", "--compare", lam=lam, horizon=4)) for lam in (16, 32)]
    first, second = (content["distance"]["largest"] for content in found)
    assert 1.7 < first / second < 2.3
    exact = solve(NET, *INPUTS, horizon=4.0).at([4.0]).test[0]
    np.testing.assert_allclose(found[0]["continuous"]["test"], exact, atol=1e-6)
    gap = abs(found[0]["final"]["test"][0] - exact[0])
    assert gap <= found[0]["distance"]["final"] + 1e-6 <= first + 1e-6
    text = text_of(ndk("proximal", "--compare", horizon=4))
    assert "To continuous time" in text and "continuous" in text and "equilibrium" in text


def test_a_wrong_limit_would_be_seen(monkeypatch):
    """Planted: continuous time of a network that starts with another variance."""
    other = replace(NET, sigma02=0.6)
    monkeypatch.setattr(ndk_num.cli.proximal, "solve", lambda net, *inputs, **options: solve(other, *inputs, **options))
    with pytest.raises(AssertionError):
        test_the_distance_to_continuous_time_halves_with_the_step()


@pytest.mark.parametrize(
    ("changes", "lam", "temperature"),
    [
        ({"lam": "0.5,1,2"}, [0.5, 1, 2], 0.05),
        ({"lam_final": 2, "steps": 3}, [0.5, 1, 2], 0.05),
        ({"lam_final": 2.5, "anneal": "linear", "steps": 3}, [0.5, 1.5, 2.5], 0.05),
        ({"temperature_final": 0.0005, "steps": 3}, 0.5, [0.05, 0.005, 0.0005]),
        ({"temperature_final": 0, "anneal": "linear", "steps": 3}, 0.5, [0.05, 0.025, 0.0]),
        ({"temperature": "0.1,0", "lam": "1,2"}, [1, 2], [0.1, 0]),
        ({"temperature": 0, "steps": 3}, 0.5, 0.0),
    ],
)
def test_schedules(changes, lam, temperature):
    content = json_of(ndk("proximal", "--json", **changes))
    for name, expected in (("lam", lam), ("temperature", temperature)):
        np.testing.assert_allclose(content["stats"][name], expected, rtol=1e-14, atol=1e-18)
    last = np.ravel(temperature)[-1]
    assert content["network"]["temperature"] == pytest.approx(last)
    count = content["steps"]
    chain = proximal.solve(NET, *INPUTS, lam=np.broadcast_to(np.array(lam, float), count), temperature=temperature)
    np.testing.assert_allclose(content["final"]["test"], chain.test[-1], rtol=1e-12)
    end = equilibria.nngp(Network(depth=1, activation="erf", temperature=last, sigma02=0.5), *INPUTS)
    np.testing.assert_allclose(content["equilibria"]["nngp"]["test"], end.test, rtol=1e-12)


def test_a_schedule_is_named_in_the_text():
    text = text_of(ndk("proximal", temperature_final=0.001, lam_final=4, steps=5))
    assert "lambda from 0.5 to 4, T from 0.05 to 0.001" in text and "T = 0.001" in text and "5 steps" in text


# ndk kernel


def test_kernels_are_those_of_the_library(tmp_path):
    content, opened = written("kernel", tmp_path, depth="1,2", ratio="0.5,2", times="0,4,40", pairs="1:1,3:2")
    values = np.array(content["kernels"]["ndk"]["values"], dtype=float)
    for i, depth in enumerate((1, 2)):
        for j, sigma02 in enumerate((0.5, 2.0)):
            net = Network(depth=depth, activation="erf", temperature=0.05, sigma02=sigma02)
            at = kernel(net, 40.0, 4.0, DATA.X)
            np.testing.assert_allclose(values[i, j, :, 2, 1], [at[0, 0], at[2, 1]], rtol=1e-13, atol=1e-16)
            assert np.isnan(values[i, j, :, 1, 2]).all()
            np.testing.assert_array_equal(content["kernels"]["ntk"]["values"][i][j], values[i, j, :, 0, 0])
    late = kernel(Network(depth=2, activation="erf", temperature=0.05, sigma02=0.5), 900.0, 900.0, DATA.X, kind="prior")
    np.testing.assert_allclose(content["kernels"]["nngp"]["values"][1][0], [late[0, 0], late[2, 1]], atol=1e-14)
    np.testing.assert_array_equal(opened["ndk"].values, values)
    assert opened["ndk"].dims == ("depth", "ratio", "pair", "t", "s") and opened.pair.values[1] == "inputs 3, 2"


def test_inputs_of_a_given_correlation():
    """A ReLU network of depth 1 against its closed form: NTK = σ0² (…) at correlation 1, 0 and −1."""
    text = text_of(ndk("kernel", data=None, correlation="1,0,-1", activation="relu"))
    assert text.count("NTK") == 3 and "correlation -1: NTK 0," in text and "t = 200" in text
    assert f"correlation 1: NTK {0.5 * (0.5 + 0.5):.6g}, NNGP kernel 0.5" in text  # σ0² K̇ K⁰ + K^1, both of 1/2
    assert f"correlation 0: NTK {0.5 / (2 * np.pi):.6g}, NNGP kernel {1 / (2 * np.pi):.6g}" in text
    content = json_of(ndk("kernel", "--json", data=None, correlation=0.3, kind="two_time", activation="step"))
    assert list(content["kernels"]) == ["two_time"] and content["axes"]["pair"] == ["correlation 0.3"]


def test_pairs_may_have_names_in_the_figure():
    figure = plots.kernel(NET, DATA.X, pairs=[(0, 1)], labels=["my pair"])
    assert any(text.get_text() == "my pair" for axes in figure.axes for text in axes.texts)
    with pytest.raises(InputError, match="labels"):
        plots.kernel(NET, DATA.X, pairs=[(0, 1)], labels=["one", "two"])


# All of them


def assert_mistake(result, word):
    assert result.exit_code == 2 and isinstance(result.exception, SystemExit), result.output
    assert result.stdout == "" and result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert word in result.stderr, result.stderr


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"activation": "relo"}, "relo"),
        ({"activation": "step"}, "step jumps"),
        ({"data": "cifar"}, "synthetic"),
        ({"sigma2": 0}, "sigma2"),
        ({"depth": "x"}, "depth"),
        ({"depth": 0}, "depth is 0"),
        ({"temperature": -1}, "temperature is -1"),
        ({"plot": "a.doc"}, "png"),
        ({"out": "/nowhere/a.nc"}, "--out"),
        ({"out": "same.nc", "plot": "./same.nc"}, "png"),
        ({"out": "same.png", "plot": "./same.png"}, "both name"),
        ({"per_class": 0}, "per_class"),
        ({"sigma2": "one"}, "sigma2"),
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_mistakes_are_one_line(command, changes, word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if command == "proximal" and changes == {"activation": "step"}:
        changes = {"activation": "step", "temperature": 0}  # with noise, whole steps need no gradient
    assert_mistake(ndk(command, **changes), word)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "changes", "word"),
    [
        ("equilibria", {"depth": "1,2.5"}, "--depth is '1,2.5'; give integers"),
        ("equilibria", {"depth": "1,,2"}, "--depth"),
        ("equilibria", {"depth": "1,1"}, "each value once"),
        ("equilibria", {"size": "3,5"}, "from 1 to the number of inputs, 4"),
        ("equilibria", {"ratio": "1,0"}, "σ0²/σ² is a positive number"),
        ("equilibria", {"temperature": "1,nan"}, "temperature"),
        ("readout", {"times": "1;2"}, "--times is '1;2'; give numbers"),
        ("readout", {"times": "-1"}, "--times"),
        ("readout", {"times": "30", "horizon": 20}, "between 0 and 20"),
        ("readout", {"times": "201"}, "between 0 and 200"),
        ("readout", {"times": "inf"}, "--times"),
        ("readout", {"test": 2}, "--test is 2; give a number from 1 to 1"),
        ("proximal", {"lam": "a"}, "--lam is 'a'; give numbers"),
        ("proximal", {"lam": 0}, "lam is 0"),
        ("proximal", {"lam": "1,-1"}, "lam is -1"),
        ("proximal", {"steps": 0}, "--steps is 0"),
        ("proximal", {"steps": 10**9}, "20000"),
        ("proximal", {"steps": 5, "horizon": 5}, "both --steps and --horizon"),
        ("proximal", {"lam": "1,2", "steps": 3}, "--lam has 2 values"),
        ("proximal", {"lam": "1,2", "horizon": 3}, "leave out one"),
        ("proximal", {"lam": "1,2", "temperature": "1,2,3"}, "temperature 3"),
        ("proximal", {"lam": "1,2", "lam_final": 3, "steps": 2}, "--lam-final is given"),
        ("proximal", {"lam_final": 3}, "--steps"),
        ("proximal", {"lam_final": -3, "steps": 3}, "--lam changes from 0.5 to -3"),
        ("proximal", {"temperature_final": 0, "steps": 3}, "--anneal linear"),
        ("proximal", {"temperature_final": "inf", "steps": 3}, "--anneal linear"),
        ("proximal", {"anneal": "cosine"}, "geometric, linear"),
        ("kernel", {"temperature": 0}, "temperature is 0"),
        ("kernel", {"data": None}, "--data, or --correlation"),
        ("kernel", {"correlation": 0.5}, "not both"),
        ("kernel", {"data": None, "correlation": "nan"}, "from −1 to 1"),
        ("kernel", {"data": None, "correlation": "1.5"}, "--correlation holds 1.5"),
        ("kernel", {"data": None, "correlation": 0.5, "pairs": "1:1"}, "without --data"),
        ("kernel", {"pairs": "1:5"}, "from 1 to 4"),
        ("kernel", {"pairs": "1-2"}, "--pairs"),
        ("kernel", {"kind": "ntk"}, "two_time"),
        ("kernel", {"times": "1,-1"}, "--times"),
        ("kernel", {"times": ",".join(map(str, range(201)))}, "at most 200"),
        ("kernel", {"ratio": -1}, "sigma02"),
        ("kernel", {"depth": "1,2,3,4,5,6,7", "ratio": "1,2", "plot": "a.png"}, "28 maps"),
    ],
)
def test_mistakes_of_one_command(command, changes, word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for module in (ndk_num.cli.readout, ndk_num.cli.proximal):
        monkeypatch.setattr(module, "solve", lambda *_, **__: pytest.fail("computed"))
    assert_mistake(ndk(command, **changes), word)


def test_comparison_with_continuous_time_needs_one_temperature_and_gradients(monkeypatch):
    monkeypatch.setattr(proximal, "solve", lambda *_, **__: pytest.fail("computed"))
    assert_mistake(ndk("proximal", "--compare", temperature="0.1,0.2"), "--compare")
    assert_mistake(ndk("proximal", "--compare", activation="step"), "step jumps")
    assert_mistake(ndk("proximal", activation="step", plot="a.png"), "step jumps")


def test_jumps_learn_in_whole_steps():
    content = json_of(ndk("proximal", "--json", activation="step", steps=3))
    chain = proximal.solve(Network(depth=1, activation="step", temperature=0.05, sigma02=0.5), *INPUTS, lam=[0.5] * 3)
    np.testing.assert_allclose(content["final"]["test"], chain.test[-1], rtol=1e-13)


def test_options_of_one_name_are_the_same():
    """Those of `ndk solve`, but for what takes lists, and for what is written."""
    shared = {option.name: option for option in solve_command.params}
    for command in COMMANDS.values():
        for option in command.params:
            if option.name in shared:
                assert option.opts == shared[option.name].opts
                if option.name not in ("depth", "temperature", "out", "plot", "test_per_class"):
                    assert option.help == shared[option.name].help, (command.name, option.name)
