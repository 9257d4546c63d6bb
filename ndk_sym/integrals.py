"""Integrals in statements: proved by an antiderivative, refuted by quadrature, or known to digits by it.

SymPy's own `integrate` is not believed. A derivation names an antiderivative G of the integrand; that G′ is the
integrand, and that G at the ends gives the claim, are two identities which the exact zero test decides. Quadrature at
sample points comes first: it finds a wrong claim, and an antiderivative that jumps between the ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sympy as sp
from mpmath import mp

from ndk_sym.evaluation import CannotEvaluate
from ndk_sym.prove import identity
from ndk_sym.stable import exact
from ndk_sym.statement import Context, Domain, Evidence, Statement, Status, unfolded

__all__ = ["Antiderivative", "Quadrature"]

_GUARD = 15
_DEGREE = 10  # levels of the double-exponential rule
_NO_VALUE = (sp.nan, sp.zoo, sp.oo, sp.AccumBounds)
Point = dict[sp.Symbol, sp.Rational]


@dataclass(frozen=True)
class Quadrature:
    """Checks a statement that contains integrals over one variable each, by quadrature at sample points.

    Parameters
    ----------
    digits : int
        Digits to which the sides must agree; fewer than for closed forms, since every point costs an integration.
    points : int
        How many points of the domain are sampled.
    """

    digits: int = 30
    points: int = 3

    def __call__(self, statement: Statement, context: Context) -> Evidence:
        """Decide `statement`: "numeric", "false" with a witness, or "unknown"."""
        digits = min(self.digits, context.digits)
        sides = [unfolded(side, statement.domain.functions) for side in statement.explicit()]
        free = sides[0].free_symbols | sides[1].free_symbols
        places = statement.domain.points(free, count=self.points, seed=statement.id)
        if len(places) < self.points:
            return Evidence(Status.UNKNOWN, None, "quadrature", "too few sample points satisfy the domain's conditions")
        worst = mp.zero
        for place in places:
            try:
                with mp.workdps(digits + _GUARD):
                    lhs, rhs = (_value(side, place, digits) for side in sides)
                    gap, size = abs(lhs - rhs), max(abs(lhs), abs(rhs))
                    gap = gap / size if size else gap
                    if gap > mp.mpf(10) ** -digits:
                        return _refuted(place, float(gap), digits)
                    worst = max(worst, gap)
            except CannotEvaluate as error:
                return Evidence(Status.UNKNOWN, None, "quadrature", f"no value at a sample point: {error}")
        return Evidence(Status.NUMERIC, 10.0**-digits, "quadrature", _agreement(digits, len(places)))


@dataclass(frozen=True)
class Antiderivative:
    """Checks ∫_α^β f dx = … by the fundamental theorem, from an antiderivative of f.

    The left side of the statement holds one integral over one variable.

    Parameters
    ----------
    primitive : sympy.Expr
        G with ∂G/∂x = f, continuous from α to β; the statement's rules are applied to it.
    digits : int
        Digits of the quadrature that tries to refute the claim.
    """

    primitive: sp.Expr
    digits: int = 20

    def __call__(self, statement: Statement, context: Context) -> Evidence:
        """Decide `statement`: as strong as the two identities."""
        sampled = Quadrature(self.digits, points=2)(statement, context)
        if not sampled.status.ok:
            return sampled
        lhs, rhs = statement.explicit()
        integrals = lhs.atoms(sp.Integral)
        if len(integrals) != 1 or len(next(iter(integrals)).limits) != 1:
            return _unknown("the left side must hold one integral, in one variable")
        (integral,) = integrals
        x, low, high = integral.limits[0]
        primitive = unfolded(self.primitive, statement.given)
        inside = _inside(statement.domain, x, low, high)
        slope = Statement(f"{statement.id}-slope", sp.diff(primitive, x), integral.function, domain=inside)
        first = identity(slope, digits=context.digits)
        if not first.status.ok:  # the quadrature agreed: the antiderivative is wrong, not the claim
            return replace(first, method="antiderivative", detail=f"its slope is not the integrand: {first.detail}")
        try:
            total = _at(primitive, x, high) - _at(primitive, x, low)
        except CannotEvaluate as error:
            return _unknown(str(error))
        ends = Statement(f"{statement.id}-ends", lhs.xreplace({integral: total}), rhs, domain=statement.domain)
        second = identity(ends, digits=context.digits)
        if not second.status.ok:
            return replace(second, method="antiderivative", detail=f"its values at the ends: {second.detail}")
        return Evidence(
            Status.weakest((first.status, second.status)),
            max(first.residual or 0.0, second.residual or 0.0),
            "antiderivative",
            f"G′ is the integrand ({first.detail}); G at the ends ({second.detail}); {sampled.detail}",
        )


def _unknown(why: str) -> Evidence:
    return Evidence(Status.UNKNOWN, None, "antiderivative", why)


def _inside(where: Domain, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Domain:
    """The domain with x between the ends of the integral."""
    conditions = [low < x] * low.is_finite + [x < high] * high.is_finite
    kept = tuple(c for c in conditions if c not in (True, sp.true))
    return replace(where, where=(*where.where, *kept))


def _at(primitive: sp.Expr, x: sp.Symbol, end: sp.Expr) -> sp.Expr:
    value = primitive.xreplace({x: end}) if end.is_finite else _faded(primitive, x, end)
    if value is None or value.has(*_NO_VALUE):
        value = sp.limit(primitive, x, end)
    if value.has(*_NO_VALUE, sp.Limit):
        raise CannotEvaluate(f"the antiderivative has no limit at {x} = {end}")
    return value


def _faded(primitive: sp.Expr, x: sp.Symbol, end: sp.Expr) -> sp.Expr | None:
    """The limit of a continuous function of e^{−rx} as x → ∞, by inserting 0; None if it is not one."""
    w = sp.Dummy("w", nonnegative=True)
    replaced: dict[sp.Expr, sp.Expr] = {}
    unit = None
    for power in primitive.atoms(sp.exp):
        rate = sp.diff(power.args[0], x)
        if rate == 0:
            continue
        unit = rate if unit is None else unit
        multiple = sp.cancel(rate / unit)
        if not (multiple.is_Rational and multiple > 0 and (rate * sp.sign(end)).is_negative):
            return None
        replaced[power] = sp.exp(power.args[0].xreplace({x: sp.Integer(0)})) * w**multiple
    faded = primitive.xreplace(replaced)
    if faded.has(x) or faded.has(sp.sign, sp.atan2, sp.Heaviside, sp.floor):
        return None
    return faded.xreplace({w: sp.Integer(0)})


def _value(side: sp.Expr, place: Point, digits: int) -> Any:
    """Value of an expression with integrals at a point, in the current precision."""
    # integrals whose limits or integrands hold no other integral first; nested ones are not supported
    known = {integral: sp.Dummy("integral") for integral in side.atoms(sp.Integral)}
    values = {known[integral]: _integral(integral, place, digits) for integral in known}
    value = _function(list(values), side.xreplace(known), place)(*values.values())
    if not mp.isfinite(value):  # no difference from it is large
        raise CannotEvaluate(f"a side has the value {mp.nstr(value, 5)}")
    return value


def _integral(integral: sp.Integral, place: Point, digits: int) -> Any:
    if len(integral.limits) != 1 or integral.function.has(sp.Integral):
        raise CannotEvaluate("only integrals over one variable are evaluated")
    x, low, high = integral.limits[0]
    ends = [
        mp.mpf(0) + _function([], end, place)() if end.is_finite else mp.inf * int(sp.sign(end)) for end in (low, high)
    ]
    value, error = mp.quad(_function([x], integral.function, place), ends, error=True, maxdegree=_DEGREE)
    if error > mp.mpf(10) ** -(digits + 2) * max(abs(value), mp.mpf(10) ** -digits):
        raise CannotEvaluate(f"the quadrature's error {mp.nstr(error, 2)} is too large")
    if not mp.isfinite(value) or mp.im(value):
        raise CannotEvaluate(f"the integral has the value {mp.nstr(value, 5)}")
    return value


def _function(variables: list[sp.Symbol], expr: sp.Expr, place: Point) -> Any:
    bound = set(variables)
    explicit = exact(expr).xreplace({symbol: value for symbol, value in place.items() if symbol not in bound})
    if explicit.free_symbols - bound or explicit.has(sp.core.function.AppliedUndef):
        raise CannotEvaluate(f"{explicit} has no value")
    return sp.lambdify(variables, explicit, "mpmath")


def _agreement(digits: int, points: int) -> str:
    return f"agree to {digits} digits with quadrature at {points} points"


def _refuted(place: Point, residual: float, digits: int) -> Evidence:
    witness = tuple((str(symbol), str(value)) for symbol, value in place.items())
    where = ", ".join(f"{symbol} = {float(value):.6g}" for symbol, value in place.items())
    how = f"quadrature to {digits} digits"
    return Evidence(Status.FALSE, residual, how, f"the sides differ by {residual:.3e} at {where}", witness)
