"""Survivors of the hand-written code that were looked at: mutants that no test can tell from the original, and why."""

from __future__ import annotations

from tests.mutation.equivalent import Rule, reason
from tests.mutation.operators import Mutant

__all__ = ["why_equivalent"]

_RULES: tuple[Rule, ...] = (  # module, what the mutant says of itself, reason
    (r".*", r"^[\w()]+: swapped arguments: (.*) → \1$", "the two are the same"),
    (r"ndk_sym/(ball_claims|closed_averages|digit_claims|expressions|integrals|statement|truncation|user_activations)",
     r"^\w+: swapped arguments: [\w.()]+\.(atoms|has)\([\w., ]*\) → ", "of an expression: in any order"),
    (r"ndk_sym/statement", r"^steps: constant × .*: 1 → ", "a count is compared with 1"),
    (r"ndk_sym/registry", r"^needed: condition: if name in found.* → if False", "what a step met again needs is looked"
     " up again; there are no circles"),
    (r"ndk_sym/isserlis", r"^moment: sign of a constant: 2 → -2$", "the remainder is only asked whether it is zero"),
    (r"ndk_sym/isserlis", r"^moment: dropped function: sp.Integer\(0\) → 0$", "becomes the same where it is added"),
    (r"ndk_sym/isserlis", r"^average: dropped function: sp.expand", "the same polynomial, expanded where it is used"),
    (r"ndk_sym/program", r"^of_needed: dropped function: set\(", "SymPy returns a set of its own each time"),
    (r"ndk_sym/program", r"^renamed: dropped function: dict", "a dict in every call"),
    (r"ndk_sym/schedule", r"^schedule: constant: True → False$", "only how soon a pool ends after an error"),
    (r"ndk_sym/operators", r"^_inverted: constant × .*: 1 → ", "the difference is expanded, which does the same"),
    (r"ndk_sym/groups", r"^instance: constant × .*: 20 → ", "for sampling: any function of the layer will do"),
    (r"ndk_sym/replicas", r"^continued: dropped term: degree \+ 1 → 1$ @ ^top, below = ", "at n = 0 only the constants"
     " count; the first null vector has no factor n to cancel, or one with lower powers would come before it"),
    (r"ndk_sym/foreign", r"^\(module\): constant \+ 1: 7 → 8$", "a row of a table for a degree that nothing has"),
    (r"ndk_sym/quotients", r"^exact_quotient: constant: True → False$", "all monomials of a ring are equally long"),
    (r"ndk_sym/(kernels|activations/\w+)", r"^\w+: swapped arguments: Hypot\(", "√(x² + y²) is symmetric"),
    (r"ndk_num/pairs", r"^exact_root: sign of a constant: 2 → -2$ @ ^bits = .*max\(", "of one column nothing is added:"
     " another bit is exact too"),
    (r"ndk_num/pairs", r"^exact_root: sign of a constant: 1 → -1$ @ ^determinant = ", "the last of a pair"),
    (r"ndk_num/layer_maps", r"^_in_blocks: swapped arguments: np\.broadcast_shapes\(", "in any order"),
    (r"ndk_sym/trapezoid", r"^_strip: constant × .*: 8 → ", "the step is rounded down to a multiple of 1/1024"),
    (r"ndk_sym/tape", r"^_power: (condition: .* → None if False|comparison: exponent\.q <= 2 → "
     r"exponent\.q < 2$)", "squares and roots do not look at it"),
    (r"ndk_sym/abstract", r"^abstract_instance: (swapped arguments: sp\.Rational\(1, 3\) → .*|constant \+ 1: 2 → 3)$"
     r" @ ^layer_map = ", "for sampling: any function will do that tells its arguments apart, its slope is derived"),
    (r"ndk_sym/abstract", r"^abstract_instance: dropped factor: a / 2 → 2$", "for sampling: any norm will do"),
    (r"ndk_sym/evaluation", r"^is_finite_real: dropped function: bool\(value\.is_finite\(\)\)", "it is a bool"),
    (r"ndk_sym/evaluation", r"^_fold: swapped arguments: function\(first, other\)", "of maxima: in any order"),
    (r"ndk_sym/averages", r"^dual_by_difference: constant \+ 1: 6 → 7$ @ ^average = ", "three digits more than the step"
     " loses are enough for both"),
    (r"ndk_sym/error_map", r"^_measured: constant \+ 1: 1 → 2$ @ nan=-1", "what stands for none is below all errors"),
    (r"ndk_sym/certify", r"^transcription: constant: True → False$ @ ^company = ", "each has all arguments"),
    (r"ndk_sym/activations/monomial", r"^mean: dropped function: int\(self\.power\)", "SymPy's integers divide alike"),
    (r"ndk_sym/activations/\w+", r"^\(module\): dropped function: sp\.Integer\(\d+\)", "of a parameter: a default is"
     " made exact where it is bound, a bound is only compared"),
    (r"ndk_sym/activations/\w+", r"^[\w()]+: constant × .* @ sp\.Integer\(\d", "sp.Integer takes the whole part"),
    (r"ndk_sym/strata", r"^_covariances: constant \+ 1: 250 → 251$", "where points begin that are huge or tiny"),
    (r"ndk_sym/strata", r"^_roots: swapped arguments: .* → _powers\(rng, 0, -300, n\)$", "between the same ends"),
    (r"ndk_sym/strata", r"^parameter_values: .*1\.0 → (2|-1)\.0$", "a parameter without default: in its domain"),
    (r"ndk_sym/strata", r"^_theory_roots: (constant \+ 1: 0\.05|dropped factor: size)", "other points of the domain"),
    (r"ndk_sym/strata", r"^strata: dropped term: SEED \+ 2 → SEED$", "another seed of the parameters"),
    (r"ndk_sym/strata", r"^_theory_histories: constant \+ 1: 1 → 2$", "later times as well"),
    (r"ndk_sym/provider", r"^\(module\): constant \+ 1: 1 → 2$", "one average more is compared"),
    (r"ndk_sym/strata", r"^\w+: (constant × |comparison: rng\.random\(.* < )", "where points are drawn, a little"),
    (r"ndk_sym/bounds", r"^\(module\): constant × .*: 1e-290 → ", "a border between numbers that are not met"),
    (r"ndk_sym/expressions", r"^admissible: constant \+ 1: 0.5 → 1.5$", "one of the points tried, between others"),
    (r"ndk_sym/high_precision", r"^\(module\): constant × .*: 15 → .* @ ^_GUARD", "mpmath takes whole digits"),
    (r"ndk_sym/high_precision", r"^\(module\): constant × .*: 15 → .* @ ^_ROUNDING", "a border that is not met"),
    (r"ndk_sym/high_precision", r"^\(module\): constant \+ 1: 7 → 8$", "one doubling more before it gives up"),
    (r"ndk_sym/numeric", r"^\(module\): constant × .*: 10 → ", "10^400 stands for whatever is beyond all floats"),
    (r"ndk_sym/numeric", r"^_inputs: constant (\+ 1: (2\.0 → 3\.0|10 → 11)$|× .*: 6 → )", "where points are drawn"),
    (r"ndk_sym/numeric", r"^check: (constant \+ 1: 1 → 2|comparison: ratio <= 1 → ratio < 1)$ @ ^if not ratio",
     "whether it ends at once; the worst is judged at the end"),
    (r"ndk_sym/numeric", r"^check: constant \+ 1: 1 → 2$ @ samples\(", "another point in each stratum"),
    (r"ndk_sym/finite_width", r"^averages: constant \+ 1: 4 → 5$ @ for p in range\(4\)", "range(4, 4) is empty; of the"
     " second no entry is in the table"),
    (r"ndk_sym/provider", r"^(provide|_digest): constant: False → True$ @ ensure_ascii", "the same when it is read"),
    (r"ndk_sym/provider", r"^cache_directory: dropped function: str\(Path", "a path of a path is that path"),
    (r"ndk_sym/user_activations", r"^mean: sign of a constant: 2 → -2$", "the remainder is only asked whether it is 0"),
    (r"ndk_sym/user_activations", r"^_admitted: condition: if not _is_polynomial.* → if True", "polynomials are"
     " admissible"),
    (r"ndk_sym/user_activations", r"^_average: dropped condition: n >= k and .* → \(n - k\) % 2 == 0$",
     "what is divided by the factorial of a negative number is 0"),
    (r"ndk_sym/finite_network", r"^\(module\): constant: True → False$", "a letter, replaced at the end"),
    (r"ndk_sym/gaussian", r"^\(module\): constant \+ 1: 15 → 16$", "a digit more"),
    (r"ndk_sym/gaussian", r"^_legendre_rule_at: operator: 1 \+ x → 1 - x$", "Gauss's rule is symmetric"),
    (r"ndk_sym/wick", r"^tilted_averages: dropped term: k - j → -j$ @ ^parts = ", "the list has k entries there"),
    (r"ndk_sym/complex_balls", r"^power: dropped function: int\(rational.p\)", "it is an int"),
    (r"ndk_sym/enclosed_averages", r"^carried_derivative: dropped function: arb\(point\[1\]\)", "both sides are at"
     " the same point, an ulp away"),
    (r"ndk_sym/enclosed_averages", r"^_line: dropped factor: _DIGITS \* bits → bits$", "a wider range than needed"),
)  # fmt: skip


def why_equivalent(module: str, mutant: Mutant) -> str:
    """Why this mutant of a hand-written module is none; empty if that is not known."""
    return reason(_RULES, module, mutant)
