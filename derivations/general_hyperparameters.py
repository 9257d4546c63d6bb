r"""Every group of weights with its own variances, and biases.

Let each layer's weights (w) and biases (v), and the readout with its bias, have their own σ_g², σ₀_g² and hence their
own κ_g = T/σ_g², m_g(t,s) and decay e_g = e^{−κ_g|t−s|}. Count the output as layer L + 1 and write C^l for the
covariance of the pre-activations of layer l at the two times. A bias adds its own covariance, and its own response:

    C^{l+1} = m_w^{l+1} F(a, C^l, b) + m_v^{l+1},                              C^1 = m_w^1 K⁰ + m_v^1,
    B^{l+1} = m_w^{l+1} Ḟ(a, C^l, b) B^l + e_w^{l+1} F(a, C^l, b) + e_v^{l+1},      B^1 = e_w^1 K⁰ + e_v^1.

B^l is the response of the pre-activations of layer l. In explicit layers m_{w1} stands for m_w^1(t,s), m_{w1}^{tt} for
the same at equal times, and so on.

The prior process of the output has the covariance C^{L+1}, and the neural dynamical kernel is K^d = B^{L+1}. Once more
one derivative replaces the second recursion: displace every m_g by ε e_g, then

    B^l = ∂C^l/∂ε at ε = 0,   that is   K^d = Σ_g e_g ∂C^{L+1}/∂m_g.

At equilibrium ∂_s m_g = T e_g for every group, because κ_gσ_g² = T whatever σ_g is. So the long-time identity, and the
integral of the NDK, hold as before: K_GP is the covariance C^{L+1} at equal times, biases included. They would not hold
for groups at different temperatures.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial

import sympy as sp

from derivations import _groups_at_equilibrium
from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, F, Fdot, K, Kd, abstract_instance
from ndk_sym.activations import activation, names
from ndk_sym.cases import Cases
from ndk_sym.finite_network import FiniteNetwork
from ndk_sym.finite_width import Overlap
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
    yield from _groups_at_equilibrium.steps()
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
    for depth in DEPTHS:
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
    maps = {name: activation(name) for name in names(paper=True)}
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
                title=f"{kinds} with {len(chosen)} hidden layer{'s' * (len(chosen) > 1)}, on the explicit recursion",
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
                id=f"uniform-covariance-{depth}",
                title=f"without biases and with equal variances the covariance is m K^L, depth {depth}",
                lhs=C(output, nt.m),
                rhs=nt.m * K(depth, nt.m),
                paper="(12)",
                given=((C(output, nt.m), top.cross), (K(depth, nt.m), kernel), *equal),
                domain=domain(functions=INSTANCE),
            ),
            reason="All m_w equal, m_v = 0: both recursions, for any activation.",
        )
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
            uses=("theorem", f"uniform-covariance-{depth}", "ndk-derivative"),
        )
    for name in names(paper=True):
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


OWNERS: dict[str, tuple[Group, int, str]] = {
    "W1": (WEIGHTS, 1, "the hidden layer's weights"),
    "b1": (BIASES, 1, "its biases"),
    "a": (WEIGHTS, 2, "the readout"),
    "b": (BIASES, 2, "the output's bias"),
}
QUADRATIC = tuple(enumerate(sp.symbols("c_0:3", real=True)))


@cache
def explicit_overlaps(width: int) -> tuple[dict[str, sp.Expr], tuple[Rule, ...]]:
    """⟨∇_g f·∇_g f′⟩ of every group of one network with one hidden layer, and its input kernel."""
    network = FiniteNetwork(1, width, QUADRATIC, biases=True)
    variances = {name: owner.variances(layer) for name, (owner, layer, _) in OWNERS.items()}
    return network.overlaps(variances), tuple(network.input_kernel().items())


def network_steps() -> Iterator[Step]:
    """Explicit networks with biases: every group by itself, and their sum."""
    top = pre_activations((PolynomialMaps(QUADRATIC),), sp.Integer(0))[-1]
    covariance = C(2, *(owner.variances(layer)[1] for owner, layer, _ in OWNERS.values()))

    def explicit(width: int) -> tuple[Rule, ...]:
        parts, inputs = explicit_overlaps(width)
        total = sp.Add(*(OWNERS[name][0].decay_symbol(OWNERS[name][1]) * part for name, part in parts.items()))
        return (B(2), total), *((Overlap(nt.N, sp.Symbol(name)), part) for name, part in parts.items()), *inputs

    check = Cases(tuple((f"N = {width}", partial(explicit, width)) for width in (1, 2)))
    for name, (owner, layer, words) in OWNERS.items():
        yield Step(
            Statement(
                id=f"network-{name}",
                title=f"∂C/∂m_g is the overlap of the gradients by the group's weights: {words}",
                lhs=Overlap(nt.N, sp.Symbol(name)),
                rhs=sp.Derivative(covariance, owner.variances(layer)[1]),
                paper="(11), (SI 76)" if layer == 2 else "(11), (SI 77), (SI 78)",
                given=((covariance, top.cross),),
            ),
            reason="One hidden layer, any quadratic φ, widths 1 and 2: all weights and biases averaged by Isserlis' "
            "theorem. One hidden layer is exact.",
            uses=("groups-1",),
            check=check,
        )
    yield Step(
        Statement(
            id="network",
            title="a network with biases written out: one hidden layer, any quadratic φ, widths 1 and 2",
            lhs=B(2),
            rhs=top.response,
            paper="(11), (SI 75)",
        ),
        reason="Σ_g e_g ⟨∇_g f·∇_g f′⟩ over all groups of weights and biases, against the recursion.",
        uses=("theorem", *(f"network-{name}" for name in OWNERS)),
        check=check,
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
        "each group at depths 1–3; every registered activation, and ReLU followed by erf; the uniform case; the "
        "long-time identity by induction, and how it fails for two temperatures; a network with biases written out, "
        "group by group. All are exact symbolic zeros."
    ),
    physicist=(
        "That the recursion with groups is the limit N → ∞ is not proved beyond the explicit network (one hidden "
        "layer, where it is exact). The principle of induction is used, not checked."
    ),
    build=steps,
    headline="theorem",
)
