# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        faf1bea98f064997d4644a9622d371d42b861bfb0243475bcb94705499a98860
#     norm        6ee02fee07dbf656b6f8c74ed136764132dc9205f7ddab7419df356421b91656
#     mean        7aaba0d880a98b9bde0de4ac29acd81c8ba98004e81d935ecfe9a4c8bd29fac6
r"""Layer map: sign.

φ(z) = sgn z.   With sin χ = c/√(ab):   F = 2χ/π,   Ḟ = 2/(π √(ab − c²)),   μ = 0.

φ′ = 2δ: Ḟ is the density of (z₁, z₂) at the origin, times 4. It is infinite at c = ±√(ab), and so are the NDK and
the NTK of an input with itself: a network of signs has kernels K^l but no gradient dynamics.

Stable form: both through √(ab − c²), which is compensated.

Reference: SI Sec. C.2, the derivative of |z|.
"""

from numpy import pi

from .runtime import Array, angle, filled, root_det


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{2 \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2}{\pi \sqrt{a b - c^{2}}}
    """
    x0 = root_det(a, c, b)
    F = (2/pi)*angle(c, x0)
    F_dot = 2/(pi*x0)
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = 1
    """
    G = filled(1, a)
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = 0
    """
    mu = filled(0, a)
    return mu
