# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        32414f5da9a6d2274c580188914509de191242c33c1edf82398fa0b81f95c327
#     norm        40196beb9958205362c3c05bfe96f9b2e1e718eefc644c518ee9dca2553ca076
#     mean        3cbd85c58f496f97cfd349dde8c064d70f63d00367eb416d328eabcbde651e45
r"""Layer map: leaky rectified linear unit.

φ(z) = max(z, 0) + A min(z, 0).

With cos θ = c/√(ab):   F = (1 − A)² √(ab)/(2π) (sin θ + (π − θ) cos θ) + A c,   Ḟ = (1 − A)² (π − θ)/(2π) + A,
μ = (1 − A) √(a/2π).   The two slopes A and 1.

Reference: SI Sec. C.2 for each half of φ.
"""

from numpy import maximum, minimum, pi, sqrt, where

from .runtime import Array, angle, root_det, wedge


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
    F = negative*minimum(c, 0) + x4*wedge(x1, x2) + (x0/2 + 1/2)*maximum(c, 0)
    F_dot = where(x1 >= x2, x4*angle(c, x1) + (negative + 1)**2/4, (negative*angle(x1, c))/pi + x3*(x0 + 1)*angle(x1, -c))
    return F, F_dot


def norm(a: Array, negative: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{a \left(A^{2} + 1\right)}{2}
    """
    G = (a*(negative**2 + 1))/2
    return G


def mean(a: Array, negative: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{\sqrt{2} \sqrt{a} \left(1 - A\right)}{2 \sqrt{\pi}}
    """
    mu = ((1/2)*sqrt(2)/sqrt(pi))*(sqrt(a)*(1 - negative))
    return mu
