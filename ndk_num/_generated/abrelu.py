# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        e41ea2428813de5d765ecee386cece936623be939425912eddab0a84177cc5ae
#     norm        fd1bd09b15ba0f48c89206a90070dfde1a01f6b4b28a09ac843bb5d5d49f106c
#     mean        decdf1f27b8c6a1c5de0698ee4563f69a279e30a4181ba48960966dc22b14676
r"""Layer map: two slopes.

φ(z) = A min(z, 0) + B max(z, 0) = (B − A) max(z, 0) + A z.

With cos θ = c/√(ab):   F = (B − A)² √(ab)/(2π) (sin θ + (π − θ) cos θ) + AB c,
Ḟ = (B − A)² (π − θ)/(2π) + AB,   μ = (B − A) √(a/2π).

Stable form: F is a multiple of √(ab − c²) − |c| ψ with ψ = min(θ, π − θ), which does not cancel, and of c; Ḟ is a
sum over the angles θ and π − θ near the edges, and between them (A + B)²/4 + (B − A)² (π/2 − θ)/(2π).

Reference: SI Sec. C.2 for each half of φ.
"""

from numpy import maximum, minimum, pi, sqrt, where

from .runtime import Array, angle, root_det, wedge


def dual(a: Array, c: Array, b: Array, negative: Array, positive: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\sqrt{a} \sqrt{b} \left(B - A\right)^{2} \left(\sqrt{1 - \frac{c^{2}}{a b}} + \frac{c \left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right)}{\sqrt{a} \sqrt{b}}\right)}{2 \pi} + c A B
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = A B + \frac{\left(\pi - \arccos{\left(\frac{c}{\sqrt{a} \sqrt{b}} \right)}\right) \left(B - A\right)^{2}}{2 \pi}
    """
    x0 = negative*positive
    x1 = negative**2
    x2 = positive**2
    x3 = root_det(a, c, b)
    x4 = abs(c)
    x5 = (1/2)/pi
    x6 = x5*(-negative + positive)**2
    F = x0*minimum(c, 0) + x6*wedge(x3, x4) + (x1/2 + x2/2)*maximum(c, 0)
    F_dot = where(x3 >= x4, x6*angle(c, x3) + (negative + positive)**2/4, (x0*angle(x3, c))/pi + x5*(x1 + x2)*angle(x3, -c))
    return F, F_dot


def norm(a: Array, negative: Array, positive: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{a \left(A^{2} + B^{2}\right)}{2}
    """
    G = (a*(negative**2 + positive**2))/2
    return G


def mean(a: Array, negative: Array, positive: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{\sqrt{2} \sqrt{a} \left(B - A\right)}{2 \sqrt{\pi}}
    """
    mu = ((1/2)*sqrt(2)/sqrt(pi))*(sqrt(a)*(-negative + positive))
    return mu
