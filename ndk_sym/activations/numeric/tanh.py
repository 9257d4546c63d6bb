"""Hyperbolic tangent φ(z) = tanh(z)."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.numeric.base import NumericActivation


class Tanh(NumericActivation):
    """φ(z) = tanh(z),   φ' = 1/cosh²(z).   Stable form: 1 − tanh² would cancel."""

    name = "tanh"
    title = "hyperbolic tangent"
    conditioned = False

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.tanh(z)

    def stable_phi_derivative(self, z: sp.Expr) -> sp.Expr:
        return 1 / sp.cosh(z) ** 2
