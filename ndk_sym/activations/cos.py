"""Cosine φ(z) = cos ωz."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.activations.parameters import Parameter
from ndk_sym.activations.sin import difference
from ndk_sym.stable import Spread


class Cos(Activation):
    """φ(z) = cos ωz.   F = e^{−ω²(a+b)/2} cosh ω²c,   Ḟ = ω² e^{−ω²(a+b)/2} sinh ω²c,   μ = e^{−ω²a/2}.

    Stable form: with ⟨(z₁ ∓ z₂)²⟩ = a + b ∓ 2c, the two exponentials are e^{−ω²⟨(z₁ ∓ z₂)²⟩/2}, and the greater one is
    taken out of their difference.
    """

    name = "cos"
    title = "cosine"
    reference = "the characteristic function of z₁ ± z₂"
    parameters = (Parameter("frequency", r"\omega", "angular frequency", sp.Integer(1), low=sp.Rational(1, 1000)),)
    conditioned = True

    frequency: sp.Expr

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.cos(self.frequency * z)

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        w = self.frequency**2
        return sp.exp(-w * (a + b) / 2) * sp.cosh(w * c)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        w = self.frequency**2
        return w * sp.exp(-w * (a + b) / 2) * sp.sinh(w * c)

    def mean(self, a: sp.Expr) -> sp.Expr:
        return sp.exp(-(self.frequency**2) * a / 2)

    def norm(self, a: sp.Expr) -> sp.Expr:
        return (1 + sp.exp(-2 * self.frequency**2 * a)) / 2

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        w = self.frequency**2
        return (sp.exp(-w * Spread(a, c, b) / 2) + sp.exp(-w * Spread(a, -c, b) / 2)) / 2

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        w = self.frequency**2
        return w * difference(w, a, c, b) / 2
