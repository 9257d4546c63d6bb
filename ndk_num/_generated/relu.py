# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        40d117fba11c7f067a6e078f0f16ff48a2fbc04121f3da5b9e1793a01e7665ff
#     norm        df9d180ba7be86074b9f9a5d6f50e8b91cb57d7f2b3675fe95b96a5137b2c309
#     mean        c820746da3e6a47aec561703e52ddf7f27040b27865af412c50cd059b3f04557
#     layer       13666b46667efe350a966eb9edd900a353e9ce7eba258659575db886b02e2ec5
r"""Layer map: rectified linear unit.

φ(z) = max(z, 0).   With cos θ = c/√(ab):   F = √(ab)/(2π) (sin θ + (π − θ) cos θ),   Ḟ = (π − θ)/(2π).

(SI 62–66)

Stable form: with ψ = min(θ, π − θ) the bracket is π max(cos θ, 0) + (sin ψ − ψ cos ψ), two positive terms.

Reference: SI Sec. C.2, Eqs. 62-66; Cho and Saul (2009).
"""

from numpy import maximum, pi, sqrt, where

from .runtime import Array, angle, crescent, hypot, root_det, sagitta, wedge


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{2 \pi}
    """
    x0 = root_det(a, c, b)
    F = wedge(x0, abs(c))/(2*pi) + maximum(c, 0)/2
    F_dot = angle(x0, -c)/(2*pi)
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{a}{2}
    """
    G = a/2
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
    x0 = maximum(c, 0)
    x1 = abs(c)
    x2 = angle(root, x1)
    x3 = hypot(c, root)
    x4 = (x3*crescent(x2))/(2*pi)
    x5 = sagitta(root, x1, x3)/2 + maximum(-c, 0)/2
    F = x0/2 + x4
    F_dot = where(c > 0, pi - x2, x2)/(2*pi)
    following = sqrt(-x4 + x5)*sqrt(x0 + x4 + x5)
    return F, F_dot, following
