# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        8b3ac42a5973558e884fdd2db76e50d383d2fb543fb5ecc571312acfd07239bd
#     norm        e2a3e84d29eed9af83a2c2febdb12b1c0366ba27d7b81efdd572ab38c72f8e3e
#     mean        7aaba0d880a98b9bde0de4ac29acd81c8ba98004e81d935ecfe9a4c8bd29fac6
r"""Layer map: linear.

φ(z) = z.   F = c,   Ḟ = 1,   μ = 0.   (SI 59–61)

Reference: SI Sec. C.1, Eqs. 59-61.
"""

from .runtime import Array, filled


def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = c
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = 1
    """
    F = filled(c, a, c, b)
    F_dot = filled(1, a, c, b)
    return F, F_dot


def norm(a: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = a
    """
    G = a
    return G


def mean(a: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = 0
    """
    mu = filled(0, a)
    return mu
