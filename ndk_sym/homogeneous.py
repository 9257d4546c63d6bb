"""Positively homogeneous activations: the layer map is a function Φ of one correlation.

φ(kz) = kφ(z) for k > 0 makes F(a, c, b) = √(ab) Φ(c/√(ab)) and Ḟ = Φ̇(c/√(ab)), with Φ̇ the derivative of Φ. Every
such φ is a slope p for z > 0 and a slope r for z < 0.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import ArgumentIndexError

from ndk_sym.statement import Rule

__all__ = ["Homogeneous", "Phi", "Phidot", "TwoSlopes", "g", "homogeneous_instance", "k"]


class Phidot(sp.Function):
    """Φ̇(ρ) = ⟨φ′(z₁)φ′(z₂)⟩ for two unit normals of correlation ρ, for an unspecified homogeneous φ."""

    nargs = 1
    is_real = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = rf"\dot{{\Phi}}\left({printer._print(self.args[0])}\right)"
        return text if exp is None else rf"{text}^{{{exp}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"Φ̇({printer._print(self.args[0])})"


class Phi(sp.Function):
    """Φ(ρ) = ⟨φ(z₁)φ(z₂)⟩ for two unit normals of correlation ρ, with Φ′ = Φ̇ and nothing else known."""

    nargs = 1
    is_real = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Φ′ = Φ̇, by Price's theorem."""
        if argindex == 1:
            return Phidot(self.args[0])
        raise ArgumentIndexError(self, argindex)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = rf"\Phi\left({printer._print(self.args[0])}\right)"
        return text if exp is None else rf"{text}^{{{exp}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"Φ({printer._print(self.args[0])})"


class _OfDepth(sp.Function):
    """A function of the depth, printed with the depth as subscript."""

    is_real = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        depth, *others = (printer._print(arg) for arg in self.args)
        text = rf"{self.func.__name__}_{{{depth}}}" + (rf"\left({', '.join(others)}\right)" if others else "")
        return text if exp is None else rf"{text}^{{{exp}}}"

    def _sympystr(self, printer: Any) -> str:
        depth, *others = (printer._print(arg) for arg in self.args)
        name = f"{self.func.__name__}_{depth if len(depth) == 1 else f'{{{depth}}}'}"
        return name + (f"({', '.join(others)})" if others else "")


class k(_OfDepth):
    """k_l, the two-time kernel of depth l without its norms, as a function of the correlations."""


class g(_OfDepth):
    """g_l, the neural dynamical kernel of depth l without norms and decay, as a function of the correlations."""


class Homogeneous:
    """The layer maps of an unspecified homogeneous activation; `size` stands for Φ(1)."""

    def __init__(self, size: sp.Expr) -> None:
        self.size = size

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """F(a, c, b) = √(ab) Φ(c/√(ab))."""
        return sp.sqrt(a * b) * self.profile(c / sp.sqrt(a * b))

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """Ḟ(a, c, b) = Φ̇(c/√(ab))."""
        return self.slope(c / sp.sqrt(a * b))

    def norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a) = a Φ(1)."""
        return a * self.size

    def mean(self, a: sp.Expr) -> sp.Expr:
        """μ(a), which the kernels do not need."""
        raise NotImplementedError

    def profile(self, rho: sp.Expr) -> sp.Expr:
        """Φ(ρ)."""
        return Phi(rho)

    def slope(self, rho: sp.Expr) -> sp.Expr:
        """Φ̇(ρ)."""
        return Phidot(rho)


class TwoSlopes(Homogeneous):
    """φ(z) = p z for z > 0 and r z for z < 0: every homogeneous activation.

    With u = (p+r)/2 and w = (p−r)/2, φ(z) = u z + w |z| and
    Φ(ρ) = u² ρ + (2w²/π) (√(1−ρ²) + ρ asin ρ),   Φ̇(ρ) = u² + (2w²/π) asin ρ,   Φ(1) = u² + w².
    """

    def __init__(self, p: sp.Expr, r: sp.Expr) -> None:
        self.even, self.odd = ((p - r) / 2) ** 2, ((p + r) / 2) ** 2
        super().__init__(self.even + self.odd)

    def profile(self, rho: sp.Expr) -> sp.Expr:
        """Φ(ρ)."""
        return self.odd * rho + 2 * self.even / sp.pi * (sp.sqrt(1 - rho**2) + rho * sp.asin(rho))

    def slope(self, rho: sp.Expr) -> sp.Expr:
        """Φ̇(ρ)."""
        return self.odd + 2 * self.even / sp.pi * sp.asin(rho)


def homogeneous_instance(size: sp.Symbol) -> tuple[Rule, ...]:
    """One concrete instance of Φ, Φ̇ = Φ′ and Φ(1), for sampling statements about abstract ones."""
    rho = sp.Symbol("rho", real=True)
    profile = sp.Rational(1, 3) * rho + rho**2 / 5 + sp.sin(rho) / 2
    return (
        (Phi, sp.Lambda(rho, profile)),
        (Phidot, sp.Lambda(rho, sp.diff(profile, rho))),
        (size, sp.Rational(4, 5)),
    )
