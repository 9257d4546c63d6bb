r"""Homogeneous activations: the norms factor out of the NDK, and a function of two correlations remains.

If φ(kz) = kφ(z) for every k > 0, as for ReLU, scaling the two pre-activations scales the layer map,
F(α₁²a, α₁α₂c, α₂²b) = α₁α₂ F(a, c, b). So F = √(ab) Φ(ρ) and Ḟ = Φ̇(ρ) depend on the variances through one root only,
with ρ = c/√(ab) the correlation of the pre-activations. Every layer then multiplies its norms by the variance of the
weights, and passes on a correlation. With q = Φ(1), ρ_m = m(t,s)/√(m(t,t)m(s,s)) the correlation of the weights at the
two times and ρ_0 that of the inputs,

    K^L     = (m(t,t)m(s,s))^{L/2} |x||x′|/N₀ k_L(ρ_m, ρ_0),
    K^{d,L} = e^{−κ|t−s|} (m(t,t)m(s,s))^{L/2} |x||x′|/N₀ g_L(ρ_m, ρ_0),

where k_0 = g_0 = ρ_0,  k_{l+1} = q^l Φ(ρ_m k_l/q^l)  and  g_{l+1} = ρ_m Φ̇(ρ_m k_l/q^l) g_l + k_{l+1}.

The proof is induction on the depth, for unspecified Φ. The length of the inputs, the scale of the weights at each time
and their memory thereby act separately: only angles are left to the nonlinearity.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import K, Kd
from ndk_sym.activations import activation
from ndk_sym.densities import pair_density
from ndk_sym.homogeneous import Homogeneous, Phi, Phidot, TwoSlopes, g, homogeneous_instance, k
from ndk_sym.kernels import Arguments, LayerMaps, layers
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

L, a, b, c, t, s, decay = nt.L, nt.a, nt.b, nt.c, nt.t, nt.s, nt.decay
q, rho_m, rho_0, theta = nt.q, nt.rho_m, nt.rho_0, nt.theta
m_tt, m_ts, m_ss = nt.m_tt, nt.m_ts, nt.m_ss
k_xx, k_xy, k_yy = nt.k_xx, nt.k_xy, nt.k_yy

DEPTHS = (1, 2, 3, 4)
EXPLICIT = (1, 2, 3)
alpha, beta = sp.symbols("alpha_1 alpha_2", positive=True)
p, r = sp.symbols("p_1 p_2", real=True)

ABSTRACT = Homogeneous(q)
weights, inputs = sp.sqrt(m_tt * m_ss), sp.sqrt(k_xx * k_yy)
CORRELATIONS: tuple[Rule, ...] = ((rho_m, m_ts / weights), (rho_0, k_xy / inputs))
CORRELATED = (m_ts**2 < m_tt * m_ss, k_xy**2 < k_xx * k_yy)
COVARIANCE = (c**2 < a * b,)


def steps() -> Iterator[Step]:
    """The layer map, the norms, the kernels of any depth, and what follows."""
    yield from map_steps()
    yield from norm_steps()
    yield from kernel_steps()
    yield from response_steps()
    yield from consequences()
    yield from two_slope_steps()
    yield from explicit_steps()


# -- the layer map ----------------------------------------------------------------------------------------------------


def scaling() -> Statement:
    """F(α₁²a, α₁α₂c, α₂²b) = α₁α₂ F(a, c, b)."""
    some_map = sp.Lambda((a, c, b), c / 2 + sp.sqrt(a * b) * sp.cos(c / sp.sqrt(a * b)))
    return Statement(
        id="scaling",
        title="scaling the pre-activations scales the layer map",
        lhs=nt.F(alpha**2 * a, alpha * beta * c, beta**2 * b),
        rhs=alpha * beta * nt.F(a, c, b),
        domain=domain(where=COVARIANCE, functions=((nt.F, some_map),)),
    )


def map_steps() -> Iterator[Step]:
    """F is homogeneous, and therefore √(ab) Φ(ρ)."""
    z1, z2 = nt.z1, nt.z2
    scaled = pair_density(alpha * z1, beta * z2, alpha**2 * a, alpha * beta * c, beta**2 * b)
    homogeneous = ((nt.phi(alpha * z1), alpha * nt.phi(z1)), (nt.phi(beta * z2), beta * nt.phi(z2)))
    yield Step(
        Statement(
            id="integrand",
            title="the integrands of F, before and after the pre-activations are scaled",
            lhs=nt.phi(alpha * z1) * nt.phi(beta * z2) * scaled * alpha * beta,
            rhs=alpha * beta * (nt.phi(z1) * nt.phi(z2) * pair_density(z1, z2, a, c, b)),
            given=homogeneous,
            domain=domain(where=COVARIANCE, functions=((nt.phi, sp.Lambda(nt.z, nt.z + nt.z**2 / 3)),)),
        ),
        reason="Substitute z₁ → α₁z₁, z₂ → α₂z₂ in ⟨φ(z₁)φ(z₂)⟩ at (α₁²a, α₁α₂c, α₂²b); then φ(αz) = αφ(z).",
    )
    unit = scaling().at({alpha: 1 / sp.sqrt(a), beta: 1 / sp.sqrt(b)})
    yield Step(
        Statement(
            id="normal-form",
            title="the layer map as a function of one correlation",
            lhs=nt.F(a, c, b),
            rhs=sp.sqrt(a * b) * Phi(c / sp.sqrt(a * b)),
            given=(
                (Phi(c / sp.sqrt(a * b)), nt.F(1, c / sp.sqrt(a * b), 1)),
                (nt.F(1, c / (sp.sqrt(a) * sp.sqrt(b)), 1), unit.rhs),
                (nt.F(1, c / sp.sqrt(a * b), 1), unit.rhs),
            ),
            domain=scaling().domain,
        ),
        reason="Scale both variances to 1: Φ(ρ) is F(1, ρ, 1).",
        uses=("integrand",),
    )
    yield Step(
        scaling().where(
            (nt.F, ABSTRACT.dual),
            domain=domain(where=COVARIANCE, functions=homogeneous_instance(q)),
        ),
        reason="The other way round: every map of the form √(ab) Φ(c/√(ab)) is homogeneous.",
        uses=("normal-form",),
    )
    yield Step(
        Statement(
            id="slope",
            title="the derivative layer map depends on the correlation alone",
            lhs=sp.Derivative(nt.F(a, c, b), c),
            rhs=Phidot(c / sp.sqrt(a * b)),
            given=((nt.F, ABSTRACT.dual),),
            domain=domain(where=COVARIANCE, functions=homogeneous_instance(q)),
        ),
        reason="Ḟ = ∂F/∂c, and Φ̇ is the derivative of Φ.",
        uses=("normal-form", "price-theorem"),
    )


# -- kernels of any depth ---------------------------------------------------------------------------------------------


def norm_claim() -> Statement:
    """K^L(t,t;x,x) = (q m_tt)^L K⁰(x,x)."""
    value = (q * m_tt) ** L * k_xx
    return Statement(
        id="norms",
        title="the equal-time kernel of any depth",
        lhs=K(L, t, t),
        rhs=value,
    )


def claim() -> Statement:
    """K^L with its norms factored out."""
    return Statement(
        id="kernel",
        title="the two-time kernel: norms times a function of two correlations",
        lhs=K(L, t, s),
        rhs=(m_tt * m_ss) ** (L / 2) * inputs * k(L),
        domain=domain(where=CORRELATED, functions=homogeneous_instance(q)),
    )


def response_claim() -> Statement:
    """K^{d,L} with its norms and its decay factored out."""
    return Statement(
        id="response",
        title="the neural dynamical kernel: decay, norms, and a function of two correlations",
        lhs=Kd(L, t, s),
        rhs=decay * (m_tt * m_ss) ** (L / 2) * inputs * g(L),
        paper="(14), (SI 65), (SI 66)",
        domain=domain(where=CORRELATED, functions=homogeneous_instance(q)),
    )


def below(depth: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Covariance entries of the pre-activations above depth `depth`, with the norms as proved."""
    return m_tt * (q * m_tt) ** depth * k_xx, m_ts * K(depth, t, s), m_ss * (q * m_ss) ** depth * k_yy


def next_angle(depth: sp.Expr) -> sp.Expr:
    """ρ_m k_l/q^l, the correlation of the pre-activations above depth l."""
    return rho_m * k(depth) / q**depth


def next_k(depth: sp.Expr) -> sp.Expr:
    """k_{l+1} from k_l."""
    return q**depth * Phi(next_angle(depth))


def next_g(depth: sp.Expr) -> sp.Expr:
    """g_{l+1} from g_l and the k's."""
    return rho_m * Phidot(next_angle(depth)) * g(depth) + k(depth + 1)


def reduced(maps: Homogeneous, depth: int) -> tuple[sp.Expr, sp.Expr]:
    """k_l and g_l at one depth, as functions of ρ_m and ρ_0."""
    kernel = response = rho_0
    for l in range(depth):
        angle = rho_m * kernel / maps.size**l
        kernel = maps.size**l * maps.profile(angle)
        response = rho_m * maps.slope(angle) * response + kernel
    return kernel, response


def at_depth(maps: Homogeneous, depth: int) -> tuple[Rule, ...]:
    """The kernels as the recursion (12)–(15) gives them, and k, g as their recursion does, at one depth."""
    *_, top = layers(maps, depth, Arguments())
    kernel, response = reduced(maps, depth)
    found = ((K(depth, t, s), top.cross), (K(depth, t, t), top.norm_t), (Kd(depth, t, s), top.ndk))
    return (L, sp.Integer(depth)), *found, (k(depth), kernel), (g(depth), response), *CORRELATIONS


def instances() -> tuple[tuple[str, tuple[Rule, ...]], ...]:
    """The explicit recursion: abstract at every depth tried."""
    return tuple((f"depth {depth}", at_depth(ABSTRACT, depth)) for depth in DEPTHS)


def norm_steps() -> Iterator[Step]:
    """The equal-time kernels by induction."""
    theorem = norm_claim()
    yield Step(
        theorem.at({L: 0}).where((K(0, t, t), k_xx), id="norm-base", title="the equal-time kernel at depth 0"),
        reason="K⁰(x,x) does not depend on time.",
    )
    yield Step(
        theorem.at({L: L + 1}).where(
            (K(L + 1, t, t), ABSTRACT.norm(m_tt * K(L, t, t))),
            (K(L, t, t), theorem.rhs),
            id="norm-step",
            title="the equal-time kernel with one layer more",
        ),
        reason="F(a, a, a) = aΦ(1).",
        uses=("normal-form",),
    )
    check = Induction("norm-base", "norm-step", instances())
    yield Step(theorem, "Induction on the depth.", ("norm-base", "norm-step"), check)


def kernel_steps() -> Iterator[Step]:
    """K^L by induction."""
    theorem = claim()
    yield Step(
        theorem.at({L: 0}).where(
            (K(0, t, s), k_xy), (k(0), rho_0), *CORRELATIONS, id="base", title="the kernel at depth 0"
        ),
        reason="x·x′ = |x||x′| ρ_0.",
    )
    yield Step(
        theorem.at({L: L + 1}).where(
            (K(L + 1, t, s), ABSTRACT.dual(*below(L))),
            (K(L, t, s), theorem.rhs),
            (k(L + 1), next_k(L)),
            *CORRELATIONS,
            id="step",
            title="the kernel with one layer more",
            domain=domain(where=CORRELATED, functions=((k, sp.Lambda(L, rho_0 / (L + 1))), *homogeneous_instance(q))),
        ),
        reason="Insert the norms and the hypothesis in F = √(ab) Φ(c/√(ab)): the norms cancel in the correlation.",
        uses=("normal-form", "norms"),
    )
    yield Step(theorem, "Induction on the depth.", ("base", "step"), Induction("base", "step", instances()))


def response_steps() -> Iterator[Step]:
    """K^{d,L} by induction."""
    theorem = response_claim()
    yield Step(
        theorem.at({L: 0}).where(
            (Kd(0, t, s), decay * k_xy), (g(0), rho_0), *CORRELATIONS, id="response-base", title="the NDK at depth 0"
        ),
        reason="K^{d,0} = e^{−κ|t−s|} K⁰.",
    )
    above = claim().at({L: L + 1}).rhs
    some = ((k, sp.Lambda(L, rho_0 / (L + 1))), (g, sp.Lambda(L, rho_0 + L)))
    yield Step(
        theorem.at({L: L + 1}).where(
            (Kd(L + 1, t, s), m_ts * ABSTRACT.dual_derivative(*below(L)) * Kd(L, t, s) + decay * above),
            (Kd(L, t, s), theorem.rhs),
            (K(L, t, s), claim().rhs),
            (g(L + 1), next_g(L)),
            *CORRELATIONS,
            id="response-step",
            title="the NDK with one layer more",
            domain=domain(where=CORRELATED, functions=(*some, *homogeneous_instance(q))),
        ),
        reason="m Ḟ K^{d,l} brings √(m_tt m_ss) ρ_m Φ̇, and e^{−κ|t−s|} K^{l+1} has the same norms.",
        uses=("slope", "kernel"),
    )
    check = Induction("response-base", "response-step", instances())
    yield Step(theorem, "Induction on the depth.", ("response-base", "response-step"), check)


# -- what follows -----------------------------------------------------------------------------------------------------


def consequences() -> Iterator[Step]:
    """Norms scale the kernel, and one derivative gives g from k."""
    whole = response_claim().rhs
    scaled = whole.xreplace({k_xx: alpha**2 * k_xx, k_yy: beta**2 * k_yy})
    some = domain(functions=((g, sp.Lambda(L, 1 / (L + 1))),))
    yield Step(
        Statement(
            id="lengths",
            title="inputs α₁x and α₂x′: the NDK is multiplied by α₁α₂",
            lhs=scaled / whole,
            rhs=alpha * beta,
            domain=some,
        ),
        reason="g_L depends on the angle of the inputs, which scaling leaves alone.",
        uses=("response",),
    )
    yield Step(
        Statement(
            id="sizes",
            title="weights α₁² times larger at t, α₂² times at s: the NDK is multiplied by (α₁α₂)^L",
            lhs=whole.xreplace({m_tt: alpha**2 * m_tt, m_ss: beta**2 * m_ss}) / whole,
            rhs=(alpha * beta) ** L,
            domain=some,
        ),
        reason="g_L depends on the correlation of the weights, which scaling leaves alone.",
        uses=("response",),
    )
    m = nt.m
    line = k(L, m / weights)
    through = sp.Subs(sp.Derivative(rho_m * k(L, rho_m), rho_m), rho_m, m / weights)
    yield Step(
        Statement(
            id="derivative",
            title="g_L = ∂(ρ_m k_L)/∂ρ_m",
            lhs=decay * sp.Derivative(m * (m_tt * m_ss) ** (L / 2) * inputs * line, m),
            rhs=decay * (m_tt * m_ss) ** (L / 2) * inputs * through,
            domain=domain(functions=((k, sp.Lambda((L, rho_m), sp.sin(rho_m) + L * rho_m**2 / 3)),)),
        ),
        reason="The derivative relation K^{d,L} = e^{−κ|t−s|} ∂_m[m K^L], with m/√(m_tt m_ss) = ρ_m: compare with "
        "the NDK above.",
        uses=("kernel", "response", "ndk-derivative"),
    )


def two_slope_steps() -> Iterator[Step]:
    """Every homogeneous activation has two slopes, and one closed form."""
    relu, slopes = activation("relu"), TwoSlopes(p, r)
    z1, z2 = nt.z1, nt.z2

    def phi(z: sp.Expr) -> sp.Expr:
        return p * sp.Max(z, 0) - r * sp.Max(-z, 0)

    cross = sp.Max(z1, 0) * sp.Max(-z2, 0) + sp.Max(-z1, 0) * sp.Max(z2, 0)
    yield Step(
        Statement(
            id="two-slopes",
            title="φ(1) = p₁ and φ(−1) = −p₂ fix φ; its products are those of two ReLUs",
            lhs=phi(z1) * phi(z2),
            rhs=p**2 * sp.Max(z1, 0) * sp.Max(z2, 0) + r**2 * sp.Max(-z1, 0) * sp.Max(-z2, 0) - p * r * cross,
        ),
        reason="φ(z) = zφ(1) for z > 0 and −zφ(−1) for z < 0: multiply out.",
    )
    value = (p**2 + r**2) * relu.dual(a, c, b) - 2 * p * r * relu.dual(a, -c, b)
    yield Step(
        Statement(
            id="two-slopes-map",
            title="the layer map of every homogeneous activation",
            lhs=value,
            rhs=slopes.dual(a, c, b),
            domain=domain(where=COVARIANCE),
        ),
        reason="z → −z of one pre-activation flips c, of both nothing: four ReLU averages.",
        uses=("two-slopes", "ndk-relu/layer-map"),
    )
    yield Step(
        Statement(
            id="equal-slopes",
            title="the mean square of the slope is that of the activation, Φ̇(1) = Φ(1)",
            lhs=slopes.slope(sp.Integer(1)),
            rhs=slopes.profile(sp.Integer(1)),
        ),
        reason="φ(z) = zφ′(z), and φ′² does not depend on |z|.",
        uses=("two-slopes-map",),
    )
    yield Step(
        Statement(
            id="diagonal",
            title="equal times and inputs: each of the L + 1 layers contributes equally, one layer more",
            lhs=next_g(L),
            rhs=(L + 2) * q ** (L + 1),
            given=(
                (g(L), (L + 1) * q**L),
                (k(L + 1), q ** (L + 1)),
                (k(L), q**L),
                (rho_m, sp.Integer(1)),
                (Phidot(1), q),
            ),
            domain=domain(functions=((q, sp.Rational(4, 5)),)),
        ),
        reason="At ρ_m = ρ_0 = 1, k_L = q^L and, by hypothesis, g_L = (L+1) q^L; then Φ̇(1) = q. At depth 0 both are 1.",
        uses=("response", "equal-slopes"),
    )


def explicit_steps() -> Iterator[Step]:
    """Linear, ReLU and two slopes at depths 1–3, against the recursion of the closed forms."""
    angles = (nt.theta_1, nt.theta_2, sp.Symbol("theta_3", nonnegative=True))
    bracket = sp.sin(theta) + (sp.pi - theta) * sp.cos(theta)
    for depth in EXPLICIT:
        yield explicit_step(
            "linear", activation("linear"), depth, (depth + 1) * rho_m**depth * rho_0, (), ("ndk-linear/response",)
        )
    rules: tuple[Rule, ...] = ()
    relu, response, cosine = activation("relu"), rho_0, rho_m * rho_0
    for depth, angle in zip(EXPLICIT, angles, strict=True):
        turned = bracket.xreplace({theta: angle})
        rules = ((angle, sp.acos(cosine)), *rules)  # the last angle first: it holds the earlier ones
        response = rho_m * (sp.pi - angle) / (2 * sp.pi) * response + turned / (2**depth * sp.pi)
        cosine = rho_m * turned / sp.pi
        yield explicit_step("relu", relu, depth, response, rules, ("ndk-relu/angles",))
    yield explicit_step("two-slopes", TwoSlopes(p, r), 2, reduced(TwoSlopes(p, r), 2)[1], (), ("two-slopes-map",))


def explicit_step(
    name: str, maps: LayerMaps, depth: int, value: sp.Expr, rules: tuple[Rule, ...], uses: tuple[str, ...]
) -> Step:
    """g_L of one activation and depth, on the explicit recursion."""
    *_, top = layers(maps, depth, Arguments())
    statement = response_claim().at({L: depth})
    return Step(
        replaced(statement, value).where(
            (Kd(depth, t, s), top.ndk),
            *rules,
            *CORRELATIONS,
            id=f"{name}-{depth}",
            title=f"{name.replace('-', ' ')} at depth {depth}, on the explicit recursion",
            paper="(SI 61)" if name == "linear" else "(SI 65), (SI 66)",
            domain=domain(where=CORRELATED),
        ),
        reason="g_L written out; the left side is what the recursion (12)–(15) gives.",
        uses=("response", *uses),
    )


def replaced(statement: Statement, value: sp.Expr) -> Statement:
    """The statement with g_L written out."""
    (unknown,) = statement.rhs.atoms(g)
    return Statement(statement.id, statement.lhs, statement.rhs.xreplace({unknown: value}))


DERIVATION = Derivation(
    id="relu-homogeneity",
    title="Homogeneous activations: norms factor out of the NDK, correlations remain",
    paper="(14), (SI 61)–(SI 66)",
    assumptions=(
        "φ(kz) = kφ(z) for k > 0: ReLU, linear, leaky ReLU, |z|.",
        "The recursion (12)–(15) for K^L and K^{d,L}; no biases.",
        "t ≥ s, and inputs and weights that are correlated but not identical where a closed form has a root.",
    ),
    exact=(
        "The homogeneity of the integrand for unspecified φ; the normal form of F; K^L(t,t), K^L and K^{d,L} by "
        "induction for unspecified Φ and symbolic depth, and on the explicit recursion at depths 1–4; the layer map "
        "of every homogeneous activation; g_L of linear and ReLU networks at depths 1–3 and of two slopes at depth 2. All are "
        "exact symbolic zeros."
    ),
    physicist=(
        "The recursion itself (N → ∞, kernels concentrate) is taken from the paper. The change of variables under the "
        "integral and the principle of induction are used, not checked."
    ),
    build=steps,
    headline="response",
)
