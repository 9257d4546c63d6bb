"""Figures of scans, kernels and predictors of two times: what they show is what was computed."""

import io

import matplotlib
import numpy as np
import pytest

from ndk_num import InputError, Network, equilibria, plot_kernels, plots, readout_hidden, solve
from ndk_num import kernel as kernel_of
from ndk_num.datasets import load
from tests.tolerances import FOURTEEN_DIGITS

DATA = load("synthetic:4")
NET = Network(depth=1, activation="erf", temperature=1e-2, sigma02=0.5)


@pytest.fixture(scope="module")
def scan():
    X_test = np.concatenate([DATA.X_test, DATA.X[:1] + DATA.X[2:3]])
    return equilibria.scan(
        NET, DATA.X, DATA.y, X_test, depth=[1, 2, 3], ratio=[0.5, 1.0], y_test=[1.0, 0.0], covariance=True
    )


@pytest.fixture(scope="module")
def sol():
    return solve(NET, DATA.X, DATA.y, DATA.X_test, rtol=1e-3)


def curves(axes, count):
    return [line for line in axes.lines if len(line.get_xdata()) == count and line.get_marker() in ("o", "s")]


def texts(fig):
    return [text.get_text() for text in fig.legends[0].get_texts()]


# equilibria


def test_lines_are_the_equilibria(scan):
    fig = plots.equilibria(scan)
    first, second, errors = fig.axes
    for axes, names in ((first, ("ntk", "nngp")), (second, ("ntk", "nngp")), (errors, ("ntk_test_error", "nngp"))):
        for line in curves(axes, 3):
            assert line.get_xdata().tolist() == [1, 2, 3]
        drawn = [line.get_ydata() for line in curves(axes, 3)]
        assert len(drawn) == 3  # the NNGP equilibrium does not depend on the ratio: one line
        ntk = scan[names[0]] if axes is errors else scan.ntk.isel(test=0 if axes is first else 1)
        np.testing.assert_array_equal(drawn[:2], ntk.transpose("ratio", "depth").values)
        nngp = scan.nngp_test_error if axes is errors else scan.nngp.isel(test=0 if axes is first else 1)
        np.testing.assert_array_equal(drawn[2], nngp.values)
    labels = texts(fig)
    assert "NTK equilibrium" in labels and sum("sigma" in label for label in labels) == 2
    assert not any("deviation" in label for label in labels)


def test_an_equilibrium_that_does_not_depend_on_the_axis_is_level(scan):
    axes, bottom = plots.equilibria(scan, axis="ratio", tests=[1]).axes
    levels = [line.get_ydata() for line in curves(axes, 2) if line.get_marker() == "s"]
    np.testing.assert_array_equal(levels, np.repeat(scan.nngp.isel(test=1).values[:, None], 2, axis=1))
    assert bottom.get_xscale() == "log"
    assert [text.get_text() for text in bottom.get_xticklabels()] == ["0.5", "1"]


def test_bands_are_standard_deviations(scan):
    fig = plots.equilibria(scan.isel(ratio=0), tests=[0])
    band = fig.axes[0].collections[0].get_paths()[0].vertices
    expected = scan.ntk.isel(ratio=0, test=0) + np.sqrt(scan.ntk_cov.isel(ratio=0, test=0, test2=0))
    assert set(np.round(expected.values, 12)) <= set(np.round(band[:, 1], 12))
    assert "± standard deviation" in texts(fig)


@pytest.mark.parametrize("axis", ["size", "temperature"])
def test_other_axes_and_orders(axis):
    values = {"size": [4, 1, 2], "temperature": [1.0, 0.0, 0.1]}[axis]
    found = equilibria.scan(NET, DATA.X, np.stack([DATA.y, 2 * DATA.y], axis=1), DATA.X_test, **{axis: values})
    fig = plots.equilibria(found, output=1)
    for line in curves(fig.axes[0], 3):
        assert line.get_xdata().tolist() == sorted(values)
    nngp = next(line for line in curves(fig.axes[0], 3) if line.get_marker() == "s")
    expected = found.nngp.isel(test=0, output=1).sortby(axis).values
    np.testing.assert_array_equal(nngp.get_ydata(), expected)
    fig.draw_without_rendering()


def test_many_test_inputs_leave_the_error():
    found = equilibria.scan(NET, DATA.X, DATA.y, DATA.X, depth=[1, 2], y_test=DATA.y)
    assert [axes.get_ylabel() for axes in plots.equilibria(found).axes] == ["test error"]
    assert len(plots.equilibria(found.drop_vars(["ntk_test_error", "nngp_test_error"])).axes) == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"axis": "size"}, "the scan has depth, ratio"),
        ({"tests": [2]}, "numbers from 0 to 1"),
        ({"tests": 1}, "numbers from 0 to 1"),
        ({"output": 1}, "from 0 to 0"),
        ({"scan": None}, "equilibria.scan returns"),
        ({"scan": DATA}, "equilibria.scan returns"),
    ],
)
def test_bad_scans(scan, change, words):
    with pytest.raises(InputError, match=words):
        plots.equilibria(**({"scan": scan} | change))


def test_scans_with_too_many_or_no_axes(scan):
    with pytest.raises(InputError, match="one point only"):
        plots.equilibria(scan.isel(depth=0, ratio=0))
    three = equilibria.scan(NET, DATA.X, DATA.y, DATA.X_test, depth=[1], ratio=[1.0], size=[2])
    with pytest.raises(InputError, match="a figure shows two"):
        plots.equilibria(three)
    long = equilibria.scan(NET, DATA.X, DATA.y, DATA.X_test, depth=range(1, 9), ratio=np.geomspace(0.1, 1, 7))
    with pytest.raises(InputError, match="at most 6"):
        plots.equilibria(long)


# kernels


def maps(fig):
    """Axes with a mesh that are no colour bar, and what they show."""
    shown = [axes for axes in fig.axes if axes.get_yscale() == "log"]
    return shown, [axes.collections[0].get_array().reshape(200, 200) for axes in shown]


def drawn_kernels(kind):
    pairs, depths, ratios = [(0, 0), (1, 4)], [1, 2], [0.5, 2.0]
    X = np.concatenate([DATA.X, DATA.X_test + 0.3 * DATA.X[1:2]])
    fig = plots.kernel(NET, X, pairs=pairs, depths=depths, ratios=ratios, kind=kind)
    return X, pairs, depths, ratios, *maps(fig)


def compare(kind):
    """Every map at some pairs of times with `kernel`; return how many were."""
    X, pairs, depths, ratios, axes, values = drawn_kernels(kind)
    times = np.geomspace(*axes[0].get_xlim(), 200)
    places = [(0, 0), (150, 20), (199, 199), (180, 175)]
    order = [(depth, pair, ratio) for depth in depths for pair in pairs for ratio in ratios]
    for (depth, (i, j), ratio), shown in zip(order, values, strict=True):
        net = Network(depth=depth, activation="erf", temperature=1e-2, sigma02=ratio)
        for t, s in places:
            expected = kernel_of(net, times[t], times[s], X[i : i + 1], X[j : j + 1], kind=kind)[0, 0]
            assert shown[s, t] == pytest.approx(expected, rel=10 * FOURTEEN_DIGITS, abs=1e-13)
        assert np.ma.is_masked(shown[180, 20])  # s > t
    return len(order) * len(places)


@pytest.mark.parametrize("kind", ["ndk", "two_time", "derivative"])
def test_maps_are_the_kernels(kind):
    assert compare(kind) == 32


def test_a_map_with_exchanged_times_is_caught(monkeypatch):
    honest = plot_kernels.pairwise
    monkeypatch.setattr(plot_kernels, "pairwise", lambda net, t, s, *rest: honest(net, s, t, *rest))
    with pytest.raises(AssertionError):
        compare("ndk")


def test_times_span_both_phases_and_may_be_given():
    (axes, *_), _ = maps(plots.kernel(NET, DATA.X, pairs=[(0, 0), (0, 1)]))
    largest = np.linalg.eigvalsh(kernel_of(NET, 0, 0, DATA.X[:2]))[-1]
    assert axes.get_xlim() == pytest.approx((0.1 / largest, 1000.0))
    (axes, *_), _ = maps(plots.kernel(NET, DATA.X, times=(2.0, 50.0)))
    assert axes.get_xlim() == pytest.approx((2.0, 50.0)) == axes.get_ylim()


def test_lines_below_are_equal_times_and_the_start():
    fig = plots.kernel(NET, DATA.X, pairs=[(0, 0)])
    below = next(axes for axes in fig.axes if axes.get_xlabel() == "later time $t$")
    equal, start = below.lines[:2]
    for place in (0, 120, 199):
        t = equal.get_xdata()[place]
        unit = kernel_of(NET, 0.0, 0.0, DATA.X[:1])[0, 0]
        assert equal.get_ydata()[place] == pytest.approx(kernel_of(NET, t, t, DATA.X[:1])[0, 0] / unit)
        assert start.get_ydata()[place] == pytest.approx(kernel_of(NET, t, 0.0, DATA.X[:1])[0, 0] / unit, abs=1e-12)
    assert "NTK on the colour bar" in texts(fig)


def test_ratios_may_be_an_array():
    net = Network(depth=1, activation="erf", temperature=0.1)
    figures = [plots.kernel(net, np.eye(2), ratios=r) for r in ([1, 2], np.array([1, 2]))]
    one, other = ([axes.get_title() for axes in figure.axes] for figure in figures)
    assert one == other


def test_kernels_of_both_signs_and_of_orthogonal_inputs():
    X = np.array([[1.0, 0.0], [-1.0, 0.1], [0.0, 1.0]])
    fig = plots.kernel(NET, X, pairs=[(0, 1), (0, 2)])
    fig.draw_without_rendering()
    _, (negative, zero) = maps(fig)
    assert np.nanmax(negative) <= 0 and not np.nanmax(np.abs(zero))


def test_ten_decades_are_drawn():
    plots.kernel(Network(depth=2, activation="relu", temperature=1e-8), DATA.X).draw_without_rendering()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pairs": [(0, 4)]}, "from 0 to 3"),
        ({"pairs": []}, "give pairs"),
        ({"pairs": [0]}, "give pairs"),
        ({"pairs": 3}, "give pairs"),
        ({"pairs": [(0, 1.5)]}, "give pairs"),
        ({"depths": [0]}, "depth is 0"),
        ({"depths": range(1, 20)}, "choose from 1 to 24"),
        ({"depths": []}, "choose from 1 to 24"),
        ({"ratios": [0.0]}, "positive number"),
        ({"ratios": ["1"]}, "positive number"),
        ({"times": (1.0, 0.5)}, "above 0 and increasing"),
        ({"times": (0.0, 0.5)}, "above 0 and increasing"),
        ({"times": 3.0}, "above 0 and increasing"),
        ({"kind": "hidden"}, "choose one of ndk"),
        ({"kind": ["ndk"]}, "choose one of ndk"),
        ({"net": None}, "give an ndk_num.Network"),
        ({"net": Network(depth=1, activation="erf", temperature=0.0)}, "T > 0"),
        ({"X": [1.0]}, "X has shape"),
    ],
)
def test_bad_kernels(change, words):
    with pytest.raises(InputError, match=words) as found:
        plots.kernel(**({"net": NET, "X": DATA.X} | change))
    assert "\n" not in str(found.value)


# readout and hidden layers of different times


def test_map_of_two_times_is_the_predictor(sol):
    fig = plots.readout_hidden(sol, points=6)
    axes = fig.axes[0]
    shown = np.asarray(axes.collections[0].get_array()).reshape(6, 6)
    times = np.geomspace(*axes.get_xlim(), 6)
    assert times[-1] == pytest.approx(200.0)  # 2 σ²/T
    expected = readout_hidden(sol, times[[1, 5]], times[[4]]).test[:, 0, 0]
    assert shown[4, [1, 5]] == pytest.approx(expected, abs=1e-9)  # rows are times of the hidden layers
    assert np.diagonal(shown) == pytest.approx(sol.at(times).test[:, 0], abs=2e-3)
    assert "readout" in axes.get_xlabel() and "hidden" in axes.get_ylabel()


def test_outputs_and_times_of_two_time_maps():
    y = np.stack([DATA.y, -2 * DATA.y], axis=1)
    many = solve(NET, DATA.X, y, np.repeat(DATA.X_test, 2, axis=0), horizon=20.0, rtol=1e-3)
    fig = plots.readout_hidden(many, test=1, output=1, times=(0.5, 20.0), points=3)
    shown = np.asarray(fig.axes[0].collections[0].get_array()).reshape(3, 3)
    assert shown[2, 2] == pytest.approx(many.at([20.0]).test[0, 1, 1], abs=4e-3)
    assert fig.axes[0].get_xlim() == pytest.approx((0.5, 20.0))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"test": 1}, "test is 1"),
        ({"output": 1}, "output is 1"),
        ({"points": 2}, "at least 3"),
        ({"times": (1.0, 1e9)}, "times lie between"),
        ({"times": (2.0, 1.0)}, "increasing"),
        ({"sol": None}, r"ndk_num\.solve"),
    ],
)
def test_bad_maps(sol, change, words):
    with pytest.raises(InputError, match=words):
        plots.readout_hidden(**({"sol": sol} | change))


def test_figures_are_reproducible_and_settings_stay_local(scan, sol):
    before = dict(matplotlib.rcParams)
    for draw in (
        lambda: plots.equilibria(scan, title="$a_{"),
        lambda: plots.readout_hidden(sol, points=3),
    ):
        written = []
        for _ in range(2):
            buffer = io.BytesIO()
            plots.save(draw(), buffer, format="svg")
            written.append(buffer.getvalue())
        assert written[0] == written[1]
    plots.kernel(NET, DATA.X, title="A title")
    assert dict(matplotlib.rcParams) == before
