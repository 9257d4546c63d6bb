"""Output files of commands: found to be writable before anything is computed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

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
