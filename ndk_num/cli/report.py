"""`ndk report`: verify the theory, solve it on real digits, write one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ndk_num.cli.page import Provenance
    from ndk_num.cli.run import Run
    from ndk_num.datasets import Dataset

DATA = "mnist:0,1"  # 50 + 50 digits and one held-out example of each (SI E.2)
NETWORKS = (("relu", 1), ("relu", 3), ("erf", 1))
TEMPERATURE, SIGMA2, SIGMA02 = 1e-3, 1.0, 0.5
PACKAGES = ("ndk", "numpy", "scipy", "sympy", "mpmath", "matplotlib")


@click.command("report", short_help="Verify, solve real data, write one HTML page (the main job).")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True, metavar="REPORT.html",
    help="Where to write the page.",
)  # fmt: skip
def report_command(*, out: Path) -> None:
    """Verify every derivation, solve MNIST 0 vs 1 for three networks, and write one HTML page with figures.

    The page needs no network connection. Exit code 1 if a statement is false or unknown.
    """
    import time

    from ndk_num.cli import page, verification
    from ndk_num.cli.outputs import require_writable
    from ndk_num.datasets import load

    started = time.perf_counter()
    require_writable("--out", out)
    data = load(DATA)  # before the long part: it is an extra that may be missing
    # one after the other: a linear solve on all cores suffers badly from company, and its time is shown on the page
    click.echo("Verifying …", err=True)
    outcome = verification.run()
    click.echo(f"Verified             {outcome.passed} of {len(outcome.results)} statements")
    runs = _solve(data)
    figures = [page.draw(run) for run in runs]
    made_by = _provenance(out, started)
    out.write_text(page.render(runs, figures, outcome, made_by), encoding="utf-8")
    click.echo(f"Written              {out}  ({time.perf_counter() - started:.1f} s)")
    if not outcome.ok:
        wrong = ", ".join(f"{result.id} ({result.status})" for result in outcome.results if not result.passed)
        click.echo(f"Error: verification failed: {outcome.failure or wrong}; see {out}", err=True)
        raise click.exceptions.Exit(1)


def _solve(data: Dataset) -> list[Run]:
    from ndk_num.cli import run
    from ndk_num.cli.progress import ProgressBar
    from ndk_num.network import Network

    runs = []
    for activation, depth in NETWORKS:
        net = Network(depth=depth, activation=activation, temperature=TEMPERATURE, sigma2=SIGMA2, sigma02=SIGMA02)
        with ProgressBar(f"solving {activation}, depth {depth}") as progress:
            result = run.perform(data, net, progress=progress)
        click.echo(f"Solved               {result.title}: {result.sol.stats['seconds']:.1f} s")
        runs.append(result)
    return runs


def _provenance(out: Path, started: float) -> Provenance:
    import datetime
    import os
    import platform
    import time
    from importlib.metadata import PackageNotFoundError, version

    from ndk_num.cli.page import Provenance

    versions = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:  # run from a source tree
            versions[name] = "not installed"
    return Provenance(
        command=f"ndk report --out {out.name}",
        versions=versions,
        created=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        seconds=time.perf_counter() - started,
        cores=os.cpu_count() or 1,
    )
