"""A solved trajectory with all that is read off it: what `ndk solve` prints and `ndk report` shows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ndk_num import equilibria
from ndk_num.cli import summary
from ndk_num.datasets import Dataset
from ndk_num.dynamics import solve
from ndk_num.network import Network
from ndk_num.observables import Phases, Relaxation, StoppingPoint, optimal_stopping_time, phases, relaxation
from ndk_num.trajectory import Prediction, Trajectory

Array = NDArray[np.float64]

_LEARNING = {"all": "", "readout": ", the readout learning alone", "hidden": ", the hidden layers learning alone"}


@dataclass(frozen=True, kw_only=True)
class Run:
    """A trajectory on a data set, its phases, equilibria, relaxation and, with test labels, its best stopping time."""

    data: Dataset
    sol: Trajectory
    ntk: Prediction
    nngp: Prediction
    phases: Phases
    relaxation: Relaxation
    stopping: StoppingPoint | None

    @property
    def title(self) -> str:
        """Data set and network in a few words."""
        return summary.title(self.data, self.sol.network)


def perform(
    data: Dataset,
    net: Network,
    *,
    horizon: float | None = None,
    rtol: float = 1e-6,
    learning: str = "all",
    method: str | None = None,
    progress: Callable[[float, str], None] | None = None,
    device: str | None = None,
    max_memory: float | str | None = None,
    checkpoint: str | Path | None = None,
) -> Run:
    """Solve a network on a data set and read everything off.

    Parameters
    ----------
    data : Dataset
        Training and test data.
    net : Network
        The network.
    horizon, rtol, learning, method, progress, device, max_memory, checkpoint
        As for `solve`.

    Returns
    -------
    Run
    """
    # first what is quick: a mistake is found before the long part, not after it
    ntk, nngp = (of(net, data.X, data.y, data.X_test, learning=learning) for of in (equilibria.ntk, equilibria.nngp))
    sol = solve(
        net, data.X, data.y, data.X_test, horizon=horizon, rtol=rtol, learning=learning, method=method,
        progress=progress, device=device, max_memory=max_memory, checkpoint=checkpoint,
    )  # fmt: skip
    scales = phases(sol)
    relaxed = relaxation(sol, scales=scales, ntk=ntk, nngp=nngp)
    return Run(
        data=data,
        sol=sol,
        ntk=ntk,
        nngp=nngp,
        phases=scales,
        relaxation=relaxed,
        stopping=None if data.y_test is None else optimal_stopping_time(sol, data.y_test, relaxed=relaxed),
    )


def as_json(run: Run) -> dict[str, Any]:
    """Everything as plain numbers, lists and strings; an infinite time is None."""
    data, sol = run.data, run.sol
    final = sol.at([sol.horizon])
    content = {
        "data": {
            **summary.data_content(data),
            "y_test": None if data.y_test is None else data.y_test.tolist(),
        },
        "network": {**sol.network.to_dict(), "kappa": sol.network.kappa},
        "learning": sol.learning,
        "horizon": sol.horizon,
        "phases": {**asdict(run.phases), "separated": run.phases.separated},
        "relaxation": asdict(run.relaxation),
        "equilibria": {
            name: summary.prediction_content(prediction.test, data.y_test)
            for name, prediction in (("ntk", run.ntk), ("nngp", run.nngp))
        },
        "final": summary.prediction_content(final.test[0], data.y_test),
        "optimal_stopping": None if run.stopping is None else asdict(run.stopping),
        "error_estimate": sol.stats["error_estimate"],
        "stats": dict(sol.stats),
    }
    found: dict[str, Any] = summary.plain(content)
    return found


def as_text(run: Run) -> str:
    """Report for the terminal."""
    sol = run.sol
    blocks = [
        [
            summary.data_line(run.data),
            f"{summary.network_line(sol.network)}, horizon {sol.horizon:g}{_LEARNING[sol.learning]}",
        ],
        _phase_lines(run.phases) + _relaxation_lines(run),
        _prediction_lines(run),
        _stopping_lines(run.stopping),
        _accuracy_lines(run),
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks)


def _phase_lines(found: Phases) -> list[str]:
    learns = math.isfinite(found.gradient)
    falls = f"the training residual falls in {found.gradient:.4g}" if learns else "the training residual does not fall"
    lines = [
        "Phases",
        f"  gradient-driven    time scales {found.fastest:.4g} to {found.slowest:.4g}, 1/eigenvalues of NTK; {falls}",
    ]
    if not learns:
        lines.append("  crossover          none: nothing of the labels is learnt, within the error of the trajectory")
    elif found.crossover is None:
        lines.append("  crossover          not reached: the training residual is still falling at the horizon")
    else:
        lines.append(f"  crossover          t = {found.crossover:.4g}, the training residual has made 99 % of its fall")
    if math.isinf(found.diffusive):
        lines.append("  diffusive          none at T = 0")
    else:
        overlap = "" if found.separated else ", not separated from the gradient-driven phase"
        lines.append(f"  diffusive          time scale sigma2/T = {found.diffusive:.4g}{overlap}")
    return lines


def _relaxation_lines(run: Run) -> list[str]:
    """How the test predictor goes from the NTK to the NNGP equilibrium; nothing at T = 0."""
    found, over = run.relaxation, run.relaxation.overshoot
    if math.isinf(run.phases.diffusive):
        return []
    reached, settled = found.reached, found.settled
    if reached is not None and settled is not None and math.isclose(reached, settled, rel_tol=1e-6):
        settled = None  # the same, said once
    parts = [
        ("1 − 1/e of the way from NTK to NNGP at t =", reached),
        ("within 1/e from t =", settled),
        ("time constant at the end", found.late),
    ]
    known = [f"{name} {value:.4g}" for name, value in parts if value is not None]
    end = "not reached" if found.equilibrium is None else f"from t = {found.equilibrium:.4g}"
    lines = [f"  equilibrium        {end}, where 1 % of the distance is left"]
    if known:
        lines.insert(0, f"  relaxation         {', '.join(known)}")
    if over is not None:
        name = summary.entry_name((over.test, over.output)[: run.nngp.test.ndim])
        beyond = f"; NTK is {over.ntk:.4g} beyond" if over.ntk > 0 else ""
        lines.append(f"  overshoot          {name} is {over.amount:.4g} beyond NNGP at t = {over.time:.4g}{beyond}")
    return lines


def _prediction_lines(run: Run) -> list[str]:
    """Test predictor at the equilibria and the horizon, one line for each test input and output."""
    columns: list[tuple[str, Array]] = [
        ("NTK", run.ntk.test),
        ("NNGP", run.nngp.test),
        ("horizon", run.sol.at([run.sol.horizon]).test[0]),
    ]
    if run.stopping is not None:
        columns.append(("best", run.sol.at([run.stopping.time]).test[0]))
    return summary.prediction_lines(columns, run.data.y_test)


def _stopping_lines(stopping: StoppingPoint | None) -> list[str]:
    if stopping is None:
        return ["Optimal stopping     unknown: the data have no test labels"]
    error, last = stopping.error, stopping.error_at_horizon
    meaning = {
        "start": "training does not lower the test error",
        "interior": f"mean squared test error {error:.4g}, at the horizon {last:.4g}",
        "horizon": f"mean squared test error {error:.4g}: stopping early gains nothing",
    }
    assert stopping.phase is not None  # that of a trajectory in continuous time is known
    phase = {
        "gradient": "in the gradient-driven phase",
        "diffusive": "in the diffusive phase",
        "equilibrium": "at equilibrium",
    }[stopping.phase]
    return [f"Optimal stopping     t = {stopping.time:.4g}, {phase}: {meaning[stopping.where]}"]


def _accuracy_lines(run: Run) -> list[str]:
    stats = run.sol.stats
    counts = [f"{name} {stats[name]}" for name in ("nodes", "panels", "rank") if name in stats]
    parts = [str(stats["method"]), *counts, f"{stats['seconds']:.2f} s"]
    return [
        f"Accuracy             error estimate {stats['error_estimate']:.1e} max|y|, rtol {stats['rtol']:.1e}",
        f"Solver               {', '.join(parts)}",
    ]
