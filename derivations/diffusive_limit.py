r"""The diffusive phase: T → 0 at fixed τ = T t, in one equation.

Time enters the kernels through κt = τ/σ², so that K^d(t,s) = K(τ,τ′) does not contain T. At low temperature the
residual has two parts: a fast one, e^{−K_NTK s} Y, which is over when τ is still zero, and a slow one of order T,

    Y − f̄(s) = e^{−K_NTK s} Y + T w(Ts) + …

The fast part acts as a kick of weight ∫ e^{−K_NTK s} Y ds = K_NTK⁻¹ Y at τ′ = 0, and T ds = dτ′ makes the slow one an
integral of order one. The left side of (16) is Y up to O(T):

    Y = K(τ,0) K_NTK⁻¹ Y + ∫_0^τ K(τ,τ′) w(τ′) dτ′,
    f̄_*(τ) = k(τ,0)ᵀ K_NTK⁻¹ Y + ∫_0^τ k(τ,τ′)ᵀ w(τ′) dτ′.

This is a Volterra equation of the first kind for w. It knows both equilibria: τ → 0 is that of the NTK, τ → ∞ that of
the Gaussian process at T = 0.

The correction is of order T. In the fast phase the kernel γ + T (t ∂₁K + s ∂₂K) turns V₀ = e^{−γs} y into V₀ + T V₁,
whose end V₁(∞) = w(0) is where the slow phase begins: the two match. At the next order of the slow phase

    −w(τ) = K(τ,0) A₁ + ∂₂K(τ,0) B₀ + ∫_0^τ K(τ,τ′) w₁(τ′) dτ′,

with B₀ = ∫ s V₀ ds and A₁ = ∫ (V₁ − V₁(∞)) ds. All of this is compared with solutions at any temperature.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations import _diffusive_correction, _diffusive_separable
from derivations._diffusive_phase import KICK, before, exact_test, fast, limiting_test, rate, tau
from ndk_sym import notation as nt
from ndk_sym.integrals import Antiderivative
from ndk_sym.operators import Operators
from ndk_sym.predictor import Propagator, exponential_solution
from ndk_sym.prior import covariance
from ndk_sym.statement import Derivation, Statement, Step, domain

t, s, T, gamma, r, y, k, sigma2 = nt.t, nt.s, nt.T, nt.gamma, nt.r, nt.y, nt.k_star, nt.sigma2
f, w = nt.f, nt.w


def phase_steps() -> Iterator[Step]:
    """Two times: what stands still, and what a fast residual leaves behind."""
    diffusive = {t: tau / T, s: before / T}
    prior = covariance(t, s).xreplace({sp.Abs(t - s): t - s}).subs(diffusive, simultaneous=True)
    yield Step(
        Statement(
            id="time",
            title="in diffusive time the prior does not contain the temperature",
            lhs=prior,
            rhs=sigma2 * sp.exp(-(tau - before) / sigma2) + (nt.sigma02 - sigma2) * sp.exp(-(tau + before) / sigma2),
            paper="(10)",
            given=((nt.kappa, T / sigma2),),
            domain=domain(where=(before < tau,)),
        ),
        reason="κt = τ/σ²; the kernels depend on time through the prior and the decay alone (ntk-limit).",
        uses=("ntk-limit/time-scale",),
    )
    yield Step(
        Statement(
            id="kick",
            title="the weight of the fast residual",
            lhs=sp.Integral(fast, (s, 0, sp.oo)),
            rhs=KICK,
            paper="(18)",
        ),
        reason="The residual e^{−γs} y of the gradient-driven phase, integrated; over before τ has moved.",
        uses=("ntk-limit/training",),
        check=Antiderivative(-fast / gamma),
    )
    flow = Propagator(s) * nt.Y
    yield Step(
        Statement(
            id="kick-matrix",
            title="its antiderivative for any number of inputs",
            lhs=sp.Derivative(-(nt.K_NTK**-1) * flow, s),
            rhs=flow,
            paper="(18)",
        ),
        reason="Hence ∫ e^{−Ks} Y ds = K_NTK⁻¹ Y.",
        uses=("kick", "ntk-limit/any-training"),
        check=Operators(),
    )


def exponential_steps() -> Iterator[Step]:
    """A kernel with which (16) is solved at any temperature."""
    total = gamma + r * T
    exact = (f, sp.Lambda(t, exponential_solution(t)))
    yield Step(
        Statement(
            id="residual",
            title="the residual is a fast and a slow part, at any temperature",
            lhs=y - f(t),
            rhs=gamma * y / total * sp.exp(-total * t) + T * (r * y / total),
            given=(exact,),
        ),
        reason="The solution for the kernel γ e^{−rT(t−s)}; as T → 0 the parts are e^{−γt} y and T w, w = r y/γ.",
        uses=("ntk-limit/solvable",),
    )
    slow = (w, sp.Lambda(tau, r * y / gamma))
    yield Step(
        Statement(
            id="first-kind",
            title="this w solves the equation of the first kind",
            lhs=sp.Integral(gamma * sp.exp(-r * (tau - before)) * w(before), (before, 0, tau)),
            rhs=y - gamma * sp.exp(-r * tau) * KICK,
            given=(slow,),
        ),
        reason="Y = K(τ,0) K_NTK⁻¹ Y + ∫ K w dτ′ with K(τ,τ′) = γ e^{−r(τ−τ′)}.",
        uses=("residual", "kick", "time"),
        check=Antiderivative(y * sp.exp(-r * (tau - before))),
    )
    yield Step(
        Statement(
            id="test",
            title="the test predictor in the diffusive phase",
            lhs=k * sp.exp(-rate * tau) * KICK
            + sp.Integral(k * sp.exp(-rate * (tau - before)) * w(before), (before, 0, tau)),
            rhs=limiting_test(),
            given=(slow,),
        ),
        reason="The same two parts seen by the kernel k_* e^{−qT(t−s)} of a test point, with a rate of its own.",
        uses=("first-kind",),
        check=Antiderivative(k * r * y / (gamma * rate) * sp.exp(-rate * (tau - before))),
    )
    at_end = exact_test()
    primitive = (
        k
        * sp.exp(-rate * (tau - T * s))
        * (r * y / (total * rate) - gamma * y / total * sp.exp(-total * s) / (total - rate * T))
    )
    yield Step(
        Statement(
            id="test-exact",
            title="the test predictor at any temperature",
            lhs=sp.Integral(k * sp.exp(-rate * (tau - T * s)) * (y - f(s)), (s, 0, tau / T)),
            rhs=at_end,
            paper="(17)",
            given=(exact,),
            domain=domain(where=(rate * T < gamma,)),
        ),
        reason="(17) at t = τ/T.",
        uses=("residual",),
        check=Antiderivative(primitive),
    )
    yield Step(
        Statement(
            id="limit",
            title="as T → 0 it tends to the diffusive equation's",
            lhs=sp.Limit(at_end, T, 0),
            rhs=limiting_test(),
        ),
        reason="The fast exponential e^{−(γ+rT)τ/T} is smaller than every power of T.",
        uses=("test", "test-exact"),
    )


def end_steps() -> Iterator[Step]:
    """Both ends of the diffusive phase."""
    yield Step(
        Statement(
            id="early",
            title="the diffusive phase begins at the NTK equilibrium",
            lhs=sp.Limit(limiting_test(), tau, 0),
            rhs=k * y / gamma,
            paper="(18)",
        ),
        reason="τ → 0: the kick alone.",
        uses=("test", "ntk-limit/equilibrium"),
    )
    height, test = sp.symbols("K k", positive=True)  # eigenvalue of K_GP, component of k_GP
    yield Step(
        Statement(
            id="late",
            title="and ends at the Gaussian process of zero temperature",
            lhs=sp.Limit(limiting_test(), tau, sp.oo),
            rhs=test / height * y,
            paper="(20)",
            given=((gamma, r * height), (k, rate * test)),
        ),
        reason="∫ K dτ′ = K_GP and ∫ k dτ′ = k_GP over the whole past; here γ/r and k_*/q.",
        uses=("test", "nngp-limit/residual-scale"),
    )


def steps() -> Iterator[Step]:
    """Two times, an exact solution, both ends, the correction, and a family of kernels."""
    yield from phase_steps()
    yield from exponential_steps()
    yield from end_steps()
    yield from _diffusive_correction.inner_steps()
    yield from _diffusive_correction.correction_steps()
    yield from _diffusive_separable.separable_steps()


DERIVATION = Derivation(
    id="diffusive-limit",
    title="The diffusive phase: one equation as T → 0 at fixed τ = T t, and its correction of order T",
    paper="(16), (17), (20), Sec. 4.4",
    assumptions=(
        "T → 0 at fixed τ = T t > 0; K_NTK is positive definite, so that the fast residual is over at τ = 0.",
        "For the correction: the kernel is twice differentiable at τ ≥ τ′, diagonal included. For ReLU the diagonal "
        "entries have a root there, and the correction is not covered.",
    ),
    exact=(
        "For exponential kernels: the equation of the first kind, the test predictor, and the limit and the correction "
        "of order T of the exact solution, which agree with the matched expansion. For any smooth kernel along one "
        "eigenvector: the fast residual at order T, its match, the kick's corrections. For kernels γ(τ′) e^{−r(τ−τ′)} "
        "with any γ(τ), which linear networks of any depth and σ₀ have: both orders."
    ),
    physicist=(
        "That the solution of (16) has such an expansion is assumed for general kernels; where kernels do not share "
        "their eigenvectors at all times the correction is a matrix equation of the same form, not worked out. A sharp "
        "kick stands for the fast residual: what it leaves out is the correction."
    ),
    build=steps,
    headline="first-kind",
)
