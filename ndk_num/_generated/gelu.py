# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        e9d54d335e48e11b99e2e8f82896b1968604f251b30e34218fa5e65d797849a9
#     norm        c634ec48b54ee628cba788d348cc5e2768ff641db6f7d5a84789446d122c7a1b
#     mean        0ebd002b708f32dfbfa80334eef9c3c3f3fda5441eea04e5928cf95d77b06e4a
r"""Layer map: Gaussian error linear unit.

φ(z) = z (1 + erf(z/√2))/2.   With r² = (1+a)(1+b) − c², sin χ = c/√((1+a)(1+b)) and h = 1/(1+a) + 1/(1+b):

F = c/4 + [c χ + (ab − c² + h c²)/r]/(2π),   Ḟ = 1/4 + [χ + hc/r + c/r³]/(2π),   μ = a/√(2π(1+a)).

Stable form: r² = 1 + a + b + (ab − c²), and π/2 + χ is the angle of (−c, r): F = [c (π/2 + χ) + …]/(2π) adds
positive terms where c ≥ 0. For c < −r, with ψ = π/2 + χ small, what cancels in r − |c| ψ is taken out:
2πF = (r − |c| ψ) − [(1+a)/(1+b) + (1+b)/(1+a) + 1 − h + h (ab − c²)]/r.

Reference: Hendrycks and Gimpel (2016); F by Gaussian integration by parts.
"""

from numpy import pi, sqrt, where

from .runtime import Array, angle, hypot, quotient, root_det, wedge


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{c}{4} + \frac{c \arcsin{\left(\frac{c}{\sqrt{a + 1} \sqrt{b + 1}} \right)} + \frac{a b + c^{2} \left(\frac{1}{b + 1} + \frac{1}{a + 1}\right) - c^{2}}{\sqrt{\left(a + 1\right) \left(b + 1\right) - c^{2}}}}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{\frac{c \left(\frac{1}{b + 1} + \frac{1}{a + 1}\right)}{\sqrt{\left(a + 1\right) \left(b + 1\right) - c^{2}}} + \frac{c}{\left(\left(a + 1\right) \left(b + 1\right) - c^{2}\right)^{\frac{3}{2}}} + \arcsin{\left(\frac{c}{\sqrt{a + 1} \sqrt{b + 1}} \right)}}{2 \pi} + \frac{1}{4}
    """
    x0 = a + 1
    x1 = root_det(a, c, b)
    x2 = hypot(sqrt(b + x0), x1)
    x3 = 1/x0
    x4 = b + 1
    x5 = 1/x4
    x6 = x3 + x5
    x7 = x1*quotient(x1, x2)
    x8 = angle(x2, -c)
    x9 = quotient(c, x2)
    F = where(c < -x2, -x6*x7 + wedge(x2, abs(c)) - (-x3 - x5 + quotient(x0, x4) + quotient(x4, x0) + 1)/x2, c*x8 + x7 + x9*(quotient(c, x0) + quotient(c, x4)))/(2*pi)
    F_dot = (x8 + x9*(x6 + 1/(x2**2)))/(2*pi)
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{a}{4} + \frac{\frac{2 a^{2}}{\left(a + 1\right) \sqrt{\left(a + 1\right)^{2} - a^{2}}} + a \arcsin{\left(\frac{a}{a + 1} \right)}}{2 \pi}
    """
    x0 = sqrt(2*a + 1)
    G = (a*angle(x0, -a) + 2*quotient(a, x0)*quotient(a, a + 1))/(2*pi)
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{\sqrt{2} a}{2 \sqrt{\pi} \sqrt{a + 1}}
    """
    mu = (1/2)*sqrt(2)*a/(sqrt(pi)*sqrt(a + 1))
    return mu
