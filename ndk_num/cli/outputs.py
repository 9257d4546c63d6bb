"""Output files of commands: found to be writable before anything is computed."""

from __future__ import annotations

from pathlib import Path

from ndk_num.errors import InputError


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
