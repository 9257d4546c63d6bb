"""`ndk solve`: one trajectory, from initialisation through both phases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ndk_num.cli import options

if TYPE_CHECKING:
    from ndk_num.cli.run import Run


@click.command("solve", short_help="Solve one trajectory; print phases, equilibria, stopping time.")
@options.network
@click.option(
    "--learning", default="all", show_default=True, metavar="W", help="Weights that learn: all, readout, hidden."
)
@options.outputs("the trajectory", "RUN")
@options.sample(test_per_class=1, raw_norms=False)
@options.solver
def solve_command(
    *, spec: str, depth: int, activation: str, temperature: float, sigma2: float, sigma02: float,
    horizon: float | None, rtol: float, learning: str, out: Path | None, plot: Path | None, as_json: bool,
    per_class: int, test_per_class: int, seed: int, raw_norms: bool, method: str | None, device: str | None,
    max_memory: str | None, checkpoint: Path | None,
) -> None:  # fmt: skip
    """Solve the predictor's integral equation on data, from t = 0 to the horizon.

    Prints the time scales of the two phases, the NTK and NNGP equilibria, how the test predictor relaxes and
    overshoots, the optimal stopping time of the test error with its phase, and an error estimate.

    Example:  ndk solve --data mnist:0,1 --depth 1 --activation relu --temperature 1e-3 --sigma2 1 --sigma02 1
    """
    from ndk_num.cli import run
    from ndk_num.cli.outputs import deliver
    from ndk_num.cli.progress import ProgressBar
    from ndk_num.datasets import load
    from ndk_num.network import Network

    net = Network(depth=depth, activation=activation, temperature=temperature, sigma2=sigma2, sigma02=sigma02)
    options.require_outputs(spec, out, plot)
    data = load(spec, per_class=per_class, test_per_class=test_per_class, seed=seed, normalize=not raw_norms)
    with ProgressBar("solving") as progress:
        result = run.perform(
            data, net, horizon=horizon, rtol=rtol, learning=learning, method=method, progress=progress, device=device,
            max_memory=max_memory, checkpoint=checkpoint,
        )  # fmt: skip
    deliver(
        text=lambda: run.as_text(result),
        content=lambda: run.as_json(result),
        as_json=as_json,
        files={"out": (out, result.sol.save), "plot": (plot, lambda path: _draw(result, path))},
    )


def _draw(result: Run, path: Path) -> None:
    from ndk_num import plots

    figure = plots.trajectory(
        result.sol,
        y_test=result.data.y_test,
        ntk=result.ntk,
        nngp=result.nngp,
        phases=result.phases,
        stopping=result.stopping,
        title=result.title,
    )
    plots.save(figure, path)
