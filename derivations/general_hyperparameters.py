r"""Every group of weights with its own variances, and biases.

Let each layer's weights (w) and biases (v), and the readout with its bias, have their own σ_g², σ₀_g² and hence their
own κ_g = T/σ_g², m_g(t,s) and decay e_g = e^{−κ_g|t−s|}. Count the output as layer L + 1 and write C^l for the
covariance of the pre-activations of layer l at the two times. A bias adds its own covariance, and its own response:

    C^{l+1} = m_w^{l+1} F(a, C^l, b) + m_v^{l+1},                              C^1 = m_w^1 K⁰ + m_v^1,
    B^{l+1} = m_w^{l+1} Ḟ(a, C^l, b) B^l + e_w^{l+1} F(a, C^l, b) + e_v^{l+1},      B^1 = e_w^1 K⁰ + e_v^1.

The prior process of the output has the covariance C^{L+1}, and the neural dynamical kernel is K^d = B^{L+1}. Once more
one derivative replaces the second recursion: displace every m_g by ε e_g, then

    B^l = ∂C^l/∂ε at ε = 0,   that is   K^d = Σ_g e_g ∂C^{L+1}/∂m_g.

At equilibrium ∂_s m_g = T e_g for every group, because κ_gσ_g² = T whatever σ_g is. So the long-time identity, and the
integral of the NDK, hold as before: K_GP is the covariance C^{L+1} at equal times, biases included. They would not hold
for groups at different temperatures.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, F, Fdot, K, Kd, abstract_instance
from ndk_sym.activations import activation, names
from ndk_sym.cases import Cases
from ndk_sym.finite_network import FiniteNetwork
from ndk_sym.groups import BIASES, WEIGHTS, B, C, Group, covariance_layer, pre_activations, response_layer
from ndk_sym.isserlis import PolynomialMaps
from ndk_sym.kernels import Arguments, LayerMaps, ndk, two_time
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

DEPTHS = (1, 2, 3)
L, t, s, T, epsilon = nt.L, nt.t, nt.s, nt.T, sp.Symbol("epsilon", real=True)
CORRELATED = (nt.k_xy**2 < nt.k_xx * nt.k_yy,)
SOME = sp.Lambda((L, epsilon), (1 + L) / 10 + sp.sin(epsilon + L) / 3)
INSTANCE = (*abstract_instance(), *WEIGHTS.instance(), *BIASES.instance())


def claim() -> Statement:
    """B^L = ∂C^L/∂ε at ε = 0."""
    slope = sp.Subs(sp.Derivative(C(L, epsilon), epsilon), epsilon, 0)
    return Statement(
        id="theorem",
        title="the response is the derivative of the covariance along the decays, for any activation and depth",
        lhs=B(L),
        rhs=slope,
        domain=domain(
            functions=((C, SOME), (B, sp.Lambda(L, SOME(L, epsilon).diff(epsilon).subs(epsilon, 0))), *INSTANCE)
        ),
    )


def at_depth(maps: tuple[LayerMaps, ...]) -> tuple[Rule, ...]:
    """C^l and B^l as the recursion gives them, with one activation for each hidden layer."""
    layer = len(maps) + 1
    displaced = pre_activations(maps, epsilon)[-1]
    plain = pre_activations(maps, sp.Integer(0))[-1]
    return (L, sp.Integer(layer)), (C(layer, epsilon), displaced.cross), (B(layer), plain.response)


def steps() -> Iterator[Step]:
    """The theorem, every activation, the uniform case, equilibrium, and an explicit network."""
    yield from induction_steps()
    yield from sum_steps()
    yield from activation_steps()
    yield from uniform_steps()
    yield from equilibrium_steps()
    yield from network_steps()


def induction_steps() -> Iterator[Step]:
    """Base, step and theorem."""
    theorem = claim()
    first = sp.Integer(1)
    yield Step(
        theorem.at({L: first}).where(
            (B(1), response_layer(first, nt.k_xy, sp.Integer(0))),
            (C(1, epsilon), covariance_layer(first, nt.k_xy, epsilon)),
            id="base",
            title="the first layer",
        ),
        reason="∂/∂ε of (m_w + ε e_w) K⁰ + m_v + ε e_v.",
    )
    above, slope = F(nt.a, C(L, 0), nt.b), Fdot(nt.a, C(L, 0), nt.b)
    yield Step(
        theorem.at({L: L + 1}).where(
            (B(L + 1), response_layer(L + 1, above, slope * B(L))),
            (C(L + 1, epsilon), covariance_layer(L + 1, F(nt.a, C(L, epsilon), nt.b), epsilon)),
            (B(L), theorem.rhs),
            id="step",
            title="one layer more",
        ),
        reason="Product rule, chain rule with ∂F/∂c = Ḟ, and the hypothesis one layer below.",
        uses=("price-theorem",),
    )
    instances = tuple((f"depth {depth}", at_depth((PRICE,) * depth)) for depth in DEPTHS)
    yield Step(
        theorem,
        "Induction on the layer, for an abstract activation.",
        ("base", "step"),
        Induction("base", "step", instances),
    )


def sum_steps() -> Iterator[Step]:
    """One derivative for every group, on the abstract recursion."""
    for depth in (1, 2):
        output = depth + 1
        top = pre_activations((PRICE,) * depth, sp.Integer(0))[-1]
        groups = [(one.variances(l)[1], one.decay_symbol(l)) for l in range(1, output + 1) for one in (WEIGHTS, BIASES)]
        covariance = C(output, *(m for m, _ in groups))
        yield Step(
            Statement(
                id=f"groups-{depth}",
                title=f"the sum over all {len(groups)} groups at depth {depth}, for any activation",
                lhs=B(output),
                rhs=sp.Add(*(decay * sp.Derivative(covariance, m) for m, decay in groups)),
                given=((B(output), top.response), (covariance, top.cross)),
                domain=domain(functions=INSTANCE),
            ),
            reason="One term for the weights and one for the biases of every layer; the left side is the recursion.",
            uses=("theorem",),
        )


def activation_steps() -> Iterator[Step]:
    """The closed forms, and layers with different activations."""
    maps = {name: activation(name) for name in names()}
    cases = {f"{name}-{depth}": (maps[name],) * depth for name in maps for depth in (1, 2)}
    cases["relu-erf"] = (maps["relu"], maps["erf"])
    for id, chosen in cases.items():
        kinds = ", then ".join(dict.fromkeys(one.name for one in chosen))
        layers = len(chosen) + 1
        theorem = claim().at({L: sp.Integer(layers)})
        yield Step(
            theorem.where(
                *at_depth(chosen),
                id=id,
                title=f"{kinds} with {len(chosen)} hidden layers, on the explicit recursion",
                domain=domain(WEIGHTS.ranges(layers) | BIASES.ranges(layers), where=CORRELATED),
            ),
            reason="Every group with variances of its own; on the closed forms.",
            uses=("theorem", *(f"price-theorem/{name}" for name in dict.fromkeys(one.name for one in chosen))),
        )


def uniform_steps() -> Iterator[Step]:
    """Equal groups without biases."""
    for depth in DEPTHS:
        output = depth + 1
        top = pre_activations((PRICE,) * depth, sp.Integer(0))[-1]
        equal = (*WEIGHTS.uniform(output), *BIASES.absent(output), (nt.m_ts, nt.m))
        kernel = two_time(PRICE, depth, Arguments(m_ts=nt.m))
        yield Step(
            Statement(
                id=f"uniform-{depth}",
                title=f"without biases and with equal variances the sum over groups is ∂_m[m K^L], depth {depth}",
                lhs=B(output),
                rhs=nt.decay * sp.Derivative(nt.m * K(depth, nt.m), nt.m),
                given=((B(output), top.response), (K(depth, nt.m), kernel), *equal),
                domain=domain(functions=INSTANCE),
            ),
            reason="The relation of ndk-derivative, for any activation.",
            uses=("theorem", "ndk-derivative"),
        )
    for name in names():
        maps = activation(name)
        general = pre_activations((maps, maps), sp.Integer(0))[-1]
        shared = (*WEIGHTS.uniform(3), *BIASES.absent(3))
        yield Step(
            Statement(
                id=f"uniform-{name}",
                title=f"{name}: without biases and with equal variances it is the recursion of the paper",
                lhs=B(3),
                rhs=Kd(2, t, s),
                paper="(14), (15)",
                given=((B(3), general.response), (Kd(2, t, s), ndk(maps, 2)), *shared),
                domain=domain(where=(*CORRELATED, nt.m_ts**2 < nt.m_tt * nt.m_ss)),
            ),
            reason="All m_w equal, m_v = 0 and e_v = 0; two hidden layers.",
            uses=("theorem",),
        )


def equilibrium_steps() -> Iterator[Step]:
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
    for name in names():
        top = pre_activations((activation(name),), sp.Integer(0))[-1]
        yield Step(
            Statement(
                id=f"identity-{name}",
                title=f"the long-time identity with groups and biases: {name} with one hidden layer",
                lhs=sp.Derivative(C(2, t, s), s),
                rhs=T * B(2),
                paper="(19)",
                given=((C(2, t, s), top.cross), (B(2), top.response), *at_equilibrium(2)),
                domain=domain(where=(s < t, *CORRELATED)),
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


def network_steps() -> Iterator[Step]:
    """Explicit networks with biases."""
    phi = tuple(enumerate(sp.symbols("c_0:3", real=True)))
    maps = PolynomialMaps(phi)
    top = pre_activations((maps,), sp.Integer(0))[-1]
    owners: dict[str, Group] = {"W1": WEIGHTS, "b1": BIASES, "a": WEIGHTS, "b": BIASES}
    layer_of = {"W1": 1, "b1": 1, "a": 2, "b": 2}

    def explicit(width: int) -> tuple[Rule, ...]:
        network = FiniteNetwork(1, width, phi, biases=True)
        variances = {name: owner.variances(layer_of[name]) for name, owner in owners.items()}
        parts = network.overlaps(variances)
        total = sp.Add(*(owners[name].decay_symbol(layer_of[name]) * part for name, part in parts.items()))
        return (B(2), total), *network.input_kernel().items()

    yield Step(
        Statement(
            id="network",
            title="a network with biases written out: one hidden layer, any quadratic φ, widths 1 and 2",
            lhs=B(2),
            rhs=top.response,
            paper="(11), (SI 75)",
        ),
        reason="Σ_g e_g ⟨∇_g f·∇_g f′⟩ over all weights and biases, by Isserlis' theorem; one hidden layer is exact.",
        uses=("theorem",),
        check=Cases(tuple((f"N = {width}", partial(explicit, width)) for width in (1, 2))),
    )


DERIVATION = Derivation(
    id="general-hyperparameters",
    title="Groups of weights with their own variances, and biases: K^d = Σ_g e_g ∂C/∂m_g",
    paper="(12)–(15), (19)",
    assumptions=(
        "Each group g has its own prior variance σ_g² and initial variance; κ_g = T/σ_g². T is common to all.",
        "The recursion with biases: what is independent adds, in C as in B.",
        "Price's theorem ∂F/∂c = Ḟ (price-theorem); equal-time variances a, b are held fixed.",
    ),
    exact=(
        "The relation by induction for an abstract activation and symbolic layer, and as a sum with one derivative for "
        "each group at depths 1 and 2; every registered activation, and ReLU followed by erf; the uniform case; the "
        "long-time identity by induction, and how it fails for two temperatures; a network with biases written out. "
        "All are exact symbolic zeros."
    ),
    physicist=(
        "That the recursion with groups is the limit N → ∞ is not proved beyond the explicit network (one hidden "
        "layer, where it is exact). The principle of induction is used, not checked."
    ),
    build=steps,
    headline="theorem",
)
