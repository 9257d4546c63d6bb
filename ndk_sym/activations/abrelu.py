"""Two slopes φ(z) = A min(z, 0) + B max(z, 0), and the leaky rectified linear unit."""

from __future__ import annotations

from typing import ClassVar

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.activations.parameters import Parameter
from ndk_sym.stable import Angle, Crescent, Elevation, Hypot, RootDet, Sagitta, Wedge


class ABReLU(Activation):
    """φ(z) = A min(z, 0) + B max(z, 0) = (B − A) max(z, 0) + A z.

    With cos θ = c/√(ab):   F = (B − A)² √(ab)/(2π) (sin θ + (π − θ) cos θ) + AB c,
    Ḟ = (B − A)² (π − θ)/(2π) + AB,   μ = (B − A) √(a/2π).

    Stable form: F is a multiple of √(ab − c²) − |c| ψ with ψ = min(θ, π − θ), which does not cancel, and of c; Ḟ is a
    sum over the angles θ and π − θ near the edges, and between them (A + B)²/4 + (B − A)² (π/2 − θ)/(2π).
    """

    name = "abrelu"
    title = "two slopes"
    reference = "SI Sec. C.2 for each half of φ"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("negative", "A", "slope at z < 0", sp.Integer(-1)),
        Parameter("positive", "B", "slope at z > 0", sp.Integer(1)),
    )
    kinks = (0,)
    homogeneous = True
    conditioned = True

    negative: sp.Expr
    positive: sp.Expr

    def phi(self, z: sp.Expr) -> sp.Expr:
        return self.negative * sp.Min(z, 0) + self.positive * sp.Max(z, 0)

    def phi_derivative(self, z: sp.Expr) -> sp.Expr:
        return self.negative * sp.Heaviside(-z) + self.positive * sp.Heaviside(z)

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        cosine = c / sp.sqrt(a * b)
        rectified = sp.sqrt(1 - cosine**2) + (sp.pi - sp.acos(cosine)) * cosine
        return self._bend * sp.sqrt(a * b) / (2 * sp.pi) * rectified + self.negative * self.positive * c

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        angle = sp.pi - sp.acos(c / sp.sqrt(a * b))
        return self._bend * angle / (2 * sp.pi) + self.negative * self.positive

    def mean(self, a: sp.Expr) -> sp.Expr:
        return (self.positive - self.negative) * sp.sqrt(a / (2 * sp.pi))

    def norm(self, a: sp.Expr) -> sp.Expr:
        return (self.negative**2 + self.positive**2) * a / 2

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        same = (self.negative**2 + self.positive**2) / 2 * sp.Max(c, 0)
        opposite = self.negative * self.positive * sp.Min(c, 0)
        return same + opposite + self._bend * Wedge(RootDet(a, c, b), sp.Abs(c)) / (2 * sp.pi)

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self._stable_derivative(c, RootDet(a, c, b))

    def _stable_derivative(self, c: sp.Expr, root: sp.Expr) -> sp.Expr:
        same = (self.negative**2 + self.positive**2) * Angle(root, -c) / (2 * sp.pi)
        edge = same + self.negative * self.positive * Angle(root, c) / sp.pi
        middle = (self.negative + self.positive) ** 2 / 4 + self._bend * Elevation(c, root) / (2 * sp.pi)
        return sp.Piecewise((middle, sp.Abs(c) <= root), (edge, True))

    def stable_layer(self, c: sp.Expr, root: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        value, following = two_slopes(self.negative, self.positive, c, root)
        return value, self._stable_derivative(c, root), following

    @property
    def _bend(self) -> sp.Expr:
        return (self.positive - self.negative) ** 2


class LeakyReLU(ABReLU):
    """φ(z) = max(z, 0) + A min(z, 0).

    With cos θ = c/√(ab):   F = (1 − A)² √(ab)/(2π) (sin θ + (π − θ) cos θ) + A c,   Ḟ = (1 − A)² (π − θ)/(2π) + A,
    μ = (1 − A) √(a/2π).   The two slopes A and 1.
    """

    name = "leaky_relu"
    title = "leaky rectified linear unit"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("negative", "A", "slope at z < 0", sp.Rational(1, 100)),)
    positive = sp.Integer(1)


def two_slopes(negative: sp.Expr, positive: sp.Expr, c: sp.Expr, root: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """F of two slopes A and B, and √(G² − F²) with G = (A² + B²)/2 √(ab), as the product of √(G − F) and √(G + F).

    Both factors are sums of positive terms, but for √(ab − c²) − |c| ψ, which is small beside √(ab) − |c| in G − F.
    """
    gain, bend = (negative**2 + positive**2) / 2, (positive - negative) ** 2
    whole, same, opposite = Hypot(c, root), sp.Max(c, 0), sp.Max(-c, 0)
    shared = gain * Sagitta(root, sp.Abs(c), whole)
    crescent = bend * whole * Crescent(Angle(root, sp.Abs(c))) / (2 * sp.pi)
    value = gain * same - negative * positive * opposite + crescent
    under = shared + (negative + positive) ** 2 / 2 * opposite - crescent
    over = shared + 2 * gain * same + bend / 2 * opposite + crescent
    return value, sp.sqrt(under) * sp.sqrt(over)
