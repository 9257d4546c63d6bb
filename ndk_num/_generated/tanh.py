# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     phi         667e3b008d5f992dd7273eeae4e9cc0bcb3b8c4c3be4f9c4d0eef792c8d388dd
#     phi_derivativefa8c5d32f612bdcafea1dbcd507fbc49fa1a15792684f139d3f24f767130c57d
r"""Activation without closed form: hyperbolic tangent.

φ(z) = tanh(z),   φ' = 1/cosh²(z).   Stable form: 1 − tanh² would cancel.
"""

from numpy import cosh, tanh

from .runtime import Array


def phi(z: Array) -> Array:
    r"""φ(z).

    \phi(z) = \tanh{\left(z \right)}
    """
    value = tanh(z)
    return value


def phi_derivative(z: Array) -> Array:
    r"""φ'(z).

    \phi'(z) = 1 - \tanh^{2}{\left(z \right)}
    """
    value = 1/(cosh(z)**2)
    return value
