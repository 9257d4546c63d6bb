# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        40d117fba11c7f067a6e078f0f16ff48a2fbc04121f3da5b9e1793a01e7665ff
#     norm        df9d180ba7be86074b9f9a5d6f50e8b91cb57d7f2b3675fe95b96a5137b2c309
#     mean        c820746da3e6a47aec561703e52ddf7f27040b27865af412c50cd059b3f04557
#     layer       7f110d92cb04564620fd01f019fbb3cdbeaf75e98667c9e1145b396be2ff1d1d
r"""Layer map: rectified linear unit.

φ(z) = max(z, 0).   With cos θ = c/√(ab):   F = √(ab)/(2π) (sin θ + (π − θ) cos θ),   Ḟ = (π − θ)/(2π).

(SI 62–66)

Stable form: with ψ = min(θ, π − θ) the bracket is π max(cos θ, 0) + (sin ψ − ψ cos ψ), two positive terms.

Reference: SI Sec. C.2, Eqs. 62-66; Cho and Saul (2009).
"""

from numpy import maximum, pi, sqrt

from .runtime import Array, angle, excess, root_det, wedge


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

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{c^{2} + root^{2}} \left(\frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{c^{2} + root^{2}}} \right)}\right)}{\sqrt{c^{2} + root^{2}}} + \sqrt{1 - \frac{c^{2}}{c^{2} + root^{2}}}\right)}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{\pi - \arccos{\left(\frac{c}{\sqrt{c^{2} + root^{2}}} \right)}}{2 \pi}
    \sqrt{G_a G_b - F^2} = \sqrt{\frac{c^{2}}{4} + \frac{root^{2}}{4} - \frac{\left(c^{2} + root^{2}\right) \left(\frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{c^{2} + root^{2}}} \right)}\right)}{\sqrt{c^{2} + root^{2}}} + \sqrt{1 - \frac{c^{2}}{c^{2} + root^{2}}}\right)^{2}}{4 \pi^{2}}}
    """
    x0 = maximum(c, 0)
    x1 = wedge(root, abs(c))/(2*pi)
    x2 = -c
    x3 = excess(root, c)/2 + maximum(x2, 0)/2
    F = x0/2 + x1
    F_dot = angle(root, x2)/(2*pi)
    root_next = sqrt(-x1 + x3)*sqrt(x0 + x1 + x3)
    return F, F_dot, root_next
