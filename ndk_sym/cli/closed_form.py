"""`ndk closed-form`: a kernel of any depth as LaTeX, SymPy or code."""

from __future__ import annotations

import click

_FORMATS = ("latex", "sympy", "python", "c", "julia", "mathematica")


@click.command("closed-form", short_help="Print a kernel of any depth in closed form.")
@click.argument("kernel", metavar="KERNEL")
@click.option("--activation", "activation", required=True, metavar="NAME", help="A registered activation, e.g. relu.")
@click.option("--depth", required=True, type=int, metavar="L", help="Number of hidden layers.")
@click.option("--format", "format", type=click.Choice(_FORMATS), default="latex", show_default=True)
@click.option("--times", is_flag=True, help="Insert the prior, with the times t and s explicit.")
def closed_form_command(kernel: str, activation: str, depth: int, format: str, times: bool) -> None:
    """Print KERNEL in closed form.

    KERNEL is nngp, ntk, two-time, derivative, ndk or mean. The code formats are complete functions; python,
    c and julia print the numerically stable form, latex, sympy and mathematica the textbook form.
    """
    from ndk_sym import notation as nt  # SymPy takes a while to load: not for `ndk --help`
    from ndk_sym.closed_form import closed_form
    from ndk_sym.errors import InputError

    try:
        form = closed_form(kernel, activation=activation, depth=depth)
        text = (form.in_time(nt.t, nt.s) if times else form).to(format)
    except InputError as error:
        raise _InputMistake(str(error)) from None
    click.echo(text.rstrip("\n"))


class _InputMistake(click.ClickException):
    """One line on stderr, exit status 2, no traceback and no usage text."""

    exit_code = 2
