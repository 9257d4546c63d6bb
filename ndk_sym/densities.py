"""Gaussian densities, as expressions: of one variable, of a pair, and of one given the other."""

from __future__ import annotations

import sympy as sp

__all__ = ["conditional_density", "density", "pair_density"]


def density(z: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """Density of z ~ N(0, variance)."""
    return sp.exp(-(z**2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)


def pair_density(z1: sp.Expr, z2: sp.Expr, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
    """Density of (z₁, z₂) ~ N(0, [[a, c], [c, b]]), with ab > c²."""
    determinant = a * b - c**2
    exponent = (b * z1**2 - 2 * c * z1 * z2 + a * z2**2) / (2 * determinant)
    return sp.exp(-exponent) / (2 * sp.pi * sp.sqrt(determinant))


def conditional_density(z2: sp.Expr, z1: sp.Expr, slope: sp.Expr, rest: sp.Expr) -> sp.Expr:
    """Density of z₂ given z₁: N(slope·z₁, rest), with slope = c/a and rest = b − c²/a."""
    return density(z2 - slope * z1, rest)
