"""An activation of which one thing is known: φ(kz) = kφ(z) for k > 0."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.statement import Rule

__all__ = ["HOMOGENEOUS", "Homogeneous", "homogeneous_instance", "q", "q_1", "q_slope"]


class q(sp.Function):
    """The layer map of unit variances, F(1, ρ, 1) = q(ρ), for an unspecified homogeneous φ."""

    nargs = 1
    is_real = True


class q_slope(sp.Function):
    """The derivative layer map of unit variances, Ḟ(1, ρ, 1)."""

    nargs = 1
    is_real = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"q'\left({printer._print(self.args[0])}\right)"

    def _sympystr(self, printer: Any) -> str:
        return f"q'({printer._print(self.args[0])})"


q_1 = sp.Symbol("q_1", positive=True)  # q(1)


class Homogeneous:
    """The layer maps of an unspecified homogeneous activation."""

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """F(a, c, b) = √(ab) q(c/√(ab))."""
        return sp.sqrt(a * b) * q(c / sp.sqrt(a * b))

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """Ḟ(a, c, b) = q′(c/√(ab))."""
        return q_slope(c / sp.sqrt(a * b))

    def norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a) = q(1) a."""
        return q_1 * a

    def mean(self, a: sp.Expr) -> sp.Expr:
        """μ(a) = √a μ(1)."""
        return sp.sqrt(a) * nt.mu(1)


HOMOGENEOUS = Homogeneous()


def homogeneous_instance() -> tuple[Rule, ...]:
    """One concrete instance of q and q′, for sampling statements about abstract ones."""
    return (
        (q, sp.Lambda(nt.rho, sp.Rational(1, 4) + nt.rho / 3 + nt.rho**2 / 7)),
        (q_slope, sp.Lambda(nt.rho, sp.Rational(1, 3) + 2 * nt.rho / 7)),
    )
