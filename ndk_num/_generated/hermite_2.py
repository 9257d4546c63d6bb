# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        7f2d8f4cee543e95604e5224526eae514355b3ff2be86a0756c33c2661315ea2
#     norm        7d3c7a9f94349d07275fb026e5853417ab90a4139ba70ead56680e258d620942
#     mean        30690709df0794c1a9956327dc44d225a0e3ed8d72325225e22c0d882adb1ea0
r"""Layer map: Hermite polynomial.

φ(z) = He_n(z).   F = Σ_j (n!)² / (j! k!² 4ᵏ) ((a−1)(b−1))ᵏ cʲ over j = n, n − 2, … ≥ 0 with 2k = n − j,

Ḟ = n² F of degree n − 1,   μ = (n − 1)!! (a − 1)^{n/2} for even n, else 0. At a = b = 1, F = n! cⁿ.

Reference: the generating function exp(xz − x²/2).
"""

from .runtime import Array, filled


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = 2 c^{2} + \left(a - 1\right) \left(b - 1\right)
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = 4 c
    """
    F = 2*c**2 + (a - 1)*(b - 1)
    F_dot = filled(4*c, a, c, b)
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = 2 a^{2} + \left(a - 1\right)^{2}
    """
    G = 2*a**2 + (a - 1)**2
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = a - 1
    """
    mu = a - 1
    return mu
