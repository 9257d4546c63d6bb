"""Figure of the predictor whose readout weights and hidden layers are of different times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ndk_num import checks, readout
from ndk_num.errors import InputError, shortened
from ndk_num.observables import Phases, grid, phases
from ndk_num.plot_maps import heat_map
from ndk_num.plot_panels import DIFFUSIVE_INK, DOT_DASH
from ndk_num.plot_style import STYLE, titled

if TYPE_CHECKING:
    from ndk_num.trajectory import Trajectory

Array = NDArray[np.float64]

POINTS = 32  # times along each axis


def readout_hidden(
    sol: Trajectory,
    *,
    test: int = 0,
    output: int = 0,
    times: tuple[float, float] | None = None,
    points: int = POINTS,
    title: str | None = None,
) -> Figure:
    """Draw the test predictor with readout weights of one time and hidden layers of another.   (SI 53–58)

    On the diagonal it is the predictor itself.

    Parameters
    ----------
    sol : Trajectory
        A solved network.
    test, output : int
        Test input and output, from 0.
    times : (float, float), optional
        First and last time of both axes; when not given from a tenth of the fastest scale of the gradient-driven phase
        to 2 σ²/T or the horizon. Later on, the predictor depends on t − u.
    points : int
        Times along each axis, evenly spaced in log t; at least 3. Each pair of them costs an integral.
    title : str, optional
        Set above the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        For something else than a trajectory, a test input or output that does not exist, times outside (0, horizon], or
        fewer than 3 points.
    """
    readout.require_trajectory(sol)
    shape = (len(sol.X_test), *sol.y.shape[1:])
    for name, value, count in (("test", test, shape[0]), ("output", output, shape[1] if len(shape) == 2 else 1)):
        if value not in range(count):
            raise InputError(f"{name} is {shortened(value)}; the trajectory has {count}, counted from 0")
    scales = phases(sol)
    drawn = _times(sol, times, scales, points)
    values = readout.readout_hidden(sol, drawn, drawn).test[:, :, test]
    values = values if values.ndim == 2 else values[..., output]
    with matplotlib.rc_context(STYLE):
        return titled(_predictor(drawn, values, f"test predictor{_which(test, shape)}", scales.diffusive), title)


def _which(test: int, shape: tuple[int, ...]) -> str:
    return f", input {test + 1}" if shape[0] > 1 else ""


def _times(sol: Trajectory, times: Any, scales: Phases, points: int) -> Array:
    """Times of both axes, evenly spaced in log t."""
    count = len(grid(sol, points=points))  # validated there
    first, last = min(0.1 * scales.fastest, 0.01 * scales.horizon), min(2.0 * scales.diffusive, scales.horizon)
    if times is not None:
        given = checks.times("times", times, horizon=sol.horizon)
        if len(given) != 2 or not 0 < given[0] < given[1]:
            raise InputError(f"times is {shortened(times)}; give the first and the last, above 0 and increasing")
        first, last = given.tolist()
    found = np.geomspace(first, last, count)
    found[-1] = last  # geomspace may round past it
    return found


def _predictor(times: Array, values: Array, label: str, mark: float) -> Figure:
    """One map of a predictor whose readout weights (first axis) and hidden layers are of different times."""
    fig = Figure(figsize=(4.9, 4.0), layout="constrained")
    axes = fig.subplots()
    mesh = heat_map(axes, times, times, values)
    fig.colorbar(mesh, ax=axes, pad=0.02, aspect=30, label=label).outline.set_visible(False)
    axes.set_box_aspect(1)
    axes.plot(times, times, color="white", linewidth=0.9)
    axes.annotate("the predictor", (times[len(times) // 8],) * 2, xytext=(-3, 3), textcoords="offset points",
                  color="white", rotation=45, rotation_mode="anchor", ha="left", va="bottom")  # fmt: skip
    if times[0] < mark < times[-1]:
        axes.axvline(mark, color="white", linewidth=0.9, linestyle=DOT_DASH)
        axes.axhline(mark, color="white", linewidth=0.9, linestyle=DOT_DASH)
        axes.text(mark, 1.01, r"$\sigma^2/T$", transform=axes.get_xaxis_transform(), ha="center", va="bottom",
                  color=DIFFUSIVE_INK)  # fmt: skip
    axes.set_xlabel("time of the readout weights $t$")
    axes.set_ylabel("time of the hidden layers $u$")
    return fig
