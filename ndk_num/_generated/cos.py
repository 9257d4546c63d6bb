# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        af4d3fb1b7e398f7ba91d094c58b9bfa68c675ea86713f50a890ba337bd99bd0
#     norm        0f09af69d4559ddbaedc65fffbd9615296961649aaeec930ccfa60796eeeb00e
#     mean        a19247b4c6f43c334810e8a07345ffa12a56ae14308bbd359bbbff71c673cd34
r"""Layer map: cosine.

φ(z) = cos ωz.   F = e^{−ω²(a+b)/2} cosh ω²c,   Ḟ = ω² e^{−ω²(a+b)/2} sinh ω²c,   μ = e^{−ω²a/2}.

Stable form: with ⟨(z₁ ∓ z₂)²⟩ = a + b ∓ 2c, the two exponentials are e^{−ω²⟨(z₁ ∓ z₂)²⟩/2}, and the greater one is
taken out of their difference.

Reference: the characteristic function of z₁ ± z₂.
"""

from numpy import exp, sign

from .runtime import Array, expm1, spread


def dual(a: Array, c: Array, b: Array, frequency: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = e^{- \frac{\omega^{2} \left(a + b\right)}{2}} \cosh{\left(c \omega^{2} \right)}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = \omega^{2} e^{- \frac{\omega^{2} \left(a + b\right)}{2}} \sinh{\left(c \omega^{2} \right)}
    """
    x0 = frequency**2
    x1 = 0.5*x0
    x2 = abs(c)
    F = (1/2)*exp(-x1*spread(a, c, b)) + (1/2)*exp(-x1*spread(a, -c, b))
    F_dot = -x1*exp(-x1*spread(a, x2, b))*expm1(-2*x0*x2)*sign(c)
    return F, F_dot


def norm(a: Array, frequency: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = \frac{1}{2} + \frac{e^{- 2 a \omega^{2}}}{2}
    """
    G = 1/2 + (1/2)*exp(-2*a*frequency**2)
    return G


def mean(a: Array, frequency: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = e^{- \frac{a \omega^{2}}{2}}
    """
    mu = exp(-1/2*(a*frequency**2))
    return mu
