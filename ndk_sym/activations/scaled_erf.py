"""Error function with amplitude, scale and offset, and the sigmoid made of it."""

from __future__ import annotations

from typing import ClassVar

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.activations.erf import Erf
from ndk_sym.activations.parameters import Parameter
from ndk_sym.stable import Angle, Hypot, RootDet


class ScaledErf(Activation):
    """φ(z) = A erf(rz) + B.   With F_erf and Ḟ_erf at (r²a, r²c, r²b):   F = A² F_erf + B²,   Ḟ = A² r² Ḟ_erf,   μ = B.

    Stable form: the angles of erf, whose sides are divided by 2r², so that they are representable where r²a is not;
    where F_erf nears −1, F = A² (1 + F_erf) + (B − A)(B + A), with 1 + F_erf one angle.
    """

    name = "scaled_erf"
    title = "error function with amplitude, scale and offset"
    reference = "SI Sec. C.3; Williams (1996)"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("amplitude", "A", "half the range of φ", sp.Integer(1)),
        Parameter("scale", "r", "slope of the argument", sp.Integer(1), low=sp.Rational(1, 1000)),
        Parameter("offset", "B", "value at z = 0", sp.Integer(0)),
    )
    conditioned = True

    amplitude: sp.Expr
    scale: sp.Expr
    offset: sp.Expr

    def phi(self, z: sp.Expr) -> sp.Expr:
        return self.amplitude * sp.erf(self.scale * z) + self.offset

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self.amplitude**2 * Erf().dual(*self._scaled(a, c, b)) + self.offset**2

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return (self.amplitude * self.scale) ** 2 * Erf().dual_derivative(*self._scaled(a, c, b))

    def mean(self, a: sp.Expr) -> sp.Expr:
        return self.offset

    def norm(self, a: sp.Expr) -> sp.Expr:
        return self.amplitude**2 * Erf().norm(self.scale**2 * a) + self.offset**2

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        root = self._root(a, c, b)
        usual = self.amplitude**2 * 2 / sp.pi * Angle(c, root) + self.offset**2
        signs = (self.offset - self.amplitude) * (self.offset + self.amplitude)
        return sp.Piecewise((self.amplitude**2 * 2 / sp.pi * Angle(root, -c) + signs, c < -root), (usual, True))

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return 2 * self.amplitude**2 / (sp.pi * self._root(a, c, b))

    def stable_norm(self, a: sp.Expr) -> sp.Expr:
        # the stable F at c = b = a, where the determinant vanishes
        root = sp.sqrt(a + 1 / (4 * self.scale**2)) / self.scale
        return self.amplitude**2 * 2 / sp.pi * Angle(a, root) + self.offset**2

    def _scaled(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        return self.scale**2 * a, self.scale**2 * c, self.scale**2 * b

    def _root(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """√((1 + 2r²a)(1 + 2r²b) − 4r⁴c²) over 2r²."""
        side = sp.sqrt(a + b + 1 / (2 * self.scale**2)) / (sp.sqrt(2) * self.scale)
        return Hypot(side, RootDet(a, c, b))


class SigmoidErf(ScaledErf):
    """φ(z) = (1 + erf(rz))/2, within 0.02 of the logistic sigmoid at the default r = 5/12.

    With F_erf and Ḟ_erf at (r²a, r²c, r²b):   F = (1 + F_erf)/4,   Ḟ = r² Ḟ_erf/4,   μ = 1/2.

    Stable form: that of erf; where F_erf nears −1, 1 + F_erf is one angle.
    """

    name = "sigmoid_erf"
    title = "sigmoid made of the error function"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("scale", "r", "slope of the argument", sp.Rational(5, 12), low=sp.Rational(1, 1000)),
    )
    conditioned = False  # F is one angle, or a sum of positive terms
    amplitude = sp.S.Half
    offset = sp.S.Half
