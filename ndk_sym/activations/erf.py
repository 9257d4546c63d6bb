"""Error function φ(z) = erf(z)."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.stable import Angle, Hypot, RootDet


class Erf(Activation):
    """φ(z) = erf(z).   F = (2/π) asin(2c/√((1+2a)(1+2b))),   Ḟ = (4/π)/√((1+2a)(1+2b) − 4c²),   μ = 0.   (SI Sec. C.3)

    Stable form: (1+2a)(1+2b) − 4c² = 1 + 2(a+b) + 4(ab − c²), a sum of positive terms.
    """

    name = "erf"
    title = "error function"
    reference = "SI Sec. C.3; Williams (1996)"
    paper = True

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.erf(z)

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 2 / sp.pi * sp.asin(2 * c / sp.sqrt((1 + 2 * a) * (1 + 2 * b)))

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 4 / sp.pi / sp.sqrt((1 + 2 * a) * (1 + 2 * b) - 4 * c**2)

    def mean(self, a: sp.Expr) -> sp.Expr:
        return sp.Integer(0)

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 2 / sp.pi * Angle(2 * c, self._root(a, c, b))

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 4 / sp.pi / self._root(a, c, b)

    def stable_norm(self, a: sp.Expr) -> sp.Expr:
        # the stable F at c = b = a, where the determinant vanishes
        return 2 / sp.pi * Angle(2 * a, sp.sqrt(1 + 4 * a))

    @staticmethod
    def _root(a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return Hypot(sp.sqrt(1 + 2 * (a + b)), 2 * RootDet(a, c, b))
