"""An explicit finite network with a polynomial activation: its output, its gradient, and averages over all its weights.

Nothing is assumed about how the average comes out: the output is expanded in the weights, differentiated by each of
them, the gradients at the two times are multiplied and every monomial is averaged weight by weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any

import sympy as sp
from sympy.polys.rings import PolyElement, ring

from ndk_sym.groups import Group
from ndk_sym.isserlis import gaussian_moment_of_pair

__all__ = ["gradient_overlap"]


@dataclass
class _Parameters:
    """Names of all parameters, their groups, and their generators at the two times."""

    names: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)

    def layout(self, widths: Sequence[int], *, bias: bool) -> None:
        for layer, (below, above) in enumerate(pairwise(widths), start=1):
            self.names += [(f"W{layer}", ij) for ij in product(range(above), range(below))]
            if bias:
                self.names += [(f"b{layer}", (i,)) for i in range(above)]
        self.names += [("a", (i,)) for i in range(widths[-1])]


def gradient_overlap(
    phi: Mapping[int, Any],
    widths: Sequence[int],
    inputs: tuple[Sequence[Any], Sequence[Any]],
    *,
    groups: Mapping[str, Group] | None = None,
    bias: bool = False,
) -> dict[str, sp.Expr]:
    """Average of ∇f(x,Θ_t)·∇f(x′,Θ_s) over the prior, for each group of weights. (11), (SI 75)

    Parameters
    ----------
    phi : mapping of int to rational
        Coefficient of every power of z in φ.
    widths : sequence of int
        N₀, N₁, …, N_L.
    inputs : pair of sequences of rationals
        x and x′.
    groups : mapping, optional
        Prior of "W1", "b1", …, "a"; by default all have the notation's m_tt, m_ts, m_ss.
    bias : bool
        Whether every hidden neuron has a bias.

    Returns
    -------
    dict
        Group → polynomial in the covariances.
    """
    parameters = _Parameters()
    parameters.layout(widths, bias=bias)
    names = parameters.names
    roots = [f"root{layer}" for layer in range(len(widths))]  # 1/√N_l, kept as a letter: only even powers survive
    count = len(names)
    _, *gens = ring([f"t{i}" for i in range(count)] + [f"s{i}" for i in range(count)] + roots, sp.QQ)
    at_t, at_s, scales = gens[:count], gens[count : 2 * count], gens[2 * count :]
    outputs = [
        _output(phi, widths, x, dict(zip(names, values, strict=True)), scales, bias=bias)
        for x, values in zip(inputs, (at_t, at_s), strict=True)
    ]
    overlaps: dict[str, PolyElement] = {}
    for (group, _), one, other in zip(names, at_t, at_s, strict=True):
        part = outputs[0].diff(one) * outputs[1].diff(other)
        overlaps[group] = overlaps[group] + part if group in overlaps else part
    priors = [(groups or {}).get(group, Group()) for group, _ in names]
    return {group: _averaged(overlap, priors, widths) for group, overlap in overlaps.items()}


def _output(
    phi: Mapping[int, Any],
    widths: Sequence[int],
    x: Sequence[Any],
    weights: Mapping[Any, Any],
    scales: Sequence[Any],
    *,
    bias: bool,
) -> Any:
    """f(x) as a polynomial in the weights. (1)(2)"""
    activity: list[Any] = [sp.QQ.convert(sp.Rational(value)) for value in x]
    for layer, above in enumerate(widths[1:], start=1):
        inputs = [
            sum(
                (weights[f"W{layer}", (i, j)] * below for j, below in enumerate(activity)),
                0 * scales[0],
            )
            * scales[layer - 1]
            + (weights[f"b{layer}", (i,)] if bias else 0)
            for i in range(above)
        ]
        activity = [sum((z**power * sp.QQ.convert(sp.Rational(c)) for power, c in phi.items())) for z in inputs]
    return sum(weights["a", (i,)] * below for i, below in enumerate(activity)) * scales[-1]


def _averaged(overlap: PolyElement, priors: Sequence[Group], widths: Sequence[int]) -> sp.Expr:
    """Average every monomial weight by weight: different weights are independent."""
    count = len(priors)
    collected: dict[Any, Any] = {}
    for powers, coefficient in overlap.terms():
        pairs = [(p, q, priors[i]) for i in range(count) if (p := powers[i]) + (q := powers[count + i])]
        if any((p + q) % 2 for p, q, _ in pairs):
            continue
        scale = sp.QQ(1)
        for n, power in zip(widths, powers[2 * count :], strict=True):
            scale = scale / sp.QQ(n) ** (power // 2)
        key = tuple(sorted(pairs, key=repr))
        collected[key] = collected.get(key, 0) + coefficient * scale
    moments = (
        sp.Rational(coefficient.numerator, coefficient.denominator)
        * sp.Mul(*(gaussian_moment_of_pair(p, q, prior.m_tt, prior.m_ts, prior.m_ss) for p, q, prior in key))
        for key, coefficient in collected.items()
    )
    return sp.expand(sp.Add(*moments))
