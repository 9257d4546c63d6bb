# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     phi         c929d78126be808359b8211686072e403b5465a1eeecd5ad5f9204b6fec810a6
#     phi_derivativee0f72dabfb23c0b881b4421da1930b26fe82946a8ec7b8c5184435e182036813
r"""Activation without closed form: logistic function.

φ(z) = 1/(1 + e^{−z}),   φ' = φ(z) φ(−z).   Stable form: without 1 − φ; a power that overflows gives 0.
"""

from numpy import exp

from .runtime import Array


def phi(z: Array) -> Array:
    r"""φ(z).

    \phi(z) = \frac{1}{1 + e^{- z}}
    """
    value = 1/(1 + exp(-z))
    return value


def phi_derivative(z: Array) -> Array:
    r"""φ'(z).

    \phi'(z) = \frac{e^{- z}}{\left(1 + e^{- z}\right)^{2}}
    """
    value = 1/((1 + exp(-z))*(exp(z) + 1))
    return value
