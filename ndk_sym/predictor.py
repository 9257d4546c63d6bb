r"""The mean predictor as expressions: its integral equations, and the cases that have a solution in closed form.

    f̄(t) = ∫_0^t K^{d,L}(t,s) (Y − f̄(s)) ds,      f̄_*(t) = ∫_0^t k^{d,L}(t,s)ᵀ (Y − f̄(s)) ds            (16)(17)

Scalar symbols stand for components along one eigenvector of the kernel matrix: γ its eigenvalue, y the labels, k_* the
kernel of the test point. Letters that do not commute stand for matrices on the training inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from ndk_sym import notation as nt

__all__ = [
    "EIGENVALUES", "EIGENVECTOR", "Propagator", "exponential_kernel", "exponential_solution", "gradient_flow",
    "predictor_equation", "propagator_2x2", "symmetric_2x2",
]  # fmt: skip

# a kernel as a function of the later and the earlier time
Kernel = Callable[[sp.Expr, sp.Expr], sp.Expr]


class Propagator(sp.Function):
    """The matrix e^{−K_NTK t} as a letter that knows its derivative, −K_NTK e^{−K_NTK t}, and nothing else."""

    nargs = 1
    is_commutative = False

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """The differential equation that defines the exponential."""
        return -nt.K_NTK * self

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return rf"e^{{-{printer._print(nt.K_NTK * self.args[0])}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"e^({printer._print(-nt.K_NTK * self.args[0])})"


def predictor_equation(kernel: Kernel, *, t: sp.Expr = nt.t, s: sp.Symbol = nt.s) -> sp.Integral:
    """Return ∫_0^t K^d(t,s) (y − f̄(s)) ds: f̄(t) for the kernel K^d, f̄_*(t) for the test point's k^d. (16)(17)

    Parameters
    ----------
    kernel : callable
        K^d or k^d as a function of t and s.
    t, s : expression, symbol
        The time, and the variable of integration.
    """
    return sp.Integral(kernel(t, s) * (nt.y - nt.f(s)), (s, 0, t))


def gradient_flow(t: sp.Expr) -> sp.Expr:
    """Return (1 − e^{−γt}) y, the solution for a kernel that does not depend on time. (18)"""
    return (1 - sp.exp(-nt.gamma * t)) * nt.y


def exponential_kernel(t: sp.Expr, s: sp.Expr) -> sp.Expr:
    """Return γ e^{−rT(t−s)}: the NDK of linear networks of any depth with σ₀ = σ, where rT = (L+1)κ. (SI 61)"""
    return nt.gamma * sp.exp(-nt.r * nt.T * (t - s))


def exponential_solution(t: sp.Expr) -> sp.Expr:
    """Return the solution of (16) for `exponential_kernel`: γ/(γ+rT) (1 − e^{−(γ+rT)t}) y, at any temperature."""
    total = nt.gamma + nt.r * nt.T
    return nt.gamma / total * (1 - sp.exp(-total * t)) * nt.y


# two eigenvalues, and the components of the first eigenvector, of any length
EIGENVALUES = sp.symbols("gamma_1 gamma_2", positive=True)
EIGENVECTOR = sp.symbols("p q", positive=True)


def symmetric_2x2(first: sp.Expr, second: sp.Expr) -> sp.ImmutableMatrix:
    """Return the matrix with these eigenvalues and eigenvectors (p, q), (−q, p): any symmetric one."""
    p, q = EIGENVECTOR
    mixed = (first - second) * p * q
    above, below = first * p**2 + second * q**2, first * q**2 + second * p**2
    return sp.ImmutableMatrix([[above, mixed], [mixed, below]]) / (p**2 + q**2)


def propagator_2x2(t: sp.Expr) -> sp.ImmutableMatrix:
    """Return e^{−Kt} for K = `symmetric_2x2` of `EIGENVALUES`."""
    first, second = EIGENVALUES
    return symmetric_2x2(sp.exp(-first * t), sp.exp(-second * t))
