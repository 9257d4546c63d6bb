"""Validation of arrays: one clear error says what was given, what is allowed and what to do."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ndk_num.errors import InputError, shortened

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

# inputs and hyper-parameters: their squares, quotients, and products of two such, stay within float64
SMALLEST, LARGEST = 1e-100, 1e100
_FINEST_RTOL = 1e-12
_SMALLEST_LABEL, _LARGEST_LABEL = 1e-200, 1e200


def real_array(name: str, value: ArrayLike) -> Array:
    """Return `value` as a finite float64 array."""
    if np.ma.is_masked(value):
        raise InputError(f"{name} has masked entries; fill them in, or remove them")
    try:
        raw = np.asarray(value)
    except ValueError as error:
        raise InputError(f"{name} is ragged; give a rectangular array of real numbers") from error
    if raw.dtype.kind not in "fiub":
        raise InputError(f"{name} has dtype {raw.dtype}; give real numbers")
    array = raw.astype(np.float64)
    if not np.isfinite(array).all():
        bad = np.argwhere(~np.isfinite(np.atleast_1d(array)))[0]
        raise InputError(f"{name} holds {np.atleast_1d(array)[tuple(bad)]} at index {tuple(map(int, bad))};"
                         " every entry must be finite: remove or replace it")  # fmt: skip
    return array


def inputs(name: str, value: ArrayLike, *, columns: int | None = None) -> Array:
    """Return `value` as inputs of shape (P, N0)."""
    array = rows(name, value, columns=columns)
    size = np.abs(array).max(axis=1)
    outside = (size != 0) & ((size < SMALLEST) | (size > LARGEST))
    if outside.any():
        row = int(np.argmax(outside))
        raise InputError(
            f"row {row} of {name} has entries up to {size[row]:.3g}, whose squares leave the range of float64; scale"
            f" the inputs to entries between {SMALLEST:g} and {LARGEST:g}"
        )
    return array


def rows(name: str, value: ArrayLike, *, columns: int | None = None) -> Array:
    """Return `value` as an array of shape (P, N0), of rows of any size."""
    array = real_array(name, value)
    if array.ndim != 2 or 0 in array.shape:
        raise InputError(f"{name} has shape {array.shape}; give one input per row, shape (inputs, features)")
    if columns is not None and array.shape[1] != columns:
        raise InputError(f"{name} has {array.shape[1]} features per input but X has {columns}; they must agree")
    return array


def labels(value: ArrayLike, count: int) -> Array:
    """Return `value` as labels of shape (P,) or (P, k) for `count` inputs."""
    array = real_array("y", value)
    if array.ndim not in (1, 2) or array.shape[0] != count or 0 in array.shape:
        raise InputError(
            f"y has shape {array.shape} but X has {count} inputs; give shape ({count},) or ({count}, outputs)"
        )
    largest = np.abs(array).max()
    if largest and not _SMALLEST_LABEL <= largest <= _LARGEST_LABEL:
        raise InputError(
            f"y has entries up to {largest:.3g}; scale it to between {_SMALLEST_LABEL:g} and {_LARGEST_LABEL:g}"
            " (the predictor is linear in y)"
        )
    return array


def times(name: str, value: ArrayLike, *, horizon: float = np.inf) -> Array:
    """Return `value` as a one-dimensional array of times in [0, horizon]."""
    array = np.atleast_1d(real_array(name, value))
    if array.ndim != 1:
        raise InputError(f"{name} has shape {array.shape}; give a number or a one-dimensional array of times")
    outside = array[(array < 0) | (array > horizon)]
    if outside.size:
        raise InputError(f"{name} holds {float(outside[0])!r}; times lie between 0 and {float(horizon)!r}")
    return array


def time(name: str, value: object) -> float:
    """Return `value` as one time, a finite number of at least 0."""
    array = real_array(name, value)  # type: ignore[arg-type]
    if array.ndim or array < 0:
        raise InputError(f"{name} is {value!r}; give one finite time of at least 0")
    return float(array)


def rtol(value: object) -> float:
    """Return `value` as an accuracy that may be asked for."""
    array = real_array("rtol", value)  # type: ignore[arg-type]
    if array.ndim or not _FINEST_RTOL <= array <= 0.1:
        raise InputError(
            f"rtol is {shortened(value)}; give a number from {_FINEST_RTOL:g} (the limit of float64) to 0.1"
        )
    return float(array)


def progress(value: object) -> None:
    """InputError if `value` is neither a function nor None."""
    if value is not None and not callable(value):
        raise InputError(f"progress is {shortened(value)}; give a function of a fraction and a message, or None")
