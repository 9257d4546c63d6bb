"""Options that several commands take: one definition, one name, one help text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from ndk_num.checks import Array
from ndk_num.errors import InputError, shortened

Decorator = Callable[[Any], Any]

FILE = click.Path(path_type=Path, dir_okay=True)


def together(*options: Decorator) -> Decorator:
    """Several options as one decorator; the help lists them in this order."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def data(*, required: bool = True) -> Decorator:
    """Where inputs and labels come from."""
    return click.option(
        "--data", "spec", required=required, metavar="D", help="synthetic[:P], mnist:A,B, faces, or a .npz path."
    )


def depth(*, several: bool = False) -> Decorator:
    """Depth, or depths as text."""
    if several:
        return click.option("--depth", required=True, metavar="L1,L2,…", help="Numbers of hidden layers.")
    return click.option("--depth", type=int, required=True, metavar="L", help="Number of hidden layers.")


activation = click.option(
    "--activation", required=True, metavar="NAME",
    help='Activation: a name such as relu or tanh, a call such as leaky_relu(0.1), or a formula such as "x*tanh(x)".',
)  # fmt: skip


def temperature(*, several: str = "") -> Decorator:
    """Temperature, or temperatures as text: of what is said by `several`."""
    meaning = "Level of noise; 0 is gradient flow."
    if several:
        return click.option("--temperature", required=True, metavar="T1,T2,…", help=several)
    return click.option("--temperature", type=float, required=True, metavar="T", help=meaning)


variances = together(
    click.option("--sigma2", type=float, required=True, metavar="S", help="Prior variance of the weights, σ²."),
    click.option("--sigma02", type=float, required=True, metavar="S0", help="Variance at initialisation, σ0²."),
)
horizon = click.option("--horizon", type=float, metavar="H", help="Last time.  [default: 10 σ²/T]")
rtol = click.option("--rtol", type=float, default=1e-6, show_default=True, metavar="R", help="Largest error / max|y|.")
network = together(data(), depth(), activation, temperature(), variances, horizon, rtol)


def outputs(what: str, name: str) -> Decorator:
    """Files and form of the results."""
    return together(
        click.option("--out", type=FILE, metavar=f"{name}.nc", help=f"Write {what} as NetCDF."),
        click.option("--plot", type=FILE, metavar=f"{name}.png", help="Write a figure: png, svg, pdf, …"),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text."),
    )


def sample(*, test_per_class: int, raw_norms: bool) -> Decorator:
    """Which examples, and their norms; the defaults are the command's."""
    kept = "Keep the inputs' norms (pixels from 0 to 1)"
    return together(
        click.option("--per-class", type=int, default=50, show_default=True, help="Training examples of each class."),
        click.option(
            "--test-per-class", type=int, default=test_per_class, show_default=True, help="Test examples of each class."
        ),
        click.option("--seed", type=int, default=0, show_default=True, help="Chooses the examples."),
        click.option(
            "--raw-norms/--unit-norms",
            default=raw_norms,
            help=f"{kept}, or scale each to |x|²/N0 = 1.  [default: {'raw' if raw_norms else 'unit'} norms]",
        ),
    )


solver = together(
    click.option("--method", metavar="M", help="collocation, trapezoid (baseline) or gradient_flow.  [default: by T]"),
    click.option("--device", metavar="DEVICE", help="Where large arrays live: torch:cuda, cupy, …  [default: NumPy]"),
    click.option("--max-memory", metavar="SIZE", help='Refuse what needs more, e.g. "8 GB".'),
    click.option("--checkpoint", type=FILE, metavar="FILE", help="Save on the way, and go on from what was saved."),
)


def numbers(option: str, text: str | None) -> Array | None:
    """Numbers between commas; None where the option was not given."""
    return None if text is None else np.array(_listed(option, text, float, "numbers"))


def integers(option: str, text: str | None) -> list[int] | None:
    """Integers between commas; None where the option was not given."""
    return None if text is None else _listed(option, text, int, "integers")


def span(times: Array | None) -> tuple[float, float] | None:
    """The first positive time and the last, for a figure with logarithmic axes; None if there are no two."""
    positive = np.unique(times[times > 0]) if times is not None else np.zeros(0)
    return (float(positive[0]), float(positive[-1])) if len(positive) > 1 else None


def _listed(option: str, text: str, kind: Callable[[str], Any], what: str) -> list[Any]:
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(f"{option} is {shortened(text)}; give {what} with commas between them") from error


def require_outputs(spec: str | None, out: Path | None, plot: Path | None) -> None:
    """Find out before the computation whether its results can be written."""
    from ndk_num.cli.outputs import require_distinct, require_writable
    from ndk_num.plots import require_format

    if plot is not None:
        require_format(plot.suffix.lstrip(".").lower())
    options = {"--data": None if spec is None else Path(spec), "--out": out, "--plot": plot}
    given = {option: path for option, path in options.items() if path is not None}
    require_distinct(given)
    for option in ("--out", "--plot"):
        if option in given:
            require_writable(option, given[option])
