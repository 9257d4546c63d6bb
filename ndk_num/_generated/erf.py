# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        8acaccc7dcede9e4b38c8da0407ebb8d663ff3555eae86e128dc312cf9f52e49
#     norm        ca1091b4a5f783ad9ff8559a142e0e29919e3b6947ec2372890d01b5ee58096b
#     mean        7aaba0d880a98b9bde0de4ac29acd81c8ba98004e81d935ecfe9a4c8bd29fac6
r"""Layer map: error function.

φ(z) = erf(z).   F = (2/π) asin(2c/√((1+2a)(1+2b))),   Ḟ = (4/π)/√((1+2a)(1+2b) − 4c²),   μ = 0.   (SI Sec. C.3)

Stable form: (1+2a)(1+2b) − 4c² = 1 + 2(a+b) + 4(ab − c²), a sum of positive terms.

Reference: SI Sec. C.3; Williams (1996).
"""

from numpy import pi, sqrt

from .runtime import Array, angle, filled, hypot, root_det


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{2 \arcsin{\left(\frac{2 c}{\sqrt{2 a + 1} \sqrt{2 b + 1}} \right)}}{\pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{4}{\pi \sqrt{\left(2 a + 1\right) \left(2 b + 1\right) - 4 c^{2}}}
    """
    x0 = hypot(sqrt(2*a + 2*b + 1), 2*root_det(a, c, b))
    F = (2/pi)*angle(2*c, x0)
    F_dot = 4/(pi*x0)
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{2 \arcsin{\left(\frac{2 a}{2 a + 1} \right)}}{\pi}
    """
    G = (2/pi)*angle(2*a, sqrt(4*a + 1))
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = 0
    """
    mu = filled(0, a)
    return mu
