"""Rectified monomials φ(z) = max(z, 0)ⁿ: the arc-cosine kernels."""

from __future__ import annotations

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.activations.monomial import moment
from ndk_sym.activations.parameters import Parameter
from ndk_sym.stable import ArcWedge, Hypot, Quotient, RootDet, Sagitta


class RectifiedMonomial(Activation):
    """φ(z) = max(z, 0)ⁿ, n ≥ 2.   With cos θ = c/√(ab):   F = (ab)^{n/2} J_n(θ)/(2π),   Ḟ = n² F of degree n − 1,

    J_n(θ) = (−1)ⁿ sin^{2n+1}θ (1/sin θ · d/dθ)ⁿ [(π − θ)/sin θ],   μ = 2^{n/2} Γ((n+1)/2)/(2√π) a^{n/2}.

    Stable form: with ψ the smaller of θ and π − θ, F at c < 0 is V_n = (ab)^{n/2} J_n(π − ψ)/(2π), a positive power
    series times ψ^{2n+1}; at c > 0 it is ⟨z₁ⁿz₂ⁿ⟩/2 − (−1)ⁿ V_n, since F(c) + (−1)ⁿ F(−c) = ⟨z₁ⁿz₂ⁿ⟩/2.
    """

    name = "rectified_monomial"
    title = "rectified monomial"
    reference = "Cho and Saul (2009)"
    parameters = (
        Parameter("power", "n", "exponent", sp.Integer(2), low=sp.Integer(2), high=sp.Integer(6), degree=True),
    )
    instances = ((2,), (3,))
    kinks = (0,)
    conditioned = True  # F and Ḟ at c → −√(ab) are powers of √(ab − c²)

    power: sp.Integer

    def phi(self, z: sp.Expr) -> sp.Expr:
        return sp.Max(z, 0) ** self.power

    def phi_derivative(self, z: sp.Expr) -> sp.Expr:
        return self.power * sp.Max(z, 0) ** (self.power - 1)

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return _textbook(int(self.power), a, c, b)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self.power**2 * _textbook(int(self.power) - 1, a, c, b)

    def mean(self, a: sp.Expr) -> sp.Expr:
        n = self.power
        return 2 ** (n / 2) * sp.gamma((n + 1) / 2) / (2 * sp.sqrt(sp.pi)) * a ** (n / 2)

    def norm(self, a: sp.Expr) -> sp.Expr:
        return moment(int(self.power), a, a, a) / 2

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return _stable(int(self.power), a, c, b)

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self.power**2 * _stable(int(self.power) - 1, a, c, b)

    def stable_layer(self, c: sp.Expr, root: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        n, whole = int(self.power), Hypot(c, root)
        given = {RootDet(whole, c, whole): root}
        value = self.stable_dual(whole, c, whole).xreplace(given)
        derivative = self.stable_dual_derivative(whole, c, whole).xreplace(given)
        # G and F over 4ⁿ, from a quarter of r and c: they may overflow where √(G − F) √(G + F) does not
        r, x, wedge = Quotient(whole, 4), Quotient(c, 4), ArcWedge(n, root, sp.Abs(c)) / 4**n
        norm, sign = sp.factorial2(2 * n - 1) / 2 * r**n, (-1) ** n
        near = Quotient(Sagitta(root, sp.Abs(c), whole), 4) * _gap(n, r, x) + sign * wedge
        under = sp.Piecewise((near, c > 0), (norm - wedge, True))
        over = norm + sp.Piecewise((sp.expand(moment(n, r, x, r) / 2) - sign * wedge, c > 0), (wedge, True))
        return value, derivative, 4**n * sp.sqrt(under) * sp.sqrt(over)


def _gap(n: int, whole: sp.Expr, c: sp.Expr) -> sp.Expr:
    """Half of ⟨z₁²ⁿ⟩ at variance r minus ⟨z₁ⁿz₂ⁿ⟩ at covariance c > 0 and √(ab) = r, over r − c."""
    total = sp.Integer(0)
    for k in range(n // 2 + 1):
        weight = sp.factorial(n) ** 2 / (sp.factorial(n - 2 * k) * sp.factorial(k) ** 2 * 4**k) / 2
        power = n - 2 * k  # rᵖ − cᵖ = (r − c) Σ rʲ cᵖ⁻¹⁻ʲ
        total += sp.expand(weight * whole ** (2 * k) * sum(whole**j * c ** (power - 1 - j) for j in range(power)))
    return total


def _textbook(n: int, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
    psi = sp.Dummy("psi")  # π − θ
    inner = psi / sp.sin(psi)
    for _ in range(n):
        inner = sp.diff(inner, psi) / sp.sin(psi)
    angular = sp.collect(sp.expand(sp.sin(psi) ** (2 * n + 1) * inner), psi)
    cosine = c / sp.sqrt(a * b)
    explicit = angular.subs({sp.sin(psi): sp.sqrt(1 - cosine**2), sp.cos(psi): -cosine})
    return sp.sqrt(a * b) ** n * explicit.subs(psi, sp.pi - sp.acos(cosine)) / (2 * sp.pi)


def _stable(n: int, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
    wedge = ArcWedge(n, RootDet(a, c, b), sp.Abs(c))
    if n % 2:
        near = moment(n, a, c, b) / 2 + wedge
    else:  # the difference of terms up to twice as large; the quotients keep these within the range of floats
        halves = sp.expand(moment(n, 4 * Quotient(a, 4), c, b) / 4) - wedge / 2
        near = Quotient(halves, sp.Rational(1, 2))
    return sp.Piecewise((near, c > 0), (wedge, True))
