"""A drift with all that is read off it: what `ndk drift` prints, draws and writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ndk_num import classify, equilibria, files
from ndk_num.cli import summary
from ndk_num.datasets import Dataset
from ndk_num.drift import drift, require_drifting
from ndk_num.dynamics import solve
from ndk_num.errors import InputError
from ndk_num.network import Network
from ndk_num.trajectory import Prediction, Trajectory

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

LAGS = (*(0.5 * n for n in range(21)), 12.0, 15.0, 20.0)  # in units of σ²/T; the last e^{−20} from its limit
RAW, UNIT = "raw norms", "unit norms"
_WHAT = {
    "hidden": "the hidden layers drift, the readout is frozen",
    "readout": "the readout drifts, the hidden layers are frozen",
    "all": "all weights drift",
}


@dataclass(frozen=True, kw_only=True)
class DriftRun:
    """Outputs after learning ended at `start`, and how well they tell the classes apart.

    `each` has a classifier trained at each time, `kept` that of t0, `decorrelated` one trained after complete
    decorrelation from equilibrium.
    """

    data: Dataset
    sol: Trajectory
    start: float
    drifting: str
    lags: Array
    prediction: Prediction
    each: classify.Accuracy
    kept: classify.Accuracy
    decorrelated: classify.Accuracy
    norms: str

    @property
    def title(self) -> str:
        """Data set, norms and network in a few words."""
        net = self.sol.network
        return f"{self.data.name}, {self.norms}, {summary.display_name(net.title)}, depth {net.depth}"

    @property
    def resolution(self) -> float:
        """Differences of outputs that mean nothing."""
        return _resolution(self.sol)


def perform(
    data: Dataset,
    net: Network,
    *,
    freeze: float | None = None,
    times: Array | None = None,
    lags: Array | None = None,
    drifting: str = "hidden",
    horizon: float | None = None,
    progress: Callable[[float, str], None] | None = None,
    **options: Any,
) -> DriftRun:
    """Solve a network on a data set, let it drift and classify.

    Parameters
    ----------
    data : Dataset
        Training and test data of two classes.
    net : Network
        At T > 0.
    freeze : float, optional
        t0; the horizon when not given.
    times, lags : array (n,), optional
        Times from t0 on, or their distance from t0; t0 itself is added.
    drifting : str
        As for `drift`.
    horizon, **options
        As for `solve`.
    progress : callable, optional
        As for `solve` and, after it, for `drift`.

    Raises
    ------
    InputError
        At T = 0, for labels that are not of two classes, or times before t0; before anything long is done.
    """
    require_drifting(drifting)
    if not net.temperature:
        raise InputError("temperature is 0, at which no weight drifts; give a positive one")
    classify.two_labels(data.y, data.y_test)
    end = 10 / net.kappa if horizon is None else horizon
    if not end > 0:
        raise InputError(f"horizon is {end:g}; give a positive time")
    start = end if freeze is None else freeze
    if not 0 <= start <= end:
        raise InputError(f"the time of freezing is {start:g}; give one between 0 and the horizon, {end:g}")
    delays = _lags(times, lags, start, 1 / net.kappa)
    limit = equilibria.drift(net, data.X, data.y, data.X_test, [np.inf], drifting=drifting)
    sol = solve(net, data.X, data.y, data.X_test, horizon=horizon, progress=progress, **options)
    start = min(start, sol.horizon)  # the default, which rounding may have moved
    found = drift(sol, start, start + delays, drifting=drifting, progress=progress)
    fits = (found, "each"), (found, "first"), (limit, "each")
    each, kept, decorrelated = (
        classify.accuracy(prediction, data.y, data.y_test, fit=fit, resolution=_resolution(sol))
        for prediction, fit in fits
    )
    norms = np.mean(np.concatenate([data.X, data.X_test]) ** 2, axis=1)
    return DriftRun(
        data=data, sol=sol, start=start, drifting=drifting, lags=delays, prediction=found, each=each, kept=kept,
        decorrelated=decorrelated, norms=UNIT if np.allclose(norms, 1.0, rtol=1e-12) else RAW,
    )  # fmt: skip


def _resolution(sol: Trajectory) -> float:
    return 2 * float(max(sol.stats["rtol"], sol.stats["error_estimate"]) * np.abs(sol.y).max())


def _lags(times: Array | None, lags: Array | None, start: float, unit: float) -> Array:
    """Distances from t0, increasing, with 0."""
    if times is not None and lags is not None:
        raise InputError("both --times and --lags are given; give one of them")
    found = np.array(LAGS) * unit if lags is None else lags
    if times is not None:
        found = times - start
    wrong = ~(np.isfinite(found) & (found >= 0))
    if wrong.any():
        name, given, least = ("--lags", found, 0.0) if times is None else ("--times", times, start)
        raise InputError(f"{name} hold {given[wrong][0]:g}; give finite numbers of at least {least:g}")
    return np.unique(np.append(0.0, found))


def as_text(run: DriftRun) -> str:
    """Report for the terminal."""
    unit = 1 / run.sol.network.kappa
    lines = [
        f"{summary.data_line(run.data)}, with {'|x|²/N0 = 1' if run.norms == UNIT else 'their raw norms'}",
        summary.network_line(run.sol.network),
        f"Learning until t0 = {run.start:g}, {run.start / unit:.3g} sigma2/T; then {_WHAT[run.drifting]}",
        "",
        "Accuracy of a linear discriminant between the mean predictors of the two classes, trained on the training",
        "inputs' at the same time, or at t0 and kept; average over each class's training inputs",
        "",
        "  lag t − t0     sigma2/T   training       test   test, kept"
        + "".join(f"{f'class {label:+g}':>13}" for label in run.each.discriminants[0].labels),
    ]
    for i, lag in enumerate(run.lags):
        lines.append(f"  {lag:<12.4g} {lag / unit:>10.4g}{_row(run.each, run.kept, i)}")
    lines.append(f"  {'∞, from equilibrium':<23}{_row(run.decorrelated, None, 0)}")
    stats = run.sol.stats
    lines += [
        "",
        f"Accuracy             error estimate {stats['error_estimate']:.1e} max|y|, rtol {stats['rtol']:.1e}",
        f"Solver               {stats['method']}, nodes {stats['nodes']}, {stats['seconds']:.2f} s",
    ]
    return "\n".join(lines)


def _row(each: classify.Accuracy, kept: classify.Accuracy | None, i: int) -> str:
    """Accuracies and class means of one time."""
    shares = [each.train, each.test, None if kept is None else kept.test]
    cells = "".join(f"{'–' if share is None else f'{100 * share[i]:.1f} %':>11}" for share in shares)
    return cells + "  " + "".join(f"{mean:>13.4g}" for mean in each.discriminants[i].means)


def as_json(run: DriftRun) -> dict[str, Any]:
    """Everything as plain numbers, lists and strings."""
    data, net = run.data, run.sol.network
    counted = classify.histograms(run.prediction.train, data.y)
    content = {
        "data": {**summary.data_content(data), "norms": run.norms},
        "network": {**net.to_dict(), "kappa": net.kappa},
        "t_freeze": run.start,
        "drifting": run.drifting,
        "lags": run.lags.tolist(),
        "accuracy": _accuracies(run.each),
        "accuracy_kept": _accuracies(run.kept),
        "accuracy_decorrelated": _accuracies(run.decorrelated),
        "labels": counted.labels,
        "class_means": [one.means for one in run.each.discriminants],
        "thresholds": [one.threshold for one in run.each.discriminants],
        "histograms": {"edges": counted.edges.tolist(), "counts": counted.counts.astype(int).tolist()},
        "test": run.prediction.test.tolist(),
        "stats": dict(run.sol.stats),
    }
    found: dict[str, Any] = summary.plain(content)
    return found


def _accuracies(found: classify.Accuracy) -> dict[str, Any]:
    return {"train": found.train.tolist(), "test": None if found.test is None else found.test.tolist()}


def to_xarray(run: DriftRun) -> xarray.Dataset:
    """Outputs, labels and accuracies with named dimensions lag, train, test, class, bin."""
    import xarray

    counted = classify.histograms(run.prediction.train, run.data.y)
    variables: dict[str, tuple[tuple[str, ...], Array]] = {
        "train_predictor": (("lag", "train"), run.prediction.train),
        "test_predictor": (("lag", "test"), run.prediction.test),
        "y": (("train",), run.data.y),
        "accuracy_train": (("lag",), run.each.train),
        "accuracy_kept_train": (("lag",), run.kept.train),
        "histogram_edges": (("lag", "edge"), counted.edges),
        "histogram_counts": (("lag", "class", "bin"), counted.counts),
    }
    if run.data.y_test is not None and run.each.test is not None and run.kept.test is not None:
        variables["y_test"] = (("test",), run.data.y_test)
        variables["accuracy_test"] = (("lag",), run.each.test)
        variables["accuracy_kept_test"] = (("lag",), run.kept.test)
    attributes = {
        "network": json.dumps(run.sol.network.to_dict()),
        "t_freeze": run.start,
        "drifting": run.drifting,
        "data": run.data.description,
        "norms": run.norms,
    }
    return xarray.Dataset(variables, coords={"lag": run.lags, "class": list(counted.labels)}, attrs=attributes)


def write(run: DriftRun, path: Path) -> None:
    """Write everything as NetCDF."""
    files.write_netcdf(to_xarray(run), path)


def draw(run: DriftRun, path: Path) -> None:
    """Write the figure."""
    from ndk_num import plots

    figure = plots.drift(
        run.prediction,
        run.lags * run.sol.network.kappa,
        run.data.y,
        y_test=run.data.y_test,
        resolution=run.resolution,
        unit="in units of $\\sigma^2/T$",
        title=run.title,
    )
    plots.save(figure, path)
