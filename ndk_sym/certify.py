"""Certificates of generated functions: two separate claims, each tested before it is written down.

**Theory**: the textbook form equals the Gaussian average that defines it (by quadrature, many digits), and the stable
form equals the textbook form (50 digits).

**Transcription**: the emitted float64 code, executed from its text, equals the stable form evaluated at high precision
at exactly those floats, up to a few ulp, on every stratum of the domain.

With python-flint, values are enclosed by balls and errors bounded from above, at the points that are tested; without
it, or where something has no enclosure, they are numbers of mpmath, and what is measured says so.

A claim that fails raises `CertificationError`; there is no certificate of less.
"""

from __future__ import annotations

import sys
import types
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from mpmath import mp

from ndk_sym.ball_claims import BallErrors, BallTheory
from ndk_sym.bounds import AVERAGE_DIGITS, BOUND_ULP, TEXTBOOK_DIGITS, allowed
from ndk_sym.digit_claims import DigitErrors, DigitTheory
from ndk_sym.emit import text_hash
from ndk_sym.evaluation import CannotEvaluate, balls_available
from ndk_sym.routines import Module, Output, Routine
from ndk_sym.strata import SEED, strata, theory_points

__all__ = [
    "CHECK",
    "FULL",
    "CertificationError",
    "Effort",
    "Measure",
    "claims",
    "load",
    "measure",
    "theory",
    "transcription",
]

_ALONE = 3  # points of each stratum that are also given one at a time


By = dict[str, dict[str, str]]  # output → claim → how its errors were found


class CertificationError(RuntimeError):
    """A generated function is not what its certificate would claim."""


@dataclass(frozen=True)
class Effort:
    """How many points are tested: per stratum for transcription, inside the domain for the two theory claims."""

    samples: int
    average_points: int
    textbook_points: int


FULL = Effort(samples=500, average_points=8, textbook_points=40)
CHECK = Effort(samples=40, average_points=1, textbook_points=8)


def claims(module: Module, text: str, runtime: str) -> dict[str, Any]:
    """Return what a certificate claims: the same on every machine, without running anything."""
    return {
        "module": f"{module.name}.py",
        **({"activation": module.activation} if module.activation else {}),
        "written_by": "ndk generate",
        "sha256": text_hash(text),
        "runtime_sha256": text_hash(runtime),
        "claims": {routine.name: _claim(routine) for routine in module.routines},
    }


def _claim(routine: Routine) -> dict[str, Any]:
    return {
        "expression_sha256": routine.expression_hash,
        "theory": {
            "statement": f"stable form = textbook form = {routine.definition}",
            "seed": SEED + 1,
            "textbook_digits": TEXTBOOK_DIGITS,
            "textbook_points": len(theory_points(routine, FULL.textbook_points)),
            "average_digits": AVERAGE_DIGITS,
            "average_points": len(theory_points(routine, FULL.average_points)),
        },
        "transcription": {
            "statement": "emitted float64 code = stable form at the same floats, within the bound",
            "seed": SEED,
            "bound_ulp": BOUND_ULP,
            "bound_times": "1 + condition number" if routine.conditioned else str(routine.condition),
            "points": {name: len(points[0]) for name, points in strata(routine, FULL.samples).items()},
        },
    }


def measure(
    module: Module, text: str, runtime: str, effort: Effort, *, step: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Test every claim about a generated module and return the worst errors found.

    Parameters
    ----------
    module : Module
        What the module is supposed to hold.
    text, runtime : str
        Source of the generated module and of its `runtime`.
    effort : Effort
        Number of points.
    step : callable, optional
        Called with a line about each test before it runs.

    Returns
    -------
    dict
        For each function its theory errors (relative); per output and stratum, the worst error in ulp and where; and
        what they are obtained by, "balls" (rigorous upper bounds) or "digits".

    Raises
    ------
    CertificationError
        If a claim does not hold.
    """
    measured = {}
    with load(text, runtime) as functions:
        for routine in module.routines:
            if step:
                step(f"{module.name}.{routine.name}")
            by: By = {output.label: {} for output in routine.outputs}
            measured[routine.name] = {
                "theory": theory(routine, effort, by=by),
                "transcription": transcription(routine, functions[routine.name], effort, by=by),
                "by": by,
            }
    return measured


def theory(routine: Routine, effort: Effort = FULL, *, by: By | None = None) -> dict[str, dict[str, str]]:
    """Test stable form = textbook form = defining average; return the worst relative errors of each output.

    Parameters
    ----------
    routine : Routine
    effort : Effort
    by : dict, optional
        Where to note, per output, by what each error was found.

    Raises
    ------
    CertificationError
        If two of them differ.
    """
    worst: dict[str, dict[str, str]] = {}
    for output in routine.outputs:
        found, how = _theory_errors(routine, output, effort)
        for (error, point), digits, what in (
            (found["textbook"], TEXTBOOK_DIGITS, "the stable form"),
            (found["average"], AVERAGE_DIGITS, "the defining average"),
        ):
            if not error <= allowed(digits):
                raise CertificationError(
                    f"{routine.name}: the textbook form of {output.label} differs from {what} by {mp.nstr(error, 3)}"
                    f" relative at {_at(routine, point)}: one of the two formulas is wrong"
                )
        worst[output.label] = {claim: mp.nstr(error, 2) for claim, (error, _) in found.items()}
        if by is not None:
            by[output.label] |= how
    return worst


def _theory_errors(routine: Routine, output: Output, effort: Effort) -> tuple[dict[str, Any], dict[str, str]]:
    """The worst error and its point, of each claim, and by what they were found."""
    balls, digits = _if_enclosed(lambda: BallTheory(routine, output)), DigitTheory(routine, output)
    claims: dict[str, tuple[Any, Any, int, str]] = {
        "textbook": (balls and balls.form_error, digits.form_error, effort.textbook_points, "balls"),
        "average": (
            balls and balls.enclosed and balls.average_error,
            digits.average_error,
            effort.average_points,
            balls.label if balls else "",
        ),
    }
    found, how = {}, {}
    for claim, (rigorous, by_digits, count, label) in claims.items():
        points = theory_points(routine, count)
        errors = _if_enclosed(partial(_at_each, rigorous, points)) if rigorous else None
        how[claim] = "digits" if errors is None else label
        errors = _at_each(by_digits, points) if errors is None else errors
        found[claim] = max((mp.mpf(error), point) for error, point in zip(errors, points, strict=True))
    return found, how


def _at_each(function: Callable[[Any], Any], points: list[Any]) -> list[Any]:
    return [function(point) for point in points]


def _if_enclosed(task: Callable[[], Any]) -> Any:
    """What a task finds by balls, or None where there are none."""
    try:
        return task() if balls_available() else None
    except CannotEvaluate:
        return None


def transcription(
    routine: Routine, function: Callable[..., Any], effort: Effort = FULL, *, by: By | None = None
) -> dict[str, dict[str, dict[str, Any]]]:
    """Test the emitted float64 function against the stable form on every stratum.

    Array code may choose by the whole array, and so the same points are also given with those of all other strata and,
    some of them, one at a time.

    Parameters
    ----------
    routine : Routine
    function : callable
        The code.
    effort : Effort
    by : dict, optional
        Where to note, per output, by what the errors were found.

    Returns
    -------
    dict
        output → stratum → {"ulp", "at"}: the worst error over what is allowed, in units of the bound's ulp, and its
        point; for a routine that is ill-conditioned somewhere also its condition number there.

    Raises
    ------
    CertificationError
        If an error exceeds the bound, or the function does not return float64 arrays of its arguments' shape.
    """
    measures = [Measure(routine, output) for output in routine.outputs]
    worst: dict[str, dict[str, dict[str, Any]]] = {output.label: {} for output in routine.outputs}
    drawn = strata(routine, effort.samples)
    _results(routine, function, tuple(np.empty(0) for _ in routine.arguments))
    company = _results(routine, function, tuple(map(np.concatenate, zip(*drawn.values(), strict=True))))
    for number, (stratum, points) in enumerate(drawn.items()):
        rows = [tuple(map(float, row)) for row in zip(*points, strict=True)]
        first = number * len(rows)
        together = _results(routine, function, points)
        alone = [_results(routine, function, tuple(map(np.float64, row))) for row in rows[:_ALONE]]
        for k, measure in enumerate(measures):
            values, others = together[k].tolist(), company[k][first : first + len(rows)].tolist()
            again = [*enumerate(others), *((index, float(found[k])) for index, found in enumerate(alone))]
            # nan is not equal to itself, and is measured twice
            moved = [(value, index) for index, value in again if value != values[index]]
            worst[measure.output.label][stratum] = measure.worst(
                stratum, values + [value for value, _ in moved], rows + [rows[index] for _, index in moved]
            )
    if by is not None:
        for measure in measures:
            by[measure.output.label]["transcription"] = "balls" if measure.balls else "digits"
    return worst


def _results(routine: Routine, function: Callable[..., Any], points: tuple[Any, ...]) -> tuple[Any, ...]:
    """What the code returns for its outputs, as arrays of the points' shape."""
    with np.errstate(all="ignore"):
        computed = function(*points)
    results = computed if len(routine.outputs) > 1 else (computed,)
    for output, result in zip(routine.outputs, results, strict=True):
        if np.shape(result) != np.shape(points[0]) or np.asarray(result).dtype != np.float64:
            raise CertificationError(f"{routine.name}: {output.label} is not a float64 array of its arguments' shape")
    return results


class Measure:
    """How far the code of one output is from its stable form.

    Parameters
    ----------
    routine : Routine
    output : Output
    unconditioned : float
        The error in ulp up to which the condition number is not asked for.
    """

    def __init__(self, routine: Routine, output: Output, unconditioned: float = BOUND_ULP) -> None:
        self.routine, self.output = routine, output
        self.unconditioned = unconditioned
        self.balls = _if_enclosed(lambda: BallErrors(routine, output, unconditioned))

    @cached_property
    def digits(self) -> DigitErrors:
        """What measures where balls do not."""
        return DigitErrors(self.routine, self.output, self.unconditioned)

    def worst(self, stratum: str, values: list[float], rows: list[tuple[float, ...]]) -> dict[str, Any]:
        found: tuple[float, int, float] = (-1.0, 0, 0.0)
        for index, measured in enumerate(self.errors(values, rows)):
            if measured is not None and not measured[0] <= found[0]:
                found = (measured[0], index, measured[1])
        error, index, condition = found
        where = _at(self.routine, rows[index])
        if not error <= BOUND_ULP:
            raise CertificationError(
                f"{self.routine.name}: the code of {self.output.label} gives {values[index]!r} at {where}, wrong by"
                f" {error:.3g} ulp ({stratum}); at most {BOUND_ULP:g} are allowed"
            )
        if error < 0:
            return {"ulp": 0.0, "at": "no point with a representable value"}
        return {"ulp": round(error, 2), "at": where} | (
            {"condition": round(condition, 1)} if self.routine.conditioned else {}
        )

    def errors(self, values: list[float], rows: list[tuple[float, ...]]) -> list[tuple[float, float] | None]:
        """Return, for each value, its error over what is allowed and the condition number; None if it is no float."""
        pairs, balls = list(zip(values, rows, strict=True)), self.balls
        if balls:
            found = _if_enclosed(lambda: [balls(*pair) for pair in pairs])
            if found is not None:
                return found
            self.balls = None  # one value without an enclosure, and the whole output is measured by digits
        return [self.digits(*pair) for pair in pairs]


def _at(routine: Routine, point: tuple[float, ...]) -> str:
    return ", ".join(f"{symbol.name} = {x!r}" for symbol, x in zip(routine.arguments, point, strict=True))


@contextmanager
def load(text: str, runtime: str) -> Iterator[dict[str, Any]]:
    """Execute a generated module from its text, beside its runtime, and yield its names."""
    package = f"_ndk_generated_{uuid.uuid4().hex}"
    names = {package: None, f"{package}.runtime": runtime, f"{package}.module": text}
    try:
        for name, source in names.items():
            module = types.ModuleType(name)
            module.__package__, module.__path__ = package, []
            sys.modules[name] = module
            if source is not None:
                exec(compile(source, f"<{name}>", "exec"), module.__dict__)
        yield vars(sys.modules[f"{package}.module"])
    finally:
        for name in names:
            sys.modules.pop(name, None)
