# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        f7d9889dd88da22672bc9add705d4133df77fb8d7d48983f5cd8c5d33b2d7c16
#     norm        40196beb9958205362c3c05bfe96f9b2e1e718eefc644c518ee9dca2553ca076
#     mean        3cbd85c58f496f97cfd349dde8c064d70f63d00367eb416d328eabcbde651e45
#     layer       8365b4046561f04a15b6ea37c9079b5edb25e745f2905a4aa89f3fc169dc4ece
#     last        77d71188cef8e167624cd64d0e78e51787983244831c8b7ad2f20032e34942c6
r"""Layer map: leaky rectified linear unit.

φ(z) = max(z, 0) + A min(z, 0).

With cos θ = c/√(ab):   F = (1 − A)² √(ab)/(2π) (sin θ + (π − θ) cos θ) + A c,   Ḟ = (1 − A)² (π − θ)/(2π) + A,
μ = (1 − A) √(a/2π).   The two slopes A and 1.

Reference: SI Sec. C.2 for each half of φ.
"""

from numpy import maximum, minimum, pi, sqrt, where

from .runtime import Array, angle, crescent, elevation, hypot, root_det, sagitta, turn, wedge


def dual(a: Array, c: Array, b: Array, negative: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{a} \sqrt{b} \left(1 - A\right)^{2} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{2 \pi} + c A
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = A + \frac{\left(1 - A\right)^{2} \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{2 \pi}
    """
    x0 = negative**2
    x1 = root_det(a, c, b)
    x2 = abs(c)
    x3 = (1/2)/pi
    x4 = x3*(1 - negative)**2
    F = negative*minimum(c, 0) + x4*wedge(x1, x2) + (0.5*x0 + 1/2)*maximum(c, 0)
    F_dot = where(x1 >= x2, x4*elevation(c, x1) + 0.25*(negative + 1)**2, (negative*turn(a, c, b))/pi + x3*(x0 + 1)*turn(a, -c, b))
    return F, F_dot


def norm(a: Array, negative: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{a \left(A^{2} + 1\right)}{2}
    """
    G = 0.5*(a*(negative**2 + 1))
    return G


def mean(a: Array, negative: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{\sqrt{2} \sqrt{a} \left(1 - A\right)}{2 \sqrt{\pi}}
    """
    mu = ((1/2)*sqrt(2)/sqrt(pi))*(sqrt(a)*(1 - negative))
    return mu


def layer(c: Array, root: Array, negative: Array) -> tuple[Array, Array, Array]:
    r"""(F, Ḟ, √(G_a G_b − F²)) from c and root = √(ab − c²), with G_a = F(a, a, a).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{a} \sqrt{b} \left(1 - A\right)^{2} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{2 \pi} + c A
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = A + \frac{\left(1 - A\right)^{2} \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{2 \pi}
    s = \sqrt{G_{a} G_{b} - F^{2}}
    """
    x0 = -c
    x1 = maximum(x0, 0)
    x2 = maximum(c, 0)
    x3 = negative**2
    x4 = 0.5*x3 + 1/2
    x5 = abs(c)
    x6 = hypot(c, root)
    x7 = (1 - negative)**2
    x8 = (1/2)/pi
    x9 = x7*x8
    x10 = x6*x9*crescent(angle(root, x5))
    x11 = (negative + 1)**2
    x12 = x3 + 1
    x13 = 0.5*x1
    x14 = x4*sagitta(root, x5, x6)
    F = -negative*x1 + x10 + x2*x4
    F_dot = where(root >= x5, 0.25*x11 + x9*elevation(c, root), (negative*angle(root, c))/pi + x12*x8*angle(root, x0))
    following = sqrt(-x10 + x11*x13 + x14)*sqrt(x10 + x12*x2 + x13*x7 + x14)
    return F, F_dot, following


def last(c: Array, root: Array, negative: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) from c and root = √(ab − c²).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{a} \sqrt{b} \left(1 - A\right)^{2} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{2 \pi} + c A
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = A + \frac{\left(1 - A\right)^{2} \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{2 \pi}
    """
    x0 = -c
    x1 = negative**2
    x2 = abs(c)
    x3 = (1/2)/pi
    x4 = x3*(1 - negative)**2
    F = -negative*maximum(x0, 0) + x4*crescent(angle(root, x2))*hypot(c, root) + (0.5*x1 + 1/2)*maximum(c, 0)
    F_dot = where(root >= x2, x4*elevation(c, root) + 0.25*(negative + 1)**2, (negative*angle(root, c))/pi + x3*(x1 + 1)*angle(root, x0))
    return F, F_dot
