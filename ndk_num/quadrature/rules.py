"""Gaussian averages of two functions by quadrature in polar coordinates, at any variance.

z₁ = √a r cos α, z₂ = √b r cos(α − θ) with cos θ = c/√(ab). The circle is cut where z₁ or z₂ changes sign, at α = ±π/2
and θ ± π/2, into arcs of lengths π − θ and θ. On an arc of length L, at distance d from its end,

    |z₁| = √a r sin d,   |z₂| = √b r sin(L − d):

what φ does near 0 happens within 1/√a of the ends, where the variable y of d(y) is logarithmic, so that Gauss–Legendre
rules need only log a more nodes. A kink at 0 lies on the ends and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ndk_num.checks import Array
from ndk_num.errors import InputError

__all__ = ["Functions", "hermite", "moments", "products", "reach"]

Values = tuple[tuple[Array, Array], tuple[Array, Array]]  # of φ at z and −z, and of φ'
_NEGLIGIBLE = 1e-18  # of the largest integrand
_PANEL = 20  # nodes of one panel
_HERMITE = 13.0  # reach for Hermite functions: where e^{−r²/4} vanishes
_SHORTEST, _LONGEST = 9.5, 60.0  # reach in standard deviations: where e^{−r²/2} vanishes, and what is tried


@dataclass(frozen=True)
class Functions:
    """φ and φ', vectorised functions of float64 arrays, and what the activation is called in messages."""

    name: str
    phi: Callable[[Array], Array]
    slope: Callable[[Array], Array]

    def values(self, z: Array) -> tuple[Array, Array]:
        """φ(z), φ'(z), finite; overflow elsewhere than in the result is harmless.

        Raises
        ------
        InputError
            If one of them is not finite.
        """
        with np.errstate(all="ignore"):
            found = np.asarray(self.phi(z), dtype=np.float64), np.asarray(self.slope(z), dtype=np.float64)
        for values in found:
            if not np.isfinite(values).all():
                worst = z[~np.isfinite(values)].flat[0]
                raise InputError(f"{self.name} is {values[z == worst][0]} at {worst:.3g}, or its derivative is; choose"
                                 " smaller variances, or another activation")  # fmt: skip
        return found


def reach(functions: Functions, scale: float) -> float:
    """Return how many standard deviations matter where √a = `scale`: more if φ grows exponentially.

    Raises
    ------
    InputError
        If φ grows so fast that its averages are out of reach.
    """
    r = np.linspace(0, _LONGEST, 1201)
    with np.errstate(all="ignore"):
        size = np.max([np.abs(f(s * scale * r)) for f in (functions.phi, functions.slope) for s in (1, -1)], axis=0)
        size = size**2 * np.exp(-(r**2) / 2) * (1 + r)
    if np.isnan(size[np.exp(-(r**2) / 2) > 0]).any() or not np.isfinite(size[r <= _SHORTEST]).all():
        size[:] = np.inf
    last = np.flatnonzero(size > _NEGLIGIBLE * size.max())[-1] if np.isfinite(size.max()) else len(r)
    if last >= 0.9 * len(r):
        raise InputError(
            f"{functions.name} grows too fast for its averages at variance {scale**2:.3g} to be computed; choose"
            " smaller variances, or another activation"
        )
    return max(_SHORTEST, 1.1 * float(r[last]))


def moments(functions: Functions, scale: float, limit: float, level: float) -> Array:
    """⟨φ²⟩, ⟨φ'²⟩, ⟨φ⟩ and ⟨φ'⟩ for one Gaussian number of standard deviation `scale`."""
    x, weight = _radial(scale, limit, level)
    weight = weight * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    phi, slope = functions.values(scale * np.concatenate([x, -x]))
    weight = np.concatenate([weight, weight])
    return np.array([weight @ phi**2, weight @ slope**2, weight @ phi, weight @ slope])


def hermite(functions: Functions, scales: Array, limit: float, level: float, count: int) -> Array:
    """√⟨φ²⟩, √⟨φ'²⟩, ⟨φ⟩ and ⟨φ'(scale · z) he_n(z)⟩ for n < count: shape (3 + count, scale).

    he_n are the orthonormal Hermite polynomials, which oscillate √n times in 2π.
    """
    z, weight = _radial(scales.max(), max(_HERMITE, limit), level, np.sqrt(count))
    gauss = np.exp(-(z**2) / 4)  # half of the exponent: the other half belongs to the polynomials
    polynomials = np.empty((max(2, count), len(z)))
    polynomials[0], polynomials[1] = gauss, z * gauss
    for n in range(2, count):
        polynomials[n] = (z * polynomials[n - 1] - np.sqrt(n - 1) * polynomials[n - 2]) / np.sqrt(n)
    weight = weight * gauss / np.sqrt(2 * np.pi)
    (up, slope_up), (down, slope_down) = (functions.values(sign * scales[:, None] * z) for sign in (1, -1))
    norms = [np.sqrt((x**2 + y**2) @ (weight * gauss)) for x, y in ((up, down), (slope_up, slope_down))]
    even, odd = ((slope_up + sign * slope_down) * weight for sign in (1, -1))
    found = np.empty((count, len(scales)))
    found[::2], found[1::2] = polynomials[:count:2] @ even.T, polynomials[1:count:2] @ odd.T
    return np.concatenate([[*norms, (up + down) @ (weight * gauss)], found])


def products(
    functions: Functions, scales: tuple[Array, Array], theta: float, limit: float, level: float
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """⟨φ(z₁)φ(z₂)⟩ and ⟨φ'(z₁)φ'(z₂)⟩ for all pairs of standard deviations, at the angles θ and π − θ.

    Parameters
    ----------
    functions : Functions
    scales : pair of arrays (n,), (m,)
        √a and √b.
    theta : float
        0 ≤ θ ≤ π/2.
    limit, level : float
        Reach in standard deviations, and a factor for the number of nodes.

    Returns
    -------
    pair of pairs of arrays (n, m)
        Both averages at θ, and both at π − θ.
    """
    largest = max(scales[0].max(), scales[1].max())
    r, radial = _radial(largest, limit, level)
    radial = radial * r * np.exp(-(r**2) / 2)
    result = np.zeros((2, 2, len(scales[0]), len(scales[1])))  # angle, φ or φ', √a, √b
    for at, length in enumerate((np.pi - theta, theta)):
        if length == 0:
            continue
        distance, angular = _arc(length, largest, level)
        weight = (angular[:, None] * radial).ravel() / (2 * np.pi)
        first = _on_grid(functions, scales[0], np.sin(distance)[:, None] * r)
        # distances are symmetric: L − d is d from the other end
        second = (
            _mirrored(first, len(distance))
            if np.array_equal(*scales)
            else _on_grid(functions, scales[1], np.sin(distance)[::-1, None] * r)
        )
        for k in range(2):
            (up1, down1), (up2, down2) = first[k], second[k]
            up1, down1 = up1 * weight, down1 * weight
            same = up1 @ up2.T + down1 @ down2.T
            opposite = up1 @ down2.T + down1 @ up2.T
            result[at, k] += same
            result[1 - at, k] += opposite
    return (result[0, 0], result[0, 1]), (result[1, 0], result[1, 1])


def _on_grid(functions: Functions, scales: Array, points: Array) -> Values:
    """φ and φ' at ±scale · point: rows are scales."""
    z = scales[:, None] * points.ravel()
    (up, slope_up), (down, slope_down) = functions.values(z), functions.values(-z)
    return (up, down), (slope_up, slope_down)


def _mirrored(values: Values, angles: int) -> Values:
    """The same values with the angles in the opposite order."""

    def turned(x: Array) -> Array:
        return np.ascontiguousarray(x.reshape(len(x), angles, -1)[:, ::-1]).reshape(x.shape)

    (up, down), (slope_up, slope_down) = values
    return (turned(up), turned(down)), (turned(slope_up), turned(slope_down))


def _radial(scale: float, limit: float, level: float, waves: float = 0.0) -> tuple[Array, Array]:
    """Nodes and weights on [0, limit]: logarithmic below 1 from 1/scale on, plain above; more for e^{i waves r}."""
    delta = 1 / (1 + 3 * scale)
    rule = _panels if waves else _legendre
    x, near = rule(_count(10 + 7 * np.log1p(1 / delta) + waves, level))
    depth = np.log1p(1 / delta)
    inner = delta * np.expm1(x * depth)
    y, far = rule(_count((3.2 + 0.6 * waves) * limit, level))
    return (
        np.concatenate([inner, 1 + y * (limit - 1)]),
        np.concatenate([near * depth * (inner + delta), far * (limit - 1)]),
    )


def _arc(length: float, scale: float, level: float) -> tuple[Array, Array]:
    """Nodes and weights on [0, length], logarithmic towards both ends down to 1/scale."""
    delta = 1 / (1 + 3 * scale)
    depth = np.log1p(length / delta)
    x, weight = _legendre(_count(12 + 14 * depth, level))
    y = 2 * depth * x
    distance = -(length + delta) * np.expm1(-y) / (1 + np.exp(depth - y))
    slope = (distance + delta) * (distance[::-1] + delta) / (length + 2 * delta)
    return distance, 2 * depth * weight * slope


def _count(nodes: float, level: float) -> int:
    return 4 * int(np.ceil(level * nodes / 4))  # few different rules: making one takes longer than using it


@lru_cache(maxsize=256)
def _legendre(order: int) -> tuple[Array, Array]:
    """Gauss–Legendre rule on [0, 1], exactly symmetric."""
    x, weight = np.polynomial.legendre.leggauss(order)
    x, weight = (x - x[::-1]) / 2, (weight + weight[::-1]) / 2
    return (1 + x) / 2, weight / 2


def _panels(count: int) -> tuple[Array, Array]:
    """At least `count` nodes and weights on [0, 1], composite: those of a single rule of high order lose digits."""
    x, weight = _legendre(_PANEL)
    panels = -(-count // _PANEL)
    return ((np.arange(panels)[:, None] + x) / panels).ravel(), np.tile(weight / panels, panels)
