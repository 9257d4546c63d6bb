r"""Positively homogeneous activations: the NDK factorises.

If φ(kz) = kφ(z) for k > 0, as for ReLU, leaky ReLU and the linear activation, a Gaussian pair can be scaled to unit
variances and the layer map depends on the correlation alone up to a factor,

    F(a, c, b) = √(ab) q(c/√(ab)),      Ḟ(a, c, b) = q′(c/√(ab)),      F(a, a, a) = q(1) a.

Every layer then multiplies the norms by q(1) m_tt and q(1) m_ss, whatever the inputs are, and hands on a correlation.
By induction, with M = √(m_tt m_ss), |x||x′| = √(k_xx k_yy) and the correlations ρ_m = m_ts/M of the weights, ρ_0 of the
inputs,

    K^L = M^L |x||x′| k_L,        k_{l+1} = q_1^l q(ρ_m k_l/q_1^l),                      k_0 = ρ_0,
    K^{d,L} = e^{−κ(t−s)} M^L |x||x′| g_L,    g_{l+1} = ρ_m q′(ρ_m k_l/q_1^l) g_l + k_{l+1},    g_0 = ρ_0,

where q_1 = q(1). The norms of the inputs and the sizes of the weights stand in front; what depends on time inside is
only ρ_m. So the predictor is homogeneous in the input, and rescaling all weights rescales the kernels.

A homogeneous activation has one slope for z > 0 and another for z < 0. Its layer map follows from that of ReLU.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from derivations import _two_slopes
from ndk_sym import notation as nt
from ndk_sym.abstract import K, Kd
from ndk_sym.activations import activation, names
from ndk_sym.densities import pair_density
from ndk_sym.homogeneous import HOMOGENEOUS, homogeneous_instance, q, q_1, q_slope
from ndk_sym.kernels import Arguments, layers, nngp, ntk
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

DEPTHS = (1, 2, 3)
L, t, s, a, b, c, rho, decay = nt.L, nt.t, nt.s, nt.a, nt.b, nt.c, nt.rho, nt.decay
m_tt, m_ts, m_ss = nt.m_tt, nt.m_ts, nt.m_ss
k_xx, k_xy, k_yy = nt.k_xx, nt.k_xy, nt.k_yy

CORRELATED = (m_ts**2 < m_tt * m_ss, k_xy**2 < k_xx * k_yy)
size = sp.sqrt(m_tt * m_ss)
rho_m = m_ts / size
rho_0 = k_xy / sp.sqrt(k_xx * k_yy)


k = sp.Function("k", real=True)
g = sp.Function("g", real=True)


INSTANCE = homogeneous_instance()


def front(depth: sp.Expr) -> sp.Expr:
    """M^L |x||x′|."""
    return m_tt ** (depth / 2) * m_ss ** (depth / 2) * sp.sqrt(k_xx * k_yy)


def correlation(depth: sp.Expr) -> sp.Expr:
    """The argument of q in layer depth + 1: ρ_m k_l/q_1^l."""
    return rho_m * k(depth) / q_1**depth


def norm_claim() -> Statement:
    """The equal-time kernel."""
    return Statement(
        id="norms",
        title="the equal-time kernels",
        lhs=K(L, m_tt),
        rhs=(q_1 * m_tt) ** L * k_xx,
        domain=domain(functions=((K, sp.Lambda((L, m_tt), (q_1 * m_tt) ** L * k_xx)),)),
    )


def kernel_claim() -> Statement:
    """K^L factorises."""
    return Statement(
        id="kernel",
        title="the kernel factorises",
        lhs=K(L, t, s),
        rhs=front(L) * k(L),
        domain=domain(where=CORRELATED, functions=_by_depth(K, k)),
    )


def response_claim() -> Statement:
    """K^{d,L} factorises."""
    return Statement(
        id="response",
        title="the neural dynamical kernel factorises",
        lhs=Kd(L, t, s),
        rhs=decay * front(L) * g(L),
        domain=domain(where=CORRELATED, functions=_by_depth(Kd, g, decay)),
    )


def _by_depth(kernel: Any, inner: Any, factor: sp.Expr = sp.S.One) -> tuple[Rule, ...]:
    some = sp.Lambda(L, sp.Rational(1, 3) + L / 10)
    return (kernel, lambda depth, *_times: factor * front(depth) * some(depth)), (inner, some), (k, some), *INSTANCE


def instance(depth: int) -> tuple[Rule, ...]:
    """The recursion of the kernels, and that of k and g, at one depth."""
    *_, top = layers(HOMOGENEOUS, depth, Arguments())
    inner, outer = rho_0, rho_0
    for l in range(depth):
        argument = rho_m * inner / q_1**l
        inner = q_1**l * q(argument)
        outer = rho_m * q_slope(argument) * outer + inner
    kernels = (K(depth, t, s), top.cross), (Kd(depth, t, s), top.ndk), (K(depth, m_tt), top.norm_t)
    return (L, sp.Integer(depth)), *kernels, (k(depth), inner), (g(depth), outer)


def steps() -> Iterator[Step]:
    """The scaling of one layer, three inductions, and what follows."""
    yield from layer_steps()
    yield from norm_steps()
    yield from kernel_steps()
    yield from response_steps()
    yield from consequences()
    yield from _two_slopes.steps()


def layer_steps() -> Iterator[Step]:
    """A homogeneous φ under a Gaussian of any variances."""
    u, v = sp.symbols("u v", real=True)
    z1, z2 = sp.sqrt(a) * u, sp.sqrt(b) * v
    scaled = ((nt.phi(z1), sp.sqrt(a) * nt.phi(u)), (nt.phi(z2), sp.sqrt(b) * nt.phi(v)))
    jacobian = sp.sqrt(a) * sp.sqrt(b)
    yield Step(
        Statement(
            id="scaling",
            title="the integrand of F, scaled to unit variances",
            lhs=nt.phi(z1) * nt.phi(z2) * pair_density(z1, z2, a, c, b) * jacobian,
            rhs=sp.sqrt(a * b) * nt.phi(u) * nt.phi(v) * pair_density(u, v, 1, rho, 1),
            given=(*scaled, (c, rho * sp.sqrt(a * b))),
            domain=domain(functions=((nt.phi, sp.Lambda(nt.z, 2 + sp.sin(nt.z))),)),
        ),
        reason="z₁ = √a u, z₂ = √b v with φ(√a u) = √a φ(u): F(a, c, b) = √(ab) q(ρ).",
    )
    slope = sp.Derivative(sp.sqrt(a * b) * sp.Function("q", real=True)(c / sp.sqrt(a * b)), c)
    yield Step(
        Statement(
            id="slope",
            title="the derivative layer map is the derivative of q",
            lhs=slope,
            rhs=sp.Subs(sp.Derivative(sp.Function("q", real=True)(rho), rho), rho, c / sp.sqrt(a * b)),
            domain=domain(functions=((sp.Function("q", real=True), sp.Lambda(rho, rho**3 / 5 + sp.sin(rho))),)),
        ),
        reason="Price's theorem: Ḟ = ∂F/∂c, and the factors √(ab) cancel.",
        uses=("scaling", "price-theorem"),
    )
    for name in names():
        maps = activation(name)
        if not maps.homogeneous:
            continue
        yield Step(
            Statement(
                id=f"{name}-map",
                title=f"the closed forms of {name} are of this form",
                lhs=nt.F(a, c, b) + nt.Fdot(a, c, b),
                rhs=sp.sqrt(a * b) * nt.F(1, rho, 1) + nt.Fdot(1, rho, 1),
                given=((nt.F, maps.dual), (nt.Fdot, maps.dual_derivative), (rho, c / sp.sqrt(a * b))),
                domain=domain(where=(c**2 < a * b,)),
            ),
            reason="The registered F and Ḟ; F scales with √(ab), and Ḟ does not scale.",
            uses=("scaling", "slope"),
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
    check = Induction("norm-base", "norm-step", tuple((f"depth {n}", instance(n)) for n in DEPTHS))
    yield Step(theorem, "Induction on the depth.", ("norm-base", "norm-step"), check)


def equal_times() -> tuple[sp.Expr, sp.Expr]:
    """The pre-activation variances a and b above layer L."""
    return m_tt * (q_1 * m_tt) ** L * k_xx, m_ss * (q_1 * m_ss) ** L * k_yy


def kernel_steps() -> Iterator[Step]:
    """K^L."""
    theorem = kernel_claim()
    variance_t, variance_s = equal_times()
    yield Step(
        theorem.at({L: 0}).where(
            (K(0, t, s), k_xy),
            (k(0), rho_0),
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
            (k(L + 1), q_1**L * q(correlation(L))),
            id="kernel-step",
            title="the kernel of one layer more",
        ),
        reason="Insert the norms and the hypothesis: the correlation of the pre-activations is ρ_m k_L/q_1^L.",
        uses=("scaling", "norms"),
    )
    check = Induction("kernel-base", "kernel-step", tuple((f"depth {n}", instance(n)) for n in DEPTHS))
    yield Step(theorem, "Induction on the depth.", ("kernel-base", "kernel-step"), check)


def response_steps() -> Iterator[Step]:
    """K^{d,L}."""
    theorem = response_claim()
    variance_t, variance_s = equal_times()
    slope = HOMOGENEOUS.dual_derivative(variance_t, m_ts * K(L, t, s), variance_s)
    yield Step(
        theorem.at({L: 0}).where(
            (Kd(0, t, s), decay * k_xy),
            (g(0), rho_0),
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
            id="response-step",
            title="the NDK with one layer more",
        ),
        reason="The recursion (14); m_ts = M ρ_m supplies the next factor M.",
        uses=("slope", "norms", "kernel"),
    )
    check = Induction("response-base", "response-step", tuple((f"depth {n}", instance(n)) for n in DEPTHS))
    yield Step(theorem, "Induction on the depth.", ("response-base", "response-step"), check)


def consequences() -> Iterator[Step]:
    """Homogeneity of the predictor, and what the sizes of the weights do."""
    factor = sp.Symbol("nu", positive=True)
    by_weight = sp.Function("k", real=True)
    m, scaled = nt.m, m_tt ** (L / 2) * m_ss ** (L / 2) * sp.sqrt(k_xx * k_yy)
    yield Step(
        Statement(
            id="derivative",
            title="g_L is the derivative of ρ_m k_L by ρ_m",
            lhs=sp.Derivative(m * scaled * by_weight(L, m / size), m),
            rhs=scaled * sp.Subs(sp.Derivative(rho * by_weight(L, rho), rho), rho, m / size),
            domain=domain(functions=((by_weight, sp.Lambda((L, rho), sp.sin(rho) + L * rho**2 / 3)),)),
        ),
        reason="K^{d,L} = e^{−κ(t−s)} ∂_m[m K^L], with m = M ρ_m: what stands behind the norms is ∂(ρ_m k_L)/∂ρ_m.",
        uses=("kernel", "response", "ndk-derivative"),
    )
    for depth in (1, 2):
        *_, top = layers(HOMOGENEOUS, depth, Arguments())
        *_, longer = layers(HOMOGENEOUS, depth, Arguments(k_xx=factor**2 * k_xx, k_xy=factor * k_xy))
        yield Step(
            Statement(
                id=f"homogeneous-{depth}",
                title=f"the NDK of depth {depth} is homogeneous in the input",
                lhs=Kd(depth, factor * nt.z1, nt.z2),
                rhs=factor * Kd(depth, nt.z1, nt.z2),
                given=((Kd(depth, factor * nt.z1, nt.z2), longer.ndk), (Kd(depth, nt.z1, nt.z2), top.ndk)),
                domain=domain(where=CORRELATED, functions=INSTANCE),
            ),
            reason="Replace x by νx: k_xx → ν²k_xx, k_xy → νk_xy. By (17) the mean predictor scales with |x|.",
            uses=("response",),
        )
    for name in names():
        maps = activation(name)
        if not maps.homogeneous:
            continue
        depth, initial = 2, nt.sigma02
        yield Step(
            Statement(
                id=f"{name}-sizes",
                title=f"{name} at depth {depth}: NTK and NNGP kernel are powers of their variances",
                lhs=ntk(maps, depth, initial) * nngp(maps, depth, factor),
                rhs=initial**depth
                * factor ** (depth + 1)
                * ntk(maps, depth, sp.Integer(1))
                * nngp(maps, depth, sp.Integer(1)),
                paper="(18), (20)",
                domain=domain(where=CORRELATED),
            ),
            reason="At equal weights ρ_m = 1, whatever their size: K_NTK ∝ σ₀^{2L}, K_GP ∝ σ^{2(L+1)}.",
            uses=("response",),
        )


DERIVATION = Derivation(
    id="relu-homogeneity",
    title="Homogeneous activations: K^{d,L} = e^{−κ(t−s)} (m_tt m_ss)^{L/2} |x||x′| g_L(ρ_m, ρ_0)",
    paper="(SI 62)–(SI 66)",
    assumptions=(
        "φ(kz) = kφ(z) for k > 0, the same φ in every layer, and no biases.",
        "Price's theorem ∂F/∂c = Ḟ (price-theorem), and the recursion (12)–(15).",
    ),
    exact=(
        "The scaling of the integrand for an abstract homogeneous φ; the three inductions for symbolic depth, with the "
        "explicit abstract recursion at depths 1–3; the homogeneity in the input at depths 1 and 2; the layer map of "
        "every homogeneous activation, from that of ReLU. All are exact symbolic zeros."
    ),
    physicist=(
        "The recursion itself (N → ∞, kernels concentrate) is taken from the paper. The principle of induction, and "
        "the change of variables under the integral, are used, not checked."
    ),
    build=steps,
    headline="response",
)
