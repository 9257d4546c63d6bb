"""Identities between operators: matrices of any size, integral operators, whatever multiplies and does not commute.

A statement about operators is an equation of non-commutative SymPy symbols; numbers stand for multiples of the
identity. If the expanded difference vanishes, the equation holds in every algebra in which the inverses exist: for any
number of time steps and training points at once, and for integral operators as well. Random rational matrices look
for a counter-example first.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy as sp

from ndk_sym.statement import Context, Evidence, Statement, Status

__all__ = ["Operators", "operator"]

_SIZES = (1, 2, 3)


def operator(name: str) -> sp.Symbol:
    """Return an operator: a symbol that does not commute."""
    return sp.Symbol(name, commutative=False)


@dataclass(frozen=True)
class Operators:
    """Checks an equation between operators: random rational matrices, then the expanded difference."""

    def __call__(self, statement: Statement, context: Context) -> Evidence:
        """Decide `statement`."""
        lhs, rhs = statement.explicit()
        for size in _SIZES:
            found = _refutation(lhs, rhs, statement, size)
            if found is not None:
                return found
        sizes = ", ".join(f"{size}×{size}" for size in _SIZES)
        sampled = f"random rational matrices {sizes} agree exactly"
        if _vanishes(sp.expand(_inverted(lhs) - _inverted(rhs))):
            return Evidence(Status.PROVED, 0.0, "exact zero", f"zero in the free algebra; {sampled}")
        detail = f"{sampled}; the expanded difference does not vanish by itself"
        return Evidence(Status.NUMERIC, 0.0, "random matrices", detail)


def _vanishes(expr: sp.Expr) -> bool:
    """Whether every monomial of the operators has the coefficient zero."""
    coefficients: dict[tuple[sp.Expr, ...], sp.Expr] = {}
    for term in sp.Add.make_args(expr):
        numbers, word = term.args_cnc()
        coefficients[tuple(word)] = coefficients.get(tuple(word), sp.S(0)) + sp.Mul(*numbers)
    return all(sp.cancel(coefficient) == 0 for coefficient in coefficients.values())


def _inverted(expr: sp.Expr) -> sp.Expr:
    """(A B)^{-1} = B^{-1} A^{-1}, which SymPy leaves alone; numbers in front are taken out."""

    def split(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        base = sp.expand(base)
        if base.is_Mul and exponent == -1:
            return sp.Mul(*(factor**-1 for factor in reversed(base.args)))
        return base**exponent

    return expr.replace(sp.Pow, split)


def _refutation(lhs: sp.Expr, rhs: sp.Expr, statement: Statement, size: int) -> Evidence | None:
    digest = hashlib.sha256(f"{statement.id}-{size}".encode()).digest()
    draw = random.Random(int.from_bytes(digest, "big"))
    symbols = sorted(_letters(lhs) | _letters(rhs), key=lambda x: (str(x), str(x.assumptions0)))
    values: dict[sp.Basic, Any] = {}
    for symbol in symbols:
        if symbol.is_commutative:
            values[symbol] = sp.Rational(draw.randint(1, 9), draw.randint(1, 9))
        else:  # diagonally dominant, so that no inverse is missing by accident
            noise = sp.Matrix(size, size, lambda _i, _j: sp.Rational(draw.randint(-9, 9), 10))
            values[symbol] = noise + (3 + draw.randint(0, 5)) * size * sp.eye(size)
    gap = _matrix(lhs, values, size) - _matrix(rhs, values, size)
    if gap.is_zero_matrix:
        return None
    worst = max(abs(entry) for entry in gap)
    detail = f"the sides differ by {float(worst):.3e} for random rational {size}×{size} matrices"
    witness = tuple((str(symbol), str(value)) for symbol, value in values.items())
    return Evidence(Status.FALSE, float(worst), "random matrices", detail, witness or (("size", str(size)),))


def _letters(expr: sp.Expr) -> set[sp.Expr]:
    """Symbols, and functions that do not commute: of these nothing is known."""
    functions = {call for call in expr.atoms(sp.Function) if not call.is_commutative}
    return expr.free_symbols | {call for call in functions if not isinstance(call, sp.transpose)}


def _matrix(expr: sp.Expr, values: dict[sp.Basic, Any], size: int) -> sp.Matrix:
    """The value of an expression: commuting parts are multiples of the identity."""
    if expr.is_commutative:
        return expr.xreplace(values) * sp.eye(size)
    if expr in values:
        return values[expr]
    parts = [_matrix(part, values, size) for part in expr.args if not (expr.is_Pow and part is expr.exp)]
    if expr.is_Add:
        return reduce(lambda x, y: x + y, parts)
    if expr.is_Mul:
        return reduce(lambda x, y: x * y, parts)
    if expr.is_Pow and expr.exp.is_Integer:
        return parts[0] ** int(expr.exp)
    if isinstance(expr, sp.transpose):
        return parts[0].T
    raise ValueError(f"{expr.func.__name__} of operators is not understood")
