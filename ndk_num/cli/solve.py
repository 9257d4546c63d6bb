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
    # the numbers first: a disk that is full by now must not lose them
    if as_json:
        _print_json(result, out, plot)
    else:
        click.echo(run.as_text(result))
    _write(result, out, plot)
    for path in (out, plot):
        if path is not None and not as_json:
            click.echo(f"Written              {path}")


def _write(result: Run, out: Path | None, plot: Path | None) -> None:
    if out is not None:
        result.sol.save(out)
    if plot is not None:
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
        plots.save(figure, plot)


def _print_json(result: Run, out: Path | None, plot: Path | None) -> None:
    import json

    from ndk_num.cli import run

    files = {"out": None if out is None else str(out), "plot": None if plot is None else str(plot)}
    click.echo(json.dumps({**run.as_json(result), "files": files}, allow_nan=False))
