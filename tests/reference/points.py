"""Where the tables are evaluated: activations, depths, and points in strata.

A point is what `ndk_num.kernel` is given. Every number is the float it is, so the exact value belongs to the same
input. Most inputs have few binary digits and four entries: their inner products are exact, and errors do not depend on
the order in which a machine adds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import sympy as sp

from ndk_sym.activations import Activation, registered
from ndk_sym.activations.parameters import Parameter

DEPTHS = (1, 2, 3, 5, 10)
KAPPA = 0.2  # of the usual network, to choose times by; the exact κ is T/σ² of the floats
Vector = tuple[float, ...]

ONE: Vector = (1.0, -0.5, 0.25, 0.75)
TWO: Vector = (0.5, 1.25, -0.75, 1.0)
THREE: Vector = (-0.75, 0.25, -1.0, -0.125)
ASIDE: Vector = (0.5, 0.75, 0.5, -1.0)
NONE: Vector = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Point:
    """A pair of inputs at two times, and the network's variances."""

    stratum: str
    x: Vector
    y: Vector
    t: float
    s: float
    temperature: float = 0.3
    sigma2: float = 1.5
    sigma02: float = 0.7
    number: int = 0

    @property
    def name(self) -> str:
        return f"{self.stratum} {self.number}"

    @property
    def parallel(self) -> bool:
        """Whether the two pre-activations of the first layer determine each other: c² = ab."""
        dot = [sum(Fraction(p) * Fraction(q) for p, q in zip(v, w, strict=True)) for v, w in self._products]
        return self.t == self.s and dot[1] ** 2 == dot[0] * dot[2]

    @property
    def empty(self) -> bool:
        """Whether an input is zero."""
        return not (any(self.x) and any(self.y))

    @property
    def _products(self) -> tuple[tuple[Vector, Vector], ...]:
        return (self.x, self.x), (self.x, self.y), (self.y, self.y)

    def kinds(self, activation: Activation) -> tuple[str, ...]:
        """Return the kernels tabulated here.

        The NTK is the NDK at t = s = 0, the NNGP kernel is σ² K^L in equilibrium. Left out is what has no value: Ḟ of
        an activation that jumps is infinite at c² = ab, and φ′ (or φ) has none at a zero input on a kink (on a jump).
        """
        if activation.kinks and self.empty:
            return () if activation.jumps else ("two_time", "ndk")
        first = "nngp" if self.stratum == "equilibrium" and self.t == self.s else "two_time"
        last = "ntk" if self.t == self.s == 0 else "ndk"
        gradients = () if activation.jumps and self.parallel else ("derivative", last)
        return (first, *gradients, *(("mean",) if self.t == self.s else ()))


def points() -> Iterator[Point]:
    """Yield every point, numbered within its stratum."""
    counts: dict[str, int] = {}
    for point in _unnumbered():
        counts[point.stratum] = counts.get(point.stratum, 0) + 1
        yield replace(point, number=counts[point.stratum])


def _unnumbered() -> Iterator[Point]:
    yield Point("generic", ONE, TWO, 2.5, 0.75)
    yield Point("generic", ONE, THREE, 0.5, 3.0)
    yield Point("generic", TWO, THREE, 1.25, 1.25)
    yield Point("start", ONE, TWO, 0.0, 0.0)
    yield Point("start", ONE, ONE, 0.0, 0.0)
    for lag in (1e-12, 1e-6, 1.0):
        yield Point("lag", TWO, TWO, 1.25 + lag / KAPPA, 1.25)
    for apart in (2.0**-30, 2.0**-17):  # 1e-9 and 1e-5
        yield Point("near duplicates", ONE, _moved(ONE, apart), 1.25, 1.25)
        yield Point("near duplicates", ONE, _moved(ONE, apart), 1.25, 1.25 + 1e-9 / KAPPA)
        yield Point("nearly opposite", ONE, _scaled(_moved(ONE, apart), -1.0), 1.25, 1.25)
        yield Point("nearly opposite", ONE, _scaled(_moved(ONE, apart), -1.0), 1.25 + 1e-9 / KAPPA, 1.25)
    yield Point("parallel", TWO, TWO, 1.25, 1.25)
    yield Point("parallel", ONE, _scaled(ONE, -1.0), 1.25, 1.25)
    small, large = 2.0**-10, 2.0**10
    yield Point("norms", _scaled(ONE, small), _scaled(TWO, large), 2.5, 0.75)
    yield Point("norms", _scaled(ONE, small), _scaled(TWO, small), 1.25, 1.25)
    yield Point("norms", _scaled(ONE, large), _scaled(THREE, large), 1.25, 1.25)
    yield Point("equilibrium", ONE, TWO, 1000.0, 1000.0)  # e^{−2κt} = 1e-174
    yield Point("equilibrium", ONE, ONE, 1000.0, 1000.0)
    yield Point("equilibrium", TWO, TWO, 310.0, 300.0)
    yield Point("equilibrium", ONE, TWO, 400.0, 300.0)
    for sigma2, sigma02 in ((1.5, 0.075), (0.25, 5.0)):
        yield Point("variances", ONE, TWO, 2.5, 0.75, 0.3, sigma2, sigma02)
        yield Point("variances", ONE, THREE, 0.125, 0.125, 0.3, sigma2, sigma02)
    yield Point("zero input", NONE, TWO, 2.5, 0.75)
    yield Point("zero input", NONE, NONE, 1.25, 1.25)


def _moved(x: Vector, distance: float) -> Vector:
    return tuple(p + distance * q for p, q in zip(x, ASIDE, strict=True))


def _scaled(x: Vector, factor: float) -> Vector:
    return tuple(factor * p for p in x)


def activations() -> Iterator[Activation]:
    """Yield every registered activation: each degree that has code, at its default and at other parameters."""
    for cls in registered().values():
        for degrees in cls.instances or ((),):
            free = [p for p in cls.parameters if not p.degree]
            whole = dict(zip((p.name for p in cls.parameters if p.degree), degrees, strict=True))
            yield cls(**whole)
            if free:  # different values for different parameters: abrelu with equal slopes is linear
                yield cls(**whole, **{p.name: _inside(p)[-1 - k] for k, p in enumerate(free)})


def _inside(parameter: Parameter) -> list[sp.Rational]:
    """Values inside the bounds of a parameter."""
    values = (sp.Rational(k, 10) for k in (-17, -5, 3, 14))
    return [value for value in values if parameter.low <= value <= parameter.high]
