"""Steps of predictor-covariance by brute force: three times on a grid, and a chain of Gaussian weights."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.lattice import gaussian_chain
from ndk_sym.matrices import Entrywise
from ndk_sym.operators import operator
from ndk_sym.statement import Statement, Step

C, D, gamma, h = nt.C, nt.D, nt.gamma, nt.epsilon
TIMES = range(3)


def brute_force_steps() -> Iterator[Step]:
    """The whole trajectory of a Gaussian chain, without resolvent."""
    whole = operator("Sigma")
    rate = sp.Rational(2, 5)
    any_numbers = gaussian_chain(sp.Matrix([[gamma]]), trained=1, times=3, rate=rate, start=nt.v, step=h)
    some = sp.Matrix([[2, 1, sp.Rational(1, 2)], [1, 3, -1], [sp.Rational(1, 2), -1, 2]])
    three = gaussian_chain(some, trained=2, times=3, rate=rate, start=sp.Rational(3, 4), step=sp.Rational(1, 7))
    for id, title, parts in (
        ("chain", "one input, any kernel, temperature, initial variance and step, three times", any_numbers),
        ("chain-test", "two trained inputs and a test point, any temperature, three times", three),
    ):
        yield Step(
            Statement(
                id=id,
                title=f"brute force: {title}",
                lhs=whole,
                rhs=(1 + D) ** -1 * C * sp.transpose((1 + D) ** -1),
                given=((whole, parts.trajectory), (C, parts.prior), (D, parts.response)),
            ),
            reason=(
                "A network without hidden layers takes Gaussian steps. The left side inverts the precision to which "
                "the transition densities (5) multiply; nothing is assumed of R."
            ),
            uses=("covariance", "covariance-test"),
            check=Entrywise(),
        )


def grid_steps() -> Iterator[Step]:
    """One input at three times, any kernel and any covariance: no chain of weights need lie behind them."""
    noise = sp.Matrix(sp.symbols("g_1:4"))
    response = sp.ImmutableMatrix(3, 3, lambda i, j: sp.Symbol(f"d_{i + 1}{j + 1}", real=True) if i > j else 0)
    entry = lambda i, j: sp.Symbol(f"c_{min(i, j) + 1}{max(i, j) + 1}", real=True)  # noqa: E731 (symmetric)
    prior = sp.ImmutableMatrix(3, 3, entry)
    yield Step(
        Statement(
            id="causal",
            title="the resolvent's series ends: three times",
            lhs=(1 + D) ** -1,
            rhs=1 - D + D**2,
            given=((D, response),),
        ),
        reason="D³ = 0, since D is strictly lower triangular: the present does not depend on the future.",
        check=Entrywise(),
    )
    found: list[sp.Expr] = []
    for i in TIMES:  # f(t_1) = g_1, f(t_2) = g_2 − d_21 f(t_1), …
        found.append(sp.expand(noise[i] - sum(response[i, j] * found[j] for j in range(i))))
    weights = sp.Matrix(3, 3, lambda i, k: found[i].coeff(noise[k]))
    solved = (1 + D) ** -1
    yield Step(
        Statement(
            id="grid",
            title="brute force: one input, any kernel and any covariance of the prior process, three times",
            lhs=nt.Sigma,
            rhs=solved * C * sp.transpose(solved),
            given=((nt.Sigma, sp.ImmutableMatrix(weights * prior * weights.T)), (C, prior), (D, response)),
        ),
        reason="f = g + D (Y − f) solved from one time to the next, and averaged term by term.",
        uses=("covariance", "causal"),
        check=Entrywise(),
    )
