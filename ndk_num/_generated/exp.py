# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     dual        c6e2b1784d8da208cca0b63868060f5aabe14414d7aa0f7343b5729d426a85de
#     norm        f8618e5bac061e07b5a4befa01b3457f71b272cada4f1ca33d88441f69a35f3c
#     mean        bdea886d1e4739dea9f5ac6594d4461f97471075fff3a74c81cf583125ad1f25
r"""Layer map: exponential.

φ(z) = e^{rz}.   F = e^{r²(a+b+2c)/2},   Ḟ = r² F,   μ = e^{r²a/2}.

Stable form: a + b + 2c = ⟨(z₁ + z₂)²⟩, with its cancellation as c → −(a+b)/2 compensated.

Reference: the moment-generating function of z₁ + z₂.
"""

from numpy import exp

from .runtime import Array, spread


def dual(a: Array, c: Array, b: Array, rate: Array) -> tuple[Array, Array]:
    r"""(F, Ḟ) for z ~ N(0, [[a, c], [c, b]]).

    \langle\phi(z_1)\,\phi(z_2)\rangle = e^{\frac{r^{2} \left(a + b + 2 c\right)}{2}}
    \langle\phi'(z_1)\,\phi'(z_2)\rangle = r^{2} e^{\frac{r^{2} \left(a + b + 2 c\right)}{2}}
    """
    x0 = rate**2
    x1 = exp(0.5*(x0*spread(a, -c, b)))
    F = x1
    F_dot = x0*x1
    return F, F_dot


def norm(a: Array, rate: Array) -> Array:
    r"""F(a, a, a).

    \langle\phi(z_1)^2\rangle = e^{2 a r^{2}}
    """
    G = exp(2*a*rate**2)
    return G


def mean(a: Array, rate: Array) -> Array:
    r"""μ(a).

    \langle\phi(z_1)\rangle = e^{\frac{a r^{2}}{2}}
    """
    mu = exp(0.5*(a*rate**2))
    return mu
