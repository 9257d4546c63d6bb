"""Rectified linear unit φ(z) = max(z, 0)."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.stable import Angle, Crescent, Hypot, RootDet, Sagitta, Wedge


class ReLU(Activation):
    """φ(z) = max(z, 0).   With cos θ = c/√(ab):   F = √(ab)/(2π) (sin θ + (π − θ) cos θ),   Ḟ = (π − θ)/(2π).

    (SI 62–66)

    Stable form: with ψ = min(θ, π − θ) the bracket is π max(cos θ, 0) + (sin ψ − ψ cos ψ), two positive terms.
    """

    name = "relu"
    title = "rectified linear unit"
    reference = "SI Sec. C.2, Eqs. 62-66; Cho and Saul (2009)"
    paper = True
    kinks = (0,)
    homogeneous = True

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.Max(z, 0)

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        cosine = c / sp.sqrt(a * b)
        theta = sp.acos(cosine)
        return sp.sqrt(a * b) / (2 * sp.pi) * (sp.sqrt(1 - cosine**2) + (sp.pi - theta) * cosine)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return (sp.pi - sp.acos(c / sp.sqrt(a * b))) / (2 * sp.pi)

    def mean(self, a: sp.Expr) -> sp.Expr:
        return sp.sqrt(a / (2 * sp.pi))

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return sp.Max(c, 0) / 2 + Wedge(RootDet(a, c, b), sp.Abs(c)) / (2 * sp.pi)

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return Angle(RootDet(a, c, b), -c) / (2 * sp.pi)

    def stable_layer(self, c: sp.Expr, root: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        size, psi = Hypot(c, root), Angle(root, sp.Abs(c))
        same, crescent = sp.Max(c, 0), size * Crescent(psi) / (2 * sp.pi)
        value = same / 2 + crescent
        slope = sp.Piecewise((sp.pi - psi, c > 0), (psi, True)) / (2 * sp.pi)
        # √(G − F) √(G + F) with G = √(ab)/2; where c > 0, G − F is what √(ab) exceeds c by, less the crescent
        under = Sagitta(root, sp.Abs(c), size) / 2 - sp.Min(c, 0) / 2 - crescent
        return value, slope, sp.sqrt(under) * sp.sqrt(size / 2 + value)
