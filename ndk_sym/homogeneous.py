"""An activation of which one thing is known: φ(kz) = kφ(z) for k > 0."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.statement import Rule

__all__ = [
    "CORRELATED", "CORRELATIONS", "HOMOGENEOUS", "Homogeneous", "TwoSlopes", "front", "g_l", "homogeneous_instance",
    "k_l", "q", "q_slope",
]  # fmt: skip

# The weights at the two times, and the two inputs, are correlated but not identical.
CORRELATED = (nt.m_ts**2 < nt.m_tt * nt.m_ss, nt.k_xy**2 < nt.k_xx * nt.k_yy)
CORRELATIONS: tuple[Rule, ...] = (
    (nt.rho_m, nt.m_ts / sp.sqrt(nt.m_tt * nt.m_ss)),
    (nt.rho_0, nt.k_xy / sp.sqrt(nt.k_xx * nt.k_yy)),
)


def front(depth: sp.Expr) -> sp.Expr:
    """(m_tt m_ss)^{l/2} |x||x′|."""
    return (nt.m_tt * nt.m_ss) ** (depth / 2) * sp.sqrt(nt.k_xx * nt.k_yy)


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


class _BehindTheNorms(sp.Function):
    """A function of the depth, ρ_m and ρ_0, printed with the depth as subscript."""

    nargs = 3
    is_real = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        depth, *others = (printer._print(arg) for arg in self.args)
        return rf"{self.func.__name__[0]}_{{{depth}}}\left({', '.join(others)}\right)"

    def _sympystr(self, printer: Any) -> str:
        depth, *others = (printer._print(arg) for arg in self.args)
        return f"{self.func.__name__[0]}_{depth if len(depth) == 1 else f'{{{depth}}}'}({', '.join(others)})"


class k_l(_BehindTheNorms):
    """K^l over its norms."""


class g_l(_BehindTheNorms):
    """K^{d,l} over its decay and its norms."""


class Homogeneous:
    """The layer maps of an unspecified homogeneous activation."""

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """F(a, c, b) = √(ab) q(c/√(ab))."""
        return sp.sqrt(a * b) * self.profile(c / sp.sqrt(a * b))

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """Ḟ(a, c, b) = q′(c/√(ab))."""
        return self.slope(c / sp.sqrt(a * b))

    def profile(self, rho: sp.Expr) -> sp.Expr:
        """q(ρ)."""
        return q(rho)

    def slope(self, rho: sp.Expr) -> sp.Expr:
        """q′(ρ)."""
        return q_slope(rho)

    def norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a) = q(1) a."""
        return nt.q_of_1 * a

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


class TwoSlopes(Homogeneous):
    """φ(z) = p z for z > 0 and r z for z < 0: every homogeneous activation.

    With u = (p+r)/2 and w = (p−r)/2, φ(z) = u z + w |z|, and
    q(ρ) = u² ρ + (2w²/π) (√(1−ρ²) + ρ asin ρ),   q′(ρ) = u² + (2w²/π) asin ρ,   q(1) = u² + w².

    Parameters
    ----------
    p, r : sympy.Expr
        Slopes for z > 0 and for z < 0: (1, 0) is ReLU, (1, 1) the linear activation.
    """

    def __init__(self, p: sp.Expr, r: sp.Expr) -> None:
        self._bent, self._straight = ((p - r) / 2) ** 2, ((p + r) / 2) ** 2

    def profile(self, rho: sp.Expr) -> sp.Expr:
        """q(ρ)."""
        return self._straight * rho + 2 * self._bent / sp.pi * (sp.sqrt(1 - rho**2) + rho * sp.asin(rho))

    def slope(self, rho: sp.Expr) -> sp.Expr:
        """q′(ρ)."""
        return self._straight + 2 * self._bent / sp.pi * sp.asin(rho)

    def norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a) = (u² + w²) a."""
        return (self._straight + self._bent) * a
