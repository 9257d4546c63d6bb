"""Steps of diffusive-limit for kernels γ(τ′) e^{−r(τ−τ′)}: linear networks of any depth and any σ₀."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations import _diffusive_correction
from derivations._diffusive_phase import before, tau
from ndk_sym import notation as nt
from ndk_sym.integrals import Antiderivative
from ndk_sym.statement import Statement, Step, domain

T, r, y, sigma2, L, w = nt.T, nt.r, nt.y, nt.sigma2, nt.L, nt.w

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
    boundary = sp.exp(-r * tau) * (
        start * _diffusive_correction.kick_correction(start, late, early) + early * y / start**2
    )
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
