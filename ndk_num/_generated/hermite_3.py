# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        34c7ef03a32a4fe9518223268e2faaa7351c7bb0a86a77bc31df9cfd53e823d0
#     norm        b3cf4c744653255910b5748e0b9f77f9c1623fdb2a74fc03111049555bf4f35a
#     mean        7aaba0d880a98b9bde0de4ac29acd81c8ba98004e81d935ecfe9a4c8bd29fac6
r"""Layer map: Hermite polynomial.

φ(z) = He_n(z).   F = Σ_j (n!)² / (j! k!² 4ᵏ) ((a−1)(b−1))ᵏ cʲ over j = n, n − 2, … ≥ 0 with 2k = n − j,

Ḟ = n² F of degree n − 1,   μ = (n − 1)!! (a − 1)^{n/2} for even n, else 0. At a = b = 1, F = n! cⁿ.

Reference: the generating function exp(xz − x²/2).
"""

from .runtime import Array, filled


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = 6 c^{3} + 9 c \left(a - 1\right) \left(b - 1\right)
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = 18 c^{2} + 9 \left(a - 1\right) \left(b - 1\right)
    """
    x0 = 9*(a - 1)*(b - 1)
    F = 6*c**3 + c*x0
    F_dot = 18*c**2 + x0
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = 3 a \left(5 a^{2} + 3 - 6 a\right)
    """
    G = 3*a*(5*a**2 - 6*a + 3)
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = 0
    """
    mu = filled(0, a)
    return mu
