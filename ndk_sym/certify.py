"""Certificates of generated functions: two separate claims, each tested before it is written down.

**Theory**: the textbook form equals the Gaussian average that defines it (by quadrature, many digits), and the stable
form equals the textbook form (50 digits).

**Transcription**: the emitted float64 code, executed from its text, equals the stable form evaluated at high precision
at exactly those floats, up to a few ulp, on every stratum of the domain.

A claim that fails raises `CertificationError`; there is no certificate of less.
"""

from __future__ import annotations

import sys
import types
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from mpmath import mp

from ndk_sym.emit import text_hash
from ndk_sym.routines import Module, Output, Routine
from ndk_sym.stable import stable_functions
from ndk_sym.strata import SEED, strata, theory_points

__all__ = ["CHECK", "FULL", "CertificationError", "Effort", "claims", "load", "measure", "theory", "transcription"]

TEXTBOOK_DIGITS = 50
AVERAGE_DIGITS = 25
BOUND_ULP = 8.0
_WORKING = 75  # digits of a reference: products of floats are exact, cancellation in Wedge costs 32 of them


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
        "written_by": "ndk generate",
        "sha256": text_hash(text),
        "runtime_sha256": text_hash(runtime),
        "claims": {routine.name: _claim(routine) for routine in module.routines},
    }


def _claim(routine: Routine) -> dict[str, Any]:
    return {
        "expression_sha256": routine.expression_hash,
        "theory": {
            "statement": "stable form = textbook form = defining average",
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
            "bound_times": str(routine.condition),
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
        For each function its theory errors (relative) and, per output and stratum, the worst error in ulp and where.

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
            measured[routine.name] = {
                "theory": theory(routine, effort),
                "transcription": transcription(routine, functions[routine.name], effort),
            }
    return measured


def theory(routine: Routine, effort: Effort = FULL) -> dict[str, dict[str, str]]:
    """Test stable form = textbook form = defining average; return the worst relative errors of each output.

    Raises
    ------
    CertificationError
        If two of them differ.
    """
    worst: dict[str, dict[str, str]] = {}
    for output in routine.outputs:
        textbook = sp.lambdify(routine.arguments, output.textbook, "mpmath")
        stable = reference(routine, output)
        forms = [_form_error(routine, p, stable, textbook) for p in theory_points(routine, effort.textbook_points)]
        points = theory_points(routine, effort.average_points)
        averages = [_average_error(routine, output, p, textbook) for p in points]
        for error, point, digits, what in (
            (*max(forms), TEXTBOOK_DIGITS, "the stable form"),
            (*max(averages), AVERAGE_DIGITS, "the defining average"),
        ):
            if not error <= mp.mpf(10) ** (2 - digits):
                raise CertificationError(
                    f"{routine.name}: the textbook form of {output.label} differs from {what} by {mp.nstr(error, 3)}"
                    f" relative at {_at(routine, point)}: one of the two formulas is wrong"
                )
        worst[output.label] = {"textbook": mp.nstr(max(forms)[0], 2), "average": mp.nstr(max(averages)[0], 2)}
    return worst


def _form_error(routine: Routine, point: tuple[float, ...], stable: Any, textbook: Any) -> tuple[Any, Any]:
    with mp.workdps(TEXTBOOK_DIGITS + 2 * _WORKING):  # the textbook form cancels near the edges
        exact = [mp.mpf(x) for x in point]
        return _relative(stable(*exact), textbook(*exact)), point


def _average_error(routine: Routine, output: Output, point: tuple[float, ...], textbook: Any) -> tuple[Any, Any]:
    value = output.average(*point, digits=AVERAGE_DIGITS)
    with mp.workdps(AVERAGE_DIGITS + _WORKING):
        return _relative(value, textbook(*(mp.mpf(x) for x in point))), point


def _relative(value: Any, expected: Any) -> Any:
    return abs(value - expected) / abs(expected) if expected else abs(value)


def transcription(
    routine: Routine, function: Callable[..., Any], effort: Effort = FULL
) -> dict[str, dict[str, dict[str, Any]]]:
    """Test the emitted float64 function against the stable form on every stratum.

    Returns
    -------
    dict
        output → stratum → {"ulp", "at"}: the worst error, divided by the routine's condition, and its point.

    Raises
    ------
    CertificationError
        If an error exceeds the bound, or the function does not return float64 arrays of its arguments' shape.
    """
    condition = sp.lambdify(routine.arguments, routine.condition, "mpmath")
    references = [reference(routine, output) for output in routine.outputs]
    worst: dict[str, dict[str, dict[str, Any]]] = {output.label: {} for output in routine.outputs}
    for stratum, points in strata(routine, effort.samples).items():
        computed = function(*points)
        results = computed if len(routine.outputs) > 1 else (computed,)
        for output, result, exact in zip(routine.outputs, results, references, strict=True):
            if np.shape(result) != points[0].shape or np.asarray(result).dtype != np.float64:
                raise CertificationError(
                    f"{routine.name}: {output.label} is not a float64 array of its arguments' shape"
                )
            rows = [tuple(map(float, row)) for row in zip(*points, strict=True)]
            values = result.tolist()
            errors = [
                _ulps(value, exact, row) / float(condition(*row)) for value, row in zip(values, rows, strict=True)
            ]
            index = int(np.argmax(errors))
            where = _at(routine, rows[index])
            if not errors[index] <= BOUND_ULP:
                raise CertificationError(
                    f"{routine.name}: the code of {output.label} gives {values[index]!r} at {where}, wrong by"
                    f" {errors[index]:.3g} ulp ({stratum}); at most {BOUND_ULP:g} are allowed"
                )
            worst[output.label][stratum] = {"ulp": round(errors[index], 2), "at": where}
    return worst


def reference(routine: Routine, output: Output) -> Callable[..., Any]:
    """Return the stable form as a function of mpmath numbers, with its meaning at the edges of the domain."""
    function = sp.lambdify(routine.arguments, output.stable, [_exact_functions(), "mpmath"])
    if tuple(symbol.name for symbol in routine.arguments) != ("a", "c", "b"):
        return function

    def clipped(a: Any, c: Any, b: Any) -> Any:
        # rounding may put c just outside: the value there is that of c = ±√(ab)
        return function(a, mp.sign(c) * mp.sqrt(a * b) if c * c > a * b else c, b)

    return clipped


def _exact_functions() -> dict[str, Callable[..., Any]]:
    table: dict[str, Callable[..., Any]] = {}
    for cls in stable_functions():
        dummies = sp.symbols(f"x:{next(iter(cls.nargs))}")
        table[cls.__name__] = sp.lambdify(dummies, cls.definition(*dummies), "mpmath")
    table |= {"RootDet": _root_det, "Angle": lambda y, x: mp.atan2(y, x) if x or y else mp.pi / 2, "Expm1": mp.expm1}
    return table


def _root_det(a: Any, c: Any, b: Any) -> Any:
    # for floats ab − c² is zero or at least 1e-32 ab: what is smaller is the rounding of a clipped c
    determinant = a * b - c * c
    return mp.sqrt(determinant) if determinant > a * b * mp.mpf(10) ** -50 else mp.zero


def _ulps(value: float, exact: Callable[..., Any], point: tuple[float, ...]) -> float:
    with mp.workdps(_WORKING):
        expected = exact(*(mp.mpf(x) for x in point))
        return float(abs(mp.mpf(value) - expected) / mp.mpf(float(np.spacing(abs(float(expected))))))


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
