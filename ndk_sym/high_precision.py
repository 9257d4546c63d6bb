"""A program's value to any number of digits, and what its arguments may be.

The stable form is evaluated with mpmath at growing precision until two successive values agree to the digits
asked for, so cancellation costs time and not digits. Determinants of arguments are formed exactly: at the
edges, such as k_xy = k_xx = k_yy, nothing is lost and exact zeros are exact.
"""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

import mpmath
import sympy as sp

from ndk_sym.errors import InputError
from ndk_sym.printers import mpmath_source
from ndk_sym.program import Program
from ndk_sym.stable import ArcWedge, RootDet

__all__ = ["Evaluator", "check_domain", "exact_number", "exact_values"]

MAX_DIGITS = 10_000
_GUARD = 15  # digits carried beyond those asked for
_DOUBLINGS = 7  # 2⁷ times the digits asked for: beyond any cancellation of these kernels
_LARGEST_EXPONENT = 10**300
_ROUNDING = sp.Rational(1, 10**15)  # how far rounding to float64 may push a covariance beyond its bound

_POSITIVE = {"sigma2", "sigma02", "m_tt", "m_ss"}
_SIGNED = {"k_xy"}
_AT_MOST_ONE = {"decay"}
_BOUNDED = (("k_xy", "k_xx", "k_yy"), ("m_ts", "m_tt", "m_ss"))


def exact_number(name: str, value: Any) -> sp.Expr:
    """Return `value` as an exact SymPy number.

    Parameters
    ----------
    name : str
        What the value is called, for the message.
    value : number or decimal string
        Python, NumPy, mpmath or SymPy numbers, `Fraction`, `Decimal`, or a string such as ``"0.1"`` or
        ``"1/3"``. A float means exactly the binary number it is.

    Raises
    ------
    InputError
        If it is not a finite real number.
    """
    wrong = InputError(
        f"{name} = {value!r} is not a finite real number; give a number or a decimal string such as '0.25'"
    )
    if isinstance(value, bool) or type(value).__name__ == "bool":
        raise wrong
    if isinstance(value, sp.Float):
        value = mpmath.mpf(value) if value.is_finite else math.nan
    if isinstance(value, sp.Expr):
        if value.is_number and value.is_real and value.is_finite:
            return value
        raise wrong
    try:
        return sp.Rational(*_ratio(value))
    except (ValueError, TypeError, OverflowError, ZeroDivisionError, AttributeError):
        raise wrong from None


def _ratio(value: Any) -> tuple[int, int]:
    if isinstance(value, mpmath.mpf):
        sign, mantissa, exponent, _ = value._mpf_
        if not mantissa and exponent:  # mpmath's inf and nan
            raise ValueError
        ratio = Fraction(-mantissa if sign else mantissa) * Fraction(2) ** exponent
    elif isinstance(value, str | Decimal):
        ratio = Fraction(value)
    elif isinstance(value, numbers.Rational):
        ratio = Fraction(int(value.numerator), int(value.denominator))
    else:
        # NumPy's float64 and float32 convert exactly; arrays and everything else fail here
        if not isinstance(value, numbers.Real):
            raise TypeError
        ratio = Fraction(float(value))
    return ratio.numerator, ratio.denominator


def exact_values(args: tuple[sp.Symbol, ...], values: Mapping[Any, Any]) -> dict[str, sp.Expr]:
    """Return the values of `args` as exact numbers keyed by name.

    Raises
    ------
    InputError
        If `values` is not a mapping, lacks an argument, names one that does not exist, or holds something
        that is not a finite real number.
    """
    names = [arg.name for arg in args]
    listed = ", ".join(names)
    if not isinstance(values, Mapping):
        raise InputError(f"values is a {type(values).__name__}; give a mapping with the keys {listed}")
    given = {str(key): value for key, value in values.items()}
    unknown = [name for name in given if name not in names]
    if unknown:
        raise InputError(f"{unknown[0]!r} is not an argument of this closed form; its arguments are {listed}")
    missing = [name for name in names if name not in given]
    if missing:
        raise InputError(f"the value of {missing[0]} is missing; this closed form needs {listed}")
    return {name: exact_number(name, given[name]) for name in names}


def check_domain(values: Mapping[str, sp.Expr]) -> None:
    """Check that values lie where the kernels are defined.

    A covariance may exceed its bound by a float's rounding.

    Raises
    ------
    InputError
        Naming the value and what is allowed.
    """
    for name, value in values.items():
        if name in _POSITIVE and not value > 0:
            raise InputError(f"{name} = {sp.N(value, 17)} is not allowed: it is a variance and must be positive")
        if name not in _SIGNED and not value >= 0:
            raise InputError(f"{name} = {sp.N(value, 17)} is not allowed: it must be zero or positive")
        if name in _AT_MOST_ONE and not value <= 1:
            raise InputError(f"{name} = {sp.N(value, 17)} is not allowed: it must lie between 0 and 1")
    for cross, first, second in _BOUNDED:
        if not {cross, first, second} <= values.keys():
            continue
        bound = values[first] * values[second]
        if values[cross] ** 2 > bound * (1 + 2 * _ROUNDING):
            raise InputError(
                f"{cross} = {sp.N(values[cross], 17)} is not allowed with {first} = {sp.N(values[first], 17)}"
                f" and {second} = {sp.N(values[second], 17)}: its magnitude must be at most their geometric "
                f"mean, {sp.N(sp.sqrt(bound), 17)}"
            )


def _root_det(a: Any, c: Any, b: Any) -> Any:
    # products of mpf numbers are exact here, so that equal numbers give exactly zero
    product = mpmath.fsub(mpmath.fmul(a, b, exact=True), mpmath.fmul(c, c, exact=True))
    return mpmath.sqrt(max(product, mpmath.mpf(0)))


def _angle(y: Any, x: Any) -> Any:
    return mpmath.pi / 2 if y == 0 and x == 0 else mpmath.atan2(y, x)


def _wedge(s: Any, x: Any) -> Any:
    return s - x * mpmath.atan2(s, x)


def _arc_wedge(n: int, s: Any, x: Any) -> Any:
    """rⁿ J_n(π − ψ)/(2π) by its definition; what cancels is settled by more digits."""
    return arc_wedge_definition(n)(s, x) if s else mpmath.mpf(0)


@cache
def arc_wedge_definition(n: int) -> Callable[[Any, Any], Any]:
    """Return the definition of `ArcWedge` at degree n as a function of mpmath numbers s > 0 and x ≥ 0."""
    s, x = sp.symbols("s x", nonnegative=True)  # for positive x SymPy would write arctan(s/x), which has no x = 0
    return sp.lambdify((s, x), ArcWedge.definition(sp.Integer(n), s, x), "mpmath")


def _spread(a: Any, c: Any, b: Any) -> Any:
    return a + b - 2 * c


def _sagitta(s: Any, x: Any, r: Any) -> Any:
    return s * s / (r + x) if s else mpmath.mpf(0)


def _crescent(psi: Any) -> Any:
    return mpmath.sin(psi) - psi * mpmath.cos(psi)


def _bounded(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """An exponential, where its value can be written down: e^(e^(e^1000)) would take all memory and never end."""

    def value(x: Any) -> Any:
        if abs(x) > _LARGEST_EXPONENT:
            raise OverflowError("the value is beyond exp(10^300)")
        return function(x)

    return value


_ROUTINES: dict[str, Any] = {
    "root_det": _root_det, "angle": _angle, "turn": lambda a, c, b: _angle(_root_det(a, c, b), c),
    "elevation": mpmath.atan2, "sagitta": _sagitta, "crescent": _crescent,
    "wedge": _wedge, "arc_wedge": _arc_wedge, "spread": _spread,
    "quotient": operator.truediv,
    **{name: _bounded(getattr(mpmath, name)) for name in ("exp", "expm1", "sinh", "cosh")},
}  # fmt: skip


@dataclass(frozen=True)
class Evaluator:
    """Evaluates one program, compiled on first use.

    Parameters
    ----------
    program : Program
        Normally in the stable form.
    """

    program: Program

    @cached_property
    def _roots(self) -> dict[sp.Symbol, RootDet]:
        """Determinants of arguments alone, each standing for a symbol that is computed exactly."""
        args = set(self.program.args)
        atoms: set[sp.Expr] = set()
        for expr in (*(expr for _, expr in self.program.steps), self.program.result):
            atoms |= {root for root in expr.atoms(RootDet) if set(root.args) <= args}
        found = sorted(atoms, key=sp.default_sort_key)
        return {sp.Symbol(f"exact_root{k}", nonnegative=True): root for k, root in enumerate(found)}

    @cached_property
    def _function(self) -> Callable[..., Any]:
        symbols = {root: symbol for symbol, root in self._roots.items()}
        program = self.program.rewritten(lambda expr: expr.xreplace(symbols), extra=tuple(self._roots))
        namespace = {**vars(mpmath), **_ROUTINES}
        exec(compile(mpmath_source(program, "value"), "<closed form, mpmath>", "exec"), namespace)
        return namespace["value"]

    def at(self, values: Mapping[str, sp.Expr], digits: int) -> Any:
        """Return the value computed with `digits` decimal digits, rounding errors included."""
        with mpmath.workdps(digits):
            points = [_rounded(values[arg.name]) for arg in self.program.args]
            at = {arg: values[arg.name] for arg in self.program.args}
            points += [_exact_root(root.xreplace(at).args) for root in self._roots.values()]
            return +mpmath.mpmathify(self._function(*points))

    def value(self, values: Mapping[str, sp.Expr], digits: int) -> Any:
        """Return the value to `digits` significant digits, as an mpmath number.

        Raises
        ------
        ArithmeticError
            If no precision up to 128 times `digits` settles it.
        OverflowError
            If an exponential of more than 10^300 is met on the way.
        """
        working = digits + _GUARD
        previous = self.at(values, working)
        for _ in range(_DOUBLINGS):
            working *= 2
            current = self.at(values, working)
            with mpmath.workdps(working):
                if abs(current - previous) <= mpmath.mpf(10) ** (-digits - 3) * abs(current):
                    return current
            previous = current
        raise ArithmeticError(f"{digits} digits were not reached with {working}: the value seems to vanish")


def _rounded(value: sp.Expr) -> Any:
    if value.is_Rational:
        return mpmath.mpf(int(value.p)) / mpmath.mpf(int(value.q))
    return mpmath.mpf(sp.N(value, mpmath.mp.dps + 5))


def _exact_root(args: tuple[sp.Expr, ...]) -> Any:
    a, c, b = args
    determinant = sp.simplify(a * b - c**2)
    return mpmath.sqrt(_rounded(determinant)) if determinant > 0 else mpmath.mpf(0)
