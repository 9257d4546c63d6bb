"""The panels of a trajectory's figure: which inputs share a line, and how a panel is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from ndk_num.observables import Phases, StoppingPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

# Okabe and Ito's colours: told apart by colour-blind readers, and by their lightness in grey print.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#8F4B86", "#56B4E9", "#B8860B")
INK, GREY, TARGET = "#222222", "#555555", "#ABABAB"
GRADIENT_SHADE, DIFFUSIVE_SHADE = "#FBF1DD", "#E6EFF7"
GRADIENT_INK, DIFFUSIVE_INK = "#8A5A00", "#23587F"
DOTTED, DASHED, DOT_DASH = (0, (1, 1.6)), (0, (4.5, 2)), (0, (4, 1.5, 1, 1.5))

MOST_CLASSES = 6  # up to so many different labels are drawn as classes
MOST_PANELS = 3  # up to so many test inputs get a panel each


@dataclass(frozen=True)
class Band:
    """Inputs drawn as one line: the mean of their predictors, with the range from smallest to largest."""

    label: str
    color: str
    members: NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Predictors (times, inputs) of some inputs for one output, their labels and equilibria (inputs,)."""

    name: str
    values: Array
    bands: tuple[Band, ...]
    targets: Array | None
    ntk: Array
    nngp: Array
    is_test: bool


def bands(labels: Array | None, count: int) -> tuple[Band, ...]:
    """Group inputs by label; where there are too many different labels, into four groups of similar ones."""
    if labels is None:
        return (Band("test inputs", PALETTE[2], np.arange(count)),)
    classes = np.unique(labels)[::-1]
    if len(classes) <= MOST_CLASSES:
        groups = [(f"inputs with label {signed(value)}", np.flatnonzero(labels == value)) for value in classes]
    else:
        parts = np.array_split(np.argsort(-labels, kind="stable"), 4)
        groups = [(f"labels {signed(labels[part].min())} to {signed(labels[part].max())}", part) for part in parts]
    return tuple(Band(text, PALETTE[i], members) for i, (text, members) in enumerate(groups))


def signed(value: float) -> str:
    """A label with its sign."""
    return f"{value:+.2g}".replace("-", "−") if value else "0"


def column(
    train: tuple[Array, Array, Array, Array], test: tuple[Array, Array | None, Array, Array]
) -> tuple[Panel, ...]:
    """Panels of one output, from (values, labels, NTK, NNGP) of the training and of the test inputs."""
    values, y, ntk, nngp = train
    train_bands = bands(y, len(y))
    panels = [Panel(name="training", values=values, bands=train_bands, targets=y, ntk=ntk, nngp=nngp, is_test=False)]
    values, labels, ntk, nngp = test
    count = values.shape[1]
    colors = {band.label: band.color for band in train_bands}
    parts: list[tuple[NDArray[np.intp], str]]
    if count > MOST_PANELS:
        parts = [(np.arange(count), "test")]
    else:
        parts = [(np.array([i]), "test" if count == 1 else f"test {i + 1}") for i in range(count)]
    for part, name in parts:
        targets = None if labels is None else labels[part]
        grouped = tuple(
            Band(band.label, colors.get(band.label, GREY), band.members) for band in bands(targets, len(part))
        )
        panels.append(
            Panel(
                name=name,
                values=values[:, part],
                bands=grouped,
                targets=targets,
                ntk=ntk[part],
                nngp=nngp[part],
                is_test=True,
            )
        )
    return tuple(panels)


def draw(
    columns: list[tuple[Panel, ...]],
    times: Array,
    phases: Phases,
    stopping: StoppingPoint | None,
    linear_until: float,
    end: str,
) -> Figure:
    """Lay out one column of panels for each output; all share the time axis. `end` names the last equilibrium."""
    rows = len(columns[0])
    width = 6.4 if len(columns) == 1 else 2.2 + 3.1 * len(columns)
    fig = Figure(figsize=(width, 1.25 + 1.55 * rows), layout="constrained")
    grid = fig.subplots(rows, len(columns), sharex=True, squeeze=False)
    for j, panels in enumerate(columns):
        _time_axis(grid[-1, j], linear_until, phases.horizon)
        grid[-1, j].set_xlabel("time $t$")
        for i, panel in enumerate(panels):
            axes = grid[i, j]
            _draw_panel(axes, panel, times)
            _shade(axes, phases, named=i == 0)
            if panel.is_test and stopping is not None:
                _mark_stopping(axes, panel, times, stopping)
            axes.set_ylabel(f"{panel.name} predictor" if j == 0 else "")
        if not _same_bands(columns):
            grid[0, j].legend(
                handles=_band_handles(panels[:1]), loc="upper left", fontsize=7, borderaxespad=0.1,
                frameon=True, facecolor=GRADIENT_SHADE, edgecolor="none", framealpha=0.9,
            ).set_in_layout(False)  # fmt: skip
    fig.align_ylabels(grid[:, 0])
    handles = _legend(columns, phases, stopping, end)
    fig.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 3), columnspacing=1.8)
    return fig


def _same_bands(columns: list[tuple[Panel, ...]]) -> bool:
    """Whether one legend for the lines serves all columns."""
    return len({tuple((band.label, band.color) for band in panels[0].bands) for panels in columns}) == 1


def _draw_panel(axes: Axes, panel: Panel, times: Array) -> None:
    if panel.targets is not None:
        for target in np.unique(panel.targets) if len(np.unique(panel.targets)) <= MOST_CLASSES else ():
            axes.axhline(target, color=TARGET, linewidth=0.9, zorder=1)
    for band in panel.bands:
        values = panel.values[:, band.members]
        if len(band.members) > 1:
            axes.fill_between(
                times,
                values.min(axis=1),
                values.max(axis=1),
                color=band.color,
                alpha=0.22,
                linewidth=0,
                zorder=2,
            )
        axes.plot(times, values.mean(axis=1), color=band.color, zorder=4)
        for reference, dashes in ((panel.ntk, DOTTED), (panel.nngp, DASHED)):
            level = reference[band.members].mean()
            axes.axhline(level, color=INK, linewidth=0.9, linestyle=dashes, zorder=3)
    axes.margins(y=0.09)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}".replace("-", "−")))


def _shade(axes: Axes, phases: Phases, *, named: bool) -> None:
    """Shade the gradient-driven phase up to the crossover, and the diffusive phase after it.

    At high temperature diffusion sets in, at σ²/T, before the residual has fallen.
    """
    end = phases.gradient_end
    spans = [(0.0, end, GRADIENT_SHADE, "gradient-driven", GRADIENT_INK)]
    if end < phases.horizon and np.isfinite(phases.diffusive):
        spans.append((end, phases.horizon, DIFFUSIVE_SHADE, "diffusive", DIFFUSIVE_INK))
    for left, right, shade, name, ink in spans:
        axes.axvspan(left, right, color=shade, linewidth=0, zorder=0)
        start, stop = (_fraction(axes, value) for value in (left, right))
        if named and stop - start > 0.09:  # narrower than the word: the shade alone must do
            axes.text(
                0.5 * (start + stop), 1.03, name, transform=axes.transAxes, ha="center", va="bottom",
                color=ink, style="italic",
            )  # fmt: skip
    if 0 < phases.diffusive < phases.horizon:
        axes.axvline(phases.diffusive, color=DIFFUSIVE_INK, linewidth=0.9, linestyle=DOT_DASH, zorder=1)


def _fraction(axes: Axes, time: float) -> float:
    """Where on the time axis a time lies, between 0 (left end) and 1 (right end)."""
    point = axes.transData.transform((time, axes.get_ylim()[0]))
    return float(axes.transAxes.inverted().transform(point)[0])


def _mark_stopping(axes: Axes, panel: Panel, times: Array, stopping: StoppingPoint) -> None:
    axes.axvline(stopping.time, color=INK, linewidth=0.6, zorder=2)
    for band in panel.bands:
        level = np.interp(stopping.time, times, panel.values[:, band.members].mean(axis=1))
        axes.plot(
            [stopping.time], [level], marker="o", markersize=5.5, markerfacecolor="white",
            markeredgecolor=band.color, markeredgewidth=1.5, zorder=6, clip_on=False, linestyle="none",
        )  # fmt: skip


def _time_axis(axes: Axes, linear_until: float, horizon: float) -> None:
    """Linear from 0 to the first decade, logarithmic from there; a label on at most about eight decades."""
    axes.set_xscale("symlog", linthresh=linear_until, linscale=0.45)
    axes.set_xlim(0.0, horizon)
    first, last = round(np.log10(linear_until)), int(np.floor(np.log10(horizon) + 1e-9))
    decades = np.arange(first, last + 1)
    every = max(1, int(np.ceil(len(decades) / 8)))
    axes.xaxis.set_major_locator(FixedLocator([0.0, *(10.0**decades)]))
    labelled = {int(decade) for decade in decades[::every]}
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _decade(value, labelled)))
    minor = np.outer(10.0**decades, np.arange(2, 10)).ravel()
    axes.xaxis.set_minor_locator(FixedLocator(minor[minor <= horizon].tolist() if every == 1 else []))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _decade(value: float, labelled: set[int]) -> str:
    if value == 0:
        return "0"
    power = round(np.log10(value))
    if power not in labelled:
        return ""
    return f"${value:g}$" if power in (0, 1) else f"$10^{{{power}}}$"


def _band_handles(panels: Iterable[Panel]) -> list[Line2D]:
    distinct = dict.fromkeys((band.label, band.color) for panel in panels for band in panel.bands)
    return [Line2D([], [], color=color, label=text) for text, color in distinct]


def _legend(columns: list[tuple[Panel, ...]], phases: Phases, stopping: StoppingPoint | None, end: str) -> list[Any]:
    """Everything the panels share."""
    panels = [panel for panels in columns for panel in panels]
    handles: list[Any] = _band_handles(panels) if _same_bands(columns) else []
    if any(len(band.members) > 1 for panel in panels for band in panel.bands):
        handles.append(Patch(color=GREY, alpha=0.25, linewidth=0, label="smallest to largest"))
    if any(panel.targets is not None and len(np.unique(panel.targets)) <= MOST_CLASSES for panel in panels):
        handles.append(Line2D([], [], color=TARGET, linewidth=0.9, label="label"))
    handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=DOTTED, label="NTK equilibrium"))
    handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=DASHED, label=end))
    if 0 < phases.diffusive < phases.horizon:
        line: dict[str, Any] = {"color": DIFFUSIVE_INK, "linewidth": 0.9, "linestyle": DOT_DASH}
        handles.append(Line2D([], [], **line, label=r"$t = \sigma^2/T$"))
    if stopping is not None:
        marker: dict[str, Any] = {
            "marker": "o",
            "markersize": 5.5,
            "markerfacecolor": "white",
            "markeredgewidth": 1.5,
        }
        text = f"optimal stopping, $t = {number(stopping.time)}$"
        handles.append(Line2D([], [], color=INK, linewidth=0.6, **marker, label=text))
    return handles


def number(value: float) -> str:
    """Three digits, in TeX's notation for powers of ten where they are needed."""
    text = f"{value:.3g}"
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}"
