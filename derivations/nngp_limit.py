r"""Equilibrium: at t ≫ 1/κ the predictor is that of the Gaussian process, at any temperature.

Long after the initialisation is forgotten the NDK is a derivative, T K^{d,L}(t,s) = ∂_s[m(t,s) K^L(t,s)] (19). Its
integral over the past is therefore a value at s = t,

    ∫_{−∞}^t K^{d,L}(t,s) ds = σ² K^L(t,t)/T = K_GP/T.

Where the residual v = Y − f̄ has come to rest, (16) reads f̄ = K_GP v/T. Hence v = T (K_GP + T)⁻¹ Y, of order T, and (17)
gives the Gaussian-process predictor (20)

    f̄_* = k_GPᵀ v/T = k_GPᵀ (K_GP + T)⁻¹ Y.

No low temperature is needed. The matrices are letters that do not commute: any number of training inputs. Two explicit
solutions of (16) at finite times reach this equilibrium: linear networks of any depth with σ₀ = σ, and of depth 1 with
σ₀ ≠ σ, whose kernel remembers its initialisation for a while.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import K, Kd, abstract_instance
from ndk_sym.integrals import Antiderivative
from ndk_sym.matrices import Entrywise
from ndk_sym.operators import Operators
from ndk_sym.predictor import exponential_solution
from ndk_sym.prior import variance
from ndk_sym.statement import Derivation, Statement, Step, domain

L, t, s, T, sigma2, kappa, y, f = nt.L, nt.t, nt.s, nt.T, nt.sigma2, nt.kappa, nt.y, nt.f

start = sp.Symbol("s_0", nonnegative=True)  # when the memory of the initialisation was lost
memory = sp.exp(-kappa * (t - s))
m = sp.Function("m", real=True)
STATIONARY = (m, sp.Lambda((t, s), sigma2 * memory))
RATE = (kappa, T / sigma2)
IDENTITY = (Kd(L, t, s), sp.Derivative(sigma2 * memory * K(L, t, s), s) / T)  # (19)
SOME_KERNEL = domain(
    where=(start < t,), functions=((K, sp.Lambda((L, t, s), (1 + L) / 10 + sp.sin(t - s) / 3)), *abstract_instance())
)

K_GP, k_GP, Y, A, v = nt.K_GP, nt.k_GP, nt.Y, nt.A, nt.v_rest
RESOLVENT = (K_GP, A**-1 - T)  # A = (K_GP + T)⁻¹
RESIDUAL = (v, T * (K_GP + T) ** -1 * Y)


def past_steps() -> Iterator[Step]:
    """The NDK integrated over the past."""
    yield Step(
        Statement(
            id="past",
            title="the NDK integrated from s₀ to t, any activation and depth",
            lhs=sp.Integral(Kd(L, t, s), (s, start, t)),
            rhs=(sigma2 * K(L, t, t) - m(t, start) * K(L, t, start)) / T,
            paper="(SI 74)",
            given=(IDENTITY, STATIONARY, RATE),
            domain=SOME_KERNEL,
        ),
        reason="By the long-time identity the integrand is the derivative of m(t,s) K^L(t,s)/T.",
        uses=("long-time-identity",),
        check=Antiderivative(m(t, s) * K(L, t, s) / T),
    )
    bound, lag = sp.Symbol("B", positive=True), sp.Symbol("Delta", nonnegative=True)
    yield Step(
        Statement(
            id="far-past",
            title="the far past does not contribute",
            lhs=sp.Limit((sigma2 * K(L, t, t) - m(t, t - lag) * bound) / T, lag, sp.oo),
            rhs=sigma2 * K(L, t, t) / T,
            paper="(SI 74)",
            given=(STATIONARY,),
            domain=SOME_KERNEL,
        ),
        reason="|K^L(t,s₀)| has a bound B, its value at equal times, and m(t,s₀) = σ² e^{−κ(t−s₀)} → 0.",
        uses=("past",),
    )


def equilibrium_steps() -> Iterator[Step]:
    """The fixed point of (16), and the test predictor there."""
    operators = Operators()
    yield Step(
        Statement(
            id="fixed-point",
            title="the residual at rest",
            lhs=v + K_GP * v / T,
            rhs=Y,
            paper="(16)",
            given=(RESIDUAL, RESOLVENT),
        ),
        reason="v + K_GP v/T = Y is (16) for a residual v that does not change; A = (K_GP + T)⁻¹ is its resolvent.",
        uses=("far-past",),
        check=operators,
    )
    yield Step(
        Statement(
            id="training",
            title="the training predictor at equilibrium",
            lhs=Y - v,
            rhs=K_GP * (K_GP + T) ** -1 * Y,
            paper="Sec. 4.2",
            given=(RESIDUAL, RESOLVENT),
        ),
        reason="f̄ = Y − v.",
        uses=("fixed-point",),
        check=operators,
    )
    predictor = Statement(
        id="predictor",
        title="the test predictor at equilibrium is that of the Gaussian process",
        lhs=k_GP * v / T,
        rhs=k_GP * (K_GP + T) ** -1 * Y,
        paper="(20)",
        given=(RESIDUAL, RESOLVENT),
    )
    yield Step(
        predictor, reason="∫ k^d ds = k_GP/T in (17), for the test point too.", uses=("fixed-point",), check=operators
    )
    explicit = (
        (K_GP, sp.ImmutableMatrix([[nt.a, nt.c], [nt.c, nt.b]])),
        (k_GP, sp.ImmutableMatrix([sp.symbols("k_1 k_2", real=True)])),
        (Y, sp.ImmutableMatrix(sp.symbols("y_1 y_2", real=True))),
    )
    where = domain(where=(nt.c**2 < nt.a * nt.b,))
    yield Step(
        Statement(
            id="matrix-fixed-point",
            title="the residual at rest, two training inputs",
            lhs=v + K_GP * v / T,
            rhs=Y,
            paper="(16)",
            given=(RESIDUAL, *explicit),
            domain=where,
        ),
        reason="The fixed point for every symmetric positive definite 2 × 2 matrix, entry by entry.",
        uses=("fixed-point",),
        check=Entrywise(),
    )
    yield Step(
        Statement(
            id="residual-scale",
            title="the training error at equilibrium is of order T",
            lhs=sp.Limit((K_GP + T) ** -1 * Y, T, 0),
            rhs=K_GP**-1 * Y,
            paper="Sec. 4.2",
            given=explicit,
            domain=where,
        ),
        reason="v/T has a limit as T → 0, for a kernel that has an inverse.",
        uses=("fixed-point",),
        check=Entrywise(),
    )


def solvable_steps() -> Iterator[Step]:
    """Solutions at finite times that reach the equilibrium."""
    eigenvalue = sp.Symbol("K", positive=True)  # of K_GP
    gaussian = eigenvalue / (eigenvalue + T) * y
    yield Step(
        Statement(
            id="linear",
            title="linear networks of any depth with σ₀ = σ reach it",
            lhs=sp.Limit(f(t), t, sp.oo),
            rhs=gaussian,
            paper="(20), (SI 61)",
            given=(
                (f, sp.Lambda(t, exponential_solution(t))),
                (nt.gamma, nt.r * eigenvalue),
                (nt.r, (L + 1) / sigma2),
            ),
        ),
        reason="The solution at any temperature; here γ = (L+1) σ^{2L} k = r K_GP.",
        uses=("ntk-limit/solvable", "predictor"),
    )
    # depth 1: K^d(t,s) = e^{−2κt} · 2 k m(s,s) e^{2κs}, so that (16) times e^{2κt} is an equation without memory
    weight = 2 * nt.k_xx * sp.exp(2 * kappa * s) * m(s, s)
    equal_time = (m, sp.Lambda((t, s), variance(s)))
    yield Step(
        Statement(
            id="separated",
            title="the kernel of a linear network of depth 1, any σ₀, is a product",
            lhs=2 * m(t, s) * memory * nt.k_xx,
            rhs=sp.exp(-2 * kappa * t) * weight,
            paper="(SI 61)",
            given=((m, lambda t, s: sp.exp(-kappa * (t - s)) * variance(s)),),
        ),
        reason="m(t,s) = e^{−κ(t−s)} m(s,s).",
    )
    yield Step(
        Statement(
            id="memoryless",
            title="its integral equation, times e^{2κt}, as a differential equation",
            lhs=sp.Derivative(sp.Integral(weight * (y - f(s)), (s, 0, t)), t),
            rhs=2 * nt.k_xx * m(t, t) * (y - f(t)) * sp.exp(2 * kappa * t),
            paper="(16)",
            given=(equal_time,),
            domain=domain(functions=((f, sp.Lambda(t, y * sp.sin(t) / 2)),)),
        ),
        reason="Only the upper limit depends on t. In words, ∂_t f̄ = 2 k m(t,t) (y − f̄) − 2κ f̄.",
        uses=("separated",),
    )
    yield Step(
        Statement(
            id="forgotten",
            title="its fixed point does not depend on σ₀",
            lhs=sp.Limit(m(t, t) * nt.k_xx / (m(t, t) * nt.k_xx + kappa), t, sp.oo) * y,
            rhs=gaussian,
            paper="(20)",
            given=(equal_time, (eigenvalue, sigma2**2 * nt.k_xx), RATE),
        ),
        reason="Where f̄ is at rest, 2κ f̄ = 2 m(t,t) k (y − f̄); m(t,t) → σ², and K_GP = σ⁴ k.",
        uses=("memoryless", "predictor"),
    )


def steps() -> Iterator[Step]:
    """The past, the fixed point, and solutions that reach it."""
    yield from past_steps()
    yield from equilibrium_steps()
    yield from solvable_steps()


DERIVATION = Derivation(
    id="nngp-limit",
    title="Equilibrium: the Gaussian process at t ≫ 1/κ, at any temperature",
    paper="(19), (20), Sec. 4.2",
    assumptions=(
        "t ≫ 1/κ: the prior is stationary, and v(s) = Y − f̄(s) has come to rest over the memory 1/κ of the kernel.",
        "The long-time identity (long-time-identity).",
        "K^L(t,s) is bounded by its values at equal times (Cauchy–Schwarz); K_GP + T has an inverse.",
    ),
    exact=(
        "The integral of the NDK for an abstract activation of symbolic depth, with what is left of the far past; the "
        "fixed point, training and test predictor for any number of inputs and at any T, as letters that do not "
        "commute, and for 2 × 2 matrices. For linear networks of any depth with σ₀ = σ, the limit of the solution."
    ),
    physicist=(
        "That the residual comes to rest, and that integral and limit may be exchanged then: assumed by the paper, "
        "proved here for the exponential kernels only. For σ₀ ≠ σ the linear network of depth 1 is shown to have this "
        "fixed point, its approach to it is not. That this is the Bayesian posterior mean is not part of this page."
    ),
    build=steps,
    headline="predictor",
)
