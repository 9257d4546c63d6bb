"""Steps of fluctuation-dissipation about one weight: its response, its correlation, and the violation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym import prior
from ndk_sym.integrals import Antiderivative
from ndk_sym.statement import Rule, Statement, Step, domain

t, s, T, kappa, sigma2, sigma02 = nt.t, nt.s, nt.T, nt.kappa, nt.sigma2, nt.sigma02
TEMPERATURE = (T, kappa * sigma2)  # κ = T/σ², solved for T
ORDERED = (s < t,)
memory = sp.exp(-kappa * (t - s))  # e^{−κ|t−s|}; t ≥ s throughout
m = sp.Function("m", real=True)


def covariance(later: sp.Expr, earlier: sp.Expr) -> sp.Expr:
    """m(t,s) for t ≥ s. (10)"""
    return _ordered().xreplace({t: later, s: earlier})


@cache
def _ordered() -> sp.Expr:
    """m(t,s) for t ≥ s, in the notation's letters."""
    return prior.covariance(t, s).xreplace({sp.Abs(t - s): t - s})


PRIOR: Rule = (m, covariance)
# the violation of one weight, κ (σ² − σ₀²) e^{−κ(t+s)}
violation = kappa * (sigma2 - sigma02) * sp.exp(-kappa * (t + s))


def weight_steps() -> Iterator[Step]:
    """Response and correlation of one weight."""
    moved = sp.Function("x", real=True)
    step_force = (1 - sp.exp(-kappa * t)) / kappa
    yield Step(
        Statement(
            id="response-equation",
            title="a weight under a constant force",
            lhs=sp.Derivative(moved(t), t),
            rhs=-kappa * moved(t) + 1,
            paper="(5)",
            given=((moved, sp.Lambda(t, step_force)),),
        ),
        reason="The mean of the linear equation (5) with the force h = 1, switched on at t = 0.",
    )
    yield Step(
        Statement(
            id="response",
            title="its response to a push at s is e^{−κ(t−s)}",
            lhs=sp.Integral(memory, (s, 0, t)),
            rhs=step_force,
            paper="(14)",
        ),
        reason="A constant force is a sequence of pushes; the answers to them add up.",
        uses=("response-equation",),
        check=Antiderivative(memory / kappa),
    )
    yield Step(
        Statement(
            id="weight",
            title="the theorem for one weight, with its violation",
            lhs=sp.Derivative(m(t, s), s),
            rhs=T * memory + violation,
            paper="(SI 70)",
            given=(PRIOR, TEMPERATURE),
            domain=domain(where=ORDERED),
        ),
        reason="Differentiate the covariance (10) of the prior, transient included; κσ² = T.",
        uses=("response", "prior-statistics/covariance"),
    )
    yield Step(
        Statement(
            id="drift-of-the-variance",
            title="the violation is half the drift of the variance, remembered until t",
            lhs=violation,
            rhs=memory * sp.Derivative(m(s, s), s) / 2,
            given=(PRIOR,),
            domain=domain(where=ORDERED),
        ),
        reason="m(s,s) = σ² + (σ₀² − σ²) e^{−2κs}: it drifts as long as it is not stationary.",
        uses=("weight",),
    )
    yield Step(
        Statement(
            id="ratio",
            title="response over slope of the correlation depends on the earlier time only",
            lhs=T * memory / sp.Derivative(m(t, s), s),
            rhs=sigma2 / (sigma2 + (sigma2 - sigma02) * sp.exp(-2 * kappa * s)),
            given=(PRIOR, TEMPERATURE),
            # where σ₀² is so large that the slope vanishes there is no ratio
            domain=domain(where=(*ORDERED, sigma02 < 2 * sigma2)),
        ),
        reason="Divide; it is 1 in equilibrium, and tends to 1 like e^{−2κs}.",
        uses=("weight",),
    )
