"""What the parts of diffusive-limit share: the two times, the fast residual's kick, and the solvable case."""

from __future__ import annotations

import sympy as sp

from ndk_sym import notation as nt

s, T, gamma, r, y, k = nt.s, nt.T, nt.gamma, nt.r, nt.y, nt.k_star
tau = sp.Symbol("tau", positive=True)  # after the fast phase
before = nt.tau_prime  # τ′ ≤ τ
rate = sp.Symbol("q", positive=True)  # of decay of the test point's kernel

fast = sp.exp(-gamma * s) * y  # V₀
KICK = y / gamma  # ∫ V₀ ds
DELAY = y / gamma**2  # B₀ = ∫ s V₀ ds


def limiting_test() -> sp.Expr:
    """f̄_*(τ) at T → 0."""
    return k * y / gamma * (sp.exp(-rate * tau) + r / rate * (1 - sp.exp(-rate * tau)))


def exact_test() -> sp.Expr:
    """f̄_*(τ/T) at any temperature."""
    total = gamma + r * T
    slow = r / (total * rate) * (1 - sp.exp(-rate * tau))
    quick = gamma / total * (sp.exp(-rate * tau) - sp.exp(-total * tau / T)) / (total - rate * T)
    return k * y * (slow + quick)
