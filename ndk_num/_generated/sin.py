# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        3e9c56cfada2cc7b1936fdb6ace8f228f6b1a57c960b5c16a4ec21f683d67c22
#     norm        5650300f680ce6439ba0b4ea53f616f7623ab08889c36cb9d71b64fd2d9b16fd
#     mean        9bd4818e21063f2391cbfe1d1511090d166cbbd582b199b6d8c1f23101c93c70
r"""Layer map: sine.

φ(z) = sin ωz.   F = e^{−ω²(a+b)/2} sinh ω²c,   Ḟ = ω² e^{−ω²(a+b)/2} cosh ω²c,   μ = 0.

Stable form: with ⟨(z₁ ∓ z₂)²⟩ = a + b ∓ 2c, the two exponentials are e^{−ω²⟨(z₁ ∓ z₂)²⟩/2}, and the greater one is
taken out of their difference.

Reference: the characteristic function of z₁ ± z₂.
"""

from numpy import exp, sign

from .runtime import Array, expm1, filled, spread


def dual(a: Array, c: Array, b: Array, frequency: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = e^{- \frac{\omega^{2} \left(a + b\right)}{2}} \sinh{\left(c \omega^{2} \right)}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \omega^{2} e^{- \frac{\omega^{2} \left(a + b\right)}{2}} \cosh{\left(c \omega^{2} \right)}
    """
    x0 = abs(c)
    x1 = frequency**2
    x2 = 0.5*x1
    F = -1/2*exp(-x2*spread(a, x0, b))*expm1(-2*x0*x1)*sign(c)
    F_dot = x2*(exp(-x2*spread(a, c, b)) + exp(-x2*spread(a, -c, b)))
    return F, F_dot


def norm(a: Array, frequency: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{1}{2} - \frac{e^{- 2 a \omega^{2}}}{2}
    """
    G = -1/2*expm1(-2*a*frequency**2)
    return G


def mean(a: Array, frequency: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = 0
    """
    mu = filled(0, a, frequency)
    return mu
