"""Figures of kernels over pairs of times t ≥ s: heat maps, and lines at equal times and from s = 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from ndk_num import checks
from ndk_num.errors import InputError, shortened
from ndk_num.kernels import kernel as kernel_of
from ndk_num.kernels import pairwise, require_finite
from ndk_num.network import Network, require_gradients, require_network
from ndk_num.pairs import Pairs, gram
from ndk_num.plot_maps import heat_map
from ndk_num.plot_panels import DASHED, DIFFUSIVE_INK, DOT_DASH, INK, PALETTE
from ndk_num.plot_style import STYLE, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

NAMES = {"ndk": "$K^{d,L}(t,s)$", "two_time": "$K^L(t,s)$", "derivative": r"$\dot K^L(t,s)$"}
MOST_CELLS = 24
POINTS = 200  # times along each axis of a kernel


def kernel(
    net: Network,
    X: ArrayLike,
    *,
    pairs: Sequence[tuple[int, int]] = ((0, 0), (0, 1)),
    depths: Sequence[int] | None = None,
    ratios: Sequence[float] | None = None,
    times: tuple[float, float] | None = None,
    kind: str = "ndk",
    labels: Sequence[str] | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the neural dynamical kernel K^{d,L}(t,s;x,x') over pairs of times t ≥ s.   (11)(12)

    A map for each pair of inputs and each ratio σ0²/σ² (rows) and each depth (columns), on logarithmic times from the
    gradient-driven phase through the diffusive one. In the corner of early times it is the NTK, marked on the colour
    bar; along the diagonal of late times it depends on t − s. Below each column are the kernel at equal times and that
    from s = 0, over the NTK.

    Parameters
    ----------
    net : Network
        With T > 0.
    X : array (P, N0)
        Inputs.
    pairs : sequence of (int, int)
        Rows of `X`, from 0.
    depths : sequence of int, optional
        Numbers of hidden layers; the network's when not given.
    ratios : sequence of float, optional
        σ0²/σ², by σ0² at the network's σ²; the network's when not given.
    times : (float, float), optional
        First and last time; when not given from a tenth of the fastest scale of the NTK on the inputs drawn (at most
        σ²/100T) to 10 σ²/T.
    kind : {"ndk", "two_time", "derivative"}
        The kernel, as for `ndk_num.kernel`.
    labels : sequence of str, optional
        What the pairs are called, by their rows when not given.
    title : str, optional
        Set above the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        At T = 0, where the kernel does not change; for a pair, depth, ratio or kind that does not exist, times that do
        not increase from above 0, labels of another number than the pairs, or more than 24 maps.
    """
    require_gradients(require_network(net))
    if net.temperature == 0:
        raise InputError("temperature is 0, where the kernel is the NTK at all times; give a network with T > 0")
    if not isinstance(kind, str) or kind not in NAMES:
        raise InputError(f"kind {shortened(kind)} is not known; choose one of {', '.join(NAMES)}")
    inputs, chosen = _pairs(checks.inputs("X", X), pairs)
    names = [_name(pair) for pair in chosen] if labels is None else list(labels)
    if len(names) != len(chosen):
        raise InputError(f"labels is {shortened(labels)}; give one for each of the {len(chosen)} pairs")
    deep = list(depths) if isinstance(depths, Iterable) else [net.depth if depths is None else depths]
    listed = [None] if ratios is None else list(ratios) if isinstance(ratios, Iterable) else [ratios]
    if not 0 < len(deep) * len(listed) * len(chosen) <= MOST_CELLS:
        raise InputError(f"these are {len(deep) * len(listed) * len(chosen)} maps; choose from 1 to {MOST_CELLS}")
    networks = [[replace(_at_ratio(net, ratio), depth=depth) for depth in deep] for ratio in listed]
    scale = 1.0 / net.kappa
    drawn = _times(times, [n for row in networks for n in row], inputs, scale)
    found = [_cells(row, inputs, drawn, kind) for row in networks]  # ratio, depth, pair
    rows = [
        [replace(cell[p], label=_label(names[p], listed[r])) for cell in found[r]]
        for p in range(len(chosen))
        for r in range(len(listed))
    ]
    with matplotlib.rc_context(STYLE):
        return titled(_kernels(rows, deep, drawn, scale, kind), title)


def _pairs(X: Array, pairs: Any) -> tuple[Array, list[tuple[int, int]]]:
    """The inputs that are drawn, each pair's first and second below each other, and the pairs."""
    try:
        chosen = [(int(first), int(second)) for first, second in pairs]
        given = [tuple(pair) for pair in pairs]
    except (TypeError, ValueError):
        chosen, given = [], []
    if not chosen or chosen != given or not all(0 <= row < len(X) for pair in chosen for row in pair):
        raise InputError(
            f"pairs is {shortened(pairs)}; give pairs of rows of X, from 0 to {len(X) - 1}, such as [(0, 0), (0, 1)]"
        )
    return X[np.array(chosen).ravel()], chosen


def _at_ratio(net: Network, ratio: Any) -> Network:
    if ratio is None:
        return net
    if isinstance(ratio, bool) or not isinstance(ratio, Real) or not float(ratio) > 0:
        raise InputError(f"ratios holds {shortened(ratio)}; σ0²/σ² is a positive number")
    return net.at_ratio(float(ratio))


def _times(times: Any, networks: Sequence[Network], inputs: Array, scale: float) -> Array:
    """Times of both axes, evenly spaced in log t."""
    if times is None:
        last = 10.0 * scale
        distinct = np.unique(inputs, axis=0)
        largest = max(float(np.linalg.eigvalsh(kernel_of(net, 0.0, 0.0, distinct))[-1]) for net in networks)
        return np.geomspace(min(0.1 / largest if largest > 0 else last, 1e-3 * last), last, POINTS)
    given = checks.times("times", times)
    if len(given) != 2 or not 0 < given[0] < given[1]:
        raise InputError(f"times is {shortened(times)}; give the first and the last, above 0 and increasing")
    return np.geomspace(given[0], given[1], POINTS)


def _cells(networks: Sequence[Network], inputs: Array, times: Array, kind: str) -> list[list[Cell]]:
    """Kernels of each network for each pair of inputs."""
    whole = gram(inputs)
    first = np.arange(0, len(inputs), 2)
    chosen = Pairs(whole.xx[first, 0], whole.xy[first, first + 1], whole.yy[0, first + 1], whole.root[first, first + 1])
    later, earlier = np.tril_indices(len(times))
    zero = np.zeros(len(times) + 1)
    found = []
    for net in networks:
        below = require_finite(pairwise(net, times[later], times[earlier], chosen, kind))
        start = require_finite(pairwise(net, np.append(times, 0.0), zero, chosen, kind))
        cells = []
        for pair in range(len(first)):
            values = np.full((len(times), len(times)), np.nan)
            values[later, earlier] = below[:, pair]
            cells.append(Cell(label="", values=values, from_start=start[:-1, pair], start=float(start[-1, pair])))
        found.append(cells)
    return found


def _name(pair: tuple[int, int]) -> str:
    first, second = (str(row + 1) for row in pair)
    return f"inputs {first}, {second}" if first != second else f"input {first} with itself"


def _label(name: str, ratio: float | None) -> str:
    return name if ratio is None else f"{name}\n$\\sigma_0^2/\\sigma^2$ = {ratio:g}"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A kernel K(t,s) on times t (first axis) and s of one grid, NaN for s > t; K(t,0) and K(0,0)."""

    label: str
    values: Array
    from_start: Array
    start: float


def _kernels(rows: Sequence[Sequence[Cell]], depths: Sequence[int], times: Array, scale: float, kind: str) -> Figure:
    """A map for each cell, and below each column the kernel at equal times and from the start; `scale` is 1/κ."""
    count, columns = len(rows), len(depths)
    fig = Figure(figsize=(1.0 + 3.1 * columns, 2.0 + 2.35 * count), layout="constrained")
    layout = fig.add_gridspec(
        count + 1, 2 * columns, width_ratios=[1.0, 0.045] * columns, height_ratios=[1.0] * count + [0.62]
    )
    for j in range(columns):
        below = fig.add_subplot(layout[count, 2 * j])
        _cuts(below, [row[j] for row in rows], times, scale)
        below.set_xlabel("later time $t$")
        if j == 0:
            below.set_ylabel(f"{NAMES[kind]} over its\nvalue at $t=s=0$")
        for i, row in enumerate(rows):
            axes = fig.add_subplot(layout[i, 2 * j], sharex=below)
            bar = fig.add_subplot(layout[i, 2 * j + 1])
            _kernel(fig, axes, bar, row[j], times, scale)
            bar.set_title(NAMES[kind] if i == 0 else "", fontsize=8)
            axes.tick_params(labelbottom=False, labelleft=j == 0)
            axes.set_title(f"depth {depths[j]}" if i == 0 else "")
            axes.set_ylabel("earlier time $s$" if j == 0 else "")
    fig.align_ylabels()
    start = "NTK" if kind == "ndk" else "$t = s = 0$"
    handles = [
        Line2D([], [], color=INK, label="equal times, $s = t$"),
        Line2D([], [], color=INK, linestyle=DASHED, label="from the start, $s = 0$"),
        Line2D([], [], color=DIFFUSIVE_INK, linewidth=0.9, linestyle=DOT_DASH, label=r"$\sigma^2/T$"),
        Line2D([], [], color=INK, marker="<", linestyle="none", markersize=4, label=f"{start} on the colour bar"),
    ]
    if count > 1:
        named = (row[0].label.replace("\n", ", ") for row in rows)
        handles += [Line2D([], [], color=PALETTE[i % len(PALETTE)], label=label) for i, label in enumerate(named)]
    fig.legend(handles=handles, loc="outside lower center", ncols=min(columns + 1, 3), columnspacing=1.6)
    return fig


def _kernel(fig: Figure, axes: Axes, bar: Axes, cell: Cell, times: Array, scale: float) -> None:
    mesh = heat_map(axes, times, times, cell.values)
    fig.colorbar(mesh, cax=bar).outline.set_visible(False)
    bar.plot(
        [1.12], [cell.start], marker="<", markersize=4, color=INK, clip_on=False, transform=bar.get_yaxis_transform()
    )
    bar.tick_params(pad=4.5)
    if times[0] < scale < times[-1]:
        for x, y in (([scale, scale], [times[0], scale]), ([scale, times[-1]], [scale, scale])):
            axes.plot(x, y, color="white", linewidth=0.9, linestyle=DOT_DASH)
    axes.text(0.04, 0.96, cell.label, transform=axes.transAxes, ha="left", va="top")


def _cuts(axes: Axes, cells: Sequence[Cell], times: Array, scale: float) -> None:
    for i, cell in enumerate(cells):
        unit = cell.start or 1.0
        color = PALETTE[i % len(PALETTE)] if len(cells) > 1 else INK
        axes.plot(times, np.diagonal(cell.values) / unit, color=color)
        axes.plot(times, cell.from_start / unit, color=color, linestyle=DASHED)
    if times[0] < scale < times[-1]:
        axes.axvline(scale, color=DIFFUSIVE_INK, linewidth=0.9, linestyle=DOT_DASH, zorder=1)
    axes.set_xscale("log")
    axes.set_xlim(times[0], times[-1])
    axes.margins(y=0.06)
