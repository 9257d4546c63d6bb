"""Moments of Gaussian variables by Isserlis' theorem: the sum over all pairings, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.errors import InputError

__all__ = ["PolynomialMaps", "gaussian_moment_of_pair", "layer_maps", "moment"]


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


@dataclass(frozen=True)
class PolynomialMaps:
    """The layer maps of a polynomial activation, for the recursion of `ndk_sym.kernels`.

    Parameters
    ----------
    phi : tuple of (power, coefficient)
    """

    phi: tuple[tuple[int, sp.Expr], ...]

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """F(a, c, b)."""
        return layer_maps(dict(self.phi), a, c, b)[0]

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """Ḟ(a, c, b)."""
        return layer_maps(dict(self.phi), a, c, b)[1]

    def norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a)."""
        return self.dual(a, a, a)

    def mean(self, a: sp.Expr) -> sp.Expr:
        """μ(a)."""
        return sp.Add(*(u * gaussian_moment_of_pair(p, 0, a, a, a) for p, u in self.phi))

    def average(self, first: sp.Expr, second: sp.Expr, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """⟨f(z₁) g(z₂)⟩ of two polynomials in `notation.z`."""
        f, g = (dict(enumerate(reversed(sp.Poly(p, nt.z).all_coeffs()))) for p in (first, second))
        return sp.expand(
            sp.Add(*(u * v * gaussian_moment_of_pair(p, q, a, c, b) for p, u in f.items() for q, v in g.items()))
        )

    def expression(self) -> sp.Expr:
        """φ as an expression in `notation.z`."""
        return sp.Add(*(coefficient * nt.z**power for power, coefficient in self.phi))
