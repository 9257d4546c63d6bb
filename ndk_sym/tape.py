"""An expression as a list of operations on balls: compiled once, run at many points and precisions.

Nothing is printed or executed as text. Branches of `Piecewise` run only where their condition may hold; where balls do
not decide a condition, the result encloses the value of every branch that may be meant.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import sympy as sp

from ndk_sym.evaluation import Arithmetic, CannotEvaluate
from ndk_sym.stable import StableFunction

__all__ = ["Tape"]

_RELATIONS: dict[Any, tuple[Any, Any]] = {  # what certainly holds, and what certainly excludes it
    sp.StrictLessThan: (operator.lt, operator.ge),
    sp.LessThan: (operator.le, operator.gt),
    sp.StrictGreaterThan: (operator.gt, operator.le),
    sp.GreaterThan: (operator.ge, operator.lt),
    sp.Equality: (operator.eq, operator.ne),
    sp.Unequality: (operator.ne, operator.eq),
}


def _pole() -> Any:
    raise ZeroDivisionError("the divisor is zero")


class Tape:
    """An expression in the given arguments, as operations of one arithmetic.

    Parameters
    ----------
    arguments : sequence of sympy.Symbol
        In the order of the values.
    expr : sympy.Expr
        An explicit expression.
    arithmetic : Arithmetic
        Balls, real or complex.

    Raises
    ------
    CannotEvaluate
        If a function in it is not known.
    """

    def __init__(self, arguments: Sequence[sp.Symbol], expr: sp.Expr, arithmetic: Arithmetic) -> None:
        self._arguments, self._arithmetic = tuple(arguments), arithmetic
        self._slots: dict[sp.Basic, int] = {symbol: k for k, symbol in enumerate(arguments)}
        self._constants: list[tuple[int, sp.Expr]] = []
        self._steps: list[tuple[int, Callable[..., Any], tuple[int, ...]]] = []
        self._count = len(self._arguments)
        self._prepared: dict[int, list[Any]] = {}
        self._result = self._slot(sp.sympify(expr))

    def __call__(self, *values: Any) -> Any:
        """Return an enclosure at the present precision; it may be infinite, or not a number.

        Raises
        ------
        ZeroDivisionError
            At a pole: the divisor is exactly zero.
        """
        registers = [*values, *self._prepared_constants()]
        for slot, function, used in self._steps:
            registers[slot] = function(*[registers[k] for k in used])
        return registers[self._result]

    def _prepared_constants(self) -> list[Any]:
        from flint import ctx

        found = self._prepared.get(ctx.prec)
        if found is None:
            first = len(self._arguments)
            found = [None] * (self._count - first)
            for slot, constant in self._constants:
                known = self._arithmetic.rational if constant.is_Rational else self._arithmetic.constant
                found[slot - first] = known(constant)
            self._prepared[ctx.prec] = found
        return found

    def _slot(self, node: sp.Basic) -> int:
        if node not in self._slots:
            self._slots[node] = self._compiled(node)
        return self._slots[node]

    def _new(self) -> int:
        self._count += 1
        return self._count - 1

    def _step(self, function: Callable[..., Any], *used: int) -> int:
        slot = self._new()
        self._steps.append((slot, function, used))
        return slot

    def _compiled(self, node: sp.Basic) -> int:
        if node.is_Rational or node in (sp.pi, sp.E):
            slot = self._new()
            self._constants.append((slot, node))
        elif node is sp.zoo:
            slot = self._step(_pole)
        elif isinstance(node, sp.Add | sp.Mul):
            slot = self._folded(operator.add if isinstance(node, sp.Add) else operator.mul, node.args)
        elif isinstance(node, sp.Pow) and node.exp.is_Rational:
            slot = self._step(partial(self._power, node.exp), self._slot(node.base))
        elif isinstance(node, sp.Pow):
            slot = self._slot(sp.exp(node.exp * sp.log(node.base), evaluate=False))
        elif isinstance(node, sp.Piecewise):
            slot = self._step(self._piecewise(node), *range(len(self._arguments)))
        elif node.func in self._arithmetic.functions:
            slot = self._step(self._arithmetic.functions[node.func], *map(self._slot, node.args))
        elif isinstance(node, StableFunction):
            slot = self._slot(node.definition(*node.args))
        else:
            raise CannotEvaluate(f"{node} has no enclosure")
        return slot

    def _folded(self, function: Callable[[Any, Any], Any], parts: Sequence[sp.Basic]) -> int:
        if parts[0] == -1 and function is operator.mul:
            return self._step(operator.neg, self._folded(function, parts[1:]))
        total = self._slot(parts[0])
        for part in parts[1:]:
            total = self._step(function, total, self._slot(part))
        return total

    def _power(self, exponent: sp.Rational, base: Any) -> Any:
        if exponent.is_negative and base.is_zero():
            raise ZeroDivisionError("the divisor is exactly zero")
        other = None if exponent.q <= 2 else self._arithmetic.rational(exponent)
        return self._arithmetic.power(base, other, rational=exponent)

    def _piecewise(self, node: sp.Piecewise) -> Callable[..., Any]:
        branches = [(self._condition(condition), self._inner(value)) for value, condition in node.args]

        def chosen(*values: Any) -> Any:
            result = None
            for condition, branch in branches:
                holds = condition(*values)
                if holds is False:
                    continue
                value = branch(*values) if holds else self._possible(branch, values)
                result = value if result is None else result.union(value)
                if holds:
                    return result
            raise CannotEvaluate(f"no branch of {node} is certain")

        return chosen

    def _inner(self, expr: sp.Expr) -> Tape:
        return Tape(self._arguments, expr, self._arithmetic)

    @staticmethod
    def _possible(branch: Tape, values: Sequence[Any]) -> Any:
        """A branch that may not be meant: a pole there tells nothing."""
        from flint import arb

        try:
            return branch(*values)
        except ZeroDivisionError:
            return arb.nan()

    def _condition(self, condition: Any) -> Callable[..., bool | None]:
        """True or False where it is certain, else None."""
        if condition in (sp.true, sp.false):
            return lambda *values: bool(condition)
        if isinstance(condition, sp.And | sp.Or):
            parts, decisive = [self._condition(part) for part in condition.args], isinstance(condition, sp.Or)

            def several(*values: Any) -> bool | None:
                found = [part(*values) for part in parts]
                return decisive if decisive in found else None if None in found else not decisive

            return several
        if type(condition) not in _RELATIONS:
            raise CannotEvaluate(f"{condition} cannot be decided by balls")
        left, right = self._inner(condition.lhs), self._inner(condition.rhs)
        surely, never = _RELATIONS[type(condition)]

        def decided(*values: Any) -> bool | None:
            pair = left(*values), right(*values)
            return True if surely(*pair) else False if never(*pair) else None

        return decided
