"""Softplus φ(z) = log(1 + e^z)."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.numeric.base import NumericActivation


class Softplus(NumericActivation):
    """φ(z) = log(1 + e^z),   φ' = 1/(1 + e^{−z}).

    Stable form: max(z, 0) + 2 artanh(u/(2 + u)) with u = e^{−|z|}, where nothing overflows or cancels.
    """

    name = "softplus"
    title = "softplus"
    reference = "Dugas et al. (2001)"
    conditioned = False

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.log(1 + sp.exp(z))

    def stable_phi(self, z: sp.Expr) -> sp.Expr:
        u = sp.exp(-sp.Abs(z))
        return sp.Max(z, 0) + 2 * sp.atanh(u / (2 + u))

    def stable_phi_derivative(self, z: sp.Expr) -> sp.Expr:
        return 1 / (1 + sp.exp(-z))
