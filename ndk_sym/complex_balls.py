"""Complex balls, for integrands: functions that are analytic wherever they are finite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from ndk_sym.evaluation import Arithmetic, Balls

__all__ = ["ComplexBalls", "integral"]


class ComplexBalls(Arithmetic):
    """Complex balls (Acb). Without functions that have branch cuts, the square root apart.

    Attributes
    ----------
    analytic : bool
        Whether a square root near its cut is to be no number, as `acb.integral` asks at times.
    """

    def __init__(self) -> None:
        from flint import acb

        self._acb, self._real, self.analytic = acb, Balls(), False
        self.functions = {
            sp.exp: acb.exp, sp.sin: acb.sin, sp.cos: acb.cos, sp.sinh: acb.sinh, sp.cosh: acb.cosh,
            sp.tanh: acb.tanh, sp.erf: acb.erf, sp.erfc: acb.erfc,
        }  # fmt: skip

    def rational(self, value: sp.Rational) -> Any:
        return self._acb(self._real.rational(value))

    def constant(self, value: sp.NumberSymbol) -> Any:
        return self._acb(self._real.constant(value))

    def power(self, base: Any, exponent: Any, *, rational: sp.Rational | None) -> Any:
        if rational is not None and rational.q == 1:
            return base ** int(rational.p)
        if rational is not None and rational.q == 2:
            return base.sqrt(analytic=self.analytic) ** int(rational.p)
        return (exponent * base.log(analytic=self.analytic)).exp()

    def is_finite_real(self, value: Any) -> bool:
        return bool(value.is_finite() and value.imag.contains(0))


def integral(function: Callable[[Any, bool], Any], start: Any, end: Any, *, bits: int) -> Any:
    """Return ∫ f(x) dx as a real ball, with an absolute error near 2^−bits if that is possible.

    Parameters
    ----------
    function : callable
        (x, analytic) → f(x) on complex balls.
    start, end : ball or number
    bits : int
        Of the error aimed at; what is returned is rigorous however large it is.
    """
    from flint import acb, arb

    goal = arb(2) ** -bits
    return acb.integral(function, start, end, rel_tol=goal, abs_tol=goal).real
