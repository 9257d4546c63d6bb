"""NumPy callables of closed forms, and the check without which none is handed out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from ndk_sym import runtime
from ndk_sym.errors import InputError
from ndk_sym.high_precision import Evaluator, exact_number
from ndk_sym.printers import numpy_source
from ndk_sym.program import Program

__all__ = ["Disagreement", "NumericFunction", "check", "samples"]

DIGITS = 50
SEED = 20240917
_EPS = float(np.finfo(np.float64).eps)
_ULPS = 32  # rounding errors allowed per layer, in units of the last place
_INPUT_ULPS = 8  # how far the inputs may have been, when the value is that sensitive to them
_SMALLEST = 1e-290  # below this, float64 underflows along the way
_BEYOND = mpmath.mpf(10) ** 400  # stands for every value too large to be written down
_STRATA = ("bulk", "edge", "opposite edge", "equal inputs", "equal times", "scales")


class Disagreement(ArithmeticError):
    """A numeric function and its closed form differ; the message names the worst point."""


@dataclass(frozen=True)
class NumericFunction:
    """A closed form as a NumPy function: arrays or numbers in, in the order of `args`, float64 out.

    Arguments broadcast; they are converted to float64 and not checked against the domain. `source` is
    the code.
    """

    name: str
    args: tuple[str, ...]
    source: str

    @cached_property
    def _function(self) -> Callable[..., Any]:
        namespace: dict[str, Any] = {
            "numpy": np,
            **{name: getattr(runtime, name) for name in runtime.__all__},
        }
        exec(compile(self.source, f"<{self.name}, numpy>", "exec"), namespace)
        return namespace[self.name]

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Evaluate at `values`, by position or by name.

        Raises
        ------
        InputError
            If an argument is missing, unknown, given twice, not numeric, or the shapes do not broadcast.
        """
        arrays = self._arrays(values, named)
        try:
            shape = np.broadcast_shapes(*(array.shape for array in arrays))
        except ValueError:
            shapes = ", ".join(f"{n} {a.shape}" for n, a in zip(self.args, arrays, strict=True))
            raise InputError(f"the shapes of the arguments do not broadcast: {shapes}") from None
        result = np.asarray(self._function(*arrays), dtype=np.float64)
        result = np.broadcast_to(result, shape).copy() if result.shape != shape else result
        return result if shape else np.float64(result)

    def _arrays(self, values: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
        given = dict(zip(self.args, values, strict=False))
        if len(values) > len(self.args) or set(given) & set(named) or {*given, *named} != set(self.args):
            got = f"{len(values)} by position and {sorted(named)} by name"
            raise InputError(f"{self.name} takes the arguments {', '.join(self.args)} once each; it was given {got}")
        given |= named
        try:
            return [np.asarray(given[name], dtype=np.float64) for name in self.args]
        except (TypeError, ValueError):
            raise InputError(f"{self.name} takes numbers or arrays of numbers for {', '.join(self.args)}") from None


def compiled(program: Program, name: str) -> NumericFunction:
    """Return the NumPy function of a program in the stable form, unchecked."""
    return NumericFunction(name, tuple(arg.name for arg in program.args), numpy_source(program, name))


def samples(args: Sequence[str], count: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield seeded points inside the domain, `count` in each stratum, as (stratum, values).

    Strata: bulk; c → √(ab) and c → −√(ab) to within 1e-14; equal inputs; equal times; inputs from
    1e-6 to 1e6.
    """
    source = random.Random(SEED)
    for stratum in _STRATA:
        for k in range(count):
            values = {name: source.uniform(0.1, 2.0) for name in args}
            values |= _inputs(source, stratum, k) | _weights(source, stratum, k)
            if stratum == "equal times" and "s" in values and "t" in values:
                values["s"] = values["t"]
            yield stratum, {name: values[name] for name in args}


def _inputs(source: random.Random, stratum: str, k: int) -> dict[str, float]:
    xx, yy = source.uniform(0.3, 2.0), source.uniform(0.3, 2.0)
    if stratum == "scales":
        xx, yy = 10 ** source.uniform(-6, 6), 10 ** source.uniform(-6, 6)
    if stratum == "equal inputs":
        return {"k_xx": xx, "k_xy": xx, "k_yy": xx}
    closeness = 10.0 ** -(2 + 4 * (k % 4))
    rho = {"edge": 1 - closeness, "opposite edge": closeness - 1}.get(stratum, source.uniform(-0.95, 0.95))
    return {"k_xx": xx, "k_xy": rho * float(np.sqrt(xx * yy)), "k_yy": yy}


def _weights(source: random.Random, stratum: str, k: int) -> dict[str, float]:
    tt, ss = source.uniform(0.5, 2.0), source.uniform(0.5, 2.0)
    closeness = 10.0 ** -(2 + 4 * (k % 4)) if stratum.endswith("edge") else source.uniform(0.05, 0.9)
    ts = (1 - closeness) * float(np.sqrt(tt * ss))
    equal = stratum == "equal times"
    return {
        "m_tt": tt,
        "m_ts": tt if equal else ts,
        "m_ss": tt if equal else ss,
        "decay": 1.0 if equal else 0.7,
    }


def check(function: NumericFunction, stable: Program, textbook: Program, *, depth: int) -> float:
    """Compare a numeric function with its closed form at 50 digits; return worst error over allowed error.

    In the bulk the reference is the textbook form, elsewhere the stable one, which the bulk has tied to it.
    Allowed are a few rounding errors per layer and, where the kernel is so sensitive (near the edges, or where
    its terms cancel), what a few rounding errors in one input do to the exact value. Where the value exceeds
    the range of floats, all that is asked is that the function gives no finite number; where it is infinite, infinity.

    Raises
    ------
    Disagreement
        If the error anywhere exceeds what is allowed, naming the worst point.
    """
    reference, independent = Evaluator(stable), Evaluator(textbook)
    worst, report = 0.0, ""
    for stratum, point in samples(function.args, 4 if depth <= 10 else 1):
        exact = {name: exact_number(name, value) for name, value in point.items()}
        target = _target(independent if stratum == "bulk" else reference, exact)
        with np.errstate(all="ignore"):
            given = function(**point)
        ratio = _error_ratio(float(given), target, reference, exact, depth)
        if not ratio <= worst:  # a NaN is worse than anything
            worst = ratio
            report = f"{stratum}: {point}: {float(given)!r} instead of {mpmath.nstr(target, 20)}"
            if not ratio <= 1:
                break
    if not worst <= 1:
        raise Disagreement(f"the NumPy form of {function.name} disagrees with its closed form at 50 digits; {report}")
    return worst


def _target(form: Evaluator, exact: dict[str, sp.Expr]) -> Any:
    try:
        return form.value(exact, DIGITS)
    except OverflowError:
        return _BEYOND
    except ZeroDivisionError:  # the derivative map of an activation that jumps, at equal inputs
        return mpmath.inf


def _error_ratio(given: float, target: Any, reference: Evaluator, exact: dict[str, sp.Expr], depth: int) -> float:
    if mpmath.isinf(target):
        return 0.0 if np.isinf(given) else float("inf")
    if abs(target) > np.finfo(np.float64).max:
        # no float represents it: one that is finite is wrong, and inf - inf is as good as inf
        return float("inf") if np.isfinite(given) else 0.0
    if not np.isfinite(given):
        return float("inf")
    error = float(abs(mpmath.mpf(given) - target))
    allowed = _ULPS * _EPS * depth * float(abs(target)) + _SMALLEST
    if error > allowed:
        allowed += depth * _spread(reference, exact)
    return error / allowed


def _spread(reference: Evaluator, exact: dict[str, sp.Expr]) -> float:
    """How much the exact value moves when one input moves by a few units of its last place."""
    centre = reference.value(exact, DIGITS)
    moved = []
    for name, value in exact.items():
        for sign in (-1, 1):
            nearby = exact | {name: value * (1 + sp.Rational(sign * _INPUT_ULPS * 2, 2**53))}
            moved.append(float(abs(reference.value(nearby, DIGITS) - centre)))
    return max(moved)
