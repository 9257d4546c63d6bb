"""Training and test data in an .npz file: read without trusting it, and checked."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ndk_num import checks
from ndk_num.errors import InputError

Array = NDArray[np.float64]

_MAGIC = (b"PK", b"\x93NUMPY")  # anything else NumPy takes for a pickle
_REQUIRED, _OPTIONAL = ("X", "y", "X_test"), ("y_test",)
_CONTENTS = "it needs X (P, N0), y (P,) or (P, k) and X_test (M, N0), and may have y_test"
# What a damaged or hostile archive can raise; a pickled object is a ValueError because pickles are refused.
UNREADABLE = (
    OSError, ValueError, EOFError, KeyError, MemoryError, NotImplementedError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class Arrays(NamedTuple):
    """Inputs and labels for training and test; `y_test` is None where the file has none."""

    X: Array
    y: Array
    X_test: Array
    y_test: Array | None


def read(path: Path) -> Arrays:
    """Read and check the arrays X, y, X_test and, optionally, y_test of an .npz file.

    Parameters
    ----------
    path : Path
        A file written by `numpy.savez` or `numpy.savez_compressed`.

    Returns
    -------
    Arrays

    Raises
    ------
    InputError
        If the file does not exist, cannot be read, lacks an array, or holds objects, text, complex or
        non-finite numbers, or shapes that do not fit together.
    """
    arrays = _load(path)
    try:
        X = checks.rows("X", arrays["X"])
        X_test = checks.rows("X_test", arrays["X_test"], columns=X.shape[1])
        y = checks.labels(arrays["y"], len(X))
        y_test = _test_labels(arrays.get("y_test"), len(X_test), y)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return Arrays(X, y, X_test, y_test)


def _load(path: Path) -> dict[str, NDArray]:
    try:
        with path.open("rb") as file:  # np.load leaves a file that it opened itself open if the archive is broken
            if not file.read(6).startswith(_MAGIC):
                raise ValueError("it is neither an archive nor an array of numpy")
            file.seek(0)
            content = np.load(file, allow_pickle=False)
            if isinstance(content, np.ndarray):
                raise InputError(f"{path} holds a single array; {_CONTENTS} (numpy.savez)")
            with content as archive:
                return _members(archive, path)
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; give the path of an .npz file") from error
    except UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path} cannot be read ({reason}); give plain numbers written by numpy.savez") from error


def _members(archive: np.lib.npyio.NpzFile, path: Path) -> dict[str, NDArray]:
    missing = [name for name in _REQUIRED if name not in archive.files]
    if missing:
        found = ", ".join(archive.files) or "nothing"
        raise InputError(f"{path} has no array {' and no array '.join(missing)}, only {found}; {_CONTENTS}")
    return {name: archive[name] for name in (*_REQUIRED, *_OPTIONAL) if name in archive.files}


def _test_labels(value: NDArray | None, count: int, y: Array) -> Array | None:
    if value is None:
        return None
    array = checks.real_array("y_test", value)
    expected = (count, *y.shape[1:])
    if array.shape != expected:
        raise InputError(f"y_test has shape {array.shape}; for this X_test and y it must be {expected}")
    return array
