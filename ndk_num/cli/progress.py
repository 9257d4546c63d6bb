"""A progress bar on standard error that appears only when a run is long and somebody is watching."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0  # seconds before a bar appears


class ProgressBar:
    """Callable `bar(done, message)` with done in [0, 1], for the `progress` option of `solve`.

    Parameters
    ----------
    title : str
        Shown before the bar.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._started = time.monotonic()
        self._bar: Progress | None = None
        self._watched = sys.stderr.isatty()

    def __call__(self, done: float, message: str) -> None:
        """Move the bar to `done`."""
        if not self._watched or time.monotonic() - self._started < PATIENCE:
            return
        if self._bar is None:
            self._bar = _new_bar()
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=1.0, message="")
        self._bar.update(self._task, completed=min(max(done, 0.0), 1.0), message=message)

    def __enter__(self) -> ProgressBar:
        """Start waiting."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove the bar, also after an error or an interruption."""
        if self._bar is not None:
            self._bar.stop()


def _new_bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[message]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
