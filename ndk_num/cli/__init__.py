"""The command `ndk`: a group that finds its commands through the entry points `ndk.commands`."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any

import click

from ndk_num.errors import GeneratedCodeError

GROUP = "ndk.commands"
INTERRUPTED = 130  # 128 + SIGINT, what a shell expects
MISTAKE = 2


class CommandGroup(click.Group):
    """A click group whose commands are entry points, imported only when they are needed.

    A user's mistake (an `InputError` of any package, a file that cannot be used, a usage error) is one line
    on standard error and exit code 2. Everything else is a defect and keeps its traceback.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return sorted({*super().list_commands(ctx), *(point.name for point in entry_points(group=GROUP))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; one that cannot be imported becomes one that raises the import's own error."""
        own = super().get_command(ctx, cmd_name)
        found = {point.name: point for point in entry_points(group=GROUP)}
        if own is not None or cmd_name not in found:
            return own
        try:
            command = found[cmd_name].load()
        except Exception as error:
            return _broken(cmd_name, error)
        if not isinstance(command, click.Command):
            return _broken(cmd_name, TypeError(f"{found[cmd_name].value} is not a click command"))
        return command

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, *, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        """Run the command line, turning a user's mistakes into one line and an exit code."""
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **extra)
        try:
            with _short_warnings():
                code = super().main(args, standalone_mode=False, **extra)
        except (click.Abort, KeyboardInterrupt):
            click.echo("Interrupted.", err=True)
            sys.exit(INTERRUPTED)
        except click.ClickException as error:
            sys.exit(_usage(error))
        except Exception as error:
            if not is_mistake(error):
                raise
            _complain(describe(error))
            sys.exit(MISTAKE)
        sys.exit(code if isinstance(code, int) else 0)


def is_mistake(error: BaseException) -> bool:
    """Whether an exception reports what a user did, not a defect.

    Every package of the project has its own `InputError` and cannot import the others', so the name decides.
    """
    if isinstance(error, OSError):
        return error.filename is not None
    named = any(base.__name__ == "InputError" for base in type(error).__mro__)
    return (isinstance(error, ValueError) and named) or isinstance(error, GeneratedCodeError)


def describe(error: BaseException) -> str:
    """One line that says what went wrong."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror or error}"
    return " ".join(str(error).split())


def _complain(message: str) -> None:
    click.echo(f"Error: {message}", err=True)


def _usage(error: click.ClickException) -> int:
    message = error.format_message()
    ctx = getattr(error, "ctx", None)
    if ctx is not None and message.startswith("Usage:"):  # `ndk` alone asks for its help, which is no mistake
        click.echo(message)
        return 0
    message = " ".join(message.split())
    hint = f" See {ctx.command_path} --help." if ctx is not None else ""
    _complain(message + hint)
    return error.exit_code


def _broken(name: str, error: Exception) -> click.Command:
    """A stand-in for a command that cannot be loaded: the help lists it, running it raises the real error."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return click.Command(
        name,
        callback=fail,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED, required=False)],
        context_settings={"ignore_unknown_options": True},
        short_help=f"(cannot be loaded: {type(error).__name__}: {' '.join(str(error).split())})",
        add_help_option=False,
    )


@contextmanager
def _short_warnings() -> Iterator[None]:
    """Show warnings to the user as one line without source code."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        click.echo(f"Warning: {' '.join(str(message).split())}", err=True)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ndk", prog_name="ndk")
def main() -> None:
    """Dynamics of infinitely wide neural networks: the neural dynamical kernel.

    Derives and certifies the theory, solves it on data, and reports. `ndk COMMAND --help` explains a command.
    """
