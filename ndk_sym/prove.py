"""How a statement is decided: exact zero → ball arithmetic → digits, and always a search for a counter-example.

Every statement is evaluated at random points of its domain first. A difference that does not vanish there is a
counter-example ("false"), whatever else may be believed. Only then the exact test may say "proved". Failing that, the
sampled enclosures or digits remain as weaker evidence, labelled so. A statement that could not be evaluated anywhere
is "unknown", even if the exact test likes it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from ndk_sym.evaluation import Balls, CannotEvaluate, Digits, balls_available, evaluate
from ndk_sym.statement import Check, Context, Evidence, Rule, Statement, Status, unfolded
from ndk_sym.tower import Inconclusive, is_zero

__all__ = ["Identity", "Induction", "identity"]

POINTS = 5
_GUARD = 15  # digits carried beyond those asked for
_DOUBLINGS = 4  # of the precision of balls, before they are given up
_METHODS = {Status.CERTIFIED: "ball arithmetic", Status.NUMERIC: "digits"}
Point = dict[sp.Symbol, sp.Rational]


@dataclass(frozen=True)
class Identity:
    """Checks that both sides are the same function: exact zero, else balls, else digits.

    Parameters
    ----------
    exact : bool
        Whether to try the exact zero test.
    balls : bool
        Whether to try ball arithmetic, if python-flint is installed.
    """

    exact: bool = True
    balls: bool = True

    def __call__(self, statement: Statement, context: Context) -> Evidence:
        """Decide `statement`."""
        return identity(statement, digits=context.digits, exact=self.exact, balls=self.balls)


@dataclass(frozen=True)
class Induction:
    """Checks a statement about every l ≥ 0 from its base, its induction step, and explicit instances.

    The principle of induction is not something a machine need check; that the three parts hold is. The instances
    catch a base and a step that prove something else than what is claimed.

    Parameters
    ----------
    base, step : str
        Ids of the earlier steps of the derivation that prove l = 0 and l → l + 1.
    instances : tuple of (name, rules)
        For each a set of rules under which the claim is an explicit statement.
    decide : Check
        Decides an instance; by default exact zero, else balls, else digits.
    """

    base: str
    step: str
    instances: tuple[tuple[str, tuple[Rule, ...]], ...]
    decide: Check = Identity()

    def __call__(self, statement: Statement, context: Context) -> Evidence:
        """Decide `statement`: as strong as the weakest part."""
        missing = [part for part in (self.base, self.step) if part not in context.earlier]
        if missing or not self.instances:
            what = f"{', '.join(missing)} is not among the steps used" if missing else "there is no instance"
            return Evidence(Status.UNKNOWN, None, "induction", what)
        parts = [context.earlier[self.base], context.earlier[self.step]]
        for name, rules in self.instances:
            instance = statement.where(*rules, id=f"{statement.id}-{name}")
            found = self.decide(instance, context)
            if not found.status.ok:
                detail = f"fails for {name}: {found.detail}"
                return Evidence(found.status, found.residual, "induction", detail, found.witness)
            parts.append(found)
        residual = max((part.residual for part in parts if part.residual is not None), default=None)
        names = ", ".join(name for name, _ in self.instances)
        detail = f"from {self.base} and {self.step}; besides checked explicitly for {names}"
        return Evidence(Status.weakest(part.status for part in parts), residual, "induction", detail)


def identity(
    statement: Statement, *, digits: int = 50, exact: bool = True, balls: bool = True, points: int = POINTS
) -> Evidence:
    """Decide whether both sides of `statement` are the same function on its domain.

    Parameters
    ----------
    statement : Statement
        Its rules are applied and its derivatives taken first.
    digits : int
        Digits to which sampled values must agree.
    exact, balls : bool
        Which of the stronger methods to try.
    points : int
        How many points of the domain to sample.

    Returns
    -------
    Evidence
        "proved", "certified", "numeric", "false" with a witness, or "unknown".
    """
    lhs, rhs = statement.explicit()
    sampled = [unfolded(side, statement.domain.functions) for side in (lhs, rhs)]
    places = statement.domain.points(sampled[0].free_symbols | sampled[1].free_symbols, count=points, seed=statement.id)
    if len(places) < points:
        detail = f"only {len(places)} of {points} sample points satisfy the conditions of the domain"
        return Evidence(Status.UNKNOWN, None, "sampling", detail)
    try:
        found = _sampled(sampled, places, digits, balls=balls and balls_available())
    except CannotEvaluate as error:
        return Evidence(Status.UNKNOWN, None, "sampling", f"no value at a sample point: {error}")
    if not (exact and found.status.ok):
        return found
    low = Digits(30)

    def values(part: sp.Expr) -> list[Any]:
        concrete = unfolded(part, statement.domain.functions)
        return [evaluate(concrete, place, low) for place in places]

    try:
        generators = is_zero(lhs - rhs, values)
    except (Inconclusive, CannotEvaluate) as error:
        return Evidence(found.status, found.residual, found.method, f"{found.detail}; no exact zero: {error}")
    how = f"zero as a quotient of polynomials in {generators} generators" if generators else "zero as it stands"
    detail = f"{how}; {found.detail}"
    return Evidence(Status.PROVED, 0.0, "exact zero", detail)


def _sampled(sides: Sequence[sp.Expr], places: Sequence[Point], digits: int, *, balls: bool) -> Evidence:
    """Compare both sides at every place, with balls where possible; one place that refutes is enough."""
    if balls:
        try:
            detail = f"enclosed within 1e-{digits} of zero at {len(places)} points"
            return _at_all(places, lambda place: _enclosed(sides, place, digits), Status.CERTIFIED, detail)
        except CannotEvaluate:
            pass  # a function that has no ball version, or a ball that stays too wide: digits remain
    detail = f"agree to {digits} digits at {len(places)} points, and to {2 * digits} with more precision"
    return _at_all(places, lambda place: _compared(sides, place, digits), Status.NUMERIC, detail)


def _at_all(
    places: Sequence[Point], compare: Callable[[Point], Evidence | float], status: Status, detail: str
) -> Evidence:
    """Collect the residuals of all places; a counter-example anywhere counts more than a failure elsewhere."""
    worst, failure = 0.0, None
    for place in places:
        try:
            found = compare(place)
        except CannotEvaluate as error:
            failure = failure or error
            continue
        if isinstance(found, Evidence):
            return found
        worst = max(worst, found)
    if failure is not None:
        raise failure
    return Evidence(status, _rounded_up(worst), _METHODS[status], detail)


def _enclosed(sides: Sequence[sp.Expr], place: Point, digits: int) -> Evidence | float:
    """Enclose lhs − rhs: a counter-example, or a bound; raises CannotEvaluate if a ball stays too wide to decide."""
    # twice the digits: a difference just below the tolerance is still a difference
    bits = int((2 * digits + _GUARD) * 3.33)
    for _ in range(_DOUBLINGS):
        with Balls.precision(bits):
            arithmetic = Balls()
            lhs, rhs = (evaluate(side, place, arithmetic) for side in sides)
            gap, scale = abs(lhs - rhs), max(abs(lhs).abs_lower(), abs(rhs).abs_lower())
            if not gap.contains(0):
                return _refuted(place, float(gap.abs_lower()), f"ball arithmetic with {bits} bits")
            bound = gap.abs_upper() / scale if scale > 0 else gap.abs_upper()
            if bound < arithmetic.rational(sp.Rational(1, 10**digits)):
                return float(bound)
        bits *= 2
    raise CannotEvaluate("the balls stay too wide")


def _compared(sides: Sequence[sp.Expr], place: Point, digits: int) -> Evidence | float:
    """Compare at two precisions: a true zero shrinks with the precision, a small number does not."""
    gaps = []
    for arithmetic in (Digits(digits + _GUARD), Digits(2 * digits + 2 * _GUARD)):
        lhs, rhs = (evaluate(side, place, arithmetic) for side in sides)
        size = max(abs(lhs), abs(rhs))
        gaps.append((abs(lhs - rhs), size if size > arithmetic.context.mpf(10) ** (-digits) else 1))
    (coarse, size), (fine, fine_size) = gaps
    ten = arithmetic.context.mpf(10)
    if fine > ten ** (-2 * digits) * fine_size:
        if fine > ten**-digits * fine_size or 2 * fine > coarse:
            return _refuted(place, float(fine / fine_size), f"{2 * digits} digits")
        raise CannotEvaluate(f"the difference {float(fine):.1e} neither vanishes nor settles")
    if coarse > ten**-digits * size:
        raise CannotEvaluate(f"{digits + _GUARD} digits are not enough: rounding leaves {float(coarse / size):.1e}")
    return float(coarse / size)


def _refuted(place: Point, residual: float, how: str) -> Evidence:
    witness = tuple((str(symbol), str(value)) for symbol, value in place.items())
    where = ", ".join(f"{symbol} = {float(value):.6g}" for symbol, value in place.items())
    return Evidence(Status.FALSE, residual, how, f"the sides differ by {residual:.3e} at {where}", witness)


def _rounded_up(value: float) -> float:
    """The next power of ten: a bound that rounding noise does not change from run to run."""
    return 10.0 ** math.ceil(math.log10(value)) if value > 1e-300 else 0.0
