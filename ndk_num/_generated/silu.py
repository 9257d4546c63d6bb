# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     phi         4980f3e72e1186f14ad9b2135e153a9b1ba47d60ee6a248e65e81d297cb91b0b
#     phi_derivativeaf9183c597d3c12f987a8fa4c3fb8b96b956fcedaadc2735ef8a8ceaeae5050e
r"""Activation without closed form: sigmoid linear unit (swish).

φ(z) = z/(1 + e^{−z}),   φ' = (1 + z/(1 + e^z))/(1 + e^{−z}).   Stable form: no quotient of large powers.

Reference: Elfwing, Uchibe and Doya (2018).
"""

from numpy import exp

from .runtime import Array


def phi(z: Array) -> Array:
    r"""φ(z).

    \phi(z) = \frac{z}{1 + e^{- z}}
    """
    value = z/(1 + exp(-z))
    return value


def phi_derivative(z: Array) -> Array:
    r"""φ'(z).

    \phi'(z) = \frac{z e^{- z}}{\left(1 + e^{- z}\right)^{2}} + \frac{1}{1 + e^{- z}}
    """
    value = (z/(exp(z) + 1) + 1)/(1 + exp(-z))
    return value
