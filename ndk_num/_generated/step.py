# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        61428518dcda03f0cde7f7b540380587d6e2344bf59ae14a98320591364d528c
#     norm        14675454aa81cea97d24ff53f7678feaea4dfc34dd58789f482c0c8a0d0a0c97
#     mean        14675454aa81cea97d24ff53f7678feaea4dfc34dd58789f482c0c8a0d0a0c97
#     layer       1158d0dc2dc0d1d1e02d8e46f8b273c0b5fa33abda6350fb8f311b26d80e2ac1
#     last        1dd29bc1a1da40ef7ef448b59cb863bba91420688408664eaa757c531708fdf7
r"""Layer map: Heaviside step.

φ(z) = 1 at z > 0, 0 at z < 0.   With cos θ = c/√(ab):   F = (π − θ)/(2π),   Ḟ = 1/(2π √(ab − c²)),   μ = 1/2.

φ′ = δ: Ḟ is the density of (z₁, z₂) at the origin. It is infinite at c = ±√(ab), and so are the NDK and the NTK of
an input with itself: a network of steps has kernels K^l but no gradient dynamics.

Stable form: both through √(ab − c²), which is compensated.

Reference: SI Sec. C.2, the derivative of the rectified linear unit.
"""

from numpy import pi, sqrt

from .runtime import Array, angle, filled, root_det, turn


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{1}{2 \pi \sqrt{a b - c^{2}}}
    """
    F = turn(a, -c, b)/(2*pi)
    F_dot = (1/2)/(pi*root_det(a, c, b))
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{1}{2}
    """
    G = filled(1/2, a)
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{1}{2}
    """
    mu = filled(1/2, a)
    return mu


def layer(c: Array, root: Array) -> tuple[Array, Array, Array]:
    r"""(F, Ḟ, √(G_a G_b − F²)) from c and root = √(ab − c²), with G_a = F(a, a, a).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{1}{2 \pi \sqrt{a b - c^{2}}}
    s = \sqrt{G_{a} G_{b} - F^{2}}
    """
    x0 = angle(root, -c)/(2*pi)
    F = x0
    F_dot = filled((1/2)/(pi*root), c, root)
    following = ((1/2)*sqrt(2)/sqrt(pi))*(sqrt(x0 + 1/2)*sqrt(angle(root, c)))
    return F, F_dot, following


def last(c: Array, root: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) from c and root = √(ab − c²).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}}{2 \pi}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{1}{2 \pi \sqrt{a b - c^{2}}}
    """
    F = angle(root, -c)/(2*pi)
    F_dot = filled((1/2)/(pi*root), c, root)
    return F, F_dot
