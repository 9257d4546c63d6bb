"""`ndk readout`: the predictor with readout weights of one time and hidden layers of another."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from ndk_num.checks import Array
from ndk_num.checks import times as require_times
from ndk_num.cli import options, summary
from ndk_num.datasets import Dataset, load
from ndk_num.dynamics import solve
from ndk_num.errors import InputError
from ndk_num.network import Network
from ndk_num.readout import readout_hidden
from ndk_num.trajectory import Prediction, Trajectory

if TYPE_CHECKING:
    import xarray

MOST_COLUMNS = 6  # times in the tables


@click.command("readout", short_help="Predictor with readout and hidden weights of different times.")
@options.network
@click.option("--times", metavar="T1,T2,…", help="Times of both; every pair is computed.  [default: by phases]")
@click.option("--test", type=int, default=1, show_default=True, metavar="N", help="Test input shown, counted from 1.")
@options.outputs("all pairs of times", "READOUT")
@options.sample(test_per_class=1, raw_norms=False)
@options.solver
def readout_command(
    *, spec: str, depth: int, activation: str, temperature: float, sigma2: float, sigma02: float,
    horizon: float | None, rtol: float, times: str | None, test: int, out: Path | None, plot: Path | None,
    as_json: bool, per_class: int, test_per_class: int, seed: int, raw_norms: bool, method: str | None,
    device: str | None, max_memory: str | None, checkpoint: Path | None,
) -> None:  # fmt: skip
    """Solve a network, then combine its readout weights at one time with its hidden layers at another.

    Prints a test predictor and the mean squared test error, a row for each time of the readout and a column for each of
    the hidden layers; on the diagonal is the network itself. The figure has more times, between the first and the last.

    Example:  ndk readout --data mnist:0,1 --depth 1 --activation relu --temperature 1e-3 --sigma2 1 --sigma02 1
    """
    from ndk_num import files
    from ndk_num.cli.outputs import deliver
    from ndk_num.cli.progress import ProgressBar

    net = Network(depth=depth, activation=activation, temperature=temperature, sigma2=sigma2, sigma02=sigma02)
    given = options.numbers("--times", times)
    if given is not None:
        end = (10 / net.kappa if net.kappa else np.inf) if horizon is None else horizon
        given = np.unique(require_times("--times", given, horizon=end))
    options.require_outputs(spec, out, plot)
    data = load(spec, per_class=per_class, test_per_class=test_per_class, seed=seed, normalize=not raw_norms)
    if not 1 <= test <= len(data.X_test):
        raise InputError(f"--test is {test}; give a number from 1 to {len(data.X_test)}")
    with ProgressBar("solving") as progress:
        sol = solve(
            net, data.X, data.y, data.X_test, horizon=horizon, rtol=rtol, method=method, progress=progress,
            device=device, max_memory=max_memory, checkpoint=checkpoint,
        )  # fmt: skip
        at = _times(sol) if given is None else given
        found = readout_hidden(sol, at, at, progress=progress)
    run = Pairs(data=data, sol=sol, times=at, prediction=found)
    deliver(
        text=lambda: as_text(run, test - 1),
        content=lambda: content(run),
        as_json=as_json,
        files={
            "out": (out, lambda path: files.write_netcdf(to_xarray(run), path)),
            "plot": (plot, lambda path: _draw(run, test - 1, given, path)),
        },
    )


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Predictors with readout weights (first axis) and hidden layers (second axis) of every pair of some times."""

    data: Dataset
    sol: Trajectory
    times: Array
    prediction: Prediction

    @property
    def errors(self) -> Array | None:
        """Mean squared test errors, where there are labels."""
        if self.data.y_test is None:
            return None
        found = (self.prediction.test - self.data.y_test) ** 2
        return np.asarray(found.reshape(*found.shape[:2], -1).mean(axis=2))


def _times(sol: Trajectory) -> Array:
    """0, both ends of the gradient-driven phase, then σ²/T and twice that, and the horizon."""
    from ndk_num.observables import phases

    found = phases(sol)
    marks = np.array([0.0, found.fastest, found.gradient_end, found.diffusive, 2 * found.diffusive, found.horizon])
    return np.unique(marks[marks <= found.horizon])


def as_text(run: Pairs, test: int) -> str:
    """Tables of one test predictor and of the test errors."""
    sol, shown = run.sol, run.prediction.test[:, :, test]
    name = summary.entry_name((test, 0)[: sol.y.ndim])
    lines = [
        summary.data_line(run.data),
        f"{summary.network_line(sol.network)}, horizon {sol.horizon:g}",
        "",
        "Readout weights of the time t (rows), hidden layers of the time u (columns)",
        *_block(f"Predictor, {name}", run.times, shown if shown.ndim == 2 else shown[..., 0]),
    ]
    if run.errors is not None:
        lines += _block("Mean squared test error", run.times, run.errors)
    stats = sol.stats
    lines += ["", f"Accuracy             error estimate {stats['error_estimate']:.1e} max|y|, rtol {stats['rtol']:.1e}"]
    if len(run.times) > MOST_COLUMNS:
        lines.append(f"{MOST_COLUMNS} of {len(run.times)} times are shown (--json and --out have all)")
    return "\n".join(lines)


def _block(title: str, times: Array, values: Array) -> list[str]:
    count = min(len(times), MOST_COLUMNS)
    kept = np.unique(np.linspace(0, len(times) - 1, count).round().astype(int))
    rows = [[f"t = {times[i]:.4g}", *(f"{values[i, j]:.6f}" for j in kept)] for i in kept]
    return ["", title, *summary.table(["", *(f"u = {times[j]:.4g}" for j in kept)], rows)]


def content(run: Pairs) -> dict[str, Any]:
    """Everything as plain numbers, lists and strings."""
    return {
        "data": {**summary.data_content(run.data), "y_test": run.data.y_test},
        "network": {**run.sol.network.to_dict(), "kappa": run.sol.network.kappa},
        "horizon": run.sol.horizon,
        "times": run.times,
        "test": run.prediction.test,
        "test_error": run.errors,
        "stats": dict(run.sol.stats),
    }


def to_xarray(run: Pairs) -> xarray.Dataset:
    """Predictors and errors with named dimensions t_readout, t_hidden, train, test, output."""
    import xarray

    pair, output = ("t_readout", "t_hidden"), () if run.sol.y.ndim == 1 else ("output",)
    variables: dict[str, Any] = {
        "train_predictor": ((*pair, "train", *output), run.prediction.train),
        "test_predictor": ((*pair, "test", *output), run.prediction.test),
        "y": (("train", *output), run.sol.y),
    }
    if run.errors is not None:
        variables["y_test"] = (("test", *output), run.data.y_test)
        variables["test_error"] = (pair, run.errors)
    attributes = {"network": json.dumps(run.sol.network.to_dict()), "data": run.data.description}
    return xarray.Dataset(variables, coords=dict.fromkeys(pair, run.times), attrs=attributes)


def _draw(run: Pairs, test: int, given: Array | None, path: Path) -> None:
    from ndk_num import plots

    title = summary.title(run.data, run.sol.network)
    plots.save(plots.readout_hidden(run.sol, test=test, times=options.span(given), title=title), path)
