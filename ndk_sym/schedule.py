"""Runs tasks that depend on each other, in this process or in several."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Any

__all__ = ["schedule"]


def schedule(
    needs: Mapping[str, Sequence[str]],
    task: Callable[[str], tuple[Any, ...]],
    run: Callable[..., Any],
    workers: int,
) -> Iterator[tuple[str, Any]]:
    """Yield (id, `run(*task(id))`) as they finish; `task` is called only when the caller has all that `id` needs.

    Parameters
    ----------
    needs : mapping
        For each id those that must be finished before, which come earlier in the mapping.
    task : callable
        id → arguments of `run`, called in this process.
    run : callable
        The work; with several workers a function that can be imported by name.
    workers : int
        Number of processes; 1 runs everything here, in the order of `needs`.
    """
    if workers == 1 or len(needs) == 1:
        for id in needs:
            yield id, run(*task(id))
        return
    # a fresh interpreter for each worker: the same on every platform, and nothing inherited
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(needs)), mp_context=context)
    try:
        yield from _in_pool(needs, task, run, pool)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _in_pool(
    needs: Mapping[str, Sequence[str]],
    task: Callable[[str], tuple[Any, ...]],
    run: Callable[..., Any],
    pool: ProcessPoolExecutor,
) -> Iterator[tuple[str, Any]]:
    waiting, done = list(needs), set[str]()
    running: dict[Future[Any], str] = {}
    while waiting or running:
        for id in [id for id in waiting if done.issuperset(needs[id])]:
            waiting.remove(id)
            running[pool.submit(run, *task(id))] = id
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in sorted(finished, key=lambda future: running[future]):
            id = running.pop(future)
            yield id, future.result()
            done.add(id)
