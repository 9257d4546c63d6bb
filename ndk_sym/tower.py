"""Exact zero test: nested roots, arcsines and exponentials as a tower of generators.

From the inside out every function application becomes a generator of a polynomial ring, one generator for each
distinct argument (arguments are compared by this same test). Roots keep their relation w² = R, arccosines become
arcsines, exponents are split into monomials. The expression is then a quotient of polynomials; if its numerator
vanishes modulo the relations, the expression is zero wherever it is defined. That direction is a proof. A numerator
that does not vanish proves nothing, since the generators may be related in ways the tower does not know.

One thing is read off at sample points: √(xy) = √x √y needs x and y positive. It is used only for factors that are
positive by assumption or that stand below a fraction line or under a root. Such a factor cannot change sign on a
connected domain where the expression is defined, so a sign at sample points is its sign everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import sympy as sp
from sympy.polys.rings import PolyElement

from ndk_sym.quotients import OutOfGenerators, OutOfWork, Quotient, Quotients
from ndk_sym.signs import Signs, Values
from ndk_sym.stable import StableFunction

__all__ = ["Inconclusive", "is_zero"]

# few functions, so that relations between them are seen
_REWRITTEN: dict[Any, Callable[..., sp.Expr]] = {
    sp.acos: lambda x: sp.pi / 2 - sp.asin(x),
    sp.acosh: lambda x: sp.log(x + sp.sqrt(x**2 - 1)),
    sp.asinh: lambda x: sp.log(x + sp.sqrt(x**2 + 1)),
    sp.cosh: lambda x: (sp.exp(x) + sp.exp(-x)) / 2,
    sp.erfc: lambda x: 1 - sp.erf(x),
    sp.sinh: lambda x: (sp.exp(x) - sp.exp(-x)) / 2,
    sp.tan: lambda x: sp.sin(x) / sp.cos(x),
    sp.tanh: lambda x: 1 - 2 / (sp.exp(2 * x) + 1),
}
_ODD = (sp.asin, sp.atan, sp.sin, sp.erf)


class Inconclusive(Exception):
    """The test could neither prove the expression zero nor finish; says why."""


class _Again(Exception):
    """Something was learnt that should have been known earlier; start again with it."""


@dataclass
class _Lessons:
    """What an attempt taught the next one."""

    generators: int = 24
    units: dict[Any, int] = field(default_factory=dict)  # monomial in an exponent -> its common denominator
    first: list[sp.Expr] = field(default_factory=list)  # factors of radicands: to be known before these roots are made


def is_zero(expr: sp.Expr, values: Values, *, work: int = 20_000_000) -> int:
    """Prove that `expr` is identically zero, or raise.

    Parameters
    ----------
    expr : sympy.Expr
        Any expression; undefined functions and their derivatives are treated as independent quantities.
    values : callable
        Numerical values of a subexpression at a few points of the domain, for the signs of factors under roots.
    work : int
        Budget in term products: a limit on work, not on seconds, so that the answer does not depend on the machine.

    Returns
    -------
    int
        The number of generators that the proof used.

    Raises
    ------
    Inconclusive
        If the numerator does not vanish modulo the known relations, or the budget is spent.
    """
    lessons = _Lessons()
    while True:
        tower = _Tower(values, lessons=lessons, work=work)
        try:
            for early in lessons.first:
                tower.quotient(early)
            result = tower.quotient(expr)
            top = tower.field.reduced(result.numerator)
        except OutOfGenerators:
            lessons.generators *= 2
            continue
        except _Again:
            continue
        except OutOfWork as error:
            raise Inconclusive(f"more than {work} term products are needed") from error
        except ZeroDivisionError as error:
            raise Inconclusive(str(error)) from error
        if top:
            raise Inconclusive(f"a numerator of {len(top)} terms in {tower.field.used} generators is left")
        return tower.field.used


class _Tower:
    """One attempt: the generators made so far, and the quotients of the subexpressions seen."""

    def __init__(self, values: Values, *, lessons: _Lessons, work: int) -> None:
        self.field = Quotients(generators=lessons.generators, work=work)
        self._lessons = lessons
        self._seen: dict[sp.Basic, Quotient] = {}
        self._signs = Signs(self.field, values)
        self._applied: dict[Any, list[tuple[tuple[Quotient, ...], int]]] = {}
        self._exponentials: dict[Any, int] = {}
        self._radicals: dict[tuple[int, PolyElement], int] = {}
        self._logarithms: dict[int, Quotient] = {}  # generator log x -> x

    def quotient(self, expr: sp.Expr) -> Quotient:
        """`expr` over the generators; makes those that are missing."""
        if expr not in self._seen:
            self._seen[expr] = self._convert(expr)
        return self._seen[expr]

    def _convert(self, expr: sp.Expr) -> Quotient:
        other = _rewritten(expr)
        if other != expr:
            return self.quotient(other)
        if expr.is_Add or expr.is_Mul:
            join = self.field.add if expr.is_Add else self.field.multiply
            return reduce(join, [self.quotient(part) for part in expr.args])
        if expr.is_Pow and expr.base is not sp.E:
            return self._power(*expr.as_base_exp())
        if expr.is_Function or isinstance(expr, (sp.Max, sp.Min, sp.exp)):
            exponential = isinstance(expr, sp.exp)
            return self._exponential(self.quotient(expr.exp)) if exponential else self._application(expr)
        return self._leaf(expr)

    def _leaf(self, expr: sp.Expr) -> Quotient:
        if expr.is_Rational:
            return self.field.constant(expr)
        if expr is sp.I:
            return self._named(expr, (2, -self.field.ring.one))
        if expr.is_number and not expr.is_NumberSymbol:
            raise Inconclusive(f"the number {expr} is inexact or not understood")
        # anything else is an unknown quantity, equal only to itself
        return self._named(expr)

    def _named(self, expr: sp.Expr, root: tuple[int, PolyElement] | None = None) -> Quotient:
        index = self.field.new_generator(root)
        self._signs.expressions[index] = expr
        return self.field.generator(index)

    # -- functions ------------------------------------------------------------------------------------------------

    def _application(self, expr: sp.Expr) -> Quotient:
        arguments = [self.quotient(argument) for argument in expr.args]
        odd = isinstance(expr, _ODD)
        top = arguments[0].numerator
        if (odd or isinstance(expr, (sp.cos, sp.Abs))) and top and top.LC < 0:  # f(−x) = ∓f(x): keep one of the two
            mirrored = self._applied_to(expr.func(-expr.args[0], evaluate=False), [_negative(arguments[0])])
            return _negative(mirrored) if odd else mirrored
        return self._applied_to(expr, arguments)

    def _applied_to(self, expr: sp.Expr, arguments: list[Quotient]) -> Quotient:
        known = self._applied.setdefault(expr.func, [])
        for others, index in known:
            pairs = list(zip(arguments, others, strict=True)) if len(arguments) == len(others) else []
            if pairs and all(x.key == y.key or not self.field.subtract(x, y).numerator for x, y in pairs):
                return self.field.generator(index)
        root = None
        if isinstance(expr, sp.sin):
            cosine = self.quotient(sp.cos(expr.args[0], evaluate=False)).numerator
            root = (2, self.field.ring.one - cosine**2)
        result = self._named(expr, root)
        known.append((tuple(arguments), self.field.used - 1))
        if isinstance(expr, sp.log):
            self._logarithms[self.field.used - 1] = arguments[0]
        return result

    # -- exponentials and powers ----------------------------------------------------------------------------------

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> Quotient:
        if exponent.is_Integer:
            if exponent < 0:
                self._check_early(base, 1 / base)
            return self.field.power(self.quotient(base), int(exponent))
        if exponent.is_Rational:
            self._check_early(base, base ** sp.Rational(1, exponent.q))
            return self.field.power(self._root(self.quotient(base), int(exponent.q)), int(exponent.p))
        if not base.is_positive:
            raise Inconclusive(f"the power {base}**({exponent}) has a base of unknown sign")
        if base.is_Mul and all(factor.is_positive for factor in base.args):
            return reduce(self.field.multiply, [self.quotient(factor**exponent) for factor in base.args])
        logarithm = self._application(sp.log(base, evaluate=False))
        return self._exponential(self.field.multiply(self.quotient(exponent), logarithm))

    def _check_early(self, base: sp.Expr, early: sp.Expr) -> None:
        """A factor that can be pulled out of a root must be known before the root is made."""
        if early in self._lessons.first:
            return
        for factor in self.field.factors(self.quotient(base).numerator)[1]:
            others = [radicand for _, radicand in self._radicals if radicand != factor and len(factor) > 1]
            if any(self.field.exact_quotient(radicand, factor) is not None for radicand in others):
                self._lessons.first.insert(0, early)
                raise _Again

    def _exponential(self, exponent: Quotient) -> Quotient:
        """exp of a sum as a product over its monomials, each an integer power of one generator per monomial."""
        result = self.field.one
        for above, coefficient in sorted(exponent.numerator.terms()):
            over, under = int(coefficient.numerator), int(coefficient.denominator)
            monomial, below = self.field.cancelled(above, exponent.denominator)
            single = monomial.index(1) if sum(monomial) == 1 and not below else None
            if single in self._logarithms:
                part = self.field.power(self._root(self._logarithms[single], under), over)
            else:
                key = (monomial, frozenset(below.items()))
                unit = self._lessons.units.setdefault(key, 1)
                if unit % under:
                    self._lessons.units[key] = math.lcm(unit, under)
                    raise _Again
                part = self.field.power(self._exponential_unit(key, unit), over * unit // under)
            result = self.field.multiply(result, part)
        return result

    def _exponential_unit(self, key: tuple[Any, frozenset[Any]], unit: int) -> Quotient:
        """exp(monomial/unit) as a generator."""
        if key not in self._exponentials:
            part = Quotient(self.field.ring.from_dict({key[0]: self.field.ring.domain(1)}), dict(key[1]))
            index = self._exponentials[key] = self.field.new_generator()
            self._signs.set_exponential(index, part, unit)
        return self.field.generator(self._exponentials[key])

    # -- roots ----------------------------------------------------------------------------------------------------

    def _root(self, x: Quotient, order: int) -> Quotient:
        """x^(1/order): factors of known sign one by one, the others together under one root."""
        if order == 1 or not x.numerator:
            return x
        content, above = self.field.factors(x.numerator)
        result, rest = self.field.one, self.field.ring.one
        for factor, power in [*above.items(), *((f, -k) for f, k in x.denominator.items())]:
            sign = self._signs.sign(factor, fixed=power < 0 or self.field.is_known(factor))
            if sign == 0 and power < 0:
                raise Inconclusive("a denominator under a root changes sign in the domain")
            if sign == 0:
                rest = self.field.product(rest, factor**power)
                continue
            content *= sign ** abs(power)
            whole, left = divmod(power, order)
            result = self.field.multiply(result, self.field.power(Quotient(factor * sign), whole))
            if left:
                result = self.field.multiply(result, self.field.power(self._radical(factor * sign, order), left))
        if rest != 1:
            scale, rest = rest.primitive()
            content *= scale
            result = self.field.multiply(result, self._radical(rest if content > 0 else -rest, order))
        elif content < 0:
            raise Inconclusive("the root of a negative number")
        return self.field.multiply(result, self._number_root(abs(content), order))

    def _radical(self, radicand: PolyElement, order: int) -> Quotient:
        """The generator w with w^order = radicand ≥ 0."""
        if (order, radicand) not in self._radicals:
            self.field.remember(radicand)
            self._radicals[order, radicand] = self.field.new_generator((order, radicand))
        return self.field.generator(self._radicals[order, radicand])

    def _number_root(self, value: Any, order: int) -> Quotient:
        over, under = int(value.numerator), int(value.denominator)
        result = self.field.constant(sp.Rational(1, under))
        for prime, power in sorted(sp.factorint(over * under ** (order - 1)).items()):
            whole, left = divmod(power, order)
            result = self.field.multiply(result, self.field.constant(sp.Integer(prime) ** whole))
            if left:
                root = self._radical(self.field.ring.ground_new(prime), order)
                result = self.field.multiply(result, self.field.power(root, left))
        return result


def _rewritten(expr: sp.Expr) -> sp.Expr:
    """The same in fewer functions, and of fewer arguments."""
    if isinstance(expr, StableFunction):
        return expr.definition(*expr.args)
    if isinstance(expr, (sp.sin, sp.cos)) and (expr.args[0].is_Add or expr.args[0].is_Mul):
        return sp.expand_trig(expr)  # sums and multiples of angles
    return _REWRITTEN[expr.func](*expr.args) if expr.func in _REWRITTEN else expr


def _negative(x: Quotient) -> Quotient:
    return Quotient(-x.numerator, x.denominator)
