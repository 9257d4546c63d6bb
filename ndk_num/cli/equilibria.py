"""`ndk equilibria`: where the two phases end, against depth, training-set size, σ0²/σ² and T."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ndk_num.cli import options, summary
from ndk_num.datasets import Dataset, load
from ndk_num.equilibria.scans import AXES, scan
from ndk_num.network import Network

if TYPE_CHECKING:
    import xarray

KINDS = {"ntk": "NTK", "nngp": "NNGP"}
FEW = 3  # test predictors that the table shows


@click.command("equilibria", short_help="NTK and NNGP equilibria against depth, size, σ0²/σ², T.")
@options.data()
@options.depth(several=True)
@options.activation
@options.temperature(several="Levels of noise of the NNGP equilibrium; 0 is the limit T → 0.")
@options.variances
@click.option("--size", metavar="P1,P2,…", help="Numbers of training inputs, of nested subsets.  [default: all]")
@click.option("--ratio", metavar="R1,R2,…", help="σ0²/σ², each in place of what --sigma02 gives.")
@click.option("--covariance", is_flag=True, help="Also covariances on the test inputs; text has standard deviations.")
@options.outputs("the equilibria", "SCAN")
@options.sample(test_per_class=50, raw_norms=False)
def equilibria_command(
    *, spec: str, depth: str, activation: str, temperature: str, sigma2: float, sigma02: float, size: str | None,
    ratio: str | None, covariance: bool, out: Path | None, plot: Path | None, as_json: bool, per_class: int,
    test_per_class: int, seed: int, raw_norms: bool,
) -> None:  # fmt: skip
    """Compute the NTK equilibrium, where gradient flow ends, and the NNGP equilibrium, where learning with noise does.

    Depths, temperatures, numbers of training inputs and ratios are lists with commas; all combinations are computed.
    Prints the mean squared test errors, and up to three test predictors. A figure shows one or two axes.

    Example:  ndk equilibria --data mnist:4,9 --depth 1,2,3 --activation relu --temperature 1e-3 --sigma2 1 --sigma02 1
    """
    from ndk_num import files
    from ndk_num.cli.outputs import deliver
    from ndk_num.cli.progress import ProgressBar

    axes: dict[str, Any] = {
        "depth": options.integers("--depth", depth),
        "size": options.integers("--size", size),
        "ratio": options.numbers("--ratio", ratio),
        "temperature": options.numbers("--temperature", temperature),
    }
    net = Network(
        depth=axes["depth"][0], activation=activation, temperature=float(axes["temperature"][0]), sigma2=sigma2,
        sigma02=sigma02,
    )  # fmt: skip
    options.require_outputs(spec, out, plot)
    if plot is not None:
        from ndk_num.plot_scans import chosen_axes

        chosen_axes({name: len(values) for name, values in axes.items() if values is not None and len(values) > 1})
    data = load(spec, per_class=per_class, test_per_class=test_per_class, seed=seed, normalize=not raw_norms)
    with ProgressBar("equilibria") as progress:
        found = scan(net, data.X, data.y, data.X_test, **axes, y_test=data.y_test, covariance=covariance,
                     progress=progress)  # fmt: skip
    found = found.isel({name: 0 for name in AXES if found.sizes.get(name) == 1})
    deliver(
        text=lambda: as_text(found, data, net),
        content=lambda: content(found, data, net),
        as_json=as_json,
        files={
            "out": (out, lambda path: files.write_netcdf(found, path)),
            "plot": (plot, lambda path: _draw(found, data, net, path)),
        },
    )


def as_text(found: xarray.Dataset, data: Dataset, net: Network) -> str:
    """A table with one line for each combination of values."""
    scanned = [name for name in AXES if name in found.dims]
    fixed = [f"{name} = {found[name].item():g}" for name in AXES if name not in scanned]
    name = summary.display_name(net.title)
    lines = [
        summary.data_line(data),
        f"{name} networks, sigma2 = {net.sigma2:g}" + "".join(f", {value}" for value in fixed),
        "",
        "Mean squared test errors and test predictors" if data.y_test is not None else "Test predictors",
        "",
    ]
    shown = found.isel(output=0) if "output" in found.dims else found
    tests = range(found.sizes["test"] if found.sizes["test"] <= FEW else 0 if data.y_test is not None else FEW)
    points = list(itertools.product(*(found[axis].values.tolist() for axis in scanned)))
    columns = [_columns(shown.sel(dict(zip(scanned, point, strict=True))), list(tests)) for point in points]
    rows = [[*(f"{value:g}" for value in point), *cells.values()] for point, cells in zip(points, columns, strict=True)]
    lines += summary.table([*scanned, *columns[0]], rows)
    if "output" in found.dims:
        lines += ["", f"Predictors of the first of {found.sizes['output']} outputs (--json and --out have all)"]
    return "\n".join(lines)


def _columns(at: xarray.Dataset, tests: list[int]) -> dict[str, str]:
    """Headings and cells of one point of the grid."""
    cells = {
        f"{name} error": f"{at[f'{kind}_test_error'].item():.6f}"
        for kind, name in KINDS.items()
        if f"{kind}_test_error" in at
    }
    for test in tests:
        for kind, name in KINDS.items():
            cell = f"{at[kind].values[test]:.6f}"
            if f"{kind}_cov" in at:
                variance = at[f"{kind}_cov"].values[test, test]
                cell += f" ± {math.sqrt(max(variance, 0.0)):.6f}"
            cells[f"{name} test {test + 1}"] = cell
    return cells


def content(found: xarray.Dataset, data: Dataset, net: Network) -> dict[str, Any]:
    """Everything as plain numbers, lists and strings."""
    return {
        "data": {**summary.data_content(data), "y_test": data.y_test},
        "network": net.to_dict(),
        "axes": {name: found[name].values for name in AXES},
        "equilibria": {
            str(name): {"dimensions": list(values.dims), "values": values.values}
            for name, values in found.data_vars.items()
        },
    }


def _draw(found: xarray.Dataset, data: Dataset, net: Network, path: Path) -> None:
    from ndk_num import plots

    plots.save(plots.equilibria(found, title=f"{data.name}, {summary.display_name(net.title)}"), path)
