"""Moments of Gaussian variables by Isserlis' theorem: the sum over all pairings, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import sympy as sp

from ndk_sym.errors import InputError

__all__ = ["gaussian_moment_of_pair", "layer_maps", "moment"]


@cache
def moment(factors: tuple[int, ...], covariance: sp.ImmutableDenseMatrix) -> sp.Expr:
    """⟨z_i z_j z_k …⟩ of centred Gaussian variables, summed over the pairings of the factors.

    Parameters
    ----------
    factors : tuple of int
        Indices of the variables, repeated for powers.
    covariance : sympy.ImmutableDenseMatrix

    Returns
    -------
    sympy.Expr
        A polynomial in the entries of the covariance; zero for an odd number of factors.
    """
    if len(factors) % 2:
        return sp.Integer(0)
    if not factors:
        return sp.Integer(1)
    first, rest = factors[0], factors[1:]
    # the first factor is paired with each of the others in turn
    pairs = (covariance[first, other] * moment((*rest[:k], *rest[k + 1 :]), covariance) for k, other in enumerate(rest))
    return sp.expand(sp.Add(*pairs))


@cache
def gaussian_moment_of_pair(p: int, q: int, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
    """⟨z₁^p z₂^q⟩ for z ~ N(0, [[a, c], [c, b]]).

    Parameters
    ----------
    p, q : int
        Powers, at least 0.
    a, c, b : sympy.Expr
        Entries of the covariance.
    """
    covariance = sp.ImmutableDenseMatrix([[a, c], [c, b]])
    return moment((0,) * p + (1,) * q, covariance)


def layer_maps(phi: Mapping[int, sp.Expr], a: sp.Expr, c: sp.Expr, b: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """F = ⟨φ(z₁)φ(z₂)⟩ and Ḟ = ⟨φ′(z₁)φ′(z₂)⟩ of a polynomial φ, term by term. (12)(13)

    Parameters
    ----------
    phi : mapping of int to sympy.Expr
        Coefficient of every power of z.
    a, c, b : sympy.Expr
        Entries of the covariance.

    Raises
    ------
    InputError
        If a power is negative.
    """
    if any(power < 0 for power in phi):
        raise InputError(f"powers {sorted(phi)} are not those of a polynomial: they must be at least 0")
    slope = {power - 1: power * coefficient for power, coefficient in phi.items() if power}
    dual, derivative = (
        sp.Add(*(u * v * gaussian_moment_of_pair(p, q, a, c, b) for p, u in f.items() for q, v in f.items()))
        for f in (phi, slope)
    )
    return sp.expand(dual), sp.expand(derivative)
