"""Gaussian bump φ(z) = exp(−z²/2w²)."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.activations.parameters import Parameter
from ndk_sym.stable import Hypot, Quotient, RootDet


class Gaussian(Activation):
    """φ(z) = exp(−z²/2w²).   With r² = (w² + a)(w² + b) − c²:   F = w²/r,   Ḟ = w² c/r³,   μ = w/√(w² + a).

    Stable form: r² = w⁴ + w²(a + b) + (ab − c²), a sum of positive terms.
    """

    name = "gaussian"
    title = "Gaussian"
    reference = "the norm of a Gaussian with the precision matrix of z plus 1/w²"
    parameters = (Parameter("width", "w", "standard deviation of the bump", sp.Integer(1), low=sp.Rational(1, 1000)),)

    width: sp.Expr

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.exp(-(z**2) / (2 * self.width**2))

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        w = self.width**2
        return w / sp.sqrt((w + a) * (w + b) - c**2)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        w = self.width**2
        return w * c / ((w + a) * (w + b) - c**2) ** sp.Rational(3, 2)

    def mean(self, a: sp.Expr) -> sp.Expr:
        return self.width / sp.sqrt(self.width**2 + a)

    def norm(self, a: sp.Expr) -> sp.Expr:
        return self.width / sp.sqrt(self.width**2 + 2 * a)

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self.width**2 / self._root(a, c, b)

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        w, root = self.width, self._root(a, c, b)
        # the rounding of r counts three times, that of r² one and a half times; but r² may overflow
        side = sp.sqrt(w**2 + a + b)
        square = w**2 * (w**2 + a + b) + RootDet(a, c, b) ** 2
        usual = w**2 * c / (square * sp.sqrt(square))
        return sp.Piecewise((usual, side < 10**18), (Quotient(w, root) ** 2 * Quotient(c, root), True))

    def _root(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        w = self.width
        return Hypot(w * sp.sqrt(w**2 + a + b), RootDet(a, c, b))
