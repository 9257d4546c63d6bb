"""A file from which an interrupted solve goes on: the finished level, and the panels of the one that was under way."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ndk_num import files
from ndk_num.checks import Array
from ndk_num.errors import InputError
from ndk_num.npz import UNREADABLE
from ndk_num.volterra.piecewise import Piecewise
from ndk_num.volterra.problem import Solution

__all__ = ["Begun", "Checkpoint", "fingerprint"]

_FORMAT = "ndk-checkpoint-1"
_SECONDS = 5.0  # between two files
_MARCH = {"edges", "v", "g", "steps"}


@dataclass
class Begun:
    """How far a solve has come.

    Attributes
    ----------
    number : int
        The level under way.
    distances : list of float
        Between successive levels so far.
    coarse : Solution or None
        The level before.
    march : dict of arrays
        Panels of the level under way: `edges`, `v`, `g`, and `steps`, the state of their choice.
    """

    number: int = 0
    distances: list[float] = field(default_factory=list)
    coarse: Solution | None = None
    march: dict[str, Array] = field(default_factory=dict)


def fingerprint(*parts: object) -> str:
    """A hash of everything that the result depends on: numbers, texts, arrays by their bytes."""
    found = hashlib.sha256()
    for part in parts:
        bits = part.tobytes() + str(part.shape).encode() if isinstance(part, np.ndarray) else repr(part).encode()
        found.update(len(bits).to_bytes(8, "big") + bits)
    return found.hexdigest()


class Checkpoint:
    """Reads and writes the file of one problem."""

    def __init__(self, path: object, problem: str) -> None:
        self.path, self._problem, self._written = files.local(path), problem, time.monotonic()

    def require_writable(self) -> None:
        """InputError if the file cannot be written: to be known before hours of work."""
        try:
            files.require_writable(self.path)
        except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
            raise self._unwritable(error) from error

    def _unwritable(self, error: Exception) -> InputError:
        return InputError(f"cannot write {self.path}: {files.reason(error)}; give a path in a writable folder")

    def load(self) -> Begun:
        """What the file holds; nothing where there is none.

        Raises
        ------
        InputError
            If it cannot be read, or belongs to another problem.
        """
        if not self.path.exists():
            return Begun()
        try:
            with self.path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                data = {name: file[name] for name in file.files}
            about = json.loads(str(data.pop("about")))
            mine = about["format"] == _FORMAT and about["problem"] == self._problem
            if mine:
                return self._begun(about, data)
        except (*UNREADABLE, TypeError) as error:
            raise InputError(
                f"cannot read {self.path} as a checkpoint ({files.reason(error)}); give a new name, or remove the file"
            ) from error
        raise InputError(
            f"{self.path} is the checkpoint of another problem: network, data, horizon or rtol differ; give a new"
            " name, or remove the file"
        )

    def _begun(self, about: dict[str, Any], data: dict[str, Array]) -> Begun:
        march = {name.removeprefix("march_"): array for name, array in data.items() if name.startswith("march_")}
        if march and march.keys() != _MARCH:
            raise ValueError("arrays of the level under way are missing")
        coarse = None
        if "edges" in data:
            v, g = (
                Piecewise(data["edges"], data["nodes"], data[f"{name}_start"], data[f"{name}_values"]) for name in "vg"
            )
            coarse = Solution(v, g, np.inf, about["stats"])
        return Begun(about["number"], about["distances"], coarse, march)

    def save(self, begun: Begun, *, now: bool = True) -> None:
        """Write the file; with `now` false only if the last one is some seconds old.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        if not now and time.monotonic() - self._written < _SECONDS:
            return
        about: dict[str, Any] = {"format": _FORMAT, "problem": self._problem, "number": begun.number}
        about |= {"distances": list(begun.distances), "stats": {}}
        data = {f"march_{name}": array for name, array in begun.march.items()}
        if begun.coarse is not None:
            v, g = begun.coarse.residual, begun.coarse.test
            data |= {"edges": v.edges, "nodes": v.nodes, "v_start": v.start, "v_values": v.values}
            data |= {"g_start": g.start, "g_values": g.values}
            about["stats"] = {name: _plain(value) for name, value in begun.coarse.stats.items()}
        try:
            with files.replacing(self.path) as temporary, Path(temporary).open("wb") as file:
                np.savez(file, **{"about": np.array(json.dumps(about)), **data})  # type: ignore[arg-type]  # its last option
        except OSError as error:
            raise self._unwritable(error) from error
        self._written = time.monotonic()

    def remove(self) -> None:
        """The solve is finished: nothing is left to go on from. A file that cannot be removed costs no result.

        Warns
        -----
        UserWarning
            If it cannot be removed.
        """
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            warnings.warn(
                f"the solve is finished and its checkpoint {self.path} cannot be removed: {files.reason(error)}",
                stacklevel=3,
            )


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
