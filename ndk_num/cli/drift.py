"""`ndk drift`: what is left of two classes when learning ends and weights drift on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ndk_num.cli import options

if TYPE_CHECKING:
    from ndk_num.checks import Array


@click.command("drift", short_help="End learning, let weights drift; print accuracy against time.")
@options.network
@click.option("--freeze", type=float, metavar="T0", help="Time at which learning ends.  [default: the horizon]")
@click.option("--times", metavar="T1,T2,…", help="Times of the drifting weights, from T0 on.")
@click.option("--lags", metavar="D1,D2,…", help="The same as distances from T0.  [default: 0 to 20 σ²/T]")
@click.option(
    "--drifting", default="hidden", show_default=True, metavar="W",
    help="What drifts: hidden (the readout is frozen), readout (the hidden layers are), or all.",
)  # fmt: skip
@options.outputs("outputs and accuracies", "DRIFT")
@options.sample(test_per_class=50, raw_norms=True)
@options.solver
def drift_command(
    *, spec: str, depth: int, activation: str, temperature: float, sigma2: float, sigma02: float,
    horizon: float | None, rtol: float, freeze: float | None, times: str | None, lags: str | None, drifting: str,
    out: Path | None, plot: Path | None, as_json: bool, per_class: int, test_per_class: int, seed: int, raw_norms: bool,
    method: str | None, device: str | None, max_memory: str | None, checkpoint: Path | None,
) -> None:  # fmt: skip
    """Solve a network on two classes, end learning at T0, and let some of the weights drift without a signal.

    Prints how well a linear discriminant tells the two classes' mean predictors apart, against time: trained at each
    time on the training inputs', as in the paper's Sec. 5, or at T0 and kept. Inputs keep their norms, which is what
    drift leaves of them; --unit-norms takes that away.

    Example:  ndk drift --data mnist:0,1 --depth 1 --activation relu --temperature 1e-4 --sigma2 1 --sigma02 1
    """
    from ndk_num.cli import drifted
    from ndk_num.cli.progress import ProgressBar
    from ndk_num.datasets import load
    from ndk_num.network import Network

    net = Network(depth=depth, activation=activation, temperature=temperature, sigma2=sigma2, sigma02=sigma02)
    at = {"times": _numbers("--times", times), "lags": _numbers("--lags", lags)}
    options.require_outputs(spec, out, plot)
    data = load(spec, per_class=per_class, test_per_class=test_per_class, seed=seed, normalize=not raw_norms)
    with ProgressBar("solving") as progress:
        run = drifted.perform(
            data, net, freeze=freeze, **at, drifting=drifting, horizon=horizon, progress=progress, rtol=rtol,
            method=method, device=device, max_memory=max_memory, checkpoint=checkpoint,
        )  # fmt: skip
    if as_json:
        import json

        files = {"out": None if out is None else str(out), "plot": None if plot is None else str(plot)}
        click.echo(json.dumps({**drifted.as_json(run), "files": files}, allow_nan=False))
    else:
        click.echo(drifted.as_text(run))
    drifted.write(run, out, plot)
    for path in (out, plot):
        if path is not None and not as_json:
            click.echo(f"Written              {path}")


def _numbers(option: str, text: str | None) -> Array | None:
    """Numbers between commas."""
    import numpy as np

    from ndk_num.errors import InputError, shortened

    if text is None:
        return None
    try:
        return np.array([float(part) for part in text.split(",")])
    except ValueError as error:
        raise InputError(f"{option} is {shortened(text)}; give numbers with commas between them") from error
