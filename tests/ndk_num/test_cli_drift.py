"""`ndk drift`: accuracy against time, the same numbers in text, JSON, file and figure, and mistakes in one line."""

import json

import numpy as np
import pytest
import xarray
from click.testing import CliRunner
from matplotlib.figure import Figure

from ndk_num import InputError, Network, Prediction, classify, drift, equilibria, plots, solve
from ndk_num.cli import CommandGroup, drifted
from ndk_num.cli.drift import drift_command
from ndk_num.cli.solve import solve_command
from ndk_num.datasets import load
from ndk_num.plot_drift import chosen

SMALL = {
    "--data": "mnist:0,1",
    "--depth": "1",
    "--activation": "relu",
    "--temperature": "1e-3",
    "--sigma2": "1",
    "--sigma02": "1",
    "--per-class": "15",
    "--test-per-class": "20",
    "--rtol": "1e-4",
}


def ndk(*extra, **changes):
    options = SMALL | {f"--{name.replace('_', '-')}": str(value) for name, value in changes.items()}
    arguments = [part for name, value in options.items() for part in (name, value)]
    group = CommandGroup(commands={"drift": drift_command})
    return CliRunner().invoke(group, ["drift", *arguments, *map(str, extra)])


def test_text_says_what_was_done_and_prints_accuracy_against_time():
    result = ndk()
    assert result.exit_code == 0, result.output
    for words in ("30 training and 40 test inputs", "raw norms", "t0 = 10000, 10 sigma2/T", "the readout is frozen"):
        assert words in result.stdout
    rows = [line.split() for line in result.stdout.splitlines() if line.count("%") == 3]
    assert [row[1] for row in rows] == [f"{lag:g}" for lag in drifted.LAGS]
    assert rows[0][2:4] == ["100.0", "%"] and result.stderr == ""
    (last,) = (line for line in result.stdout.splitlines() if "∞, from equilibrium" in line)
    assert last.split()[3] == rows[-1][2]


def test_json_and_file_agree_with_the_library(tmp_path):
    out, plot = tmp_path / "drift.nc", tmp_path / "drift.png"
    result = ndk("--json", "--out", out, "--plot", plot, lags="500,4000", freeze="2000")
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout, parse_constant=pytest.fail)
    assert content["files"] == {"out": str(out), "plot": str(plot)} and content["data"]["norms"] == "raw norms"
    data = load("mnist:0,1", per_class=15, test_per_class=20, normalize=False)
    net = Network(depth=1, activation="relu", temperature=1e-3)
    sol = solve(net, data.X, data.y, data.X_test, rtol=1e-4)
    found = drift(sol, 2000.0, [2000.0, 2500.0, 6000.0])
    assert content["lags"] == [0.0, 500.0, 4000.0] and content["t_freeze"] == 2000.0
    np.testing.assert_allclose(content["test"], found.test, rtol=1e-12)
    measured = classify.accuracy(found, data.y, data.y_test)
    assert content["accuracy"] == {"train": measured.train.tolist(), "test": measured.test.tolist()}
    assert np.sum(content["histograms"]["counts"], axis=2).tolist() == [[15, 15]] * 3
    limit = equilibria.drift(net, data.X, data.y, data.X_test, [np.inf])
    expected = classify.accuracy(limit, data.y, data.y_test, resolution=2e-4)
    assert content["accuracy_decorrelated"]["test"] == expected.test.tolist()
    with xarray.open_dataset(out, engine="h5netcdf") as opened:
        np.testing.assert_array_equal(opened["train_predictor"], found.train)
        assert opened["accuracy_test"].values.tolist() == measured.test.tolist()
        assert opened.sizes["class"] == 2 and opened.attrs["norms"] == "raw norms"
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_times_are_lags_from_the_freezing():
    by_lag, by_time = (
        json.loads(ndk("--json", freeze="3000", **{name: at}).stdout)
        for name, at in (("lags", "100,0,100"), ("times", "3100"))
    )
    assert by_lag["lags"] == by_time["lags"] == [0.0, 100.0]
    assert by_lag["accuracy"] == by_time["accuracy"] and by_lag["test"] == by_time["test"]


@pytest.mark.parametrize(
    ("drifting", "words"),
    [("readout", "the readout drifts, the hidden layers are frozen"), ("all", "all weights drift")],
)
def test_other_weights_may_drift(drifting, words):
    result = ndk(drifting=drifting, lags="2000")
    assert result.exit_code == 0 and words in result.stdout
    (last,) = (line for line in result.stdout.splitlines() if "∞" in line)
    assert last.count("50.0 %") == 2  # nothing is left


def test_norms_are_kept_unless_asked_otherwise():
    """Without them complete decorrelation leaves one output for all, which rounding does not tell apart."""
    content = json.loads(ndk("--json", "--unit-norms", lags="20000").stdout)
    assert content["data"]["norms"] == "unit norms"
    assert content["accuracy_decorrelated"] == {"train": [0.5], "test": [0.5]}
    assert content["accuracy"]["test"][-1] == 0.5 and content["accuracy"]["test"][0] > 0.9


def test_own_data_without_test_labels(tmp_path):
    path = tmp_path / "own.npz"
    rng = np.random.default_rng(0)
    np.savez(path, X=rng.normal(size=(6, 3)), y=[1, 1, 1, 0, 0, 0], X_test=rng.normal(size=(2, 3)))
    result = ndk("--plot", tmp_path / "own.svg", data=path, lags="1000")
    assert result.exit_code == 0 and "–" in result.stdout and "class +0" in result.stdout
    assert json.loads(ndk("--json", data=path, lags="1000").stdout)["accuracy"]["test"] is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"temperature": 0}, "temperature is 0"),
        ({"drifting": "both"}, "hidden, readout, all"),
        ({"freeze": 1e9}, "between 0 and the horizon"),
        ({"freeze": -1}, "between 0 and the horizon"),
        ({"freeze": "nan"}, "between 0 and the horizon"),
        ({"lags": "1,x"}, "--lags is"),
        ({"lags": "-5"}, "--lags"),
        ({"lags": "inf"}, "--lags hold inf"),
        ({"lags": "0,inf"}, "--lags hold inf"),
        ({"lags": "3,-2,inf"}, "--lags hold -2; give finite numbers of at least 0"),
        ({"times": "5e9,nan"}, "--times hold nan; give finite numbers of at least 10000"),
        ({"times": "5e9,7"}, "--times hold 7;"),
        ({"times": "5"}, "--times"),
        ({"times": "5", "lags": "5"}, "one of them"),
        ({"test_per_class": 0}, "test_per_class"),
        ({"per_class": 490}, "at most 480"),
        ({"data": "mnist:1"}, "two digits"),
        ({"horizon": 0}, "horizon"),
        ({"horizon": "nan"}, "horizon"),
        ({"plot": "figure.doc"}, "png"),
        ({"out": "/nowhere/drift.nc"}, "--out"),
    ],
)
def test_mistakes_are_one_line(changes, word, monkeypatch):
    monkeypatch.setattr(drifted, "solve", lambda *_, **__: pytest.fail("computed"))
    result = ndk(**changes)
    assert result.exit_code == 2 and isinstance(result.exception, SystemExit), result.output
    assert result.stdout == "" and result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert word in result.stderr


@pytest.mark.parametrize("labels", [{"y": [1, 2, 3]}, {"y": np.eye(3)[:, :2]}, {"y": [1, 1, 0], "y_test": [2]}])
def test_labels_that_are_no_two_classes(labels, tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, X=np.eye(3), X_test=np.ones((1, 3)), **labels)
    result = ndk(data=path)
    assert result.exit_code == 2 and "class" in result.stderr + "classes" and "labels" in result.stderr


def test_solve_takes_more_test_inputs_and_the_options_agree():
    shared = {option.name: option for option in solve_command.params}
    for option in drift_command.params:
        if option.name in shared and option.name not in ("test_per_class", "raw_norms", "out", "plot"):
            assert option.opts == shared[option.name].opts and option.help == shared[option.name].help
    assert {option.name for option in drift_command.params} - set(shared) == {"freeze", "times", "lags", "drifting"}
    arguments = [part for pair in (SMALL | {"--test-per-class": "3"}).items() for part in pair]
    result = CliRunner().invoke(solve_command, [*arguments, "--json"])
    assert json.loads(result.stdout)["data"]["test_inputs"] == 6


# The figure


def two_classes(gaps):
    """Outputs of 20 inputs whose classes are `gaps` apart."""
    y = np.repeat([1.0, -1.0], 10)
    noise = np.random.default_rng(0).normal(size=20) / 10
    return Prediction(np.array([gap * y / 2 + noise for gap in gaps]), np.zeros((len(gaps), 0))), y


def test_histograms_are_drawn_where_the_classes_cross():
    gaps = np.linspace(2.0, -2.0, 21)
    prediction, y = two_classes(gaps)
    found = chosen(np.arange(21.0), classify.accuracy(prediction, y))
    assert {0, 10, 20} <= set(found.tolist()) and len(found) == 5
    lost, _ = two_classes(np.linspace(2.0, 0.0, 21))
    found = chosen(np.arange(21.0), classify.accuracy(lost, y))
    assert {0, 20} <= set(found.tolist()) and 3 <= len(found) <= 5
    assert chosen(np.arange(3.0), classify.accuracy(two_classes([2, 1, 0])[0], y)).tolist() == [0, 1, 2]


def test_the_figure_shows_counts_thresholds_and_accuracy():
    prediction, y = two_classes(np.linspace(2.0, -2.0, 21))
    figure = plots.drift(prediction, np.arange(21.0), y, unit="in days", title="two classes")
    assert isinstance(figure, Figure) and len(figure.axes) == 6
    *_, last = figure.axes
    assert last.get_xlabel().endswith("in days") and figure.get_suptitle() == "two classes"
    curves = {line.get_label(): line.get_ydata() for line in last.get_lines()}
    measured, kept = (classify.accuracy(prediction, y, fit=fit) for fit in ("each", "first"))
    assert np.array_equal(curves["training"], measured.train)
    assert np.array_equal(curves["training, classifier of $t_0$ kept"], kept.train) and kept.train[-1] == 0
    heights = [patch.get_data().values.sum() for patch in figure.axes[0].patches]
    assert heights == [10.0] * 4  # each class, filled and outlined
    one = plots.drift(Prediction(prediction.train[:1], prediction.test[:1]), [0.0], y)
    assert len(one.axes) == 2


@pytest.mark.parametrize("lags", [[0.0], [0.0, 0.0], [1.0, 0.5], [0.0, np.inf]])
def test_lags_that_do_not_fit(lags):
    prediction, y = two_classes([2.0, 1.0])
    with pytest.raises(InputError, match="lags"):
        plots.drift(prediction, lags, y)
