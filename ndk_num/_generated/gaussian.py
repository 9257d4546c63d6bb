# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        8bbf146ad677b3248df2b7d80fb2662ae7e14d7bf7ee21c9b992f4d0f4e81f01
#     norm        6f3dead3bc0ea1e6bec28ee98993d1e5750b30f06d6e3b01d86a8c003cfc5bd7
#     mean        f8ddac47467dd4562e3c265dea80a13a908409c1c9285c8f9c149f9314aab914
r"""Layer map: Gaussian.

φ(z) = exp(−z²/2w²).   With r² = (w² + a)(w² + b) − c²:   F = w²/r,   Ḟ = w² c/r³,   μ = w/√(w² + a).

Stable form: r² = w⁴ + w²(a + b) + (ab − c²), a sum of positive terms.

Reference: the norm of a Gaussian with the precision matrix of z plus 1/w².
"""

from numpy import sqrt, where

from .runtime import Array, hypot, quotient, root_det


def dual(a: Array, c: Array, b: Array, width: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{w^{2}}{\sqrt{\left(a + w^{2}\right) \left(b + w^{2}\right) - c^{2}}}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{c w^{2}}{\left(\left(a + w^{2}\right) \left(b + w^{2}\right) - c^{2}\right)^{\frac{3}{2}}}
    """
    x0 = width**2
    x1 = a + b + x0
    x2 = sqrt(x1)
    x3 = root_det(a, c, b)
    x4 = hypot(width*x2, x3)
    F = x0/x4
    F_dot = where(x2 < 1000000000000000000, c*x0/(x0*x1 + x3**2)**(3/2), quotient(c, x4)*quotient(width, x4)**2)
    return F, F_dot


def norm(a: Array, width: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{w}{\sqrt{2 a + w^{2}}}
    """
    G = width/sqrt(2*a + width**2)
    return G


def mean(a: Array, width: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{w}{\sqrt{a + w^{2}}}
    """
    mu = width/sqrt(a + width**2)
    return mu
