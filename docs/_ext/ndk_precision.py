"""The precision page: worst errors by activation and stratum, from the certificates and the reference tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

TABLES = Path(__file__).resolve().parents[2] / "tests" / "reference" / "tables"
SLASH = "\u00a0/\u00a0"  # a cell is one line
INTRO = """# Precision

How far the numbers are from what the formulas mean, at worst, in units in the last place (ulp). Details, sample points
and what the errors were found by: [certificates](certificates.md); how the reference values are made:
[method](../method.md#reference-tables). Activations with parameters have the values of the samples.

"""
MAPS = """## Layer maps

`dual(a, c, b)`: F / Ḟ at the given floats. The bound is 8; for activations marked * it is 8 × (1 + condition number),
and errors above 8 are shown divided by that.

"""
ROOTS = """## Layer maps from c and root = √(ab − c²)

`layer(c, root)`: F / Ḟ / the next layer's root, for activations with a kink.

"""
NORMS = """## Norms and means

`norm(a)` / `mean(a)`.

"""
NUMERIC = """## Activations by quadrature

φ(z) / φ′(z), from which F and Ḟ are computed at run time, to 1e-12 √(F(a,a,a) F(b,b,b)), verified where it is used.

"""
KERNELS = """## Kernels

K^L / K^{d,L} of `ndk_num.kernel` against 50 digits at depths 1, 2, 3, 5 and 10, in units of 2⁻⁵² of the value, divided
by 1 + the condition number with respect to K⁰(x,x′) alone, all of K⁰, both variances and κ. Without that division the
largest are those of steep activations (a power of z doubles relative errors in every layer) and of κ|t − s| = 20.

"""


def page() -> str:
    """Return the page as Markdown."""
    found = sorted(item for item in files("ndk_num._generated").iterdir() if item.name.endswith(".json"))
    certificates = [json.loads(item.read_text(encoding="utf-8")) for item in found]
    maps = [certificate for certificate in certificates if "dual" in certificate["claims"]]
    functions = [certificate for certificate in certificates if "phi" in certificate["claims"]]
    text = INTRO + MAPS + _functions(maps, ("dual",)) + "\n" + ROOTS
    text += _functions([m for m in maps if "layer" in m["claims"]], ("layer",)) + "\n"
    text += NORMS + _functions(maps, ("norm", "mean")) + "\n"
    return text + NUMERIC + _functions(functions, ("phi", "phi_derivative")) + "\n" + KERNELS + _kernels()


def _functions(certificates: list[dict[str, Any]], names: tuple[str, ...]) -> str:
    """One row for each module: the worst ulp of every output, by stratum."""
    strata = list(certificates[0]["claims"][names[0]]["transcription"]["points"])
    rows = []
    for certificate in certificates:
        outputs = [o for name in names for o in certificate["measured"][name]["transcription"].values()]
        star = "*" if "condition" in certificate["claims"][names[0]]["transcription"]["bound_times"] else ""
        cells = [SLASH.join(f"{output[stratum]['ulp']:.1f}" for output in outputs) for stratum in strata]
        rows.append([certificate["module"].removesuffix(".py") + star, *cells])
    return _table(["activation", *strata], rows)


def _kernels() -> str:
    """One row for each reference table: the worst error of K^L and K^{d,L}, by stratum."""
    names = [row["point"] for row in csv.DictReader((TABLES / "points.csv").open(encoding="utf-8"))]
    strata = list(dict.fromkeys(_stratum(name) for name in names))
    rows = []
    for file in sorted(TABLES.glob("*.csv")):
        if file.stem in ("points", "digests"):
            continue
        worst: dict[tuple[str, str], float] = {}
        for row in csv.DictReader(file.open(encoding="utf-8")):
            key = _stratum(row["point"]), row["kind"]
            growth = 1 + float(row["condition"] or 0)
            worst[key] = max(worst.get(key, 0.0), float(row["error"]) / growth)
        kinds = (("two_time", "nngp"), ("ndk", "ntk"))
        cells = [SLASH.join(_shown([worst[s, k] for k in names if (s, k) in worst]) for names in kinds) for s in strata]
        rows.append([file.stem, *cells])
    return _table(["activation", *strata], rows)


def _stratum(point: str) -> str:
    return point.rsplit(" ", 1)[0]


def _shown(errors: list[float]) -> str:
    return f"{max(errors):.1f}" if errors else "–"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"
