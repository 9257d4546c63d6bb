"""The figure of a drift: histograms of the outputs of two classes at some times, and accuracy against time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator
from numpy.typing import ArrayLike

from ndk_num import checks, classify
from ndk_num.checks import Array, Index
from ndk_num.classify import Accuracy, Histograms
from ndk_num.errors import InputError
from ndk_num.plot_panels import DASHED, DOTTED, GREY, INK, PALETTE, TARGET, signed
from ndk_num.plot_style import STYLE, require_label, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ndk_num.trajectory import Prediction

__all__ = ["chosen", "drift"]

_LETTERS = "abcde"
MOST = len(_LETTERS)  # histograms
_LARGEST = 1e300  # outputs above which Matplotlib's axes overflow
_DEEP = 0.15  # of accuracy that a crossing costs at least


def drift(
    prediction: Prediction,
    lags: ArrayLike,
    y: ArrayLike,
    *,
    y_test: ArrayLike | None = None,
    resolution: float = 0.0,
    unit: str = "",
    bins: int = 20,
    title: str | None = None,
) -> Figure:
    """Draw what drift leaves of two classes: histograms of their outputs, and accuracy against time.   Fig. 4

    Histograms are of the training inputs, at the first and the last time and at some between: where a crossing of the
    classes costs accuracy, if it does. A dashed line is the threshold of the linear discriminant of that time.

    Parameters
    ----------
    prediction : Prediction
        Of `drift` or `equilibria.drift`, one output.
    lags : array (n,)
        t − t0 of its times, increasing, finite; in any unit.
    y, y_test : array (P,), (M,)
        Labels, of two values.
    resolution : float
        As of `classify.accuracy`.
    unit : str
        Of the lags, set behind the axis label, such as "in units of σ²/T".
    bins : int
        Of each histogram.
    title : str, optional
        Set above the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Write it with `plots.save`.

    Raises
    ------
    InputError
        For something else than a prediction, several outputs, labels that are not of two classes, lags that do not
        fit, or a unit whose formula cannot be set.
    """
    require_label("unit", unit)
    delays, (train, _) = checks.times("lags", lags), classify.outputs_of(prediction)
    if delays.shape != train.shape[:1] or not delays.size or (np.diff(delays) <= 0).any():
        raise InputError(
            f"lags have shape {delays.shape}, the predictor is {train.shape}; give one lag for each of its"
            " times, at least one, increasing"
        )
    if (np.abs(train) > _LARGEST).any():
        raise InputError(f"the predictor has outputs up to {np.abs(train).max():.3g}; draw what is below {_LARGEST:g}")
    each, kept = (classify.accuracy(prediction, y, y_test, fit=fit, resolution=resolution) for fit in ("each", "first"))
    counted = classify.histograms(train, y, bins=bins)
    with matplotlib.rc_context(STYLE):
        fig = _draw(delays, f" {unit}" if unit else "", counted, chosen(delays, each), each, kept)
        return titled(fig, title)


def chosen(lags: Array, each: Accuracy) -> Index:
    """At which times histograms are drawn: the first, the last, where accuracy is lost on the way, and between them."""
    if lags.size <= MOST:
        return np.arange(lags.size)
    last, lowest = lags.size - 1, int(np.argmin(each.train))
    if 0 < lowest < last and each.train[lowest] < each.train[[0, last]].min() - _DEEP:
        return np.unique([0, lowest // 2, lowest, min(lowest + max(1, lowest // 4), last), last])
    gone = int(np.argmax(each.train <= (each.train[0] + each.train[-1]) / 2)) or last // 2
    return np.unique([0, gone // 2, gone, min(2 * gone, (gone + last) // 2), last])


def _draw(lags: Array, unit: str, counted: Histograms, which: Index, each: Accuracy, kept: Accuracy) -> Figure:
    """Histograms in a row, accuracy below."""
    fig = Figure(figsize=(7.2, 4.1), layout="constrained")
    grid = fig.add_gridspec(2, len(which), height_ratios=(1.0, 1.15))
    for column, i in enumerate(which):
        axes = fig.add_subplot(grid[0, column])
        _histogram(axes, counted, int(i), each.discriminants[i].threshold)
        axes.set_title(f"lag {lags[i]:.3g}", fontsize=8.5)
        axes.set_title(_LETTERS[column], fontsize=9, fontweight="bold", loc="left")
        if column == 0:
            axes.set_ylabel("training inputs")
    axes = fig.add_subplot(grid[1, :])
    _accuracy(axes, lags, each, kept, which)
    axes.set_xlabel(f"lag $t - t_0${unit}")
    handles, names = axes.get_legend_handles_labels()
    classes = [_patch(PALETTE[c], f"label {signed(label)}") for c, label in enumerate(counted.labels)]
    fig.legend(
        handles=[*classes, *handles], labels=[*(c.get_label() for c in classes), *names],
        loc="outside lower center", ncols=3, columnspacing=1.8,
    )  # fmt: skip
    return fig


def _histogram(axes: Axes, counted: Histograms, i: int, threshold: float) -> None:
    edges = counted.edges[i]
    for counts, color in zip(counted.counts[i], PALETTE, strict=False):
        axes.stairs(counts, edges, fill=True, color=color, alpha=0.45, linewidth=0)
        axes.stairs(counts, edges, color=color, linewidth=1.0)
    if edges[0] <= threshold <= edges[-1]:
        axes.axvline(threshold, color=INK, linewidth=0.9, linestyle=DASHED)
    axes.set_ylim(bottom=0)
    ticks = MaxNLocator(2, min_n_ticks=2, steps=[1, 2, 5, 10]).tick_values(edges[0], edges[-1])
    ticks = ticks[(ticks >= edges[0]) & (ticks <= edges[-1])]
    outer = {0, len(ticks) - 1}  # three small numbers would run into each other
    names = [f"{tick:.3g}".replace("-", "−") if n in outer else "" for n, tick in enumerate(ticks)]
    axes.set_xticks(ticks, names, fontsize=7.5)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.set_xlabel("output", fontsize=8)


def _accuracy(axes: Axes, lags: Array, each: Accuracy, kept: Accuracy, which: Index) -> None:
    axes.axhline(0.5, color=TARGET, linewidth=0.9, linestyle=DOTTED)
    name, shown, old = "training", each.train, kept.train
    if each.test is not None and kept.test is not None:
        name, shown, old = "test", each.test, kept.test
        axes.plot(lags, each.train, color=PALETTE[2], linewidth=1.2, label="training")
    axes.plot(lags, shown, color=INK, label=name)
    axes.plot(lags, old, color=GREY, linewidth=1.2, linestyle=DASHED, label=f"{name}, classifier of $t_0$ kept")
    axes.plot(lags[which], shown[which], linestyle="none", marker="o", markersize=4, color=INK, zorder=5, clip_on=False)
    axes.set_xlim(0, lags[-1] if lags[-1] > 0 else 1)
    lowest = min(each.train.min(), shown.min(), old.min())
    axes.set_ylim(min(0.4, lowest - 0.05), 1.03)
    for letter, i in zip(_LETTERS, which, strict=False):
        axes.axvline(lags[i], color=TARGET, linewidth=0.7, zorder=1)
        axes.text(
            lags[i], 1.01, letter, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=9,
            fontweight="bold",
        )  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MultipleLocator(0.1 if lowest > 0.3 else 0.25))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    axes.set_ylabel("accuracy")


def _patch(color: str, label: str) -> Patch:
    return Patch(facecolor=color, alpha=0.6, label=label)
