# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        5cdd543ed3c288628eefa69bf2e5d3e92fa2db86eacc91b067fc3ceca78b2696
#     norm        4af7fd12a02e6891be8e6221faebff15c7ffb04b18ea5a9b9220609064e33af8
#     mean        13016844f753ddeae220563b2f36665df34689b0a891eab75eb69e85417f641d
r"""Layer map: error function with amplitude, scale and offset.

φ(z) = A erf(rz) + B.   With F_erf and Ḟ_erf at (r²a, r²c, r²b):   F = A² F_erf + B²,   Ḟ = A² r² Ḟ_erf,   μ = B.

Stable form: the angles of erf, whose sides are divided by 2r², so that they are representable where r²a is not;
where F_erf nears −1, F = A² (1 + F_erf) + (B − A)(B + A), with 1 + F_erf one angle.

Reference: SI Sec. C.3; Williams (1996).
"""

from numpy import pi, sqrt, where

from .runtime import Array, angle, filled, hypot, root_det


def dual(a: Array, c: Array, b: Array, amplitude: Array, scale: Array, offset: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{2 A^{2} \arcsin{\left(\frac{2 c r^{2}}{\sqrt{2 a r^{2} + 1} \sqrt{2 b r^{2} + 1}} \right)}}{\pi} + B^{2}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{4 A^{2} r^{2}}{\pi \sqrt{\left(2 a r^{2} + 1\right) \left(2 b r^{2} + 1\right) - 4 c^{2} r^{4}}}
    """
    x0 = hypot((1/2)*sqrt(2)*sqrt(a + b + (1/2)/scale**2)/scale, root_det(a, c, b))
    x1 = (2/pi)*amplitude**2
    F = where(c < -x0, x1*angle(x0, -c) + (-amplitude + offset)*(amplitude + offset), offset**2 + x1*angle(c, x0))
    F_dot = filled(x1/x0, a, c, b, amplitude, scale, offset)
    return F, F_dot


def norm(a: Array, amplitude: Array, scale: Array, offset: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{2 A^{2} \arcsin{\left(\frac{2 a r^{2}}{2 a r^{2} + 1} \right)}}{\pi} + B^{2}
    """
    G = (2/pi)*(amplitude**2*angle(a, sqrt(a + (1/4)/scale**2)/scale)) + offset**2
    return G


def mean(a: Array, amplitude: Array, scale: Array, offset: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = B
    """
    mu = filled(offset, a, amplitude, scale, offset)
    return mu
