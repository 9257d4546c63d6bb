r"""Gaussian integrals over explicit fields: the generating function of the predictor for a few steps and inputs.

The exponent −S − Q is a quadratic form in the response u, the residual v = i(Y − f), the source ℓ and the labels Y.
The fields are integrated out one variable after the other by completing the square, over a field of rational
functions: no inverse, no determinant and no stationary point is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import sympy as sp

from ndk_sym.cases import Cases
from ndk_sym.matrices import Entrywise
from ndk_sym.statement import Check

__all__ = ["Action", "MatrixCases", "integrated_out"]


def integrated_out(form: sp.Matrix, count: int) -> tuple[sp.Matrix, sp.Expr]:
    """∫ exp(−½ zᵀ M z) over the first `count` variables of z, one after the other.

    Parameters
    ----------
    form : sympy.Matrix
        M, symmetric, with entries rational in real symbols.
    count : int
        Number of variables to integrate over (−∞, ∞).

    Returns
    -------
    tuple of (sympy.Matrix, sympy.Expr)
        M of the variables that are left, and the square of the factor in front over (2π)^count: the product of 1/pivot.

    Raises
    ------
    ZeroDivisionError
        If a variable has no square in the exponent when its turn comes.
    """
    domain = sp.QQ.frac_field(*sorted(form.free_symbols, key=str)) if form.free_symbols else sp.QQ
    rows = [[domain.from_sympy(entry) for entry in form.row(k)] for k in range(form.rows)]
    factor = domain.one
    for _ in range(count):
        pivot, first = rows[0][0], rows[0][1:]
        # −½ p x² − x b·z = −½ p (x + b·z/p)² + ½ (b·z)²/p
        ratios = [entry / pivot for entry in first]
        rows = [
            [x - first[k] * ratio for x, ratio in zip(row[1:], ratios, strict=True)] for k, row in enumerate(rows[1:])
        ]
        factor = factor / pivot
    return sp.Matrix([[domain.to_sympy(x) for x in row] for row in rows]), domain.to_sympy(factor)


@dataclass(frozen=True)
class Action:
    """The coefficients of S and Q for explicit steps and inputs; every one a matrix over steps (and inputs).

    S = ½ uᵀCu − uᵀ((1 + D)v − iY),  Q = −½ ℓᵀC_{**}ℓ − iℓᵀC_*u + iℓᵀD_*v. (7)(8)

    Attributes
    ----------
    D, D_star : sympy.Matrix
        The NDK over λ on the training inputs and at the test point.
    C, C_star, C_test : sympy.Matrix
        The covariance m K^L of the prior process.
    """

    D: sp.Matrix
    D_star: sp.Matrix
    C: sp.Matrix
    C_star: sp.Matrix
    C_test: sp.Matrix

    def _form(self) -> sp.Matrix:
        # z = (iu, r, ℓ, Y) with v = ir: all coefficients are real, and iu is integrated along the imaginary axis
        n, tests = self.C.rows, self.C_test.rows
        one = sp.eye(n)
        zero, over, none = sp.zeros(n, n), sp.zeros(n, tests), sp.zeros(tests, n)
        mixed = -(one + self.D)
        return sp.Matrix(
            sp.BlockMatrix(
                [
                    [-self.C, mixed, -self.C_star.T, one],
                    [mixed.T, zero, -self.D_star.T, zero],
                    [-self.C_star, -self.D_star, -self.C_test, none],
                    [one, zero, over, zero],
                ]
            )
        )

    def generating_function(self) -> tuple[sp.Matrix, sp.Matrix, sp.Expr]:
        """Integrate over u and v.

        Returns
        -------
        tuple of (sympy.Matrix, sympy.Matrix, sympy.Expr)
            A, B and c² with ∫ ∏ du dv/(2πi) e^{−S−Q} = c exp(ℓᵀ A Y + ½ ℓᵀ B ℓ).

        Raises
        ------
        ArithmeticError
            If a term in Y alone is left: the measure would not be normalised for all labels.
        """
        n, tests = self.C.rows, self.C_test.rows
        left, factor = integrated_out(self._form(), 2 * n)
        if not left[tests:, tests:].is_zero_matrix:
            raise ArithmeticError("the integral over the fields leaves a function of the labels")
        return -left[:tests, tests:], -left[:tests, :tests], (-1) ** n * factor


@dataclass(frozen=True)
class MatrixCases(Cases):
    """Checks an equation between matrices, written in letters, in every one of the named cases, entry by entry.

    Parameters
    ----------
    cases, method
        As of `Cases`; a case's rules give the matrices.
    """

    each: Check = field(default_factory=Entrywise)
    compared: ClassVar[str] = "all entries"
