"""Outcome of `ndk verify`, run as a command: this package and the symbolic one know each other only by it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

PASSED = ("proved", "certified", "numeric")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a derivation, and how it was checked."""

    title: str
    status: str
    method: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """Outcome of one statement: `statement` is LaTeX, `evidence` says in words what was done."""

    id: str
    title: str
    status: str
    residual: str
    seconds: float
    paper: str = ""
    statement: str = ""
    evidence: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the status is one of those that count as verified; unknown does not."""
        return self.status in PASSED


@dataclass(frozen=True)
class Verification:
    """Outcome of all statements; `failure` says why there is none, or what is wrong beyond the statements."""

    results: tuple[Result, ...]
    failure: str | None = None

    @property
    def passed(self) -> int:
        """Number of verified statements."""
        return sum(result.passed for result in self.results)

    @property
    def ok(self) -> bool:
        """Whether there are statements and all of them are verified."""
        return self.failure is None and bool(self.results) and self.passed == len(self.results)


def run() -> Verification:
    """Run `ndk verify --json` in a process of its own and read the outcome."""
    command = [sys.executable, "-m", "ndk_num.cli", "verify", "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    return parse(ended.stdout, ended.stderr, ended.returncode)


def parse(stdout: str, stderr: str, code: int) -> Verification:
    """Read what `ndk verify --json` printed; whatever cannot be read is a failure.

    Parameters
    ----------
    stdout, stderr : str
        What the command printed.
    code : int
        Its exit code: 0 when everything is verified.

    Returns
    -------
    Verification
    """
    last = stderr.strip().splitlines()[-1] if stderr.strip() else "no message"
    try:
        content = json.loads(stdout)
        results = tuple(_result(entry) for entry in content["results"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return Verification((), f"ndk verify gave no readable result (exit code {code}): {last}")
    if not results:
        return Verification((), "ndk verify found no statements")
    if code != 0 and all(result.passed for result in results):
        return Verification(results, f"ndk verify ended with exit code {code}: {last}")
    return Verification(results)


def _result(entry: dict[str, Any]) -> Result:
    residual = entry.get("residual")
    return Result(
        id=str(entry["id"]),
        title=str(entry["title"]),
        status=str(entry["status"]),
        residual="–" if residual is None else f"{residual:.3g}",
        seconds=float(entry["seconds"]),
        paper=str(entry.get("paper", "")),
        statement=str(entry.get("statement", "")),
        evidence=str(entry.get("evidence", "")),
        steps=tuple(
            Step(title=str(step["title"]), status=str(step["status"]), method=str(step.get("method", "")))
            for step in entry.get("steps", ())
        ),
    )
