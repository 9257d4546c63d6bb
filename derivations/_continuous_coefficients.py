"""Parameters and covariances of the chain as λ → ∞, (SI 40), (SI 47). Steps of `continuous-limit`."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.prior import covariance, proximal_parameters, proximal_same_replica
from ndk_sym.prior import proximal_other_replica as other_replica
from ndk_sym.statement import Rule, Statement, Step, domain

__all__ = ["BY_TEMPERATURE", "ORDERED", "PARAMETERS", "memory", "steps"]

t, s, T, lam, kappa = nt.t, nt.s, nt.T, nt.lam, nt.kappa
ORDERED = (s < t,)
memory = sp.exp(-kappa * (t - s))  # e^{−κ|t−s|}; t ≥ s throughout
PARAMETERS = tuple(proximal_parameters().items())
BY_TEMPERATURE = (nt.sigma2, T / kappa)


def parameter_steps() -> Iterator[Step]:
    """(SI 40): what the parameters of the chain become, and how fast."""
    yield Step(
        Statement(
            id="memory",
            title="the memory of λt steps",
            lhs=sp.Limit(nt.lam_tilde ** (lam * t), lam, sp.oo),
            rhs=sp.exp(-kappa * t),
            paper="(SI 40)",
            given=PARAMETERS,
        ),
        reason="λ̃ = λ/(λ+κ).",
        uses=("prior-statistics/transition",),
    )
    yield Step(
        Statement(
            id="memory-slope",
            title="how the memory approaches its limit: the term of order 1/λ",
            lhs=sp.Limit(lam * (nt.lam_tilde ** (lam * t) * sp.exp(kappa * t) - 1), lam, sp.oo),
            rhs=kappa**2 * t / 2,
            given=PARAMETERS,
        ),
        reason="λt log λ̃ = −κt + κ²t/2λ − …: the discrete theory converges to first order in 1/λ.",
        uses=("memory",),
    )
    yield Step(
        Statement(
            id="variance",
            title="the stationary variance",
            lhs=sp.Limit(nt.sigma2_tilde, lam, sp.oo),
            rhs=nt.sigma2,
            paper="(SI 40)",
            given=PARAMETERS,
        ),
        reason="σ̃² = 2σ²(λ+κ)/(2λ+κ).",
        uses=("prior-statistics/stationary-variance",),
    )


def weight_steps() -> Iterator[Step]:
    """(SI 47): the covariances of a weight."""
    lag = sp.Symbol("Delta", nonnegative=True)
    weight = sp.Function("m", real=True)
    for id, title, discrete, source in (
        ("same-replica", "the covariance m¹ of one replica", nt.m_same, proximal_same_replica),
        ("other-replica", "the covariance m⁰ of two replicas has the same limit", nt.m_other, other_replica),
    ):
        yield Step(
            Statement(
                id=id,
                title=title,
                lhs=sp.Limit(discrete, lam, sp.oo),
                rhs=weight(s + lag, s),
                paper="(SI 47)",
                given=((discrete, source(lam * (s + lag), lam * s)), *PARAMETERS, (weight, covariance)),
            ),
            reason="λ(s + Δ) and λs steps, with Δ the lag; (SI 21) for the chain, (10) for the limit.",
            uses=("prior-statistics/chain", "memory", "variance"),
        )


def difference_steps() -> Iterator[Step]:
    """(SI 49): what tells two replicas from one."""
    yield Step(
        Statement(
            id="weight-difference",
            title="the difference of the two weights, exactly at finite λ",
            lhs=lam / (2 * T) * (nt.m_same - nt.m_other),
            rhs=nt.lam_tilde ** (nt.i - nt.j + 1),
            paper="(SI 21), (SI 28)",
            given=(*other_gap(), *PARAMETERS, BY_TEMPERATURE),
            domain=domain(where=(nt.j <= nt.i,)),
        ),
        reason="m⁰ = λ̃ m_{i,j−1}: the noise of step j is what the replicas do not share. Here i ≥ j.",
        uses=("prior-statistics/replicas",),
    )
    yield Step(
        Statement(
            id="initial-condition",
            title="the neural dynamical kernel of depth 0",
            lhs=sp.Limit(nt.lam_tilde ** (lam * (t - s) + 1) * nt.k_xy, lam, sp.oo),
            rhs=memory * nt.k_xy,
            paper="(SI 49)",
            given=PARAMETERS,
            domain=domain(where=ORDERED),
        ),
        reason="K⁰ is the same for all replicas: K^{d,0} = (λ/2T)(m¹ − m⁰) K⁰; at i = λt, j = λs.",
        uses=("weight-difference", "memory"),
    )


def other_gap() -> tuple[Rule, ...]:
    """m¹ and m⁰ at steps i ≥ j."""
    ordered = sp.Abs(nt.i - nt.j), nt.i - nt.j
    same, other = (f(nt.i, nt.j).xreplace(dict([ordered])) for f in (proximal_same_replica, other_replica))
    return (nt.m_same, same), (nt.m_other, other)


def steps() -> Iterator[Step]:
    """Parameters, covariances, and the difference between one replica and two."""
    yield from parameter_steps()
    yield from weight_steps()
    yield from difference_steps()
