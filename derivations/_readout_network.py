"""Steps of readout-hidden-correlation by brute force: a linear network of depth 1 followed for a few steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import product

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.cases import Cases
from ndk_sym.statement import Rule, Statement, Step
from ndk_sym.wick import gaussian_moment

T, y, j = nt.T, nt.y, nt.j
STEPS = 3
h, q = nt.dt, sp.Symbol("omega", positive=True)  # time of one step, and its memory: 1 − κh
correlation, weight = nt.f, sp.Function("m", real=True)
first, second = sp.symbols("t_1 u_1", integer=True, nonnegative=True)


def network_means(until: int) -> dict[tuple[int, int], sp.Expr]:
    """N^{-1/2} a_t · w_u for N → ∞, from the weights written in the random vectors that they are made of.

    The vectors a_0, w_0 and the noises have N independent entries: their squared lengths over N are their variances,
    and their mean products vanish. To leading order v is its mean, for f is linear in what fluctuates.
    """
    kinds = [nt.sigma02] + [2 * T * h] * until  # variances of a_0 and of its noises, and of w_0 and of its noises
    noise = [sp.Matrix([int(b == a) for b in range(until + 1)]) for a in range(until + 1)]
    free, learnt = [noise[0]], [sp.zeros(until + 1, 1)]  # learnt: the part along the other weights, times √N
    residuals: list[sp.Expr] = []

    def product_of(x: sp.Matrix, z: sp.Matrix) -> sp.Expr:
        return sum(variance * p * r for variance, p, r in zip(kinds, x, z, strict=True))

    for step in range(until):
        # readout and hidden weights obey the same equation in a linear network of depth 1: one list serves both
        residuals.append(y - 2 * product_of(learnt[step], free[step]))
        free.append(q * free[step] + noise[step + 1])
        learnt.append(q * learnt[step] + h * residuals[step] * free[step])
    indices = range(until + 1)
    return {
        (a, b): sp.expand(product_of(learnt[a], free[b]) + product_of(learnt[b], free[a]))
        for a in indices
        for b in indices
    }


def network_rules(at: int, hidden: int) -> Iterable[Rule]:
    """The explicit network's means, and the prior of its weights."""
    rules: list[Rule] = [(first, sp.Integer(at)), (second, sp.Integer(hidden))]
    rules.append((sp.Sum, lambda term, limits: sp.Sum(term, limits).doit()))
    rules += [(correlation(a, b), value) for (a, b), value in network_means(STEPS).items()]
    variances = [nt.sigma02]
    for _ in range(STEPS):
        variances.append(q**2 * variances[-1] + 2 * T * h)
    steps = range(STEPS + 1)
    return [*rules, *((weight(a, b), q ** abs(a - b) * variances[min(a, b)]) for a in steps for b in steps)]


def explicit_steps() -> Iterator[Step]:
    """The linear network of depth 1 with one input of unit length, K⁰ = 1, in Euler steps of time dt."""
    residual = y - correlation(j, j)
    learnt = sp.Sum(q ** (first - 1 - j) * weight(second, j) * residual, (j, 0, first - 1))
    hidden = sp.Sum(q ** (second - 1 - j) * weight(first, j) * residual, (j, 0, second - 1))
    places = list(product(range(STEPS + 1), repeat=2))
    cases = [(f"({a}, {b})", partial(network_rules, a, b)) for a, b in places if a + b > 0]
    yield Step(
        Statement(
            id="network",
            title=f"a linear network of depth 1 followed for {STEPS} steps, N → ∞, both orders of the times",
            lhs=correlation(first, second),
            rhs=h * learnt + h * hidden,
            paper="(SI 57), (SI 58)",
        ),
        reason="The weights written in the random vectors they are made of. Here k^1(u,s) = m(u,s), k̇ = 1, and "
        "ω^{t−1−j} is e^{−κ(t−s)} in steps.",
        check=Cases(tuple(cases)),
    )
    width = nt.N
    yield Step(
        Statement(
            id="finite-width",
            title="one step of it at finite width, N = 1, 2, 3, every moment exactly",
            lhs=correlation(1, 1),
            rhs=2 * h * q * nt.sigma02 * y - 2 * h**2 * y * nt.sigma02**2 / width,
            paper="(SI 57), (SI 58)",
        ),
        reason="The first term is the theory's, dt (m_{1,0} + m_{1,0})y; the rest vanishes as 1/N.",
        check=Cases(tuple((f"N = {count}", partial(width_rules, count)) for count in (1, 2, 3))),
    )


def width_rules(count: int) -> Iterable[Rule]:
    """⟨N^{-1/2} a_1 · w_1⟩ over the initial weights; the noise of the step is independent of all and drops out."""
    a, w = (sp.symbols(f"{name}_1:{count + 1}", real=True) for name in "aw")
    root = sp.sqrt(count)
    residual = y - sum(p * r for p, r in zip(a, w, strict=True)) / root
    after = [(q * p + h * residual * r / root, q * r + h * residual * p / root) for p, r in zip(a, w, strict=True)]
    polynomial = sp.Poly(sp.expand(sum(p * r for p, r in after) / root), *a, *w)
    moment = gaussian_moment(nt.sigma02)
    value = sum(coefficient * sp.Mul(*map(moment, powers)) for powers, coefficient in polynomial.terms())
    return [(nt.N, sp.Integer(count)), (correlation(1, 1), value)]
