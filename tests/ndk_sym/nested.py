"""The average of φ(z₁) φ(z₂) over a square, as two nested integrals with rigorous errors."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

from ndk_sym.complex_balls import integral

__all__ = ["nested"]

_PIECES = 48
_WIDE = 1e-6


def nested(phi: Callable[[Any], Any], scales: tuple[Any, Any, Any], reach: float, bits: int) -> Any:
    """Return ∫∫ φ(αx) φ(βx + γy) e^{−(x² + y²)/2} dx dy over |x|, |y| ≤ R.

    The inner integral is an entire function of x if φ is entire. Where the outer integral bounds it on a wide set of x,
    its value there is enclosed by its range on pieces of y instead.

    Parameters
    ----------
    phi : callable
        An analytic function on complex balls, not a number where it is not.
    scales : tuple of ball
        α, β, γ.
    reach : float
        R.
    bits : int
        Of the error aimed at.
    """
    from flint import acb, arb

    alpha, beta, gamma = scales
    step = ceil(2 * reach / _PIECES * 1024) / 1024  # a dyadic number: pieces meet exactly
    reach = _PIECES * step / 2
    pieces = [acb(arb((k + 0.5) * step - reach, step / 2)) for k in range(_PIECES)]
    weights = [(-y * y / 2).exp() * step for y in pieces]

    def inner(x: Any) -> Any:
        centre = beta * x
        if x.rad() > _WIDE:
            return sum((phi(centre + gamma * y) * w for y, w in zip(pieces, weights, strict=True)), acb(0))

        def integrand(y: Any, _: bool) -> Any:
            return phi(centre + gamma * y) * (-y * y / 2).exp()

        # not `.real`: the outer integral moves x into the complex plane
        goal = arb(2) ** -(bits + 4)
        return acb.integral(integrand, -reach, reach, rel_tol=goal, abs_tol=goal)

    def outer(x: Any, _: bool) -> Any:
        return phi(alpha * x) * (-x * x / 2).exp() * inner(x)

    return integral(outer, -reach, reach, bits=bits)
