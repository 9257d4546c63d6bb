r"""The predictor's covariance, and its two limits: the NTK ensemble and the Gaussian-process posterior.

In the wide limit the predictor is Gaussian. With g the prior process, of covariance C = m K^L, and times discretised so
that the NDK on the training inputs is a matrix D, strictly lower triangular in time,

    f = g + D (Y − f),      f_* = g_* + D_* (Y − f).

This is solved by the causal resolvent R = (1 + D)⁻¹, whose series ends:

    f = R g + (1 − R) Y,      ⟨f⟩ = (1 − R) Y,      Cov f = R C Rᵀ,
    Cov f_* = C_** − D_* R C_*ᵀ − C_* Rᵀ D_*ᵀ + D_* R C Rᵀ D_*ᵀ.

Early, t ≪ 1/κ, the prior stands still and R is e^{−K_NTK t}: the ensemble of Lee et al. (2019), with the covariance
σ₀² K^L at initialisation. Late, all processes are stationary, and C and D obey the fluctuation–dissipation theorem: for
t > s it is T D = ∂_s C, for both orders Ċ = T (Dᵀ − D). It survives learning: with the response S = R D of the
predictor, R Ċ Rᵀ = T (Sᵀ − S). At equal times the covariance is therefore T ∫ S, which only needs ∫ D = K_GP/T:

    Cov f = T (1 + K_GP/T)⁻¹ K_GP/T = K_GP − K_GP (K_GP + T)⁻¹ K_GP,

the posterior covariance of the Gaussian process. Two routes for linear networks, which do not use this argument, agree.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.integrals import Antiderivative
from ndk_sym.matrices import Entrywise
from ndk_sym.operators import Operators
from ndk_sym.predictor import Propagator, propagator_2x2
from ndk_sym.prior import variance
from ndk_sym.statement import Derivation, Statement, Step, domain

t, s, T, gamma, q = nt.t, nt.s, nt.T, nt.gamma, nt.r * nt.T
Y, R, D, D_star, g, g_star, S, S_star = nt.Y, nt.R, nt.D, nt.D_star, nt.g, nt.g_star, nt.S, nt.S_star
C, C_star, C_test, C_dot, K_GP, A = nt.C, nt.C_star, nt.C_test, nt.C_dot, nt.K_GP, nt.A
transpose = sp.transpose

RESOLVENT = (D, R**-1 - 1)  # R = (1 + D)⁻¹
FACTORS = (
    (C, S * transpose(S)),
    (transpose(C_star), S * transpose(S_star)),
    (C_star, S_star * transpose(S)),
    (C_test, S_star * transpose(S_star)),
)
predictor = R * g + (1 - R) * Y


def posterior(weight: sp.Expr) -> sp.Expr:
    """Covariance of g_* − w g for weights w of the training inputs."""
    return C_test - weight * transpose(C_star) - C_star * transpose(weight) + weight * C * transpose(weight)


def general_steps() -> Iterator[Step]:
    """The solution and its covariance, for any number of inputs and times."""
    operators = Operators()
    yield Step(
        Statement(
            id="solution",
            title="the predictor on the training inputs",
            lhs=predictor,
            rhs=g + D * (Y - predictor),
            paper="(16)",
            given=(RESOLVENT,),
        ),
        reason="Insert f = R g + (1 − R) Y in f = g + D (Y − f).",
        check=operators,
    )
    yield Step(
        Statement(
            id="residual",
            title="the residual",
            lhs=Y - predictor,
            rhs=R * (Y - g),
        ),
        reason="Labels and prior process enter by their difference; f_* = g_* + D_* R (Y − g) by (17).",
        uses=("solution",),
        check=operators,
    )
    yield Step(
        Statement(
            id="training",
            title="the covariance on the training inputs",
            lhs=R * S * transpose(R * S),
            rhs=R * C * transpose(R),
            given=FACTORS,
        ),
        reason="The mean is (1 − R) Y; what fluctuates is R g = R S ξ, with independent ξ of variance 1 and C = S Sᵀ.",
        uses=("solution",),
        check=operators,
    )
    fluctuation = S_star - D_star * R * S
    yield Step(
        Statement(
            id="test",
            title="the covariance on test points",
            lhs=fluctuation * transpose(fluctuation),
            rhs=posterior(D_star * R),
            given=FACTORS,
        ),
        reason="What fluctuates is g_* − D_* R g; the same ξ drive both.",
        uses=("residual", "training"),
        check=operators,
    )


# three times and one input: f(t_1) = g_1, f(t_2) = g_2 − d_21 f(t_1), …
PAIRS = ((2, 1), (3, 1), (3, 2))
KERNEL = {pair: sp.Symbol(f"d_{pair[0]}{pair[1]}", real=True) for pair in PAIRS}
COVARIANCE = {
    (i, j): sp.Symbol(f"c_{min(i, j)}{max(i, j)}", real=True) for i in (1, 2, 3) for j in (1, 2, 3)
}  # symmetric


def causal() -> sp.ImmutableMatrix:
    """The NDK of one input on three times."""
    return sp.ImmutableMatrix(3, 3, lambda i, j: KERNEL.get((i + 1, j + 1), 0))


def by_hand() -> sp.ImmutableMatrix:
    """The covariance of the predictor from its equation, one time after the other: no resolvent."""
    noise = sp.symbols("g_1:4")
    values: list[sp.Expr] = []
    for i in (1, 2, 3):
        past = sum(KERNEL[i, j] * values[j - 1] for j in range(1, i))
        values.append(sp.expand(noise[i - 1] - past))

    def average(i: int, j: int) -> sp.Expr:
        weights = [[values[n].coeff(noise[k]) for k in range(3)] for n in (i, j)]
        return sum(weights[0][k] * weights[1][l] * COVARIANCE[k + 1, l + 1] for k in range(3) for l in range(3))

    return sp.ImmutableMatrix(3, 3, average)


def grid_steps() -> Iterator[Step]:
    """Brute force on three times."""
    explicit = (
        (D, causal()),
        (C, sp.ImmutableMatrix(3, 3, lambda i, j: COVARIANCE[i + 1, j + 1])),
        (nt.Sigma, by_hand()),
    )
    yield Step(
        Statement(
            id="causal",
            title="the resolvent's series ends: three times",
            lhs=(1 + D) ** -1,
            rhs=1 - D + D**2,
            given=explicit[:1],
        ),
        reason="D³ = 0, since D is strictly lower triangular: the present does not depend on the future.",
        check=Entrywise(),
    )
    solved = (1 + D) ** -1
    yield Step(
        Statement(
            id="grid",
            title="the covariance by brute force: three times",
            lhs=solved * C * transpose(solved),
            rhs=nt.Sigma,
            given=explicit,
        ),
        reason="Σ holds the covariances of f, solved from one time to the next and averaged term by term.",
        uses=("training", "causal"),
        check=Entrywise(),
    )


def ensemble_steps() -> Iterator[Step]:
    """The NTK ensemble."""
    K, k, E, operators = nt.K_NTK, nt.k_NTK, Propagator(t), Operators()
    weight = k * K**-1 * (1 - E)
    start = sp.Symbol("g_0", real=True)
    yield Step(
        Statement(
            id="ensemble-start",
            title="the covariance of the prior process at the start",
            lhs=sp.Subs(sp.Function("m", real=True)(t, t), t, 0),
            rhs=nt.sigma02,
            paper="(10)",
            given=((sp.Function("m", real=True), lambda t, s: variance(t)),),
        ),
        reason="m(0,0) K^L = σ₀² K^L; for t ≪ 1/κ it stays so, and g does not change in time (ntk-limit).",
        uses=("ntk-limit/prior",),
    )
    yield Step(
        Statement(
            id="ensemble-residual",
            title="the initial predictor is forgotten like the labels are learnt",
            lhs=start - sp.Integral(gamma * sp.exp(-gamma * s) * start, (s, 0, t)),
            rhs=sp.exp(-gamma * t) * start,
            paper="(16)",
        ),
        reason="R g = e^{−γt} g solves h + ∫ γ h ds = g for a process g that stands still, along one eigenvector.",
        uses=("ensemble-start",),
        check=Antiderivative(-sp.exp(-gamma * s) * start),
    )
    flow = E * g + (1 - E) * Y
    yield Step(
        Statement(
            id="ensemble-training",
            title="one member of the ensemble",
            lhs=sp.Derivative(flow, t),
            rhs=K * (Y - flow),
            paper="(18)",
        ),
        reason="f = e^{−Kt} g + (1 − e^{−Kt}) Y solves ∂_t f = K (Y − f), f(0) = g: Cov f = e^{−Kt} C e^{−Kt}.",
        uses=("ensemble-residual", "training"),
        check=operators,
    )
    yield Step(
        Statement(
            id="ensemble-test",
            title="and its prediction on a test point",
            lhs=sp.Derivative(g_star + weight * (Y - g), t),
            rhs=k * (Y - flow),
            paper="(18)",
        ),
        reason="∂_t f_* = kᵀ (Y − f).",
        uses=("ensemble-training",),
        check=operators,
    )
    fluctuation = S_star - weight * S
    yield Step(
        Statement(
            id="ensemble-covariance",
            title="the covariance of the NTK ensemble (Lee et al. 2019)",
            lhs=fluctuation * transpose(fluctuation),
            rhs=posterior(weight),
            given=FACTORS,
        ),
        reason="The general formula with the weights k K⁻¹ (1 − e^{−Kt}).",
        uses=("ensemble-test", "test"),
        check=operators,
    )
    a, b, c = nt.a, nt.b, nt.c
    yield Step(
        Statement(
            id="ensemble-equilibrium",
            title="at the NTK equilibrium two training inputs have no covariance left",
            lhs=sp.Limit(C - E * C * E, t, sp.oo),
            rhs=C,
            given=(
                (E, propagator_2x2(t)),
                (C, sp.ImmutableMatrix([[a, c], [c, b]])),
            ),
        ),
        reason="e^{−Kt} → 0 on both eigenvectors.",
        uses=("ensemble-training",),
        check=Entrywise(),
    )


def fluctuation_steps() -> Iterator[Step]:
    """The fluctuation–dissipation theorem survives learning."""
    operators = Operators()
    stationary = (C_dot, T * (transpose(D) - D))
    response = R * D
    yield Step(
        Statement(
            id="theorem",
            title="the predictor obeys the fluctuation–dissipation theorem if the prior process does",
            lhs=R * C_dot * transpose(R),
            rhs=T * (transpose(response) - response),
            paper="(19)",
            given=(stationary, RESOLVENT),
        ),
        reason="Ċ = T (Dᵀ − D) is the identity (19) for both orders of times; stationary operators commute with ∂.",
        uses=("training", "long-time-identity"),
        check=operators,
    )
    static = K_GP / T
    yield Step(
        Statement(
            id="posterior",
            title="the covariance at equilibrium is the posterior's, any number of inputs",
            lhs=T * (1 + static) ** -1 * static,
            rhs=K_GP - K_GP * (K_GP + T) ** -1 * K_GP,
            paper="(20)",
            given=((K_GP, A**-1 - T),),
        ),
        reason="Cov f = T ∫ S by the theorem; at zero frequency D is ∫ K^d = K_GP/T, and S = (1 + D)⁻¹ D.",
        uses=("theorem", "nngp-limit/far-past"),
        check=operators,
    )
    loop = nt.Pi_loop
    yield Step(
        Statement(
            id="loop",
            title="the theorem with test points, which take no part in the learning",
            lhs=(1 + D * loop) * transpose(D) - D * (1 + loop * transpose(D)),
            rhs=C_dot / T,
            given=(stationary,),
        ),
        reason=(
            "f = g + D Π (Y − f) for all points, R = (1 + DΠ)⁻¹. Multiplied by R from the left and Rᵀ from the right this "
            "is Sᵀ − S = R Ċ Rᵀ/T."
        ),
        uses=("theorem",),
        check=operators,
    )
    yield from posterior_steps()


def posterior_steps() -> Iterator[Step]:
    """The posterior with one test point, after one and after two training inputs."""
    a, b, c, loop = nt.a, nt.b, nt.c, nt.Pi_loop
    first, second, itself = sp.symbols("k_1 k_2 k_{**}", real=True)
    training = sp.ImmutableMatrix([[a, c], [c, b]])
    row = sp.ImmutableMatrix([[first, second]])
    below = itself - (row * (training + T * sp.eye(2)).inv() * row.T)[0]
    joint = K_GP / T
    for size, kernel, reduced, conditions in (
        (1, [[a, first], [first, itself]], itself - first**2 / (a + T), ()),
        (2, [[a, c, first], [c, b, second], [first, second, itself]], below, (c**2 < a * b,)),
    ):
        last = sp.ImmutableMatrix([[0] * size + [1]])
        yield Step(
            Statement(
                id=f"posterior-test-{size}",
                title=f"the posterior variance of a test point, {size} training input{'s' * (size > 1)}",
                lhs=g_star * T * (1 + joint * loop) ** -1 * joint * transpose(g_star),
                rhs=reduced,
                paper="(20)",
                given=(
                    (K_GP, sp.ImmutableMatrix(kernel)),
                    (loop, sp.ImmutableMatrix(sp.diag(*[1] * size, 0))),
                    (g_star, last),
                ),
                domain=domain(where=conditions),
            ),
            reason="T ∫ S, with Π on the training inputs; g_* picks the test point: k_** − kᵀ (K + T)⁻¹ k.",
            uses=("loop", "posterior"),
            check=Entrywise(),
        )


def linear_steps() -> Iterator[Step]:
    """Linear networks with σ₀ = σ, without the theorem."""
    lag, other = sp.symbols("u v", nonnegative=True)
    total = gamma + q
    yield Step(
        Statement(
            id="linear-resolvent",
            title="the resolvent of an exponential kernel",
            lhs=sp.Integral(gamma * sp.exp(-q * (t - s)) * gamma * sp.exp(-total * s), (s, 0, t)),
            rhs=gamma * sp.exp(-q * t) - gamma * sp.exp(-total * t),
            paper="(16)",
        ),
        reason="R = 1 − B with B = γ e^{−(γ+rT)t} and D B = D − B, for D = γ e^{−rTt} along one eigenvector.",
        uses=("ntk-limit/linear-1",),
        check=Antiderivative(-gamma * sp.exp(-q * t) * sp.exp(-gamma * s)),
    )
    height = sp.Symbol("K", positive=True)  # of the stationary covariance, an eigenvalue of K_GP
    yield Step(
        Statement(
            id="linear-inner",
            title="how B and the covariance overlap",
            lhs=sp.Integral(gamma * sp.exp(-total * other) * height * sp.exp(-q * (other - lag)), (other, lag, sp.oo)),
            rhs=gamma * height / (gamma + 2 * q) * sp.exp(-total * lag),
        ),
        reason="The later part of (1 − B) C (1 − B)ᵀ; at lag 0 it is B C at equal times.",
        uses=("linear-resolvent",),
        check=Antiderivative(-gamma * height / (gamma + 2 * q) * sp.exp(-total * other - q * (other - lag))),
    )
    overlap = gamma * height / (gamma + 2 * q)
    yield Step(
        Statement(
            id="linear-outer",
            title="how B, the covariance and B overlap",
            lhs=sp.Integral(2 * gamma * sp.exp(-total * lag) * overlap * sp.exp(-total * lag), (lag, 0, sp.oo)),
            rhs=gamma * overlap / total,
        ),
        reason="B C Bᵀ at equal times; both orders of the two lags contribute the same.",
        uses=("linear-inner",),
        check=Antiderivative(-gamma * overlap / total * sp.exp(-2 * total * lag)),
    )
    yield Step(
        Statement(
            id="linear",
            title="the covariance at equilibrium by direct integration: linear networks of any depth, σ₀ = σ",
            lhs=height - 2 * overlap + gamma * overlap / total,
            rhs=height - height**2 / (height + T),
            paper="(20), (SI 61)",
            given=((gamma, nt.r * height),),
        ),
        reason="R C Rᵀ = C − B C − C Bᵀ + B C Bᵀ; with γ = r K it is the posterior's.",
        uses=("linear-outer", "training"),
    )
    drift, covariance = sp.Symbol("B", commutative=False), nt.Sigma
    yield Step(
        Statement(
            id="lyapunov",
            title="the same for any number of inputs, from the Lyapunov equation",
            lhs=drift * covariance + covariance * drift,
            rhs=2 * q * K_GP,
            paper="(20), (SI 61)",
            given=(
                (drift, q * (1 + K_GP / T)),
                (covariance, K_GP - K_GP * (K_GP + T) ** -1 * K_GP),
                (K_GP, A**-1 - T),
            ),
        ),
        reason="df = −rT f dt + r K_GP (Y − f) dt + noise of variance 2rT K_GP: B Σ + Σ B = noise, for symmetric B.",
        uses=("posterior",),
        check=Operators(),
    )


def steps() -> Iterator[Step]:
    """The general formula, brute force, the ensemble, the posterior, and linear networks."""
    yield from general_steps()
    yield from grid_steps()
    yield from ensemble_steps()
    yield from fluctuation_steps()
    yield from linear_steps()


DERIVATION = Derivation(
    id="predictor-covariance",
    title="The predictor's covariance: from the NTK ensemble to the posterior",
    paper="(6)–(8), (16), (17)",
    assumptions=(
        "N → ∞: the predictor is Gaussian, f = g + ∫ K^d (Y − f) ds, g the prior process of covariance m K^L (6)–(8).",
        "Times may be discretised; D is then strictly lower triangular in time and R = (1 + D)⁻¹ exists.",
        "Ensemble: t ≪ 1/κ, T → 0 (ntk-limit). Posterior: t ≫ 1/κ, stationary processes (long-time-identity).",
    ),
    exact=(
        "Solution and covariance for any number of inputs and times, as operators that do not commute; brute force on "
        "three times; one member of the NTK ensemble and its covariance; the fluctuation–dissipation theorem of the "
        "predictor, with test points; the posterior for any number of inputs, and entry by entry with one test point; "
        "for linear networks twice without the theorem."
    ),
    physicist=(
        "The equation for f is read off the Gaussian action (6)–(8). From the theorem to equal times: C(t,t) − C(∞) = "
        "T ∫ S dt by integration, with a correlation that vanishes at long lags; stationary operators on an infinite "
        "past commute with ∂. The linear networks confirm both. Dᵀ is transposed in inputs and reversed in time."
    ),
    build=steps,
    headline="training",
)
