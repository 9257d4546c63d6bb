"""Exponential linear unit φ(z) = z for z > 0, e^z − 1 otherwise."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.numeric.base import NumericActivation
from ndk_sym.stable import Expm1


class ELU(NumericActivation):
    """φ(z) = z for z > 0, e^z − 1 otherwise.   Stable form: expm1."""

    name = "elu"
    title = "exponential linear unit"
    reference = "Clevert, Unterthiner and Hochreiter (2016)"
    kinks = (0,)
    conditioned = False

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.Piecewise((z, z > 0), (sp.exp(z) - 1, True))

    def stable_phi(self, z: sp.Expr) -> sp.Expr:
        return sp.Piecewise((z, z > 0), (Expm1(z), True))
