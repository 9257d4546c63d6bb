"""Gaussian error linear unit φ(z) = z Φ(z)."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.stable import Angle, Hypot, Quotient, RootDet, Wedge


class GELU(Activation):
    """φ(z) = z (1 + erf(z/√2))/2.   With r² = (1+a)(1+b) − c², sin χ = c/√((1+a)(1+b)) and h = 1/(1+a) + 1/(1+b):

    F = c/4 + [c χ + (ab − c² + h c²)/r]/(2π),   Ḟ = 1/4 + [χ + hc/r + c/r³]/(2π),   μ = a/√(2π(1+a)).

    Stable form: r² = 1 + a + b + (ab − c²), and π/2 + χ is the angle of (−c, r): F = [c (π/2 + χ) + …]/(2π) adds
    positive terms where c ≥ 0. For c < −r, with ψ = π/2 + χ small, what cancels in r − |c| ψ is taken out:
    2πF = (r − |c| ψ) − [(1+a)/(1+b) + (1+b)/(1+a) + 1 − h + h (ab − c²)]/r.
    """

    name = "gelu"
    title = "Gaussian error linear unit"
    reference = "Hendrycks and Gimpel (2016); F by Gaussian integration by parts"
    conditioned = True

    def phi(self, z: sp.Expr) -> sp.Expr:
        return z * (1 + sp.erf(z / sp.sqrt(2))) / 2

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        r, angle = sp.sqrt((1 + a) * (1 + b) - c**2), sp.asin(c / sp.sqrt((1 + a) * (1 + b)))
        return c / 4 + (c * angle + (a * b - c**2 + _h(a, b) * c**2) / r) / (2 * sp.pi)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        r, angle = sp.sqrt((1 + a) * (1 + b) - c**2), sp.asin(c / sp.sqrt((1 + a) * (1 + b)))
        return sp.Rational(1, 4) + (angle + _h(a, b) * c / r + c / r**3) / (2 * sp.pi)

    def mean(self, a: sp.Expr) -> sp.Expr:
        return a / sp.sqrt(2 * sp.pi * (1 + a))

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        root = RootDet(a, c, b)
        r = Hypot(sp.sqrt(1 + a + b), root)
        far = Quotient(root, r)
        usual = c * Angle(r, -c) + root * far + (Quotient(c, 1 + a) + Quotient(c, 1 + b)) * Quotient(c, r)
        ratio = Quotient(1 + a, 1 + b) + Quotient(1 + b, 1 + a)
        rest = (ratio + 1 - _h(a, b)) / r + _h(a, b) * root * far
        return sp.Piecewise((Wedge(r, sp.Abs(c)) - rest, c < -r), (usual, True)) / (2 * sp.pi)

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        r = Hypot(sp.sqrt(1 + a + b), RootDet(a, c, b))
        return (Angle(r, -c) + (_h(a, b) + 1 / r**2) * Quotient(c, r)) / (2 * sp.pi)

    def stable_norm(self, a: sp.Expr) -> sp.Expr:
        r = sp.sqrt(1 + 2 * a)
        return (a * Angle(r, -a) + 2 * Quotient(a, 1 + a) * Quotient(a, r)) / (2 * sp.pi)


def _h(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    return 1 / (1 + a) + 1 / (1 + b)
