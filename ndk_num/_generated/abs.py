# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        75da16cee8fae0531e7d1fefe47b7eab3eec5c2b880e9a04adfec4f4d484dbb6
#     norm        e2a3e84d29eed9af83a2c2febdb12b1c0366ba27d7b81efdd572ab38c72f8e3e
#     mean        a0cf24d544334d54b1cf422403902cd0cda61931b2b7591ae7708a5824afcc15
r"""Layer map: absolute value.

φ(z) = |z|.   With sin χ = c/√(ab):   F = (2/π) √(ab) (cos χ + χ sin χ),   Ḟ = 2χ/π,   μ = √(2a/π).

Stable form: F = |c| + (2/π) (√(ab − c²) − |c| (π/2 − |χ|)), two positive terms.

Reference: φ(z) = relu(z) + relu(−z) with SI Sec. C.2.
"""

from numpy import pi, sqrt

from .runtime import Array, angle, root_det, wedge


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{2 \sqrt{a} \sqrt{b} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\sqrt{a} \sqrt{b}}\right)}{\pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2 \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\pi}
    """
    x0 = abs(c)
    x1 = root_det(a, c, b)
    F = x0 + (2/pi)*wedge(x1, x0)
    F_dot = (2/pi)*angle(c, x1)
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
