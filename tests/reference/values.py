"""The exact values: the layer recursion in mpmath on the textbook forms, until doubling the digits changes nothing.

Nothing here is shared with the stable forms, the generated code or the recursions of `ndk_sym` and `ndk_num`:
m(t,s) and the recursion are typed from (10) and (12)–(15), and what cancels is settled by more digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp
from mpmath import mp

from ndk_sym.activations import Activation
from tests.reference.points import Point

Number = Any  # an mpmath number
Values = dict[str, Number]  # kernels of one layer, by kind

DIGITS = 50
_WORKING = 100
_DOUBLINGS = 5
_LEAST, _GREATEST = "1e-290", "1e290"  # beyond, float64 has no room for the kernel and for what leads to it
_STEP = "1e-60"  # relative change of K⁰ that measures the condition: far less than any distance to an edge


@dataclass(frozen=True)
class Maps:
    """F, Ḟ and μ of the textbook in mpmath."""

    activation: Activation
    F: Callable[..., Number]
    F_dot: Callable[..., Number]
    mu: Callable[..., Number]

    @classmethod
    def of(cls, activation: Activation) -> Maps:
        a, c, b = sp.symbols("a c b")
        forms = (
            ((a, c, b), activation.dual(a, c, b)),
            ((a, c, b), activation.dual_derivative(a, c, b)),
            ((a,), activation.mean(a)),
        )
        return cls(activation, *(sp.lambdify(args, form, "mpmath") for args, form in forms))

    def pair(self, a: Number, c: Number, b: Number, *, infinite: bool = False) -> tuple[Number, Number]:
        """(F, Ḟ); where φ has a kink and a variance vanishes, F = φ(0) μ, and Ḟ does not matter since K^{d,l−1} = 0."""
        if a * b == 0 and self.activation.kinks:
            at_zero = mp.mpf(self.activation.phi(sp.Integer(0)))
            return at_zero * _real(self.mu(a or b)), mp.zero
        return _real(self.F(a, c, b)), mp.inf if infinite else _real(self.F_dot(a, c, b))

    def norm(self, a: Number) -> Number:
        """F(a, a, a)."""
        return self.pair(a, a, a, infinite=True)[0]


def _real(value: Number) -> Number:
    """At c² = ab rounding makes √(1 − c²/ab) real or imaginary, of half the digits; more digits settle it."""
    value = mp.mpmathify(value)
    if abs(mp.im(value)) > mp.mpf(10) ** (-mp.dps // 3):
        raise ArithmeticError(f"{mp.nstr(value, 10)} is not real: the point is no covariance")
    return mp.re(value)


@dataclass(frozen=True)
class Factors:
    """What is multiplied by a number near 1, to see how relative errors grow."""

    inputs: Number = 1  # all of K⁰
    cross: Number = 1  # K⁰(x,x′) alone
    variances: Number = 1  # σ² and σ0², at fixed κ
    kappa: Number = 1


_AS_IT_IS = Factors()


def layers(maps: Maps, point: Point, depth: int, by: Factors = _AS_IT_IS) -> Iterator[Values]:
    """Yield the kernels of the layers 1 … depth at the present precision. (10)(12)–(15)(22)"""
    v, v0, t, s = (mp.mpf(x) for x in (point.sigma2, point.sigma02, point.t, point.s))
    kappa = by.kappa * mp.mpf(point.temperature) / v
    v, v0 = by.variances * v, by.variances * v0

    def m(t: Number, s: Number) -> Number:
        return v * mp.exp(-kappa * abs(t - s)) + (v0 - v) * mp.exp(-kappa * (t + s))

    decay = mp.exp(-kappa * abs(t - s))
    products = (point.x, point.x), (point.x, point.y), (point.y, point.y)
    xx, xy, yy = (by.inputs * mp.fdot(p, q) / len(p) for p, q in products)
    norm_t, cross, norm_s = xx, xy * by.cross, yy
    drift_x, drift_y = xx, yy  # K^{l−1} in equilibrium
    ndk = decay * cross
    infinite = maps.activation.jumps and point.parallel
    for _ in range(depth):
        a, c, b = m(t, t) * norm_t, m(t, s) * cross, m(s, s) * norm_s
        if max(a, b, v * drift_x, v * drift_y) > mp.mpf(_GREATEST):
            return
        cross, slope = maps.pair(a, c, b, infinite=infinite)
        ndk = m(t, s) * slope * ndk + decay * cross
        norm_t, norm_s = maps.norm(a), maps.norm(b)
        mean = _real(maps.mu(v * drift_x)) * _real(maps.mu(v * drift_y))
        drift_x, drift_y = maps.norm(v * drift_x), maps.norm(v * drift_y)
        yield {
            "two_time": cross, "derivative": slope, "ndk": ndk, "ntk": ndk, "nngp": v * cross, "mean": mean,
            "norms": norm_t * norm_s, "drift": drift_x * drift_y,
        }  # fmt: skip


def settled(maps: Maps, point: Point, depth: int) -> list[Values]:
    """Return the kernels of the layers, to 50 digits, as far down as float64 can represent them.

    The rule: a table ends above the first layer of which any kernel, or product of norms, is outside 1e-290 … 1e290.

    Raises
    ------
    ArithmeticError
        If 3200 digits do not settle a value.
    """
    kinds = point.kinds(maps.activation)
    wanted = (*kinds, "norms", *(["drift"] if "mean" in kinds else []))
    previous: list[Values] = []
    for doubling in range(_DOUBLINGS + 1):
        digits = _WORKING * 2**doubling
        with mp.workdps(digits):
            current = [{kind: layer[kind] for kind in wanted} for layer in layers(maps, point, depth)]
            agreed = [_agreed(*pair, digits // 2) for pair in zip(previous, current, strict=doubling > 0)]
        found = [layer for layer in agreed if layer is not None]
        if doubling and len(found) == len(agreed):
            return list(_representable(found))
        previous = current
    raise ArithmeticError(f"{maps.activation.call} at {point.name}: {digits} digits do not settle the value")


def _agreed(coarse: Values, fine: Values, digits: int) -> Values | None:
    """The finer values where both agree to 50 digits, 0 where they vanish with the digits; otherwise None."""
    result = {}
    for kind, value in fine.items():
        before = abs(coarse[kind])
        if before < mp.mpf(10) ** (-digits // 4) and abs(value) <= before * mp.mpf(10) ** (-digits // 8):
            result[kind] = mp.zero
        elif abs(value - coarse[kind]) <= abs(value) * mp.mpf(10) ** (-DIGITS - 5):
            result[kind] = value
        else:
            return None
    return result


def _representable(found: list[Values]) -> Iterator[Values]:
    for layer in found:
        if any(value and not mp.mpf(_LEAST) <= abs(value) <= mp.mpf(_GREATEST) for value in layer.values()):
            return
        yield {kind: value for kind, value in layer.items() if kind not in ("norms", "drift")}


def conditions(maps: Maps, point: Point, depth: int) -> list[Values]:
    """Return how much relative errors of what a kernel is computed from grow, for each layer and kind: the sum of

    |∂ log K/∂ log x| over x = K⁰(x,x′) alone (0 where c² = ab), all of K⁰, both variances at fixed κ, and κ.
    """
    with mp.workdps(3 * _WORKING):
        near = 1 - mp.mpf(_STEP)
        moved = [Factors(inputs=near), Factors(variances=near), Factors(kappa=near)]
        moved += [] if point.parallel else [Factors(cross=near)]
        still = list(layers(maps, point, depth))
        changed = zip(*(layers(maps, point, depth, by) for by in moved), strict=True)
        return [
            {kind: mp.fsum(_growth(value, other[kind]) for other in others) for kind, value in layer.items()}
            for layer, others in zip(still, changed, strict=True)
        ]


def _growth(value: Number, changed: Number) -> Number:
    return abs(changed / value - 1) / mp.mpf(_STEP) if value and mp.isfinite(value) else mp.zero
