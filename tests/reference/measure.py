"""How far `ndk_num` is from the tables, in units of rounding."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from itertools import groupby

import numpy as np

from ndk_num import InputError, Network, kernel, layer_maps
from tests.reference.points import Point
from tests.reference.tables import Entry, by_name

FLOOR = 8.0  # in units of 2⁻⁵²: below, errors differ by chance between processors and versions of NumPy
FACTOR = 2.0
_EPS = Decimal(2) ** -52
_KINDS = {"ntk": "ndk", "nngp": "two_time"}


def errors(call: str, entries: Sequence[Entry]) -> list[float]:
    """Return the error of every entry: |float64 − value|/(2⁻⁵² |value|); inf where `ndk_num` has no value."""
    where = by_name()
    result = [0.0] * len(entries)

    def shared(i: int) -> tuple[object, ...]:
        p, entry = where[entries[i].point], entries[i]
        return entry.depth, entry.kind, p.t, p.s, p.temperature, p.sigma2, p.sigma02

    order = sorted(range(len(entries)), key=shared)
    with localcontext(Context(prec=80, Emin=-10**6, Emax=10**6)):
        for (depth, kind, *_), members in groupby(order, key=shared):
            chosen = list(members)
            found = _values(call, depth, kind, [where[entries[i].point] for i in chosen])
            for i, value in zip(chosen, found, strict=True):
                result[i] = _error(value, Decimal(entries[i].value))
    return result


def _error(value: float, exact: Decimal) -> float:
    if not np.isfinite(value):
        return float("inf")
    return float(abs(Decimal(value) - exact) / _EPS / (abs(exact) or 1))


def _values(call: str, depth: int, kind: str, where: list[Point]) -> list[float]:
    """The kernels at points that share network and times, from one block where it has no infinite entries."""
    p = where[0]
    net = Network(depth=depth, activation=call, temperature=p.temperature, sigma2=p.sigma2, sigma02=p.sigma02)
    X, Y = np.array([q.x for q in where]), np.array([q.y for q in where])
    if kind == "mean":
        return list(_mean(net, X) * _mean(net, Y))
    try:
        block = kernel(net, p.t, p.s, X, Y, kind=_KINDS.get(kind, kind))
    except InputError:
        return [v for q in where for v in _values(call, depth, kind, [q])] if len(where) > 1 else [float("nan")]
    return list(np.diagonal(block) * (net.sigma2 if kind == "nngp" else 1.0))


def _mean(net: Network, X: np.ndarray) -> np.ndarray:
    """μ(σ² K^{L−1}(x,x)) from the layer maps; there is no function for the mean kernel yet."""
    layer = layer_maps.layer_map(net.activation)
    a = net.sigma2 * np.einsum("ij,ij->i", X, X) / X.shape[1]
    for _ in range(net.depth - 1):
        a = net.sigma2 * layer.norm(a)
    return np.asarray(layer.mean(a))


def allowed(entries: Sequence[Entry]) -> list[float]:
    """Return the largest error each entry may have: `FACTOR` times the worst stored in its group, at least `FLOOR`."""
    worst: dict[tuple[str, int, str], float] = {}
    for entry in entries:
        worst[entry.group] = max(worst.get(entry.group, 0.0), float(entry.error))
    return [max(FACTOR * worst[entry.group], FLOOR) for entry in entries]
