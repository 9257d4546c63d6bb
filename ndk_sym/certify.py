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
from ndk_sym.high_precision import arc_wedge_definition
from ndk_sym.routines import Module, Output, Routine
from ndk_sym.stable import ArcWedge, RootDet, Spread, stable_functions
from ndk_sym.strata import SEED, strata, theory_points

__all__ = ["CHECK", "FULL", "CertificationError", "Effort", "claims", "load", "measure", "theory", "transcription"]

TEXTBOOK_DIGITS = 50
AVERAGE_DIGITS = 25
BOUND_ULP = 8.0
_LARGEST, _SMALLEST = 1e308, 1e-290  # values between have full precision, and so have the products behind them
_NOTHING = 1e-94  # at the moderate points of the theory claim, no value but zero is as small
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
        try:
            expected = textbook(*exact)
        except ZeroDivisionError:
            return _both_infinite(stable, exact), point
        return _relative(stable(*exact), expected), point


def _both_infinite(stable: Any, exact: list[Any]) -> Any:
    try:
        stable(*exact)
    except ZeroDivisionError:
        return mp.zero
    return mp.inf


def _average_error(routine: Routine, output: Output, point: tuple[float, ...], textbook: Any) -> tuple[Any, Any]:
    with mp.workdps(AVERAGE_DIGITS + _WORKING):
        try:
            expected = textbook(*(mp.mpf(x) for x in point))
        except ZeroDivisionError:
            return mp.zero, point  # infinite: what there is to test, that the stable form is too, is tested with it
        return _relative(output.average(*point, digits=AVERAGE_DIGITS), expected), point


def _relative(value: Any, expected: Any) -> Any:
    if max(abs(value), abs(expected)) < _NOTHING:
        return mp.zero  # at fully anti-correlated points, what a form that cancels leaves of zero
    return abs(value - expected) / abs(expected) if expected else abs(value)


def transcription(
    routine: Routine, function: Callable[..., Any], effort: Effort = FULL
) -> dict[str, dict[str, dict[str, Any]]]:
    """Test the emitted float64 function against the stable form on every stratum.

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
    measures = [_Measure(routine, output) for output in routine.outputs]
    worst: dict[str, dict[str, dict[str, Any]]] = {output.label: {} for output in routine.outputs}
    for stratum, points in strata(routine, effort.samples).items():
        with np.errstate(all="ignore"):
            computed = function(*points)
        results = computed if len(routine.outputs) > 1 else (computed,)
        rows = [tuple(map(float, row)) for row in zip(*points, strict=True)]
        for measure, result in zip(measures, results, strict=True):
            if np.shape(result) != points[0].shape or np.asarray(result).dtype != np.float64:
                label = measure.output.label
                raise CertificationError(f"{routine.name}: {label} is not a float64 array of its arguments' shape")
            worst[measure.output.label][stratum] = measure.worst(stratum, result.tolist(), rows)
    return worst


class _Measure:
    """How far the code of one output is from its stable form."""

    def __init__(self, routine: Routine, output: Output) -> None:
        self.routine, self.output = routine, output
        self.exact = reference(routine, output)
        self.amplification = sp.lambdify(routine.arguments, routine.condition, "mpmath")
        self.condition = condition_number(routine, output) if routine.conditioned else None

    def worst(self, stratum: str, values: list[float], rows: list[tuple[float, ...]]) -> dict[str, Any]:
        found: tuple[float, int, float] = (-1.0, 0, 0.0)
        for index, (value, row) in enumerate(zip(values, rows, strict=True)):
            measured = self._error(value, row)
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
        return {"ulp": round(error, 2), "at": where} | ({"condition": round(condition, 1)} if self.condition else {})

    def _error(self, value: float, row: tuple[float, ...]) -> tuple[float, float] | None:
        """The error in ulp over (1 + condition number), and that number; None where no float represents the value."""
        with mp.workdps(_WORKING):
            point = tuple(mp.mpf(x) for x in row)
            try:
                expected = self.exact(*point)
            except ZeroDivisionError:
                return (0.0 if value == np.inf else np.inf), 0.0
            if abs(expected) > _LARGEST or 0 < abs(expected) < _SMALLEST:
                return None
            ulp = mp.mpf(float(np.spacing(abs(float(expected)))))
            error = abs(mp.mpf(value) - expected) / ulp if np.isfinite(value) else mp.inf
            amplified = float(self.amplification(*point))
            if self.condition is None or error <= BOUND_ULP:
                return float(error) / amplified, 0.0
            moved = self.condition(point)  # absolute: how far the value moves if every argument moves by itself
            number = moved / (abs(expected) or ulp)
            return float(error / (1 + number)), float(number)


def condition_number(routine: Routine, output: Output) -> Callable[[tuple[Any, ...]], Any]:
    """Return Σ |x ∂f/∂x| over the arguments x, √(ab − c²) and a + b ∓ 2c, as a function of a point.

    The root and the sums are computed to an ulp from the arguments as they are given; their relative errors count, not
    what a change of c would do to them.
    """
    inner = sorted(output.stable.atoms(RootDet, Spread), key=sp.default_sort_key)
    names = [sp.Dummy(f"x{k}") for k, _ in enumerate(inner)]
    free = output.stable.xreplace(dict(zip(inner, names, strict=True)))
    tables = [_exact_functions(), "mpmath"]
    function = sp.lambdify((*routine.arguments, *names), free, tables)
    parts = [sp.lambdify(routine.arguments, part, tables) for part in inner]

    def condition(point: tuple[Any, ...]) -> Any:
        values = [*point, *(part(*point) for part in parts)]
        centre, step, total = function(*values), mp.mpf(10) ** -(_WORKING // 3), mp.zero
        for k, value in enumerate(values):
            total += abs(function(*values[:k], value * (1 + step), *values[k + 1 :]) - centre) / step
        return total

    return condition


def reference(routine: Routine, output: Output) -> Callable[..., Any]:
    """Return the stable form as a function of mpmath numbers, with its meaning at the edges of the domain."""
    function = sp.lambdify(routine.arguments, output.stable, [_exact_functions(), "mpmath"])
    if tuple(symbol.name for symbol in routine.arguments[:3]) != ("a", "c", "b"):
        return function

    def clipped(a: Any, c: Any, b: Any, *parameters: Any) -> Any:
        # rounding may put c just outside: the value there is that of c = ±√(ab)
        return function(a, mp.sign(c) * mp.sqrt(a * b) if c * c > a * b else c, b, *parameters)

    return clipped


def _exact_functions() -> dict[str, Callable[..., Any]]:
    table: dict[str, Callable[..., Any]] = {}
    for cls in stable_functions():
        if cls is ArcWedge:
            continue
        dummies = sp.symbols(f"x:{next(iter(cls.nargs))}")
        table[cls.__name__] = sp.lambdify(dummies, cls.definition(*dummies), "mpmath")
    table |= {"RootDet": _root_det, "Angle": lambda y, x: mp.atan2(y, x) if x or y else mp.pi / 2, "Expm1": mp.expm1}
    return table | {"ArcWedge": _arc_wedge}


def _arc_wedge(n: int, s: Any, x: Any) -> Any:
    # at the smallest angles of floats, 1e-16, the definition cancels to their power 2n
    with mp.workdps(mp.dps + 34 * n):
        return arc_wedge_definition(n)(s, x) if s else mp.zero


def _root_det(a: Any, c: Any, b: Any) -> Any:
    # for floats ab − c² is zero or at least 1e-32 ab: what is smaller is the rounding of a clipped c
    determinant = a * b - c * c
    return mp.sqrt(determinant) if determinant > a * b * mp.mpf(10) ** -50 else mp.zero


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
