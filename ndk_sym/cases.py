"""Statements decided in named cases: brute force, explicit instances, numbers from a second route.

A case says what the functions and symbols of the statement are there, as rules that are computed only when the check
runs. Both sides of the statement are then explicit, so that nothing of the statement escapes the check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp

from ndk_sym.evaluation import CannotEvaluate, Digits, evaluate
from ndk_sym.prove import identity
from ndk_sym.statement import Check, Context, Evidence, Rule, Statement, Status, unfolded

__all__ = ["Case", "Cases", "Close", "spread", "summed"]

# a name for the reader, and the rules that make the statement explicit
Case = tuple[str, Callable[[], Iterable[Rule]]]

_SHOWN = 9  # names of cases that the evidence lists


def _decided(statement: Statement, context: Context) -> Evidence:
    """Two rational numbers are compared as they are; everything else by the ladder."""
    lhs, rhs = statement.explicit()
    if not (lhs.is_Rational and rhs.is_Rational):
        return identity(statement, digits=context.digits)
    if lhs == rhs:
        return Evidence(Status.PROVED, 0.0, "exact zero", "equal rational numbers")
    return Evidence(Status.FALSE, float(abs(lhs - rhs)), "exact zero", f"{float(lhs):.6g} is not {float(rhs):.6g}")


@dataclass(frozen=True)
class Cases:
    """Checks that both sides are equal in every one of the named cases, each by the ladder of `identity` unless told.

    The evidence speaks of these cases and of nothing else: a statement checked so should say in its title which
    cases it claims.

    Parameters
    ----------
    cases : tuple of (name, callable)
        The callable returns the rules under which the statement is explicit.
    method : str
        How the values of a case are obtained, for the evidence.
    each : Check
        How one case is decided.
    """

    cases: tuple[Case, ...]
    method: str = "brute force"
    each: Check = _decided
    compared: ClassVar[str] = "both sides"

    def __call__(self, statement: Statement, context: Context) -> Evidence:
        """Decide `statement`: as strong as the weakest case."""
        found = []
        for name, rules in self.cases:
            instance = statement.where(*rules(), id=f"{statement.id}-{name}")
            one = self.each(instance, context)
            if not one.status.ok:
                witness = (*one.witness, ("case", name))
                return Evidence(one.status, one.residual, self.method, f"fails for {name}: {one.detail}", witness)
            found.append(one)
        if not found:
            return Evidence(Status.UNKNOWN, None, self.method, "there is no case")
        status = Status.weakest(one.status for one in found)
        how = "exactly" if status is Status.PROVED else f"within 1e-{context.digits}"
        residual = max((one.residual for one in found if one.residual is not None), default=None)
        detail = f"{self.compared} agree {how} in {_count(len(found))}: {spread(name for name, _ in self.cases)}"
        return Evidence(status, residual, self.method, detail)


@dataclass(frozen=True)
class Close:
    """Checks that both sides agree to a number of digits in every one of the named cases.

    For values that a second route knows only so far: quadrature, extrapolation, an asymptotic series cut off.

    Parameters
    ----------
    cases : tuple of (name, callable)
        The callable returns the rules under which both sides are numbers.
    digits : int
        Digits to which they must agree, relative to the larger side.
    method : str
        How the values of a case are obtained, for the evidence.
    guard : int
        Further digits to compute with: more than cancellation between the numbers of a case takes away.
    """

    cases: tuple[Case, ...]
    digits: int
    method: str = "quadrature"
    guard: int = 15

    def __call__(self, statement: Statement, context: Context) -> Evidence:
        """Decide `statement`: "numeric" at best."""
        arithmetic = Digits(2 * self.digits + self.guard)
        bound = arithmetic.context.mpf(10) ** -self.digits
        for name, rules in self.cases:
            try:
                gap = _relative_gap(statement.where(*rules()).explicit(), arithmetic)
            except CannotEvaluate as error:
                return Evidence(Status.UNKNOWN, None, self.method, f"no value for {name}: {error}")
            if gap > bound:
                detail = f"the sides differ by {float(gap):.1e} of their size for {name}"
                return Evidence(Status.FALSE, float(gap), self.method, detail, (("case", name),))
        if not self.cases:
            return Evidence(Status.UNKNOWN, None, self.method, "there is no case")
        names = spread(name for name, _ in self.cases)
        detail = f"both sides agree to {self.digits} digits in {_count(len(self.cases))}: {names}"
        return Evidence(Status.NUMERIC, 10.0**-self.digits, self.method, detail)


def _relative_gap(sides: tuple[sp.Expr, sp.Expr], arithmetic: Digits) -> Any:
    lhs, rhs = (evaluate(unfolded(side, ()), {}, arithmetic) for side in sides)
    size = max(abs(lhs), abs(rhs))
    return abs(lhs - rhs) / size if size else arithmetic.context.zero


def _count(cases: int) -> str:
    return f"{cases} case" + "s" * (cases != 1)


def spread(names: Iterable[str]) -> str:
    """Return names as one readable list; a long one by its beginning and its end."""
    given = list(names)
    return "; ".join(given if len(given) <= _SHOWN else [*given[:3], "…", *given[-2:]])


def summed(function: sp.Expr, *limits: sp.Tuple) -> sp.Expr:
    """Carry out a sum whose limits are integers, and the sums inside it; leave it alone if they are not yet.

    As a rule, `(sympy.Sum, summed)`.
    """
    if len(limits) != 1:
        return summed(sp.Sum(function, *limits[:-1]), limits[-1])
    index, low, high = limits[0]
    if not (low.is_Integer and high.is_Integer):
        return sp.Sum(function, limits[0])
    terms = (function.subs(index, value).replace(sp.Sum, summed) for value in range(int(low), int(high) + 1))
    return sp.Add(*terms)
