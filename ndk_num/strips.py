"""Large arrays in pieces: their temporaries stay in cache, and every core takes the next piece when it is free.

NumPy's loops run outside of Python's lock, so threads suffice. They are made for each call, which costs little beside
the least work that is shared, and leaves nothing that a later fork could inherit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

__all__ = ["cores", "each", "rows", "triangle"]

_BLOCK = 1 << 15  # entries of a piece
_SHARED = 1 << 17  # entries of an array that threads share
_KEPT = 1 << 20  # entries


def rows(shape: tuple[int, ...], together: int = 1) -> list[slice]:
    """Consecutive slices of the rows of a matrix, each of `together` times the usual number of entries."""
    count, columns = shape
    step = max(1, together * _BLOCK // max(1, columns))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def triangle(count: int) -> list[slice]:
    """Consecutive slices of the rows of a symmetric matrix; of each, columns from its first row's on are wanted."""
    slices, start = [], 0
    while start < count:
        stop = min(start + max(1, _BLOCK // (count - start)), count)
        slices.append(slice(start, stop))
        start = stop
    return slices


def each(task: Callable[[slice], None], slices: Sequence[slice], entries: int) -> None:
    """Call `task` for slices of an array of so many entries, which it fills; the cores share what is large."""
    if entries > _BLOCK // 4:
        # Released at once: glibc learns from it to keep freed memory of this size. As long as it returns that of every
        # temporary to the system, half of the time goes into asking for it again.
        np.empty(_KEPT)
    workers = min(cores(), len(slices)) if entries >= _SHARED else 1
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
