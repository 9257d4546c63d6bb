"""`ndk solve`: one trajectory, from initialisation through both phases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ndk_num.cli.run import Run

_FILE = click.Path(path_type=Path, dir_okay=True)


@click.command("solve", short_help="Solve one trajectory; print phases, equilibria, stopping time.")
@click.option("--data", "spec", required=True, metavar="D", help="synthetic[:P], mnist:A,B, faces, or a path to .npz.")
@click.option("--depth", type=int, required=True, metavar="L", help="Number of hidden layers.")
@click.option(
    "--activation",
    required=True,
    metavar="NAME",
    help='Activation: a name such as relu or tanh, a call such as leaky_relu(0.1), or a formula such as "x*tanh(x)".',
)
@click.option("--temperature", type=float, required=True, metavar="T", help="Level of noise; 0 is gradient flow.")
@click.option("--sigma2", type=float, required=True, metavar="S", help="Prior variance of the weights, σ².")
@click.option("--sigma02", type=float, required=True, metavar="S0", help="Variance at initialisation, σ0².")
@click.option("--horizon", type=float, metavar="H", help="Last time.  [default: 10 σ²/T]")
@click.option("--rtol", type=float, default=1e-6, show_default=True, metavar="R", help="Largest error / max|y|.")
@click.option("--out", type=_FILE, metavar="RUN.nc", help="Write the trajectory as NetCDF.")
@click.option("--plot", type=_FILE, metavar="RUN.png", help="Write a figure: png, svg, pdf, …")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("--per-class", type=int, default=50, show_default=True, help="Training examples of each class.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the examples.")
@click.option("--raw-norms", is_flag=True, help="Keep the inputs' norms (pixels from 0 to 1).")
@click.option("--method", metavar="M", help="collocation, trapezoid (baseline) or gradient_flow.  [default: by T]")
@click.option("--device", metavar="DEVICE", help="Where large arrays live: torch:cuda, cupy, …  [default: NumPy]")
@click.option("--max-memory", metavar="SIZE", help='Refuse what needs more, e.g. "8 GB".')
@click.option("--checkpoint", type=_FILE, metavar="FILE", help="Save on the way, and go on from what was saved.")
def solve_command(
    *, spec: str, depth: int, activation: str, temperature: float, sigma2: float, sigma02: float,
    horizon: float | None, rtol: float, out: Path | None, plot: Path | None, as_json: bool, per_class: int,
    seed: int, raw_norms: bool, method: str | None, device: str | None, max_memory: str | None, checkpoint: Path | None,
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
    _require_outputs(out, plot, spec)
    data = load(spec, per_class=per_class, seed=seed, normalize=not raw_norms)
    with ProgressBar("solving") as progress:
        result = run.perform(
            data, net, horizon=horizon, rtol=rtol, method=method, progress=progress, device=device,
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


def _require_outputs(out: Path | None, plot: Path | None, spec: str) -> None:
    """Find out before the computation whether its results can be written."""
    from ndk_num.cli.outputs import require_distinct, require_writable
    from ndk_num.plots import require_format

    if plot is not None:
        require_format(plot.suffix.lstrip(".").lower())
    options = {"--data": Path(spec), "--out": out, "--plot": plot}
    given = {option: path for option, path in options.items() if path is not None}
    require_distinct(given)
    for option in ("--out", "--plot"):
        if option in given:
            require_writable(option, given[option])


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
