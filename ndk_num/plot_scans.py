"""Panels of a scan of the equilibria: predictors with their spread, and test errors, against one axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from ndk_num.errors import InputError, shortened
from ndk_num.plot_panels import DASHED, DOTTED, GREY, INK, PALETTE, TARGET
from ndk_num.plot_style import STYLE, titled

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes

AXES = {"depth": "depth $L$", "size": "training inputs $P$", "ratio": r"$\sigma_0^2/\sigma^2$",
        "temperature": "temperature $T$"}  # fmt: skip
SYMBOLS = {"depth": "$L$", "size": "$P$", "ratio": r"$\sigma_0^2/\sigma^2$", "temperature": "$T$"}
KINDS = {"ntk": (DOTTED, "o", "NTK"), "nngp": (DASHED, "s", "NNGP")}
MOST_LINES = len(PALETTE)
MOST_TICKS = 8
MOST_PANELS = 3  # test inputs drawn unless asked for


def equilibria(
    scan: xarray.Dataset,
    *,
    axis: str | None = None,
    tests: Sequence[int] | None = None,
    output: int = 0,
    title: str | None = None,
) -> Figure:
    """Draw the NTK and NNGP equilibria against depth, training-set size, σ0²/σ² or T.   SI D.1

    A panel for each test input, and one for the mean squared test error where the scan has it. A second axis is told by
    colour; without one, bands of one standard deviation are drawn where the scan has covariances.

    Parameters
    ----------
    scan : xarray.Dataset
        Result of `equilibria.scan`, with one or two axes; select values of more with `scan.sel`.
    axis : str, optional
        The axis along x; that with most values when not given.
    tests : sequence of int, optional
        Test inputs that get a panel, from 0. When not given all, if there are up to three; else none where the scan has
        test errors, and the first three where it has not.
    output : int
        The output that is drawn.
    title : str, optional
        Set above the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If `scan` is no scan, has more than two axes or more than six values along the second; or if an axis, a test
        input or an output does not exist.
    """
    if not hasattr(scan, "sizes") or "ntk" not in scan or "nngp" not in scan:
        raise InputError(f"scan is {shortened(scan)}; give what ndk_num.equilibria.scan returns")
    along, other = chosen_axes({str(name): size for name, size in scan.sizes.items()}, axis)
    count = scan.sizes.get("output", 1)
    if output not in range(count):
        raise InputError(f"output is {shortened(output)}; give a number from 0 to {count - 1}")
    scan = scan.isel(output=output) if "output" in scan.dims else scan
    with matplotlib.rc_context(STYLE):
        return titled(_draw(scan, along, other, _chosen_tests(scan, tests)), title)


def _chosen_tests(scan: xarray.Dataset, tests: Sequence[int] | None) -> list[int]:
    count = scan.sizes["test"]
    if tests is None:
        return list(range(count if count <= MOST_PANELS else 0 if "ntk_test_error" in scan else MOST_PANELS))
    given = list(tests) if isinstance(tests, Iterable) else [None]
    if any(test not in range(count) for test in given) or not (given or "ntk_test_error" in scan):
        raise InputError(f"tests is {shortened(tests)}; give numbers from 0 to {count - 1}, at least one")
    return [int(test) for test in given]


def chosen_axes(sizes: Mapping[str, int], axis: str | None = None) -> tuple[str, str | None]:
    """The axis drawn along x, and the other one, if any, that is told by colour.

    Parameters
    ----------
    sizes : mapping
        Numbers of values along the axes of a scan; other dimensions are ignored.
    axis : str, optional
        The one along x; that with most values when not given.

    Raises
    ------
    InputError
        For more axes, or more values along them, than a figure shows.
    """
    scanned = [name for name in AXES if name in sizes]
    if not scanned:
        raise InputError("the scan has one point only, and a figure needs more; give several values of an axis")
    if axis is None:
        axis = max(scanned, key=lambda name: sizes[name])
    if axis not in scanned:
        raise InputError(f"axis is {shortened(axis)}; the scan has {', '.join(scanned)}")
    others = [name for name in scanned if name != axis]
    if len(others) > 1:
        raise InputError(
            f"the scan has {len(scanned)} axes ({', '.join(scanned)}) and a figure shows two; scan fewer, or select"
            f" values as in scan.sel({others[0]}=…)"
        )
    if others and sizes[others[0]] > MOST_LINES:
        raise InputError(
            f"{others[0]} has {sizes[others[0]]} values and a figure shows at most {MOST_LINES} along its second axis;"
            " give fewer, or select some with scan.sel"
        )
    return axis, others[0] if others else None


def _draw(scan: xarray.Dataset, axis: str, other: str | None, tests: list[int]) -> Figure:
    """One panel for each test input, and one for the test errors where they are known."""
    names = [(f"test {i + 1} predictor" if scan.sizes["test"] > 1 else "test predictor", i) for i in tests]
    panels = [*names, *([("test error", None)] if "ntk_test_error" in scan else [])]
    spread = other is None and "ntk_cov" in scan
    fig = Figure(figsize=(5.6, 1.1 + 1.9 * len(panels)), layout="constrained")
    for axes, (name, test) in zip(fig.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0], panels, strict=True):
        if test is not None:
            axes.axhline(0.0, color=TARGET, linewidth=0.7, zorder=1)
        for kind in KINDS:
            for color, at in _lines(scan, other, kind):
                _line(axes, at, axis, kind, test, color, spread)
        _scale(axes, axis, scan[axis].values)
        axes.set_ylabel(name)
        axes.margins(y=0.08)
        if test is None:
            axes.set_ylim(bottom=0.0)
    axes.set_xlabel(AXES[axis])
    fig.align_ylabels()
    handles = _legend(scan, other, spread=spread and bool(tests))
    fig.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 3), columnspacing=1.8)
    return fig


def _lines(scan: xarray.Dataset, other: str | None, kind: str) -> list[tuple[str, xarray.Dataset]]:
    """A colour and a part of the scan for each line of one equilibrium; the same line is drawn once."""
    if other is None:
        return [(PALETTE[1] if kind == "ntk" else PALETTE[0], scan)]
    if other not in scan[kind].dims:  # on which this equilibrium does not depend
        return [(INK, scan.isel({other: 0}))]
    return [(PALETTE[i], scan.isel({other: i})) for i in range(scan.sizes[other])]


def _line(axes: Axes, at: xarray.Dataset, axis: str, kind: str, test: int | None, color: str, spread: bool) -> None:
    order = np.argsort(at[axis].values)
    x = at[axis].values[order]

    def along(values: xarray.DataArray) -> Any:
        return values.broadcast_like(at[axis]).values[order]

    dashes, marker, _ = KINDS[kind]
    values = along(at[f"{kind}_test_error"] if test is None else at[kind].isel(test=test))
    axes.plot(
        x, values, color=color, linestyle=dashes, marker=marker, markersize=3.5, markerfacecolor="white", zorder=4
    )
    if spread and test is not None:
        width = np.sqrt(np.maximum(along(at[f"{kind}_cov"].isel(test=test, test2=test)), 0.0))
        axes.fill_between(x, values - width, values + width, color=color, alpha=0.13, linewidth=0, zorder=2)


def _scale(axes: Axes, axis: str, values: Any) -> None:
    """Depth on a linear axis, the others on a logarithmic one; few values are the ticks."""
    if len(values) > 1 and axis != "depth":
        if np.min(values) > 0:
            axes.set_xscale("log")
        else:  # T = 0 among them
            axes.set_xscale("symlog", linthresh=float(np.min(values[values > 0])), linscale=0.5)
        axes.xaxis.set_minor_locator(NullLocator())
    if len(values) <= MOST_TICKS:
        axes.xaxis.set_major_locator(FixedLocator(np.sort(values).tolist()))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    elif axis == "depth":
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _legend(scan: xarray.Dataset, other: str | None, *, spread: bool) -> list[Any]:
    handles: list[Any] = []
    for kind, (dashes, marker, name) in KINDS.items():
        color = INK if other else _lines(scan, other, kind)[0][0]
        style: dict[str, Any] = {"color": color, "linestyle": dashes, "marker": marker, "markersize": 3.5}
        handles.append(Line2D([], [], markerfacecolor="white", label=f"{name} equilibrium", **style))
    if other:
        handles += [
            Line2D([], [], color=PALETTE[i], label=f"{SYMBOLS[other]} = {value:g}")
            for i, value in enumerate(scan[other].values.tolist())
        ]
    if spread:
        handles.append(Patch(color=GREY, alpha=0.25, linewidth=0, label="± standard deviation"))
    return handles
