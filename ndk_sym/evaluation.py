"""Numerical values of expressions: any number of digits (mpmath), or rigorous enclosures (balls, python-flint)."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import reduce
from typing import Any

import mpmath
import sympy as sp

from ndk_sym.stable import StableFunction

__all__ = ["Arithmetic", "Balls", "CannotEvaluate", "Digits", "balls_available", "evaluate"]

Point = Mapping[sp.Basic, sp.Rational]


class CannotEvaluate(Exception):
    """An expression has no value here: an unknown function, a pole, a value that is not a real number."""


class Arithmetic(ABC):
    """Numbers of one kind, and the functions known on them."""

    functions: Mapping[Any, Callable[..., Any]]

    @abstractmethod
    def rational(self, value: sp.Rational) -> Any:
        """Return an exact or correctly rounded number."""

    @abstractmethod
    def constant(self, value: sp.NumberSymbol) -> Any:
        """Return π or e."""

    @abstractmethod
    def power(self, base: Any, exponent: Any, *, rational: sp.Rational | None) -> Any:
        """Return base^exponent; `rational` is the exponent when it is a rational number."""

    @abstractmethod
    def is_finite_real(self, value: Any) -> bool:
        """Whether `value` is a real number and not a NaN or an infinity."""


class Digits(Arithmetic):
    """mpmath numbers in a context of their own: no global precision is touched."""

    def __init__(self, digits: int) -> None:
        self.context = mpmath.MPContext()
        self.context.dps = digits
        mp = self.context
        self.functions = {
            sp.exp: mp.exp, sp.log: mp.log, sp.sin: mp.sin, sp.cos: mp.cos, sp.tan: mp.tan, sp.asin: mp.asin,
            sp.acos: mp.acos, sp.atan: mp.atan, sp.atan2: mp.atan2, sp.sinh: mp.sinh, sp.cosh: mp.cosh,
            sp.tanh: mp.tanh, sp.asinh: mp.asinh, sp.acosh: mp.acosh, sp.atanh: mp.atanh,
            sp.erf: mp.erf, sp.erfc: mp.erfc, sp.gamma: mp.gamma, sp.Abs: abs, sp.sign: mp.sign,
            sp.Max: max, sp.Min: min,
        }  # fmt: skip

    def rational(self, value: sp.Rational) -> Any:
        return self.context.mpf(int(value.p)) / int(value.q)

    def constant(self, value: sp.NumberSymbol) -> Any:
        return +{sp.pi: self.context.pi, sp.E: self.context.e}[value]

    def power(self, base: Any, exponent: Any, *, rational: sp.Rational | None) -> Any:
        if rational is not None and rational.q == 1:
            return base ** int(rational.p)
        if rational is not None and rational.q == 2:
            return self.context.sqrt(base) ** int(rational.p)
        return base**exponent

    def is_finite_real(self, value: Any) -> bool:
        return isinstance(value, self.context.mpf) and bool(self.context.isfinite(value))


class Balls(Arithmetic):
    """Real balls (Arb): every operation encloses the true value."""

    def __init__(self) -> None:
        from flint import arb

        self._arb = arb
        self.functions = {
            sp.exp: arb.exp, sp.log: arb.log, sp.sin: arb.sin, sp.cos: arb.cos, sp.tan: arb.tan, sp.asin: arb.asin,
            sp.acos: arb.acos, sp.atan: arb.atan, sp.atan2: arb.atan2, sp.sinh: arb.sinh, sp.cosh: arb.cosh,
            sp.tanh: arb.tanh, sp.asinh: arb.asinh, sp.acosh: arb.acosh, sp.atanh: arb.atanh,
            sp.erf: arb.erf, sp.erfc: arb.erfc, sp.gamma: arb.gamma, sp.Abs: abs,
            sp.Max: lambda first, *rest: _fold(arb.max, first, rest),
            sp.Min: lambda first, *rest: _fold(arb.min, first, rest),
        }  # fmt: skip

    @staticmethod
    def precision(bits: int) -> AbstractContextManager[Any]:
        """Work with `bits` bits within the context."""
        from flint import ctx

        return ctx.workprec(bits)

    def rational(self, value: sp.Rational) -> Any:
        from flint import fmpq

        return self._arb(fmpq(int(value.p), int(value.q)))

    def constant(self, value: sp.NumberSymbol) -> Any:
        return {sp.pi: self._arb.pi, sp.E: self._arb.const_e}[value]()

    def power(self, base: Any, exponent: Any, *, rational: sp.Rational | None) -> Any:
        if rational is not None and rational.q == 1:
            return base ** int(rational.p)
        if rational is not None and rational.q == 2:
            return base.sqrt() ** int(rational.p)
        return base**exponent

    def is_finite_real(self, value: Any) -> bool:
        return bool(value.is_finite())


def _fold(function: Callable[[Any, Any], Any], first: Any, rest: tuple[Any, ...]) -> Any:
    for other in rest:
        first = function(first, other)
    return first


def balls_available() -> bool:
    """Whether python-flint is installed (the extra `ball`)."""
    try:
        import flint  # noqa: F401
    except ImportError:
        return False
    return True


def evaluate(expr: sp.Expr, point: Point, arithmetic: Arithmetic) -> Any:
    """Value of `expr` at `point`, each shared subexpression once.

    Parameters
    ----------
    expr : sympy.Expr
        An explicit expression: no undefined functions, derivatives or integrals.
    point : mapping
        Exact values of all free symbols.
    arithmetic : Arithmetic
        The kind of numbers.

    Returns
    -------
    number
        An mpmath number or a ball.

    Raises
    ------
    CannotEvaluate
        If a function is not known, or a value is not a finite real number.
    """
    values: dict[sp.Basic, Any] = {}
    pending = [expr]
    while pending:
        node = pending[-1]
        if node in values:
            pending.pop()
            continue
        if isinstance(node, StableFunction):
            below: list[sp.Basic] = [node.definition(*node.args)]
        else:
            below = [] if node in point else list(node.args)
        missing = [part for part in below if part not in values]
        if missing:
            pending.extend(missing)
            continue
        values[node] = _node_value(node, [values[part] for part in below], point, arithmetic)
        pending.pop()
    return values[expr]


def _node_value(node: sp.Basic, parts: list[Any], point: Point, arithmetic: Arithmetic) -> Any:
    try:
        value = _applied(node, parts, point, arithmetic)
    except (ZeroDivisionError, ValueError, OverflowError, TypeError) as error:
        raise CannotEvaluate(f"{node.func.__name__} of {parts}: {error}") from error
    if not arithmetic.is_finite_real(value):
        raise CannotEvaluate(f"{node.func.__name__} has the value {value}, which is not a finite real number")
    return value


def _applied(node: sp.Basic, parts: list[Any], point: Point, arithmetic: Arithmetic) -> Any:
    if not parts:
        return _leaf(node, point, arithmetic)
    if isinstance(node, StableFunction):
        return parts[0]
    if isinstance(node, sp.Add | sp.Mul):
        return reduce(operator.add if isinstance(node, sp.Add) else operator.mul, parts)
    if isinstance(node, sp.Pow):
        return arithmetic.power(*parts, rational=node.exp if node.exp.is_Rational else None)
    if node.func in arithmetic.functions:
        return arithmetic.functions[node.func](*parts)
    raise CannotEvaluate(f"{node.func.__name__} has no value")


def _leaf(node: sp.Basic, point: Point, arithmetic: Arithmetic) -> Any:
    if node in point:
        return arithmetic.rational(sp.Rational(point[node]))
    if isinstance(node, sp.Rational):
        return arithmetic.rational(node)
    if node in (sp.pi, sp.E):
        return arithmetic.constant(node)
    raise CannotEvaluate(f"{node} has no value")
