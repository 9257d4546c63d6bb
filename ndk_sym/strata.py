"""Where generated functions are tested: regions of their domains, each sampled on purpose, and from fixed seeds."""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray

from ndk_sym.activations.parameters import Parameter
from ndk_sym.routines import Routine

__all__ = ["SEED", "Points", "parameter_values", "strata", "theory_points"]

SEED = 20260
Array = NDArray[np.float64]
Points = tuple[Array, ...]  # one array per argument
Rng = np.random.Generator


def strata(routine: Routine, count: int) -> dict[str, Points]:
    """Return `count` points of every stratum of a routine's domain.

    Parameters
    ----------
    routine : Routine
        Its arguments decide the strata: a covariance (a, c, b), a variance a, or times and hyper-parameters;
        parameters of an activation come after the first two.
    count : int
        Points per stratum.

    Raises
    ------
    ValueError
        If no strata are known for these arguments.
    """
    names, rng = _names(routine), np.random.default_rng(SEED)
    if set(names) <= {"t", "s", "kappa", "sigma2", "sigma02"}:
        drawn = _histories(rng, count)
        return {stratum: tuple(point[name] for name in names) for stratum, point in drawn.items()}
    if names not in _SAMPLED:
        raise ValueError(f"no strata are known for the arguments {', '.join(names)} of {routine.name!r}: add them here")
    points = _SAMPLED[names](rng, count)
    values = np.random.default_rng(SEED + 2)
    return {
        k: (*point, *(parameter_values(values, p, count) for p in routine.parameters)) for k, point in points.items()
    }


def _names(routine: Routine) -> tuple[str, ...]:
    """The arguments before the parameters of an activation."""
    return tuple(symbol.name for symbol in routine.arguments[: len(routine.arguments) - len(routine.parameters)])


def parameter_values(rng: Rng, parameter: Parameter, count: int) -> Array:
    """Return its default at a third of the points, moderate values of both signs at most others, and its bounds."""
    low, high = float(parameter.low), float(parameter.high)
    drawn = np.clip(_signs(rng, count) * _powers(rng, -1.5, 1, count), low, high) if low < 0 else np.clip(
        _powers(rng, -1.5, 1, count), low, high
    )  # fmt: skip
    choice = rng.random(count)
    default = float(parameter.default) if parameter.default is not None else 1.0
    return np.where(choice < 0.3, default, np.where(choice > 0.95, rng.choice([low, high], count), drawn))


def theory_points(routine: Routine, count: int) -> list[tuple[float, ...]]:
    """Return points at which exact formulas are compared: `count` inside the domain, and its edges.

    The forms are analytic inside the domain, so moderate points identify them; quadrature is fast there.
    """
    names = _names(routine)
    rng = np.random.default_rng(SEED + 1)
    if set(names) <= {"t", "s", "kappa", "sigma2", "sigma02"}:
        return _theory_histories(rng, names, count)
    if names == ("a", "c", "b"):
        points = _theory_covariances(rng, count)
    elif names == ("c", "root"):
        points = _theory_roots(rng, count)
    elif names == ("z",):
        points = [(x,) for x in (_signs(rng, count + 2) * _powers(rng, -2, 1, count + 2)).tolist()]
    else:
        points = [(x,) for x in _powers(rng, -2, 1, count + 2).tolist()]
    values = np.random.default_rng(SEED + 3)
    columns = [_moderate_parameter(values, p, len(points)) for p in routine.parameters]
    return [(*point, *(column[k] for column in columns)) for k, point in enumerate(points)]


def _moderate_parameter(rng: Rng, parameter: Parameter, count: int) -> list[float]:
    """Values at which quadrature is fast, in few digits so that they print as they are."""
    low = float(parameter.low)
    drawn = rng.choice([0.75, 1.25], count) * (1.0 if low > 0 else _signs(rng, count))
    return [float(x) for x in np.clip(drawn, low, float(parameter.high))]


def _theory_covariances(rng: Rng, count: int) -> list[tuple[float, ...]]:
    a, b = _powers(rng, -1, 0.5, count), _powers(rng, -1, 0.5, count)
    c = _signs(rng, count) * rng.uniform(0.05, 0.95, count) * np.sqrt(a * b)
    almost = 1 - 1e-12
    edges = [(4.0, -6.0, 9.0), (1.0, 1.0, 1.0), (1.0, -almost, 1.0), (2.0, almost, 0.5)]
    return [*zip(a.tolist(), c.tolist(), b.tolist(), strict=True), *edges[: max(2, count)]]


def _theory_roots(rng: Rng, count: int) -> list[tuple[float, ...]]:
    size, angle = _powers(rng, -1, 0.5, count), rng.uniform(0.05, np.pi - 0.05, count)
    edges = [(-6.0, 0.0), (1.0, 0.0), (-1.0, 2.0**-20), (2.0, 2.0**-20)]
    points = zip((size * np.cos(angle)).tolist(), (size * np.sin(angle)).tolist(), strict=True)
    return [*points, *edges[: max(2, count)]]


def _theory_histories(rng: Rng, names: tuple[str, ...], count: int) -> list[tuple[float, ...]]:
    times = np.sort(_powers(rng, -1, 1, (2, count + 2)), axis=0)
    times[0, 0] = times[1, 0]  # t = s
    scale = {"kappa": (-1, 0.5), "sigma2": (-1, 1), "sigma02": (-1, 1)}
    values = {"s": times[0], "t": times[1]} | {k: _powers(rng, *v, count + 2) for k, v in scale.items()}
    return [*zip(*(values[name].tolist() for name in names), strict=True)]


def _powers(rng: Rng, low: float, high: float, count: int | tuple[int, ...]) -> Array:
    return 10.0 ** rng.uniform(low, high, count)


def _signs(rng: Rng, count: int) -> Array:
    return rng.choice([-1.0, 1.0], count)


def _ends(rng: Rng, n: int, *, degrees: int = 7) -> Array:
    """Numbers some power of which, up to the one of `degrees`, is just within or just beyond the range of floats."""
    exponent = np.where(rng.random(n) < 0.7, rng.uniform(307, 308.6, n), -rng.uniform(285, 291, n))
    return 10.0 ** np.clip(exponent / rng.integers(1, degrees + 1, n), -300, 300)


def _step(x: Array, ulps: NDArray[np.int64]) -> Array:
    """Move each number by so many floats."""
    return (x.view(np.int64) + ulps).view(np.float64)


def _covariances(rng: Rng, n: int) -> dict[str, Points]:
    def of(a: Array, rho: Array, b: Array) -> Points:
        return a, rho * (np.sqrt(a) * np.sqrt(b)), b

    def moderate() -> Array:
        return _powers(rng, -3, 3, n)

    def almost() -> Array:
        return _signs(rng, n) * (1 - _powers(rng, -12, -0.5, n))

    a, b, equal = moderate(), moderate(), moderate()
    edge = _signs(rng, n) * _step(np.sqrt(a * b), rng.integers(-2, 3, n))
    p, q = (np.ldexp(rng.integers(1, 1000, n), rng.integers(-20, 20, n)) for _ in range(2))
    extreme = _powers(rng, -300, 300, n), _powers(rng, -300, 300, n)
    huge = _powers(rng, 250, 300, n), _powers(rng, 250, 300, n)
    tiny = _powers(rng, -300, -250, n), _powers(rng, -300, -250, n)
    mixed = np.where(rng.random(n) < 0.5, almost(), rng.uniform(-1, 1, n))
    one, other = np.where(rng.random(n) < 0.5, 0.0, moderate()), np.where(rng.random(n) < 0.5, 0.0, moderate())
    # ab leaves the range of floats, where one variance is as far from 1 as it may be without being scaled
    down = _powers(rng, -300, -100, n), _powers(rng, -119, -50, n)
    up = _powers(rng, 50, 119, n), _powers(rng, 100, 300, n)
    return {
        "bulk": of(moderate(), rng.uniform(-1, 1, n), moderate()),
        "within 1e-12 of the edge": of(moderate(), almost(), moderate()),
        "within 2 ulp of the edge": (a, edge, b),
        "exactly at the edge": (p * p, _signs(rng, n) * p * q, q * q),
        "a = b, inside": of(equal, almost(), equal),
        "a = b, at the edge": (equal, _signs(rng, n) * _step(equal, rng.integers(-1, 2, n)), equal),
        "1e-300 to 1e300": of(extreme[0], mixed, extreme[1]),
        "both huge": of(huge[0], mixed, huge[1]),
        "both tiny": of(tiny[0], mixed, tiny[1]),
        "a much smaller than b": of(moderate() * _powers(rng, -30, -6, n), mixed, moderate()),
        "c near 0": of(moderate(), _signs(rng, n) * _powers(rng, -200, -1, n), moderate()),
        "no variance": (np.where(other > 0, 0.0, one), np.zeros(n), other),
        "1e-300 to 1e-50": of(down[0], mixed, down[1]),
        "1e50 to 1e300": of(up[0], mixed, up[1]),
        "ab − c² in the last bit": _unimodular(rng, n),
        "ab − c² in the last bit, at 1e-300": _underflowing(rng, n),
        "values at the ends of the range": of(*_tilted(rng, _ends(rng, n), mixed)),
    }


def _tilted(rng: Rng, size: Array, rho: Array) -> tuple[Array, Array, Array]:
    """(a, ρ, b) with √(ab) = size, a third of them with a = b."""
    most = np.minimum(20, 300 - np.abs(np.log10(size)))
    tilt = np.where(rng.random(size.size) < 0.3, 1.0, 10.0 ** (most * rng.uniform(-1, 1, size.size)))
    return size * tilt, rho, size / tilt


def _unimodular(rng: Rng, n: int) -> Points:
    """Whole numbers (a, c, b) with ab − c² = 1, the least that floats can tell from 0, times powers of two."""
    a, c, b = _with_determinant(rng, n, 1)
    shift, tilt = rng.integers(-30, 30, (2, n))
    return np.ldexp(a, 2 * shift), _signs(rng, n) * np.ldexp(c, shift + tilt), np.ldexp(b, 2 * tilt)


def _underflowing(rng: Rng, n: int) -> Points:
    """The same with ab − c² = 2 and a, b near 1e-300: the root is below all normal numbers, and no power of two."""
    a, c, b = _with_determinant(rng, n, 2)
    above = np.frexp(1e-300)[1] + 1
    shift, tilt = (-((np.frexp(x)[1] - above) // 2) + (rng.random(n) < 0.5) for x in (a, b))
    return np.ldexp(a, 2 * shift), _signs(rng, n) * np.ldexp(c, shift + tilt), np.ldexp(b, 2 * tilt)


def _with_determinant(rng: Rng, n: int, k: int) -> Points:
    """Whole numbers below 2^53 with ab − c² = k = 1 or 2: (p² + kq²)(r² + ks²) = (pr + kqs)² + k for ps − qr = 1."""
    rows: list[tuple[int, int, int]] = []
    while len(rows) < n:
        p, q = (int(x) for x in rng.integers(3 * 2**24 // k, 2**26 // k, 2))
        if gcd(p, q) == 1:
            s = pow(p, -1, q)
            r = (p * s - 1) // q
            rows.append((p * p + k * q * q, p * r + k * q * s, r * r + k * s * s))
    a, c, b = np.array(rows, dtype=np.float64).T  # exact
    return a, c, b


def _roots(rng: Rng, n: int) -> dict[str, Points]:
    """Covariances c with √(ab − c²), also where no c of float64 would tell that root."""

    def of(size: Array, tangent: Array) -> Points:
        return _signs(rng, n) * size, size * tangent

    size, angle = _powers(rng, -3, 3, n), rng.uniform(0, np.pi, n)
    return {
        "bulk": (size * np.cos(angle), size * np.sin(angle)),
        "root below c": of(_powers(rng, -3, 3, n), _powers(rng, -8, 0, n)),
        "root far below c": of(_powers(rng, -3, 3, n), _powers(rng, -20, -8, n)),
        "no root": of(_powers(rng, -3, 3, n), np.zeros(n)),
        "c far below root": of(_powers(rng, -200, -3, n), 1 / _powers(rng, -200, -3, n)),
        "1e-300 to 1e300": of(_powers(rng, -300, 300, n), _powers(rng, -6, 6, n)),
        "no variance": (np.zeros(n), np.zeros(n)),
        "1e-300 to 1": of(_powers(rng, -300, 0, n), _powers(rng, -6, 6, n)),
        "values at the ends of the range": _at_angles(rng, _ends(rng, n)),
    }


def _at_angles(rng: Rng, whole: Array) -> Points:
    """(c, root) with √(c² + root²) = whole, at even angles and at such that one is much smaller than the other."""
    n = whole.size
    even, small = rng.uniform(0, np.pi / 2, n), _powers(rng, -12, -1, n)
    angle = np.choose(rng.integers(0, 3, n), [even, small, np.pi / 2 - small])
    return _signs(rng, n) * whole * np.cos(angle), whole * np.sin(angle)


def _variances(rng: Rng, n: int) -> dict[str, Points]:
    return {
        "bulk": (_powers(rng, -3, 3, n),),
        "1e-300 to 1e300": (_powers(rng, -300, 300, n),),
        "no variance": (np.zeros(n),),
        "values at the ends of the range": (_ends(rng, n, degrees=8),),
    }


def _arguments(rng: Rng, n: int) -> dict[str, Points]:
    """Arguments of an activation function."""
    return {
        "bulk": (_signs(rng, n) * _powers(rng, -2, 1, n),),
        "near 0": (_signs(rng, n) * _powers(rng, -250, -2, n),),
        "large": (_signs(rng, n) * _powers(rng, 1, 3, n),),
        "huge": (_signs(rng, n) * _powers(rng, 3, 12, n),),
        "at 0": (np.zeros(n),),
    }


def _histories(rng: Rng, n: int) -> dict[str, dict[str, Array]]:
    def history(kappa: tuple[float, float] = (-3, 1), ratio: tuple[float, float] = (-1, 1)) -> dict[str, Array]:
        early, late = np.sort(_powers(rng, -2, 2, (2, n)), axis=0)
        sigma2 = _powers(rng, -2, 2, n)
        sigma02 = sigma2 * _powers(rng, *ratio, n)
        return {"s": early, "t": late, "kappa": _powers(rng, *kappa, n), "sigma2": sigma2, "sigma02": sigma02}

    same, close, late, start, frozen = (history() for _ in range(5))
    same["t"] = same["s"]
    close["t"] = close["s"] * (1 + np.where(rng.random(n) < 0.2, 2.0**-52, _powers(rng, -15, -1, n)))
    late["t"] = _powers(rng, 1, 4, n) / late["kappa"]
    late["s"] = late["t"] - rng.uniform(0, 1, n) * np.minimum(late["t"], 5 / late["kappa"])
    start["s"] = np.zeros(n)
    start["t"] = np.where(rng.random(n) < 0.3, 0.0, start["t"])
    frozen["kappa"] = np.zeros(n)
    return {
        "bulk": history(),
        "t = s": same,
        "s → t": close,
        "t → ∞": late,
        "s = 0": start,
        "κ = 0": frozen,
        "κ → 0": history(kappa=(-300, -5)),
        "σ0²/σ² from 1e-6 to 1e6": history(ratio=(-6, 6)),
    }


_SAMPLED = {("a", "c", "b"): _covariances, ("c", "root"): _roots, ("a",): _variances, ("z",): _arguments}
