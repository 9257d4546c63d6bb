"""Sine φ(z) = sin ωz."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.activations.parameters import Parameter
from ndk_sym.stable import Expm1, Spread


class Sin(Activation):
    """φ(z) = sin ωz.   F = e^{−ω²(a+b)/2} sinh ω²c,   Ḟ = ω² e^{−ω²(a+b)/2} cosh ω²c,   μ = 0.

    Stable form: with ⟨(z₁ ∓ z₂)²⟩ = a + b ∓ 2c, the two exponentials are e^{−ω²⟨(z₁ ∓ z₂)²⟩/2}, and the greater one is
    taken out of their difference.
    """

    name = "sin"
    title = "sine"
    reference = "the characteristic function of z₁ ± z₂"
    parameters = (Parameter("frequency", r"\omega", "angular frequency", sp.Integer(1), low=sp.Rational(1, 1000)),)
    conditioned = True

    frequency: sp.Expr

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.sin(self.frequency * z)

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        w = self.frequency**2
        return sp.exp(-w * (a + b) / 2) * sp.sinh(w * c)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        w = self.frequency**2
        return w * sp.exp(-w * (a + b) / 2) * sp.cosh(w * c)

    def mean(self, a: sp.Expr) -> sp.Expr:
        return sp.Integer(0)

    def norm(self, a: sp.Expr) -> sp.Expr:
        return (1 - sp.exp(-2 * self.frequency**2 * a)) / 2

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return difference(self.frequency**2, a, c, b) / 2

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        w = self.frequency**2
        return w * (sp.exp(-w * Spread(a, c, b) / 2) + sp.exp(-w * Spread(a, -c, b) / 2)) / 2

    def stable_norm(self, a: sp.Expr) -> sp.Expr:
        return -Expm1(-2 * self.frequency**2 * a) / 2


def difference(w: sp.Expr, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
    """e^{−w(a+b−2c)/2} − e^{−w(a+b+2c)/2}."""
    return -sp.sign(c) * sp.exp(-w * Spread(a, sp.Abs(c), b) / 2) * Expm1(-2 * w * sp.Abs(c))
