# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        8baaf957ec323c70af88899b2cf6253050aaedd8458ffef2ec894ff9fc016e08
#     norm        fd1bd09b15ba0f48c89206a90070dfde1a01f6b4b28a09ac843bb5d5d49f106c
#     mean        decdf1f27b8c6a1c5de0698ee4563f69a279e30a4181ba48960966dc22b14676
#     layer       4e2c7ca2b04fdd47d127da6be8ec9ba80563d0e6cd95acf17ff01f3e71ba38f1
#     last        f70da65da7c7ea2e5263545ae6c55b7e16c6cee397f4425330987c1e4636ee77
r"""Layer map: two slopes.

φ(z) = A min(z, 0) + B max(z, 0) = (B − A) max(z, 0) + A z.

With cos θ = c/√(ab):   F = (B − A)² √(ab)/(2π) (sin θ + (π − θ) cos θ) + AB c,
Ḟ = (B − A)² (π − θ)/(2π) + AB,   μ = (B − A) √(a/2π).

Stable form: F is a multiple of √(ab − c²) − |c| ψ with ψ = min(θ, π − θ), which does not cancel, and of c; Ḟ is a
sum over the angles θ and π − θ near the edges, and between them (A + B)²/4 + (B − A)² (π/2 − θ)/(2π).

Reference: SI Sec. C.2 for each half of φ.
"""

from numpy import maximum, minimum, pi, sqrt, where

from .runtime import Array, angle, crescent, elevation, hypot, root_det, sagitta, turn, wedge


def dual(a: Array, c: Array, b: Array, negative: Array, positive: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{a} \sqrt{b} \left(B - A\right)^{2} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{2 \pi} + c A B
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = A B + \frac{\left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) \left(B - A\right)^{2}}{2 \pi}
    """
    x0 = negative*positive
    x1 = negative**2
    x2 = positive**2
    x3 = root_det(a, c, b)
    x4 = abs(c)
    x5 = (1/2)/pi
    x6 = x5*(-negative + positive)**2
    F = x0*minimum(c, 0) + x6*wedge(x3, x4) + (0.5*x1 + 0.5*x2)*maximum(c, 0)
    F_dot = where(x3 >= x4, x6*elevation(c, x3) + 0.25*(negative + positive)**2, (x0*turn(a, c, b))/pi + x5*(x1 + x2)*turn(a, -c, b))
    return F, F_dot


def norm(a: Array, negative: Array, positive: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{a \left(A^{2} + B^{2}\right)}{2}
    """
    G = 0.5*(a*(negative**2 + positive**2))
    return G


def mean(a: Array, negative: Array, positive: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{\sqrt{2} \sqrt{a} \left(B - A\right)}{2 \sqrt{\pi}}
    """
    mu = ((1/2)*sqrt(2)/sqrt(pi))*(sqrt(a)*(-negative + positive))
    return mu


def layer(c: Array, root: Array, negative: Array, positive: Array) -> tuple[Array, Array, Array]:
    r"""(F, Ḟ, √(G_a G_b − F²)) from c and root = √(ab − c²), with G_a = F(a, a, a).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{a} \sqrt{b} \left(B - A\right)^{2} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{2 \pi} + c A B
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = A B + \frac{\left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) \left(B - A\right)^{2}}{2 \pi}
    s = \sqrt{G_{a} G_{b} - F^{2}}
    """
    x0 = -c
    x1 = maximum(x0, 0)
    x2 = negative*positive
    x3 = maximum(c, 0)
    x4 = negative**2
    x5 = positive**2
    x6 = 0.5*x4 + 0.5*x5
    x7 = abs(c)
    x8 = hypot(c, root)
    x9 = (-negative + positive)**2
    x10 = (1/2)/pi
    x11 = x10*x9
    x12 = x11*x8*crescent(angle(root, x7))
    x13 = (negative + positive)**2
    x14 = x4 + x5
    x15 = 0.5*x1
    x16 = x6*sagitta(root, x7, x8)
    F = -x1*x2 + x12 + x3*x6
    F_dot = where(root >= x7, x11*elevation(c, root) + 0.25*x13, x10*x14*angle(root, x0) + (x2*angle(root, c))/pi)
    following = sqrt(-x12 + x13*x15 + x16)*sqrt(x12 + x14*x3 + x15*x9 + x16)
    return F, F_dot, following


def last(c: Array, root: Array, negative: Array, positive: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) from c and root = √(ab − c²).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{a} \sqrt{b} \left(B - A\right)^{2} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{2 \pi} + c A B
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = A B + \frac{\left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) \left(B - A\right)^{2}}{2 \pi}
    """
    x0 = -c
    x1 = negative*positive
    x2 = negative**2
    x3 = positive**2
    x4 = abs(c)
    x5 = (1/2)/pi
    x6 = x5*(-negative + positive)**2
    F = -x1*maximum(x0, 0) + x6*crescent(angle(root, x4))*hypot(c, root) + (0.5*x2 + 0.5*x3)*maximum(c, 0)
    F_dot = where(root >= x4, x6*elevation(c, root) + 0.25*(negative + positive)**2, (x1*angle(root, c))/pi + x5*(x2 + x3)*angle(root, x0))
    return F, F_dot
