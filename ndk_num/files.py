"""Files on disk: names checked, written completely or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ndk_num.errors import InputError, shortened

if TYPE_CHECKING:
    import xarray


def local(path: object) -> Path:
    """Return `path` as a path on this machine; InputError for anything else."""
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str | os.PathLike) or not str(path) or "\0" in str(path) or "://" in str(path):
        raise InputError(f"the path is {shortened(path)}; give the name of a file on this machine")
    return Path(path)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` to write to, which takes the place of `target` when the block succeeds.

    Where `target` is no ordinary file (a device, a pipe) the new one is copied to it.
    """
    target = target.resolve()
    if target.exists() and not target.is_file() and not target.is_dir():
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / "file"
            yield whole
            with target.open("wb") as device:
                device.write(whole.read_bytes())
        return
    with target.open("ab"):  # find out now, and in the system's words, whether the name can be written
        pass
    mode = target.stat().st_mode
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", suffix=target.suffix[:20], dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        if target.stat().st_size == 0:  # ours, from the test above
            target.unlink()
        raise


def require_writable(path: Path) -> None:
    """OSError, in the system's words, if `replacing` could not write to `path`; what is there stays as it is."""
    target = path.resolve()
    new = not target.exists()
    with target.open("ab"):
        pass
    if new:
        target.unlink()
    with tempfile.TemporaryFile(dir=target.parent):  # the new file is written beside the old one
        pass


def write_netcdf(data: xarray.Dataset, path: object) -> None:
    """Write a NetCDF-4 file; one that exists is replaced once the new one is complete.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    target = local(path)
    try:
        with replacing(target) as temporary:
            data.to_netcdf(temporary, engine="h5netcdf")
    except (OSError, ValueError) as error:
        raise InputError(f"cannot write {target}: {reason(error)}; give a path in a writable folder") from error


def reason(error: Exception) -> str:
    """Return why it failed in one short line."""
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    code = getattr(error, "errno", None)
    return shortened_text(os.strerror(code) if code else str(error) or type(error).__name__)


def shortened_text(text: str, *, most: int = 120) -> str:
    """One line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"
