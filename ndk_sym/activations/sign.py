"""Sign φ(z) = sgn z."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.stable import Angle, Elevation, RootDet


class Sign(Activation):
    """φ(z) = sgn z.   With sin χ = c/√(ab):   F = 2χ/π,   Ḟ = 2/(π √(ab − c²)),   μ = 0.

    φ′ = 2δ: Ḟ is the density of (z₁, z₂) at the origin, times 4. It is infinite at c = ±√(ab), and so are the NDK and
    the NTK of an input with itself: a network of signs has kernels K^l but no gradient dynamics.

    Stable form: both through √(ab − c²), which is compensated.
    """

    name = "sign"
    title = "sign"
    reference = "SI Sec. C.2, the derivative of |z|"
    kinks = (0,)
    jumps = True

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.sign(z)

    def phi_derivative(self, z: sp.Expr) -> sp.Expr:
        return 2 * sp.DiracDelta(z)

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 2 / sp.pi * sp.asin(c / sp.sqrt(a * b))

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 2 / (sp.pi * sp.sqrt(a * b - c**2))

    def mean(self, a: sp.Expr) -> sp.Expr:
        return sp.Integer(0)

    def norm(self, a: sp.Expr) -> sp.Expr:
        return sp.Integer(1)

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 2 / sp.pi * Elevation(c, RootDet(a, c, b))

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 2 / (sp.pi * RootDet(a, c, b))

    def stable_layer(self, c: sp.Expr, root: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        following = sp.sqrt(Angle(root, c)) * sp.sqrt(Angle(root, -c))  # θ and π − θ
        return 2 / sp.pi * Elevation(c, root), 2 / (sp.pi * root), 2 / sp.pi * following
