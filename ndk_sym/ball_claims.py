"""The errors behind a certificate, as rigorous upper bounds (balls).

Each function bounds an error at one point from above, however it came about; a bound that stays large at every
precision is reported as it is, and refutes the claim.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from ndk_sym.balls import Enclosure
from ndk_sym.bounds import AVERAGE_DIGITS, BOUND_ULP, LARGEST, NOTHING, SMALLEST, TEXTBOOK_DIGITS
from ndk_sym.evaluation import Balls, CannotEvaluate
from ndk_sym.routines import Output, Routine
from ndk_sym.stable import RootDet, Spread

__all__ = ["BallErrors", "BallTheory"]

Point = tuple[float, ...]
_FORMS = (256, 512, 1024, 2048, 4096, 8192)  # bits: the textbook form cancels near the edges
_AVERAGES = (90, 160, 300)
_CONDITION = 512
_STEP = 2.0**-80


class BallTheory:
    """Stable form = textbook form = defining average, of one output.

    Raises
    ------
    CannotEvaluate
        If a form has a function without enclosures.
    """

    def __init__(self, routine: Routine, output: Output) -> None:
        self.stable = Enclosure(routine.arguments, output.stable)
        self.textbook = Enclosure(routine.arguments, output.textbook, by_algebra=True)
        self.enclosed = _average(output)
        self.label = f"balls: {self.enclosed.label}" if self.enclosed else "digits"

    def form_error(self, point: Point) -> float:
        """Bound the relative difference of the stable and the textbook form."""

        def sides(bits: int) -> tuple[Any, Any]:
            try:
                expected = self.textbook.at(point, bits)
            except ZeroDivisionError:
                return None, None
            return self.stable.at(point, bits), expected

        if sides(_FORMS[0]) == (None, None):
            return 0.0 if self._infinite(point) else np.inf
        return _relative(sides, _FORMS, TEXTBOOK_DIGITS + 2)

    def _infinite(self, point: Point) -> bool:
        try:
            self.stable.at(point, _FORMS[0])
        except ZeroDivisionError:
            return True
        return False

    def average_error(self, point: Point) -> float:
        """Bound the relative difference of the textbook form and the defining average.

        Raises
        ------
        CannotEvaluate
            If the average has no enclosure.
        """
        if self.enclosed is None:
            raise CannotEvaluate("the average has no enclosure")
        found = self.enclosed

        def sides(bits: int) -> tuple[Any, Any]:
            value, expected = found.sides(point, bits)
            return value, self.textbook.at(point, 4 * bits) if expected is None else expected

        try:
            self.textbook.at(point, _FORMS[0])
        except ZeroDivisionError:
            return 0.0  # infinite: what there is to test, that the stable form is too, is tested with it
        return _relative(sides, _AVERAGES, AVERAGE_DIGITS)


def _average(output: Output) -> Any:
    try:
        return output.enclosed() if output.enclosed else None
    except CannotEvaluate:
        return None


def _relative(sides: Callable[[int], tuple[Any, Any]], precisions: tuple[int, ...], digits: int) -> float:
    """An upper bound of |value − expected|/|expected|, sharp enough to see so many digits."""
    error = np.inf
    for bits in precisions:
        value, expected = sides(bits)
        with Balls.precision(bits):
            if not (value.is_finite() and expected.is_finite()):
                continue
            difference = value - expected
            if value.abs_upper() < NOTHING and expected.abs_upper() < NOTHING:
                return 0.0  # at fully anti-correlated points, what a form that cancels leaves of zero
            scale = 1 if expected.is_zero() else expected.abs_lower()
            if scale == 0:
                continue
            error = float((difference.abs_upper() / scale).abs_upper())
            if error <= 10.0**-digits or not difference.contains(0):
                return error
    return error


class BallErrors:
    """How far the code of one output is from its stable form, in ulp.

    Up to `unconditioned` ulp the condition number is not asked for.

    Raises
    ------
    CannotEvaluate
        If the form has a function without enclosures.
    """

    def __init__(self, routine: Routine, output: Output, unconditioned: float = BOUND_ULP) -> None:
        self.unconditioned = unconditioned
        self.exact = Enclosure(routine.arguments, output.stable)
        self.amplification = None if routine.condition == 1 else Enclosure(routine.arguments, routine.condition)
        self.condition = _Condition(routine, output) if routine.conditioned else None

    def __call__(self, value: float, row: Point) -> tuple[float, float] | None:
        """Return the error over (1 + condition number), and that number; None where no float represents the value.

        Raises
        ------
        CannotEvaluate
            If the value could not be enclosed.
        """
        try:
            expected = self.exact(*row)
        except ZeroDivisionError:
            return (0.0 if value == np.inf else np.inf), 0.0
        if expected.abs_lower() > LARGEST:
            return None
        if not expected.is_zero() and expected.abs_upper() < SMALLEST:
            return None if abs(value) < 2 * SMALLEST else (np.inf, 0.0)
        ulp = float(np.spacing(abs(float(expected.mid()))))
        error = float(((expected - value).abs_upper() / ulp).abs_upper()) if np.isfinite(value) else np.inf
        if self.amplification:
            error /= float(self.amplification(*row).mid())
        if self.condition is None or error <= self.unconditioned:
            return error, 0.0
        number = self.condition(row) / float(expected.abs_upper() if not expected.is_zero() else ulp)
        return error / (1 + number), number


class _Condition:
    """Σ |x ∂f/∂x| as in `digit_claims`, by difference quotients."""

    def __init__(self, routine: Routine, output: Output) -> None:
        inner = sorted(output.stable.atoms(RootDet, Spread), key=sp.default_sort_key)
        names = [sp.Dummy(f"x{k}") for k, _ in enumerate(inner)]
        free = output.stable.xreplace(dict(zip(inner, names, strict=True)))
        self.parts = [Enclosure(routine.arguments, part) for part in inner]
        self.free = Enclosure((*routine.arguments, *names), free, clipped=False)

    def __call__(self, row: Point) -> float:
        from flint import arb

        with Balls.precision(_CONDITION):
            values = [*map(arb, row), *(part.at(row, 2 * _CONDITION) for part in self.parts)]
            centre, total = self.free.at(values, _CONDITION), arb(0)
            for k, value in enumerate(values):
                if not value.is_zero():
                    moved = self.free.at([*values[:k], value * (1 + arb(_STEP)), *values[k + 1 :]], _CONDITION)
                    total += abs(moved - centre)
            total /= _STEP
        if not total.is_finite():
            raise CannotEvaluate(f"no condition number at {row}")
        return float(total.abs_lower())
