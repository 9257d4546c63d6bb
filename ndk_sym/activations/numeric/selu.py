"""Scaled exponential linear unit φ(z) = λz for z > 0, λα(e^z − 1) otherwise."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.numeric.base import NumericActivation
from ndk_sym.stable import Expm1

# fixed by ⟨φ⟩ = 0 and ⟨φ²⟩ = 1 at unit variance; 16 digits, as in every implementation
SCALE = sp.Rational("1.0507009873554805")
ALPHA = sp.Rational("1.6732632423543772")


class SELU(NumericActivation):
    """φ(z) = λz for z > 0, λα(e^z − 1) otherwise, λ = 1.0507…, α = 1.6732….   Stable form: expm1."""

    name = "selu"
    title = "scaled exponential linear unit"
    reference = "Klambauer et al. (2017)"
    kinks = (0,)
    conditioned = False

    def phi(self, z: sp.Expr) -> sp.Expr:
        return SCALE * sp.Piecewise((z, z > 0), (ALPHA * (sp.exp(z) - 1), True))

    def stable_phi(self, z: sp.Expr) -> sp.Expr:
        return SCALE * sp.Piecewise((z, z > 0), (ALPHA * Expm1(z), True))
