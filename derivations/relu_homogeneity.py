r"""Positively homogeneous activations: the NDK factorises.

If φ(kz) = kφ(z) for k > 0, as for ReLU, leaky ReLU and the linear activation, a Gaussian pair can be scaled to unit
variances and the layer map depends on the correlation alone up to a factor,

    F(a, c, b) = √(ab) q(c/√(ab)),      Ḟ(a, c, b) = q′(c/√(ab)),      F(a, a, a) = q(1) a.

Every layer then multiplies the norms by q(1) m_tt and q(1) m_ss, whatever the inputs are, and hands on a correlation.
By induction, with |x||x′| = √(k_xx k_yy), ρ_m = m_ts/√(m_tt m_ss) the correlation of the weights, ρ_0 of the inputs,

    K^L = (m_tt m_ss)^{L/2} |x||x′| k_L(ρ_m, ρ_0),        K^{d,L} = e^{−κ(t−s)} (m_tt m_ss)^{L/2} |x||x′| g_L(ρ_m, ρ_0),
    k_{l+1} = q(1)^l q(ρ_l),     g_{l+1} = ρ_m q′(ρ_l) g_l + k_{l+1},     ρ_l = ρ_m k_l/q(1)^l,     k_0 = g_0 = ρ_0.

The norms of the inputs and the sizes of the weights stand in front; what depends on time inside is only ρ_m. So the
predictor is homogeneous in the input, and rescaling all weights rescales the kernels. For the linear activation
g_L = (L+1) ρ_m^L ρ_0; for ReLU g_L is written out in the angles of its layers, at depths 1, 2 and 3.

A homogeneous activation has one slope for z > 0 and another for z < 0. Its layer map follows from that of ReLU.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from derivations import _homogeneous_depths, _two_slopes
from ndk_sym import notation as nt
from ndk_sym.abstract import K, Kd
from ndk_sym.activations import activation, names
from ndk_sym.densities import pair_density
from ndk_sym.homogeneous import CORRELATED, CORRELATIONS, HOMOGENEOUS, front, g_l, homogeneous_instance, k_l, q, q_slope
from ndk_sym.kernels import Arguments, layers
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

DEPTHS = (1, 2, 3)
L, t, s, a, b, c, rho, decay = nt.L, nt.t, nt.s, nt.a, nt.b, nt.c, nt.rho, nt.decay
m_tt, m_ts, m_ss, rho_m, rho_0 = nt.m_tt, nt.m_ts, nt.m_ss, nt.rho_m, nt.rho_0
k_xx, k_xy, k_yy, q_of_1 = nt.k_xx, nt.k_xy, nt.k_yy, nt.q_of_1


def k(depth: Any) -> sp.Expr:
    """k_l(ρ_m, ρ_0)."""
    return k_l(depth, rho_m, rho_0)


def g(depth: Any) -> sp.Expr:
    """g_l(ρ_m, ρ_0)."""
    return g_l(depth, rho_m, rho_0)


def correlation(depth: Any) -> sp.Expr:
    """The argument of q in layer depth + 1: ρ_m k_l/q(1)^l."""
    return rho_m * k(depth) / q_of_1**depth


def norm_claim() -> Statement:
    """The equal-time kernel."""
    value = (q_of_1 * m_tt) ** L * k_xx
    return Statement(
        id="norms",
        title="the equal-time kernels",
        lhs=K(L, m_tt),
        rhs=value,
        domain=domain(functions=((K, sp.Lambda((L, m_tt), value)),)),
    )


def kernel_claim() -> Statement:
    """K^L factorises."""
    return Statement(
        id="kernel",
        title="the kernel factorises",
        lhs=K(L, t, s),
        rhs=front(L) * k(L),
        domain=domain(where=CORRELATED, functions=_by_depth(K)),
    )


def response_claim() -> Statement:
    """K^{d,L} factorises."""
    return Statement(
        id="response",
        title="the neural dynamical kernel factorises",
        lhs=Kd(L, t, s),
        rhs=decay * front(L) * g(L),
        domain=domain(where=CORRELATED, functions=_by_depth(Kd, decay)),
    )


def _by_depth(kernel: Any, factor: sp.Expr = sp.S.One) -> tuple[Rule, ...]:
    some = sp.Lambda((L, rho_m, rho_0), sp.Rational(1, 3) + L / 10)
    claimed = (kernel, lambda depth, *_times: factor * front(depth) * some(depth, rho_m, rho_0))
    return claimed, (g_l, some), (k_l, some), *homogeneous_instance()


def at_depth(depth: int) -> tuple[Rule, ...]:
    """The recursion of the kernels, and that of k and g, at one depth."""
    *_, top = layers(HOMOGENEOUS, depth, Arguments())
    inner, outer = rho_0, rho_0
    for l in range(depth):
        argument = rho_m * inner / q_of_1**l
        inner = q_of_1**l * q(argument)
        outer = rho_m * q_slope(argument) * outer + inner
    kernels = (K(depth, t, s), top.cross), (Kd(depth, t, s), top.ndk), (K(depth, m_tt), top.norm_t)
    return (L, sp.Integer(depth)), *kernels, (k(depth), inner), (g(depth), outer), *CORRELATIONS


def induction(theorem: Statement, base: str, step: str) -> Step:
    """The theorem from its base and its step, with the explicit recursion as instances."""
    instances = tuple((f"depth {depth}", at_depth(depth)) for depth in DEPTHS)
    return Step(theorem, "Induction on the depth.", (base, step), Induction(base, step, instances))


def steps() -> Iterator[Step]:
    """The scaling of one layer, three inductions, what follows, and explicit activations."""
    yield from layer_steps()
    yield from norm_steps()
    yield from kernel_steps()
    yield from response_steps()
    yield from _homogeneous_depths.consequences()
    yield from _two_slopes.steps()
    yield from _homogeneous_depths.explicit_steps()


def layer_steps() -> Iterator[Step]:
    """A homogeneous φ under a Gaussian of any variances."""
    z1, z2 = sp.sqrt(a) * nt.u1, sp.sqrt(b) * nt.u2
    scaled = ((nt.phi(z1), sp.sqrt(a) * nt.phi(nt.u1)), (nt.phi(z2), sp.sqrt(b) * nt.phi(nt.u2)))
    yield Step(
        Statement(
            id="scaling",
            title="the integrand of F, scaled to unit variances",
            lhs=nt.phi(z1) * nt.phi(z2) * pair_density(z1, z2, a, c, b) * sp.sqrt(a) * sp.sqrt(b),
            rhs=sp.sqrt(a * b) * nt.phi(nt.u1) * nt.phi(nt.u2) * pair_density(nt.u1, nt.u2, 1, rho, 1),
            given=(*scaled, (c, rho * sp.sqrt(a * b))),
            domain=domain(functions=((nt.phi, sp.Lambda(nt.z, 2 + sp.sin(nt.z))),)),
        ),
        reason="z₁ = √a u₁, z₂ = √b u₂ with φ(√a u) = √a φ(u); the last factor is the Jacobian. So F = √(ab) q(ρ).",
    )
    correlated = c / sp.sqrt(a * b)
    yield Step(
        Statement(
            id="slope",
            title="the derivative layer map is the derivative of q",
            lhs=sp.Derivative(sp.sqrt(a * b) * nt.q(correlated), c),
            rhs=sp.Subs(sp.Derivative(nt.q(rho), rho), rho, correlated),
            domain=domain(functions=((nt.q, sp.Lambda(rho, rho**3 / 5 + sp.sin(rho))),)),
        ),
        reason="Price's theorem: Ḟ = ∂F/∂c, and the factors √(ab) cancel.",
        uses=("scaling", "price-theorem"),
    )
    for name in names(paper=True):
        maps = activation(name)
        if not maps.homogeneous:
            continue
        for kind, function, closed, factor in (
            ("map", nt.F, maps.dual, sp.sqrt(a * b)),
            ("derivative-map", nt.Fdot, maps.dual_derivative, sp.S.One),
        ):
            yield Step(
                Statement(
                    id=f"{name}-{kind}",
                    title=f"the closed form of {name} is of this form: {'Ḟ' if kind != 'map' else 'F'}",
                    lhs=function(a, c, b),
                    rhs=factor * function(1, rho, 1),
                    given=((function, closed), (rho, correlated)),
                    domain=domain(where=(c**2 < a * b,)),
                ),
                reason="F scales with √(ab)." if kind == "map" else "Ḟ does not scale.",
                uses=("scaling" if kind == "map" else "slope",),
            )


def norm_steps() -> Iterator[Step]:
    """Equal times."""
    theorem = norm_claim()
    yield Step(
        theorem.at({L: 0}).where((K(0, m_tt), k_xx), id="norm-base", title="the norm at depth 0"),
        reason="K⁰(x,x).",
    )
    yield Step(
        theorem.at({L: L + 1}).where(
            (K(L + 1, m_tt), HOMOGENEOUS.norm(m_tt * K(L, m_tt))),
            (K(L, m_tt), theorem.rhs),
            id="norm-step",
            title="the norm of one layer more",
        ),
        reason="F(a, a, a) = q(1) a at a = m_tt K^L.",
        uses=("scaling",),
    )
    yield induction(theorem, "norm-base", "norm-step")


def equal_times() -> tuple[sp.Expr, sp.Expr]:
    """The pre-activation variances a and b above layer L."""
    return m_tt * (q_of_1 * m_tt) ** L * k_xx, m_ss * (q_of_1 * m_ss) ** L * k_yy


def kernel_steps() -> Iterator[Step]:
    """K^L."""
    theorem = kernel_claim()
    variance_t, variance_s = equal_times()
    yield Step(
        theorem.at({L: 0}).where(
            (K(0, t, s), k_xy),
            (k(0), rho_0),
            *CORRELATIONS,
            id="kernel-base",
            title="the kernel at depth 0",
            domain=domain(where=CORRELATED),
        ),
        reason="K⁰ = |x||x′| ρ_0.",
    )
    yield Step(
        theorem.at({L: L + 1}).where(
            (K(L + 1, t, s), HOMOGENEOUS.dual(variance_t, m_ts * K(L, t, s), variance_s)),
            (K(L, t, s), theorem.rhs),
            (k(L + 1), q_of_1**L * q(correlation(L))),
            *CORRELATIONS,
            id="kernel-step",
            title="the kernel of one layer more",
        ),
        reason="Insert the norms and the hypothesis: the correlation of the pre-activations is ρ_m k_L/q(1)^L.",
        uses=("scaling", "norms"),
    )
    yield induction(theorem, "kernel-base", "kernel-step")


def response_steps() -> Iterator[Step]:
    """K^{d,L}."""
    theorem = response_claim()
    variance_t, variance_s = equal_times()
    slope = HOMOGENEOUS.dual_derivative(variance_t, m_ts * K(L, t, s), variance_s)
    yield Step(
        theorem.at({L: 0}).where(
            (Kd(0, t, s), decay * k_xy),
            (g(0), rho_0),
            *CORRELATIONS,
            id="response-base",
            title="the NDK at depth 0",
            domain=domain(where=CORRELATED),
        ),
        reason="K^{d,0} = e^{−κ(t−s)} K⁰.",
    )
    yield Step(
        theorem.at({L: L + 1}).where(
            (Kd(L + 1, t, s), m_ts * slope * Kd(L, t, s) + decay * K(L + 1, t, s)),
            (Kd(L, t, s), theorem.rhs),
            (K(L + 1, t, s), front(L + 1) * k(L + 1)),
            (K(L, t, s), front(L) * k(L)),
            (g(L + 1), rho_m * q_slope(correlation(L)) * g(L) + k(L + 1)),
            *CORRELATIONS,
            id="response-step",
            title="the NDK with one layer more",
        ),
        reason="The recursion (14); m_ts = √(m_tt m_ss) ρ_m supplies the next factor √(m_tt m_ss).",
        uses=("slope", "norms", "kernel"),
    )
    yield induction(theorem, "response-base", "response-step")


DERIVATION = Derivation(
    id="relu-homogeneity",
    title="Homogeneous activations: K^{d,L} = e^{−κ(t−s)} (m_tt m_ss)^{L/2} |x||x′| g_L(ρ_m, ρ_0)",
    paper="(14), (SI 59)–(SI 66)",
    assumptions=(
        "φ(kz) = kφ(z) for k > 0, the same φ in every layer, and no biases.",
        "Price's theorem ∂F/∂c = Ḟ (price-theorem), and the recursion (12)–(15).",
        "t ≥ s; |ρ_m| < 1 and |ρ_0| < 1 where a closed form has a root or an angle: the ends follow by continuity.",
    ),
    exact=(
        "The scaling of the integrand for an abstract homogeneous φ; the three inductions for symbolic depth, with the "
        "explicit abstract recursion at depths 1–3; the homogeneity in the input, the NTK and the NNGP "
        "kernel at any depth; the layer map of every homogeneous activation, from that of ReLU; g_L of linear and "
        "ReLU networks at depths 1–3, on the explicit recursion. All are exact symbolic zeros."
    ),
    physicist=(
        "The recursion itself (N → ∞, kernels concentrate) is taken from the paper. The principle of induction, and "
        "the change of variables under the integral, are used, not checked."
    ),
    build=steps,
    headline="response",
)
