"""Where in its domain each generated function is how far off: worst errors in ulp on a grid, as one picture.

A function of (a, c, b) is shown over the correlation ρ = c/√(ab), by the distance from ±1 near the edges, and over the
ratio a/b; one of c and √(ab − c²) over ρ and √(ab); one of a variance over that; one of two times over 1 − s/t and κt.
What the grid leaves open, such as the scale and the parameters, is drawn at random from a fixed seed, several times in
each cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ndk_sym.bounds import BOUND_ULP
from ndk_sym.certify import Measure, load
from ndk_sym.emit import emit, emit_runtime
from ndk_sym.errors import InputError
from ndk_sym.routines import Module, Routine
from ndk_sym.strata import SEED, parameter_values

__all__ = ["Grid", "Panel", "check_file", "draw", "panels"]

FORMATS = (".png", ".svg", ".pdf")
_DRAWS = 3  # in each cell
_TITLE = (
    f"Worst of {_DRAWS} errors in each cell, in ulp; beyond 1 ulp divided by 1 + condition number where that is"
    f" recorded. The bound is {BOUND_ULP:g} (red crosses: beyond it); grey: no float has the value."
)
_EDGE, _MIDDLE = np.linspace(-16, -0.6, 12), np.linspace(-0.6, 0.6, 9)  # log10(1 − |ρ|), and ρ
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """What a panel is drawn over: how many cells, what the axes say, and the points of each cell in row-major order."""

    shape: tuple[int, int]
    axes: tuple[str, str]
    ticks: tuple[tuple[tuple[float, str], ...], tuple[tuple[float, str], ...]]
    points: tuple[Array, ...]


@dataclass(frozen=True)
class Panel:
    """The worst error of one output in each cell, in units of what the certificate allows per ulp; NaN for none."""

    title: str
    grid: Grid
    worst: Array


def check_file(path: Path) -> None:
    """Check that a picture can be written.

    Raises
    ------
    InputError
        If the name does not end in .png, .svg or .pdf, or its directory does not exist.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"the map {path} is no picture; give a name that ends in {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent} is not a directory; create it, or put the map elsewhere")


def panels(module: Module) -> list[Panel]:
    """Return a panel for each output of each function of a module; none for arguments without a grid."""
    found: list[Panel] = []
    with load(emit(module), emit_runtime()) as functions:
        for routine in module.routines:
            grid = _grid(routine)
            if grid is not None:
                found += _measured(routine, functions[routine.name], grid)
    return found


def _measured(routine: Routine, function: Callable[..., Any], grid: Grid) -> Iterable[Panel]:
    with np.errstate(all="ignore"):
        computed = function(*grid.points)
    results = computed if len(routine.outputs) > 1 else (computed,)
    rows = [tuple(map(float, row)) for row in zip(*grid.points, strict=True)]
    for output, result in zip(routine.outputs, results, strict=True):
        found = Measure(routine, output, unconditioned=1.0).errors(result.tolist(), rows)
        errors = np.array([np.nan if error is None else error[0] for error in found]).reshape(-1, _DRAWS)
        worst = np.where(np.isnan(errors).all(axis=1), np.nan, np.max(np.nan_to_num(errors, nan=-1), axis=1))
        yield Panel(f"{routine.name}: {output.label}", grid, worst.reshape(grid.shape))


def _grid(routine: Routine) -> Grid | None:
    names = tuple(symbol.name for symbol in routine.arguments[: len(routine.arguments) - len(routine.parameters)])
    rng = np.random.default_rng(SEED + 4)
    times = {"t", "s", "kappa", "sigma2", "sigma02"}
    if names == ("a", "c", "b"):
        grid = _covariances(rng)
    elif names == ("c", "root"):
        grid = _roots(rng)
    elif names == ("a",):
        grid = _line(np.linspace(-10, 10, 41), r"$\log_{10}\,a$", lambda power: (_near(rng, power),))
    elif {"t", "s"} <= set(names) <= times:
        grid = _histories(rng, names)
    elif set(names) <= times:
        grid = _line(np.linspace(-6, 3, 41), r"$\log_{10}\,\kappa s$", lambda power: _history(rng, names, power, power))
    else:
        return None
    count = len(grid.points[0])
    drawn = tuple(parameter_values(rng, parameter, count) for parameter in routine.parameters)
    return Grid(grid.shape, grid.axes, grid.ticks, (*grid.points, *drawn))


def _near(rng: np.random.Generator, power: Array) -> Array:
    """10^power, anywhere in its cell."""
    return 10.0 ** (power + rng.uniform(-0.25, 0.25, power.size))


def _line(powers: Array, label: str, points: Callable[[Array], tuple[Array, ...]]) -> Grid:
    ticks = _ticks(powers, [powers[0], (powers[0] + powers[-1]) / 2, powers[-1]])
    return Grid((1, powers.size), (label, ""), (ticks, ()), points(np.repeat(powers, _DRAWS)))


def _ticks(axis: Array, at: Sequence[float]) -> tuple[tuple[float, str], ...]:
    return tuple((float(np.interp(x, axis, np.arange(axis.size))), f"{x:g}") for x in at)


def _plane(rng: np.random.Generator) -> tuple[Array, Array, Array, Callable[[str, tuple[Array, ...]], Grid]]:
    """Of each point ρ, 1 − |ρ| and a number from 1e-12 to 1e12; and what makes a grid of what is made of them."""
    powers = np.linspace(-12, 12, 13)
    complement = np.concatenate([10.0**_EDGE, 1 - np.abs(_MIDDLE), 10.0 ** _EDGE[::-1]])
    sign = np.concatenate([-np.ones(_EDGE.size), np.sign(_MIDDLE), np.ones(_EDGE.size)])
    row, column = np.divmod(np.repeat(np.arange(powers.size * complement.size), _DRAWS), complement.size)
    last = complement.size - 1.0
    edges = ((0.0, r"$10^{-16}$"), (_EDGE.size - 1.0, r"$\frac{1}{4}$"))
    ticks = (*edges, (last / 2, "0"), *((last - at, text) for at, text in edges))

    def grid(label: str, points: tuple[Array, ...]) -> Grid:
        axes = (r"$1+\rho\quad$ ← $\ \rho\ $ → $\quad 1-\rho$", label)
        return Grid((powers.size, complement.size), axes, (ticks, _ticks(powers, [-12, 0, 12])), points)

    return sign[column] * (1 - complement[column]), complement[column], _near(rng, powers[row]), grid


def _covariances(rng: np.random.Generator) -> Grid:
    rho, _, ratio, grid = _plane(rng)
    scale = _near(rng, rng.uniform(-2, 2, rho.size))
    a, b = scale * np.sqrt(ratio), scale / np.sqrt(ratio)
    return grid(r"$\log_{10} a/b$", (a, rho * (np.sqrt(a) * np.sqrt(b)), b))


def _roots(rng: np.random.Generator) -> Grid:
    rho, complement, scale, grid = _plane(rng)
    return grid(r"$\log_{10} \sqrt{ab}$", (rho * scale, np.sqrt(complement * (2 - complement)) * scale))


def _histories(rng: np.random.Generator, names: tuple[str, ...]) -> Grid:
    late, gap = np.linspace(-6, 3, 13), np.linspace(-15, 0, 31)
    cells = np.repeat(np.arange(late.size * gap.size), _DRAWS)
    row, column = np.divmod(cells, gap.size)
    points = _history(rng, names, late[row], late[row], gap[column])
    axes = (r"$\log_{10}(1-s/t)$", r"$\log_{10}\,\kappa t$")
    return Grid((late.size, gap.size), axes, (_ticks(gap, [-15, -10, -5, 0]), _ticks(late, [-6, 0, 3])), points)


def _history(
    rng: np.random.Generator, names: tuple[str, ...], late: Array, early: Array, gap: Array | None = None
) -> tuple[Array, ...]:
    t = _near(rng, rng.uniform(-2, 2, late.size))
    s = t if gap is None else t * (1 - np.minimum(_near(rng, gap), 1.0))
    values = {"t": t, "s": s, "kappa": _near(rng, late) / t}
    values |= {name: _near(rng, rng.uniform(-1, 1, late.size)) for name in ("sigma2", "sigma02")}
    return tuple(values[name] for name in names)


def draw(rows: Sequence[tuple[str, Sequence[Panel]]], path: Path) -> None:
    """Draw the panels of several modules, one module a row, into a file.

    Raises
    ------
    InputError
        If there is no panel.
    """
    from matplotlib.figure import Figure

    if not any(found for _, found in rows):
        raise InputError(f"there is nothing to map in {', '.join(name for name, _ in rows)}: no grid for its arguments")
    columns = max(len(found) for _, found in rows)
    width, height = 3.0 * columns + 0.6, 1.1 * len(rows) + 1.1
    figure = Figure(figsize=(width, height))
    axes = figure.subplots(len(rows), columns, squeeze=False)
    figure.subplots_adjust(
        left=0.5 / width, right=1 - 0.2 / width, bottom=0.45 / height, top=1 - 1.05 / height, wspace=0.18, hspace=0.95
    )
    image = None
    for line, (name, found) in zip(axes, rows, strict=True):
        for k, axis in enumerate(line):
            if k >= len(found):
                axis.set_axis_off()
                continue
            drawn = _draw_panel(axis, found[k])
            image = image or drawn
            axis.set_title(f"{name} {found[k].title}", fontsize=7, pad=2)
    figure.text(0.5, 1 - 0.25 / height, fill(_TITLE, 28 * columns), ha="center", va="center", fontsize=8)
    if image is not None:
        scale = figure.add_axes((0.3, 1 - 0.6 / height, 0.4, 0.1 / height))
        figure.colorbar(image, cax=scale, orientation="horizontal").set_label("ulp", fontsize=6, labelpad=-1)
        scale.tick_params(labelsize=6)
    figure.savefig(path, dpi=110)


def _draw_panel(axis: Any, panel: Panel) -> Any:
    style = {"vmin": 0, "vmax": BOUND_ULP, "cmap": "Blues", "aspect": "auto", "origin": "lower"}
    axis.set_facecolor("0.85")  # where no float has the value
    image = axis.imshow(panel.worst, interpolation="nearest", **style)
    over = np.argwhere(panel.worst > BOUND_ULP)
    axis.plot(over[:, 1], over[:, 0], "rx", markersize=4)
    for ticks, label, set_ticks, set_label in (
        (panel.grid.ticks[0], panel.grid.axes[0], axis.set_xticks, axis.set_xlabel),
        (panel.grid.ticks[1], panel.grid.axes[1], axis.set_yticks, axis.set_ylabel),
    ):
        set_ticks([at for at, _ in ticks], [text for _, text in ticks], fontsize=5)
        set_label(label, fontsize=6, labelpad=1)
    return image
