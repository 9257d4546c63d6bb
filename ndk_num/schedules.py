"""What a user gives for λ and T of a chain, as the schedule of its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.chain import Schedule
from ndk_num.checks import Array
from ndk_num.errors import InputError, shortened
from ndk_num.network import Network

__all__ = ["MOST_STEPS", "Steps", "schedule"]

MOST_STEPS = 20_000

Steps = ArrayLike | Callable[[int], float]


def schedule(net: Network, lam: Steps, temperature: Steps | None, horizon: float | None, default: float) -> Schedule:
    """Return λ and T of every step.

    Parameters
    ----------
    net : Network
        Its temperature is that of every step where none is given.
    lam, temperature : float, array (N,) or callable of the step's number
    horizon : float or None
        Last time, where the user gave one.
    default : float
        Last time otherwise.

    Raises
    ------
    InputError
        For values out of their domain, arrays that disagree in length, an array with a horizon, or too many steps.
    """
    given = {"lam": _read("lam", lam)}
    given["temperature"] = np.array(net.temperature) if temperature is None else _read("temperature", temperature)
    lengths = {name: value.size for name, value in given.items() if isinstance(value, np.ndarray) and value.ndim}
    if not lengths:
        return _until(given["lam"], given["temperature"], default if horizon is None else horizon)
    if horizon is not None:
        raise InputError(
            f"horizon is {horizon:g} and {' and '.join(lengths)} has one value per step; leave out one of them"
        )
    if len(set(lengths.values())) > 1:
        raise InputError(
            f"lam has {lengths['lam']} values and temperature {lengths['temperature']}; give one per step in both, or"
            " a number or a function of the step"
        )
    count = next(iter(lengths.values()))
    _require_steps(count, "the arrays have")
    return Schedule(*(_filled(name, value, count) for name, value in given.items()))


def _read(name: str, value: Steps) -> Array | Callable[[int], float]:
    """A function, or an array of valid values."""
    if callable(value):
        return value
    array = checks.real_array(name, value)
    if array.ndim > 1 or array.size == 0:
        raise InputError(
            f"{name} has shape {array.shape}; give a number, one value per step, or a function of the step"
        )
    return _valid(name, array)


def _valid(name: str, values: Array, step: int = 0) -> Array:
    """InputError for a λ ≤ 0 or a T < 0."""
    wrong = (values < checks.SMALLEST) & ((values != 0) | (name == "lam")) | (values > checks.LARGEST)
    if wrong.any():
        index = int(np.argmax(wrong))
        where = f" at step {step or index + 1}" if step or values.ndim else ""
        allowed = "zero or positive" if name == "temperature" else "positive"
        raise InputError(
            f"{name} is {np.atleast_1d(values)[index]:g}{where}; it must be {allowed}, between {checks.SMALLEST:g} and"
            f" {checks.LARGEST:g}"
        )
    return values


def _value(name: str, given: Array | Callable[[int], float], step: int) -> float:
    """Of one step."""
    if not callable(given):
        return float(given)
    value = checks.real_array(f"{name}({step})", given(step))
    if value.ndim:
        raise InputError(f"{name}({step}) is {shortened(value)}; a function of the step returns one number")
    return float(_valid(name, value, step))


def _filled(name: str, given: Array | Callable[[int], float], count: int) -> Array:
    """Of `count` steps."""
    if isinstance(given, np.ndarray) and given.ndim:
        return given
    return np.array([_value(name, given, step) for step in range(1, count + 1)])


def _until(
    lam: Array | Callable[[int], float], temperature: Array | Callable[[int], float], horizon: float
) -> Schedule:
    """As many steps as end nearest to the horizon."""
    if callable(lam):
        strengths = np.fromiter(_strengths(lam, horizon), dtype=np.float64)
    else:
        expected = horizon * float(lam)
        _require_steps(round(min(expected, 2.0 * MOST_STEPS)), f"horizon · lam = {expected:.3g} gives")
        strengths = np.full(round(expected), float(lam))
    return Schedule(strengths, _filled("temperature", temperature, strengths.size))


def _strengths(lam: Callable[[int], float], horizon: float) -> Iterator[float]:
    """λ of each step until the next one would lead further away from the horizon."""
    now, step = 0.0, 1
    while True:
        strength = _value("lam", lam, step)
        if now + 0.5 / strength > horizon:
            break
        _require_steps(step, f"up to the horizon, {horizon:g}, lam gives at least")
        yield strength
        now, step = now + 1 / strength, step + 1
    _require_steps(step - 1, f"up to the horizon, {horizon:g}, lam gives")


def _require_steps(count: int, what: str) -> None:
    """InputError if there are none, or too many."""
    if not 1 <= count <= MOST_STEPS:
        number = f"more than {MOST_STEPS}" if count > MOST_STEPS else count
        raise InputError(f"{what} {number} steps; choose horizon and lam to give 1 to {MOST_STEPS}")
