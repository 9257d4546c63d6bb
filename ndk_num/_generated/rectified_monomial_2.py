# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        c2761fe6179421b1b38b20da36aa44e5821a94829289072c18096c1c170ec809
#     norm        6539195c03f1f96c3073fead9b8b7f798cd988162c09c5875948792a099e7147
#     mean        df9d180ba7be86074b9f9a5d6f50e8b91cb57d7f2b3675fe95b96a5137b2c309
#     layer       8abb5663192c75ffdee8e91b739cda16a934cbf7ed546ac8aed064c525f01e6f
#     last        94b752c7fb42da8c8c0f296bf7b23a27b5745f18ffb380ed9e666a76591b646f
r"""Layer map: rectified monomial.

φ(z) = max(z, 0)ⁿ, n ≥ 2.   With cos θ = c/√(ab):   F = (ab)^{n/2} J_n(θ)/(2π),   Ḟ = n² F of degree n − 1,

J_n(θ) = (−1)ⁿ sin^{2n+1}θ (1/sin θ · d/dθ)ⁿ [(π − θ)/sin θ],   μ = 2^{n/2} Γ((n+1)/2)/(2√π) a^{n/2}.

Stable form: with ψ the smaller of θ and π − θ, F at c < 0 is V_n = (ab)^{n/2} J_n(π − ψ)/(2π), a positive power
series times ψ^{2n+1}; at c > 0 it is ⟨z₁ⁿz₂ⁿ⟩/2 − (−1)ⁿ V_n, since F(c) + (−1)ⁿ F(−c) = ⟨z₁ⁿz₂ⁿ⟩/2.

Reference: Cho and Saul (2009).
"""

from numpy import sqrt, where

from .runtime import Array, arc_wedge, hypot, quotient, root_det, sagitta


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{a b \left(\left(1 + \frac{2 c^{2}}{a b}\right) \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) + \frac{3 c \sqrt{1 - \frac{c^{2}}{a b}}}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2 \sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{\pi}
    """
    x0 = root_det(a, c, b)
    x1 = abs(c)
    x2 = arc_wedge(2, x0, x1)
    x3 = c > 0
    x4 = arc_wedge(1, x0, x1)
    F = where(x3, quotient(b*quotient(a, 4) + 0.5*c**2 - 1/2*x2, 1/2), x2)
    F_dot = 4*where(x3, 0.5*c + x4, x4)
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{3 a^{2}}{2}
    """
    G = 3/2*a**2
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{a}{2}
    """
    mu = 0.5*a
    return mu


def layer(c: Array, root: Array) -> tuple[Array, Array, Array]:
    r"""(F, Ḟ, √(G_a G_b − F²)) from c and root = √(ab − c²), with G_a = F(a, a, a).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{a b \left(\left(1 + \frac{2 c^{2}}{a b}\right) \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) + \frac{3 c \sqrt{1 - \frac{c^{2}}{a b}}}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2 \sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{\pi}
    s = \sqrt{G_{a} G_{b} - F^{2}}
    """
    x0 = abs(c)
    x1 = arc_wedge(2, root, x0)
    x2 = hypot(c, root)
    x3 = quotient(x2, 4)
    x4 = c > 0
    x5 = arc_wedge(1, root, x0)
    x6 = x3**2
    x7 = quotient(c, 4)
    x8 = x1/16
    F = where(x4, quotient(0.5*c**2 - 1/2*x1 + x2*x3, 1/2), x1)
    F_dot = 4*where(x4, 0.5*c + x5, x5)
    following = 16*sqrt(3/2*x6 + where(x4, 0.5*x6 + x7**2 - x8, x8))*where(x4, sqrt(x8 + (x3 + x7)*quotient(sagitta(root, x0, x2), 4)), sqrt(3/2*x6 - x8))
    return F, F_dot, following


def last(c: Array, root: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) from c and root = √(ab − c²).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{a b \left(\left(1 + \frac{2 c^{2}}{a b}\right) \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) + \frac{3 c \sqrt{1 - \frac{c^{2}}{a b}}}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2 \sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{\pi}
    """
    x0 = abs(c)
    x1 = arc_wedge(2, root, x0)
    x2 = hypot(c, root)
    x3 = c > 0
    x4 = arc_wedge(1, root, x0)
    F = where(x3, quotient(0.5*c**2 - 1/2*x1 + x2*quotient(x2, 4), 1/2), x1)
    F_dot = 4*where(x3, 0.5*c + x4, x4)
    return F, F_dot
