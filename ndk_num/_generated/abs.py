# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        7dfaad052dd35c5e983b6042fc30973fd5e4926c90db3a6a6b114c550d0a7463
#     norm        e2a3e84d29eed9af83a2c2febdb12b1c0366ba27d7b81efdd572ab38c72f8e3e
#     mean        a0cf24d544334d54b1cf422403902cd0cda61931b2b7591ae7708a5824afcc15
#     layer       e2f479f713b769585dc1ba161c0e97c6ef5705ea79ba4b8b272810c2c0f240e6
#     last        61306321901b79c170fa7a9ac944c457d7b58898f1f076dda68436533fe4dd14
r"""Layer map: absolute value.

φ(z) = |z|.   With sin χ = c/√(ab):   F = (2/π) √(ab) (cos χ + χ sin χ),   Ḟ = 2χ/π,   μ = √(2a/π).

Stable form: F = |c| + (2/π) (√(ab − c²) − |c| (π/2 − |χ|)), two positive terms.

Reference: φ(z) = relu(z) + relu(−z) with SI Sec. C.2.
"""

from numpy import maximum, pi, sqrt

from .runtime import Array, angle, crescent, elevation, hypot, root_det, sagitta, wedge


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{2 \sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\sqrt{a} \sqrt{b}}\right)}{\pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2 \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\pi}
    """
    x0 = abs(c)
    x1 = root_det(a, c, b)
    F = x0 + (2/pi)*wedge(x1, x0)
    F_dot = (2/pi)*elevation(c, x1)
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = a
    """
    G = a
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{\sqrt{2} \sqrt{a}}{\sqrt{\pi}}
    """
    mu = (sqrt(2)/sqrt(pi))*sqrt(a)
    return mu


def layer(c: Array, root: Array) -> tuple[Array, Array, Array]:
    r"""(F, Ḟ, √(G_a G_b − F²)) from c and root = √(ab − c²), with G_a = F(a, a, a).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{2 \sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\sqrt{a} \sqrt{b}}\right)}{\pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2 \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\pi}
    s = \sqrt{G_{a} G_{b} - F^{2}}
    """
    x0 = maximum(c, 0)
    x1 = maximum(-c, 0)
    x2 = abs(c)
    x3 = hypot(c, root)
    x4 = (2/pi)*(x3*crescent(angle(root, x2)))
    x5 = sagitta(root, x2, x3)
    F = x0 + x1 + x4
    F_dot = (2/pi)*elevation(c, root)
    following = sqrt(-x4 + x5)*sqrt(2*x0 + 2*x1 + x4 + x5)
    return F, F_dot, following


def last(c: Array, root: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) from c and root = √(ab − c²).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{2 \sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\sqrt{a} \sqrt{b}}\right)}{\pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2 \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\pi}
    """
    F = (2/pi)*(crescent(angle(root, abs(c)))*hypot(c, root)) + maximum(-c, 0) + maximum(c, 0)
    F_dot = (2/pi)*elevation(c, root)
    return F, F_dot
