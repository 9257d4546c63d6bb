"""`ndk verify`: runs derivations and certificates and prints what holds."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ndk_sym.routines import Module
    from ndk_sym.verify import Report

_COLOURS = {"proved": "green", "certified": "cyan", "numeric": "blue", "unknown": "yellow", "false": "red"}
_WIDTH = 120  # of the table where the output is not a terminal


@click.command("verify", short_help="Check derivations and certificates.")
@click.argument("ids", nargs=-1, metavar="[ID ...]")
@click.option("--digits", type=int, default=50, show_default=True, help="Digits for everything that is sampled.")
@click.option(
    "--workers", type=click.IntRange(min=1), help="Processes that share the work; by default one for each core."
)
@click.option("--json", "as_json", is_flag=True, help="Print machine-readable results.")
@click.option(
    "--map", "map_file", type=click.Path(path_type=Path), help="Draw the errors of generated code over its domain here."
)
@click.pass_context
def verify_command(
    ctx: click.Context, ids: tuple[str, ...], digits: int, workers: int | None, as_json: bool, map_file: Path | None
) -> None:
    """Check the derivations and certificates called ID, or all of them.

    Each is "proved" (exact symbolic zero), "certified" (ball arithmetic), "numeric" (digits), "false" (there is
    a counter-example) or "unknown" (could not be decided). Exit status 1 if any is false or unknown.
    """
    from ndk_sym.errors import InputError  # SymPy takes a while to load: not for `ndk --help`
    from ndk_sym.verify import verify

    try:
        mapped = _mapped(ids, map_file) if map_file else ()
        report = verify(ids or None, digits=digits, progress=progress(), workers=workers or os.cpu_count() or 1)
    except InputError as error:
        raise InputMistake(str(error)) from None
    if as_json:
        click.echo(json.dumps(report.as_dict(), indent=2, ensure_ascii=False))
    else:
        _print_table(report)
    if map_file:
        _draw_map(mapped, map_file)
    ctx.exit(0 if report.ok else 1)


def _mapped(ids: tuple[str, ...], path: Path) -> tuple[Module, ...]:
    """The modules whose errors are to be drawn: those of the certificates among `ids`, all where none is given."""
    from ndk_sym import certificates
    from ndk_sym.error_map import check_file
    from ndk_sym.errors import InputError
    from ndk_sym.routines import modules

    check_file(path)
    found = {f"certificate-{module.name}": module for module in modules()}
    chosen = [id for id in found if id in ids or not ids]
    if not chosen:
        listed = ", ".join(certificates.available())
        raise InputError(f"--map draws certificates, and none of {', '.join(ids)} is one; choose among {listed}")
    return tuple(found[id] for id in chosen)


def _draw_map(modules: tuple[Module, ...], path: Path) -> None:
    from ndk_sym.error_map import draw, panels

    rows = []
    for module in modules:
        click.echo(f"mapping {module.name}", err=True)
        rows.append((module.name, panels(module)))
    draw(rows, path)
    click.echo(f"Wrote the map of {len(rows)} modules to {path}", err=True)


class InputMistake(click.ClickException):
    """One line on stderr, exit status 2, no traceback and no usage text."""

    exit_code = 2


def progress() -> Callable[[int, int, str], None]:
    """Return a callback that tells on stderr what is being checked."""
    return lambda done, total, title: click.echo(f"[{done + 1}/{total}] {title}", err=True)


def _print_table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("statement", "paper", "status", "evidence"):
        table.add_column(heading, overflow="fold")
    for heading in ("residual", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for result in report.results:
        name = Text(f"{result.title}\n") + Text(result.id, style="dim")
        status = Text(str(result.status), style=_COLOURS[str(result.status)])
        residual = "–" if result.residual is None else "0" if result.residual == 0 else f"{result.residual:.0e}"
        table.add_row(name, result.paper, status, result.evidence, residual, f"{result.seconds:.1f}")
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    console.print(table)
    holds = sum(result.status.ok for result in report.results)
    seconds = sum(result.seconds for result in report.results)
    steps = sum(len(result.steps) for result in report.results)
    console.print(f"\n{holds} of {len(report.results)} hold; {steps} steps checked; {seconds:.1f} s", highlight=False)
