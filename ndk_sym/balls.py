"""Rigorous values of stable forms at given floats: enclosures whose precision grows until they are sharp.

A float is a dyadic number, so that sums and products of floats are exact balls once there are enough bits, ab − c² is
zero only where it is zero, and a branch is chosen by what the numbers are. Rounding may have put c just outside
c² ≤ ab: the value there is that of c = ±√(ab), where √(ab − c²) is exactly zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import sympy as sp

from ndk_sym.evaluation import Balls, CannotEvaluate
from ndk_sym.stable import Angle, ArcWedge, Elevation, Expm1, Quotient, RootDet, Sagitta, Turn
from ndk_sym.tape import Tape

__all__ = ["SHARP", "Enclosure", "StableBalls"]

SHARP = 75  # bits of relative accuracy asked for: 22 more than a float has
NEGLIGIBLE = 1e-300  # what is enclosed within this need not be sharp: floats there have lost digits
_FEWEST, _MOST = 128, 1 << 14
_EXPONENTS = 1 << 14  # of numbers whose determinant is formed exactly


class StableBalls(Balls):
    """Real balls, with the opaque functions and their conventions at the edges of the domain."""

    def __init__(self) -> None:
        super().__init__()
        arb = self._arb
        self.functions = {
            **self.functions, sp.sign: arb.sgn, Expm1: arb.expm1, Angle: _angle, Quotient: _quotient,
            RootDet: _root_det, Turn: _turn, ArcWedge: self._arc_wedge, Elevation: _elevation, Sagitta: _sagitta,
        }  # fmt: skip
        self._arc_wedges: dict[int, Tape] = {}

    def _arc_wedge(self, n: Any, s: Any, x: Any) -> Any:
        if s.is_zero():
            return s
        degree = int(n.unique_fmpz())
        if degree not in self._arc_wedges:
            symbols = sp.symbols("s x", nonnegative=True)  # for positive x SymPy would write arctan(s/x)
            definition = ArcWedge.definition(sp.Integer(degree), *symbols)
            self._arc_wedges[degree] = Tape(symbols, definition, self)
        return self._arc_wedges[degree](s, x)


def _angle(y: Any, x: Any) -> Any:
    return y.pi() / 2 if y.is_zero() and x.is_zero() else type(y).atan2(y, x)


def _turn(a: Any, c: Any, b: Any) -> Any:
    return _angle(_root_det(a, c, b), c)


def _elevation(y: Any, x: Any) -> Any:
    return y if y.is_zero() and x.is_zero() else type(y).atan2(y, x)


def _sagitta(s: Any, x: Any, r: Any) -> Any:
    return s if s.is_zero() else s * s / (r + x)


def _quotient(x: Any, y: Any) -> Any:
    if y.is_zero():
        raise ZeroDivisionError("the divisor is exactly zero")
    return x / y


def _root_det(a: Any, c: Any, b: Any) -> Any:
    determinant = a * b - c * c
    if determinant.contains(0) and a.is_exact() and b.is_exact() and c.is_exact():
        determinant = _exact_determinant(a, c, b, determinant)
    # in the domain it is not negative: what is below zero in the ball is rounding
    return determinant.nonnegative_part().sqrt()


def _exact_determinant(a: Any, c: Any, b: Any, otherwise: Any) -> Any:
    from flint import arb

    (a, a_power), (c, c_power), (b, b_power) = (x.man_exp() for x in (a, c, b))
    ab_power, cc_power = int(a_power + b_power), int(2 * c_power)
    low = min(ab_power, cc_power)
    if abs(ab_power - cc_power) > _EXPONENTS:
        return otherwise
    whole = a * b * 2 ** (ab_power - low) - c * c * 2 ** (cc_power - low)
    return arb(whole) * arb(2) ** low


class Enclosure:
    """A stable or textbook form as a function of floats, with rigorous values.

    Parameters
    ----------
    arguments : sequence of sympy.Symbol
        Where the first three are a, c, b, a c beyond ±√(ab) is taken to be there.
    expr : sympy.Expr
        An explicit expression in them.
    clipped : bool
        Whether to do that.
    by_algebra : bool
        Whether c = ±√a √b is put in by algebra, there and where c² = ab: in a textbook form, c/√(ab) is then ±1.

    Raises
    ------
    CannotEvaluate
        If a function in it is not known.
    """

    def __init__(
        self, arguments: Sequence[sp.Symbol], expr: sp.Expr, *, clipped: bool = True, by_algebra: bool = False
    ) -> None:
        self._arguments, self._expr = tuple(arguments), sp.sympify(expr)
        self._arithmetic = StableBalls()
        self._inside = Tape(self._arguments, self._expr, self._arithmetic)
        self._by_algebra = by_algebra
        self._carried = tuple(symbol.name for symbol in self._arguments[:2]) == ("c", "root")
        self._clipped = clipped and tuple(symbol.name for symbol in self._arguments[:3]) == ("a", "c", "b")

    @cached_property
    def _edges(self) -> dict[int, Tape]:
        """The form at c = ±√(ab), by the sign: √(ab) and the roots that vanish there are arguments of their own."""
        root, zero = sp.Dummy("edge", positive=True), sp.Dummy("zero", nonnegative=True)
        a, c, b = self._arguments[:3] if self._clipped else 3 * (sp.S.NaN,)

        def vanishes(node: sp.Basic) -> bool:
            if not isinstance(node, RootDet | Turn):
                return False
            x, y, z = node.args
            return sp.expand((x * z - y**2).subs(root, sp.sqrt(a * b))) == 0

        def at(sign: int) -> Tape:
            if self._carried:
                moved = self._expr.xreplace({self._arguments[0]: sign * root, self._arguments[1]: sp.Integer(0)})
                return Tape((*self._arguments, root), moved, self._arithmetic)
            if self._by_algebra:
                moved = self._expr.xreplace({c: sign * sp.sqrt(a) * sp.sqrt(b)})
                return Tape(self._arguments, moved, self._arithmetic)
            moved = self._expr.xreplace({c: sign * root}).replace(
                vanishes, lambda node: Angle(zero, node.args[1]) if isinstance(node, Turn) else zero
            )
            return Tape((*self._arguments, root, zero), moved, self._arithmetic)

        return {sign: at(sign) for sign in (1, -1)}

    def at(self, point: Sequence[Any], bits: int) -> Any:
        """Return the enclosure that so many bits give; it may be infinite, or not a number.

        Raises
        ------
        ZeroDivisionError
            At a pole.
        """
        from flint import arb

        values = [x if isinstance(x, arb) else arb(x) for x in point]
        with Balls.precision(bits):
            if self._carried and self._by_algebra and point[1] == 0 and point[0]:
                return self._edges[1 if point[0] > 0 else -1](*values, abs(values[0]))
            excess = _excess(*point[:3]) if self._clipped else -1
            if self._by_algebra and excess >= 0 and point[1]:
                return self._edges[1 if point[1] > 0 else -1](*values)
            if excess > 0:
                edge = (values[0] * values[2]).sqrt()
                return self._edges[1 if point[1] > 0 else -1](*values, edge, arb(0))
            return self._inside(*values)

    def __call__(self, *point: float) -> Any:
        """Return an enclosure with 75 correct bits, an exact zero, or one of something below 1e-300.

        Raises
        ------
        ZeroDivisionError
            At a pole.
        CannotEvaluate
            If 16384 bits do not suffice.
        """
        bits = _FEWEST
        while bits <= _MOST:
            value = self.at(point, bits)
            if value.is_finite() and (
                value.is_zero() or value.rel_accuracy_bits() >= SHARP or value.abs_upper() < NEGLIGIBLE
            ):
                return value
            bits *= 2
        raise CannotEvaluate(f"{_MOST} bits do not enclose {self._expr} sharply at {point}")


def _excess(a: float, c: float, b: float) -> int:
    """A number with the sign of c² − ab, exactly."""
    (a_up, a_down), (c_up, c_down), (b_up, b_down) = (x.as_integer_ratio() for x in (a, c, b))
    return c_up * c_up * a_down * b_down - a_up * b_up * c_down * c_down
