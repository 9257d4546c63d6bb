"""Steps of relu-homogeneity about all homogeneous activations: one slope for z > 0, another for z < 0."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import Kd
from ndk_sym.activations import activation
from ndk_sym.homogeneous import TwoSlopes, q_1, q_slope
from ndk_sym.kernels import Arguments, layers
from ndk_sym.statement import Statement, Step, domain

L, a, b, c, z1, z2 = nt.L, nt.a, nt.b, nt.c, nt.z1, nt.z2
p, r = sp.symbols("p_1 p_2", real=True)
CORRELATED = (nt.m_ts**2 < nt.m_tt * nt.m_ss, nt.k_xy**2 < nt.k_xx * nt.k_yy)


def steps() -> Iterator[Step]:
    """The products, the layer map, the slope at ρ = 1, and the kernels."""
    yield from map_steps()
    yield from kernel_steps()


def map_steps() -> Iterator[Step]:
    """F and Ḟ from those of ReLU."""

    def phi(z: sp.Expr) -> sp.Expr:
        return p * sp.Max(z, 0) - r * sp.Max(-z, 0)

    opposite = sp.Max(z1, 0) * sp.Max(-z2, 0) + sp.Max(-z1, 0) * sp.Max(z2, 0)
    same = p**2 * sp.Max(z1, 0) * sp.Max(z2, 0) + r**2 * sp.Max(-z1, 0) * sp.Max(-z2, 0)
    yield Step(
        Statement(
            id="two-slopes",
            title="φ(1) = p₁ and φ(−1) = −p₂ fix φ; its products are those of two ReLUs",
            lhs=phi(z1) * phi(z2),
            rhs=same - p * r * opposite,
        ),
        reason="φ(z) = zφ(1) for z > 0 and −zφ(−1) for z < 0: multiply out.",
    )
    relu, slopes = activation("relu"), TwoSlopes(p, r)
    covariance = domain(where=(c**2 < a * b,))
    for id, title, value, closed in (
        (
            "two-slopes-map",
            "the layer map of every homogeneous activation",
            (p**2 + r**2) * relu.dual(a, c, b) - 2 * p * r * relu.dual(a, -c, b),
            slopes.dual(a, c, b),
        ),
        (
            "two-slopes-derivative",
            "its derivative layer map",
            (p**2 + r**2) * relu.dual_derivative(a, c, b) + 2 * p * r * relu.dual_derivative(a, -c, b),
            slopes.dual_derivative(a, c, b),
        ),
    ):
        yield Step(
            Statement(id=id, title=title, lhs=value, rhs=closed, domain=covariance),
            reason="z → −z of one pre-activation flips c, of both nothing: four ReLU averages.",
            uses=("two-slopes", "ndk-relu/layer-map", "ndk-relu/derivative-map"),
        )


def kernel_steps() -> Iterator[Step]:
    """Equal times and inputs, and the recursion with two slopes."""
    slopes = TwoSlopes(p, r)
    yield Step(
        Statement(
            id="equal-slopes",
            title="the mean square of the slope is that of the activation, q′(1) = q(1)",
            lhs=slopes.slope(sp.Integer(1)),
            rhs=slopes.profile(sp.Integer(1)),
        ),
        reason="φ(z) = zφ′(z), and φ′² does not depend on |z|.",
        uses=("two-slopes-map", "two-slopes-derivative"),
    )
    g = sp.Function("g", real=True)
    yield Step(
        Statement(
            id="diagonal",
            title="equal times and inputs: each of the L + 1 layers contributes equally, one layer more",
            lhs=q_slope(1) * g(L) + q_1 ** (L + 1),
            rhs=(L + 2) * q_1 ** (L + 1),
            given=((g(L), (L + 1) * q_1**L), (q_slope(sp.Integer(1)), q_1)),
        ),
        reason="At ρ_m = ρ_0 = 1, k_L = q_1^L and, by hypothesis, g_L = (L+1) q_1^L; q′(1) = q_1. At L = 0 both are 1.",
        uses=("response", "equal-slopes"),
    )
    *_, top = layers(slopes, 1, Arguments())
    size, inputs = sp.sqrt(nt.m_tt * nt.m_ss), sp.sqrt(nt.k_xx * nt.k_yy)
    rho_m, rho_0 = nt.m_ts / size, nt.k_xy / inputs
    yield Step(
        Statement(
            id="two-slopes-1",
            title="two slopes and one hidden layer, on the explicit recursion",
            lhs=Kd(1, nt.t, nt.s),
            rhs=nt.decay
            * size
            * inputs
            * (rho_m * slopes.slope(rho_m * rho_0) * rho_0 + slopes.profile(rho_m * rho_0)),
            given=((Kd(1, nt.t, nt.s), top.ndk),),
            domain=domain(where=CORRELATED),
        ),
        reason="g_1 = ρ_m q′(ρ_m ρ_0) ρ_0 + q(ρ_m ρ_0); the left side is what the recursion (12)–(15) gives.",
        uses=("response", "two-slopes-map", "two-slopes-derivative"),
    )
