"""One layer of the response, temperature zero, and continuous time: steps of `proximal-schedules`."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import F, Fdot, K, Kd, abstract_instance
from ndk_sym.statement import Statement, Step, domain

__all__ = ["steps"]

t, s, L, T, sigma2, sigma02, Phi = nt.t, nt.s, nt.L, nt.T, nt.sigma2, nt.sigma02, nt.Phi


def layer_steps() -> Iterator[Step]:
    """The response through one layer, also at T_j = 0."""
    a, b, gain = nt.a, nt.b, sp.Symbol("g", positive=True)
    below = nt.m_other * nt.k_other
    moved = below + 2 * T * nt.c
    total = nt.m_other * (F(a, moved, b) - F(a, below, b)) / (2 * T) + gain * F(a, moved, b)
    same = (nt.m_same, nt.m_other + 2 * T * gain)
    yield Step(
        Statement(
            id="layer",
            title="one layer of the response, with the difference of the weights g = (m¹ − m⁰)/2T_j",
            lhs=(nt.m_same * F(a, nt.m_same * nt.k_same, b) - nt.m_other * F(a, below, b)) / (2 * T),
            rhs=total,
            paper="(SI 24)–(SI 28)",
            given=((nt.k_same, moved / nt.m_same), same),
            domain=domain(functions=abstract_instance()),
        ),
        reason="c is the response of the layer below, (m¹K¹ − m⁰K⁰)/2T_j. T_j is written T.",
        uses=("residual",),
    )
    yield Step(
        Statement(
            id="cold",
            title="a step at temperature zero: the response is the derivative",
            lhs=sp.Subs(sp.Derivative(sp.expand(T * total), T), T, 0),
            rhs=nt.m_other * Fdot(a, below, b) * nt.c + gain * F(a, below, b),
            paper="(SI 28), (SI 50)",
            domain=domain(functions=abstract_instance()),
        ),
        reason="T_j times the right side vanishes at T_j = 0, so its limit is its derivative; ∂F/∂c = Ḟ. Here "
        "g = (λ̃_i … λ̃_{j+1})/(λ_j+κ_j), which does not contain T_j but through κ_j.",
        uses=("layer", "price-theorem"),
    )


def continuous_steps() -> Iterator[Step]:
    """Langevin dynamics with a temperature that changes in time."""
    m = sp.Function("m", real=True)
    rate = lambda time: sp.Derivative(Phi(time), time)  # noqa: E731  κ(t) = T(t)/σ²
    by_phi = sigma2 * sp.exp(-(Phi(t) - Phi(s))) + (sigma02 - sigma2) * sp.exp(-(Phi(t) + Phi(s)))
    formula = (m, sp.Lambda((t, s), by_phi))
    clock = domain(where=(s < t,), functions=((Phi, sp.Lambda(s, s + s**2 / 3)),))
    yield Step(
        Statement(
            id="one-step",
            title="the memory of λ steps, the unit of time, as λ → ∞",
            lhs=sp.Limit(nt.lam * sp.log(nt.lam / (nt.lam + nt.kappa)), nt.lam, sp.oo),
            rhs=-nt.kappa,
            paper="(SI 40)",
        ),
        reason="log λ̃ = −κ/λ per step of time 1/λ: ℳ becomes e^{−Φ}, Φ = ∫κ dt, whatever λ does on the way.",
        uses=("decay",),
    )
    yield Step(
        Statement(
            id="variance-equation",
            title="the moment equation of the variance where T(t) = σ²κ(t)",
            lhs=sp.Derivative(m(s, s), s),
            rhs=2 * sigma2 * rate(s) - 2 * rate(s) * m(s, s),
            given=(formula,),
            domain=clock,
        ),
        reason="Itô's rule with noise 2T(s); (10) with Φ(t) for κt solves it. It starts at σ₀² since Φ(0) = 0.",
        uses=("one-step", "prior-statistics/ito"),
    )
    yield Step(
        Statement(
            id="memory-equation",
            title="the moment equation between two times",
            lhs=sp.Derivative(m(t, s), t),
            rhs=-rate(t) * m(t, s),
            given=(formula,),
            domain=clock,
        ),
        reason="For t > s the noise does not know Θ_s.",
        uses=("one-step",),
    )
    weight = sp.Symbol("m", positive=True)
    shared = sigma2 * sp.exp(-(Phi(t) - Phi(s)))
    slope = sp.Subs(sp.Derivative(weight * K(L, weight), weight), weight, shared)
    kernel = (K, sp.Lambda((L, nt.m), (1 + L) / 10 + sp.sin(nt.m) / 3))
    yield Step(
        Statement(
            id="fluctuation-dissipation",
            title="the long-time identity has the temperature at the earlier time",
            lhs=sp.Derivative(shared * K(L, shared), s),
            rhs=sigma2 * rate(s) * Kd(L, t, s),
            paper="(19)",
            given=((Kd(L, t, s), shared / sigma2 * slope),),
            domain=domain(where=(s < t,), functions=(*clock.functions, kernel)),
        ),
        reason="T(s) = σ²κ(s); K^{d,L} = e^{−(Φ(t)−Φ(s))} ∂_m[m K^L] as at constant T: only m and the decay enter.",
        uses=("memory-equation", "ndk-derivative"),
    )


def steps() -> Iterator[Step]:
    """One layer, and continuous time."""
    yield from layer_steps()
    yield from continuous_steps()
