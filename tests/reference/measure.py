"""How far `ndk_num` is from the tables, in units of rounding."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, localcontext

import numpy as np

from ndk_num import Network, layer_maps
from ndk_num.checks import Array
from ndk_num.kernels import Pairs, gram, recursion
from ndk_num.statistics import Statistics
from tests.reference.points import Point
from tests.reference.tables import Entry, by_name

FLOOR = 8.0  # in units of 2⁻⁵²: below, errors differ by chance between processors and versions of NumPy
FACTOR = 2.0
_EPS = Decimal(2) ** -52
Variances = tuple[float, float, float]  # T, σ², σ0²


def errors(call: str, entries: Sequence[Entry]) -> list[float]:
    """Return the error of every entry: |float64 − value|/(2⁻⁵² |value|), inf where `ndk_num` has no finite value."""
    where = by_name()
    found: dict[tuple[str, int, str], float] = {}
    for depth, variances in sorted({(e.depth, _variances(where[e.point])) for e in entries}):
        net = network(call, depth, variances)
        chosen = [p for p in where.values() if _variances(p) == variances]
        for kind, values in kernels(net, chosen).items():
            found |= {(p.name, depth, kind): float(x) for p, x in zip(chosen, values, strict=True)}
    with localcontext(Context(prec=80, Emin=-(10**6), Emax=10**6)):
        return [_error(found[e.point, e.depth, e.kind], Decimal(e.value)) for e in entries]


def _variances(point: Point) -> Variances:
    return point.temperature, point.sigma2, point.sigma02


def _error(value: float, exact: Decimal) -> float:
    if not np.isfinite(value):
        return float("inf")
    return float(abs(Decimal(value) - exact) / _EPS / (abs(exact) or 1))


def network(call: str, depth: int, variances: Variances) -> Network:
    """Return the network of a table's entries."""
    temperature, sigma2, sigma02 = variances
    return Network(depth=depth, activation=call, temperature=temperature, sigma2=sigma2, sigma02=sigma02)


def kernels(net: Network, where: Sequence[Point]) -> dict[str, Array]:
    """Every kernel at points of one network, all points at once: what `ndk_num.kernel` does, block by block."""
    X, Y = np.array([p.x for p in where]), np.array([p.y for p in where])
    size = len(where), len(where)
    pairs = Pairs(*(np.diagonal(np.broadcast_to(field, size)) for field in gram(X, Y)))
    statistics = Statistics.at(net, np.array([p.t for p in where]), np.array([p.s for p in where]))
    with np.errstate(all="ignore"):  # at points of other kinds and depths, which have no value
        entries = recursion(net, statistics, pairs)
        found = {kind: getattr(entries, kind) for kind in ("two_time", "derivative", "ndk")}
        found["mean"] = _mean(net, pairs.xx) * _mean(net, pairs.yy)
    return {**found, "ntk": found["ndk"], "nngp": net.sigma2 * found["two_time"]}


def _mean(net: Network, a: Array) -> Array:
    """μ(σ² K^{L−1}(x,x)) from the layer maps; there is no function for the mean kernel yet."""
    layer = layer_maps.layer_map(net.activation)
    for _ in range(net.depth - 1):
        a = layer.norm(net.sigma2 * a)
    return layer.mean(net.sigma2 * a)


def allowed(entries: Sequence[Entry]) -> list[float]:
    """Return the largest error each entry may have: `FACTOR` times the worst stored in its group, at least `FLOOR`."""
    worst = dict.fromkeys((entry.group for entry in entries), 0.0)
    for entry in entries:
        worst[entry.group] = max(worst[entry.group], float(entry.error))
    return [max(FACTOR * worst[entry.group], FLOOR) for entry in entries]


def worse(call: str, entries: Sequence[Entry]) -> list[str]:
    """Return a line for every entry whose error is more than allowed."""
    measured = zip(entries, errors(call, entries), allowed(entries), strict=True)
    return [
        f"{call} {e.point}, depth {e.depth}, {e.kind}: error {found:.3g} × 2⁻⁵², stored {e.error}, allowed {limit:.3g}"
        for e, found, limit in measured
        if not found <= limit
    ]
