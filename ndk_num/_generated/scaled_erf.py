# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        36202249319a8b5144b623c602b8dbc25cf7819b2d7bd897141490b19247dd71
#     norm        10a3d0e03c0902869a135fa691d53986a49dee426fac0062f07cc90a0fd5fe57
#     mean        13016844f753ddeae220563b2f36665df34689b0a891eab75eb69e85417f641d
r"""Layer map: error function with amplitude, scale and offset.

φ(z) = A erf(rz) + B.   With F_erf and Ḟ_erf at (r²a, r²c, r²b):   F = A² F_erf + B²,   Ḟ = A² r² Ḟ_erf,   μ = B.

Stable form: that of erf; where F_erf nears −1, F = A² (1 + F_erf) + (B − A)(B + A), with 1 + F_erf one angle.

Reference: SI Sec. C.3; Williams (1996).
"""

from numpy import pi, sqrt, where

from .runtime import Array, angle, filled, hypot, root_det


def dual(a: Array, c: Array, b: Array, amplitude: Array, scale: Array, offset: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{2 A^{2} \arcsin{\left(\frac{2 c r^{2}}{\sqrt{2 a r^{2} + 1} \sqrt{2 b r^{2} + 1}} \right)}}{\pi} + B^{2}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{4 A^{2} r^{2}}{\pi \sqrt{\left(2 a r^{2} + 1\right) \left(2 b r^{2} + 1\right) - 4 c^{2} r^{4}}}
    """
    x0 = scale**2
    x1 = 2*x0
    x2 = hypot(sqrt(x1*(a + b) + 1), x1*root_det(a, c, b))
    x3 = c*x0
    x4 = 2*x3
    x5 = amplitude**2/pi
    x6 = 2*x5
    F = where(x3 < -1/2*x2, x6*angle(x2, -x4) + (-amplitude + offset)*(amplitude + offset), offset**2 + x6*angle(x4, x2))
    F_dot = filled(4*x0*x5/x2, a, c, b, amplitude, scale, offset)
    return F, F_dot


def norm(a: Array, amplitude: Array, scale: Array, offset: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{2 A^{2} \arcsin{\left(\frac{2 a r^{2}}{2 a r^{2} + 1} \right)}}{\pi} + B^{2}
    """
    x0 = a*scale**2
    G = (2/pi)*(amplitude**2*angle(2*x0, sqrt(4*x0 + 1))) + offset**2
    return G


def mean(a: Array, amplitude: Array, scale: Array, offset: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = B
    """
    mu = filled(offset, a, amplitude, scale, offset)
    return mu
