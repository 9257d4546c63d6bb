"""Sigmoid linear unit (swish) φ(z) = z/(1 + e^{−z})."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.numeric.base import NumericActivation


class SiLU(NumericActivation):
    """φ(z) = z/(1 + e^{−z}),   φ' = (1 + z/(1 + e^z))/(1 + e^{−z}).   Stable form: no quotient of large powers."""

    name = "silu"
    title = "sigmoid linear unit (swish)"
    reference = "Elfwing, Uchibe and Doya (2018)"

    def phi(self, z: sp.Expr) -> sp.Expr:
        return z / (1 + sp.exp(-z))

    def stable_phi_derivative(self, z: sp.Expr) -> sp.Expr:
        return (1 + z / (1 + sp.exp(z))) / (1 + sp.exp(-z))
