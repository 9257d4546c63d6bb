# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     phi         82bc6f300223abc4fc05105b2dac21dcdbd74687ba5441740f98404fce71ca5c
#     phi_derivativeb7f23c6303daa643c20794ed0bf0c120407ef1275da7bbf151f8cf7e17628670
r"""Activation without closed form: exponential linear unit.

φ(z) = z for z > 0, e^z − 1 otherwise.   Stable form: expm1.

Reference: Clevert, Unterthiner and Hochreiter (2016).
"""

from numpy import exp, where

from .runtime import Array, expm1


def phi(z: Array) -> Array:
    r"""φ(z).

    \phi(z) = \begin{cases} z & \text{for}\: z > 0 \\e^{z} - 1 & \text{otherwise} \end{cases}
    """
    value = where(z > 0, z, expm1(z))
    return value


def phi_derivative(z: Array) -> Array:
    r"""φ'(z).

    \phi'(z) = \begin{cases} 1 & \text{for}\: z > 0 \\e^{z} & \text{otherwise} \end{cases}
    """
    value = where(z > 0, 1, exp(z))
    return value
