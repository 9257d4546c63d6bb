"""Matrices over times and replicas in which one replica of n is singled out, for a symbolic number n.

Every quadratic form of the replica calculation has the shape

    M^{αβ}_{ts} = D_{ts} δ^{αβ} + (B₁₁)_{ts} + (B₁ₑ)_{ts} δ^{βn} + (Bₑ₁)_{ts} δ^{αn} + (Bₑₑ)_{ts} δ^{αn} δ^{βn}:

all replicas are alike, but for the last one, which is the physical trajectory. With U = (1, e), 1 = (1, …, 1) and
e = (0, …, 0, 1), this is M = D ⊗ 1_n + U B Uᵀ, and only UᵀU = G = [[n, 1], [1, 1]] knows n. So the inverse has the same
shape (Woodbury), determinant and inverse are rational functions of n, and n → 0 is a substitution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp

__all__ = [
    "ReplicaMatrix",
    "continued",
    "exact_determinant",
    "exact_inverse",
    "gaussian_moments",
    "gram",
    "quadratic_form",
]


def gram(n: sp.Expr, times: int) -> sp.Matrix:
    """Return G ⊗ 1 over times: overlaps of the vectors 1 and e."""
    one = sp.eye(times)
    return sp.Matrix(sp.BlockMatrix([[n * one, one], [one, one]]).as_explicit())


@dataclass(frozen=True)
class ReplicaMatrix:
    """M = D ⊗ 1_n + U B Uᵀ over `times` time steps and n replicas.

    Parameters
    ----------
    same : sympy.Matrix
        D, times × times.
    common : sympy.Matrix
        B, 2·times × 2·times: blocks 11, 1e; e1, ee.
    """

    same: sp.Matrix
    common: sp.Matrix

    @property
    def times(self) -> int:
        """Number of time steps."""
        return int(self.same.rows)

    def at(self, n: int) -> sp.Matrix:
        """Return the explicit matrix for n replicas, indices (time, replica), the physical replica last."""
        size = self.times * n

        def entry(row: int, column: int) -> sp.Expr:
            (t, alpha), (s, beta) = divmod(row, n), divmod(column, n)
            return self.entry(t, s, alpha=alpha == n - 1, beta=beta == n - 1, equal=alpha == beta)

        return sp.Matrix(size, size, entry)

    def _twice(self) -> sp.Matrix:
        return sp.diag(self.same, self.same)

    def reduced(self, n: sp.Expr) -> sp.Matrix:
        """Return Uᵀ M⁻¹ U, the covariances of the sum over replicas and of the physical one: G (D + B G)⁻¹."""
        overlap = gram(n, self.times)
        return overlap * exact_inverse(self._twice() + self.common * overlap)

    def entry(self, t: int, s: int, *, alpha: bool, beta: bool, equal: bool) -> sp.Expr:
        """Return M^{αβ}_{ts}: `alpha` and `beta` say whether they are physical, `equal` whether α = β."""
        rows, columns = [t] + [self.times + t] * alpha, [s] + [self.times + s] * beta
        return sum((self.common[x, y] for x in rows for y in columns), sp.S(0)) + self.same[t, s] * int(equal)

    def inverse(self, n: sp.Expr) -> ReplicaMatrix:
        """Return M⁻¹, of the same shape: D⁻¹ and −(D + B G)⁻¹ B D⁻¹."""
        inner = self._twice() + self.common * gram(n, self.times)
        below = exact_inverse(self.same)
        return ReplicaMatrix(below, -exact_inverse(inner) * self.common * sp.diag(below, below))

    def determinant(self, n: sp.Expr) -> sp.Expr:
        """Return det M = (det D)^{n−2} det(D + B G)."""
        inner = self._twice() + self.common * gram(n, self.times)
        return exact_determinant(self.same) ** (n - 2) * exact_determinant(inner)


def quadratic_form(exponent: sp.Expr, variables: Sequence[sp.Symbol]) -> tuple[sp.Matrix, sp.Matrix, sp.Expr]:
    """Return (A, b, c) with exponent = xᵀAx/2 − bᵀx + c.

    Raises
    ------
    ArithmeticError
        If the exponent is not quadratic.
    """
    size = len(variables)
    matrix, force, constant = sp.zeros(size, size), sp.zeros(size, 1), sp.S(0)
    for powers, coefficient in sp.Poly(exponent, *variables).terms():
        at = [index for index, power in enumerate(powers) for _ in range(power)]
        if len(at) > 2:
            raise ArithmeticError(f"the exponent {exponent} is not quadratic")
        if not at:
            constant = coefficient
        elif len(at) == 1:
            force[at[0], 0] = -coefficient
        else:
            matrix[at[0], at[1]] += coefficient
            matrix[at[1], at[0]] += coefficient
    return matrix, force, constant


def gaussian_moments(exponent: sp.Expr, variables: Sequence[sp.Symbol]) -> tuple[sp.Matrix, sp.Matrix]:
    """Return mean and covariance under the density exp(−exponent), by exact linear algebra."""
    matrix, force, _ = quadratic_form(exponent, variables)
    covariance = exact_inverse(matrix)
    return covariance * force, covariance


def continued(values: Callable[[int], sp.Expr], *, degree: int, start: int = 1) -> sp.Rational:
    """Continue a rational function of n, known at n = start, start + 1, …, to n = 0.

    Parameters
    ----------
    values : callable
        Its exact rational value at n.
    degree : int
        A bound on the degrees of numerator and denominator; two points more than needed are compared with the result.
    start : int
        The first n.

    Raises
    ------
    ArithmeticError
        If the values are not those of such a function.
    """
    points = list(range(start, start + 2 * degree + 3))
    known = [sp.Rational(values(point)) for point in points]
    # numerator(n) − value(n) denominator(n) = 0 at every point: a linear system with one solution, up to a factor
    rows = [[sp.Integer(p) ** k for k in range(degree + 1)] for p in points]
    system = sp.Matrix([[*row, *(-value * x for x in row)] for row, value in zip(rows, known, strict=True)])
    null = system.to_DM().to_field().nullspace().to_Matrix()
    if null.rows == 0:
        raise ArithmeticError(f"the values are not a rational function of n of degree {degree}")
    n = sp.Dummy("n")
    top, below = (sum((null[0, k + shift] * n**k for k in range(degree + 1)), sp.S(0)) for shift in (0, degree + 1))
    reduced = sp.cancel(top / below)
    return sp.Rational(reduced.subs(n, 0))


def exact_inverse(matrix: sp.Matrix) -> sp.Matrix:
    """Return the inverse of a matrix of rational numbers or rational functions, by exact elimination."""
    return matrix.to_DM().to_field().inv().to_Matrix()


def exact_determinant(matrix: sp.Matrix) -> sp.Expr:
    """Return the determinant of such a matrix."""
    exact = matrix.to_DM().to_field()
    return exact.domain.to_sympy(exact.det())
