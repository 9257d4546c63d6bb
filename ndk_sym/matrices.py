"""Statements about matrices, written in letters that do not commute, checked on explicit matrices entry by entry.

What the letters stand for are rules of the statement whose meaning is a matrix; numbers stand for multiples of the
identity. Derivatives, limits and integrals act on every entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import sympy as sp

from ndk_sym.prove import Identity
from ndk_sym.statement import Check, Context, Evidence, Statement, Status, unfolded

__all__ = ["Entrywise", "matrix_value"]

_WRAPPERS = (sp.Derivative, sp.Limit, sp.Integral, sp.Subs)


@dataclass(frozen=True)
class Entrywise:
    """Checks an equation between matrices by deciding every entry.

    Parameters
    ----------
    entry : Check
        Decides one entry; by default exact zero, else balls, else digits.
    """

    entry: Check = field(default_factory=Identity)

    def __call__(self, statement: Statement, context: Context) -> Evidence:
        """Decide `statement`: as strong as the weakest entry."""
        scalars = [rule for rule in statement.given if not isinstance(rule[1], sp.MatrixBase)]
        letters = {
            letter: meaning.applyfunc(lambda x: unfolded(x, scalars))
            for letter, meaning in statement.given
            if isinstance(meaning, sp.MatrixBase)
        }
        lhs, rhs = (matrix_value(_renamed(side, scalars), letters) for side in (statement.lhs, statement.rhs))
        if not isinstance(lhs, sp.MatrixBase):
            return Evidence(Status.UNKNOWN, None, "entries", "the left side is not a matrix")
        rhs = rhs if isinstance(rhs, sp.MatrixBase) else rhs * sp.eye(lhs.rows)
        if lhs.shape != rhs.shape:
            return Evidence(Status.UNKNOWN, None, "entries", f"a {lhs.shape} matrix cannot equal a {rhs.shape} matrix")
        found = []
        for row in range(lhs.rows):
            for column in range(lhs.cols):
                name = f"{statement.id}-{row + 1}-{column + 1}"
                entry = Statement(name, lhs[row, column], rhs[row, column], domain=statement.domain)
                one = self.entry(entry, context)
                if not one.status.ok:
                    detail = f"entry ({row + 1}, {column + 1}): {one.detail}"
                    witness = (*one.witness, ("entry", f"({row + 1}, {column + 1})"))
                    return Evidence(one.status, one.residual, one.method, detail, witness)
                found.append(one)
        return _together(found)


def _together(found: list[Evidence]) -> Evidence:
    """The evidence of all entries, in the words of the hardest one."""
    status = Status.weakest(one.status for one in found)
    weakest = [one for one in found if one.status is status]
    wordy = max(weakest, key=lambda one: len(one.detail))
    residual = max((one.residual for one in found if one.residual is not None), default=None)
    count = f"each of {len(found)} entries: " if len(found) > 1 else ""
    return Evidence(status, residual, wordy.method, f"{count}{wordy.detail}")


def _renamed(expr: Any, rules: list[tuple[Any, Any]]) -> sp.Expr:
    """Apply the rules to what is displayed, without taking derivatives yet."""
    for pattern, meaning in rules:
        if isinstance(pattern, sp.Basic):
            expr = expr.xreplace({pattern: sp.sympify(meaning)})
        else:
            expr = expr.replace(pattern, meaning)
    return expr


def matrix_value(expr: sp.Expr, letters: Mapping[sp.Basic, sp.MatrixBase]) -> Any:
    """Return the explicit matrix, or scalar, that an expression in letters stands for.

    Parameters
    ----------
    expr : sympy.Expr
        Sums, products, whole powers, transposes, derivatives, limits and integrals of letters and scalars.
    letters : mapping
        The matrix of every letter.

    Raises
    ------
    ValueError
        If a letter has no matrix, or the shapes do not fit.
    """
    if expr in letters:
        return letters[expr]
    if not expr.has(*letters):
        return expr
    parts = [matrix_value(part, letters) for part in expr.args[: 1 if expr.is_Pow else None] if _is_term(expr, part)]
    if expr.is_Add:
        return reduce(_sum, parts)
    if expr.is_Mul:
        return reduce(lambda x, y: x * y, parts)
    if expr.is_Pow and expr.exp.is_Integer:
        return parts[0].inv() ** -int(expr.exp) if expr.exp < 0 else parts[0] ** int(expr.exp)
    return _wrapped(expr, parts[0])


def _wrapped(expr: sp.Expr, inner: sp.MatrixBase) -> sp.MatrixBase:
    """A transpose; or a derivative, limit or integral, of every entry."""
    if isinstance(expr, sp.transpose):
        return inner.T
    if isinstance(expr, _WRAPPERS):
        return inner.applyfunc(lambda x: expr.func(x, *expr.args[1:]))
    raise ValueError(f"{expr} has no matrix")


def _is_term(expr: sp.Expr, part: sp.Basic) -> bool:
    """Whether a part is multiplied or added, not a variable of a derivative, limit or integral."""
    return not isinstance(expr, _WRAPPERS) or part is expr.args[0]


def _sum(x: Any, y: Any) -> Any:
    if isinstance(x, sp.MatrixBase) and not isinstance(y, sp.MatrixBase):
        return x + y * sp.eye(x.rows)
    if isinstance(y, sp.MatrixBase) and not isinstance(x, sp.MatrixBase):
        return y + x * sp.eye(y.rows)
    return x + y
