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

from ndk_sym import notation as nt
from ndk_sym.integrals import Antiderivative
from ndk_sym.operators import Operators
from ndk_sym.predictor import Propagator, exponential_solution
from ndk_sym.prior import covariance
from ndk_sym.statement import Derivation, Statement, Step, domain

t, s, T, gamma, r, y, k, sigma2, L = nt.t, nt.s, nt.T, nt.gamma, nt.r, nt.y, nt.k_star, nt.sigma2, nt.L
f, f_star, w = nt.f, nt.f_star, nt.w
tau = sp.Symbol("tau", positive=True)  # after the fast phase
before = nt.tau_prime  # τ′ ≤ τ
rate = sp.Symbol("q", positive=True)  # of decay of the test point's kernel

# slopes of the kernel in its later and its earlier time, where both are zero
SLOPES = sp.symbols("K_1 K_2", real=True)
fast = sp.exp(-gamma * s) * y  # V₀


def fast_correction(time: sp.Expr) -> sp.Expr:
    """V₁, the fast residual at order T for a kernel γ + T (t K₁ + s K₂)."""
    late, early = SLOPES
    decay = sp.exp(-gamma * time) * y
    return (
        -late * y / gamma**2
        + late * decay / gamma**2
        + late * time * decay / gamma
        - ((late + early) * time**2 * decay / 2)
    )


KICK = y / gamma  # ∫ V₀ ds
DELAY = y / gamma**2  # B₀ = ∫ s V₀ ds


def kick_correction(height: sp.Expr, late: sp.Expr, early: sp.Expr) -> sp.Expr:
    """A₁ = ∫ (V₁ − V₁(∞)) ds for a kernel with K(0,0) = height and slopes K₁, K₂."""
    return (late - early) * y / height**3


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


def limiting_test() -> sp.Expr:
    """f̄_*(τ) at T → 0."""
    return k * y / gamma * (sp.exp(-rate * tau) + r / rate * (1 - sp.exp(-rate * tau)))


def exact_test() -> sp.Expr:
    """f̄_*(τ/T) at any temperature."""
    total = gamma + r * T
    slow = r / (total * rate) * (1 - sp.exp(-rate * tau))
    quick = gamma / total * (sp.exp(-rate * tau) - sp.exp(-total * tau / T)) / (total - rate * T)
    return k * y * (slow + quick)


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


def inner_steps() -> Iterator[Step]:
    """The fast phase at order T, for any smooth kernel."""
    late, early = SLOPES
    integrand = gamma * fast_correction(s) + (t * late + s * early) * fast
    yield Step(
        Statement(
            id="inner",
            title="the fast residual at order T",
            lhs=sp.Integral(integrand, (s, 0, t)),
            rhs=-fast_correction(t),
            paper="(16)",
        ),
        reason="(16) at order T: −V₁ = ∫ (γ V₁ + (t K₁ + s K₂) V₀) ds, for a kernel with slopes K₁, K₂ at τ = τ′ = 0.",
        uses=("time", "kick"),
        check=Antiderivative(sp.integrate(sp.expand(integrand), s)),
    )
    yield Step(
        Statement(
            id="matching",
            title="where the fast phase ends the slow one begins",
            lhs=sp.Limit(fast_correction(t), t, sp.oo),
            rhs=sp.Limit((y - (gamma + late * tau) * KICK) / (gamma * tau), tau, 0),
        ),
        reason="On the right w(0), from the equation of the first kind at small τ: ∫ K w dτ′ = γ w(0) τ + …",
        uses=("inner", "first-kind"),
    )
    tail = fast_correction(s) + late * y / gamma**2
    yield Step(
        Statement(
            id="kick-correction",
            title="the kick's weight at order T",
            lhs=sp.Integral(tail, (s, 0, sp.oo)),
            rhs=kick_correction(gamma, late, early),
        ),
        reason="A₁ = ∫ (V₁ − V₁(∞)) ds; what does not decay belongs to the slow phase.",
        uses=("inner",),
        check=Antiderivative(sp.integrate(sp.expand(tail), s)),
    )
    yield Step(
        Statement(
            id="delay",
            title="the kick's delay",
            lhs=sp.Integral(s * fast, (s, 0, sp.oo)),
            rhs=DELAY,
        ),
        reason="B₀: the kernel's slope in its earlier time sees when the fast residual acted.",
        uses=("kick",),
        check=Antiderivative(-(s / gamma + 1 / gamma**2) * fast),
    )


def correction_steps() -> Iterator[Step]:
    """The slow phase at order T, against the exact solution."""
    slow = -(r**2) * y / gamma**2  # w₁ of the exponential kernel: T r y/(γ+rT) at the second order
    correction = k * y / gamma**2 * (-(r**2) / rate * (1 - sp.exp(-rate * tau)) - (2 * r - rate) * sp.exp(-rate * tau))
    yield Step(
        Statement(
            id="correction-exact",
            title="the correction of order T, from the exact solution",
            lhs=sp.Limit((exact_test() - limiting_test()) / T, T, 0),
            rhs=correction,
        ),
        reason="Expand the solution at any temperature; the approach is of order T.",
        uses=("limit",),
    )
    late, early = -r * gamma, r * gamma  # slopes of γ e^{−r(τ−τ′)}
    matched = k * sp.exp(-rate * tau) * kick_correction(gamma, late, early) + rate * k * sp.exp(-rate * tau) * DELAY
    yield Step(
        Statement(
            id="correction",
            title="the correction of order T, from the matched expansion",
            lhs=matched + sp.Integral(k * sp.exp(-rate * (tau - before)) * slow, (before, 0, tau)),
            rhs=correction,
        ),
        reason="k(τ,0) A₁ + ∂₂k(τ,0) B₀ + ∫ k w₁ dτ′, with w₁ = −r² y/γ² from the slow part of the residual.",
        uses=("residual", "kick-correction", "delay", "correction-exact"),
        check=Antiderivative(k * slow / rate * sp.exp(-rate * (tau - before))),
    )


gain = sp.Function("gamma", positive=True)  # γ(τ), of kernels γ(τ′) e^{−r(τ−τ′)}
SOME_GAIN = domain(where=(before < tau,), functions=((gain, sp.Lambda(tau, 2 + sp.sin(tau))),))


def separable_steps() -> Iterator[Step]:
    """Linear networks of any depth and any σ₀: a whole family of kernels."""
    kernel = gain(before) * sp.exp(-r * (tau - before))
    memory = sp.exp(-(tau - before) / sigma2)
    yield Step(
        Statement(
            id="linear",
            title="linear networks of any depth and any σ₀ have a kernel of this form",
            lhs=(L + 1) * (memory * nt.m_ss) ** L * memory * nt.k_xx,
            rhs=kernel,
            paper="(SI 61)",
            given=((gain, lambda time: (L + 1) * nt.m_ss**L * nt.k_xx), (r, (L + 1) / sigma2)),
            domain=domain(where=(before < tau,)),
        ),
        reason="(L+1) m^L e^{−κ(t−s)} k with m(t,s) = e^{−κ(t−s)} m(s,s); here m_ss = m(s,s) at s = τ′/T.",
        uses=("time", "ndk-linear"),
    )
    slow = (w, sp.Lambda(tau, r * y / gain(tau)))
    yield Step(
        Statement(
            id="separable",
            title="the equation of the first kind, solved for any γ(τ)",
            lhs=sp.Integral(kernel * w(before), (before, 0, tau)),
            rhs=y - gain(0) * sp.exp(-r * tau) * (y / gain(0)),
            given=(slow,),
            domain=SOME_GAIN,
        ),
        reason="w = r y/γ(τ); the kick is y/γ(0).",
        uses=("first-kind", "linear"),
        check=Antiderivative(y * sp.exp(-r * (tau - before))),
    )
    start, slope = gain(0), sp.Subs(sp.Derivative(gain(before), before), before, 0)
    late, early = -r * start, slope + r * start
    boundary = sp.exp(-r * tau) * (start * kick_correction(start, late, early) + early * y / start**2)
    second = -(r * w(before) + sp.Derivative(w(before), before)) / gain(before)
    yield Step(
        Statement(
            id="separable-correction",
            title="and at order T",
            lhs=sp.Integral(kernel * second, (before, 0, tau)),
            rhs=-w(tau) - boundary,
            given=(slow,),
            domain=SOME_GAIN,
        ),
        reason="w₁ = −(r w + ∂w)/γ(τ) solves −w = K(τ,0) A₁ + ∂₂K(τ,0) B₀ + ∫ K w₁ dτ′.",
        uses=("separable", "kick-correction", "delay"),
        check=Antiderivative(-sp.exp(-r * (tau - before)) * w(before)),
    )
    velocity = -r * T * (y - T * w(tau) - T**2 * second.xreplace({before: tau}))
    residual = T * w(tau) + T**2 * second.xreplace({before: tau})
    yield Step(
        Statement(
            id="separable-equation",
            title="the same from the differential equation of these networks",
            lhs=sp.Limit((velocity + gain(tau) * residual + T * sp.Derivative(residual, tau) + T**2 * y) / T**2, T, 0),
            rhs=y,
            given=(slow,),
            domain=SOME_GAIN,
        ),
        reason="∂_t f̄ = −rT f̄ + γ(Tt) (y − f̄) is solved by y − f̄ = T w + T² w₁ up to T³ (T² y added on both sides).",
        uses=("separable-correction",),
    )


def steps() -> Iterator[Step]:
    """Two times, an exact solution, both ends, the correction, and a family of kernels."""
    yield from phase_steps()
    yield from exponential_steps()
    yield from end_steps()
    yield from inner_steps()
    yield from correction_steps()
    yield from separable_steps()


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
