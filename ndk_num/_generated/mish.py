# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     phi         87599db93eb592cb4245ba6c722ef0acb2fc3523739cc194c31fdcb6195198c4
#     phi_derivative1d27d94b303f765ef9d82890fc1839ed9070c414c73099e672dbbd26dfeaf3fc
r"""Activation without closed form: mish.

φ(z) = z tanh(log(1 + e^z)).

Stable form: with u = e^{−|z|}, tanh(log(1 + e^z)) is (1 + 2u)/(1 + 2u + 2u²) for z > 0, (u² + 2u)/(u² + 2u + 2)
otherwise.

Reference: Misra (2019).
"""

from numpy import exp, where

from .runtime import Array


def phi(z: Array) -> Array:
    r"""φ(z).

    \phi(z) = z \tanh{\left(\log{\left(e^{z} + 1 \right)} \right)}
    """
    x0 = abs(z)
    x1 = 2*exp(-x0)
    x2 = x1 + 1
    x3 = exp(-2*x0)
    x4 = x1 + x3
    value = z*where(z > 0, x2/(x2 + 2*x3), x4/(x4 + 2))
    return value


def phi_derivative(z: Array) -> Array:
    r"""φ'(z).

    \phi'(z) = \frac{z \left(1 - \tanh^{2}{\left(\log{\left(e^{z} + 1 \right)} \right)}\right) e^{z}}{e^{z} + 1} + \tanh{\left(\log{\left(e^{z} + 1 \right)} \right)}
    """
    x0 = abs(z)
    x1 = exp(-x0)
    x2 = 2*x1
    x3 = x2 + 1
    x4 = exp(-2*x0)
    x5 = x3 + 2*x4
    x6 = z > 0
    x7 = x2 + x4
    x8 = x7 + 2
    x9 = 4*x1 + 4
    value = z*where(x6, x4*x9/x5**2, x1*x9/x8**2) + where(x6, x3/x5, x7/x8)
    return value
