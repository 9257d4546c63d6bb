"""Absolute value φ(z) = |z|."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.abrelu import two_slopes
from ndk_sym.activations.base import Activation
from ndk_sym.stable import Elevation, RootDet, Wedge


class Abs(Activation):
    """φ(z) = |z|.   With sin χ = c/√(ab):   F = (2/π) √(ab) (cos χ + χ sin χ),   Ḟ = 2χ/π,   μ = √(2a/π).

    Stable form: F = |c| + (2/π) (√(ab − c²) − |c| (π/2 − |χ|)), two positive terms.
    """

    name = "abs"
    title = "absolute value"
    reference = "φ(z) = relu(z) + relu(−z) with SI Sec. C.2"
    kinks = (0,)
    homogeneous = True

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.Abs(z)

    def phi_derivative(self, z: sp.Expr) -> sp.Expr:
        return sp.sign(z)

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        sine = c / sp.sqrt(a * b)
        return 2 / sp.pi * sp.sqrt(a * b) * (sp.sqrt(1 - sine**2) + sine * sp.asin(sine))

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 2 / sp.pi * sp.asin(c / sp.sqrt(a * b))

    def mean(self, a: sp.Expr) -> sp.Expr:
        return sp.sqrt(2 * a / sp.pi)

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return sp.Abs(c) + 2 / sp.pi * Wedge(RootDet(a, c, b), sp.Abs(c))

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 2 / sp.pi * Elevation(c, RootDet(a, c, b))

    def stable_layer(self, c: sp.Expr, root: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        value, following = two_slopes(sp.Integer(-1), sp.Integer(1), c, root)
        return value, 2 / sp.pi * Elevation(c, root), following
