"""Large arrays in pieces: their temporaries stay in cache, and every core takes the next piece when it is free.

NumPy's loops run outside of Python's lock, so threads suffice. They are made for each call, at a hundredth of the cost
of the least work that is shared, and nothing of them is left that a later fork could inherit.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

__all__ = ["cores", "each"]

_BLOCK = 1 << 14  # entries of a piece
_SHARED = 1 << 17  # entries of an array that threads share


def each(task: Callable[[slice], None], rows: int, columns: int) -> None:
    """Call `task` for consecutive slices of the rows of an array that it fills; who calls it changes no entry."""
    step = max(1, _BLOCK // max(1, columns))
    slices = [slice(start, min(start + step, rows)) for start in range(0, rows, step)]
    workers = min(cores(), len(slices)) if rows * columns >= _SHARED else 1
    if workers <= 1:
        for piece in slices:
            task(piece)
        return
    handling = np.geterr()  # which a thread does not take over from its maker

    def guarded(piece: slice) -> None:
        with np.errstate(**handling):
            task(piece)

    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(guarded, slices):
            pass


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
