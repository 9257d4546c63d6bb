"""The gradient overlap of a network with two hidden layers of any width N, exactly, for polynomial activations.

Given the first layer, the second is Gaussian, with the covariances m Q of the averages Q = N⁻¹ Σ_j φ(z_j)φ(z′_j) over
the first. So the second layer's average is a polynomial in the Q's, and what remains are averages of products of such
sums over independent neurons j: N^{−r} times a sum over the ways in which their r indices coincide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.isserlis import gaussian_moment_of_pair, layer_maps, moment

__all__ = ["average", "gradient_overlap", "mean_product", "outer", "slope", "times"]

# a polynomial in the pre-activations at the two times: (power of z, power of z′) → coefficient
Pair = Mapping[tuple[int, int], sp.Expr]
Covariance = tuple[sp.Expr, sp.Expr, sp.Expr]

_Q = sp.symbols("Q_tt Q_ts Q_ss")
_LOCAL = sp.symbols("u v")  # φ(z_j) and φ(z′_j) of the neuron whose weights are differentiated
_ROOT = sp.Symbol("root")  # 1/√N


def slope(phi: Mapping[int, sp.Expr]) -> dict[int, sp.Expr]:
    """φ′ from φ, power by power."""
    return {power - 1: power * coefficient for power, coefficient in phi.items() if power}


def outer(f: Mapping[int, sp.Expr], g: Mapping[int, sp.Expr]) -> dict[tuple[int, int], sp.Expr]:
    """f(z) g(z′)."""
    return {(p, q): u * v for p, u in f.items() for q, v in g.items()}


def times(x: Pair, y: Pair) -> dict[tuple[int, int], sp.Expr]:
    """Product of two polynomials."""
    result: dict[tuple[int, int], sp.Expr] = {}
    for (p, q), u in x.items():
        for (r, s), v in y.items():
            result[p + r, q + s] = result.get((p + r, q + s), sp.Integer(0)) + u * v
    return result


def average(x: Pair, covariance: Covariance) -> sp.Expr:
    """Average over one neuron's pre-activations at the two times."""
    return sp.expand(sp.Add(*(u * gaussian_moment_of_pair(p, q, *covariance) for (p, q), u in x.items())))


def mean_product(factors: Sequence[Pair], covariance: Covariance, width: sp.Expr) -> sp.Expr:
    """Average of ∏_r (N⁻¹ Σ_j X_r(z_j)) over N independent neurons.

    Parameters
    ----------
    factors : sequence of polynomials
        The X_r.
    covariance : tuple
        Entries (a, c, b) of one neuron's pre-activations.
    width : sympy.Expr
        N, a symbol or a number.

    Returns
    -------
    sympy.Expr
        N^{−r} Σ_π N(N−1)…(N−|π|+1) ∏_{B∈π} ⟨∏_{r∈B} X_r⟩, over the partitions π of the factors.
    """
    total = sp.Integer(0)
    for partition in _partitions(list(range(len(factors)))):
        blocks = (average(reduce(times, (factors[r] for r in block)), covariance) for block in partition)
        total += sp.ff(width, len(partition)) * sp.Mul(*blocks)
    return sp.expand(sp.expand_func(total) / width ** len(factors))


def _partitions(items: list[int]) -> Iterator[list[list[int]]]:
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for smaller in _partitions(rest):
        yield [[first], *smaller]
        for k, block in enumerate(smaller):
            yield [*smaller[:k], [first, *block], *smaller[k + 1 :]]


def gradient_overlap(
    phi: Mapping[int, sp.Expr],
    width: sp.Expr,
    covariance: Covariance | None = None,
    inputs: Covariance | None = None,
) -> dict[str, sp.Expr]:
    """Prior average of ∇f(x,Θ_t)·∇f(x′,Θ_s) with two hidden layers of width N, layer by layer. (11), (SI 75)

    Parameters
    ----------
    phi : mapping of int to sympy.Expr
        Coefficient of every power of z.
    width : sympy.Expr
        N, a symbol or a number.
    covariance : tuple, optional
        (m_tt, m_ts, m_ss), by default the notation's.
    inputs : tuple, optional
        (k_xx, k_xy, k_yy), by default the notation's.

    Returns
    -------
    dict
        "W1", "W2", "a" → polynomial in 1/N.
    """
    m_tt, m_ts, m_ss = covariance or (nt.m_tt, nt.m_ts, nt.m_ss)
    k_xx, k_xy, k_yy = inputs or (nt.k_xx, nt.k_xy, nt.k_yy)
    first = (m_tt * k_xx, m_ts * k_xy, m_ss * k_yy)
    sums = (outer_square(phi, 0), outer(phi, phi), outer_square(phi, 1))
    dual, derivative = layer_maps(phi, m_tt * _Q[0], m_ts * _Q[1], m_ss * _Q[2])
    local = outer(slope(phi), slope(phi))
    given = _given_first_layer(phi, (m_tt, m_ts, m_ss))
    return {
        "W1": sp.expand(m_ts * k_xy * _over_first(given, sums, phi, local, first, width)),
        "W2": sp.expand(m_ts * _over_first(derivative * _Q[1], sums, phi, None, first, width)),
        "a": _over_first(dual, sums, phi, None, first, width),
    }


def outer_square(phi: Mapping[int, sp.Expr], which: int) -> dict[tuple[int, int], sp.Expr]:
    """φ(z)² (0) or φ(z′)² (1)."""
    one: dict[int, sp.Expr] = {0: sp.Integer(1)}
    factors = (outer(phi, one), outer(one, phi))
    return times(factors[which], factors[which])


def _given_first_layer(phi: Mapping[int, sp.Expr], prior: Covariance) -> sp.Expr:
    """⟨V V′ φ′(h) φ′(h′)⟩ over the second layer's weights, for the weight V that neuron j sends to neuron i.

    h = N^{−1/2} Σ_j V_j φ(z_j), so that V_j is correlated with h by m φ(z_j)/√N.
    """
    (m_tt, m_ts, m_ss), (q_tt, q_ts, q_ss), (u, v) = prior, _Q, _LOCAL
    covariance = sp.Matrix(
        [
            [m_tt, m_ts, m_tt * u * _ROOT, m_ts * v * _ROOT],
            [m_ts, m_ss, m_ts * u * _ROOT, m_ss * v * _ROOT],
            [m_tt * u * _ROOT, m_ts * u * _ROOT, m_tt * q_tt, m_ts * q_ts],
            [m_ts * v * _ROOT, m_ss * v * _ROOT, m_ts * q_ts, m_ss * q_ss],
        ]
    )
    frozen, steep = sp.ImmutableDenseMatrix(covariance), slope(phi)
    return sp.expand(
        sp.Add(
            *(x * y * moment((0, 1, *(2,) * p, *(3,) * q), frozen) for p, x in steep.items() for q, y in steep.items())
        )
    )


def _over_first(
    polynomial: sp.Expr,
    sums: tuple[Pair, Pair, Pair],
    phi: Mapping[int, sp.Expr],
    local: Pair | None,
    covariance: Covariance,
    width: sp.Expr,
) -> sp.Expr:
    """Average a polynomial in the Q's over the first layer; with `local`, times one more mean over its neurons."""
    one: dict[int, sp.Expr] = {0: sp.Integer(1)}
    total = sp.Integer(0)
    for powers, coefficient in sp.Poly(polynomial, *_Q, *_LOCAL, _ROOT).terms():
        factors = [x for x, power in zip(sums, powers, strict=False) for _ in range(power)]
        if local is not None:
            ends = [outer(phi, one)] * powers[3] + [outer(one, phi)] * powers[4]
            factors.append(reduce(times, ends, local))
        total += coefficient * width ** sp.Rational(-powers[5], 2) * mean_product(factors, covariance, width)
    return sp.expand(total)
