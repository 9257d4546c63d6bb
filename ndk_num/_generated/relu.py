# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        98a245ecff9a61333996a82e8f3860f54ffbcb05664e5c88f2115a3e137fe495
#     norm        df9d180ba7be86074b9f9a5d6f50e8b91cb57d7f2b3675fe95b96a5137b2c309
#     mean        c820746da3e6a47aec561703e52ddf7f27040b27865af412c50cd059b3f04557
#     layer       fe2f27c0873545e47535c52070c12b87ec0b37b42bcc9e04dd7c85825438ae1c
#     last        ded244bd37c5a3d35db0e1da8ff42132239ea0a99dcf4af044eb9d63d7190de6
r"""Layer map: rectified linear unit.

φ(z) = max(z, 0).   With cos θ = c/√(ab):   F = √(ab)/(2π) (sin θ + (π − θ) cos θ),   Ḟ = (π − θ)/(2π).

(SI 62–66)

Stable form: with ψ = min(θ, π − θ) the bracket is π max(cos θ, 0) + (sin ψ − ψ cos ψ), two positive terms.

Reference: SI Sec. C.2, Eqs. 62-66; Cho and Saul (2009).
"""

from numpy import maximum, minimum, pi, sqrt, where

from .runtime import Array, angle, crescent, hypot, root_det, sagitta, turn, wedge


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{2 \pi}
    """
    F = wedge(root_det(a, c, b), abs(c))/(2*pi) + 0.5*maximum(c, 0)
    F_dot = turn(a, -c, b)/(2*pi)
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{a}{2}
    """
    G = 0.5*a
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{\sqrt{2} \sqrt{a}}{2 \sqrt{\pi}}
    """
    mu = ((1/2)*sqrt(2)/sqrt(pi))*sqrt(a)
    return mu


def layer(c: Array, root: Array) -> tuple[Array, Array, Array]:
    r"""(F, Ḟ, √(G_a G_b − F²)) from c and root = √(ab − c²), with G_a = F(a, a, a).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{2 \pi}
    s = \sqrt{G_{a} G_{b} - F^{2}}
    """
    x0 = abs(c)
    x1 = angle(root, x0)
    x2 = hypot(c, root)
    x3 = 0.5*x2
    x4 = (x3*crescent(x1))/pi
    x5 = x4 + 0.5*maximum(c, 0)
    F = x5
    F_dot = where(c > 0, pi - x1, x1)/(2*pi)
    following = sqrt(x3 + x5)*sqrt(-x4 + 0.5*sagitta(root, x0, x2) - 1/2*minimum(c, 0))
    return F, F_dot, following


def last(c: Array, root: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) from c and root = √(ab − c²).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{2 \pi}
    """
    x0 = angle(root, abs(c))
    F = (crescent(x0)*hypot(c, root))/(2*pi) + 0.5*maximum(c, 0)
    F_dot = where(c > 0, pi - x0, x0)/(2*pi)
    return F, F_dot
