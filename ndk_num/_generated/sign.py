# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        a914ac71825a48b9eea7f4507d1c95a341c004c43b774d1a335307252051e61c
#     norm        6ee02fee07dbf656b6f8c74ed136764132dc9205f7ddab7419df356421b91656
#     mean        7aaba0d880a98b9bde0de4ac29acd81c8ba98004e81d935ecfe9a4c8bd29fac6
#     layer       017c8f621d600a0163b26a7c9d91236610281e8a97d6af5672070b9373757425
#     last        dc22b55b37b461349c4600cc0c16a12e674e288b5153f6714b8dc0232d39e27b
r"""Layer map: sign.

φ(z) = sgn z.   With sin χ = c/√(ab):   F = 2χ/π,   Ḟ = 2/(π √(ab − c²)),   μ = 0.

φ′ = 2δ: Ḟ is the density of (z₁, z₂) at the origin, times 4. It is infinite at c = ±√(ab), and so are the NDK and
the NTK of an input with itself: a network of signs has kernels K^l but no gradient dynamics.

Stable form: both through √(ab − c²), which is compensated.

Reference: SI Sec. C.2, the derivative of |z|.
"""

from numpy import pi, sqrt

from .runtime import Array, angle, elevation, filled, root_det


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{2 \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2}{\pi \sqrt{a b - c^{2}}}
    """
    x0 = root_det(a, c, b)
    F = (2/pi)*elevation(c, x0)
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


def layer(c: Array, root: Array) -> tuple[Array, Array, Array]:
    r"""(F, Ḟ, √(G_a G_b − F²)) from c and root = √(ab − c²), with G_a = F(a, a, a).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{2 \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2}{\pi \sqrt{a b - c^{2}}}
    s = \sqrt{G_{a} G_{b} - F^{2}}
    """
    F = (2/pi)*elevation(c, root)
    F_dot = filled(2/(pi*root), c, root)
    following = (2/pi)*(sqrt(angle(root, -c))*sqrt(angle(root, c)))
    return F, F_dot, following


def last(c: Array, root: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) from c and root = √(ab − c²).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{2 \arcsin{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{\pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{2}{\pi \sqrt{a b - c^{2}}}
    """
    F = (2/pi)*elevation(c, root)
    F_dot = filled(2/(pi*root), c, root)
    return F, F_dot
