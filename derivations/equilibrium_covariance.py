r"""The covariance of the predictor at equilibrium, by routes that do not follow it there.

`predictor-covariance` follows the ensemble from its start. Here all processes are stationary from the outset, and C and
D obey the fluctuation–dissipation theorem: for t > s it is T D = ∂_s C, for both orders Ċ = T (Dᵀ − D). It survives
learning: with the response S = R D of the predictor, R = (1 + D)⁻¹,

    R Ċ Rᵀ = T (Sᵀ − S).

At equal times the covariance is therefore T ∫ S, which only needs ∫ D = K_GP/T:

    Cov f = T (1 + K_GP/T)⁻¹ K_GP/T = K_GP − K_GP (K_GP + T)⁻¹ K_GP,

the posterior covariance of the Gaussian process. Test points join by a matrix Π that keeps them from learning. Two
routes for linear networks, which do not use this argument, agree: direct integration, and the Lyapunov equation.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.integrals import Antiderivative
from ndk_sym.matrices import Entrywise
from ndk_sym.operators import Operators
from ndk_sym.statement import Derivation, Statement, Step, domain

t, s, T, gamma, q = nt.t, nt.s, nt.T, nt.gamma, nt.r * nt.T
R, D, g_star, C_dot, K_GP, A = nt.R, nt.D, nt.g_star, nt.C_dot, nt.K_GP, nt.A
transpose = sp.transpose

RESOLVENT = (D, R**-1 - 1)  # R = (1 + D)⁻¹


def steps() -> Iterator[Step]:
    """The theorem with learning, the posterior, and linear networks."""
    yield from fluctuation_steps()
    yield from posterior_steps()
    yield from linear_steps()


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
        uses=("predictor-covariance/training", "long-time-identity"),
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
            "f = g + D Π (Y − f) for all points, R = (1 + DΠ)⁻¹. Multiplied by R from the left and Rᵀ from the right "
            "this is Sᵀ − S = R Ċ Rᵀ/T."
        ),
        uses=("theorem",),
        check=operators,
    )


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
        uses=("linear-outer", "predictor-covariance/covariance"),
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


DERIVATION = Derivation(
    id="equilibrium-covariance",
    title="The covariance at equilibrium is the Gaussian-process posterior's, by further routes",
    paper="(19), (20), (SI 61); not in the paper",
    assumptions=(
        "Long after the start: all processes are stationary, and the identity (19) holds.",
        "Cov f = R C Rᵀ with R = (1 + K^d)⁻¹ (predictor-covariance).",
        "For linear networks: σ₀ = σ, or long times.",
    ),
    exact=(
        "That learning keeps the fluctuation–dissipation theorem, and the posterior from T ∫ S, as letters that do not "
        "commute; with one test point for one and two training inputs, explicitly; linear networks by direct "
        "integration along an eigenvector, and by the Lyapunov equation for any number of inputs."
    ),
    physicist=(
        "That the covariance at equal times is T ∫ S is the theorem integrated over the lag: the covariance is taken "
        "to vanish at infinite lag, and stationary operators to commute with time derivatives and each to act at zero "
        "frequency by its integral. This is used, not checked; predictor-covariance does without."
    ),
    build=steps,
    headline="posterior",
)
