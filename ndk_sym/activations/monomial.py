"""Monomials φ(z) = zⁿ."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.activations.parameters import Parameter


class Monomial(Activation):
    """φ(z) = zⁿ.   F = Σ_j (n!)² / (j! k!² 4ᵏ) (ab)ᵏ cʲ over j = n, n − 2, … ≥ 0 with 2k = n − j (Isserlis),

    Ḟ = n² F of degree n − 1,   μ = (n − 1)!! a^{n/2} for even n, else 0. All terms have the sign of cⁿ.
    """

    name = "monomial"
    title = "monomial"
    reference = "Isserlis (1918)"
    parameters = (
        Parameter("power", "n", "exponent", sp.Integer(2), low=sp.Integer(1), high=sp.Integer(12), degree=True),
    )
    instances = ((2,), (3,))

    power: sp.Integer

    def phi(self, z: sp.Expr) -> sp.Expr:
        return z**self.power

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return moment(int(self.power), a, c, b)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self.power**2 * moment(int(self.power) - 1, a, c, b)

    def mean(self, a: sp.Expr) -> sp.Expr:
        n = int(self.power)
        return sp.Integer(0) if n % 2 else sp.factorial2(n - 1) * a ** (n // 2)


def moment(n: int, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
    """⟨z₁ⁿ z₂ⁿ⟩, by powers of c."""
    total = sp.Integer(0)
    for k in range(n // 2 + 1):
        weight = sp.factorial(n) ** 2 / (sp.factorial(n - 2 * k) * sp.factorial(k) ** 2 * 4**k)
        total += weight * (a * b) ** k * c ** (n - 2 * k)
    return total
