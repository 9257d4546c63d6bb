r"""The covariance of one eigenmode in continuous time: the part of `predictor-covariance` that solves an explicit case.

The kernel γ e^{−rT(t−s)} is that of linear networks of any depth with σ₀ = σ, along an eigenvector. R C Rᵀ is found in
two halves, R C and then R C Rᵀ; each is inserted in the integral equation that defines it.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.integrals import Antiderivative
from ndk_sym.predictor import exponential_kernel
from ndk_sym.statement import Statement, Step, domain

t, s, T, gamma, r = nt.t, nt.s, nt.T, nt.gamma, nt.r
ORDERED = (s < t,)

total = gamma + r * T
level = gamma / r  # the eigenvalue of K_GP
settled = level * T / (level + T)


def half_before(x: sp.Expr, z: sp.Expr) -> sp.Expr:
    """R C at x ≤ z."""
    started = 2 * r * T * sp.exp(r * T * x) + gamma * sp.exp(-total * x)
    return level * sp.exp(-r * T * z) * started / (gamma + 2 * r * T)


def half_after(x: sp.Expr, z: sp.Expr) -> sp.Expr:
    """R C at x ≥ z."""
    return half_before(z, z) * sp.exp(-total * (x - z))


def full(x: sp.Expr, z: sp.Expr) -> sp.Expr:
    """R C Rᵀ at x ≥ z."""
    return settled * sp.exp(-total * (x - z)) + (level - settled) * sp.exp(-total * (x + z))


def mode_steps() -> Iterator[Step]:
    """R C Rᵀ for the exponential kernel."""
    kernel = exponential_kernel
    u = sp.Symbol("u", nonnegative=True)
    prior = level * sp.exp(-r * T * (t - s))
    answer = gamma * sp.exp(-total * (t - s))
    remembered = sp.exp(-r * T * (t - s)) * (level - half_before(s, s))
    before = level * gamma * sp.exp(-r * T * (s + t)) * (sp.exp(2 * r * T * u) - sp.exp(-gamma * u))
    yield Step(
        Statement(
            "mode-prior",
            sp.Derivative(prior, s),
            T * kernel(t, s),
            paper="(19)",
            title="an exponential kernel has the prior covariance γ/r e^{−rT(t−s)}",
        ),
        reason="The fluctuation–dissipation theorem, for linear networks of any depth with σ₀ = σ.",
        uses=("fluctuation-dissipation", "ntk-limit/linear-1"),
    )
    for id, title, lhs, rhs, where, primitive, reason, uses in (
        (
            "mode-resolvent",
            "its resolvent is 1 less γ e^{−(γ+rT)(t−s)}",
            answer + sp.Integral(kernel(t, u) * answer.subs(t, u), (u, s, t)),
            kernel(t, s),
            ORDERED,
            -gamma * sp.exp(-r * T * (t - u) - total * (u - s)),
            "(1 + D)(1 − R) = D.",
            ("training",),
        ),
        (
            "mode-half-before",
            "R C for t ≤ s",
            half_before(t, s) + sp.Integral(kernel(t, u) * half_before(u, s), (u, 0, t)),
            prior.subs({t: s, s: t}, simultaneous=True),
            (t < s,),
            before / (gamma + 2 * r * T),
            "(1 + D) times the half-filtered covariance R C gives C.",
            ("mode-prior", "mode-resolvent"),
        ),
        (
            "mode-half-after",
            "R C for t ≥ s",
            half_after(t, s) + remembered + sp.Integral(kernel(t, u) * half_after(u, s), (u, s, t)),
            prior,
            ORDERED,
            -half_before(s, s) * sp.exp(-r * T * (t - u) - total * (u - s)),
            "The part of the integral before s is that of the step before at t = s, times e^{−rT(t−s)}.",
            ("mode-half-before",),
        ),
        (
            "mode",
            "the covariance R C Rᵀ",
            full(t, s) + sp.Integral(full(t, u) * kernel(s, u), (u, 0, s)),
            half_after(t, s),
            ORDERED,
            settled * gamma * sp.exp(-total * t - r * T * s + (total + r * T) * u) / (total + r * T)
            - (level - settled) * sp.exp(-total * t - r * T * s - gamma * u),
            "Times (1 + D)ᵀ it is R C: a process of rate γ + rT and stationary variance (1/c + 1/T)⁻¹, c = γ/r.",
            ("mode-half-after",),
        ),
    ):
        yield Step(
            Statement(id, lhs, rhs, title=title, domain=domain(where=where)),
            reason=reason,
            uses=uses,
            check=Antiderivative(primitive),
        )


def mode_limits() -> Iterator[Step]:
    """The explicit case is an instance of the theorem, and has both limits."""
    fraction = gamma / total * (1 - sp.exp(-total * t))
    yield Step(
        Statement(
            "mode-theorem",
            full(t, t),
            level - 2 * fraction * level + fraction**2 * (level + T),
            title="it is what the theorem says",
        ),
        reason="Φ = γ/(γ+rT) (1 − e^{−(γ+rT)t}) is the mean predictor, c = γ/r the eigenvalue of K_GP.",
        uses=("mode", "variance", "ntk-limit/solvable"),
    )
    for id, title, symbol, end, value, lemma in (
        ("mode-ensemble", "T → 0 at fixed t: the NTK ensemble", T, 0, level * sp.exp(-2 * gamma * t), "ensemble"),
        ("mode-posterior", "t → ∞: the posterior", t, sp.oo, level - level**2 / (level + T), "posterior"),
    ):
        yield Step(
            Statement(id, sp.Limit(full(t, t), symbol, end), value, title=title),
            reason="The limit of the covariance at equal times.",
            uses=("mode", lemma),
        )
