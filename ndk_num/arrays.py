"""Where large arrays live: in NumPy, or on a device through the array API standard.

One implementation serves all: NumPy, torch and CuPy arrays obey the same standard once `array_api_compat` has wrapped
them. What is small, and what the generated code computes, stays in NumPy.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from ndk_num.checks import Array
from ndk_num.errors import InputError, shortened

__all__ = ["NUMPY", "DeviceArray", "Place", "place"]

DeviceArray = Any  # an array of the place's own library
_LIBRARIES = ("numpy", "torch", "cupy", "array_api_strict")


@dataclass(frozen=True)
class Place:
    """A library of arrays and one of its devices.

    Attributes
    ----------
    name : str
        As it was asked for.
    xp : module
        The library's namespace, in the form of the array API standard.
    device : object or None
        What the library calls the device; None for its only one.
    """

    name: str
    xp: Any
    device: Any

    def put(self, array: Array) -> DeviceArray:
        """The array on this device."""
        return self.xp.asarray(np.ascontiguousarray(array), device=self.device)

    def empty(self, shape: tuple[int, ...]) -> DeviceArray:
        """An array of float64 on this device."""
        return self.xp.empty(shape, dtype=self.xp.float64, device=self.device)

    def get(self, array: DeviceArray) -> Array:
        """The array in NumPy."""
        if isinstance(array, np.ndarray):
            return array
        from array_api_compat import is_cupy_array, to_device

        # array_api_strict has devices of its own, all in this machine's memory
        moved = array if self.xp.__name__ == "array_api_strict" else to_device(array, "cpu")
        return np.asarray(moved.get() if is_cupy_array(moved) else moved)


def place(name: str | None) -> Place:
    """Find a device.

    Parameters
    ----------
    name : str or None
        None or "numpy"; "torch" or "cupy", with the library's own name of a device after a colon, as in
        "torch:cuda:0"; "cuda" for torch's.

    Raises
    ------
    InputError
        If the library is unknown or not installed, or has no such device.
    """
    if name is None or (isinstance(name, str) and name == "numpy"):
        return NUMPY
    if not isinstance(name, str):
        raise InputError(f"device is {shortened(name)}; give a name such as 'torch:cuda', or None for NumPy")
    library, _, device = (f"torch:{name}" if name.startswith("cuda") else name).partition(":")
    if library not in _LIBRARIES:
        raise InputError(f"device {shortened(name)} is not known; give numpy, torch[:DEVICE], cupy[:NUMBER] or cuda")
    try:
        xp = _namespace(library)
    except ImportError as error:
        raise InputError(
            f"device {name!r} needs {library}, which is not installed; run `pip install {library}`"
        ) from error
    found = Place(name, xp, _device(library, device))
    try:
        found.put(np.zeros(1))
    except Exception as error:  # each library has its own
        raise InputError(f"device {name!r} cannot be used: {str(error).splitlines()[0]}") from error
    return found


def _namespace(library: str) -> Any:
    if library == "array_api_strict":
        return importlib.import_module(library)
    importlib.import_module(library)
    return importlib.import_module(f"array_api_compat.{library}")


def _device(library: str, device: str) -> Any:
    if not device:
        return None
    if library == "cupy" and device.isdecimal():
        return importlib.import_module("cupy").cuda.Device(int(device))
    if library == "torch":
        return device
    raise InputError(f"{library} has no device {device!r}; leave out what follows the colon")


NUMPY = Place("numpy", importlib.import_module("array_api_compat.numpy"), None)
