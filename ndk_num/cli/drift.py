"""`ndk drift`: what is left of two classes when learning ends and weights drift on."""

from __future__ import annotations

from pathlib import Path

import click

from ndk_num.cli import options


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
    from ndk_num.cli.outputs import deliver
    from ndk_num.cli.progress import ProgressBar
    from ndk_num.datasets import load
    from ndk_num.network import Network

    net = Network(depth=depth, activation=activation, temperature=temperature, sigma2=sigma2, sigma02=sigma02)
    at = {"times": options.numbers("--times", times), "lags": options.numbers("--lags", lags)}
    options.require_outputs(spec, out, plot)
    data = load(spec, per_class=per_class, test_per_class=test_per_class, seed=seed, normalize=not raw_norms)
    with ProgressBar("solving") as progress:
        run = drifted.perform(
            data, net, freeze=freeze, **at, drifting=drifting, horizon=horizon, progress=progress, rtol=rtol,
            method=method, device=device, max_memory=max_memory, checkpoint=checkpoint,
        )  # fmt: skip
    deliver(
        text=lambda: drifted.as_text(run),
        content=lambda: drifted.as_json(run),
        as_json=as_json,
        files={
            "out": (out, lambda path: drifted.write(run, path)),
            "plot": (plot, lambda path: drifted.draw(run, path)),
        },
    )
