# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        d1fbe471e5c85d820b3bb13894b4c3cc7c96f041089af83c27c9414563616e95
#     norm        6c5f45abe226b334a5b23a4ce659a95680c72a6d9be7e5a74fcd26ef776bde0e
#     mean        754b64d0c05f122ff3b5d745c8a2dea5ff94f1c1390cb812db05affb804c50ae
#     layer       65614ab645f3107f89faf3f12dbf7b8d3a83a5d89b8ff0adb7bd24d4f9eace9d
#     last        cf7a6488b1aa49025b2bae5ff8282009a64ab2c172f25e129baa896612169d75
r"""Layer map: rectified monomial.

φ(z) = max(z, 0)ⁿ, n ≥ 2.   With cos θ = c/√(ab):   F = (ab)^{n/2} J_n(θ)/(2π),   Ḟ = n² F of degree n − 1,

J_n(θ) = (−1)ⁿ sin^{2n+1}θ (1/sin θ · d/dθ)ⁿ [(π − θ)/sin θ],   μ = 2^{n/2} Γ((n+1)/2)/(2√π) a^{n/2}.

Stable form: with ψ the smaller of θ and π − θ, F at c < 0 is V_n/(2π), V_n = (ab)^{n/2} J_n(π − ψ), a positive
power series times ψ^{2n+1}; at c > 0 it is ⟨z₁ⁿz₂ⁿ⟩/2 − (−1)ⁿ V_n/(2π), since F(c) + (−1)ⁿ F(−c) = ⟨z₁ⁿz₂ⁿ⟩/2.

Reference: Cho and Saul (2009).
"""

from numpy import pi, sqrt, where

from .runtime import Array, arc_wedge, hypot, root_det, sagitta


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{a^{\frac{3}{2}} b^{\frac{3}{2}} \left(4 \left(1 - \frac{c^{2}}{a b}\right)^{\frac{3}{2}} + \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) \left(\frac{9 c \left(1 - \frac{c^{2}}{a b}\right)}{\sqrt{a} \sqrt{b}} + \frac{15 c^{3}}{a^{\frac{3}{2}} b^{\frac{3}{2}}}\right) + \frac{15 c^{2} \sqrt{1 - \frac{c^{2}}{a b}}}{a b}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{9 a b \left(\left(1 + \frac{2 c^{2}}{a b}\right) \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) + \frac{3 c \sqrt{1 - \frac{c^{2}}{a b}}}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    """
    x0 = a*b
    x1 = root_det(a, c, b)
    x2 = abs(c)
    x3 = arc_wedge(3, x1, x2)/(2*pi)
    x4 = c > 0
    x5 = arc_wedge(2, x1, x2)/(2*pi)
    F = where(x4, 3*c**3 + 9/2*(c*x0) + x3, x3)
    F_dot = 9*where(x4, c**2 + 0.5*x0 - x5, x5)
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
    x0 = c**3
    x1 = hypot(c, root)
    x2 = x1**2
    x3 = c*x2
    x4 = abs(c)
    x5 = arc_wedge(3, root, x4)
    x6 = (1/2)/pi
    x7 = x5*x6
    x8 = c > 0
    x9 = c**2
    x10 = x6*arc_wedge(2, root, x4)
    x11 = x1**3
    x12 = x5/(32*pi)
    F = where(x8, 3*x0 + 9/2*x3 + x7, x7)
    F_dot = 9*where(x8, -x10 + 0.5*x2 + x9, x10)
    following = 4*sqrt(15/32*x11 + where(x8, 3/16*x0 + x12 + 9/32*x3, x12))*where(x8, sqrt(-x7 + 0.5*((6*c*x1 + 15*x2 + 6*x9)*sagitta(root, x4, x1))), sqrt(15/2*x11 - x7))
    return F, F_dot, following


def last(c: Array, root: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) from c and root = √(ab − c²).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{a^{\frac{3}{2}} b^{\frac{3}{2}} \left(4 \left(1 - \frac{c^{2}}{a b}\right)^{\frac{3}{2}} + \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) \left(\frac{9 c \left(1 - \frac{c^{2}}{a b}\right)}{\sqrt{a} \sqrt{b}} + \frac{15 c^{3}}{a^{\frac{3}{2}} b^{\frac{3}{2}}}\right) + \frac{15 c^{2} \sqrt{1 - \frac{c^{2}}{a b}}}{a b}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{9 a b \left(\left(1 + \frac{2 c^{2}}{a b}\right) \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) + \frac{3 c \sqrt{1 - \frac{c^{2}}{a b}}}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    """
    x0 = hypot(c, root)**2
    x1 = abs(c)
    x2 = arc_wedge(3, root, x1)/(2*pi)
    x3 = c > 0
    x4 = arc_wedge(2, root, x1)/(2*pi)
    F = where(x3, 3*c**3 + 9/2*(c*x0) + x2, x2)
    F_dot = 9*where(x3, c**2 + 0.5*x0 - x4, x4)
    return F, F_dot
