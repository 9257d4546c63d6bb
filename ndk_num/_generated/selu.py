# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     phi         cff40e11aa670718349d3a89068a2399400c1e83a003bb89a240e87a9cf45ef3
#     phi_derivativeffb46e3ef051baddc15dcfce950523e526254077115c022cad397385c032cbc1
r"""Activation without closed form: scaled exponential linear unit.

φ(z) = λz for z > 0, λα(e^z − 1) otherwise, λ = 1.0507…, α = 1.6732….   Stable form: expm1.

Reference: Klambauer et al. (2017).
"""

from numpy import exp, where

from .runtime import Array, expm1


def phi(z: Array) -> Array:
    r"""φ(z).

    \phi(z) = \frac{2101401974710961 \left(\begin{cases} z & \text{for}\: z > 0 \\\frac{4183158105885943 e^{z}}{2500000000000000} - \frac{4183158105885943}{2500000000000000} & \text{otherwise} \end{cases}\right)}{2000000000000000}
    """
    value = 2101401974710961/2000000000000000*where(z > 0, z, 4183158105885943/2500000000000000*expm1(z))
    return value


def phi_derivative(z: Array) -> Array:
    r"""φ'(z).

    \phi'(z) = \frac{2101401974710961 \left(\begin{cases} 1 & \text{for}\: z > 0 \\\frac{4183158105885943 e^{z}}{2500000000000000} & \text{otherwise} \end{cases}\right)}{2000000000000000}
    """
    value = 2101401974710961/2000000000000000*where(z > 0, 1, 4183158105885943/2500000000000000*exp(z))
    return value
