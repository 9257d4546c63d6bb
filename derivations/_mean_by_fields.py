"""Steps of mean-predictor that integrate the fields of a few steps out one by one, by completing squares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial

import sympy as sp

from derivations._mean_letters import R_T, C_star_T, D_star_T, covariance, log_M, mean, source
from ndk_sym import notation as nt
from ndk_sym.cases import Case, Cases
from ndk_sym.fields import Action, MatrixCases
from ndk_sym.statement import Rule, Statement, Step

i, j, lam, y, f = nt.i, nt.j, nt.lam, nt.y, nt.f
D_star, R, C, C_star, C_test, Y = nt.D_star, nt.R, nt.C, nt.C_star, nt.C_test, nt.Y
kernel = sp.Function("K^d", real=True)


def _symbols(name: str, *, full: bool = False) -> sp.Matrix:
    """Two steps of a kernel, every entry a symbol; causal unless `full`."""
    return sp.Matrix(2, 2, lambda a, b: sp.Symbol(f"{name}_{a + 1}{b + 1}", real=True) if full or a >= b else 0)


def _numbers(steps: int, inputs: int, seed: int) -> sp.Matrix:
    """A causal kernel over steps, with the given number of inputs on its right."""
    return sp.Matrix(
        steps, steps * inputs, lambda a, b: sp.Rational(3 + seed + 2 * a - b, 4 + b) if b // inputs <= a else 0
    )


@cache
def action(steps: int, inputs: int) -> Action:
    """Explicit coefficients: all symbols for two steps and one input; else rational kernels and the symbol λ."""
    if (steps, inputs) == SIZES[0]:
        cross = _symbols("c", full=True)
        C_tests = _symbols("g", full=True)
        return Action(
            D=_symbols("k") / lam,
            D_star=_symbols("q") / lam,
            C=cross.lower_triangular() + cross.lower_triangular(-1).T,
            C_star=_symbols("p", full=True),
            C_test=C_tests.lower_triangular() + C_tests.lower_triangular(-1).T,
        )
    size = steps * inputs
    prior = sp.Matrix(size, size, lambda a, b: sp.Rational(2, 1 + abs(a - b)) + int(a == b))
    rows = [_numbers(steps, inputs, seed) for seed in range(inputs)]
    blocks = sp.Matrix(size, size, lambda a, b: rows[a % inputs][a // inputs, b])
    return Action(
        D=blocks / lam,
        D_star=_numbers(steps, inputs, 7) / lam,
        C=prior,
        C_star=sp.Matrix(steps, size, lambda a, b: sp.Rational(a - 2 * b + 1, 3)),
        C_test=prior[:steps, :steps],
    )


front, det = sp.symbols("c d", positive=True)
SIZES = ((2, 1), (3, 1), (2, 2))


def _name(steps: int, inputs: int) -> str:
    kernels = "all kernels symbolic" if (steps, inputs) == SIZES[0] else "rational kernels"
    return f"{steps} steps, P = {inputs} ({kernels})"


@cache
def integrated(steps: int, inputs: int) -> tuple[sp.Matrix, sp.Matrix, sp.Expr]:
    """M(ℓ) by completing squares; computed once, when a check first asks for it."""
    return action(steps, inputs).generating_function()


def _labels(count: int) -> sp.Matrix:
    return sp.Matrix(sp.symbols(f"y_1:{count + 1}", real=True))


def generating_rules(steps: int, inputs: int) -> Iterable[Rule]:
    """The letters of `generating-function` for explicit steps and inputs."""
    kernels, (linear, quadratic, _) = action(steps, inputs), integrated(steps, inputs)
    labels, ell = _labels(steps * inputs), sp.Matrix(sp.symbols(f"ell_1:{steps + 1}", real=True))
    exponent = ell.T * linear * labels + ell.T * quadratic * ell / 2
    resolvent = (sp.eye(steps * inputs) + kernels.D).inv()
    strength = lam if (steps, inputs) == SIZES[0] else sp.Integer(3)  # explicit, where the matrices are large
    matrices = {
        log_M: exponent, source: ell, Y: labels, C: kernels.C, C_star: kernels.C_star, C_test: kernels.C_test,
        D_star: kernels.D_star, R: resolvent, C_star_T: kernels.C_star.T, D_star_T: kernels.D_star.T, R_T: resolvent.T,
    }  # fmt: skip
    return [(letter, sp.ImmutableMatrix(matrix.subs(lam, strength))) for letter, matrix in matrices.items()]


def norm_rules(steps: int, inputs: int) -> Iterable[Rule]:
    """The factor in front, squared, and the determinant of 1 + D."""
    kernels = action(steps, inputs)
    factor = integrated(steps, inputs)[2]
    determinant = (sp.eye(steps * inputs) + kernels.D).det()
    return [(front**2, factor), (det, determinant)]


@cache
def training_means(steps: int, of: int) -> sp.Matrix:
    """The mean on one training input at each of the first `steps` of `of` steps, from ∂ log M/∂ℓ."""
    kernels = action(of, 1)
    NDK, prior = kernels.D[:steps, :steps], kernels.C[:steps, :steps]
    # the training input itself as the test point
    linear, _, _ = Action(NDK, NDK, prior, prior, prior).generating_function()
    return linear * sp.Matrix([y] * steps)


def mean_rules(steps: int, at: int) -> Iterable[Rule]:
    """The mean at every step, and the kernel's entries."""
    kernels, values = action(steps, 1), training_means(steps, steps)
    rules: list[Rule] = [(i, sp.Integer(at)), (sp.Sum, lambda term, limits: sp.Sum(term, limits).doit())]
    rules += [(f(a + 1), values[a]) for a in range(steps)]
    rules += [(kernel(a + 1, b + 1), lam * kernels.D[a, b]) for a in range(steps) for b in range(a + 1)]
    return rules


def explicit_steps() -> Iterator[Step]:
    """A few steps, integrated out one field after the other."""
    yield Step(
        Statement(
            id="generating-function",
            title="W = log M(ℓ) for 2 and 3 steps, P = 1 and 2",
            lhs=log_M,
            rhs=sp.transpose(source) * mean + sp.transpose(source) * covariance * source / 2,
            paper="(SI 32)–(SI 35)",
        ),
        reason="Every u and v integrated out in turn by completing its square; no inverse, no point of rest.",
        uses=("slope",),
        check=MatrixCases(tuple((_name(*size), partial(generating_rules, *size)) for size in SIZES)),
    )
    yield Step(
        Statement(
            id="normalisation",
            title="M(0) = 1, with the determinant of 1 + D that belongs to the fields' measure",
            lhs=det**2 * front**2,
            rhs=sp.Integer(1),
            paper="(6), (SI 32)",
        ),
        reason="c = ∫∏ du dv/(2πi) e^{−S} at ℓ = 0 for every Y, and d = det(1 + D) = ∏_t det(1 + K^{d,L}_{t,t}/λ).",
        uses=("generating-function",),
        check=Cases(tuple((_name(*size), partial(norm_rules, *size)) for size in SIZES)),
    )
    cases: list[Case] = [
        (f"t = {at} of {steps} steps", partial(mean_rules, steps, at)) for steps in (2, 3) for at in range(1, steps + 1)
    ]
    yield Step(
        Statement(
            id="discrete-rule",
            title="the mean predictor at finite λ, for 2 and 3 steps",
            lhs=f(i),
            rhs=sp.Sum(kernel(i, j) * (y - f(j)), (j, 1, i)) / lam,
            paper="(SI 35)–(SI 37)",
        ),
        reason="∂ log M/∂ℓ_t at ℓ = 0 from the integrated fields; the rule is implicit, for s = t is in the sum.",
        uses=("generating-function",),
        check=Cases(tuple(cases)),
    )
    yield from causal_steps()


def causal_steps() -> Iterator[Step]:
    """The rule solved for the newest value, and what it does not depend on."""
    earlier, newest = sp.Symbol("A_t", real=True), sp.Symbol("K_tt", positive=True)
    solved = (lam * earlier + newest * y) / (lam + newest)
    yield Step(
        Statement(
            id="implicit",
            title="the rule solved for the newest value",
            lhs=solved,
            rhs=earlier + newest * (y - solved) / lam,
            paper="(SI 35)–(SI 37)",
        ),
        reason="A_t is the sum over s < t and K_tt = K^{d,L}_{t,t}; each step divides by 1 + K_tt/λ, never by zero.",
        uses=("discrete-rule",),
    )
    yield Step(
        Statement(
            id="causality",
            title="the mean at step t does not know later kernels",
            lhs=sp.Function("fbar_3", real=True)(i),
            rhs=sp.Function("fbar_2", real=True)(i),
        ),
        reason="The first two values of a chain of 3 steps are those of the chain of 2 steps cut from it.",
        uses=("discrete-rule",),
        check=Cases(tuple((f"t = {at}", partial(cut_rules, at)) for at in (1, 2))),
    )


def cut_rules(at: int) -> Iterable[Rule]:
    """One mean from three steps and from the first two of them."""
    values = {"fbar_3": training_means(3, 3), "fbar_2": training_means(2, 3)}
    return [(sp.Function(name, real=True)(i), means[at - 1]) for name, means in values.items()]
