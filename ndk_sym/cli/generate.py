"""`ndk generate`: write the generated numeric modules and their certificates, or check them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click


class _Refused(click.ClickException):
    """A one-line error with the exit code of a usage error."""

    exit_code = 2


@click.command("generate")
@click.option("--check", is_flag=True, help="Change nothing; fail if the files differ from what would be written.")
@click.option(
    "--target",
    type=click.Path(path_type=Path),
    help="Directory of the generated package.  [default: ndk_num/_generated of this installation]",
)
@click.option(
    "--workers", type=click.IntRange(min=1), help="Processes that share the work; by default one for each core."
)
def generate_command(check: bool, target: Path | None, workers: int | None) -> None:
    """Write the generated numeric modules and their certificates.

    Every function is certified first: its formula against the Gaussian average that defines it, and its code against
    its formula. If a claim does not hold, nothing is written.
    """
    from ndk_sym import generate
    from ndk_sym.certify import CertificationError
    from ndk_sym.errors import InputError
    from ndk_sym.routines import modules

    target, workers = target or generate.default_target(), workers or os.cpu_count() or 1
    try:
        with _progress(len(modules())) as step:
            if check:
                problems = generate.check(target, step=step, workers=workers)
            else:
                certificates = generate.write(target, step=step, workers=workers)
    except InputError as error:
        raise _Refused(str(error)) from error
    except CertificationError as error:
        raise click.ClickException(f"{error}; nothing was written") from error
    if not check:
        _table(certificates)
        click.echo(f"Wrote {len(certificates)} modules and their certificates to {target}")
    elif problems:
        raise click.ClickException("\n".join([f"{target} is not what it should be:", *problems]))
    else:
        click.echo(f"{target} is exactly what `ndk generate` writes, and its claims hold on fresh evaluations")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, started = bar.add_task("starting", total=total), 0

        def step(name: str) -> None:
            nonlocal started
            bar.update(task, description=name, completed=started)
            started += 1

        yield step


def _table(certificates: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("function", "value", "formula − average", "stable − textbook", "code, worst ulp", "where")
    for name, certificate in certificates.items():
        for function, measured in certificate["measured"].items():
            for label, strata in measured["transcription"].items():
                theory = measured["theory"][label]
                stratum = max(strata, key=lambda key: strata[key]["ulp"])
                ulp = strata[stratum]["ulp"]
                row = (f"{name}.{function}", label, theory["average"], theory["textbook"], f"{ulp:.2f}")
                table.add_row(*row, stratum if ulp else "exact")
    Console().print(table)
