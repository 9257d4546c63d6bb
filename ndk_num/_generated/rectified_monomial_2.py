# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        958abb8afa2a7467c7bcab67816006a8a1267044eb8be036f01b616762a67fd3
#     norm        6539195c03f1f96c3073fead9b8b7f798cd988162c09c5875948792a099e7147
#     mean        df9d180ba7be86074b9f9a5d6f50e8b91cb57d7f2b3675fe95b96a5137b2c309
#     layer       78ccf90f94139fc9b8807f302999d363e7eee76c241edb70b7d991a41dd46ce7
#     last        2ce6eef0be6a0c59eec2a436d66d5b2dbcb7b89d2e0d02580b1467e9ae006c1e
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

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{a b \left(\left(1 + \frac{2 c^{2}}{a b}\right) \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) + \frac{3 c \sqrt{1 - \frac{c^{2}}{a b}}}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2 \sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{\pi}
    """
    x0 = root_det(a, c, b)
    x1 = abs(c)
    x2 = arc_wedge(2, x0, x1)/(2*pi)
    x3 = c > 0
    x4 = arc_wedge(1, x0, x1)/(2*pi)
    F = where(x3, 0.5*(a*b) + c**2 - x2, x2)
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
    x0 = c**2
    x1 = hypot(c, root)
    x2 = x1**2
    x3 = abs(c)
    x4 = arc_wedge(2, root, x3)
    x5 = (1/2)/pi
    x6 = x4*x5
    x7 = c > 0
    x8 = x5*arc_wedge(1, root, x3)
    x9 = x4/(32*pi)
    F = where(x7, x0 + 0.5*x2 - x6, x6)
    F_dot = 4*where(x7, 0.5*c + x8, x8)
    following = 4*sqrt(3/32*x2 + where(x7, x0/16 + x2/32 - x9, x9))*where(x7, sqrt(x6 + 0.5*((2*c + 2*x1)*sagitta(root, x3, x1))), sqrt(3/2*x2 - x6))
    return F, F_dot, following


def last(c: Array, root: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) from c and root = √(ab − c²).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{a b \left(\left(1 + \frac{2 c^{2}}{a b}\right) \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) + \frac{3 c \sqrt{1 - \frac{c^{2}}{a b}}}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2 \sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{\pi}
    """
    x0 = abs(c)
    x1 = arc_wedge(2, root, x0)/(2*pi)
    x2 = c > 0
    x3 = arc_wedge(1, root, x0)/(2*pi)
    F = where(x2, c**2 - x1 + 0.5*hypot(c, root)**2, x1)
    F_dot = 4*where(x2, 0.5*c + x3, x3)
    return F, F_dot
