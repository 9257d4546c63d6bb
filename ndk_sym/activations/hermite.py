"""Probabilists' Hermite polynomials φ(z) = He_n(z)."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.activations.monomial import moment
from ndk_sym.activations.parameters import Parameter


class Hermite(Activation):
    """φ(z) = He_n(z).   F = Σ_j (n!)² / (j! k!² 4ᵏ) ((a−1)(b−1))ᵏ cʲ over j = n, n − 2, … ≥ 0 with 2k = n − j,

    Ḟ = n² F of degree n − 1,   μ = (n − 1)!! (a − 1)^{n/2} for even n, else 0. At a = b = 1, F = n! cⁿ.
    """

    name = "hermite"
    title = "Hermite polynomial"
    reference = "the generating function exp(xz − x²/2)"
    parameters = (
        Parameter(
            "degree",
            "n",
            "degree of the polynomial",
            sp.Integer(2),
            low=sp.Integer(1),
            high=sp.Integer(12),
            degree=True,
        ),
    )
    instances = ((2,), (3,))
    conditioned = True

    degree: sp.Integer

    def phi(self, z: sp.Expr) -> sp.Expr:
        x = sp.Dummy("x")
        n = int(self.degree)
        terms = (
            (-1) ** k * sp.factorial(n) / (sp.factorial(k) * sp.factorial(n - 2 * k) * 2**k) * x ** (n - 2 * k)
            for k in range(n // 2 + 1)
        )
        return sp.Add(*terms).xreplace({x: z})

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return moment(int(self.degree), a - 1, c, b - 1)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self.degree**2 * moment(int(self.degree) - 1, a - 1, c, b - 1)

    def mean(self, a: sp.Expr) -> sp.Expr:
        n = int(self.degree)
        return sp.Integer(0) if n % 2 else sp.factorial2(n - 1) * (a - 1) ** (n // 2)
