"""What an activation without closed form declares: φ, from which code for φ and φ' is generated and certified."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import sympy as sp

from ndk_sym.gaussian import gaussian_average, gaussian_mean, numeric


class NumericActivation(ABC):
    """φ whose averages F, Ḟ and μ are integrals that nothing shorter is known for.

    `dual`, `dual_derivative` and `mean` return those integrals unevaluated; `average` and `mean_value` evaluate them to
    any number of digits. `ndk_num` computes them by quadrature in float64 and verifies 1e-12.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str] = ""
    kinks: ClassVar[tuple[int, ...]] = ()  # where φ is not smooth
    conditioned: ClassVar[bool] = True  # φ or φ' passes through 0 where it has no simple zero of its own argument

    @property
    def stem(self) -> str:
        """The name of its generated module."""
        return self.name

    @property
    def call(self) -> str:
        """The name, as one types it."""
        return self.name

    @abstractmethod
    def phi(self, z: sp.Expr) -> sp.Expr:
        """φ(z)."""

    def phi_derivative(self, z: sp.Expr) -> sp.Expr:
        """φ'(z), by differentiation."""
        x = sp.Dummy("x", real=True)
        return sp.diff(self.phi(x), x).xreplace({x: z})

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
        z = sp.Symbol("z", real=True)
        return sp.Integral(self.phi(z) * sp.exp(-(z**2) / (2 * a)) / sp.sqrt(2 * sp.pi * a), (z, -sp.oo, sp.oo))

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


def _integral(f: Any, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Integral:
    x, y = sp.symbols("z_1 z_2", real=True)
    determinant = a * b - c**2
    density = sp.exp(-(b * x**2 - 2 * c * x * y + a * y**2) / (2 * determinant)) / (2 * sp.pi * sp.sqrt(determinant))
    return sp.Integral(f(x) * f(y) * density, (x, -sp.oo, sp.oo), (y, -sp.oo, sp.oo))
