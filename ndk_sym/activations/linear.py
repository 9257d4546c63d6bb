"""Linear activation φ(z) = z."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation


class Linear(Activation):
    """φ(z) = z.   F = c,   Ḟ = 1,   μ = 0.   (SI 59–61)"""

    name = "linear"
    title = "linear"
    reference = "SI Sec. C.1, Eqs. 59-61"
    paper = True
    homogeneous = True

    def phi(self, z: sp.Expr) -> sp.Expr:
        return z

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return sp.sympify(c)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return sp.Integer(1)

    def mean(self, a: sp.Expr) -> sp.Expr:
        return sp.Integer(0)
