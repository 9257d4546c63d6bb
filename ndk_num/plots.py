"""Figures of trajectories, kernels and scans, drawn on Figure objects: no pyplot, no display, no global state."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from ndk_num import checks, files, plot_panels
from ndk_num.errors import InputError, shortened
from ndk_num.limits import ends, made, name_of_end
from ndk_num.observables import Phases, StoppingPoint, optimal_stopping_time, phases_of
from ndk_num.observables import phases as find_phases
from ndk_num.plot_drift import drift
from ndk_num.plot_kernels import kernel
from ndk_num.plot_panels import PALETTE
from ndk_num.plot_readout import readout_hidden
from ndk_num.plot_scans import equilibria
from ndk_num.plot_style import STYLE, titled
from ndk_num.sampling import mean_of

if TYPE_CHECKING:
    from ndk_num.trajectory import Prediction, Trajectory

__all__ = ["PALETTE", "drift", "equilibria", "kernel", "readout_hidden", "require_format", "save", "trajectory"]

Array = NDArray[np.float64]

MOST_OUTPUTS = 4  # up to so many outputs are drawn unless asked for
POINTS = 500  # times at which curves are drawn


def trajectory(
    sol: Trajectory,
    *,
    y_test: ArrayLike | None = None,
    ntk: Prediction | None = None,
    nngp: Prediction | None = None,
    phases: Phases | None = None,
    stopping: StoppingPoint | None = None,
    outputs: Sequence[int] | None = None,
    title: str | None = None,
) -> Figure:
    """Draw training and test predictor against time, from 0 through both phases.   Fig. 2

    Training inputs are grouped by label: a line for their mean, a band from the smallest to the largest. Up
    to three test inputs get a panel each; more are grouped like the training inputs. The NTK and NNGP
    equilibria are reference lines; the phases are shaded; with `y_test`, the optimal stopping time is marked.
    Time is logarithmic except next to 0, where the axis is linear.

    Parameters
    ----------
    sol : Trajectory
        Result of `solve`, or of `proximal.solve` with one λ and one T for all steps: its last line is
        `equilibria.proximal`.
    y_test : array (M,) or (M, k), optional
        Labels of the test inputs.
    ntk, nngp : Prediction, optional
        The equilibria; computed when not given.
    phases : Phases, optional
        The time scales; computed when not given.
    stopping : StoppingPoint, optional
        The optimal stopping time, marked if it is inside the run; computed from `y_test` when not given.
    outputs : sequence of int, optional
        Which outputs to draw, one column each; the first four when not given.
    title : str, optional
        Set above the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Write it with `save`.

    Raises
    ------
    InputError
        If `y_test` does not fit the test predictor, an output does not exist, or an option is no such result; for a
        chain whose λ or T change, unless `phases` and `nngp` are given.
    """
    sol = mean_of(sol)
    labels = None if y_test is None else checks.real_array("y_test", y_test)
    if labels is not None and labels.shape != sol.test.shape[1:]:
        raise InputError(f"y_test has shape {labels.shape}; the test predictor needs {sol.test.shape[1:]}")
    phases = find_phases(sol) if phases is None else phases_of(sol, "phases", phases)
    equilibrium = ends(sol, ntk, nngp)
    if stopping is not None:
        made("stopping", stopping, StoppingPoint, "observables.optimal_stopping_time")
    elif labels is not None:
        stopping = optimal_stopping_time(sol, labels)
    if stopping is not None and stopping.where != "interior":
        stopping = None  # a mark at either end of the axis would say nothing
    times = plotting_times(phases)
    chosen = _chosen(outputs, sol)
    columns = [_column(sol.at(times), sol.y, labels, equilibrium, output) for output in chosen]
    with matplotlib.rc_context(STYLE):
        name = "NNGP equilibrium" if nngp is not None else name_of_end(sol)
        fig = plot_panels.draw(columns, times, phases, stopping, linear_until(phases), name)
        for axes, output in zip(fig.axes, chosen, strict=False):  # the first row's axes come first
            if sol.y.ndim == 2:
                axes.set_title(f"output {output + 1}", pad=18)
    return titled(fig, title)


def _chosen(outputs: Sequence[int] | None, sol: Trajectory) -> list[int]:
    count = 1 if sol.y.ndim == 1 else sol.y.shape[1]
    if outputs is None:
        return list(range(min(count, MOST_OUTPUTS)))
    given = list(outputs) if isinstance(outputs, Iterable) and getattr(outputs, "ndim", 1) == 1 else []
    if not given or not all(isinstance(output, Integral) and output in range(count) for output in given):
        raise InputError(f"outputs is {shortened(outputs)}; give numbers from 0 to {count - 1}, at least one")
    return [int(output) for output in given]


def _column(
    sampled: Any, y: Array, labels: Array | None, equilibrium: list[Prediction], output: int
) -> tuple[plot_panels.Panel, ...]:
    """Panels of one output."""

    def pick(array: Array, dimensions: int) -> Array:
        return array if array.ndim == dimensions else array[..., output]

    ntk, nngp = equilibrium
    train = (pick(sampled.train, 2), pick(y, 1), pick(ntk.train, 1), pick(nngp.train, 1))
    test_labels = None if labels is None else pick(labels, 1)
    test = (pick(sampled.test, 2), test_labels, pick(ntk.test, 1), pick(nngp.test, 1))
    return plot_panels.column(train, test)


def save(fig: Figure, path: str | Path | BinaryIO, *, format: str | None = None) -> None:
    """Write a figure with this module's settings; the same trajectory gives the same SVG.

    Parameters
    ----------
    fig : Figure
        Result of a function of this module.
    path : path or binary file
        Where to write. The ending of a path chooses the format.
    format : str, optional
        Format, such as "png", "svg" or "pdf"; needed for a file object.

    Raises
    ------
    InputError
        If Matplotlib cannot write the format, the file cannot be written, or `fig` is no figure.
    """
    if not isinstance(fig, Figure):
        raise InputError(f"fig is {shortened(fig)}; give what a function of ndk_num.plots returns")
    target = path if hasattr(path, "write") else files.local(path)
    ending = format or Path(str(target)).suffix.lstrip(".").lower()
    require_format(ending)
    metadata = {"Date": None} if ending in ("svg", "svgz") else None
    with matplotlib.rc_context(STYLE):
        try:
            fig.savefig(target, format=ending, metadata=metadata)
        except OSError as error:
            raise InputError(
                f"cannot write {path}: {error.strerror or error}; give a path in a writable folder"
            ) from error


def require_format(ending: str) -> None:
    """Raise InputError unless figures can be written in the format a file's ending names."""
    known = FigureCanvasAgg.get_supported_filetypes()
    if ending not in known:
        raise InputError(f"figures cannot be written as {ending!r}; end the name in one of {', '.join(sorted(known))}")


def plotting_times(phases: Phases) -> Array:
    """Times at which curves are drawn: even in t on the linear part of the axis, then in log t."""
    start = linear_until(phases)
    return np.concatenate([np.linspace(0.0, start, 12, endpoint=False), np.geomspace(start, phases.horizon, POINTS)])


def linear_until(phases: Phases) -> float:
    """End of the time axis's linear part: a power of ten a decade or so before anything happens."""
    onset = min(0.1 * phases.fastest, 0.01 * phases.horizon)
    return 10.0 ** math.floor(math.log10(onset))
