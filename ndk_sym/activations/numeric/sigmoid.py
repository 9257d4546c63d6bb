"""Logistic function φ(z) = 1/(1 + e^{−z})."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.numeric.base import NumericActivation


class Sigmoid(NumericActivation):
    """φ(z) = 1/(1 + e^{−z}),   φ' = φ(z) φ(−z).   Stable form: without 1 − φ; a power that overflows gives 0."""

    name = "sigmoid"
    title = "logistic function"
    conditioned = False

    def phi(self, z: sp.Expr) -> sp.Expr:
        return 1 / (1 + sp.exp(-z))

    def stable_phi_derivative(self, z: sp.Expr) -> sp.Expr:
        return 1 / ((1 + sp.exp(-z)) * (1 + sp.exp(z)))
