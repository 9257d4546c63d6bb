# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        6cf9b5ecd8d6a876c6d6dbb7637e15c73e76cf59d7137b1c78a492750e74927f
#     norm        a483eed1ff301376583ced4e6c83339e1e610c9d7affb6b45fe67053636aeaaf
#     mean        7aaba0d880a98b9bde0de4ac29acd81c8ba98004e81d935ecfe9a4c8bd29fac6
r"""Layer map: monomial.

φ(z) = zⁿ.   F = Σ_j (n!)² / (j! k!² 4ᵏ) (ab)ᵏ cʲ over j = n, n − 2, … ≥ 0 with 2k = n − j (Isserlis),

Ḟ = n² F of degree n − 1,   μ = (n − 1)!! a^{n/2} for even n, else 0. All terms have the sign of cⁿ.

Reference: Isserlis (1918).
"""

from .runtime import Array, filled


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = 9 a b c + 6 c^{3}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = 9 a b + 18 c^{2}
    """
    x0 = 9*a*b
    F = 6*c**3 + c*x0
    F_dot = 18*c**2 + x0
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = 15 a^{3}
    """
    G = 15*a**3
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = 0
    """
    mu = filled(0, a)
    return mu
