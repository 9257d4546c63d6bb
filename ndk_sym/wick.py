"""Averages over a Gaussian times the exponential of a small perturbation, order by order (Wick's theorem).

The density is proportional to exp(−Σ xᵢ²/(2v)) · exp(Σ_k ε^k U_k(x)) with polynomials U_k. Nothing but the moments of
the Gaussian, (2k−1)!! v^k, and the exponential series enters; every coefficient of ε is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp

from ndk_sym.truncation import letters

__all__ = ["Moment", "gaussian_moment", "multi_indices", "tilted_averages"]

# the average of the k-th power of a variable
Moment = Callable[[int], sp.Expr]


def gaussian_moment(variance: sp.Expr) -> Moment:
    """Return k ↦ ⟨x^k⟩ = (k−1)!! v^{k/2} for even k, 0 for odd k."""
    return lambda power: sp.Integer(0) if power % 2 else sp.factorial2(power - 1) * variance ** (power // 2)


def multi_indices(dimension: int, order: int) -> list[tuple[int, ...]]:
    """Return all multi-indices α with |α| = order, such as (2, 0), (1, 1), (0, 2)."""
    if dimension == 1:
        return [(order,)]
    return [(k, *rest) for k in range(order, -1, -1) for rest in multi_indices(dimension - 1, order - k)]


def tilted_averages(
    perturbation: Mapping[int, sp.Expr],
    observables: Sequence[Mapping[int, sp.Expr]],
    *,
    moments: Mapping[sp.Symbol, Moment],
    order: int,
) -> list[list[sp.Expr]]:
    """Average observables over the perturbed Gaussian.

    Parameters
    ----------
    perturbation : mapping k → U_k
        Polynomials in the variables, k ≥ 1; missing orders are zero.
    observables : sequence of mappings k → O_k
        Each a series Σ_k ε^k O_k of polynomials in the variables.
    moments : mapping variable → (k ↦ ⟨x^k⟩)
        The independent variables of the unperturbed measure.
    order : int
        Highest power of ε.

    Returns
    -------
    list of lists
        For every observable the coefficients of ε^0, …, ε^order of its normalised average.
    """
    variables = tuple(moments)
    named = letters([*perturbation.values(), *(o for series in observables for o in series.values())], variables)
    meaning = {letter: expr for expr, letter in named.items()}

    def polynomial(expr: Any) -> Any:
        return sp.Poly(sp.sympify(expr).xreplace(named), *variables)

    tilt = {k: polynomial(u) for k, u in perturbation.items()}
    zero = polynomial(0)
    weight = [polynomial(1)]
    for k in range(1, order + 1):  # W = exp(Σ ε^k U_k): k W_k = Σ_j j U_j W_{k−j}
        parts = [j * tilt.get(j, zero) * weight[k - j] for j in range(1, k + 1)]
        weight.append(sum(parts, zero) * sp.Rational(1, k))
    norm = [_averaged(w, moments, meaning) for w in weight]
    results = []
    for series in observables:
        terms = {j: polynomial(o) for j, o in series.items()}
        products = ([o * weight[k - j] for j, o in terms.items() if j <= k] for k in range(order + 1))
        results.append(_divided([_averaged(sum(p, zero), moments, meaning) for p in products], norm))
    return results


def _averaged(polynomial: Any, moments: Mapping[sp.Symbol, Moment], meaning: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    total = sp.Integer(0)
    for powers, coefficient in polynomial.terms():
        average = sp.Mul(*(moment(k) for moment, k in zip(moments.values(), powers, strict=True)))
        total += coefficient.xreplace(meaning) * average
    return sp.expand(total)


def _divided(top: Sequence[sp.Expr], below: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Divide two power series; that below starts with 1."""
    quotient: list[sp.Expr] = []
    for k in range(len(top)):
        rest = top[k] - sum((quotient[j] * below[k - j] for j in range(k)), sp.Integer(0))
        quotient.append(sp.expand(rest))
    return quotient
