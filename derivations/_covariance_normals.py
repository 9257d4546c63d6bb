"""Covariances of Gaussian processes as letters: g = S ξ with independent unit normals ξ, for `predictor-covariance`."""

from __future__ import annotations

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.statement import Rule

C, C_star, C_test = nt.C, nt.C_star, nt.C_test
root, root_star = nt.S, nt.S_star  # g = S ξ, g_* = S_* ξ with independent unit normals ξ
UNIT_NORMALS: tuple[Rule, ...] = (
    (C, root * sp.transpose(root)),
    (C_star, root_star * sp.transpose(root)),
    (C_test, root_star * sp.transpose(root_star)),
)


def covariance_of(left: sp.Expr, right: sp.Expr) -> sp.Expr:
    """⟨(S ξ)(S′ ξ)ᵀ⟩ = S S′ᵀ."""
    return left * sp.transpose(right)
