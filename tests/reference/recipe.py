"""How the tables are made:

python -m tests.reference.recipe            compute every value and measure every error
python -m tests.reference.recipe --check    compute every value and compare; exit 1 if one differs
python -m tests.reference.recipe --errors   measure the errors again, after `ndk_num` became more accurate
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy as sp
from mpmath import mp

from ndk_sym.activations import Activation
from ndk_sym.gaussian import gaussian_average
from tests.reference import tables
from tests.reference.measure import errors
from tests.reference.points import DEPTHS, Point, activations, points
from tests.reference.tables import Entry
from tests.reference.values import DIGITS, Maps, conditions, settled


def compute(activation: Activation, where: Sequence[Point] | None = None, depth: int = max(DEPTHS)) -> list[Entry]:
    """Return the entries of an activation at the given points, by default all, in the tables' order."""
    maps, entries = Maps.of(activation), []
    for point in where or list(points()):
        if not point.kinds(activation):
            continue
        found = settled(maps, point, depth)
        growth = conditions(maps, point, len(found))
        for l, layer in enumerate(found, 1):
            if l in DEPTHS:
                entries += [
                    Entry(
                        point.name,
                        l,
                        kind,
                        decimal(value),
                        "",
                        _rounded(growth[l - 1][kind]) if value else "",
                    )
                    for kind, value in layer.items()
                ]
    return entries


def decimal(value: Any) -> str:
    """50 significant digits."""
    with mp.workdps(DIGITS + 10):
        return str(mp.nstr(value, DIGITS, strip_zeros=False, min_fixed=-5, max_fixed=20)) if value else "0"


def _rounded(value: Any) -> str:
    return f"{float(value):.2g}"


def measured(activation: Activation, entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries with the errors of the present `ndk_num`."""
    found = errors(activation.call, entries)
    return [replace(e, error=f"{x:.1f}" if x < 1e4 else f"{x:.1e}") for e, x in zip(entries, found, strict=True)]


def confirm(activation: Activation, digits: int = 30) -> None:
    """Compare K¹ and K̇¹ at a generic point with the defining Gaussian averages: another route than any closed form.

    Raises
    ------
    ArithmeticError
        If they differ.
    """
    point = next(points())
    with mp.workdps(digits + 20):
        layer = settled(Maps.of(activation), point, 1)[0]
        v, v0, t, s = (mp.mpf(x) for x in (point.sigma2, point.sigma02, point.t, point.s))
        kappa = mp.mpf(point.temperature) / v
        m_tt, m_ss = (v + (v0 - v) * mp.exp(-2 * kappa * u) for u in (t, s))
        m_ts = mp.exp(-kappa * (t - s)) * m_ss
        xx, xy, yy = (mp.fdot(p, q) / 4 for p, q in ((point.x, point.x), (point.x, point.y), (point.y, point.y)))
        for kind, function in (("two_time", activation.phi), ("derivative", activation.phi_derivative)):
            if kind == "derivative" and activation.jumps:
                continue  # φ′ is a δ function
            f = _function(function)
            average = gaussian_average(f, f, m_tt * xx, m_ts * xy, m_ss * yy, digits=digits, kinks=activation.kinks)
            difference = abs(average - layer[kind])
            if difference > abs(average) * mp.mpf(10) ** (3 - digits):
                raise ArithmeticError(
                    f"{activation.call}: {kind} {mp.nstr(layer[kind], 10)} is not the average {mp.nstr(average, 10)}"
                )


def _function(expression: Any) -> Any:
    z = sp.Symbol("z", real=True)
    return sp.lambdify(z, expression(z), "mpmath")


def summary(found: dict[str, list[Entry]], *, conditioned: bool = False) -> str:
    """Return the worst stored error by activation (rows) and stratum (columns), in units of 2⁻⁵².

    With `conditioned`, errors are divided by 1 + the condition number: what the inputs' rounding does not explain.
    """
    strata = list(dict.fromkeys(point.stratum for point in points()))
    lines = [" " * 30 + "".join(f"{name[:11]:>12}" for name in strata)]
    for call, entries in found.items():
        worst = dict.fromkeys(strata, 0.0)
        for e in entries:
            growth = 1 + float(e.condition or 0) if conditioned else 1.0
            worst[e.group[0]] = max(worst[e.group[0]], float(e.error) / growth)
        lines.append(f"{call:<30}" + "".join(f"{x:12.2g}" for x in worst.values()))
    return "\n".join(lines)


def differences(activation: Activation, stored: Sequence[Entry], where: Sequence[Point] | None = None) -> list[str]:
    """Return a line for every stored entry that is not what `compute` gives, is missing, or should not be there."""
    fresh = {(e.point, e.depth, e.kind): e.value for e in compute(activation, where)}
    kept = {(e.point, e.depth, e.kind): e.value for e in stored}
    return [
        f"{activation.call} {key}: {kept.get(key)} should be {fresh.get(key)}"
        for key in sorted(fresh.keys() | kept.keys())
        if fresh.get(key) != kept.get(key)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write, check or measure the tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--errors", action="store_true")
    options = parser.parse_args(arguments)
    found, wrong = {}, []
    for activation in activations():
        file = tables.path(activation)
        if options.check:
            wrong += differences(activation, tables.read(file))
            continue
        if not options.errors:
            confirm(activation)
        entries = measured(activation, tables.read(file) if options.errors else compute(activation))
        tables.write(entries, file)
        found[activation.call] = entries
    if options.check:
        print("\n".join(wrong) or "every value is what the recipe gives")
        return bool(wrong)
    if not options.errors:
        tables.write_points()
        tables.write_digests()
    print(
        summary(found),
        "\nThe same, divided by 1 + the condition number:\n",
        summary(found, conditioned=True),
        sep="\n",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
