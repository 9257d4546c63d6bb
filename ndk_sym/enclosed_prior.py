"""The prior statistics of a weight, enclosed from the solution of its linear SDE.

⟨Θ(t) Θ(s)⟩ = e^{−κ(t+s)} σ₀² + ∫₀^s 2T e^{−κ(t−u)} e^{−κ(s−u)} du,   T = κσ²,   s ≤ t.
"""

from __future__ import annotations

from typing import Any

from ndk_sym.complex_balls import integral
from ndk_sym.enclosed_averages import Enclosed
from ndk_sym.evaluation import Balls

__all__ = ["complement", "covariance", "variance"]

_LABEL = "one integral"


def _covariance(point: tuple[float, ...], bits: int) -> Any:
    from flint import arb

    with Balls.precision(bits + 20):
        t, s, kappa, sigma2, sigma02 = map(arb, point)

        def noise(u: Any, _: bool) -> Any:
            return (-kappa * (t + s - 2 * u)).exp()

        return (-kappa * (t + s)).exp() * sigma02 + 2 * kappa * sigma2 * integral(noise, 0, s, bits=bits)


def covariance() -> Enclosed:
    """⟨Θ(t) Θ(s)⟩."""
    return Enclosed(_LABEL, lambda point, bits: (_covariance(point, bits), None))


def variance() -> Enclosed:
    """⟨Θ(s)²⟩."""
    return Enclosed(_LABEL, lambda point, bits: (_covariance((point[0], *point), bits), None))


def complement() -> Enclosed:
    """1 − ⟨Θ(t) Θ(s)⟩²/(⟨Θ(t)²⟩ ⟨Θ(s)²⟩); the variances nearly cancel against the covariance when s → t."""

    def value(point: tuple[float, ...], bits: int) -> tuple[Any, None]:
        t, s, *scale = point
        cross, late, early = (_covariance((*pair, *scale), 2 * bits) for pair in ((t, s), (t, t), (s, s)))
        with Balls.precision(2 * bits):
            return 1 - cross**2 / (late * early), None

    return Enclosed("three integrals", value)
