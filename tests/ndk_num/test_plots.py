"""Figures: what they show is what was computed, for every shape of trajectory, without a display."""

import io
import subprocess
import sys

import matplotlib
import numpy as np
import pytest

from ndk_num import InputError, Network, equilibria, plots, solve
from ndk_num.datasets import load
from ndk_num.observables import optimal_stopping_time, phases
from tests.ndk_num.fakes import FakeTrajectory
from tests.tolerances import MINIMUM_PLACE

SCALES = {"temperature": 1e-2, "sigma2": 1.0, "sigma02": 0.5}


@pytest.fixture(scope="module")
def synthetic():
    data = load("synthetic:4")
    sol = solve(Network(depth=1, activation="erf", **SCALES), data.X, data.y, data.X_test, rtol=1e-5)
    return data, sol


def solved(y, *, tests=1, temperature=1e-2, **options):
    X = np.sqrt(8) * np.eye(8)
    net = Network(depth=1, activation="linear", temperature=temperature)
    X_test = X[:tests] + X[1 : tests + 1] if tests else None
    return solve(net, X[: len(y)], y, X_test, rtol=1e-4, **options)


def lines_at(axes, level):
    """Horizontal lines at a level."""
    return [line for line in axes.lines if len(set(line.get_ydata())) == 1 and np.isclose(line.get_ydata()[0], level)]


def vertical(axes):
    return [
        line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2 and len(set(line.get_xdata())) == 1
    ]


def test_curves_are_the_predictors(synthetic):
    data, sol = synthetic
    train, test = plots.trajectory(sol, y_test=data.y_test).axes
    for axes, values in ((train, lambda p: p.train[:, :2].mean(axis=1)), (test, lambda p: p.test[:, 0])):
        curve = max(axes.lines, key=lambda line: len(line.get_xdata()))
        expected = values(sol.at(curve.get_xdata()))
        np.testing.assert_allclose(curve.get_ydata(), expected, atol=1e-12)
        assert curve.get_xdata()[0] == 0 and curve.get_xdata()[-1] == sol.horizon


def test_equilibria_are_reference_lines_with_their_own_dashes(synthetic):
    data, sol = synthetic
    axes = plots.trajectory(sol, y_test=data.y_test).axes[1]
    styles = [
        {
            str(line.get_dashes() if hasattr(line, "get_dashes") else line._dash_pattern)
            for line in lines_at(axes, level)
        }
        for level in (
            equilibria.ntk(sol.network, sol.X, sol.y, sol.X_test).test[0],
            equilibria.nngp(sol.network, sol.X, sol.y, sol.X_test).test[0],
        )
    ]
    assert all(len(style) == 1 for style in styles) and styles[0] != styles[1]


def test_phases_and_stopping_time_are_marked(synthetic):
    data, sol = synthetic
    found, stopping = phases(sol), optimal_stopping_time(sol, data.y_test)
    fig = plots.trajectory(sol, y_test=data.y_test)
    train, test = fig.axes
    names = {text.get_text(): text.get_position()[0] for text in train.texts}
    assert set(names) == {"gradient-driven", "diffusive"} and names["gradient-driven"] < names["diffusive"]
    shades = [patch.get_extents().transformed(train.transData.inverted()) for patch in train.patches]
    assert shades[0].x1 == pytest.approx(found.crossover, rel=1e-6) == pytest.approx(shades[1].x0, rel=1e-6)
    assert any(x == pytest.approx(stopping.time, rel=MINIMUM_PLACE) for x in vertical(test))
    assert not any(x == pytest.approx(stopping.time, rel=MINIMUM_PLACE) for x in vertical(train))
    assert any(x == pytest.approx(found.diffusive) for x in vertical(test))
    labels = [text.get_text() for text in fig.legends[0].get_texts()]
    assert {"NTK equilibrium", "NNGP equilibrium", "label"} <= set(labels)
    assert len(labels) == len(set(labels))


def test_gradient_flow_has_no_diffusive_shade():
    train = plots.trajectory(solved(np.array([1.0, -1.0]), temperature=0.0)).axes[0]
    assert [text.get_text() for text in train.texts] == ["gradient-driven"]


def test_diffusion_that_sets_in_before_the_residual_has_fallen():
    sol = solved(np.array([1.0, -1.0]), temperature=10.0)
    found = phases(sol)
    train = plots.trajectory(sol).axes[0]
    gradient, diffusive = (patch.get_extents().transformed(train.transData.inverted()) for patch in train.patches)
    assert found.diffusive < found.crossover
    assert gradient.x1 == pytest.approx(found.diffusive) == pytest.approx(diffusive.x0)


def test_a_stopping_time_at_the_end_is_not_marked():
    sol = solved(np.array([1.0, -1.0]), temperature=0.0)
    assert optimal_stopping_time(sol, [0.0]).where == "start"
    fig = plots.trajectory(sol, y_test=[0.0])
    assert not any("stopping" in text.get_text() for text in fig.legends[0].get_texts())


def test_run_that_ends_in_the_gradient_phase():
    train = plots.trajectory(solved(np.array([1.0, -1.0]), horizon=0.05)).axes[0]
    assert [text.get_text() for text in train.texts] == ["gradient-driven"]


@pytest.mark.parametrize(
    ("y", "tests", "panels"),
    [
        (np.array([1.0, -1.0]), 0, 1),
        (np.array([1.0, -1.0]), 3, 4),
        (np.array([1.0, -1.0]), 4, 2),  # many tests share a panel
        (np.array([1.0]), 1, 2),
        (np.zeros(3), 1, 2),
        (np.linspace(-1, 1, 8), 1, 2),  # a regression: more labels than colours
        (np.eye(3), 2, 9),
        (np.eye(8), 1, 8),  # eight outputs: four are drawn
        (np.ones((2, 1)), 1, 2),
    ],
)
def test_every_shape_of_trajectory_can_be_drawn(y, tests, panels):
    sol = solved(y, tests=tests)
    fig = plots.trajectory(sol, y_test=np.ones((tests, *y.shape[1:])) if tests else None, title="A title")
    assert len(fig.axes) == panels
    fig.draw_without_rendering()


def test_hundred_training_inputs_are_a_few_artists():
    data = load("mnist:0,1", per_class=50)
    sol = FakeTrajectory(
        train_path=lambda t: -np.expm1(-t) * data.y,
        test_path=lambda t: -np.expm1(-t) * data.y_test,
        y=data.y,
        X=data.X,
        X_test=data.X_test,
        horizon=1e3,
        network=Network(depth=1, activation="erf", temperature=0.1),
    )
    axes = plots.trajectory(sol, y_test=data.y_test).axes[0]
    assert len(axes.lines) < 12 and len(axes.collections) == 2


def test_outputs_can_be_chosen():
    sol = solved(np.eye(8))
    fig = plots.trajectory(sol, outputs=[6])
    assert [axes.get_title() for axes in fig.axes] == ["output 7", ""]


@pytest.mark.parametrize("outputs", [[8], [-1], []])
def test_bad_outputs(outputs):
    with pytest.raises(InputError, match="outputs"):
        plots.trajectory(solved(np.eye(8)), outputs=outputs)


def test_bad_test_labels(synthetic):
    with pytest.raises(InputError, match="y_test"):
        plots.trajectory(synthetic[1], y_test=[1.0, 2.0])


def test_figure_is_written(synthetic, tmp_path):
    path = tmp_path / "figure.PNG"
    plots.save(plots.trajectory(synthetic[1]), path)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["figure", "figure.txt", "figure."])
def test_unknown_format(synthetic, tmp_path, name):
    with pytest.raises(InputError, match="png"):
        plots.save(plots.trajectory(synthetic[1]), tmp_path / name)


def test_svg_is_reproducible_and_settings_stay_local(synthetic):
    before = dict(matplotlib.rcParams)
    written = []
    for _ in range(2):
        buffer = io.BytesIO()
        plots.save(plots.trajectory(synthetic[1]), buffer, format="svg")
        written.append(buffer.getvalue())
    assert written[0] == written[1]
    assert dict(matplotlib.rcParams) == before


def test_pyplot_is_not_imported():
    code = "import ndk_num.plots, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
