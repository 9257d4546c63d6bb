"""Signs of polynomials in generators, by assumption or at sample points: what the zero test needs to split roots."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp
from sympy.polys.rings import PolyElement

from ndk_sym.quotients import Quotient, Quotients

__all__ = ["Signs", "Values"]

# numerical values of an expression at a few points of the domain
Values = Callable[[sp.Expr], Sequence[Any]]

_SMALL = 1e-15  # a factor this small at a sample point has no safe sign there


class Signs:
    """Knows what each generator stands for, and its values at the sample points."""

    def __init__(self, field: Quotients, values: Values) -> None:
        self._field = field
        self._values_of = values
        self.expressions: dict[int, sp.Expr] = {}  # generator -> what it stands for
        self._numbers: dict[int, Sequence[Any]] = {}  # generator -> values at the sample points

    def set_exponential(self, index: int, exponent: Quotient, unit: int) -> None:
        """Let the generator `index` be exp(exponent/unit)."""
        self._numbers[index] = [x.context.exp(x / unit) for x in self._quotient(exponent)]

    def sign(self, factor: PolyElement, *, fixed: bool) -> int:
        """+1 or −1 if `factor` has that sign on the whole domain, else 0; `fixed` says that it cannot vanish."""
        if len(factor) == 1 and sum(factor.LM) == 1:
            index = factor.LM.index(1)
            expr, order = self.expressions.get(index), self._field.roots.get(index, (2, None))[0]
            if (expr is None and order % 2 == 0) or (expr is not None and expr.is_positive):
                return 1  # even roots and exponentials have no expression of their own
            if expr is not None and expr.is_negative:
                return -1
        if not fixed:
            return 0
        numbers = self._polynomial(factor)
        if all(x > _SMALL for x in numbers):
            return 1
        return -1 if all(x < -_SMALL for x in numbers) else 0

    def _generator(self, index: int) -> Sequence[Any]:
        if index not in self._numbers:
            if index in self.expressions:
                self._numbers[index] = self._values_of(self.expressions[index])
            else:
                order, radicand = self._field.roots[index]
                self._numbers[index] = [x.context.root(x, order) for x in self._polynomial(radicand)]
        return self._numbers[index]

    def _polynomial(self, p: PolyElement) -> list[Any]:
        columns = {i: self._generator(i) for mono in p.monoms() for i, k in enumerate(mono) if k}
        points = range(len(self._values_of(sp.Integer(1))))
        return [
            sum(
                math.prod([columns[i][n] ** k for i, k in enumerate(mono) if k], start=self._ratio(coeff))
                for mono, coeff in p.terms()
            )
            for n in points
        ]

    def _ratio(self, coefficient: Any) -> Any:
        one = self._values_of(sp.Integer(1))[0]
        return one * int(coefficient.numerator) / int(coefficient.denominator)

    def _quotient(self, x: Quotient) -> list[Any]:
        result = self._polynomial(x.numerator)
        for factor, power in x.denominator.items():
            below = self._polynomial(factor)
            result = [top / bottom**power for top, bottom in zip(result, below, strict=True)]
        return result
