r"""The gradient-driven phase: at t ≪ 1/κ the predictor is that of the neural tangent kernel.

Time enters the kernels through the prior alone, and the prior through κt and κs alone. At fixed t and s and T → 0 all
of this stands still: m(t,s) → σ₀², e^{−κ(t−s)} → 1, and K^{d,L}(t,s) becomes the neural tangent kernel, whatever the
activation. With a constant kernel the integral equation (16) is the linear differential equation

    ∂_t f̄ = K_NTK (Y − f̄),      f̄(0) = 0,

so that f̄ = (1 − e^{−K_NTK t}) Y, and (17) gives k_NTKᵀ K_NTK⁻¹ (1 − e^{−K_NTK t}) Y on a test point (18). As t → ∞ this
is the NTK equilibrium k_NTKᵀ K_NTK⁻¹ Y.

The steps are taken along one eigenvector of K_NTK, where γ is its eigenvalue; then for all matrices at once, as letters
that do not commute; then for every symmetric 2 × 2 matrix, explicitly. For kernels that decay as e^{−rT(t−s)}, which
linear networks with σ₀ = σ have, (16) is solved at any temperature, and its solution does tend to the limit.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations import _ntk_matrices
from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, Kd, abstract_instance
from ndk_sym.integrals import Antiderivative
from ndk_sym.kernels import Arguments, layers, ntk
from ndk_sym.predictor import (
    Propagator,
    gradient_flow,
    predictor_equation,
)
from ndk_sym.prior import covariance, decay, variance
from ndk_sym.statement import Derivation, Statement, Step, domain

DEPTHS = (1, 2, 3)
L, t, s, T, gamma, y, k_star, f, f_star = nt.L, nt.t, nt.s, nt.T, nt.gamma, nt.y, nt.k_star, nt.f, nt.f_star

RATE = (nt.kappa, T / nt.sigma2)  # κ = T/σ²
SOLUTION = (f, sp.Lambda(t, gradient_flow(t)))
TEST_SOLUTION = (f_star, sp.Lambda(t, k_star / gamma * gradient_flow(t)))
# both sides of an equation of abstract functions of time need some function to be sampled with
SOME_PREDICTOR = domain(functions=((f, sp.Lambda(t, nt.y * sp.sin(t) / 2)),))
some_residual = (1 - Propagator(t)) * nt.Y


def ordered(expr: sp.Expr) -> sp.Expr:
    """The expression for t ≥ s."""
    return expr.xreplace({sp.Abs(t - s): t - s})


def at_times(depth: int) -> tuple[sp.Expr, sp.Expr]:
    """K^{d,L}(t,s) for an abstract activation with the prior at t ≥ s, and K_NTK."""
    prior = Arguments(variance(t), ordered(covariance(t, s)), variance(s), ordered(decay(t, s)))
    *_, top = layers(PRICE, depth, prior)
    return top.ndk, ntk(PRICE, depth)


def prior_steps() -> Iterator[Step]:
    """The prior stands still."""
    prior = ordered(covariance(t, s))
    yield Step(
        Statement(
            id="time-scale",
            title="the prior depends on κt and κs only",
            lhs=nt.kappa * sp.Derivative(prior, nt.kappa),
            rhs=t * sp.Derivative(prior, t) + s * sp.Derivative(prior, s),
            paper="(10)",
        ),
        reason="Euler's equation of a homogeneous function: a change of κ is a change of the unit of time.",
    )
    yield Step(
        Statement(
            id="prior",
            title="at low temperature the weights stay where they were initialised",
            lhs=sp.Limit(sp.Function("m", real=True)(t, s), T, 0),
            rhs=nt.sigma02,
            paper="(10)",
            given=((sp.Function("m", real=True), sp.Lambda((t, s), prior)), RATE),
        ),
        reason="The covariance (10) at fixed times as T → 0, that is κ = T/σ² → 0.",
        uses=("time-scale",),
    )
    yield Step(
        Statement(
            id="memory",
            title="nothing is forgotten",
            lhs=sp.Limit(ordered(decay(t, s)) * nt.k_xy, T, 0),
            rhs=nt.k_xy,
            paper="(14)",
            given=(RATE,),
        ),
        reason="The same limit of the other place where time enters, the decay; at depth 0 it is the NDK.",
        uses=("time-scale",),
    )


def kernel_steps() -> Iterator[Step]:
    """The NDK becomes the NTK, for an abstract activation."""
    for depth in DEPTHS:
        dynamical, tangent = at_times(depth)
        yield Step(
            Statement(
                id=f"kernel-{depth}",
                title=f"the NDK at T = 0 is the NTK, any activation, depth {depth}",
                lhs=sp.Subs(Kd(depth, t, s), T, 0),
                rhs=Kd(depth, 0, 0),
                paper="(11), (12)–(15)",
                given=((Kd(depth, t, s), dynamical), (Kd(depth, 0, 0), tangent), RATE),
                domain=domain(functions=abstract_instance()),
            ),
            reason="Continuous maps composed; with m = σ₀² and no decay the recursion is that of the NTK.",
            uses=("prior", "memory"),
        )
    *_, last = DEPTHS
    dynamical, tangent = at_times(last)
    yield Step(
        Statement(
            id="kernel-at-start",
            title="at t = s = 0 the NDK is the NTK at any temperature",
            lhs=sp.Subs(Kd(last, t, s), (t, s), (0, 0)),
            rhs=Kd(last, 0, 0),
            paper="(11)",
            given=((Kd(last, t, s), dynamical), (Kd(last, 0, 0), tangent)),
            domain=domain(functions=abstract_instance()),
        ),
        reason="At initialisation every covariance of a weight is σ₀².",
    )


def scalar_steps() -> Iterator[Step]:
    """The solution along one eigenvector."""
    kernels = tuple(f"kernel-{depth}" for depth in DEPTHS)
    yield Step(
        Statement(
            id="ode",
            title="with a constant kernel the integral equation is a differential equation",
            lhs=sp.Derivative(predictor_equation(lambda t, s: gamma), t),
            rhs=gamma * (y - f(t)),
            paper="(16)",
            domain=SOME_PREDICTOR,
        ),
        reason="Differentiate (16); the kernel does not depend on t, so that the upper limit alone contributes.",
        uses=kernels,
    )
    yield Step(
        Statement(
            id="training-equation",
            title="its solution",
            lhs=sp.Derivative(f(t), t),
            rhs=gamma * (y - f(t)),
            given=(SOLUTION,),
        ),
        reason="f̄ = (1 − e^{−γt}) y starts at zero and satisfies the differential equation.",
        uses=("ode",),
    )
    yield Step(
        Statement(
            id="training",
            title="the predictor on the training inputs",
            lhs=predictor_equation(lambda t, s: gamma),
            rhs=f(t),
            paper="(16)",
            given=(SOLUTION,),
        ),
        reason="Substituted back into the integral equation (16): an independent check of the solution.",
        uses=("training-equation",),
        check=Antiderivative(-y * sp.exp(-gamma * s)),
    )
    yield Step(
        Statement(
            id="test",
            title="the predictor on a test point",
            lhs=predictor_equation(lambda t, s: k_star),
            rhs=f_star(t),
            paper="(17), (18)",
            given=(SOLUTION, TEST_SOLUTION),
        ),
        reason="Insert the residual y − f̄ = e^{−γs} y in (17).",
        uses=("training",),
        check=Antiderivative(-k_star / gamma * y * sp.exp(-gamma * s)),
    )
    yield Step(
        Statement(
            id="training-equilibrium",
            title="the training inputs are learnt exactly",
            lhs=sp.Limit(f(t), t, sp.oo),
            rhs=y,
            given=(SOLUTION,),
        ),
        reason="e^{−γt} → 0 for every positive eigenvalue.",
        uses=("training",),
    )
    yield Step(
        Statement(
            id="equilibrium",
            title="the NTK equilibrium",
            lhs=sp.Limit(f_star(t), t, sp.oo),
            rhs=k_star * y / gamma,
            paper="(18)",
            given=(TEST_SOLUTION,),
        ),
        reason="The long-time limit of the test predictor, while still t ≪ 1/κ.",
        uses=("test",),
    )


def steps() -> Iterator[Step]:
    """The kernel, one eigenvector, all of them, and a case solved at any temperature."""
    yield from prior_steps()
    yield from kernel_steps()
    yield from scalar_steps()
    yield from _ntk_matrices.matrix_steps()
    yield from _ntk_matrices.solvable_steps()


DERIVATION = Derivation(
    id="ntk-limit",
    title="The gradient-driven phase: the neural tangent kernel at t ≪ 1/κ",
    paper="(18), Sec. 4.1",
    assumptions=(
        "T → 0 at fixed t and s: κt → 0, with κ = T/σ².",
        "The recursion (12)–(15) for K^{d,L}, with layer maps that are continuous.",
        "K_NTK is symmetric and positive definite; the test predictor needs its inverse.",
    ),
    exact=(
        "The limit of the prior; the NDK at T = 0 for an abstract activation at depths 1–3; the differential equation, "
        "its solution along one eigenvector and back in the integral equation, and its long-time limit; the same for "
        "any number of inputs as letters that do not commute, and for every symmetric 2 × 2 matrix. For exponential "
        "kernels the limit T → 0 of the exact solution."
    ),
    physicist=(
        "That the solution of (16) tends to the solution of its limit is proved for exponential kernels only; for "
        "others it follows from the continuity of Volterra equations in their kernel, which is used, not checked. At "
        "finite T the kernel is constant up to O(κt), for ReLU on the diagonal up to O(√(κt)). The limits are SymPy's, "
        "compared with the other side of their equations."
    ),
    build=steps,
    headline="test",
)
