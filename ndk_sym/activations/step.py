"""Heaviside step φ(z) = 1 at z > 0, 0 at z < 0."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.stable import Angle, RootDet


class Step(Activation):
    """φ(z) = 1 at z > 0, 0 at z < 0.   With cos θ = c/√(ab):   F = (π − θ)/(2π),   Ḟ = 1/(2π √(ab − c²)),   μ = 1/2.

    φ′ = δ: Ḟ is the density of (z₁, z₂) at the origin. It is infinite at c = ±√(ab), and so are the NDK and the NTK of
    an input with itself: a network of steps has kernels K^l but no gradient dynamics.

    Stable form: both through √(ab − c²), which is compensated.
    """

    name = "step"
    title = "Heaviside step"
    reference = "SI Sec. C.2, the derivative of the rectified linear unit"
    kinks = (0,)
    jumps = True

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.Heaviside(z)

    def phi_derivative(self, z: sp.Expr) -> sp.Expr:
        return sp.DiracDelta(z)

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return (sp.pi - sp.acos(c / sp.sqrt(a * b))) / (2 * sp.pi)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 1 / (2 * sp.pi * sp.sqrt(a * b - c**2))

    def mean(self, a: sp.Expr) -> sp.Expr:
        return sp.S.Half

    def norm(self, a: sp.Expr) -> sp.Expr:
        return sp.S.Half

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return Angle(RootDet(a, c, b), -c) / (2 * sp.pi)

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 1 / (2 * sp.pi * RootDet(a, c, b))

    def stable_layer(self, c: sp.Expr, root: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        value, under = (Angle(root, x) / (2 * sp.pi) for x in (-c, c))
        return value, 1 / (2 * sp.pi * root), sp.sqrt(under) * sp.sqrt(sp.S.Half + value)
