"""Brute force for `replica-mgf`: explicit integrals over fields and weights, and the normalised Markov chain."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from itertools import pairwise

import sympy as sp

from derivations._replica_sums import on_path
from derivations._replica_weights import (
    RATIONAL,
    at_rational,
    chain_value,
    m0,
    m1,
    prior_exponent,
    prior_matrix,
)
from ndk_sym import notation as nt
from ndk_sym.activations import activation, names
from ndk_sym.cases import Cases, summed
from ndk_sym.replicas import (
    ReplicaMatrix,
    continued,
    exact_determinant,
    exact_inverse,
    gaussian_moments,
    quadratic_form,
)
from ndk_sym.statement import Rule, Statement, Step

__all__ = ["HIDDEN", "RATIONAL", "chain_moments", "field_matrix", "kernels", "steps"]

T, lam, kappa, n, i, j = nt.T, nt.lam, nt.kappa, nt.n, nt.i, nt.j
COUNT = sp.Symbol("n", positive=True)
INPUT, LABEL = sp.Rational(6, 5), sp.Rational(-4, 3)  # one training point
TIMES = (2, 3)
HIDDEN = ("readout alone", *(f"one hidden layer, {name}" for name in names(paper=True)))


def field_matrix(same: sp.Matrix, other: sp.Matrix, temperature: sp.Expr) -> ReplicaMatrix:
    """2T + C over times and replicas, from C¹ and C⁰ over times. (SI 20), (SI 30)"""
    times = same.rows
    local = sp.diag(*[2 * temperature + same[t, t] - other[t, t] for t in range(times)])
    causal = sp.Matrix(times, times, lambda t, s: same[t, s] - other[t, s] if t > s else 0)
    common = sp.BlockMatrix([[other, causal], [causal.T, sp.zeros(times, times)]])
    return ReplicaMatrix(local, sp.Matrix(common.as_explicit()))


@cache
def kernels(network: str, times: int) -> tuple[sp.Matrix, sp.Matrix]:
    """C¹ = m¹K¹ and C⁰ = m⁰K⁰ of one training point, as rational numbers (rounded to 12 digits where they are not)."""

    def over_times(weight: sp.Function) -> sp.Matrix:
        return sp.Matrix(
            times, times, lambda t, s: chain_value(weight(max(t, s) + 1, min(t, s) + 1)).xreplace(RATIONAL)
        )

    one, two = over_times(m1), over_times(m0)
    if network == "readout alone":
        return one * INPUT**2, two * INPUT**2
    dual = activation(network.rpartition(" ")[2]).dual

    def kernel(weight: sp.Matrix) -> sp.Matrix:
        def entry(t: int, s: int) -> sp.Rational:
            a, c, b = (x * INPUT**2 for x in (one[t, t], weight[t, s], one[s, s]))
            value = dual(a, c, b)
            return weight[t, s] * (value if value.is_Rational else sp.Rational(str(sp.N(value, 12))))

        return sp.Matrix(times, times, entry)

    return kernel(one), kernel(two)


@cache
def explicit_inverse(network: str, times: int, count: int) -> sp.Matrix:
    """The inverse of 2T + C over all (step, replica), each entry of C as (SI 20) says."""
    one, two = kernels(network, times)

    def entry(row: int, column: int) -> sp.Rational:
        (t, alpha), (s, beta) = divmod(row, count), divmod(column, count)
        return (one if on_path(t, alpha, s, beta, count) else two)[t, s] + 2 * RATIONAL[T] * int(row == column)

    return exact_inverse(sp.Matrix(times * count, times * count, entry))


@cache
def formula_inverse(network: str, times: int, count: int) -> sp.Matrix:
    """The same from the formula for symbolic n."""
    return field_matrix(*kernels(network, times), RATIONAL[T]).inverse(sp.Integer(count)).at(count)


def field_case(network: str, times: int, count: int, row: int, column: int) -> tuple[Rule, ...]:
    """One entry of the inverse, by elimination and from the formula."""
    return (
        (nt.explicit(n), explicit_inverse(network, times, count)[row, column]),
        (nt.formula(n), formula_inverse(network, times, count)[row, column]),
    )


@cache
def propagator(network: str, times: int) -> sp.Matrix:
    """⟨vv⟩ = 𝒜^{−1}(𝒟 − C⁰)𝒜^{−T} of the physical field."""
    one, two = kernels(network, times)
    matrix = field_matrix(one, two, RATIONAL[T])
    forward = exact_inverse(matrix.same + matrix.common[:times, times:])
    return forward * (matrix.same - two) * forward.T


def continued_field(network: str, times: int, t: int, s: int) -> tuple[Rule, ...]:
    """⟨v_t v_s⟩ of the physical replica, continued from explicit inverses, and the propagator."""

    def value(count: int) -> sp.Rational:
        return explicit_inverse(network, times, count)[t * count - 1, s * count - 1]

    rhs = propagator(network, times)[t - 1, s - 1]
    return (nt.v_v(i, j), continued(value, degree=times)), (nt.formula(i, j), rhs)


@cache
def scalar_readout(times: int, count: int) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
    """f = a x: everything over the weights, squared error included, and from the fields; in pairs."""
    exponent, theta = prior_exponent(times, count)
    prior, _, _ = quadratic_form(exponent.xreplace(RATIONAL), theta)
    loss = sp.Add(*((x * INPUT - LABEL) ** 2 for x in theta[1:])) / (4 * RATIONAL[T])
    matrix, force, rest = quadratic_form(exponent.xreplace(RATIONAL) + loss, theta)
    mean = exact_inverse(matrix) * force
    direct = [LABEL - mean[1 + t * count + count - 1] * INPUT for t in range(times)]
    direct += [rest - (force.T * mean)[0] / 2, exact_determinant(matrix) / exact_determinant(prior)]

    number = sp.Integer(count)
    covariance = at_rational(prior_matrix(times, number)).inverse(number)
    shifted = ReplicaMatrix(INPUT**2 * covariance.same + 2 * RATIONAL[T] * sp.eye(times), INPUT**2 * covariance.common)
    solved = shifted.reduced(number)  # ⟨(u, v)(u, v)⟩: what the labels, the same for all replicas, act through
    labels = sp.Matrix([LABEL] * times)
    fields = list(2 * RATIONAL[T] * solved[times:, :times] * labels)
    fields += [(labels.T * solved[:times, :times] * labels)[0] / 2]
    fields += [shifted.determinant(number) / (2 * RATIONAL[T]) ** (times * count)]
    return tuple(zip(direct, fields, strict=True))


def scalar_case(times: int, count: int, which: int) -> tuple[Rule, ...]:
    """One quantity, from the weights and from the fields."""
    direct, fields = scalar_readout(times, count)[which]
    return (nt.explicit(n), direct), (nt.formula(n), fields)


@cache
def chain_moments(times: int) -> tuple[sp.Matrix, sp.Matrix]:
    """Mean and covariance of a_t x under the Markov chain (4), from its normalised transition densities."""
    a = sp.symbols(f"a_0:{times + 1}", real=True)
    exponent = a[0] ** 2 / (2 * nt.sigma02)
    for before, after in pairwise(a):
        energy = (after * INPUT - LABEL) ** 2 / 2 + kappa * after**2 / 2 + lam * (after - before) ** 2 / 2
        curvature = sp.diff(energy, after, 2) / (2 * T)
        (centre,) = sp.solve(sp.diff(energy, after), after)
        exponent += curvature * (after - centre) ** 2 / 2  # the norm of this Gaussian does not depend on `before`
    mean, covariance = gaussian_moments(exponent.xreplace(RATIONAL), a)
    return mean[1:, :] * INPUT, covariance[1:, 1:] * INPUT**2


def chain_rules(times: int, t: int, s: int) -> tuple[Rule, ...]:
    """The chain's moments, and the discrete theory's kernels and propagator, at steps t ≥ s; s = 0 leaves j open."""
    mean, covariance = chain_moments(times)
    one, two = kernels("readout alone", times)
    scale = RATIONAL[lam] / (2 * RATIONAL[T])
    return (
        (i, sp.Integer(t)),
        *(((j, sp.Integer(s)),) if s else ()),
        (sp.Sum, summed),
        (nt.resid, lambda at: LABEL - mean[int(at) - 1]),
        (nt.cov_f, lambda x, y: covariance[int(x) - 1, int(y) - 1]),
        (nt.v_v, lambda x, y: propagator("readout alone", times)[int(x) - 1, int(y) - 1]),
        (nt.K_step, lambda x, y: scale * (one - two)[int(x) - 1, int(y) - 1]),
        (nt.y, LABEL),
        *RATIONAL.items(),
    )


def field_steps() -> Iterator[Step]:
    """The fields for n = 1, 2, 3, …, and continued to n = 0."""
    yield Step(
        Statement(
            id="fields-brute-force",
            title="the formula for symbolic n against explicit inverses: n = 1, 2, 3, two and three steps",
            lhs=nt.explicit(n),
            rhs=nt.formula(n),
            paper="(SI 29), (SI 30)",
        ),
        reason="2T + C over all times and replicas, inverted in rational numbers, for the readout alone and for "
        "one hidden layer through its averaged kernel. Every entry is compared.",
        uses=("reduction",),
        check=Cases(
            tuple(
                (
                    f"{network}, n = {count}, {times} steps, entry ({row}, {column})",
                    partial(field_case, network, times, count, row, column),
                )
                for times in TIMES
                for network in (HIDDEN if times == 2 else (HIDDEN[0], HIDDEN[-1]))
                for count in (1, 2, 3)
                for row in range(times * count)
                for column in range(row + 1)
            )
        ),
    )
    yield Step(
        Statement(
            id="fields-continued",
            title="explicit inverses for n = 1, 2, 3, … continued to n = 0 without any formula",
            lhs=sp.Limit(nt.v_v(i, j), COUNT, 0),
            rhs=nt.formula(i, j),
            paper="(SI 32), (SI 33)",
        ),
        reason="Each entry is a rational function of n; its values at integers determine it. Against "
        "𝒜^{−1}(𝒟 − C⁰)𝒜^{−T}.",
        uses=("propagators", "fields-brute-force"),
        check=Cases(
            tuple(
                (f"{network}, ⟨v_{t} v_{s}⟩ of {times} steps", partial(continued_field, network, times, t, s))
                for network in HIDDEN
                for times, t, s in ((2, 1, 1), (2, 2, 1), (2, 2, 2), (3, 3, 1))
                if times == 2 or network in (HIDDEN[0], HIDDEN[-1])
            )
        ),
    )


def weights_step() -> Step:
    """The fields against the weights they stand for."""
    return Step(
        Statement(
            id="scalar-readout",
            title="f = ax with its squared error: integration over all weights against the fields, n = 1, 2, 3",
            lhs=nt.explicit(n),
            rhs=nt.formula(n),
            paper="(SI 13)–(SI 19), (SI 29)",
        ),
        reason="All means, the exponent and the determinant of the replicated integral over (Θ₀, Θ_t^α), squared error "
        "included, against what the fields give; two and three steps.",
        uses=("hubbard-stratonovich", "weights-brute-force", "fields-brute-force"),
        check=Cases(
            tuple(
                (f"{name}, n = {count}, {times} steps", partial(scalar_case, times, count, which))
                for times in TIMES
                for count in (1, 2, 3)
                for which, name in enumerate((*(f"mean {t + 1}" for t in range(times)), "exponent", "determinant"))
            )
        ),
    )


def chain_steps() -> Iterator[Step]:
    """The limit against the Markov chain itself."""
    places = tuple((times, t, s) for times in TIMES for t in range(1, times + 1) for s in range(1, t + 1))
    yield Step(
        Statement(
            id="chain-covariance",
            title="n → 0 is the Markov chain: the covariance of f = ax over two and three steps",
            lhs=nt.cov_f(i, j),
            rhs=2 * T * sp.KroneckerDelta(i, j) - 4 * T**2 * nt.v_v(i, j),
            paper="(SI 12), (SI 32), (SI 33)",
        ),
        reason="The chain with its normalised transition densities, no replicas, against ⟨vv⟩; a field of weight "
        "e^{−Tv²−ivx} has the mean −ix/2T and the variance 1/2T.",
        uses=("propagators", "scalar-readout"),
        check=Cases(tuple((f"steps {t}, {s} of {times}", partial(chain_rules, times, t, s)) for times, t, s in places)),
    )
    yield Step(
        Statement(
            id="chain-mean",
            title="n → 0 is the Markov chain: the mean of f = ax over two and three steps",
            lhs=nt.resid(i),
            rhs=nt.y - sp.Sum(nt.K_step(i, j) * nt.resid(j), (j, 1, i)) / lam,
            paper="(SI 12), (SI 32), (SI 33)",
        ),
        reason="The mean of v is i(y − f̄), and the labels act through ⟨vu⟩ = 𝒜^{−1}: 𝒜 = 2T(1 + K^d/λ).",
        uses=("propagators", "scalar-readout"),
        check=Cases(
            tuple((f"step {t} of {times}", partial(chain_rules, times, t, 0)) for times, t, s in places if s == 1)
        ),
    )


def steps() -> Iterator[Step]:
    """Fields, weights and the chain itself."""
    yield from field_steps()
    yield weights_step()
    yield from chain_steps()
