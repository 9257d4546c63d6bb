"""What an activation without closed form declares: φ, from which code for φ and φ' is generated and certified."""

from __future__ import annotations

from typing import Any, ClassVar

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.gaussian import gaussian_average, gaussian_mean, numeric


class NumericActivation(Activation):
    """φ whose averages F, Ḟ and μ are integrals that nothing shorter is known for.

    `dual`, `dual_derivative` and `mean` return those integrals unevaluated; `average` and `mean_value` evaluate them to
    any number of digits. `ndk_num` computes them by quadrature in float64 and verifies 1e-12.
    """

    reference: ClassVar[str] = ""
    conditioned: ClassVar[bool] = True  # φ or φ' passes through 0 elsewhere than at z = 0

    def stable_phi(self, z: sp.Expr) -> sp.Expr:
        """φ in the form that is printed to code."""
        return self.phi(z)

    def stable_phi_derivative(self, z: sp.Expr) -> sp.Expr:
        """φ' in the form that is printed to code."""
        return self.phi_derivative(z)

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Integral:
        """F(a, c, b) = ⟨φ(z₁) φ(z₂)⟩, unevaluated; c² < ab."""
        return _integral(self.phi, a, c, b)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Integral:
        """Ḟ(a, c, b) = ⟨φ'(z₁) φ'(z₂)⟩, unevaluated; c² < ab."""
        return _integral(self.phi_derivative, a, c, b)

    def mean(self, a: sp.Expr) -> sp.Integral:
        """μ(a) = ⟨φ(z)⟩, unevaluated; a > 0."""
        return _single(self.phi, a)

    def norm(self, a: sp.Expr) -> sp.Integral:
        """F(a, a, a) = ⟨φ(z)²⟩, unevaluated; a > 0."""
        return _single(lambda z: self.phi(z) ** 2, a)

    def average(self, a: Any, c: Any, b: Any, *, digits: int = 30, derivative: bool = False) -> Any:
        """F, or Ḟ, to so many digits relative to ⟨|φφ|⟩, by quadrature of mpmath numbers."""
        z = sp.Symbol("z", real=True)
        f = numeric(self.phi_derivative(z) if derivative else self.phi(z), z)
        return gaussian_average(f, f, a, c, b, digits=digits, kinks=self.kinks)

    def mean_value(self, a: Any, *, digits: int = 30) -> Any:
        """μ to so many digits, by quadrature of mpmath numbers."""
        z = sp.Symbol("z", real=True)
        return gaussian_mean(numeric(self.phi(z), z), a, digits=digits, kinks=self.kinks)

    def __repr__(self) -> str:
        return f"<activation {self.call}: {self.title}, without closed form>"


def _single(f: Any, a: sp.Expr) -> sp.Integral:
    z = sp.Symbol("z", real=True)
    return sp.Integral(f(z) * sp.exp(-(z**2) / (2 * a)) / sp.sqrt(2 * sp.pi * a), (z, -sp.oo, sp.oo))


def _integral(f: Any, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Integral:
    x, y = sp.symbols("z_1 z_2", real=True)
    determinant = a * b - c**2
    density = sp.exp(-(b * x**2 - 2 * c * x * y + a * y**2) / (2 * determinant)) / (2 * sp.pi * sp.sqrt(determinant))
    return sp.Integral(f(x) * f(y) * density, (x, -sp.oo, sp.oo), (y, -sp.oo, sp.oo))
