"""What commands leave behind: files, found to be writable before anything is computed, and text or JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from ndk_num.cli import summary
from ndk_num.errors import InputError


def require_distinct(given: Mapping[str, Path]) -> None:
    """Raise InputError if two options name the same file, of which only one would be left.

    Parameters
    ----------
    given : mapping
        Options and the paths they name.
    """
    seen: dict[Path, str] = {}
    for option, path in given.items():
        place = Path(os.path.realpath(path))
        if place in seen and not (place.exists() and not place.is_file()):  # both may go to a device
            raise InputError(f"{seen[place]} and {option} both name {path}; give different files")
        seen[place] = option


def require_writable(option: str, path: Path) -> None:
    """Raise InputError unless a file can be written at `path`; nothing that exists is changed.

    Parameters
    ----------
    option : str
        The option that named the path, for the message.
    path : Path
        A file that may or may not exist.
    """
    try:
        existed = path.exists()
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{option} {path} cannot be written ({reason}); give a file name in a folder that exists and is writable"
        ) from error


def deliver(
    *,
    text: Callable[[], str],
    content: Callable[[], Mapping[str, Any]],
    as_json: bool,
    files: Mapping[str, tuple[Path | None, Callable[[Path], None]]],
) -> None:
    """Print the results, then write the files that were asked for.

    The numbers come first: a disk that is full by now must not lose them.

    Parameters
    ----------
    text, content : callable
        Results as text, and as an object for JSON, in which what is not finite becomes null.
    as_json : bool
        Which of the two is printed.
    files : mapping
        Names of the files, the paths, or None, and what writes each.
    """
    written = {name: path for name, (path, _) in files.items()}
    if as_json:
        named = {name: None if path is None else str(path) for name, path in written.items()}
        click.echo(json.dumps(summary.plain({**content(), "files": named}), allow_nan=False))
    else:
        click.echo(text())
    for path, write in files.values():
        if path is not None:
            write(path)
            if not as_json:
                click.echo(f"Written              {path}")
