"""Polynomials whose coefficients are derivatives of unknown functions, fast, and cut off at an order.

SymPy's polynomials treat derivatives of one function as if they might depend on each other, and are then hundreds of
times slower. Here every derivative, function and power of a coefficient gets a letter of its own; nothing is lost,
since the letters are replaced again in the result, which is expanded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sympy as sp

__all__ = ["letters", "through"]


def letters(expressions: Iterable[Any], variables: Sequence[sp.Symbol]) -> dict[sp.Expr, sp.Symbol]:
    """Return a letter for each derivative, function or power in the coefficients of polynomials in `variables`."""
    found: set[sp.Expr] = set()
    for expr in expressions:
        found |= sp.sympify(expr).atoms(sp.Derivative, sp.Function, sp.Pow)
    return {part: sp.Dummy("c") for part in found if not part.has(*variables)}


def through(
    combined: Callable[..., Any], parts: Sequence[sp.Expr], large: sp.Symbol, order: int
) -> tuple[sp.Expr, ...]:
    """Return the coefficients of large^0, large^{−1}, …, large^{−order} of combined(*parts).

    Parameters
    ----------
    combined : callable
        Sums, products and powers of its arguments.
    parts : sequence of expressions
        Polynomials in 1/large.
    large : Symbol
    order : int
    """
    small = sp.Dummy("x")
    inverted = [part.subs(large, 1 / small) for part in parts]
    named = letters(inverted, [small])
    meaning = {letter: part for part, letter in named.items()}
    result = combined(*(sp.Poly(part.xreplace(named), small) for part in inverted))
    return tuple(sp.expand(result.coeff_monomial(small**k).xreplace(meaning)) for k in range(order + 1))
