# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        f483053ac0c2eafc84fdcb825c35a496279a95354e33cb688289453109b39145
#     norm        f94cad0794f74198ecc1a17feb771751b6174140277f1af824fc139ebc0f9954
#     mean        e2a3e84d29eed9af83a2c2febdb12b1c0366ba27d7b81efdd572ab38c72f8e3e
r"""Layer map: monomial.

φ(z) = zⁿ.   F = Σ_j (n!)² / (j! k!² 4ᵏ) (ab)ᵏ cʲ over j = n, n − 2, … ≥ 0 with 2k = n − j (Isserlis),

Ḟ = n² F of degree n − 1,   μ = (n − 1)!! a^{n/2} for even n, else 0. All terms have the sign of cⁿ.

Reference: Isserlis (1918).
"""

from .runtime import Array, filled


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = a b + 2 c^{2}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = 4 c
    """
    F = a*b + 2*c**2
    F_dot = filled(4*c, a, c, b)
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = 3 a^{2}
    """
    G = 3*a**2
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = a
    """
    mu = a
    return mu
