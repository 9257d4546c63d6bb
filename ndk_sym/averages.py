"""The defining averages of generated functions, by quadrature to any number of digits, with their arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import sympy as sp
from mpmath import mp

from ndk_sym import notation as nt
from ndk_sym.activations import Activation
from ndk_sym.gaussian import gaussian_average, gaussian_mean, numeric

__all__ = ["Averages", "prior_complement", "prior_covariance", "prior_variance"]


class Averages:
    """The defining averages of an activation, as functions of the arguments of its generated code."""

    def __init__(self, act: Activation, parameters: tuple[sp.Symbol, ...]) -> None:
        self.act, self.parameters = act, parameters

    def _function(self, expr: sp.Expr, values: tuple[Any, ...]) -> Callable[[Any], Any]:
        exact = (sp.Rational(*x.as_integer_ratio()) if isinstance(x, float) else x for x in values)
        return numeric(expr.xreplace(dict(zip(self.parameters, exact, strict=True))), nt.z)

    def dual(self, a: Any, c: Any, b: Any, *values: Any, digits: int) -> Any:
        phi = self._function(self.act.phi(nt.z), values)
        return gaussian_average(phi, phi, a, c, b, digits=digits, kinks=self.act.kinks)

    def dual_derivative(self, a: Any, c: Any, b: Any, *values: Any, digits: int) -> Any:
        slope = self._function(self.act.phi_derivative(nt.z), values)
        return gaussian_average(slope, slope, a, c, b, digits=digits, kinks=self.act.kinks)

    def dual_by_difference(self, a: Any, c: Any, b: Any, *values: Any, digits: int) -> Any:
        """∂F/∂c by differences of the average, of order 8: φ′ is not a function where φ jumps."""
        weights = (mp.mpf(4) / 5, -mp.mpf(1) / 5, mp.mpf(4) / 105, -mp.mpf(1) / 280)
        with mp.workdps(digits + 25):
            step = (mp.sqrt(mp.mpf(a) * b) - abs(c)) * mp.mpf(10) ** -(digits // 6)
            ends = [(w, k * step) for k, w in enumerate(weights, 1)]
            average = partial(self.dual, digits=digits + digits // 6 + 3)
            return mp.fsum(
                w * (average(a, c + h, b, *values) - average(a, c - h, b, *values)) for w, h in ends
            ) / step  # fmt: skip

    def root(self, a: Any, c: Any, b: Any, *values: Any, digits: int) -> Any:
        # the difference of squares loses as many digits as c² agrees with ab
        average = partial(self.dual, digits=2 * digits)
        with mp.workdps(2 * digits):
            return mp.sqrt(average(a, a, a, *values) * average(b, b, b, *values) - average(a, c, b, *values) ** 2)

    def carried(self, name: str) -> Callable[..., Any]:
        """One of these averages as a function of c and root."""
        average = getattr(self, name)

        def value(c: Any, root: Any, *values: Any, digits: int) -> Any:
            with mp.workdps(6 * digits):  # in these digits the determinant of the matrix is root² again
                whole = mp.sqrt(mp.mpf(c) ** 2 + mp.mpf(root) ** 2)
            return average(whole, c, whole, *values, digits=digits)

        return value

    def norm(self, a: Any, *values: Any, digits: int) -> Any:
        return self.dual(a, a, a, *values, digits=digits)

    def mean(self, a: Any, *values: Any, digits: int) -> Any:
        return gaussian_mean(self._function(self.act.phi(nt.z), values), a, digits=digits, kinks=self.act.kinks)


def prior_covariance(t: Any, s: Any, kappa: Any, sigma2: Any, sigma02: Any, *, digits: int) -> Any:
    """⟨Θ(t) Θ(s)⟩ from the solution of the linear SDE: what is left of Θ(0), and the Itô isometry of the noise."""
    with mp.workdps(digits + 15):
        t, s, kappa, sigma2, sigma02 = map(mp.mpf, (t, s, kappa, sigma2, sigma02))
        initial = mp.exp(-kappa * t) * mp.exp(-kappa * s) * sigma02
        # ∫ 2T e^{−κ(t−u)} e^{−κ(s−u)} du over the common past, in pieces no longer than the memory
        pieces = mp.linspace(0, s, 2 + int(min(kappa * s, 200)))
        noise = 2 * kappa * sigma2 * mp.quad(lambda u: mp.exp(-kappa * (t + s - 2 * u)), pieces) if s else 0
        return initial + noise


def prior_variance(s: Any, *scale: Any, digits: int) -> Any:
    return prior_covariance(s, s, *scale, digits=digits)


def prior_complement(t: Any, s: Any, *scale: Any, digits: int) -> Any:
    # the variances nearly cancel against the covariance when s → t: twice the digits
    pairs = ((t, s), (t, t), (s, s))
    cross, late, early = (prior_covariance(*pair, *scale, digits=2 * digits) for pair in pairs)
    with mp.workdps(2 * digits + 15):
        return 1 - cross**2 / (late * early)
