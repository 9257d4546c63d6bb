"""The errors behind a certificate, as numbers of mpmath: what balls do not enclose is measured by digits.

Weaker than `ndk_sym.ball_claims`: a value is trusted to the digits it is computed with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from mpmath import mp

from ndk_sym.bounds import AVERAGE_DIGITS, BOUND_ULP, LARGEST, NOTHING, SMALLEST, TEXTBOOK_DIGITS
from ndk_sym.high_precision import arc_wedge_definition
from ndk_sym.routines import Output, Routine
from ndk_sym.stable import ArcWedge, RootDet, Spread, stable_functions

__all__ = ["DigitErrors", "DigitTheory", "reference"]

Point = tuple[float, ...]
_WORKING = 75  # digits of a reference: products of floats are exact, cancellation in Wedge costs 32 of them


class DigitTheory:
    """Stable form = textbook form = defining average, of one output."""

    def __init__(self, routine: Routine, output: Output) -> None:
        self.output = output
        self.stable = reference(routine, output)
        self.textbook = sp.lambdify(routine.arguments, output.textbook, "mpmath")

    def form_error(self, point: Point) -> Any:
        """Return the relative difference of the stable and the textbook form."""
        with mp.workdps(TEXTBOOK_DIGITS + 2 * _WORKING):  # the textbook form cancels near the edges
            exact = [mp.mpf(x) for x in point]
            try:
                expected = self.textbook(*exact)
            except ZeroDivisionError:
                return self._both_infinite(exact)
            return _relative(self.stable(*exact), expected)

    def _both_infinite(self, exact: list[Any]) -> Any:
        try:
            self.stable(*exact)
        except ZeroDivisionError:
            return mp.zero
        return mp.inf

    def average_error(self, point: Point) -> Any:
        """Return the relative difference of the textbook form and the defining average."""
        with mp.workdps(AVERAGE_DIGITS + _WORKING):
            try:
                expected = self.textbook(*(mp.mpf(x) for x in point))
            except ZeroDivisionError:
                return mp.zero  # infinite: what there is to test, that the stable form is too, is tested with it
            return _relative(self.output.average(*point, digits=AVERAGE_DIGITS), expected)


def _relative(value: Any, expected: Any) -> Any:
    if max(abs(value), abs(expected)) < NOTHING:
        return mp.zero  # at fully anti-correlated points, what a form that cancels leaves of zero
    return abs(value - expected) / abs(expected) if expected else abs(value)


class DigitErrors:
    """How far the code of one output is from its stable form, in ulp.

    Up to `unconditioned` ulp the condition number is not asked for.
    """

    def __init__(self, routine: Routine, output: Output, unconditioned: float = BOUND_ULP) -> None:
        self.unconditioned = unconditioned
        self.exact = reference(routine, output)
        self.amplification = sp.lambdify(routine.arguments, routine.condition, "mpmath")
        self.condition = _condition_number(routine, output) if routine.conditioned else None

    def __call__(self, value: float, row: Point) -> tuple[float, float] | None:
        """Return the error over (1 + condition number), and that number; None where no float represents the value."""
        with mp.workdps(_WORKING):
            point = tuple(mp.mpf(x) for x in row)
            try:
                expected = self.exact(*point)
            except ZeroDivisionError:
                return (0.0 if value == np.inf else np.inf), 0.0
            if abs(expected) > LARGEST or 0 < abs(expected) < SMALLEST:
                return None
            ulp = mp.mpf(float(np.spacing(abs(float(expected)))))
            error = abs(mp.mpf(value) - expected) / ulp if np.isfinite(value) else mp.inf
            amplified = float(self.amplification(*point))
            if self.condition is None or error <= self.unconditioned:
                return float(error) / amplified, 0.0
            moved = self.condition(point)  # absolute: how far the value moves if every argument moves by itself
            number = moved / (abs(expected) or ulp)
            return float(error / (1 + number)), float(number)


def _condition_number(routine: Routine, output: Output) -> Callable[[tuple[Any, ...]], Any]:
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
    table["Turn"] = lambda a, c, b: table["Angle"](_root_det(a, c, b), c)
    table["Sagitta"] = lambda s, x, r: s * s / (r + x) if s else mp.zero
    return table | {"ArcWedge": _arc_wedge}


def _arc_wedge(n: int, s: Any, x: Any) -> Any:
    # at the smallest angles of floats, 1e-16, the definition cancels to their power 2n
    with mp.workdps(mp.dps + 34 * n):
        return arc_wedge_definition(n)(s, x) if s else mp.zero


def _root_det(a: Any, c: Any, b: Any) -> Any:
    # for floats ab − c² is zero or at least 1e-32 ab: what is smaller is the rounding of a clipped c
    determinant = a * b - c * c
    return mp.sqrt(determinant) if determinant > a * b * mp.mpf(10) ** -50 else mp.zero
