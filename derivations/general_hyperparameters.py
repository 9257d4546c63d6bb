r"""Every group of parameters with its own prior: biases, and variances layer by layer.

Let the weights W of each layer, its biases b, and the readout each have their own σ_g² and σ_{0,g}². The temperature is
that of the noise, the same for all; the weight decay of a group then has the rate κ_g = T/σ_g². A group g enters through
its covariance m_g(t,s) and its decay e_g = e^{−κ_g|t−s|} alone. With C^L the covariance of the output of a network
with L hidden layers (the readout being the weights of the last layer),

    C^{L+1}   = m_W F(C^L_tt, C^L, C^L_ss) + m_b,           C⁰ = m_W K⁰ + m_b,
    K^{d,L+1} = m_W Ḟ(C^L_tt, C^L, C^L_ss) K^{d,L} + e_W F + e_b,    K^{d,0} = e_W K⁰ + e_b,

each layer with its own F. One derivative again replaces the second recursion,

    K^{d,L} = Σ_g e_g ∂C^L/∂m_g,

the sum over all groups, with the variances at (t,t) and (s,s) held fixed. The proof moves along the line m_g + ε e_g:
there the sum is one derivative ∂/∂ε, and induction on the depth needs Price's theorem alone. At equilibrium
∂_s m_g = T e_g for every group, whatever its σ_g²: the fluctuation–dissipation theorem ∂_s C = T K^d survives any
choice of variances and biases, but not groups at different temperatures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, F, Fdot, K, Kd, abstract_instance
from ndk_sym.activations import activation
from ndk_sym.cases import Case, Cases
from ndk_sym.explicit_network import gradient_overlap
from ndk_sym.groups import Group, group, outputs, shifted, uniform
from ndk_sym.isserlis import layer_maps
from ndk_sym.kernels import Arguments, LayerMaps, layers
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

L, T, t, s, m, epsilon, k_xy = nt.L, nt.T, nt.t, nt.s, nt.m, nt.epsilon, nt.k_xy
DEPTHS = (1, 2, 3)
ORDERED = (s < t,)
C = sp.Function("C", real=True)  # covariance of the output
LAST_W, LAST_B = group("W"), group("b")  # the layer that is added


def names(depth: int) -> tuple[str, ...]:
    """Groups of a network with `depth` hidden layers: weights and biases of each layer, of the readout too."""
    return tuple(f"{kind}{layer}" for layer in range(1, depth + 2) for kind in "Wb")


def top(maps: Sequence[LayerMaps], groups: dict[str, Group]) -> tuple[sp.Expr, sp.Expr]:
    """C^L and K^{d,L} of one network, from the recursions."""
    *_, last = outputs(maps, groups)
    return last.c_ts, last.ndk


def steps() -> Iterator[Step]:
    """The relation, its instances, the uniform case, explicit networks, and equilibrium."""
    yield from relation_steps()
    yield from explicit_steps()
    yield from uniform_steps()
    yield network_step()
    yield from equilibrium_steps()


# -- the derivative relation, along a line ----------------------------------------------------------------------------


def claim() -> Statement:
    """K^{d,L} = ∂_ε C^L along m_g + ε e_g."""
    some = (C, sp.Lambda((L, epsilon), (1 + L) / 10 + sp.sin(epsilon) / 3))
    return Statement(
        id="theorem",
        title="the NDK is the derivative of the output's covariance along m_g + ε e_g, for all groups g",
        lhs=Kd(L, epsilon),
        rhs=sp.Derivative(C(L, epsilon), epsilon),
        domain=domain(functions=(some, *abstract_instance())),
    )


def on_the_line(depth: int) -> tuple[Rule, ...]:
    """C^L and K^{d,L} as the recursions give them, every group moved by ε e_g."""
    moved = {name: shifted(group(name), epsilon) for name in names(depth)}
    covariance, response = top([PRICE] * depth, moved)
    return (L, sp.Integer(depth)), (C(depth, epsilon), covariance), (Kd(depth, epsilon), response)


def relation_steps() -> Iterator[Step]:
    """Base, induction step, theorem."""
    theorem = claim()
    weights, bias = shifted(LAST_W, epsilon), shifted(LAST_B, epsilon)
    yield Step(
        theorem.at({L: 0}).where(
            (C(0, epsilon), weights.m_ts * k_xy + bias.m_ts),
            (Kd(0, epsilon), weights.decay * k_xy + bias.decay),
            id="base",
            title="no hidden layer",
        ),
        reason="A linear function of the inputs with a bias.",
    )
    pre = (nt.a, C(L, epsilon), nt.b)
    yield Step(
        theorem.at({L: L + 1}).where(
            (C(L + 1, epsilon), weights.m_ts * F(*pre) + bias.m_ts),
            (Kd(L + 1, epsilon), weights.m_ts * Fdot(*pre) * Kd(L, epsilon) + weights.decay * F(*pre) + bias.decay),
            (Kd(L, epsilon), theorem.rhs),
            id="step",
            title="one layer more, with weights and biases of its own",
        ),
        reason="Product and chain rule with ∂F/∂c = Ḟ, and the hypothesis. F belongs to the layer added: each layer "
        "may have another.",
        uses=("price-theorem",),
    )
    instances = tuple((f"depth {depth}", on_the_line(depth)) for depth in DEPTHS)
    yield Step(theorem, "Induction on the depth.", ("base", "step"), Induction("base", "step", instances))


# -- the sum over groups, on explicit recursions ----------------------------------------------------------------------


def sum_over_groups(depth: int) -> sp.Expr:
    """Σ_g e_g ∂C/∂m_g."""
    groups = [group(name) for name in names(depth)]
    covariance = C(*(one.m_ts for one in groups))
    return sp.Add(*(one.decay * sp.Derivative(covariance, one.m_ts) for one in groups))


def explicit_step(depth: int, maps: Sequence[LayerMaps], id: str, title: str, uses: tuple[str, ...]) -> Step:
    """The relation with one derivative for every group."""
    groups = {name: group(name) for name in names(depth)}
    covariance, response = top(maps, groups)
    whole = C(*(one.m_ts for one in groups.values()))
    within = [one.m_ts**2 < one.m_tt * one.m_ss for one in groups.values()]
    abstract = maps[0] is PRICE
    return Step(
        Statement(
            id=id,
            title=title,
            lhs=Kd(depth),
            rhs=sum_over_groups(depth),
            given=((Kd(depth), response), (whole, covariance)),
            domain=domain(functions=abstract_instance())
            if abstract
            else domain(where=(*within, k_xy**2 < nt.k_xx * nt.k_yy)),
        ),
        reason="One term for each group of weights and biases; the left side is the recursion.",
        uses=("theorem", *uses),
    )


def explicit_steps() -> Iterator[Step]:
    """Abstract F at depths 1–3; a ReLU layer followed by an erf layer."""
    for depth in DEPTHS:
        title = f"the sum over all {len(names(depth))} groups at depth {depth}, for any activation"
        yield explicit_step(depth, [PRICE] * depth, f"groups-{depth}", title, ())
    mixed = [activation("relu"), activation("erf")]
    title = "each layer its own activation: ReLU, then erf, with biases"
    yield explicit_step(2, mixed, "mixed", title, ("price-theorem/relu", "price-theorem/erf"))


# -- one prior for all ------------------------------------------------------------------------------------------------


def same_prior(depth: int) -> Callable[[], Iterable[Rule]]:
    """All weights alike and no biases: the recursions here, and those of the paper."""

    def rules() -> Iterator[Rule]:
        one = Group(m_ts=m)
        covariance, response = top([PRICE] * depth, uniform(depth, one))
        *_, last = layers(PRICE, depth, Arguments(m_ts=m))
        yield L, sp.Integer(depth)
        yield C(depth, m), covariance
        yield Kd(depth), response
        yield Kd(depth, m), last.ndk
        yield K(depth, m), last.cross

    return rules


def uniform_steps() -> Iterator[Step]:
    """The uniform network without biases is the paper's."""
    cases: tuple[Case, ...] = tuple((f"depth {depth}", same_prior(depth)) for depth in (1, 2, 3, 4))
    abstract = domain(functions=abstract_instance())
    for id, title, lhs, rhs, paper, uses in (
        ("uniform-covariance", "one prior for all, no biases: C^L = m K^L", C(L, m), m * K(L, m), "(12)", ()),
        ("uniform-ndk", "one prior for all, no biases: the paper's NDK", Kd(L), Kd(L, m), "(12)–(15)", ()),
        (
            "uniform-derivative",
            "one prior for all: the sum over groups is ∂_m[m K^L]",
            Kd(L),
            nt.decay * sp.Derivative(m * K(L, m), m),
            "",
            ("theorem", "uniform-covariance", "ndk-derivative"),
        ),
    ):
        yield Step(
            Statement(id=id, title=f"{title} (depths 1–4)", lhs=lhs, rhs=rhs, paper=paper, domain=abstract),
            reason="Both recursions at each depth, for any activation.",
            uses=uses,
            check=Cases(cases, method="explicit recursion"),
        )


# -- the gradients of explicit networks -------------------------------------------------------------------------------


def explicit_network(phi: dict[int, sp.Rational], width: int) -> Callable[[], Iterable[Rule]]:
    """One hidden layer with biases, every parameter averaged; N₀ = 2."""

    def rules() -> Iterator[Rule]:
        groups = {name: group(name) for name in ("W1", "b1", "W2")}
        priors = {"W1": groups["W1"], "b1": groups["b1"], "a": groups["W2"]}
        found = gradient_overlap(phi, (2, width), ((1, 2), (3, -1)), groups=priors, bias=True)
        yield Kd(1), sp.Add(*(priors[name].decay * overlap for name, overlap in found.items()))
        yield nt.F, lambda a, c, b: layer_maps(phi, a, c, b)[0]
        yield nt.Fdot, lambda a, c, b: layer_maps(phi, a, c, b)[1]
        half = sp.Rational(1, 2)
        yield from ((nt.k_xx, 5 * half), (k_xy, half), (nt.k_yy, sp.Integer(5)))

    return rules


def network_step() -> Step:
    """The NDK with biases is the overlap of the gradients, each group's weighted with its own decay."""
    weights, bias, readout = group("W1"), group("b1"), group("W2")
    pre = (
        weights.m_tt * nt.k_xx + bias.m_tt,
        weights.m_ts * k_xy + bias.m_ts,
        weights.m_ss * nt.k_yy + bias.m_ss,
    )
    below = weights.decay * k_xy + bias.decay
    square, mixed = {2: sp.Integer(1)}, {1: sp.Integer(1), 2: sp.Rational(1, 2)}
    cases = tuple(
        (f"φ = {name}, N = {width}", explicit_network(phi, width))
        for name, phi in (("z²", square), ("z + z²/2", mixed))
        for width in (1, 2)
    )
    return Step(
        Statement(
            id="gradients",
            title="explicit networks with biases: Σ_g e_g ⟨∇_g f·∇_g f⟩, widths 1 and 2, φ = z² and z + z²/2",
            lhs=Kd(1),
            rhs=readout.decay * nt.F(*pre) + readout.m_ts * nt.Fdot(*pre) * below,
            paper="(11)",
        ),
        reason="Each group's part of the gradient decays at its own rate. Every weight and bias is averaged; one "
        "hidden layer is exact at any width.",
        uses=("theorem",),
        check=Cases(cases),
    )


# -- equilibrium ------------------------------------------------------------------------------------------------------


def at_equilibrium(name: str, temperature: sp.Expr = T) -> Group:
    """A group long after initialisation: m_g = σ_g² e^{−κ_g(t−s)} with κ_g = T/σ_g²."""
    sigma2 = sp.Symbol(f"sigma_{{{name}}}^{{2}}", positive=True)
    memory = sp.exp(-temperature / sigma2 * (t - s))
    return Group(sigma2, sigma2 * memory, sigma2, memory)


def fdt_claim() -> Statement:
    """∂_s C^L = T K^{d,L}."""
    some = (C, sp.Lambda((L, t, s), (1 + L) / 10 + sp.sin(t - s) / 3))
    return Statement(
        id="fdt",
        title="the long-time identity for any variances and biases, all groups at one temperature",
        lhs=sp.Derivative(C(L, t, s), s),
        rhs=T * Kd(L, t, s),
        paper="(19), (SI 71)",
        domain=domain(where=ORDERED, functions=(some, *abstract_instance())),
    )


def fdt_at(depth: int) -> tuple[Rule, ...]:
    """C^L and K^{d,L} at equilibrium, as the recursions give them at one depth."""
    covariance, response = top([PRICE] * depth, {name: at_equilibrium(name) for name in names(depth)})
    return (L, sp.Integer(depth)), (C(depth, t, s), covariance), (Kd(depth, t, s), response)


def equilibrium_steps() -> Iterator[Step]:
    """∂_s m_g = T e_g; the identity by induction; and what different temperatures do."""
    weights, bias = at_equilibrium("W"), at_equilibrium("b")
    yield Step(
        Statement(
            id="slope",
            title="the slope of every group's covariance is T e_g: σ_g² drops out",
            lhs=sp.Derivative(weights.m_ts, s),
            rhs=T * weights.decay,
            paper="(SI 70)",
            domain=domain(where=ORDERED),
        ),
        reason="κ_g σ_g² = T.",
        uses=("long-time-identity/prior-slope",),
    )
    identity = fdt_claim()
    yield Step(
        identity.at({L: 0}).where(
            (C(0, t, s), weights.m_ts * k_xy + bias.m_ts),
            (Kd(0, t, s), weights.decay * k_xy + bias.decay),
            id="fdt-base",
            title="the identity without hidden layers",
        ),
        reason="Two groups, each with the slope T e_g.",
        uses=("slope",),
    )
    pre = (nt.a, C(L, t, s), nt.b)
    yield Step(
        identity.at({L: L + 1}).where(
            (C(L + 1, t, s), weights.m_ts * F(*pre) + bias.m_ts),
            (Kd(L + 1, t, s), weights.m_ts * Fdot(*pre) * Kd(L, t, s) + weights.decay * F(*pre) + bias.decay),
            (Kd(L, t, s), sp.Derivative(C(L, t, s), s) / T),
            id="fdt-step",
            title="the identity with one layer more",
            paper="(SI 72), (SI 73)",
        ),
        reason="Chain rule with ∂F/∂c = Ḟ, and the hypothesis.",
        uses=("slope", "price-theorem"),
    )
    instances = tuple((f"depth {depth}", fdt_at(depth)) for depth in DEPTHS)
    check = Induction("fdt-base", "fdt-step", instances)
    yield Step(identity, "Induction on the depth.", ("fdt-base", "fdt-step"), check)
    yield temperatures_step()


def temperatures_step() -> Step:
    """Two groups at temperatures of their own: the derivative weighs each group with its temperature."""
    hot, cold = sp.symbols("T_W T_b", positive=True)
    weights, bias = at_equilibrium("W", hot), at_equilibrium("b", cold)
    covariance = weights.m_ts * k_xy + bias.m_ts
    response = weights.decay * k_xy + bias.decay
    return Step(
        Statement(
            id="temperatures",
            title="groups at different temperatures: the identity fails by the difference",
            lhs=sp.Derivative(C(0, t, s), s) - hot * Kd(0, t, s),
            rhs=(cold - hot) * bias.decay,
            given=((C(0, t, s), covariance), (Kd(0, t, s), response)),
            domain=domain(where=ORDERED),
        ),
        reason="Weights at T_W, biases at T_b, no hidden layer: no one temperature relates response and correlation.",
        uses=("slope",),
    )


DERIVATION = Derivation(
    id="general-hyperparameters",
    title="Per-group variances and biases: K^{d,L} = Σ_g e_g ∂C^L/∂m_g",
    paper="(11)–(15), (19)",
    assumptions=(
        "Each group of weights or biases is Gaussian under the prior, with covariance m_g(t,s) and decay e_g, "
        "independent of the others.",
        "The recursion for C^L and K^{d,L} with biases, otherwise (12)–(15); each layer may have its own φ.",
        "∂/∂m_g acts on m_g(t,s); the variances at (t,t) and (s,s) are held fixed.",
        "For the long-time identity: t ≥ s ≫ 1/κ_g for every group, one temperature.",
    ),
    exact=(
        "The relation by induction for abstract F and symbolic depth, along the line m_g + ε e_g, and at depths 1–3 as "
        "a sum with one derivative per group; a ReLU layer followed by an erf layer, with biases; the uniform network "
        "without biases against the paper's recursion and the derivative relation at depths 1–4; gradients of explicit "
        "networks with biases (one hidden layer, widths 1 and 2, two polynomials); the long-time identity by "
        "induction, and how it fails for two temperatures. All are exact symbolic zeros."
    ),
    physicist=(
        "The recursion with biases (N → ∞, kernels concentrate) extends that of the paper and is not derived for more "
        "than one hidden layer. The principle of induction is used, not checked."
    ),
    build=steps,
    headline="theorem",
)
