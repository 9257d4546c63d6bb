"""`ndk proximal`: Markov proximal learning at finite λ, with schedules of λ and T."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from ndk_num import equilibria
from ndk_num import proximal as chains
from ndk_num.checks import Array
from ndk_num.cli import options, summary
from ndk_num.datasets import Dataset, load
from ndk_num.dynamics import solve
from ndk_num.errors import InputError, shortened
from ndk_num.network import Network, require_gradients
from ndk_num.schedules import MOST_STEPS
from ndk_num.trajectory import Prediction, Trajectory

ANNEALING = ("geometric", "linear")


@click.command("proximal", short_help="Markov proximal learning in steps of 1/λ, with schedules.")
@options.data()
@options.depth()
@options.activation
@options.temperature(several="Level of noise, or one of each step; at 0 a step is deterministic.")
@options.variances
@click.option("--lam", required=True, metavar="L1,L2,…", help="Strength λ of the proximity term, or one of each step.")
@click.option("--steps", type=int, metavar="N", help="Number of steps, in place of --horizon.")
@options.horizon
@click.option("--lam-final", type=float, metavar="L", help="λ of the last of N steps, where it changes.")
@click.option("--temperature-final", type=float, metavar="T", help="T of the last of N steps, where it changes.")
@click.option(
    "--anneal", default="geometric", show_default=True, metavar="A", help="How they change: geometric, linear."
)
@click.option("--compare", is_flag=True, help="Solve continuous time too, which is λ → ∞, and print the distance.")
@options.rtol
@options.outputs("the trajectory", "CHAIN")
@options.sample(test_per_class=1, raw_norms=False)
def proximal_command(
    *, spec: str, depth: int, activation: str, temperature: str, sigma2: float, sigma02: float, lam: str,
    steps: int | None, horizon: float | None, lam_final: float | None, temperature_final: float | None, anneal: str,
    compare: bool, rtol: float, out: Path | None, plot: Path | None, as_json: bool, per_class: int,
    test_per_class: int, seed: int, raw_norms: bool,
) -> None:  # fmt: skip
    """Learn by whole steps that minimise the error near the weights of the step before, in place of continuous time.

    Step s takes the time 1/λ_s. Prints the test predictor after the last step, the equilibrium of the last λ and T,
    and the NNGP equilibrium, to which that tends as λ → ∞. --rtol is the accuracy of what --compare solves; the steps
    themselves are exact.

    Example:  ndk proximal --data synthetic:8 --depth 1 --activation relu --temperature 1e-1 --temperature-final 1e-3
    --sigma2 1 --sigma02 1 --lam 1 --steps 100
    """
    from ndk_num.cli.outputs import deliver

    schedule = _Schedules(steps, anneal)
    lams = schedule.read("--lam", lam, lam_final)
    noise = schedule.read("--temperature", temperature, temperature_final)
    last = Network(
        depth=depth, activation=activation, temperature=float(noise.flat[-1]), sigma2=sigma2, sigma02=sigma02
    )
    if steps is not None and horizon is not None:
        raise InputError("both --steps and --horizon are given; give one of them")
    if compare and len(np.unique(noise)) > 1:
        raise InputError("--compare is given and T changes, which it cannot in continuous time; leave out one of them")
    options.require_outputs(spec, out, plot)
    if plot is not None or compare:
        require_gradients(last)  # which continuous time has, and the NTK equilibrium that is drawn
    data = load(spec, per_class=per_class, test_per_class=test_per_class, seed=seed, normalize=not raw_norms)
    run = learn(last, data, lams, noise, horizon, rtol if compare else None)
    deliver(
        text=lambda: as_text(run),
        content=lambda: content(run),
        as_json=as_json,
        files={"out": (out, run.sol.save), "plot": (plot, lambda path: _draw(run, path))},
    )


@dataclass(frozen=True)
class _Schedules:
    """What the options say of λ and T."""

    steps: int | None
    anneal: str

    def __post_init__(self) -> None:
        if self.steps is not None and not 1 <= self.steps <= MOST_STEPS:
            raise InputError(f"--steps is {self.steps}; give a number from 1 to {MOST_STEPS}")
        if self.anneal not in ANNEALING:
            raise InputError(f"--anneal is {shortened(self.anneal)}; give one of {', '.join(ANNEALING)}")

    def read(self, option: str, text: str, final: float | None) -> Array:
        """One number for all steps as an array without dimension, or one of each."""
        values = options.numbers(option, text)
        assert values is not None
        if final is not None:
            return self._annealed(option, values, final)
        if len(values) == 1:
            return values.reshape(()) if self.steps is None else np.full(self.steps, values[0])
        if self.steps not in (None, len(values)):
            raise InputError(f"{option} has {len(values)} values and --steps is {self.steps}; leave out --steps")
        return values

    def _annealed(self, option: str, values: Array, final: float) -> Array:
        if len(values) > 1:
            raise InputError(f"{option} has one value of each step and {option}-final is given; leave out one of them")
        if self.steps is None or self.steps < 2:
            raise InputError(f"{option}-final is given; say with --steps, at least 2, when it is reached")
        if self.anneal == "linear":
            return np.linspace(values[0], final, self.steps)
        if not (values[0] > 0 and final > 0 and np.isfinite(values[0] * final)):
            raise InputError(
                f"{option} changes from {values[0]:g} to {final:g}, which only positive numbers do geometrically; give"
                " others, or --anneal linear"
            )
        return np.geomspace(values[0], final, self.steps)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A trajectory in steps, the equilibria of its last λ and T, and the trajectory in continuous time if wanted."""

    data: Dataset
    sol: Trajectory
    end: Prediction
    nngp: Prediction
    flow: Trajectory | None

    @property
    def predictions(self) -> dict[str, Array]:
        """Test predictors after the last step and in equilibrium."""
        found = {
            "final": self.sol.test[-1],
            "proximal": self.end.test,
            "nngp": self.nngp.test,
        }
        return found if self.flow is None else {**found, "continuous": self.flow.at([self.flow.horizon]).test[0]}

    @property
    def distances(self) -> tuple[float, float] | None:
        """Largest distance from continuous time over all inputs and steps, and after the last; in units of max |y|."""
        if self.flow is None:
            return None
        at = self.flow.at(np.minimum(self.sol.times, self.flow.horizon))
        gaps = np.maximum(_largest(self.sol.train - at.train), _largest(self.sol.test - at.test))
        unit = float(np.abs(self.sol.y).max()) or 1.0
        return float(gaps.max() / unit), float(gaps[-1] / unit)


def learn(
    last: Network, data: Dataset, lams: Array, noise: Array, horizon: float | None, compared: float | None
) -> Chain:
    """All steps, and with an rtol for it the comparison; what is quick comes first, and with it most mistakes.

    Parameters
    ----------
    last : Network
        At the temperature of the last step.
    data : Dataset
    lams, noise : array () or (N,)
        λ and T of all steps, or of each.
    horizon : float, optional
        Where neither has one of each.
    compared : float, optional
        Accuracy of the trajectory in continuous time.

    Returns
    -------
    Chain
    """
    from ndk_num.cli.progress import ProgressBar

    inputs = (data.X, data.y, data.X_test)
    end = equilibria.proximal(last, *inputs, lam=float(lams.flat[-1]))
    nngp = equilibria.nngp(last, *inputs)
    with ProgressBar("stepping") as progress:
        sol = chains.solve(last, *inputs, lam=lams, temperature=noise, horizon=horizon, progress=progress)
    flow = None
    if compared is not None:
        with ProgressBar("continuous time") as progress:
            flow = solve(last, *inputs, horizon=sol.horizon, rtol=compared, progress=progress)
    return Chain(data=data, sol=sol, end=end, nngp=nngp, flow=flow)


def _largest(values: Array) -> Array:
    """Over all but the first axis."""
    return np.asarray(np.abs(values).reshape(len(values), -1).max(axis=1))


_NAMES = {"final": "last step", "proximal": "equilibrium", "nngp": "NNGP", "continuous": "continuous"}


def as_text(run: Chain) -> str:
    """Report for the terminal."""
    sol, predictions = run.sol, run.predictions
    lines = [
        summary.data_line(run.data),
        summary.network_line(sol.network) + (", where it ends" if isinstance(sol.stats["temperature"], list) else ""),
        f"{sol.stats['panels']} steps to t = {sol.horizon:.6g}, lambda {_range(sol.stats['lam'])},"
        f" T {_range(sol.stats['temperature'])}",
        "",
        *summary.prediction_lines([(_NAMES[name], values) for name, values in predictions.items()], run.data.y_test),
        "",
        f"To equilibrium       {np.abs(predictions['final'] - predictions['proximal']).max():.3g} after the last step",
    ]
    if run.distances is not None:
        most, last = run.distances
        lines.append(f"To continuous time   at most {most:.3g} max|y| at the steps, {last:.3g} after the last")
    lines.append(f"Solver               proximal, {sol.stats['seconds']:.2f} s")
    return "\n".join(lines)


def _range(values: float | list[float]) -> str:
    return f"{values:g}" if isinstance(values, float) else f"from {values[0]:g} to {values[-1]:g}"


def content(run: Chain) -> dict[str, Any]:
    """Everything as plain numbers, lists and strings."""
    sol, y_test = run.sol, run.data.y_test
    found = {name: summary.prediction_content(values, y_test) for name, values in run.predictions.items()}
    distances = run.distances
    return {
        "data": {**summary.data_content(run.data), "y_test": y_test},
        "network": {**sol.network.to_dict(), "kappa": sol.network.kappa},
        "steps": sol.stats["panels"],
        "horizon": sol.horizon,
        "final": found["final"],
        "equilibria": {name: found[name] for name in ("proximal", "nngp")},
        "continuous": found.get("continuous"),
        "distance": None if distances is None else {"largest": distances[0], "final": distances[1]},
        "stats": dict(sol.stats),
    }


def _draw(run: Chain, path: Path) -> None:
    from ndk_num import plots

    name = summary.title(run.data, run.sol.network)
    figure = plots.trajectory(run.sol, y_test=run.data.y_test, nngp=run.nngp, title=f"{name}, in steps of 1/λ")
    plots.save(figure, path)
