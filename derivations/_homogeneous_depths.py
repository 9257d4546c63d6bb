"""Steps of relu-homogeneity that follow from the factorised kernels, and g_L of linear and ReLU networks in full."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import K, Kd
from ndk_sym.activations import activation
from ndk_sym.homogeneous import CORRELATED, CORRELATIONS, HOMOGENEOUS, front, g_l, homogeneous_instance, k_l
from ndk_sym.kernels import Arguments, LayerMaps, layers
from ndk_sym.statement import Rule, Statement, Step, domain

DEPTHS = (1, 2, 3)
L, t, s, m, rho, rho_m, rho_0 = nt.L, nt.t, nt.s, nt.m, nt.rho, nt.rho_m, nt.rho_0
J = sp.Function("J", real=True)
bracket = sp.Lambda(nt.theta, sp.sin(nt.theta) + (sp.pi - nt.theta) * sp.cos(nt.theta))


def consequences() -> Iterator[Step]:
    """g_L from k_L, homogeneity of the predictor, and what the sizes of the weights do."""
    through = sp.Subs(sp.Derivative(rho * k_l(L, rho, rho_0), rho), rho, rho_m)
    some = sp.Lambda((L, rho_m, rho_0), sp.sin(rho_m) + L * rho_m**2 / 3 + rho_0)
    weights = sp.sqrt(nt.m_tt * nt.m_ss)
    yield Step(
        Statement(
            id="derivative",
            title="g_L is the derivative of ρ_m k_L by ρ_m",
            lhs=sp.Derivative(m * front(L) * k_l(L, m / weights, rho_0), m),
            rhs=front(L) * through,
            given=((rho_m, m / weights),),
            domain=domain(functions=((k_l, some),)),
        ),
        reason="K^{d,L} = e^{−κ(t−s)} ∂_m[m K^L]: what stands behind decay and norms is ∂(ρ_m k_L)/∂ρ_m.",
        uses=("kernel", "response", "ndk-derivative"),
    )
    yield from input_steps()
    yield from size_steps()


def input_steps() -> Iterator[Step]:
    """The NDK at νx: at any depth, and for one hidden layer on the explicit recursion."""
    stretched = {nt.k_xx: nt.stretch**2 * nt.k_xx, nt.k_xy: nt.stretch * nt.k_xy}
    whole = nt.decay * front(L) * g_l(L, rho_m, CORRELATIONS[1][1])
    *_, top = layers(HOMOGENEOUS, 1, Arguments())
    *_, longer = layers(HOMOGENEOUS, 1, Arguments(k_xx=stretched[nt.k_xx], k_xy=stretched[nt.k_xy]))
    some = (g_l, sp.Lambda((L, rho_m, rho_0), rho_m * rho_0 + L))
    for id, depth, title, at_nu_x, at_x, uses in (
        ("homogeneous", L, "any depth", whole.xreplace(stretched), whole, ("response",)),
        ("homogeneous-1", sp.Integer(1), "one hidden layer, on the explicit recursion", longer.ndk, top.ndk, ()),
    ):
        inputs, stretched_inputs = (nt.x_in, nt.x_in_prime), (nt.stretch * nt.x_in, nt.x_in_prime)
        yield Step(
            Statement(
                id=id,
                title=f"the NDK is homogeneous in the input: {title}",
                lhs=Kd(depth, *stretched_inputs),
                rhs=nt.stretch * Kd(depth, *inputs),
                given=((Kd(depth, *stretched_inputs), at_nu_x), (Kd(depth, *inputs), at_x)),
                domain=domain(where=CORRELATED, functions=(some, *homogeneous_instance())),
            ),
            reason="Replace x by νx: k_xx → ν²k_xx, k_xy → νk_xy. By (17) the mean predictor scales with |x|.",
            uses=uses,
        )


def size_steps() -> Iterator[Step]:
    """The NTK and the NNGP kernel."""
    inputs = sp.sqrt(nt.k_xx * nt.k_yy)
    some = sp.Lambda((L, rho_m, rho_0), rho_m * rho_0 + L)
    for id, title, lhs, value, variance, rhs, paper in (
        (
            "ntk",
            "the NTK is a power of the initial variance",
            Kd(L, 0, 0),
            front(L) * g_l(L, rho_m, rho_0),
            nt.sigma02,
            nt.sigma02**L * inputs * g_l(L, 1, rho_0),
            "(18)",
        ),
        (
            "nngp",
            "the NNGP kernel is a power of the prior variance",
            nt.sigma2 * K(L, t, t),
            front(L) * k_l(L, rho_m, rho_0),
            nt.sigma2,
            nt.sigma2 ** (L + 1) * inputs * k_l(L, 1, rho_0),
            "(20)",
        ),
    ):
        (kernel,) = lhs.atoms(Kd, K)
        yield Step(
            Statement(
                id=id,
                title=title,
                lhs=lhs,
                rhs=rhs,
                paper=paper,
                given=((kernel, value), *CORRELATIONS, *((w, variance) for w in (nt.m_tt, nt.m_ts, nt.m_ss))),
                domain=domain(where=(nt.k_xy**2 < nt.k_xx * nt.k_yy,), functions=((g_l, some), (k_l, some))),
            ),
            reason="One time and equal weights: ρ_m = 1 whatever their size, which stands in front alone.",
            uses=("response",) if id == "ntk" else ("kernel",),
        )


def explicit_steps() -> Iterator[Step]:
    """g_L of linear and ReLU networks, on the explicit recursion."""
    for depth in DEPTHS:
        yield explicit_step("linear", depth, (depth + 1) * rho_m**depth * rho_0, (), ("ndk-linear/response",))
    rules: tuple[Rule, ...] = ((J, bracket),)
    response, cosine = rho_0, rho_m * rho_0
    for depth, angle in zip(DEPTHS, (nt.psi1, nt.psi2, nt.psi3), strict=True):
        rules = ((angle, sp.acos(cosine)), *rules)  # the last angle first: it holds the earlier ones
        response = rho_m * (sp.pi - angle) / (2 * sp.pi) * response + J(angle) / (2**depth * sp.pi)
        cosine = rho_m * J(angle) / sp.pi
        yield explicit_step("relu", depth, response, rules, ("ndk-relu/angles", "relu-map", "relu-derivative-map"))


def explicit_step(name: str, depth: int, value: sp.Expr, rules: tuple[Rule, ...], uses: tuple[str, ...]) -> Step:
    """K^{d,L} of one activation and depth with g_L written out, on the explicit recursion."""
    maps: LayerMaps = activation(name)
    *_, top = layers(maps, depth, Arguments())
    return Step(
        Statement(
            id=f"{name}-{depth}",
            title=f"{name} at depth {depth}, with g_{depth} written out",
            lhs=Kd(depth, t, s),
            rhs=nt.decay * front(sp.Integer(depth)) * value,
            paper="(SI 61)" if name == "linear" else "(SI 65), (SI 66)",
            given=((Kd(depth, t, s), top.ndk), *rules, *CORRELATIONS),
            domain=domain(where=CORRELATED),
        ),
        reason="g_L = (L+1) ρ_m^L ρ_0; checked against the recursion (12)–(15)."
        if name == "linear"
        else "Each layer adds J(ψ)/(2^L π), and passes g on with ρ_m (π − ψ)/2π; checked against the recursion "
        "(12)–(15).",
        uses=("response", *uses),
    )
