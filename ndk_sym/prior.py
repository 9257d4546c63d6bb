"""Prior statistics of a weight: what its covariance in time is when the squared error is switched off.

Nothing is typed in. The continuous m(t,s) solves the moment equations of the linear SDE (5), the proximal one
the recurrence that the transition density (4) implies. Times are symbols, expressions or numbers.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.stable import Expm1

__all__ = [
    "covariance", "decay", "proximal_covariance", "proximal_other_replica", "proximal_parameters",
    "proximal_same_replica", "proximal_transition", "proximal_variance", "stable_complement",
    "stable_covariance", "stable_variance", "variance",
]  # fmt: skip


@cache
def _moments() -> tuple[sp.Expr, sp.Expr]:
    """Solve the moment equations of dΘ = −κΘ dt + √(2T) dW: (variance at s, memory over the lag t − s)."""
    moment = sp.Function("moment")
    drift, noise = -nt.kappa, 2 * nt.kappa * nt.sigma2  # 2T = 2κσ²
    # Itô: d⟨Θ²⟩/ds = 2·drift·⟨Θ²⟩ + noise
    variance_equation = sp.Eq(moment(nt.s).diff(nt.s), 2 * drift * moment(nt.s) + noise)
    solved = sp.dsolve(variance_equation, moment(nt.s), ics={moment(0): nt.sigma02})
    # d⟨Θ_t Θ_s⟩/dt = drift·⟨Θ_t Θ_s⟩ for t ≥ s: the noise after s does not know Θ_s
    lag_equation = sp.Eq(moment(nt.t).diff(nt.t), drift * moment(nt.t))
    memory = sp.dsolve(lag_equation, moment(nt.t), ics={moment(0): 1})
    return sp.expand(solved.rhs), memory.rhs


@cache
def _stable_parts() -> tuple[sp.Expr, sp.Expr]:
    """Split the variance at s into what initialisation left and what the noise brought, with Expm1."""
    left = nt.sigma02 * _moments()[0].coeff(nt.sigma02)
    brought = sp.expand(_moments()[0] - left).replace(sp.exp, lambda x: 1 + Expm1(x))
    return left, sp.expand(brought)


def _at(expr: sp.Expr, times: dict[sp.Symbol, Any]) -> sp.Expr:
    return expr.subs({key: sp.sympify(value) for key, value in times.items()}, simultaneous=True)


def _ordered(t: Any, s: Any) -> tuple[sp.Expr, sp.Expr]:
    """Return (later, earlier) of two times by |t − s|, so that every formula for t ≥ s serves both orders."""
    lag, total = sp.Abs(sp.sympify(t) - sp.sympify(s)), sp.sympify(t) + sp.sympify(s)
    return (total + lag) / 2, (total - lag) / 2


def decay(t: Any, s: Any) -> sp.Expr:
    """Memory of a weight and decay of a perturbation, e^{−κ|t−s|}. (10)

    Parameters
    ----------
    t, s : expression or number
        Times, in either order.
    """
    return _at(_moments()[1], {nt.t: sp.Abs(sp.sympify(t) - sp.sympify(s))})


def variance(s: Any) -> sp.Expr:
    """Variance m(s,s) = σ² + (σ₀² − σ²) e^{−2κs}, solved from the moment equation of (5). (9)(10)

    Parameters
    ----------
    s : expression or number
        Time, s ≥ 0.
    """
    return _at(_moments()[0], {nt.s: s})


def covariance(t: Any, s: Any) -> sp.Expr:
    """Covariance m(t,s) = σ² e^{−κ|t−s|} + (σ₀² − σ²) e^{−κ(t+s)}, symmetric. (10)

    Parameters
    ----------
    t, s : expression or number
        Times ≥ 0, in either order.
    """
    later, earlier = _ordered(t, s)
    memory = _at(_moments()[1], {nt.t: later - earlier})
    return sp.powsimp(sp.expand(memory * _at(_moments()[0], {nt.s: earlier}), power_exp=False, power_base=False))


def stable_variance(s: Any) -> sp.Expr:
    """Variance m(s,s) = σ₀² e^{−2κs} − σ² expm1(−2κs), a sum of positive terms that is exact at κ = 0. (10)

    Parameters
    ----------
    s : expression or number
        Time, s ≥ 0.
    """
    return _at(sp.Add(*_stable_parts()), {nt.s: s})


def stable_covariance(t: Any, s: Any) -> sp.Expr:
    """Covariance m(t,s) = e^{−κ(t−s)} m(s,s) for t ≥ s, in the stable form. (10)

    Parameters
    ----------
    t, s : expression or number
        Times, t ≥ s ≥ 0; the order is the caller's to keep.
    """
    return _at(_moments()[1], {nt.t: sp.sympify(t) - sp.sympify(s)}) * stable_variance(s)


def stable_complement(t: Any, s: Any) -> sp.Expr:
    """Complement 1 − ρ_m² = 1 − m(t,s)²/(m(t,t) m(s,s)) = −σ² expm1(−2κ(t−s))/m(t,t) for t ≥ s. (10)

    What the noise brought between s and t, as a fraction of the variance at t: nothing cancels as s → t.

    Parameters
    ----------
    t, s : expression or number
        Times, t ≥ s ≥ 0; the order is the caller's to keep.
    """
    return _at(_stable_parts()[1], {nt.s: sp.sympify(t) - sp.sympify(s)}) / stable_variance(t)


@cache
def proximal_transition() -> tuple[sp.Expr, sp.Expr]:
    """Mean coefficient and variance of one prior step Θ | Θ′ of Markov proximal learning. (4)(SI 21)

    Completes the square in exp(−β/2 [T/(2σ²) Θ² + λ/2 (Θ − Θ′)²]), β = 1/T: the result is a Gaussian of mean
    λ̃ Θ′ and variance 2T/(λ+κ), with T = κσ².

    Returns
    -------
    tuple of sympy.Expr
        (λ̃, variance).
    """
    temperature = nt.kappa * nt.sigma2
    energy = temperature / (2 * nt.sigma2) * nt.Theta**2 + nt.lam / 2 * (nt.Theta - nt.Theta_previous) ** 2
    exponent = -energy / (2 * temperature)
    step_variance = -1 / sp.diff(exponent, nt.Theta, 2)
    (mean,) = sp.solve(sp.diff(exponent, nt.Theta), nt.Theta)
    return sp.factor(sp.diff(mean, nt.Theta_previous)), sp.factor(step_variance)


@cache
def _proximal_recurrence() -> tuple[sp.Expr, sp.Expr]:
    """Solve v_j = λ̃² v_{j−1} + (variance of a step), v_0 = σ₀²: (coefficient of λ̃^{2j}, constant)."""
    sequence, fading = sp.Function("sequence"), nt.lam_tilde ** (2 * nt.j)
    # λ̃ and the step's variance stay symbols while SymPy solves
    recurrence = sequence(nt.j + 1) - nt.lam_tilde**2 * sequence(nt.j) - nt.v
    solved = sp.expand(sp.rsolve(recurrence, sequence(nt.j), {sequence(0): nt.sigma02}))
    transient = sp.factor(solved.coeff(fading))
    constant = sp.factor(solved - sp.expand(transient * fading))
    if transient.has(nt.j) or constant.has(nt.j):
        raise ArithmeticError(f"the proximal recurrence has an unexpected solution: {solved}")
    return transient, constant


@cache
def proximal_parameters() -> dict[sp.Symbol, sp.Expr]:
    """Return what λ̃ = λ/(λ+κ) and σ̃² = 2T/((λ+κ)(1−λ̃²)) are in λ, κ and σ² = T/κ. (SI 21)

    Returns
    -------
    dict
        Keys `notation.lam_tilde` and `notation.sigma2_tilde`; substitute it into the functions `proximal_*`.
    """
    memory, step = proximal_transition()
    stationary = _proximal_recurrence()[1].subs({nt.lam_tilde: memory, nt.v: step})
    return {nt.lam_tilde: memory, nt.sigma2_tilde: sp.factor(stationary)}


def proximal_variance(j: Any) -> sp.Expr:
    """Variance m_{j,j} = σ̃² + (σ₀² − σ̃²) λ̃^{2j} after j proximal steps. (SI 21)

    Parameters
    ----------
    j : expression or number
        Number of steps, j ≥ 0.
    """
    transient, constant = _proximal_recurrence()
    (step,) = sp.solve(constant - nt.sigma2_tilde, nt.v)  # σ̃² is the constant part
    compact = sp.factor(transient.subs(nt.v, step)) * nt.lam_tilde ** (2 * nt.j) + nt.sigma2_tilde
    return _at(compact, {nt.j: j})


def _proximal_ordered(later: sp.Expr, earlier: sp.Expr) -> sp.Expr:
    # every step multiplies what is remembered by λ̃ and adds noise that does not know the past
    product = sp.expand(nt.lam_tilde ** (later - earlier) * proximal_variance(earlier), power_exp=False)
    return sp.powsimp(product)


def proximal_covariance(i: Any, j: Any) -> sp.Expr:
    """Covariance m_{i,j} = σ̃² λ̃^{|i−j|} + (σ₀² − σ̃²) λ̃^{i+j} of the chain at steps i and j. (SI 21)

    Parameters
    ----------
    i, j : expression or number
        Numbers of steps ≥ 0, in either order.

    Returns
    -------
    sympy.Expr
        In `notation.lam_tilde` and `notation.sigma2_tilde`; see `proximal_parameters`.
    """
    return _proximal_ordered(*_ordered(i, j))


def proximal_same_replica(i: Any, j: Any) -> sp.Expr:
    """Covariance m¹_{i,j} = m_{i,j} of one replica with itself. (SI 22)

    Parameters
    ----------
    i, j : expression or number
        Numbers of steps ≥ 0, in either order.
    """
    return proximal_covariance(i, j)


def proximal_other_replica(i: Any, j: Any) -> sp.Expr:
    """Covariance m⁰_{i,j} = λ̃ m_{i,j−1} (i ≥ j ≥ 1) of two different replicas. (SI 23)

    A replica at step j and the physical trajectory parted at step j − 1: what they share is λ̃ Θ_{j−1}.

    Parameters
    ----------
    i, j : expression or number
        Numbers of steps ≥ 1, in either order.
    """
    later, earlier = _ordered(i, j)
    product = sp.expand(nt.lam_tilde * _proximal_ordered(later, earlier - 1), power_exp=False)
    return sp.powsimp(product)
