"""The sums over replicas: action and source term in u, v and Σ v², (SI 29)–(SI 31), for `replica-mgf`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.cases import Case, Cases, summed
from ndk_sym.statement import Rule, Statement, Step

__all__ = ["explicit_fields", "on_path", "replicated_action", "source_form", "steps", "symmetric"]

T, i, j, last, u, v = nt.T, nt.i, nt.j, nt.last, nt.u, nt.v_last
Kernel = Callable[[int, int], sp.Expr]
Heat = Callable[[int], sp.Expr]  # the temperature of step 1, 2, …


def on_path(t: int, alpha: int, s: int, beta: int, count: int) -> bool:
    """(SI 20): whether the earlier of the two is on the physical trajectory, or both are the same."""
    if t == s:
        return alpha == beta
    return (alpha if t < s else beta) == count - 1


def symmetric(name: str) -> Kernel:
    """A kernel at two steps as a symbol, the same in either order."""
    return lambda t, s: sp.Symbol(f"{name}_{max(t, s)}{min(t, s)}", real=True)


def constant(t: int) -> sp.Expr:
    """The temperature of every step."""
    return T


def explicit_fields(
    count: int, times: int, temperature: Heat = constant
) -> tuple[list[tuple[sp.Symbol, ...]], tuple[Rule, ...]]:
    """Symbols v_t^α, and what u, v and the squares are in them."""
    fields = [sp.symbols(f"v_{t}_1:{count + 1}", real=True) for t in range(1, times + 1)]
    rules: tuple[Rule, ...] = (
        (last, sp.Integer(times)),
        (sp.Sum, summed),
        (u, lambda t: sp.Add(*fields[int(t) - 1])),
        (v, lambda t: 2 * temperature(int(t)) * fields[int(t) - 1][-1]),
        (nt.v_sq, lambda t: sp.Add(*(x**2 for x in fields[int(t) - 1]))),
        (nt.C_same, symmetric("A")),
        (nt.C_other, symmetric("B")),
        (nt.c_same, lambda t, s: sp.Symbol(f"a_{t}{s}", real=True)),
        (nt.c_other, lambda t, s: sp.Symbol(f"b_{t}{s}", real=True)),
        (nt.ell, lambda t: sp.Symbol(f"ell_{t}", real=True)),
    )
    return fields, rules


def replicated_action(count: int, times: int, temperature: Heat = constant) -> tuple[Rule, ...]:
    """Σ T v² + ½ Σ v C v over all times and replicas, as (SI 20) defines C."""
    fields, rules = explicit_fields(count, times, temperature)
    one, two = symmetric("A"), symmetric("B")
    places = [(t, alpha) for t in range(times) for alpha in range(count)]
    total = sp.Add(*(temperature(t + 1) * fields[t][alpha] ** 2 for t, alpha in places))
    for t, alpha in places:
        for s, beta in places:
            kernel = one if on_path(t, alpha, s, beta, count) else two
            total += kernel(t + 1, s + 1) * fields[t][alpha] * fields[s][beta] / 2
    return (nt.S_n(last), total), *rules


def replicated_source(count: int, times: int) -> tuple[Rule, ...]:
    """Σ v_t^α c^{αn}_{s,t} ℓ_s: the predictor on the test point is physical."""
    fields, rules = explicit_fields(count, times)
    total = sp.S(0)
    for t in range(times):
        for alpha in range(count):
            for s in range(times):
                name = "a" if on_path(t, alpha, s, count - 1, count) else "b"
                kernel = sp.Symbol(f"{name}_{s + 1}{t + 1}", real=True)
                total += fields[t][alpha] * kernel * sp.Symbol(f"ell_{s + 1}", real=True)
    return (nt.Q_n(last), total), *rules


def counted(function: Callable[[int, int], tuple[Rule, ...]]) -> tuple[Case, ...]:
    """The cases n = 2, 3 replicas and two or three steps."""
    return tuple(
        (f"n = {count}, {times} steps", partial(function, count, times)) for times in (2, 3) for count in (2, 3)
    )


def source_form() -> sp.Expr:
    """The source term in u and v, with the kernels of one and of two replicas."""
    response = (nt.c_same(i, j) - nt.c_other(i, j)) * v(j) / (2 * T)
    later = sp.Sum(nt.c_same(i, j) * u(j), (j, i + 1, last))
    return sp.Sum(nt.ell(i) * (later + sp.Sum(nt.c_other(i, j) * u(j) + response, (j, 1, i))), (i, 1, last))


def steps() -> Iterator[Step]:
    """(SI 29)–(SI 31): the sums over replicas in terms of u, the physical v, and Σ v²."""
    gap = nt.C_same(i, j) - nt.C_other(i, j)
    correlations = sp.Sum(sp.Sum(nt.C_other(i, j) * u(i) * u(j), (j, 1, last)), (i, 1, last)) / 2
    response = sp.Sum(sp.Sum(gap * u(i) * v(j) / (2 * T), (j, 1, i - 1)), (i, 1, last))
    local = sp.Sum((T + (nt.C_same(i, i) - nt.C_other(i, i)) / 2) * nt.v_sq(i), (i, 1, last))
    yield Step(
        Statement(
            id="replicated-action",
            title="the replicated action by u = Σ_{α} v^α, the physical field and Σ_{α} (v^α)²: n and steps 2, 3",
            lhs=nt.S_n(last),
            rhs=correlations + response + local,
            paper="(SI 29), (SI 30)",
        ),
        reason="Insert the covariance (SI 20) of the predictors into T Σ v² + ½ Σ v C v, and sum over the replicas. "
        "Here and below v is 2T times the physical field, so that its mean is i(Y − f̄).",
        uses=("hubbard-stratonovich", "readout-average", "weights-3-steps"),
        check=Cases(counted(replicated_action), method="explicit sum"),
    )
    yield Step(
        Statement(
            id="replicated-source",
            title="the source term of a test point in terms of u and the physical field: n and steps 2, 3",
            lhs=nt.Q_n(last),
            rhs=source_form(),
            paper="(SI 29), (SI 31)",
        ),
        reason="The covariance (SI 20) of the physical predictor on the test point with all replicas on the training "
        "points; Q = i times this, less the test point's own variance.",
        uses=("replicated-action",),
        check=Cases(counted(replicated_source), method="explicit sum"),
    )
