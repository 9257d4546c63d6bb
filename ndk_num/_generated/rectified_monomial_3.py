# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        fabdf0cd49b2660376250eb039cf81320ece6c50dd3dbf8507ef1f0db935d60c
#     norm        6c5f45abe226b334a5b23a4ce659a95680c72a6d9be7e5a74fcd26ef776bde0e
#     mean        754b64d0c05f122ff3b5d745c8a2dea5ff94f1c1390cb812db05affb804c50ae
#     layer       6e4cf7b7b5eb59aaf07ad63ee712881b4f99f7d7bd27d6214632667f730b0b52
#     last        8fb81309ed588edc06ddf2a8addd361eab475f6a1f6baa8143fb181e4d6f7d31
r"""Layer map: rectified monomial.

φ(z) = max(z, 0)ⁿ, n ≥ 2.   With cos θ = c/√(ab):   F = (ab)^{n/2} J_n(θ)/(2π),   Ḟ = n² F of degree n − 1,

J_n(θ) = (−1)ⁿ sin^{2n+1}θ (1/sin θ · d/dθ)ⁿ [(π − θ)/sin θ],   μ = 2^{n/2} Γ((n+1)/2)/(2√π) a^{n/2}.

Stable form: with ψ the smaller of θ and π − θ, F at c < 0 is V_n = (ab)^{n/2} J_n(π − ψ)/(2π), a positive power
series times ψ^{2n+1}; at c > 0 it is ⟨z₁ⁿz₂ⁿ⟩/2 − (−1)ⁿ V_n, since F(c) + (−1)ⁿ F(−c) = ⟨z₁ⁿz₂ⁿ⟩/2.

Reference: Cho and Saul (2009).
"""

from numpy import pi, sqrt, where

from .runtime import Array, arc_wedge, hypot, quotient, root_det, sagitta


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{a^{\frac{3}{2}} b^{\frac{3}{2}} \left(4 \left(1 - \frac{c^{2}}{a b}\right)^{\frac{3}{2}} + \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) \left(\frac{9 c \left(1 - \frac{c^{2}}{a b}\right)}{\sqrt{a} \sqrt{b}} + \frac{15 c^{3}}{a^{\frac{3}{2}} b^{\frac{3}{2}}}\right) + \frac{15 c^{2} \sqrt{1 - \frac{c^{2}}{a b}}}{a b}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{9 a b \left(\left(1 + \frac{2 c^{2}}{a b}\right) \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) + \frac{3 c \sqrt{1 - \frac{c^{2}}{a b}}}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    """
    x0 = root_det(a, c, b)
    x1 = abs(c)
    x2 = arc_wedge(3, x0, x1)
    x3 = c > 0
    x4 = arc_wedge(2, x0, x1)
    F = where(x3, 9/2*(a*b*c) + 3*c**3 + x2, x2)
    F_dot = 9*where(x3, quotient(b*quotient(a, 4) + 0.5*c**2 - 1/2*x4, 1/2), x4)
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{15 a^{3}}{2}
    """
    G = 15/2*a**3
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{\sqrt{2} a^{\frac{3}{2}}}{\sqrt{\pi}}
    """
    mu = (sqrt(2)/sqrt(pi))*a**(3/2)
    return mu


def layer(c: Array, root: Array) -> tuple[Array, Array, Array]:
    r"""(F, Ḟ, √(G_a G_b − F²)) from c and root = √(ab − c²), with G_a = F(a, a, a).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{a^{\frac{3}{2}} b^{\frac{3}{2}} \left(4 \left(1 - \frac{c^{2}}{a b}\right)^{\frac{3}{2}} + \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) \left(\frac{9 c \left(1 - \frac{c^{2}}{a b}\right)}{\sqrt{a} \sqrt{b}} + \frac{15 c^{3}}{a^{\frac{3}{2}} b^{\frac{3}{2}}}\right) + \frac{15 c^{2} \sqrt{1 - \frac{c^{2}}{a b}}}{a b}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{9 a b \left(\left(1 + \frac{2 c^{2}}{a b}\right) \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) + \frac{3 c \sqrt{1 - \frac{c^{2}}{a b}}}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    s = \sqrt{G_{a} G_{b} - F^{2}}
    """
    x0 = abs(c)
    x1 = arc_wedge(3, root, x0)
    x2 = hypot(c, root)
    x3 = c > 0
    x4 = arc_wedge(2, root, x0)
    x5 = quotient(x2, 4)
    x6 = x5**3
    x7 = x1/64
    x8 = quotient(c, 4)
    x9 = x5**2
    F = where(x3, 3*c**3 + 9/2*(c*x2**2) + x1, x1)
    F_dot = 9*where(x3, quotient(0.5*c**2 + x2*x5 - 1/2*x4, 1/2), x4)
    following = 64*sqrt(15/2*x6 + where(x3, x7 + 3*x8**3 + 9/2*(x8*x9), x7))*where(x3, sqrt(-x7 + (3*x5*x8 + 3*x8**2 + 15/2*x9)*quotient(sagitta(root, x0, x2), 4)), sqrt(15/2*x6 - x7))
    return F, F_dot, following


def last(c: Array, root: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) from c and root = √(ab − c²).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{a^{\frac{3}{2}} b^{\frac{3}{2}} \left(4 \left(1 - \frac{c^{2}}{a b}\right)^{\frac{3}{2}} + \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) \left(\frac{9 c \left(1 - \frac{c^{2}}{a b}\right)}{\sqrt{a} \sqrt{b}} + \frac{15 c^{3}}{a^{\frac{3}{2}} b^{\frac{3}{2}}}\right) + \frac{15 c^{2} \sqrt{1 - \frac{c^{2}}{a b}}}{a b}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{9 a b \left(\left(1 + \frac{2 c^{2}}{a b}\right) \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) + \frac{3 c \sqrt{1 - \frac{c^{2}}{a b}}}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    """
    x0 = abs(c)
    x1 = arc_wedge(3, root, x0)
    x2 = hypot(c, root)
    x3 = c > 0
    x4 = arc_wedge(2, root, x0)
    F = where(x3, 3*c**3 + 9/2*(c*x2**2) + x1, x1)
    F_dot = 9*where(x3, quotient(0.5*c**2 + x2*quotient(x2, 4) - 1/2*x4, 1/2), x4)
    return F, F_dot
