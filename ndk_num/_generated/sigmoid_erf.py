# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        4c54c3012797800b5e1a1fcaf8328c33793b0b0712ad04a0e430dfa059b8226a
#     norm        f092682fd875553cee8417796ff1fb84ac99e835af46c3af844c277c43688df3
#     mean        041aa38a4200bc1e6bc00376a649bb2502757d21ad940edbe76c3a7dc42f283b
r"""Layer map: sigmoid made of the error function.

φ(z) = (1 + erf(rz))/2, within 0.02 of the logistic sigmoid at the default r = 5/12.

With F_erf and Ḟ_erf at (r²a, r²c, r²b):   F = (1 + F_erf)/4,   Ḟ = r² Ḟ_erf/4,   μ = 1/2.

Stable form: that of erf; where F_erf nears −1, 1 + F_erf is one angle.

Reference: SI Sec. C.3; Williams (1996).
"""

from numpy import pi, sqrt, where

from .runtime import Array, angle, filled, hypot, root_det


def dual(a: Array, c: Array, b: Array, scale: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = \frac{\arcsin{\left(\frac{2 c r^{2}}{\sqrt{2 a r^{2} + 1} \sqrt{2 b r^{2} + 1}} \right)}}{2 \pi} + \frac{1}{4}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \frac{r^{2}}{\pi \sqrt{\left(2 a r^{2} + 1\right) \left(2 b r^{2} + 1\right) - 4 c^{2} r^{4}}}
    """
    x0 = hypot((1/2)*sqrt(2)*sqrt(a + b + (1/2)/scale**2)/scale, root_det(a, c, b))
    F = where(c < -x0, angle(x0, -c)/(2*pi), angle(c, x0)/(2*pi) + 1/4)
    F_dot = (1/2)/(pi*x0)
    return F, F_dot


def norm(a: Array, scale: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{\arcsin{\left(\frac{2 a r^{2}}{2 a r^{2} + 1} \right)}}{2 \pi} + \frac{1}{4}
    """
    G = angle(a, sqrt(a + (1/4)/scale**2)/scale)/(2*pi) + 1/4
    return G


def mean(a: Array, scale: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = \frac{1}{2}
    """
    mu = filled(1/2, a, scale)
    return mu
