# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     phi         ab445323bec0e0168ef40809a0cabfc8e78f828c780283f5f55d76f67d5b8d8a
#     phi_derivative2fd1690daf70ef0ee4c6a9c3116bd32750e2e71485302e6880add0475ca12bed
r"""Activation without closed form: softplus.

φ(z) = log(1 + e^z),   φ' = 1/(1 + e^{−z}).

Stable form: max(z, 0) + 2 artanh(u/(2 + u)) with u = e^{−|z|}, where nothing overflows or cancels.

Reference: Dugas et al. (2001).
"""

from numpy import arctanh, exp, maximum

from .runtime import Array


def phi(z: Array) -> Array:
    r"""φ(z).

    \phi(z) = \log{\left(e^{z} + 1 \right)}
    """
    x0 = exp(-abs(z))
    value = 2*arctanh(x0/(x0 + 2)) + maximum(z, 0)
    return value


def phi_derivative(z: Array) -> Array:
    r"""φ'(z).

    \phi'(z) = \frac{e^{z}}{e^{z} + 1}
    """
    value = 1/(1 + exp(-z))
    return value
