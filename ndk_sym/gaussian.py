"""The defining Gaussian averages, by quadrature to any number of digits.

Nothing here knows a closed form: these integrals are what closed forms are certified against.

Kinks at 0: polar coordinates z₁ = √a r cos α, z₂ = √b r cos(α − θ), cos θ = c/√(ab),

    ⟨f(z₁) g(z₂)⟩ = 1/(2π) ∫₀^{2π} dα ∫₀^∞ du e^{−u} f(√(2au) cos α) g(√(2bu) cos(α − θ)),      u = r²/2.

The kinks lie on lines of constant α, where the circle is split. Gauss–Legendre rules in α stay sharp however
short a piece is (θ → 0, π); the double-exponential rule in u resolves every scale.

No kinks: Cartesian coordinates z₁ = √a x, z₂ = √b (x cos θ + y sin θ), where the trapezoidal rule converges
like exp(−2π²/h²) for entire functions of slow growth; the step shrinks with √a, √b for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp
from mpmath import mp

from ndk_sym.errors import InputError

__all__ = ["gaussian_average", "gaussian_mean", "numeric"]

Number = Any  # an mpmath number; a float or an integer is taken exactly
Function = Callable[[Number], Number]
Rule = tuple[tuple[Number, Number], ...]  # (node, weight)
Estimate = tuple[Number, Number]  # an average, and that of the absolute value

_GUARD = 15  # digits carried beyond the requested ones
_ROUNDS = 5  # refinements before giving up


def numeric(expr: sp.Expr, z: sp.Symbol) -> Function:
    """Return φ as a function of one mpmath number, from a SymPy expression in `z`."""
    function: Function = sp.lambdify(z, expr, "mpmath")
    return function


def gaussian_average(
    f: Function, g: Function, a: Number, c: Number, b: Number, *, digits: int, kinks: Sequence[int] = ()
) -> Number:
    """⟨f(z₁) g(z₂)⟩ for z ~ N(0, [[a, c], [c, b]]).   The integral behind (13), (14) and (SI 24–27).

    Parameters
    ----------
    f, g : callable
        Functions of one mpmath number, growing at most like exponentials of it.
    a, c, b : number
        Entries of the covariance, taken exactly: a, b ≥ 0 and c² ≤ ab.
    digits : int
        Digits to which two rules must agree, relative to ⟨|f(z₁) g(z₂)|⟩.
    kinks : sequence of int
        Where f or g is not smooth; only 0 is supported.

    Raises
    ------
    InputError
        If (a, c, b) is not a covariance or a kink is not at 0.
    ArithmeticError
        If the rules do not agree.
    """
    _check_kinks(kinks)
    with mp.workdps(2 * (digits + _GUARD)):  # θ loses half the digits of c as c → ±√(ab)
        a, c, b = mp.mpf(a), mp.mpf(c), mp.mpf(b)
        determinant = a * b - c * c
        if a < 0 or b < 0 or determinant < 0:
            raise InputError(f"a, c, b = {a}, {c}, {b} is not a covariance: a, b must be >= 0 and c^2 <= a b")
        theta = mp.atan2(mp.sqrt(determinant), c)
        shortest = min(theta, mp.pi - theta)
        lost = int(-mp.log10(shortest)) if shortest else 0  # digits of cos α near its zeros, on short pieces
    with mp.workdps(digits + lost + _GUARD):
        root_a, root_b = mp.sqrt(a), mp.sqrt(b)
        if a == 0 or b == 0:
            only = (lambda z: f(mp.zero) * g(root_b * z)) if a == 0 else (lambda z: f(root_a * z) * g(mp.zero))
            return +_one_dimensional(only, digits, a + b)
        if determinant == 0:
            sign = mp.sign(c)
            return +_one_dimensional(lambda z: f(root_a * z) * g(sign * root_b * z), digits, a + b)
        average = _polar if kinks else _cartesian
        return +average(f, g, (root_a, root_b), theta, digits)


def gaussian_mean(f: Function, a: Number, *, digits: int, kinks: Sequence[int] = ()) -> Number:
    """⟨f(z)⟩ for z ~ N(0, a).   The integral behind (22)(23).

    Parameters and errors are those of `gaussian_average`.
    """
    _check_kinks(kinks)
    with mp.workdps(digits + _GUARD):
        if a < 0:
            raise InputError(f"a = {a} is not a variance: it must be at least 0")
        root = mp.sqrt(mp.mpf(a))
        return +_one_dimensional(lambda z: f(root * z), digits, root**2)


def _check_kinks(kinks: Sequence[int]) -> None:
    if any(kinks):
        raise InputError(f"kinks at {tuple(kinks)} are not supported: only 0 lies on a line through the origin")


def _one_dimensional(h: Function, digits: int, scale: Number) -> Number:
    """⟨h(x)⟩ for x ~ N(0, 1): both half lines at once, in u = x²/2."""

    def rule(order: int) -> Estimate:
        total = size = mp.zero
        # dx = du/√(2u) doubles the depth to which small u matters
        for u, weight in _radial_rule(order, 2 * digits + _depth(scale)):
            x = mp.sqrt(2 * u)
            up, down = h(x), h(-x)
            total += weight / x * (up + down)
            size += weight / x * (abs(up) + abs(down))
        norm = mp.sqrt(2 * mp.pi)
        return total / norm, size / norm

    return _agree(lambda order: (rule(3 * order), rule(4 * order)), digits)


def _polar(f: Function, g: Function, roots: tuple[Number, Number], theta: Number, digits: int) -> Number:
    half = mp.pi / 2
    cuts = sorted([-half, half, theta - half, theta + half])
    pieces = [*pairwise(cuts), (cuts[-1], cuts[0] + 2 * mp.pi)]
    depth = digits + _depth(roots[0] ** 2 + roots[1] ** 2)

    def rule(order: int) -> Estimate:
        radial = [(mp.sqrt(2 * u), w) for u, w in _radial_rule(order, depth)]
        total = size = mp.zero
        for start, end in pieces:
            for x, weight in _legendre_rule(order):
                alpha = start + x * (end - start)
                first, second = roots[0] * mp.cos(alpha), roots[1] * mp.cos(alpha - theta)
                terms = [f(first * r) * g(second * r) * w for r, w in radial]
                total += mp.fsum(terms) * weight * (end - start)
                size += mp.fsum(terms, absolute=True) * weight * (end - start)
        return total / (2 * mp.pi), size / (2 * mp.pi)

    return _agree(lambda order: (rule(order // 2), rule(3 * order // 5)), digits)


def _cartesian(f: Function, g: Function, roots: tuple[Number, Number], theta: Number, digits: int) -> Number:
    along, across = roots[1] * mp.cos(theta), roots[1] * mp.sin(theta)
    radius, negligible = mp.sqrt(2 * (digits + 5) * mp.log(10)), mp.mpf(10) ** -(digits + 8)
    finer_x, finer_y = mp.sqrt(1 + 2 * (roots[0] ** 2 + along**2)), mp.sqrt(1 + 2 * across**2)

    def grid(step: Number, shift: Number, wider: Number) -> Rule:
        reach = int(wider * radius / step) + 1
        nodes = ((k + shift) * step for k in range(-reach, reach + 1))
        return tuple((x, step * mp.exp(-x * x / 2)) for x in nodes)

    def rule(order: int, shift: tuple[Number, Number]) -> Estimate:
        h = 3 / mp.sqrt(mp.mpf(order))
        wider = mp.sqrt(mp.mpf(order) / (5 + digits))  # where f or g grows, the tails need more than the weight's
        total = size = mp.zero
        columns = [(across * y, w) for y, w in grid(h / finer_y, shift[1], wider)]
        for x, weight in grid(h / finer_x, shift[0], wider):
            left, centre = weight * f(roots[0] * x), along * x
            terms = [g(centre + z) * w for z, w in columns if w * weight > negligible ** (wider**2)]
            total += left * mp.fsum(terms)
            size += abs(left) * mp.fsum(terms, absolute=True)
        return total / (2 * mp.pi), size / (2 * mp.pi)

    # moving the grid changes the sign or the size of every leading term of the trapezoidal rule's error
    still, moved = (mp.zero, mp.zero), (mp.mpf(1) / 2, mp.mpf(1) / 4)
    return _agree(lambda order: (rule(order, still), rule(order, moved)), digits)


def _agree(rules: Callable[[int], tuple[Estimate, Estimate]], digits: int) -> Number:
    """Refine until two rules agree to the requested digits."""
    order = 5 + digits
    for _ in range(_ROUNDS):
        (one, _), (other, size) = rules(order)
        if abs(one - other) <= size * mp.mpf(10) ** -digits:
            return other
        order = 7 * order // 5
    raise ArithmeticError(f"two quadrature rules differ by {mp.nstr(abs(one - other), 3)}, not by 10^-{digits}")


def _depth(scale: Number) -> int:
    """Decades below u = 1 at which a function of √(scale · u) may still vary."""
    return max(0, int(mp.ceil(mp.log10(1 + scale))))


def _radial_rule(order: int, depth: int) -> Rule:
    return _radial_rule_at(order, depth + 5, mp.dps)


@lru_cache(maxsize=32)
def _radial_rule_at(order: int, decades: int, dps: int) -> Rule:
    """∫₀^∞ e^{−u} h(u) du by the trapezoidal rule in t, u = exp(t − e^{−t}), from u = 10^−decades on."""
    with mp.workdps(dps):
        # e^{−u} alone would need a third of the reach; a function that grows like e^{√u} needs more
        low, high = -mp.log(decades * mp.log(10)), mp.log(3 * (dps + 5) * mp.log(10))
        step = (high - low) / (2 * order)
        nodes = []
        for k in range(2 * order + 1):
            t = low + k * step
            u = mp.exp(t - mp.exp(-t))
            nodes.append((u, step * u * (1 + mp.exp(-t)) * mp.exp(-u)))
        return tuple(nodes)


def _legendre_rule(order: int) -> Rule:
    return _legendre_rule_at(order, mp.dps)


@lru_cache(maxsize=32)
def _legendre_rule_at(order: int, dps: int) -> Rule:
    """Gauss–Legendre rule on [0, 1]: double-precision nodes, polished by Newton's method."""
    with mp.workdps(dps + 5):
        rule = []
        for start in np.polynomial.legendre.leggauss(order)[0]:
            x = mp.mpf(float(start))
            for _ in range(2 + int(np.log2(dps / 15 + 1))):
                below, here = mp.one, x
                for k in range(2, order + 1):
                    below, here = here, ((2 * k - 1) * x * here - (k - 1) * below) / k
                slope = order * (x * here - below) / (x * x - 1)
                x -= here / slope
            rule.append(((1 + x) / 2, 1 / ((1 - x * x) * slope * slope)))
        return tuple(rule)
