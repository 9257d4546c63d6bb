"""Steps of general-hyperparameters about equilibrium: the long-time identity for groups with variances of their own."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, F, Fdot, abstract_instance
from ndk_sym.activations import activation, names
from ndk_sym.groups import BIASES, WEIGHTS, B, C, covariance_layer, pre_activations, response_layer
from ndk_sym.prove import Induction
from ndk_sym.statement import Rule, Statement, Step, domain

DEPTHS = (1, 2, 3)
L, t, s, T = nt.L, nt.t, nt.s, nt.T
INSTANCE = (*abstract_instance(), *WEIGHTS.instance(), *BIASES.instance())


def steps() -> Iterator[Step]:
    """The long-time identity for groups."""
    variance = sp.Symbol("sigma_g2", positive=True)
    rate = sp.Symbol("kappa_g", positive=True)
    stationary = variance * sp.exp(-rate * (t - s))
    yield Step(
        Statement(
            id="group-slope",
            title="every group's covariance has the slope T e_g",
            lhs=sp.Derivative(stationary, s),
            rhs=T * sp.exp(-rate * (t - s)),
            paper="(SI 70)",
            given=((rate, T / variance),),
            domain=domain(where=(s < t,)),
        ),
        reason="κ_g σ_g² = T for every group: they share the temperature.",
        uses=("prior-statistics/equilibrium",),
    )
    yield from identity_steps()
    for name in names(paper=True):
        top = pre_activations((activation(name),), sp.Integer(0))[-1]
        yield Step(
            Statement(
                id=f"identity-{name}",
                title=f"the long-time identity with groups and biases: {name} with one hidden layer",
                lhs=sp.Derivative(C(2, t, s), s),
                rhs=T * B(2),
                paper="(19)",
                given=((C(2, t, s), top.cross), (B(2), top.response), *at_equilibrium(2)),
                domain=domain(where=(s < t, *(nt.k_xy**2 < nt.k_xx * nt.k_yy,))),
            ),
            reason="∂_s C = Σ_g (∂_s m_g) ∂C/∂m_g = T Σ_g e_g ∂C/∂m_g, at fixed equal-time variances.",
            uses=("identity", f"price-theorem/{name}"),
        )
    hot, cold = sp.symbols("T_w T_v", positive=True)
    bias = sp.Symbol("sigma_v2", positive=True)
    warm, cool = variance * sp.exp(-hot / variance * (t - s)), bias * sp.exp(-cold / bias * (t - s))
    memory_w, memory_v = warm / variance, cool / bias
    yield Step(
        Statement(
            id="temperatures",
            title="groups at different temperatures: the identity fails by the difference",
            lhs=sp.Derivative(C(1, t, s), s) - hot * B(1),
            rhs=(cold - hot) * memory_v,
            given=((C(1, t, s), warm * nt.k_xy + cool), (B(1), memory_w * nt.k_xy + memory_v)),
            domain=domain({hot: (1, 2), cold: (sp.Rational(1, 4), sp.Rational(3, 4))}, where=(s < t,)),
        ),
        reason="Weights at T_w, biases at T_v, no hidden layer: no one temperature relates response and correlation.",
        uses=("group-slope",),
    )


def at_equilibrium(layers: int) -> tuple[Rule, ...]:
    """Every group of the first layers stationary, each with a variance of its own."""
    return (*WEIGHTS.named(), *BIASES.named(), *WEIGHTS.stationary(layers), *BIASES.stationary(layers))


def identity_steps() -> Iterator[Step]:
    """∂_s C = T B by induction on the layer."""
    some = sp.Lambda((L, t, s), (1 + L) / 10 + sp.sin(t - s) / 3)
    claimed = Statement(
        id="identity",
        title="the long-time identity for any variances and biases, any activation and depth",
        lhs=sp.Derivative(C(L, t, s), s),
        rhs=T * B(L),
        paper="(19), (SI 71)",
        domain=domain(where=(s < t,), functions=((C, some), *INSTANCE)),
    )
    none, first = sp.Integer(0), sp.Integer(1)
    yield Step(
        claimed.at({L: first}).where(
            (C(1, t, s), covariance_layer(first, nt.k_xy, none)),
            (B(1), response_layer(first, nt.k_xy, none)),
            *at_equilibrium(1),
            id="identity-base",
            title="the long-time identity for the first layer",
        ),
        reason="Two groups, each with the slope T e_g.",
        uses=("group-slope",),
    )
    above, slope = F(nt.a, C(L, t, s), nt.b), Fdot(nt.a, C(L, t, s), nt.b)
    yield Step(
        claimed.at({L: L + 1}).where(
            (C(L + 1, t, s), covariance_layer(L + 1, above, none)),
            (B(L + 1), response_layer(L + 1, above, slope * B(L))),
            (B(L), sp.Derivative(C(L, t, s), s) / T),
            *WEIGHTS.stationary_at(L + 1),
            *BIASES.stationary_at(L + 1),
            id="identity-step",
            title="the long-time identity with one layer more",
            paper="(SI 72), (SI 73)",
        ),
        reason="Chain rule with ∂F/∂c = Ḟ, the slopes T e_g of the new groups, and the hypothesis.",
        uses=("group-slope", "price-theorem"),
    )

    def instance(depth: int) -> tuple[Rule, ...]:
        top = pre_activations((PRICE,) * depth, none)[-1]
        output = depth + 1
        return (L, sp.Integer(output)), (C(output, t, s), top.cross), (B(output), top.response), *at_equilibrium(output)

    check = Induction("identity-base", "identity-step", tuple((f"depth {n}", instance(n)) for n in DEPTHS))
    yield Step(claimed, "Induction on the layer.", ("identity-base", "identity-step"), check)
