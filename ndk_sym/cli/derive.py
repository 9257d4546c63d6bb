"""`ndk derive`: prints one derivation, step by step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ndk_sym.statement import Derivation


@click.command("derive", short_help="Print one derivation, step by step.")
@click.argument("id", required=False, metavar="[ID]")
@click.option("--equations", is_flag=True, help="List the paper's equations and the steps that derive them.")
@click.option("--format", "format", type=click.Choice(("text", "latex", "html")), default="text", show_default=True)
@click.option("--digits", type=int, default=50, show_default=True, help="Digits for everything that is sampled.")
@click.pass_context
def derive_command(ctx: click.Context, id: str | None, equations: bool, format: str, digits: int) -> None:
    """Print the derivation called ID with the status and evidence of each step; without ID, list all.

    Exit status 1 if the derivation is false or unknown, or if --equations finds one that is nowhere.
    """
    from ndk_sym.cli.verify import InputMistake, progress
    from ndk_sym.errors import InputError
    from ndk_sym.pages import page
    from ndk_sym.registry import derivations, select
    from ndk_sym.verify import verify

    try:
        known = derivations()
        if equations:
            if id is not None:
                raise InputError(f"--equations covers all derivations; leave out {id!r}")
            ctx.exit(0 if _print_equations(known.values()) else 1)
        if id is None:
            width = max(len(name) for name in known)
            for name, derivation in known.items():
                click.echo(f"{name:{width}}  {derivation.title}  [{derivation.paper}]")
            return
        select([id], known)
        report = verify([id], digits=digits, progress=progress())
    except InputError as error:
        raise InputMistake(str(error)) from None
    click.echo(page(known[id], report.results[0], format=format))
    ctx.exit(0 if report.ok else 1)


def _print_equations(derivations: Iterable[Derivation]) -> bool:
    """One line for each equation of the paper; whether all are derived or named as definitions."""
    from ndk_sym.equations import coverage

    found = coverage(derivations)
    for entry in found:
        parts = [f"definition: {entry.definition}"] if entry.definition else []
        parts += [", ".join(entry.steps)] if entry.steps else []
        parts += [f"missing from the text: {entry.missing}"] if entry.missing else []
        click.echo(f"{'(' + entry.equation + ')':8} {'; '.join(parts) or 'NOWHERE'}")
    return all(entry.ok for entry in found)
