"""Quotients of polynomials in generators, with square-root relations and denominators kept in factors.

The arithmetic under the exact zero test of `ndk_sym.tower`. A generator is an opaque positive or real quantity (a
symbol, π, an arcsine, ...) or a root w with w^q = R, R a polynomial in earlier generators. Numerators are reduced by
these relations after every product. Denominators stay products of factors: adding quotients then never needs a
greatest common divisor, which is what makes nested expressions affordable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement, ring

__all__ = ["OutOfGenerators", "OutOfWork", "Quotient", "Quotients"]


class OutOfWork(Exception):
    """The zero test needs more term products than it may use."""


class OutOfGenerators(Exception):
    """The polynomial ring was allotted too few generators; start again with more."""


@dataclass(frozen=True, eq=False)
class Quotient:
    """A polynomial over a product of powers of polynomial factors."""

    numerator: PolyElement
    denominator: Mapping[PolyElement, int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[Any, Any]:
        """Equal keys mean equal quotients; the converse needs a zero test of the difference."""
        return self.numerator, frozenset(self.denominator.items())


class Quotients:
    """The field of quotients over a fixed allotment of generators, counting the work done."""

    def __init__(self, *, generators: int, work: int) -> None:
        self.ring = ring([f"g{i}" for i in range(generators)], QQ)[0]
        self.roots: dict[int, tuple[int, PolyElement]] = {}  # generator -> (q, R) with w^q = R
        self.used = 0
        self.work = work
        self._known: list[PolyElement] = []  # factors met in denominators and under roots, for trial division

    # -- generators -----------------------------------------------------------------------------------------------

    def new_generator(self, root: tuple[int, PolyElement] | None = None) -> int:
        """Allot the next generator; with `root` = (q, R) it satisfies w^q = R."""
        if self.used == len(self.ring.gens):
            raise OutOfGenerators
        if root is not None:
            self.roots[self.used] = root
        self.used += 1
        return self.used - 1

    def generator(self, index: int) -> Quotient:
        return Quotient(self.ring.gens[index])

    def constant(self, value: Any) -> Quotient:
        return Quotient(self.ring.ground_new(QQ(value.p, value.q)))

    @property
    def one(self) -> Quotient:
        return Quotient(self.ring.one)

    # -- polynomials ----------------------------------------------------------------------------------------------

    def product(self, p: PolyElement, q: PolyElement) -> PolyElement:
        """p q modulo the relations of the roots."""
        self._spend(len(p) * len(q))
        return self.reduced(p * q)

    def reduced(self, p: PolyElement) -> PolyElement:
        """Replace w^q by R for every root, the latest first: R holds only earlier generators."""
        for index in sorted(self.roots, reverse=True):
            order, radicand = self.roots[index]
            if p.degree(self.ring.gens[index]) < order:
                continue
            by_power: dict[int, dict[Any, Any]] = {}
            for monomial, coefficient in p.terms():
                times, left = divmod(monomial[index], order)
                shorter = (*monomial[:index], left, *monomial[index + 1 :])
                by_power.setdefault(times, {})[shorter] = coefficient
            p = self.ring.zero
            for times, terms in sorted(by_power.items()):
                part, power = self.ring.from_dict(terms), radicand**times
                self._spend(len(part) * len(power))
                p = p + part * power
        return p

    def _spend(self, amount: int) -> None:
        self.work -= amount
        if self.work < 0:
            raise OutOfWork

    def factors(self, p: PolyElement) -> tuple[Any, dict[PolyElement, int]]:
        """Write p = content · ∏ factor^power, by monomials and trial division with the factors met so far."""
        content, p = p.primitive()
        if p.LC < 0:
            content, p = -content, -p
        found: dict[PolyElement, int] = {}
        common = [min(exponents) for exponents in zip(*p.monoms(), strict=True)]
        for index, power in enumerate(common):
            if power:
                found[self.ring.gens[index]] = power
        if found:
            p = self.ring.from_dict(
                {tuple(e - d for e, d in zip(mono, common, strict=True)): coeff for mono, coeff in p.terms()}
            )
        for candidate in self._known:
            while len(p) > 1 and (shorter := self.exact_quotient(p, candidate)) is not None:
                found[candidate] = found.get(candidate, 0) + 1
                p = shorter
        if len(p) > 1:
            found[p] = found.get(p, 0) + 1
            return content, found
        return content * p.LC, found

    def exact_quotient(self, p: PolyElement, q: PolyElement) -> PolyElement | None:
        """p/q if q divides p as polynomials, else None."""
        if len(q) > len(p):
            return None
        if len(q) == 1:  # a generator: shift the exponents
            lead = q.LM
            if any(any(e < d for e, d in zip(mono, lead, strict=True)) for mono in p):
                return None
            return self.ring.from_dict({tuple(e - d for e, d in zip(m, lead, strict=True)): c for m, c in p.items()})
        # largest and smallest monomial of a product are the products of the largest and smallest
        for extreme in (max, min):
            if any(e < d for e, d in zip(extreme(p), extreme(q), strict=True)):
                return None
        self._spend(len(p) * len(q))
        whole, rest = p.div(q)
        # a copy: SymPy divides in place, and keeps the hash of a part of the quotient
        return whole.copy() if not rest else None

    def cancelled(
        self, monomial: tuple[int, ...], denominator: Mapping[PolyElement, int]
    ) -> tuple[tuple[int, ...], dict[PolyElement, int]]:
        """Return one monomial of a numerator and its denominator in lowest terms, as far as generators go."""
        above, below = list(monomial), dict(denominator)
        for factor in denominator:
            if len(factor) == 1 and sum(factor.LM) == 1:
                index = factor.LM.index(1)
                common = min(above[index], below[factor])
                above[index] -= common
                below[factor] -= common
        return tuple(above), {factor: power for factor, power in below.items() if power}

    def remember(self, factor: PolyElement) -> None:
        """Use `factor` in trial division from now on."""
        if len(factor) > 1 and factor not in self._known:
            self._known.append(factor)

    def is_known(self, factor: PolyElement) -> bool:
        """Whether `factor` stands in a denominator or under a root, so that it cannot vanish inside the domain."""
        return factor in self._known

    # -- quotients ------------------------------------------------------------------------------------------------

    def multiply(self, x: Quotient, y: Quotient) -> Quotient:
        powers = dict(x.denominator)
        for factor, power in y.denominator.items():
            powers[factor] = powers.get(factor, 0) + power
        return self._made(self.product(x.numerator, y.numerator), powers)

    def add(self, x: Quotient, y: Quotient) -> Quotient:
        powers = {f: max(x.denominator.get(f, 0), y.denominator.get(f, 0)) for f in {**x.denominator, **y.denominator}}
        total = self._over(x, powers) + self._over(y, powers)
        return self._made(total, powers)

    def subtract(self, x: Quotient, y: Quotient) -> Quotient:
        return self.add(x, Quotient(-y.numerator, y.denominator))

    def _over(self, x: Quotient, powers: Mapping[PolyElement, int]) -> PolyElement:
        result = x.numerator
        for factor, power in powers.items():
            for _ in range(power - x.denominator.get(factor, 0)):
                result = self.product(result, factor)
        return result

    def power(self, x: Quotient, exponent: int) -> Quotient:
        if exponent < 0:
            return self.power(self.inverse(x), -exponent)
        result = self.one
        for _ in range(exponent):
            result = self.multiply(result, x)
        return result

    def inverse(self, x: Quotient) -> Quotient:
        """1/x; raises ZeroDivisionError where x is zero."""
        if not x.numerator:
            raise ZeroDivisionError("a denominator is identically zero")
        content, found = self.factors(x.numerator)
        for factor in found:
            self.remember(factor)
        top = self.ring.ground_new(1 / content)
        for factor, power in x.denominator.items():
            for _ in range(power):
                top = self.product(top, factor)
        return self._made(top, found)

    def _made(self, top: PolyElement, powers: dict[PolyElement, int]) -> Quotient:
        """Cancel what divides, and write w^q below the line as R."""
        if not top:
            return Quotient(top)
        for index, (order, radicand) in sorted(self.roots.items(), reverse=True):
            generator = self.ring.gens[index]
            times, left = divmod(powers.get(generator, 0), order)
            if times:
                powers[generator] = left
                content, found = self.factors(radicand)
                top = top * (1 / content) ** times
                for factor, power in found.items():
                    powers[factor] = powers.get(factor, 0) + power * times
        for factor in list(powers):
            while powers[factor] and (shorter := self.exact_quotient(top, factor)) is not None:
                top, powers[factor] = shorter, powers[factor] - 1
        return Quotient(top, {f: k for f, k in powers.items() if k})
