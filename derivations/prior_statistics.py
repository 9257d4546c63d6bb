r"""The prior statistics of a weight, in continuous time and for the proximal chain.

With the squared error switched off, every weight obeys the linear equation dΘ/dt = −κΘ + η with ⟨η(t)η(s)⟩ =
2T δ(t − s) and κ = T/σ². Its covariance m(t,s) is all that the kernels know about learning time. Two routes lead to
it: the moment equations (Itô's rule for Θ², and for the product with an earlier Θ), and the integrated noise,

    Θ_t = e^{−κt} Θ_0 + ∫_0^t e^{−κ(t−u)} η(u) du.

The proximal chain has a Gaussian transition density: completing the square in (4) gives the memory λ̃ = λ/(λ+κ) and the
noise 2T/(λ+κ) of one step, a linear recurrence gives (SI 21), and with i = λt, j = λs the limit λ → ∞ gives m(t,s)
again. Two replicas that part before step j share the trajectory up to j − 1: their covariance is m⁰ = λ̃ m_{i,j−1}.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations import _prior_chain as proximal
from ndk_sym import notation as nt
from ndk_sym import prior
from ndk_sym.integrals import Antiderivative
from ndk_sym.stable import Expm1
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

t, s, T, kappa, sigma2, sigma02, Theta = nt.t, nt.s, nt.T, nt.kappa, nt.sigma2, nt.sigma02, nt.Theta

RATE = (kappa, T / sigma2)  # κ = T/σ²
TEMPERATURE = (T, kappa * sigma2)
ORDERED = (s < t,)
m = sp.Function("m", real=True)
lag = sp.Symbol("Delta", nonnegative=True)


def formula(later: sp.Expr, earlier: sp.Expr) -> sp.Expr:
    """σ² e^{−κ(t−s)} + (σ₀² − σ²) e^{−κ(t+s)} for t ≥ s. (10)"""
    return sigma2 * sp.exp(-kappa * (later - earlier)) + (sigma02 - sigma2) * sp.exp(-kappa * (later + earlier))


CONTINUOUS: Rule = (m, sp.Lambda((t, s), formula(t, s)))


def steps() -> Iterator[Step]:
    """Continuous time by two routes, its stable forms; the chain, and its limit."""
    yield from ito_steps()
    yield from moment_steps()
    yield noise_step()
    yield from stable_steps()
    yield from limit_steps()
    yield from proximal.steps(formula)


def ito_steps() -> Iterator[Step]:
    """The linear equation of a weight, and Itô's rule."""
    energy = T / (2 * sigma2) * Theta**2
    yield Step(
        Statement(
            id="drift",
            title="without the squared error, a weight decays at the rate κ",
            lhs=-sp.Derivative(energy, Theta),
            rhs=-kappa * Theta,
            paper="(3), (5)",
            given=(RATE,),
        ),
        reason="The gradient of the regulariser T/(2σ²) Θ², with κ = T/σ².",
    )
    yield Step(
        Statement(
            id="ito",
            title="Itô's rule for Θ²",
            lhs=-kappa * Theta * sp.Derivative(Theta**2, Theta) + T * sp.Derivative(Theta**2, (Theta, 2)),
            rhs=2 * T - 2 * kappa * Theta**2,
            paper="(5)",
        ),
        reason="The mean of g(Θ) changes at the rate ⟨−κΘ g′ + T g″⟩ when the noise is 2T δ(t − s).",
        uses=("drift",),
    )


def moment_steps() -> Iterator[Step]:
    """The moment equations, and their solution."""
    yield Step(
        Statement(
            id="variance-equation",
            title="the moment equation of the variance",
            lhs=sp.Derivative(m(s, s), s),
            rhs=2 * T - 2 * kappa * m(s, s),
            given=(CONTINUOUS, TEMPERATURE),
        ),
        reason="The mean of Itô's rule, a linear equation of first order; (10) at equal times solves it.",
        uses=("ito",),
    )
    yield Step(
        Statement(
            id="variance-start", title="it starts at σ₀²", lhs=m(0, 0), rhs=sigma02, paper="(10)", given=(CONTINUOUS,)
        ),
        reason="The initial distribution.",
    )
    yield Step(
        Statement(
            id="memory-equation",
            title="the moment equation between two times",
            lhs=sp.Derivative(m(t, s), t),
            rhs=-kappa * m(t, s),
            given=(CONTINUOUS,),
            domain=domain(where=ORDERED),
        ),
        reason="For t > s the noise does not know Θ_s: ⟨Θ_t Θ_s⟩ decays like ⟨Θ_t⟩; at t = s it starts from m(s,s).",
        uses=("drift",),
    )
    yield Step(
        Statement(
            id="covariance",
            title="the covariance of a weight at two times, in either order",
            lhs=m(t, s),
            rhs=sigma2 * sp.exp(-kappa * sp.Abs(t - s)) + (sigma02 - sigma2) * sp.exp(-kappa * (t + s)),
            paper="(9), (10), (SI 47)",
            given=((m, prior.covariance),),
        ),
        reason="SymPy's solution of both moment equations; the mean stays zero, so that this is all there is to know.",
        uses=("variance-equation", "variance-start", "memory-equation"),
    )


def noise_step() -> Step:
    """The second route: the variance of the integrated noise."""
    u = sp.Symbol("u", nonnegative=True)
    remembered = sp.exp(-kappa * (t - u)) * sp.exp(-kappa * (s - u))
    return Step(
        Statement(
            id="noise",
            title="the same from the integrated noise",
            lhs=sigma02 * sp.exp(-kappa * t) * sp.exp(-kappa * s) + sp.Integral(2 * T * remembered, (u, 0, s)),
            rhs=formula(t, s),
            paper="(10)",
            given=(TEMPERATURE,),
            domain=domain(where=ORDERED),
        ),
        reason="⟨η(u)η(u′)⟩ = 2T δ(u − u′) leaves one integral, up to the earlier time.",
        uses=("drift",),
        check=Antiderivative(T / kappa * remembered),
    )


def stable_steps() -> Iterator[Step]:
    """The forms that lose no digits."""
    yield Step(
        Statement(
            id="stable-covariance",
            title="what is remembered of the earlier weight",
            lhs=m(t, s),
            rhs=sp.exp(-kappa * (t - s)) * (sigma02 * sp.exp(-2 * kappa * s) - sigma2 * Expm1(-2 * kappa * s)),
            given=(CONTINUOUS,),
            domain=domain(where=ORDERED),
        ),
        reason="m(t,s) = e^{−κ(t−s)} m(s,s); m(s,s) as a sum of positive terms, with e^x − 1 as one function.",
        uses=("covariance",),
    )
    yield Step(
        Statement(
            id="stable-complement",
            title="the part of a weight that is new since s",
            lhs=1 - m(t, s) ** 2 / (m(t, t) * m(s, s)),
            rhs=-sigma2 * Expm1(-2 * kappa * (t - s)) / m(t, t),
            given=(CONTINUOUS,),
            domain=domain(where=ORDERED),
        ),
        reason="1 − ρ² of the correlation ρ of a weight at t and s; nothing cancels on the right as s → t.",
        uses=("covariance",),
    )
    for name, stable, exact_form in (
        ("covariance", prior.stable_covariance(t, s), m(t, s)),
        ("complement", prior.stable_complement(t, s), 1 - m(t, s) ** 2 / (m(t, t) * m(s, s))),
    ):
        yield Step(
            Statement(
                id=f"code-{name}",
                title=f"the form from which the code of the {name} is generated",
                lhs=exact_form,
                rhs=stable,
                given=(CONTINUOUS,),
                domain=domain(where=ORDERED),
            ),
            reason="The very expression that is turned into code, derived from the moment equations.",
            uses=(f"stable-{name}",),
        )


def limit_steps() -> Iterator[Step]:
    """Long after the start, and at temperature zero."""
    yield Step(
        Statement(
            id="equilibrium",
            title="long after the start the prior depends on the lag alone",
            lhs=sp.Limit(m(s + lag, s), s, sp.oo),
            rhs=sigma2 * sp.exp(-kappa * lag),
            paper="(SI 69)",
            given=(CONTINUOUS,),
        ),
        reason="The transient e^{−κ(t+s)} vanishes.",
        uses=("covariance",),
    )
    yield Step(
        Statement(
            id="no-noise",
            title="at temperature zero the weights stay where they were",
            lhs=sp.Limit(m(t, s), kappa, 0),
            rhs=sigma02,
            given=(CONTINUOUS,),
        ),
        reason="κ = T/σ² → 0 at fixed times: the regime of gradient flow.",
        uses=("covariance",),
    )


DERIVATION = Derivation(
    id="prior-statistics",
    title="Prior statistics: m(t,s) = σ² e^{−κ|t−s|} + (σ₀² − σ²) e^{−κ(t+s)}",
    paper="(9), (10), (SI 20), (SI 21), (SI 40), (SI 47)",
    assumptions=(
        "The squared error is switched off; every weight is then independent of the others.",
        "Θ_0 is Gaussian with mean 0 and variance σ₀²; κ = T/σ² > 0.",
        "In continuous time, white noise with ⟨η(t)η(s)⟩ = 2T δ(t − s), read by Itô's rule.",
    ),
    exact=(
        "That (10) solves both moment equations with its initial value, and equals the integrated noise; the stable "
        "forms; the proximal transition by completing the square, the recurrence and its solution; a chain of "
        "4 steps by exact linear algebra; the limit λ → ∞ by SymPy's limits, confirmed against the result."
    ),
    physicist=(
        "Itô's rule and the delta function of the noise are used, not proved; linear equations of first order have "
        "one solution for each initial value. That learning does not change these statistics in the wide limit is "
        "the business of the replica calculation."
    ),
    build=steps,
    headline="covariance",
)
