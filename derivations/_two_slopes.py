"""Steps of relu-homogeneity about all homogeneous activations: one slope for z > 0, another for z < 0."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import Kd
from ndk_sym.activations import activation
from ndk_sym.homogeneous import CORRELATED, CORRELATIONS, TwoSlopes, front, g_l, q, q_slope
from ndk_sym.kernels import Arguments, layers
from ndk_sym.statement import Rule, Statement, Step, domain

L, a, b, c, z1, z2, rho_m, rho_0, q_of_1 = nt.L, nt.a, nt.b, nt.c, nt.z1, nt.z2, nt.rho_m, nt.rho_0, nt.q_of_1
p, r = nt.p_plus, nt.p_minus
SLOPES = TwoSlopes(p, r)
UNIT: tuple[Rule, ...] = ((q, SLOPES.profile), (q_slope, SLOPES.slope))  # q and q′ of two slopes


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
            title="a homogeneous φ has two slopes, and its products are those of two ReLUs",
            lhs=nt.phi(z1) * nt.phi(z2),
            rhs=same - p * r * opposite,
            given=((nt.phi, phi),),
        ),
        reason="φ(z) = zφ(1) for z > 0 and −zφ(−1) for z < 0, with slopes φ(1) and −φ(−1): multiply out.",
    )
    relu, correlation = activation("relu"), c / sp.sqrt(a * b)
    for id, title, function, closed, sign, value in (
        ("map", "the layer map of every homogeneous activation", nt.F, relu.dual, -1, sp.sqrt(a * b) * q(correlation)),
        ("derivative", "its derivative layer map", nt.Fdot, relu.dual_derivative, 1, q_slope(correlation)),
    ):
        yield Step(
            Statement(
                id=f"two-slopes-{id}",
                title=title,
                lhs=(p**2 + r**2) * function(a, c, b) + sign * 2 * p * r * function(a, -c, b),
                rhs=value,
                given=((function, closed), *UNIT),
                domain=domain(where=(c**2 < a * b,)),
            ),
            reason="z → −z of one pre-activation flips c, of both nothing: four averages over ReLUs, of which F and Ḟ "
            "on the left are the layer maps.",
            uses=("two-slopes", "ndk-relu/layer-map" if id == "map" else "ndk-relu/derivative-map"),
        )


def kernel_steps() -> Iterator[Step]:
    """Equal times and inputs, and the recursion with two slopes."""
    yield Step(
        Statement(
            id="equal-slopes",
            title="the mean square of the slope is that of the activation",
            lhs=q_slope(1),
            rhs=q(1),
            given=UNIT,
        ),
        reason="φ(z) = zφ′(z), and φ′² does not depend on |z|.",
        uses=("two-slopes-map", "two-slopes-derivative"),
    )
    at_rest, above = g_l(L, 1, 1), g_l(L + 1, 1, 1)
    yield Step(
        Statement(
            id="diagonal",
            title="equal times and inputs: each of the L + 1 layers contributes equally, one layer more",
            lhs=above,
            rhs=(L + 2) * q_of_1 ** (L + 1),
            given=(
                (above, q_slope(1) * at_rest + q_of_1 ** (L + 1)),
                (at_rest, (L + 1) * q_of_1**L),
                (q_slope(sp.Integer(1)), q_of_1),
            ),
        ),
        reason="At ρ_m = ρ_0 = 1, k_L = q(1)^L and, by hypothesis, g_L = (L+1) q(1)^L. At L = 0 both are 1.",
        uses=("response", "equal-slopes"),
    )
    *_, top = layers(SLOPES, 1, Arguments())
    response = Kd(1, nt.t, nt.s)
    yield Step(
        Statement(
            id="two-slopes-1",
            title="two slopes and one hidden layer, on the explicit recursion",
            lhs=response,
            rhs=nt.decay * front(sp.Integer(1)) * (rho_m * q_slope(rho_m * rho_0) * rho_0 + q(rho_m * rho_0)),
            given=((response, top.ndk), *UNIT, *CORRELATIONS),
            domain=domain(where=CORRELATED),
        ),
        reason="g_1 = ρ_m q′(ρ_m ρ_0) ρ_0 + q(ρ_m ρ_0); the left side is what the recursion (12)–(15) gives.",
        uses=("response", "two-slopes-map", "two-slopes-derivative"),
    )
