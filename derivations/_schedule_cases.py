"""Chains whose λ, T and κ change from step to step, written out in full: explicit cases of `proximal-schedules`."""

from __future__ import annotations

from functools import cache, partial

import sympy as sp

from derivations._replica_sums import on_path, replicated_action
from ndk_sym import notation as nt
from ndk_sym.activations import activation
from ndk_sym.cases import Case, summed
from ndk_sym.replicas import continued, exact_inverse, gaussian_moments
from ndk_sym.statement import Rule

__all__ = [
    "FIELDS", "action_cases", "constant_cases", "continued_weights", "field_cases", "prior_cases", "regression_cases",
]  # fmt: skip

STEPS = 3
LAM, KAPPA, HEAT = ((0, *sp.symbols(f"{name}_1:{STEPS + 1}", positive=True)) for name in ("lambda", "kappa", "T"))
# the same as numbers, for what is inverted with replicas
NUMBERS = {
    **dict(zip(LAM[1:], (sp.Rational(7, 2), sp.Rational(2, 3), sp.Integer(5)), strict=True)),
    **dict(zip(KAPPA[1:], (sp.Rational(4, 5), sp.Rational(1, 3), sp.Rational(6, 7)), strict=True)),
    **dict(zip(HEAT[1:], (sp.Rational(2, 3), sp.Rational(9, 4), sp.Rational(1, 5)), strict=True)),
    nt.sigma02: sp.Rational(5, 3),
}
DECAYS = tuple((x, NUMBERS[x]) for x in KAPPA[1:])  # fewer symbols in the chain that is inverted
COUNT = sp.Symbol("n", positive=True)
INPUT, LABEL = sp.Rational(6, 5), sp.Rational(-4, 3)  # one training point
FIELDS = ("readout alone", "one hidden layer, linear", "one hidden layer, relu", "one hidden layer, erf")


def memory(step: int) -> sp.Expr:
    """λ̃ of one step."""
    return LAM[step] / (LAM[step] + KAPPA[step])


def share(steps: int) -> sp.Expr:
    """The product of λ̃ over the first steps."""
    return sp.Mul(*(memory(step) for step in range(1, steps + 1)))


def variance(steps: int) -> sp.Expr:
    """m_{j,j} by its recurrence."""
    value: sp.Expr = nt.sigma02
    for step in range(1, steps + 1):
        value = memory(step) ** 2 * value + 2 * HEAT[step] / (LAM[step] + KAPPA[step])
    return value


def same(later: int, earlier: int) -> sp.Expr:
    """m¹ at two steps."""
    return share(later) / share(earlier) * variance(earlier)


def other(later: int, earlier: int) -> sp.Expr:
    """m⁰ at two steps."""
    return share(later) / share(earlier) * memory(earlier) ** 2 * variance(earlier - 1)


def places(later: int, earlier: int) -> tuple[Rule, ...]:
    """The steps, and the recurrences carried out to them."""
    return (
        (nt.i, sp.Integer(later)),
        (nt.j, sp.Integer(earlier)),
        (nt.kept, lambda step: share(int(step))),
        (nt.variance_at, lambda step: variance(int(step))),
    )


def exponent(count: int, times: int = STEPS) -> tuple[sp.Expr, list[sp.Symbol]]:
    """−log of the replicated prior of one weight, and its variables: Θ₀, then (step, replica); the last is physical."""
    before = start = sp.Symbol("theta_0", real=True)
    total, variables = start**2 / (2 * nt.sigma02), [start]
    for step in range(1, times + 1):
        replicas = sp.symbols(f"theta_{step}_1:{count + 1}", real=True)
        total += sp.Add(*(KAPPA[step] * x**2 + LAM[step] * (x - before) ** 2 for x in replicas)) / (4 * HEAT[step])
        before = replicas[-1]
        variables += replicas
    return total, variables


@cache
def chain_covariance() -> sp.Matrix:
    """Covariance of Θ_0 … Θ_3, from the transition densities with their norms: exact linear algebra."""
    total, variables = exponent(1)
    for step, before in enumerate(variables[:-1], 1):
        # −log of the norm of a transition, up to a constant
        total -= KAPPA[step] * LAM[step] * before**2 / (4 * HEAT[step] * (KAPPA[step] + LAM[step]))
    return exact_inverse(sp.hessian(total.xreplace(dict(DECAYS)), variables).applyfunc(sp.cancel))


def chain_rules(later: int, earlier: int) -> tuple[Rule, ...]:
    """One covariance of the chain."""
    return *places(later, earlier), (nt.m1(later, earlier), chain_covariance()[later, earlier]), *DECAYS


def prior_cases() -> tuple[Case, ...]:
    """Every pair of steps of the chain of three."""
    pairs = [(later, earlier) for later in range(STEPS + 1) for earlier in range(later + 1)]
    return tuple((f"({later}, {earlier})", partial(chain_rules, later, earlier)) for later, earlier in pairs)


def constant_rules(later: int, earlier: int) -> tuple[Rule, ...]:
    """λ, T and κ the same in every step."""
    equal = [(x, value) for row, value in ((LAM, nt.lam), (KAPPA, nt.kappa), (HEAT, nt.T)) for x in row[1:]]
    return *places(later, earlier), *equal


def constant_cases() -> tuple[Case, ...]:
    """The pairs of three equal steps."""
    pairs = [(later, earlier) for later in range(STEPS + 1) for earlier in range(later + 1)]
    return tuple((f"({later}, {earlier})", partial(constant_rules, later, earlier)) for later, earlier in pairs)


@cache
def replicated_covariance(times: int, count: int) -> sp.Matrix:
    """Covariance over (step, replica) for n replicas, as rational numbers."""
    total, variables = exponent(count, times)
    return gaussian_moments(total.xreplace(NUMBERS), variables)[1][1:, 1:]


def weight_rules(times: int, t: int, alpha: str, s: int, beta: str) -> tuple[Rule, ...]:
    """One entry continued to n = 0 from its values at n = 2, 3, …, and m¹ or m⁰."""

    def value(count: int) -> sp.Rational:
        place = {"physical": count - 1, "other": 0}
        return replicated_covariance(times, count)[(t - 1) * count + place[alpha], (s - 1) * count + place[beta]]

    one = alpha == beta == "physical" if t == s else beta == "physical"
    target = (same if one else other)(t, s).xreplace(NUMBERS)
    return (nt.m_n(nt.i, nt.j), continued(value, degree=times, start=2)), (nt.m_ab(nt.i, nt.j), target)


def continued_weights() -> tuple[Case, ...]:
    """Entries (step, replica; step, replica) of two and three steps."""
    chosen = (
        (2, 2, "physical", 1, "physical"), (2, 2, "physical", 1, "other"), (2, 2, "physical", 2, "other"),
        (3, 3, "other", 1, "physical"), (3, 3, "other", 2, "other"), (3, 2, "physical", 2, "physical"),
    )  # fmt: skip
    return tuple(
        (f"({t}, {a}; {s}, {b}) of {n} steps", partial(weight_rules, n, t, a, s, b)) for n, t, a, s, b in chosen
    )


def action_rules(count: int, times: int) -> tuple[Rule, ...]:
    """The replicated action with a temperature for each step."""
    return *replicated_action(count, times, lambda t: HEAT[t]), (nt.T_step, lambda t: HEAT[int(t)])


def action_cases() -> tuple[Case, ...]:
    """Two and three replicas and steps."""
    return tuple((f"n = {n}, {times} steps", partial(action_rules, n, times)) for times in (2, 3) for n in (2, 3))


@cache
def predictors(network: str) -> tuple[sp.Matrix, sp.Matrix]:
    """C¹ and C⁰ of one training point at steps 1 … 3, as rational numbers (rounded to 12 digits where they are not)."""

    def value(weight: sp.Rational, t: int, s: int) -> sp.Rational:
        if network == FIELDS[0]:
            return weight * INPUT**2
        a, c, b = (x * INPUT**2 for x in (same(t, t).xreplace(NUMBERS), weight, same(s, s).xreplace(NUMBERS)))
        kernel = activation(network.rpartition(" ")[2]).dual(a, c, b)
        return weight * (kernel if kernel.is_Rational else sp.Rational(str(sp.N(kernel, 12))))

    def over_steps(weight: object) -> sp.Matrix:
        def entry(row: int, column: int) -> sp.Rational:
            t, s = max(row, column) + 1, min(row, column) + 1
            return value(weight(t, s).xreplace(NUMBERS), t, s)  # type: ignore[operator]

        return sp.Matrix(STEPS, STEPS, entry)

    return over_steps(same), over_steps(other)


@cache
def residuals(network: str, count: int) -> sp.Matrix:
    """2T times the physical fields when the labels act on all replicas: the mean of y − f̄ as n → 0."""
    one, two = predictors(network)

    def entry(row: int, column: int) -> sp.Rational:
        (t, alpha), (s, beta) = divmod(row, count), divmod(column, count)
        kernel = (one if on_path(t, alpha, s, beta, count) else two)[t, s]
        return kernel + 2 * HEAT[t + 1].xreplace(NUMBERS) * int(row == column)

    size = STEPS * count
    fields = exact_inverse(sp.Matrix(size, size, entry)) * sp.Matrix([LABEL] * size)
    return sp.Matrix([2 * HEAT[t].xreplace(NUMBERS) * fields[t * count - 1] for t in range(1, STEPS + 1)])


def field_rules(network: str, t: int) -> tuple[Rule, ...]:
    """The residual of each step, continued to n = 0 from explicit replicas, and the covariances of the predictors."""
    one, two = predictors(network)

    def residual(step: sp.Integer) -> sp.Rational:
        return continued(lambda count: residuals(network, count)[int(step) - 1], degree=STEPS)

    return (
        (nt.i, sp.Integer(t)),
        (sp.Sum, summed),
        (nt.resid, residual),
        (nt.C_same, lambda x, z: one[int(x) - 1, int(z) - 1]),
        (nt.C_other, lambda x, z: two[int(x) - 1, int(z) - 1]),
        (nt.T_step, lambda step: HEAT[int(step)].xreplace(NUMBERS)),
        (nt.y, LABEL),
    )


def field_cases() -> tuple[Case, ...]:
    """Every step of every network."""
    return tuple((f"{name}, step {t}", partial(field_rules, name, t)) for name in FIELDS for t in range(1, STEPS + 1))


def regression_rules(step: int) -> tuple[Rule, ...]:
    """The chain of f = Θx with its squared error: step by step the minimum of a quadratic energy."""
    x, theta = sp.Symbol("x", positive=True), sp.Symbol("theta", real=True)
    means: list[sp.Expr] = [sp.S(0)]
    for r in range(1, step + 1):
        energy = (x * theta - nt.y) ** 2 / 2 + KAPPA[r] * theta**2 / 2 + LAM[r] * (theta - means[-1]) ** 2 / 2
        means.append(sp.cancel(sp.solve(sp.diff(energy, theta), theta)[0]))
    return (
        (nt.i, sp.Integer(step)),
        (sp.Sum, summed),
        (nt.resid, lambda r: nt.y - x * means[int(r)]),
        (nt.C_same, lambda t, s: same(int(t), int(s)) * x**2),
        (nt.C_other, lambda t, s: other(int(t), int(s)) * x**2),
        (nt.T_step, lambda r: HEAT[int(r)]),
    )


def regression_cases() -> tuple[Case, ...]:
    """Three steps."""
    return tuple((f"step {step}", partial(regression_rules, step)) for step in range(1, STEPS + 1))
