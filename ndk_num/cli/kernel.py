"""`ndk kernel`: the neural dynamical kernel over two times, as values and as maps."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.cli import options, summary
from ndk_num.datasets import load
from ndk_num.errors import InputError, shortened
from ndk_num.kernels import block, kernel
from ndk_num.network import Network
from ndk_num.pairs import gram
from ndk_num.statistics import Statistics

if TYPE_CHECKING:
    import xarray

KINDS = {
    "ndk": "Neural dynamical kernel K^{d,L}(t,s)",
    "two_time": "Two-time kernel K^L(t,s)",
    "derivative": "Derivative kernel, of phi' in the last layer",
}
TIMES = (0.0, 0.3, 1.0, 3.0, 10.0)  # in units of σ²/T
MOST_TIMES = 200


@click.command("kernel", short_help="Values and maps of the neural dynamical kernel over two times.")
@click.option("--correlation", metavar="C1,C2,…", help="Pairs of inputs of |x|²/N0 = 1 and these x·x'/N0.")
@options.data(required=False)
@click.option("--pairs", metavar="A:B,…", help="With --data: pairs of training inputs from 1 on.  [default: 1:1,1:2]")
@options.depth(several=True)
@options.activation
@options.temperature()
@options.variances
@click.option("--ratio", metavar="R1,R2,…", help="σ0²/σ², each in place of what --sigma02 gives.")
@click.option("--kind", default="ndk", show_default=True, metavar="K", help=f"Kernel: {', '.join(KINDS)}.")
@click.option("--times", metavar="T1,T2,…", help="Times t and s of the values.  [default: 0 to 10 σ²/T]")
@options.outputs("the values", "KERNEL")
@options.sample(test_per_class=1, raw_norms=False)
def kernel_command(
    *, correlation: str | None, spec: str | None, pairs: str | None, depth: str, activation: str, temperature: float,
    sigma2: float, sigma02: float, ratio: str | None, kind: str, times: str | None, out: Path | None,
    plot: Path | None, as_json: bool, per_class: int, test_per_class: int, seed: int, raw_norms: bool,
) -> None:  # fmt: skip
    """Compute a kernel between pairs of inputs, the first at the time t and the second at a time s up to t.

    Prints a table for each pair, depth and σ0²/σ², with the NTK, which the neural dynamical kernel is at t = s = 0, and
    the NNGP kernel, T times its integral over s at late t. The figure has maps on logarithmic times, between the first
    and the last.

    Example:  ndk kernel --correlation 0.5 --depth 1,3 --activation relu --temperature 1e-3 --sigma2 1 --sigma02 0.5
    """
    from ndk_num import files
    from ndk_num.cli.outputs import deliver

    depths, ratios = options.integers("--depth", depth), options.numbers("--ratio", ratio)
    assert depths is not None
    net = Network(depth=depths[0], activation=activation, temperature=temperature, sigma2=sigma2, sigma02=sigma02)
    at = _times(net, options.numbers("--times", times))
    if kind not in KINDS:
        raise InputError(f"--kind is {shortened(kind)}; give one of {', '.join(KINDS)}")
    if (spec is None) == (correlation is None):
        raise InputError("give --data, or --correlation, and not both: the inputs of the kernel")
    options.require_outputs(spec, out, plot)
    if spec is None:
        if pairs is not None:
            raise InputError("--pairs is given without --data; give --correlation alone")
        inputs = _correlated(options.numbers("--correlation", correlation))
    else:
        data = load(spec, per_class=per_class, test_per_class=test_per_class, seed=seed, normalize=not raw_norms)
        inputs = _of_data(data.X, data.name, pairs or ("1:1,1:2" if len(data.X) > 1 else "1:1"))
    found = compute(net, inputs, depths, ratios, at, kind)
    figure = None if plot is None else _figure(net, inputs, depths, ratios, options.span(at if times else None), kind)
    deliver(
        text=lambda: as_text(found, net, inputs),
        content=lambda: content(found, net, inputs),
        as_json=as_json,
        files={
            "out": (out, lambda path: files.write_netcdf(found, path)),
            "plot": (plot, lambda path: _save(figure, path)),
        },
    )


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Pairs of inputs by their rows, and what they are called."""

    name: str
    X: Array
    pairs: list[tuple[int, int]]
    labels: list[str]


def _times(net: Network, given: Array | None) -> Array:
    if net.temperature == 0:
        raise InputError("temperature is 0, where the kernel is the NTK at all times; give a positive one")
    found = np.array(TIMES) / net.kappa if given is None else np.unique(checks.times("--times", given))
    if len(found) > MOST_TIMES:
        raise InputError(f"--times has {len(found)} values; give at most {MOST_TIMES}")
    return found


def _correlated(values: Array | None) -> Inputs:
    """One input, and others of given correlation with it, in two dimensions."""
    assert values is not None
    if not (np.abs(values) <= 1).all():
        raise InputError(f"--correlation holds {values[~(np.abs(values) <= 1)][0]:g}; give numbers from −1 to 1")
    others = np.stack([values, np.sqrt(1 - values**2)], axis=1)
    return Inputs(
        name="inputs with |x|²/N0 = 1",
        X=np.sqrt(2) * np.concatenate([[[1.0, 0.0]], others]),
        pairs=[(0, row) for row in range(1, len(values) + 1)],
        labels=[f"correlation {value:g}" for value in values],
    )


def _of_data(X: Array, name: str, text: str) -> Inputs:
    """Pairs such as 1:1,1:2, counted from 1."""
    try:
        chosen = [(int(first) - 1, int(second) - 1) for first, second in (pair.split(":") for pair in text.split(","))]
    except ValueError:
        chosen = []
    if not chosen or not all(0 <= row < len(X) for pair in chosen for row in pair):
        raise InputError(f"--pairs is {shortened(text)}; give pairs of inputs from 1 to {len(X)}, such as 1:1,1:2")
    return Inputs(name=name, X=X, pairs=chosen, labels=[f"inputs {a + 1}, {b + 1}" for a, b in chosen])


def compute(
    net: Network, inputs: Inputs, depths: list[int], ratios: Array | None, times: Array, kind: str
) -> xarray.Dataset:
    """Values (depth, ratio, pair, t, s), NaN for s > t, and for the NDK those of the NTK and the NNGP kernel."""
    import xarray

    listed = [net.ratio] if ratios is None else ratios.tolist()
    shape = (len(depths), len(listed), len(inputs.pairs))
    values, ntk, nngp = np.full((*shape, len(times), len(times)), np.nan), np.zeros(shape), np.zeros(shape)
    first, second = (inputs.X[[pair[side] for pair in inputs.pairs]] for side in (0, 1))
    for i, j in np.ndindex(shape[:2]):
        at = replace(net, depth=depths[i])
        at = at if ratios is None else at.at_ratio(listed[j])
        for n, m in zip(*np.tril_indices(len(times)), strict=True):
            values[i, j, :, n, m] = np.diagonal(kernel(at, times[n], times[m], first, second, kind))
        if kind == "ndk":
            ntk[i, j] = np.diagonal(kernel(at, 0.0, 0.0, first, second))
            nngp[i, j] = np.diagonal(block(at, Statistics.stationary(at), gram(first, second), "prior"))
    axes = ("depth", "ratio", "pair")
    variables: dict[str, Any] = {kind: ((*axes, "t", "s"), values, {"long_name": KINDS[kind]})}
    if kind == "ndk":
        variables |= {"ntk": (axes, ntk), "nngp": (axes, nngp)}
    coordinates = {"depth": depths, "ratio": listed, "pair": inputs.labels, "t": times, "s": times}
    attributes = {"network": json.dumps(net.to_dict()), "inputs": inputs.name}
    return xarray.Dataset(variables, coordinates, attributes)


def as_text(found: xarray.Dataset, net: Network, inputs: Inputs) -> str:
    """A table for each depth, ratio and pair of inputs."""
    (kind,) = (name for name in KINDS if name in found)
    lines = [
        f"{KINDS[kind]}, {inputs.name}",
        f"{summary.display_name(net.title)} networks, T = {net.temperature:g}, sigma2 = {net.sigma2:g}",
    ]
    t, s = ([f"{axis} = {time:.4g}" for time in found[axis].values] for axis in ("t", "s"))
    for i, j, k in itertools.product(*(range(found.sizes[axis]) for axis in ("depth", "ratio", "pair"))):
        at = found.isel(depth=i, ratio=j, pair=k)
        title = f"Depth {at.depth.item()}, sigma02/sigma2 = {at.ratio.item():g}, {at.pair.item()}"
        if kind == "ndk":
            title += f": NTK {at.ntk.item():.6g}, NNGP kernel {at.nngp.item():.6g}"
        rows = [[t[n], *("" if np.isnan(v) else f"{v:.6g}" for v in row)] for n, row in enumerate(at[kind].values)]
        lines += ["", title, *(line.rstrip() for line in summary.table(["", *s], rows))]
    return "\n".join(lines)


def content(found: xarray.Dataset, net: Network, inputs: Inputs) -> dict[str, Any]:
    """Everything as plain numbers, lists and strings; null for s > t."""
    return {
        "inputs": inputs.name,
        "network": {**net.to_dict(), "kappa": net.kappa},
        "axes": {axis: found[axis].values for axis in ("depth", "ratio", "pair", "t", "s")},
        "kernels": {
            str(name): {"dimensions": list(values.dims), "values": values.values}
            for name, values in found.data_vars.items()
        },
    }


def _figure(
    net: Network, inputs: Inputs, depths: list[int], ratios: Array | None, span: tuple[float, float] | None, kind: str
) -> Any:
    """Drawn before anything is printed: what cannot be drawn is found first."""
    from ndk_num import plots

    title = f"{summary.display_name(net.title)}, {inputs.name}"
    return plots.kernel(net, inputs.X, pairs=inputs.pairs, depths=depths, times=span, kind=kind, title=title,
                        ratios=None if ratios is None else ratios.tolist(), labels=inputs.labels)  # fmt: skip


def _save(figure: Any, path: Path) -> None:
    from ndk_num import plots

    plots.save(figure, path)
