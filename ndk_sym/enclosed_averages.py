"""The defining Gaussian averages, enclosed: integrals with rigorous errors, that know no closed form.

φ(z) = A zⁿ for z > 0 and B |z|ⁿ for z < 0: in polar coordinates the radius gives n! 2ⁿ, and what is left is one
integral over the angle, over the four pieces on which φ(z₁) φ(z₂) is analytic. Other φ without kinks: a double sum with
a bound of its error (`ndk_sym.trapezoid`). On c² = ab, and for means, one integral. All single integrals are those of
Arb (`acb.integral`), which encloses them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import factorial, prod
from typing import Any

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.activations import Activation
from ndk_sym.balls import StableBalls
from ndk_sym.complex_balls import ComplexBalls, integral
from ndk_sym.evaluation import Balls, CannotEvaluate
from ndk_sym.growth import growth, radius, tail
from ndk_sym.tape import Tape
from ndk_sym.trapezoid import trapezoidal_average

__all__ = ["Enclosed", "EnclosedAverages"]

_DIGITS = 0.301  # decimal digits of a bit
Sides = tuple[Any, Any]


@dataclass(frozen=True)
class Enclosed:
    """What is enclosed: in words, and by (point, bits) → (the integral, what it is claimed to be).

    The second is None where that is the textbook form at the point.
    """

    label: str
    sides: Callable[[tuple[float, ...], int], Sides]


class EnclosedAverages:
    """Enclosures of the averages of an activation, with the arguments of its generated code.

    Parameters
    ----------
    act : Activation
    parameters : tuple of sympy.Symbol
        Those of its parameters that are arguments.
    """

    def __init__(self, act: Activation, parameters: tuple[sp.Symbol, ...]) -> None:
        self.act, self.parameters = act, parameters

    @cached_property
    def _phi(self) -> _Halves:
        return _Halves(self.act.phi, self.parameters, kinked=bool(self.act.kinks))

    @cached_property
    def _slope(self) -> _Halves:
        return _Halves(self.act.phi_derivative, self.parameters, kinked=bool(self.act.kinks))

    def dual(self) -> Enclosed:
        """⟨φ(z₁) φ(z₂)⟩."""
        return Enclosed(self._phi.label, lambda point, bits: (self._phi.pair(point, bits), None))

    def dual_derivative(self) -> Enclosed:
        """⟨φ′(z₁) φ′(z₂)⟩; where φ jumps, the change of F by which Ḟ is defined."""
        if self.act.jumps:
            return Enclosed("∫ Ḟ dc from c/2 to c", self._change)
        return Enclosed(self._slope.label, lambda point, bits: (self._slope.pair(point, bits), None))

    def norm(self) -> Enclosed:
        """⟨φ(z)²⟩."""
        return Enclosed("one integral", lambda p, bits: (self._phi.pair((p[0], p[0], *p), bits), None))

    def mean(self) -> Enclosed:
        """⟨φ(z)⟩."""
        return Enclosed("one integral", lambda point, bits: (self._phi.mean(point[0], point[1:], bits), None))

    def carried_dual(self) -> Enclosed:
        """⟨φ(z₁) φ(z₂)⟩ at (c, root)."""
        return Enclosed(self._phi.label, lambda point, bits: (self._phi.polar(point, bits), None))

    def carried_derivative(self) -> Enclosed:
        """⟨φ′(z₁) φ′(z₂)⟩ at (c, root)."""
        if not self.act.jumps:
            return Enclosed(self._slope.label, lambda point, bits: (self._slope.polar(point, bits), None))
        from flint import arb

        def change(point: tuple[float, ...], bits: int) -> Sides:
            with Balls.precision(1000):  # in these bits the determinant is root² again
                whole = (arb(point[0]) ** 2 + arb(point[1]) ** 2).sqrt()
            return self._change((whole, point[0], whole, *point[2:]), bits)

        return Enclosed("∫ Ḟ dc from c/2 to c", change)

    def following(self) -> Enclosed:
        """√(⟨φ(z₁)²⟩ ⟨φ(z₂)²⟩ − ⟨φ(z₁) φ(z₂)⟩²) at (c, root); where that is zero, the equality of both products."""
        from flint import arb

        def sides(point: tuple[float, ...], bits: int) -> Sides:
            with Balls.precision(bits + 20):
                whole = (arb(point[0]) ** 2 + arb(point[1]) ** 2).sqrt()
                gain = self._phi.polar((whole, 0.0, *point[2:]), bits)
                value = self._phi.polar(point, bits)
                square = gain * gain - value * value  # a power of a ball around zero would be no number
                vanishes = point[1] == 0 and square.contains(0)
                return (abs(value), gain) if vanishes else (square.sqrt(), None)

        return Enclosed(self._phi.label, sides)

    @cached_property
    def _textbook_slope(self) -> tuple[Tape, ComplexBalls]:
        arithmetic, arguments = ComplexBalls(), (nt.a, nt.c, nt.b, *self.parameters)
        return Tape(arguments, self.act.dual_derivative(nt.a, nt.c, nt.b), arithmetic), arithmetic

    def _change(self, point: tuple[float, ...], bits: int) -> Sides:
        from flint import acb, arb

        (a, c, b), values = point[:3], point[3:]
        late, early = (self._phi.pair((a, x, b, *values), bits) for x in (c, c / 2))
        tape, arithmetic = self._textbook_slope
        rest = [acb(x) for x in values]

        def slope(x: Any, analytic: bool) -> Any:
            arithmetic.analytic = analytic
            return tape(acb(a), x, acb(b), *rest)

        with Balls.precision(bits + 20):
            return late - early, integral(slope, arb(c) / 2, arb(c), bits=bits)


class _Halves:
    """A function of z that is analytic on each side of 0, or everywhere."""

    def __init__(self, phi: Callable[[sp.Expr], sp.Expr], parameters: tuple[sp.Symbol, ...], *, kinked: bool) -> None:
        self.parameters, self.kinked = parameters, kinked
        self.z = z = sp.Dummy("z", positive=True)
        self.above, self.below = sp.sympify(phi(z)), sp.sympify(phi(-z))  # of |z|
        if not kinked and sp.expand(self.above.xreplace({z: -z}) - self.below) != 0:
            raise CannotEvaluate("a kink that is not declared")
        arithmetic = ComplexBalls()
        self._tapes = {1: Tape((z, *parameters), self.above, arithmetic)}
        self._tapes[-1] = Tape((z, *parameters), self.below, arithmetic)

    @cached_property
    def _real(self) -> Tape:
        return Tape((self.z, *self.parameters), self.above, StableBalls())

    @cached_property
    def monomials(self) -> tuple[int, dict[int, Tape]] | None:
        """The degree n and the coefficients A, B of zⁿ and |z|ⁿ, if that is what it is."""
        found = {sign: half.as_coeff_exponent(self.z) for sign, half in ((1, self.above), (-1, self.below))}
        powers = {power for coefficient, power in found.values() if coefficient != 0}
        if len(powers) != 1 or any(coefficient.has(self.z) for coefficient, _ in found.values()):
            return None
        (power,) = powers
        if not (power.is_Integer and power >= 0):
            return None
        return int(power), {s: Tape(self.parameters, k, ComplexBalls()) for s, (k, _) in found.items()}

    @property
    def label(self) -> str:
        """What is enclosed of two variables."""
        if self.monomials:
            return "angular integral"
        if self.kinked:
            raise CannotEvaluate("a kink, and a function that is no power on each side of it")
        return "double sum"

    def pair(self, point: tuple[float, ...], bits: int) -> Any:
        """⟨φ(z₁) φ(z₂)⟩ at (a, c, b, *parameters)."""
        from flint import arb

        (a, c, b), values = point[:3], point[3:]
        with Balls.precision(bits + 20):
            exact_a, exact_c, exact_b = arb(a), arb(c), arb(b)
            with Balls.precision(1000):  # products of moderate floats are exact
                determinant = exact_a * exact_b - exact_c**2
            roots = exact_a.sqrt(), exact_b.sqrt()
            if determinant.is_zero():
                second = (1 if c > 0 else -1), roots[1]
                return self._line((self, self), ((1, roots[0]), second), values, bits)
            if self.monomials:
                return self._angular(roots, arb.atan2(determinant.sqrt(), exact_c), values, bits)
            return self._plane(roots, exact_c, determinant, values, bits)

    def polar(self, point: tuple[Any, ...], bits: int) -> Any:
        """The same at (c, root, *parameters), for both variances equal to √(c² + root²)."""
        from flint import arb

        (c, root), values = point[:2], point[2:]
        with Balls.precision(bits + 20):
            side = (arb(c) ** 2 + arb(root) ** 2).sqrt().sqrt()
            if root == 0:
                return self._line((self, self), ((1, side), (1 if c > 0 else -1, side)), values, bits)
            if not self.monomials:
                raise CannotEvaluate("F depends on more than c and root")
            return self._angular((side, side), arb.atan2(arb(root), arb(c)), values, bits)

    def mean(self, a: float, values: tuple[float, ...], bits: int) -> Any:
        """⟨φ(z)⟩."""
        from flint import arb

        with Balls.precision(bits + 20):
            return self._line((self,), ((1, arb(a).sqrt()),), values, bits)

    def _side(self, sign: int, values: tuple[float, ...]) -> Callable[[Any], Any]:
        """φ on one side of 0, as a function of |z|."""
        from flint import acb

        tape, rest = self._tapes[sign], [acb(x) for x in values]
        return lambda z: tape(z, *rest)

    def _bounds(self, values: tuple[float, ...], roots: tuple[Any, ...], width: float = 0.0) -> tuple[float, float]:
        """C² or C, and K = k Σ √a, of `growth` on strips of this width in units of the greatest √a."""
        exact = {p: sp.Rational(*x.as_integer_ratio()) for p, x in zip(self.parameters, values, strict=True)}
        scales = [float(root) * (1 + 1e-6) for root in roots]
        halves = [growth(half.xreplace(exact), self.z, width * max(scales)) for half in (self.above, self.below)]
        bound, rate = (max(pair) for pair in zip(*halves, strict=True))
        return prod(max(bound, 1.0) for _ in roots), rate * sum(scales)

    def _line(
        self, factors: tuple[_Halves, ...], scales: tuple[tuple[int, Any], ...], values: tuple[float, ...], bits: int
    ) -> Any:
        """⟨∏ φ(±√a x)⟩ for x ~ N(0, 1), the two half lines apart."""
        from flint import arb

        bounds = self._bounds(values, tuple(root for _, root in scales))
        reach = radius(*bounds, _DIGITS * bits)
        total = arb(0, tail(*bounds, reach))
        for side in (1, -1):
            parts = [(f._side(side * sign, values), root) for f, (sign, root) in zip(factors, scales, strict=True)]

            def integrand(x: Any, _: bool, parts: list[Any] = parts) -> Any:
                value = (-x * x / 2).exp()
                for part, root in parts:
                    value *= part(root * x)
                return value

            total += integral(integrand, 0, reach, bits=bits) / (2 * arb.pi()).sqrt()
        return total

    def _angular(self, roots: tuple[Any, Any], theta: Any, values: tuple[float, ...], bits: int) -> Any:
        """(2ⁿ n!/2π) (ab)^{n/2} ∫ φ(cos α) φ(cos(α − θ)) dα."""
        from flint import acb, arb

        if self.monomials is None:
            raise CannotEvaluate("not a power on each side of 0")
        power, tapes = self.monomials
        coefficient = {sign: tape(*map(acb, values)).real for sign, tape in tapes.items()}
        half, total = arb.pi() / 2, arb(0)
        pieces = (
            (-half, theta - half, 1, -1), (theta - half, half, 1, 1),
            (half, theta + half, -1, 1), (theta + half, 3 * half, -1, -1),
        )  # fmt: skip
        for start, end, first, second in pieces:
            weight = coefficient[first] * coefficient[second] * (first * second) ** power
            if not weight.is_zero():

                def integrand(x: Any, _: bool) -> Any:
                    return (x.cos() * (x - theta).cos()) ** power

                total += weight * integral(integrand, start, end, bits=bits)
        return total * (roots[0] * roots[1]) ** power * 2**power * factorial(power) / (2 * arb.pi())

    def _plane(self, roots: tuple[Any, Any], c: Any, determinant: Any, values: tuple[float, ...], bits: int) -> Any:
        from flint import arb

        if self.kinked:
            raise CannotEvaluate("a kink, and a function that is no power on each side of it")
        rest = [arb(x) for x in values]

        def phi(z: Any) -> Any:
            return self._real(z, *rest)  # without kinks, one side is φ itself

        scales = (roots[0], c / roots[0], determinant.sqrt() / roots[0])
        return trapezoidal_average(phi, scales, lambda width: self._bounds(values, roots, width), _DIGITS * bits)
