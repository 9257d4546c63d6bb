"""What a method may use: a device, an amount of memory, a file to go on from."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from numbers import Real

from ndk_num.arrays import NUMPY, Place, place
from ndk_num.errors import InputError, shortened
from ndk_num.volterra.checkpoint import Checkpoint

__all__ = ["OVERHEAD", "UNLIMITED", "Resources", "memory", "readable"]

OVERHEAD = 6e7  # bytes of what does not grow with the problem: libraries' buffers, strips of kernels
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


@dataclass(frozen=True)
class Resources:
    """Options of a solve that do not change its result.

    Attributes
    ----------
    place : Place
        Where the large arrays live.
    max_memory : float or None
        Bytes; None for no limit.
    checkpoint : Checkpoint or None
        File to save to and to go on from.
    """

    place: Place = NUMPY
    max_memory: float | None = None
    checkpoint: Checkpoint | None = None

    @classmethod
    def of(cls, device: str | None, max_memory: float | str | None) -> Resources:
        """From what a user gives.

        Raises
        ------
        InputError
            If the device cannot be used or the amount cannot be read.
        """
        return cls(place(device), None if max_memory is None else memory(max_memory))

    def refuse(self, method: str) -> None:
        """InputError if another device or a checkpoint was given to a method that uses none."""
        given = {"device": self.place is not NUMPY, "checkpoint": self.checkpoint}
        for option, value in given.items():
            if value:
                raise InputError(f"method {method!r} takes no {option}; leave it out, or choose method='collocation'")

    def require(self, needed: float, inputs: int) -> None:
        """InputError if `needed` bytes, most of which grow with the square of the training inputs, are too many."""
        if self.max_memory is None or needed <= self.max_memory:
            return
        fitting = int(inputs * (max(self.max_memory - OVERHEAD, 0.0) / max(needed - OVERHEAD, 1.0)) ** 0.5)
        remedy = f"give at most about {fitting} training inputs" if fitting else "give fewer training inputs"
        raise InputError(
            f"{inputs} training inputs need about {readable(needed)} and max_memory is {readable(self.max_memory)};"
            f" raise it, or {remedy}, or a larger rtol"
        )


UNLIMITED = Resources()


def memory(value: float | str) -> float:
    """Return an amount of memory in bytes: a number, or a text such as "8 GB" or "512MiB"."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([KMGT]?)(I?)B?\s*", value.upper())
        if found:
            value = float(found[1]) * (1024.0 if found[3] else 1000.0) ** _POWERS[found[2]]
    if isinstance(value, bool) or not isinstance(value, Real) or not value > 0:
        raise InputError(f"max_memory is {shortened(value)}; give a number of bytes, or a text such as '8 GB'")
    try:
        return float(value)
    except OverflowError:  # an integer beyond float64: no limit
        return math.inf


def readable(amount: float) -> str:
    """Bytes as a person writes them."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if amount >= size:
            return f"{amount / size:.3g} {unit}"
    return f"{amount / 1e3:.3g} kB"
