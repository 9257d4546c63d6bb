"""What an activation declares, and what follows from the declaration."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import sympy as sp


class Activation(ABC):
    """φ with its Gaussian averages, expressions in the covariance entries of z = (z₁, z₂) ~ N(0, [[a, c], [c, b]]).

    F(a, c, b) = ⟨φ(z₁) φ(z₂)⟩,   Ḟ(a, c, b) = ⟨φ'(z₁) φ'(z₂)⟩ = ∂F/∂c,   μ(a) = ⟨φ(z₁)⟩.

    Domain: a, b > 0 and c² ≤ ab; the stable forms extend it to a, b ≥ 0.
    A subclass declares the textbook forms. Where those lose digits in floating point it also declares stable ones,
    built from the opaque functions of `ndk_sym.stable`; certificates check that both are the same function.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    kinks: ClassVar[tuple[int, ...]] = ()  # where φ is not smooth: the defining integrals are split there
    homogeneous: ClassVar[bool] = False  # φ(kz) = kφ(z) for k > 0

    @abstractmethod
    def phi(self, z: sp.Expr) -> sp.Expr:
        """φ(z)."""

    @abstractmethod
    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """F(a, c, b) = ⟨φ(z₁) φ(z₂)⟩."""

    @abstractmethod
    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """Ḟ(a, c, b) = ⟨φ'(z₁) φ'(z₂)⟩."""

    @abstractmethod
    def mean(self, a: sp.Expr) -> sp.Expr:
        """μ(a) = ⟨φ(z₁)⟩."""

    def phi_derivative(self, z: sp.Expr) -> sp.Expr:
        """φ'(z), by differentiation."""
        x = sp.Dummy("x", real=True)
        return sp.diff(self.phi(x), x).xreplace({x: z})

    def norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a) = ⟨φ(z₁)²⟩, the layer map of equal-time norms: F on its diagonal, by substitution."""
        x = sp.Dummy("x", positive=True)
        return sp.simplify(self.dual(x, x, x)).xreplace({x: a})

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """F in the form that is printed to code."""
        return self.dual(a, c, b)

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """Ḟ in the form that is printed to code."""
        return self.dual_derivative(a, c, b)

    def stable_norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a) in the form that is printed to code."""
        return self.norm(a)

    def stable_mean(self, a: sp.Expr) -> sp.Expr:
        """μ in the form that is printed to code."""
        return self.mean(a)

    def __repr__(self) -> str:
        return f"<activation {self.name}: {self.title}>"
