"""Opaque functions from which numerically stable forms are built.

SymPy's simplifiers turn a stable form back into the cancelling textbook one. Each function here stays opaque until
it is printed: `definition` gives its exact meaning, `runtime` names the NumPy routine of `ndk_sym.runtime` that
evaluates it to a few ulp.
"""

from __future__ import annotations

from typing import Any

import sympy as sp


class StableFunction(sp.Function):
    """A function with an exact meaning and a stable floating-point routine."""

    runtime: str

    @classmethod
    def definition(cls, *args: Any) -> sp.Expr:
        """Return the exact meaning as an ordinary SymPy expression."""
        raise NotImplementedError

    def _eval_evalf(self, prec: int) -> sp.Expr:
        return self.definition(*self.args)._eval_evalf(prec)

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        dummies = [sp.Dummy() for _ in self.args]
        slope = sp.diff(self.definition(*dummies), dummies[argindex - 1])
        return slope.xreplace(dict(zip(dummies, self.args, strict=True)))


class RootDet(StableFunction):
    """√(ab − c²), the square root of the determinant of [[a, c], [c, b]]; the difference is compensated."""

    nargs = 3
    runtime = "root_det"

    @classmethod
    def definition(cls, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return sp.sqrt(a * b - c**2)


class Hypot(StableFunction):
    """√(x² + y²) without overflow."""

    nargs = 2
    runtime = "hypot"

    @classmethod
    def definition(cls, x: sp.Expr, y: sp.Expr) -> sp.Expr:
        return sp.sqrt(x**2 + y**2)


class Angle(StableFunction):
    """The angle of the point (x, y), exact at both ends of [0, π]; `Angle(0, 0)` is π/2 by convention."""

    nargs = 2
    runtime = "angle"

    @classmethod
    def definition(cls, y: sp.Expr, x: sp.Expr) -> sp.Expr:
        return sp.atan2(y, x)


class Turn(StableFunction):
    """The angle of the point (c, √(ab − c²)), also where that root is smaller than all floats."""

    nargs = 3
    runtime = "turn"

    @classmethod
    def definition(cls, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return sp.atan2(sp.sqrt(a * b - c**2), c)


class Elevation(StableFunction):
    """The angle of the point (x, y) with x ≥ 0, in [−π/2, π/2]; `Elevation(0, 0)` is 0 by convention."""

    nargs = 2
    runtime = "elevation"

    @classmethod
    def definition(cls, y: sp.Expr, x: sp.Expr) -> sp.Expr:
        return sp.atan2(y, x)


class Sagitta(StableFunction):
    """r − x for r² = s² + x² with s, x ≥ 0, as s²/(r + x): r − x would cancel for s ≪ x. Zero at the origin."""

    nargs = 3
    runtime = "sagitta"

    @classmethod
    def definition(cls, s: sp.Expr, x: sp.Expr, r: sp.Expr) -> sp.Expr:
        return s**2 / (r + x)


class Crescent(StableFunction):
    """sin ψ − ψ cos ψ for 0 ≤ ψ ≤ π/2, which cancels for small ψ."""

    nargs = 1
    runtime = "crescent"

    @classmethod
    def definition(cls, psi: sp.Expr) -> sp.Expr:
        return sp.sin(psi) - psi * sp.cos(psi)


class Wedge(StableFunction):
    """s − x·arctan2(s, x) for s, x ≥ 0: r (sin ψ − ψ cos ψ), which cancels for small ψ."""

    nargs = 2
    runtime = "wedge"

    @classmethod
    def definition(cls, s: sp.Expr, x: sp.Expr) -> sp.Expr:
        return s - x * sp.atan2(s, x)


class ArcWedge(StableFunction):
    """(s² + x²)^{n/2} J_n(π − ψ)/(2π), ψ the angle of (x, s), for s, x ≥ 0: the small side of an arc-cosine kernel.

    J_n(π − ψ) = sin^{2n+1}ψ (1/sin ψ · d/dψ)ⁿ [ψ/sin ψ] = O(ψ^{2n+1}), a difference of terms of order ψ. The kernel
    may be representable where 2π times it is not.
    """

    nargs = 3
    runtime = "arc_wedge"

    @classmethod
    def definition(cls, n: sp.Integer, s: sp.Expr, x: sp.Expr) -> sp.Expr:
        psi = sp.Dummy("psi")
        inner = psi / sp.sin(psi)
        for _ in range(int(n)):
            inner = sp.diff(inner, psi) / sp.sin(psi)
        r = sp.sqrt(s**2 + x**2)
        angular = sp.expand(sp.sin(psi) ** (2 * int(n) + 1) * inner)
        inside = angular.subs({sp.sin(psi): s / r, sp.cos(psi): x / r}).subs(psi, sp.atan2(s, x))
        return r ** int(n) * inside / (2 * sp.pi)


class Spread(StableFunction):
    """a + b − 2c = ⟨(z₁ − z₂)²⟩, as a sum of positive terms."""

    nargs = 3
    runtime = "spread"

    @classmethod
    def definition(cls, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return a + b - 2 * c


class Quotient(StableFunction):
    """x/y, kept apart from other factors: y² or y³ of a product could overflow."""

    nargs = 2
    runtime = "quotient"

    @classmethod
    def definition(cls, x: sp.Expr, y: sp.Expr) -> sp.Expr:
        return x / y


class Expm1(StableFunction):
    """exp(x) − 1."""

    nargs = 1
    runtime = "expm1"

    @classmethod
    def definition(cls, x: sp.Expr) -> sp.Expr:
        return sp.exp(x) - 1


def stable_functions() -> tuple[type[StableFunction], ...]:
    """Return every opaque function, in order of definition."""
    return tuple(StableFunction.__subclasses__())


def exact(expr: sp.Expr) -> sp.Expr:
    """Replace every opaque function in `expr` by its exact meaning."""
    while expr.atoms(StableFunction):
        expr = expr.replace(lambda e: isinstance(e, StableFunction), lambda e: e.definition(*e.args))
    return expr
