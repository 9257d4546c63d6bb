"""The prior of the proximal chain and its limit λ → ∞, (SI 20)–(SI 21). Steps of `prior-statistics`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import pairwise

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym import prior
from ndk_sym.cases import Case, Cases
from ndk_sym.replicas import exact_inverse
from ndk_sym.statement import Rule, Statement, Step, domain

__all__ = ["steps"]

t, s, i, j, T, kappa, lam = nt.t, nt.s, nt.i, nt.j, nt.T, nt.kappa, nt.lam
sigma2, sigma02, memory = nt.sigma2, nt.sigma02, nt.lam_tilde
Theta, Theta_previous = nt.Theta, nt.Theta_previous

STEPS = 4  # of the chain that is written out in full
TEMPERATURE = (T, kappa * sigma2)
ORDERED = (s < t,)

chain = sp.Function("m", real=True)
other = sp.Function("m^0", real=True)


def chain_formula(later: sp.Expr, earlier: sp.Expr) -> sp.Expr:
    """σ̃² λ̃^{i−j} + (σ₀² − σ̃²) λ̃^{i+j} for i ≥ j. (SI 21)"""
    stationary = nt.sigma2_tilde
    return stationary * memory ** (later - earlier) + (sigma02 - stationary) * memory ** (later + earlier)


DISCRETE: Rule = (chain, chain_formula)
PARAMETERS: tuple[Rule, ...] = (
    (memory, lam / (lam + kappa)),
    (nt.sigma2_tilde, 2 * T / ((lam + kappa) * (1 - (lam / (lam + kappa)) ** 2))),
    TEMPERATURE,
)


def chain_steps() -> Iterator[Step]:
    """One step of the chain, and the recurrence."""
    energy = T / (2 * sigma2) * Theta**2 + lam / 2 * (Theta - Theta_previous) ** 2
    width = (lam + kappa) / (4 * T)
    yield Step(
        Statement(
            id="transition",
            title="one proximal step remembers λ̃Θ′ and adds noise of variance 2T/(λ+κ)",
            lhs=energy / (2 * T),
            rhs=width * (Theta - memory * Theta_previous) ** 2 + memory / (4 * sigma2) * Theta_previous**2,
            paper="(4), (SI 21)",
            given=PARAMETERS,
        ),
        reason="Complete the square in Θ. The last term does not contain Θ: the partition function 1/Z(Θ′) cancels it.",
    )
    yield Step(
        Statement(
            id="chain-variance",
            title="the variance after one more step",
            lhs=chain(j + 1, j + 1),
            rhs=memory**2 * chain(j, j) + 2 * T / (lam + kappa),
            given=(DISCRETE, *PARAMETERS),
        ),
        reason="Θ_{j+1} = λ̃Θ_j + noise that does not know Θ_j; m_{00} = σ₀².",
        uses=("transition",),
    )
    yield Step(
        Statement(
            id="chain-memory",
            title="the covariance with an earlier step",
            lhs=chain(i + 1, j),
            rhs=memory * chain(i, j),
            given=(DISCRETE,),
            domain=domain(where=(j <= i,)),
        ),
        reason="The same for the product with Θ_j, j ≤ i.",
        uses=("transition",),
    )


def solution_steps() -> Iterator[Step]:
    """The solution of the recurrence, and the chain written out in full."""
    yield Step(
        Statement(
            id="chain",
            title="the covariance of the chain, in either order",
            lhs=chain(i, j),
            rhs=nt.sigma2_tilde * memory ** sp.Abs(i - j) + (sigma02 - nt.sigma2_tilde) * memory ** (i + j),
            paper="(SI 20), (SI 21)",
            given=((chain, prior.proximal_covariance),),
        ),
        reason="SymPy's solution of the recurrence, for both orders of the steps.",
        uses=("chain-variance", "chain-memory"),
    )
    yield Step(
        Statement(
            id="chain-in-full",
            title=f"the chain of {STEPS} steps, all weights at once",
            lhs=chain(i, j),
            rhs=chain_formula(i, j),
            paper="(4), (SI 21)",
        ),
        reason="The joint density of Θ_0 … Θ_4 is Gaussian; its covariance is the inverse of its matrix of second "
        "derivatives, by linear algebra over rational functions.",
        uses=("transition",),
        check=Cases(whole_chain()),
    )


def whole_chain() -> tuple[Case, ...]:
    """Every pair i ≥ j of the short chain; its covariances are computed when the first is asked for."""

    @cache
    def inverse() -> sp.Matrix:
        weights = sp.symbols(f"Theta_0:{STEPS + 1}", real=True)
        exponent = weights[0] ** 2 / (2 * sigma02)
        for before, after in pairwise(weights):
            energy = T / (2 * sigma2) * after**2 + lam / 2 * (after - before) ** 2
            # −log of the normalised transition density: energy/(2T) + log Z(before), Z by the Gaussian integral
            lowest = sp.solve(sp.diff(energy, after), after)[0]
            exponent += (energy - energy.xreplace({after: lowest})) / (2 * T)
        second_derivatives = sp.hessian(exponent, weights).xreplace(dict([TEMPERATURE]))
        return exact_inverse(second_derivatives.applyfunc(sp.cancel))

    def rules(later: int, earlier: int) -> tuple[Rule, ...]:
        given = (i, sp.Integer(later)), (j, sp.Integer(earlier))
        return (*given, (chain(later, earlier), inverse()[later, earlier]), *PARAMETERS)

    pairs = [(later, earlier) for later in range(STEPS + 1) for earlier in range(later + 1)]
    return tuple((f"({later}, {earlier})", partial(rules, later, earlier)) for later, earlier in pairs)


def limit_steps(continuous: Callable[[sp.Expr, sp.Expr], sp.Expr]) -> Iterator[Step]:
    """λ → ∞ with i = λt, j = λs."""
    yield Step(
        Statement(
            id="stationary-variance",
            title="the stationary variance of the chain, and its distance from σ²",
            lhs=nt.sigma2_tilde,
            rhs=sigma2 * (1 + kappa / (2 * lam + kappa)),
            paper="(SI 21), (SI 40)",
            given=PARAMETERS,
        ),
        reason="σ̃² in λ and κ: it exceeds σ² at first order in 1/λ.",
    )
    yield Step(
        Statement(
            id="limit",
            title="the chain becomes the continuous prior",
            lhs=sp.Limit(chain(lam * t, lam * s), lam, sp.oo),
            rhs=continuous(t, s),
            paper="(SI 40), (SI 47)",
            given=((chain, chain_formula), *PARAMETERS),
            domain=domain(where=ORDERED),
        ),
        reason="λ̃^{λt} = (1 + κ/λ)^{−λt} → e^{−κt}, and σ̃² → σ².",
        uses=("chain", "stationary-variance"),
    )


def replica_steps() -> Iterator[Step]:
    """The replicas."""
    yield Step(
        Statement(
            id="replicas",
            title="what tells a replica from the physical trajectory",
            lhs=lam / (2 * T) * (chain(i, j) - other(i, j)),
            rhs=memory ** (i - j + 1),
            paper="(SI 20), (SI 21), (SI 28)",
            given=((other, sp.Lambda((i, j), memory * chain(i, j - 1))), DISCRETE, *PARAMETERS),
            domain=domain({i: (4, 8), j: (1, 4)}),
        ),
        reason="The difference is the noise of step j, remembered until i; for every λ, and i ≥ j ≥ 1.",
        uses=("chain",),
    )
    yield Step(
        Statement(
            id="replica-limit",
            title="in continuous time this is the decay of a perturbation",
            lhs=sp.Limit(memory ** (lam * (t - s) + 1), lam, sp.oo),
            rhs=sp.exp(-kappa * (t - s)),
            paper="(SI 28), (SI 49)",
            given=PARAMETERS,
            domain=domain(where=ORDERED),
        ),
        reason="The response e^{−κ|t−s|} of the neural dynamical kernel is what the replicas differ by.",
        uses=("replicas",),
    )


def steps(continuous: Callable[[sp.Expr, sp.Expr], sp.Expr]) -> Iterator[Step]:
    """The chain, its limit, and the replicas; `continuous` is the prior of continuous time, (10)."""
    yield from chain_steps()
    yield from solution_steps()
    yield from limit_steps(continuous)
    yield from replica_steps()
