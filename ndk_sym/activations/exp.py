"""Exponential φ(z) = e^{rz}."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.activations.parameters import Parameter
from ndk_sym.stable import Spread


class Exp(Activation):
    """φ(z) = e^{rz}.   F = e^{r²(a+b+2c)/2},   Ḟ = r² F,   μ = e^{r²a/2}.

    Stable form: a + b + 2c = ⟨(z₁ + z₂)²⟩, with its cancellation as c → −(a+b)/2 compensated.
    """

    name = "exp"
    title = "exponential"
    reference = "the moment-generating function of z₁ + z₂"
    parameters = (Parameter("rate", "r", "growth per unit of z", sp.Integer(1), low=sp.Rational(1, 1000)),)
    conditioned = True

    rate: sp.Expr

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.exp(self.rate * z)

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return sp.exp(self.rate**2 * (a + b + 2 * c) / 2)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self.rate**2 * sp.exp(self.rate**2 * (a + b + 2 * c) / 2)

    def mean(self, a: sp.Expr) -> sp.Expr:
        return sp.exp(self.rate**2 * a / 2)

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return sp.exp(self.rate**2 * Spread(a, -c, b) / 2)

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self.rate**2 * self.stable_dual(a, c, b)
