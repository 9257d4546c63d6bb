"""Mish φ(z) = z tanh(log(1 + e^z))."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.numeric.base import NumericActivation


class Mish(NumericActivation):
    """φ(z) = z tanh(log(1 + e^z)).

    Stable form: with u = e^{−|z|}, tanh(log(1 + e^z)) is (1 + 2u)/(1 + 2u + 2u²) for z > 0, (u² + 2u)/(u² + 2u + 2)
    otherwise.
    """

    name = "mish"
    title = "mish"
    reference = "Misra (2019)"

    def phi(self, z: sp.Expr) -> sp.Expr:
        return z * sp.tanh(sp.log(1 + sp.exp(z)))

    def stable_phi(self, z: sp.Expr) -> sp.Expr:
        return z * self._gate(z)

    def stable_phi_derivative(self, z: sp.Expr) -> sp.Expr:
        u = sp.exp(-sp.Abs(z))
        up, down = 1 + 2 * u + 2 * u**2, u**2 + 2 * u + 2
        slope = sp.Piecewise((4 * u**2 * (1 + u) / up**2, z > 0), (4 * u * (1 + u) / down**2, True))
        return self._gate(z) + z * slope

    @staticmethod
    def _gate(z: sp.Expr) -> sp.Expr:
        u = sp.exp(-sp.Abs(z))
        return sp.Piecewise(((1 + 2 * u) / (1 + 2 * u + 2 * u**2), z > 0), ((u**2 + 2 * u) / (u**2 + 2 * u + 2), True))
