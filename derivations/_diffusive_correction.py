"""Steps of diffusive-limit at the next order in T: the fast phase, the match, and the slow phase."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations._diffusive_phase import DELAY, KICK, before, exact_test, fast, limiting_test, rate, tau
from ndk_sym import notation as nt
from ndk_sym.integrals import Antiderivative
from ndk_sym.statement import Statement, Step

t, s, T, gamma, r, y, k = nt.t, nt.s, nt.T, nt.gamma, nt.r, nt.y, nt.k_star

# slopes of the kernel in its later and its earlier time, where both are zero
SLOPES = sp.symbols("K_1 K_2", real=True)


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


def kick_correction(height: sp.Expr, late: sp.Expr, early: sp.Expr) -> sp.Expr:
    """A₁ = ∫ (V₁ − V₁(∞)) ds for a kernel with K(0,0) = height and slopes K₁, K₂."""
    return (late - early) * y / height**3


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
