"""Mutants of the generated code that no test can tell from the original, and why."""

from __future__ import annotations

import re

from tests.mutation.operators import Mutant

__all__ = ["Rule", "reason", "why_equivalent"]

Rule = tuple[str, str, str]
_RULES: tuple[Rule, ...] = (  # module, what the mutant says of itself, reason
    (r".*", r"swapped arguments: sagitta\(", "s²/(r + x) is symmetric in x and r"),
    (r"relu", r"comparison: c > 0 → c >= 0", "at c = 0 the angle is π/2 from either side"),
    (r"rectified_monomial_.", r"comparison: c > 0 → c >= 0", "both branches are the same at c = 0"),
    (r"gelu", r"comparison: c < -x2 → c <= -x2", "both forms hold around the border"),
    (r"abrelu|leaky_relu", r"comparison: \S+ >= \S+ → \S+ > \S+", "both forms hold around the border"),
    (r"abrelu|leaky_relu", r"F_dot|function: angle → elevation", "they differ at the origin, where the root is not"
     " below |c| and this branch is not taken; or where the radius in front is zero"),
    (r"abs", r"function: angle → elevation", "they differ at the origin, where the radius in front is zero"),
    (r"erf|scaled_erf|sigmoid_erf", r"sign of a constant: [12] → -[12]$ @ = hypot\(", "inside of a square, in hypot"),
    (r"scaled_erf", r"comparison: c < -x0 → c <= -x0$", "the border between two forms, both of which hold around it"),
    (r"sigmoid_erf", r"(comparison: c < -x0 → c <= -x0|dropped sign: -x0 → x0)$", "the first form holds everywhere; the"
     " second is taken where F does not come near 0"),
    (r"runtime", r"^\(module\): .*1e[+-]120", "where scaling begins: exact, and slower at worst"),
    (r"runtime", r"^\(module\): constant × .*: 4\.354531508319532e-14 → ", "a part of 1e-6 of the last coefficient is"
     " below an ulp"),
    (r"runtime", r"^root_det: .*→ if True|^hypot: condition: .*→ if False|^angle: condition: .*if True"
     r"|^sagitta: condition: .*→ if True", "a"
     " shortcut: the other branch says the same, more slowly"),
    (r"runtime", r"^hypot: dropped condition: .* → square.size == 0$", "a shortcut not taken"),
    (r"runtime", r"swapped arguments: _product\(a, b\)", "symmetric"),
    (r"runtime", r"^hypot: comparison", "both sides of the border are exact there"),
    (r"runtime", r"^_needs_scaling: (comparison: x\.m|dropped function: bool)", "the border is arbitrary; the result is"
     " only asked whether it is true"),
    (r"runtime", r"^angle: dropped factor: .* → x == 0.0", "at x = 0 < y the angle is π/2 too, and y < 0 does"
     " not occur"),
    (r"runtime", r"^_even_scale: constant \+ 1: 2 → 3", "any power of two brings a and b near enough to 1"),
    (r"runtime", r"^(arc_wedge: .*coefficients\[-1\]|arc_wedge: slice)", "the last"
     " coefficient once more, one power lower: below an ulp"),
    (r"runtime", r"^arc_wedge: constant \+ 1", "the last coefficients are below an ulp"),
    (r"runtime", r"^_arc_wedge_series: constant \+ 1: (40 → 41|16 → 17)", "a term more"),
    (r"runtime", r"^_arc_wedge_series: (dropped function: Fraction|.*terms|sign of a constant: 1 → -1)", "exact all the"
     " same: an integer for a Fraction, zeros that no index reaches"),
    (r"runtime", r"^spread: comparison: c > 0 → c >= 0", "at c = 0 the sum of positive terms is as good"),
)  # fmt: skip


def why_equivalent(module: str, mutant: Mutant) -> str:
    """Why this mutant of a generated module (or of `runtime`) is none; empty if that is not known."""
    return reason(_RULES, module, mutant)


def reason(rules: tuple[Rule, ...], module: str, mutant: Mutant) -> str:
    """The reason of the first rule (module, what the mutant says of itself, reason) that fits; empty if none does.

    What follows " @ " in the second is looked for in the line where the mutant is.
    """
    said = f"{mutant.function or '(module)'}: {mutant.kind}: {mutant.old} → {mutant.new}".replace("\n", " ")
    for modules, pattern, why in rules:
        what, _, where = pattern.partition(" @ ")
        if re.fullmatch(modules, module) and re.search(what, said) and re.search(where, mutant.source):
            return why
    return ""
