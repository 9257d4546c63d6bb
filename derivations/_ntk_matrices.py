"""Steps of ntk-limit for any number of inputs, and for kernels that can be solved at any temperature."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import Kd
from ndk_sym.activations import activation
from ndk_sym.integrals import Antiderivative
from ndk_sym.kernels import Arguments, layers
from ndk_sym.matrices import Entrywise
from ndk_sym.operators import Operators
from ndk_sym.predictor import (
    EIGENVALUES,
    Propagator,
    exponential_kernel,
    exponential_solution,
    gradient_flow,
    predictor_equation,
    propagator_2x2,
    symmetric_2x2,
)
from ndk_sym.statement import Statement, Step

DEPTHS = (1, 2, 3)
t, s, T, gamma, y, f = nt.t, nt.s, nt.T, nt.gamma, nt.y, nt.f
RATE = (nt.kappa, T / nt.sigma2)  # κ = T/σ²


def matrix_steps() -> Iterator[Step]:
    """All eigenvectors together: letters, then explicit matrices."""
    K, k, Y, E = nt.K_NTK, nt.k_NTK, nt.Y, Propagator(t)
    flow = sp.Derivative((1 - E) * Y, t)
    test = sp.Derivative(k * K**-1 * (1 - E) * Y, t)
    first = Statement("any-training", flow, K * (Y - (1 - E) * Y), paper="(16)", title="any number of training inputs")
    second = Statement("any-test", test, k * (Y - (1 - E) * Y), paper="(17)", title="any test point")
    reason = "Differentiate with ∂_t e^{−Kt} = −K e^{−Kt}; the letters do not commute."
    yield Step(first, reason=reason, uses=("ode",), check=Operators())
    yield Step(second, reason=reason, uses=("any-training",), check=Operators())

    one, two = EIGENVALUES
    explicit = (
        (K, symmetric_2x2(one, two)),
        (E, propagator_2x2(t)),
        (k, sp.ImmutableMatrix([sp.symbols("k_1 k_2", real=True)])),
        (Y, sp.ImmutableMatrix(sp.symbols("y_1 y_2", real=True))),
    )
    for id, title, lhs, rhs, reason in (
        ("matrix-propagator", "the exponential of a matrix", sp.Derivative(E, t), -K * E, "Its differential equation."),
        ("matrix-start", "it starts at the identity", sp.Subs(E, t, 0), sp.Integer(1), "No time has passed."),
        ("matrix-training", "the training predictor", flow, K * (Y - (1 - E) * Y), "∂_t f̄ = K (Y − f̄)."),
        ("matrix-test", "the test predictor", test, k * (Y - (1 - E) * Y), "∂_t f̄_* = kᵀ (Y − f̄)."),
        (
            "matrix-equilibrium",
            "the NTK equilibrium",
            sp.Limit(k * K**-1 * (1 - E) * Y, t, sp.oo),
            k * K**-1 * Y,
            "Both eigenvalues are positive.",
        ),
    ):
        yield Step(
            Statement(id, lhs, rhs, paper="(18)", title=f"{title}, for every symmetric 2 × 2 matrix", given=explicit),
            reason=f"{reason} The matrix has the eigenvalues γ₁, γ₂ with eigenvectors (p, q), (−q, p).",
            uses=("any-test",),
            check=Entrywise(),
        )


def solvable_steps() -> Iterator[Step]:
    """Kernels for which the limit can be compared with the solution at any temperature."""
    memory = sp.exp(-nt.kappa * (t - s))
    stationary = Arguments(nt.sigma2, nt.sigma2 * memory, nt.sigma2, memory)
    for depth in DEPTHS:
        *_, top = layers(activation("linear"), depth, stationary)
        yield Step(
            Statement(
                id=f"linear-{depth}",
                title=f"a linear network of depth {depth} with σ₀ = σ has the kernel γ e^{{−rT(t−s)}}",
                lhs=Kd(depth, t, s),
                rhs=exponential_kernel(t, s),
                paper="(SI 61)",
                given=(
                    (Kd(depth, t, s), top.ndk),
                    (gamma, (depth + 1) * nt.sigma2**depth * nt.k_xy),
                    (nt.r, (depth + 1) / nt.sigma2),
                    RATE,
                ),
            ),
            reason="The recursion for φ(z) = z with the stationary prior m = σ² e^{−κ(t−s)}; γ is its prefactor.",
        )
    total = gamma + nt.r * T
    yield Step(
        Statement(
            id="solvable",
            title="the integral equation with this kernel, solved at any temperature",
            lhs=predictor_equation(exponential_kernel),
            rhs=f(t),
            paper="(16)",
            given=((f, sp.Lambda(t, exponential_solution(t))),),
        ),
        reason="Substitute the solution.",
        uses=tuple(f"linear-{depth}" for depth in DEPTHS),
        check=Antiderivative(
            gamma * y / total * sp.exp(-nt.r * T * (t - s)) - gamma * y / total * sp.exp(-nt.r * T * t - gamma * s)
        ),
    )
    yield Step(
        Statement(
            id="limit-of-solution",
            title="the limit of the solution is the solution of the limit",
            lhs=sp.Limit(f(t), T, 0),
            rhs=gradient_flow(t),
            given=((f, sp.Lambda(t, exponential_solution(t))),),
        ),
        reason="T → 0 after solving, to be compared with solving after T → 0.",
        uses=("solvable", "training"),
    )
