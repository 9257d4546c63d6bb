"""Covariance of the replicated weights under the prior: m¹ and m⁰, (SI 20)–(SI 21). Steps of `replica-mgf`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.cases import Cases
from ndk_sym.prior import proximal_other_replica, proximal_parameters, proximal_same_replica
from ndk_sym.replicas import ReplicaMatrix, continued, gaussian_moments
from ndk_sym.statement import Rule, Statement, Step, domain, unfolded

__all__ = ["brute_covariance", "prior_exponent", "prior_matrix", "steps"]

T, lam, kappa, n = nt.T, nt.lam, nt.kappa, nt.n
i, j = nt.i, nt.j
COUNT = sp.Symbol("n", positive=True)  # the number of replicas, as a real number
PARAMETERS = (*proximal_parameters().items(), (nt.sigma2, T / kappa))
precision, link = (lam + kappa) / (2 * T), lam / (2 * T)
RATIONAL = {T: sp.Rational(2, 3), lam: sp.Rational(7, 2), kappa: sp.Rational(4, 5), nt.sigma02: sp.Rational(5, 3)}
m0, m1 = nt.m0, nt.m1


def prior_matrix(times: int, count: sp.Expr) -> ReplicaMatrix:
    """Precision of the replicated weights at steps 1 … times, with Θ₀ integrated out."""
    same = precision * sp.eye(times)
    start = sp.zeros(times, times)
    start[0, 0] = -(link**2) / (1 / nt.sigma02 + count * link)
    down = sp.Matrix(times, times, lambda t, s: -link if t == s + 1 else 0)
    ends = sp.diag(*[count * link if t < times - 1 else 0 for t in range(times)])
    return ReplicaMatrix(same, sp.Matrix(sp.BlockMatrix([[start, down], [down.T, ends]]).as_explicit()))


def prior_exponent(times: int, count: int) -> tuple[sp.Expr, list[sp.Symbol]]:
    """Return −log of the replicated prior of one weight, and its variables: Θ₀, then (step, replica)."""
    start = sp.Symbol("theta_0", real=True)
    theta = [sp.symbols(f"theta_{t}_1:{count + 1}", real=True) for t in range(1, times + 1)]
    exponent = start**2 / (2 * nt.sigma02)
    before = start
    for replicas in theta:
        exponent += sp.Add(*(kappa * x**2 + lam * (x - before) ** 2 for x in replicas)) / (4 * T)
        before = replicas[-1]  # all replicas start from the physical one
    return exponent, [start, *(x for replicas in theta for x in replicas)]


@cache
def brute_covariance(times: int, count: int) -> sp.Matrix:
    """Return the covariance over (step, replica) at steps 1 … times, by inverting the whole precision matrix."""
    exponent, variables = prior_exponent(times, count)
    return gaussian_moments(exponent.xreplace(RATIONAL), variables)[1][1:, 1:]


@cache
def by_chain() -> tuple[Rule, ...]:
    """m¹ and m⁰ at later step i and earlier step j, (SI 21)."""
    later = (sp.Abs(i - j), i - j)
    return tuple(
        (function, sp.Lambda((i, j), source(i, j).xreplace(dict([later]))))
        for function, source in ((m1, proximal_same_replica), (m0, proximal_other_replica))
    )


def row_steps() -> Iterator[Step]:
    """For n → 0, any number of steps: precision times covariance is the identity, row by row."""
    given = (*by_chain(), *PARAMETERS)
    gap = lambda t, s: m1(t, s) - m0(t, s)  # noqa: E731
    rows = (
        ("row-later", "rows i > j, along 1 1ᵀ", precision * m0(i, j), link * m0(i - 1, j), "(i − 1, j) feeds (i, j)."),
        (
            "row-later-same",
            "rows i > j, along 1 eᵀ",
            precision * gap(i, j),
            link * gap(i - 1, j),
            "The same for m¹ − m⁰.",
        ),
        ("row-diagonal", "rows i = j, the unit matrix", precision * gap(i, i), sp.Integer(1), "What one step adds."),
        (
            "row-earlier",
            "rows j ≤ i, along 1 1ᵀ: where replicas part",
            precision * m0(i, j),
            link * m1(i, j - 1),
            "Replicas at step j share the physical weights of step j − 1.",
        ),
        (
            "row-start",
            "the row of the initial weights",
            m1(i, 0) / nt.sigma02,
            link * gap(i, 1),
            "The precision of Θ₀ is 1/σ₀², as n → 0.",
        ),
    )
    for id, title, left, right, reason in rows:
        yield Step(
            Statement(
                id=id,
                title=f"precision times covariance of the replicated weights as n → 0: {title}",
                lhs=left,
                rhs=right,
                paper="(SI 20), (SI 21)",
                given=given,
                domain=domain(where=(j < i, j > 0)),
            ),
            reason=f"{reason} With 1ᵀ1 = n → 0 nothing comes back from later steps.",
            uses=("prior-statistics/chain", "replica-integral"),
        )


PAIRS = (
    ("the same replica", {"alpha": False, "beta": False, "equal": True}),
    ("two other replicas", {"alpha": False, "beta": False, "equal": False}),
    ("later physical", {"alpha": True, "beta": False, "equal": False}),
    ("earlier physical", {"alpha": False, "beta": True, "equal": False}),
    ("both physical", {"alpha": True, "beta": True, "equal": True}),
)


def symbolic_steps() -> Iterator[Step]:
    """Two and three steps with a symbolic number of replicas."""
    for times in (2, 3):
        cases = tuple(
            (f"steps {t + 1}, {s + 1}, {name}", partial(symbolic_case, times, t, s, pair))
            for t in range(times)
            for s in range(t + 1)
            for name, pair in PAIRS
        )
        yield Step(
            Statement(
                id=f"weights-{times}-steps",
                title=f"the covariance for a symbolic number of replicas, as n → 0: {times} steps, every pair"
                + (", at rational λ, κ, T, σ₀²" if times > 2 else ""),
                lhs=sp.Subs(nt.m_n(i, j), COUNT, 0),
                rhs=nt.m_ab(i, j),
                paper="(SI 20), (SI 21)",
            ),
            reason="Inverse of the replica-symmetric precision for symbolic n (Woodbury), at n = 0, against (SI 21).",
            uses=("row-later", "row-later-same", "row-diagonal", "row-earlier", "row-start"),
            check=Cases(cases, method="replica-symmetric inverse"),
        )


@cache
def symbolic_inverse(times: int) -> ReplicaMatrix:
    """The covariance of the replicated weights for a symbolic number of replicas."""
    return at_rational(prior_matrix(times, COUNT), symbolic=times < 3).inverse(COUNT)


def at_rational(matrix: ReplicaMatrix, *, symbolic: bool = False) -> ReplicaMatrix:
    """The matrix with rational numbers for λ, κ, T and σ₀²; with `symbolic` as it is."""
    if symbolic:
        return matrix
    return ReplicaMatrix(matrix.same.xreplace(RATIONAL), matrix.common.xreplace(RATIONAL))


def symbolic_case(times: int, t: int, s: int, pair: Mapping[str, bool]) -> tuple[Rule, ...]:
    """One entry of the inverse for symbolic n, and the entry of (SI 20)–(SI 21) that it should become."""
    value = symbolic_inverse(times).entry(t, s, **pair)
    same = pair["equal"] if t == s else pair["beta"]
    target = chain_value((m1 if same else m0)(t + 1, s + 1))
    return (nt.m_n(i, j), value), (nt.m_ab(i, j), target if times < 3 else target.xreplace(RATIONAL))


def chain_value(expr: sp.Expr) -> sp.Expr:
    """Insert (SI 21)."""
    return unfolded(expr, (*by_chain(), *PARAMETERS))


def brute_steps() -> Iterator[Step]:
    """Explicit inverses for n = 1, 2, 3; and their continuation to n = 0."""
    cases = tuple(
        (f"n = {count}, {times} steps, entry ({row}, {column})", partial(brute_case, times, count, row, column))
        for times in (2, 3)
        for count in (1, 2, 3)
        for row in range(times * count)
        for column in range(row + 1)
    )
    yield Step(
        Statement(
            id="weights-brute-force",
            title="the formula for symbolic n against explicit integration for n = 1, 2, 3 and two or three steps",
            lhs=nt.explicit(n),
            rhs=nt.formula(n),
            paper="(SI 20)",
        ),
        reason="The whole precision matrix, Θ₀ included, is inverted in rational numbers. Every entry is compared.",
        uses=("weights-2-steps", "weights-3-steps"),
        check=Cases(cases),
    )
    continuations = tuple(
        (f"({t}, {alpha}; {s}, {beta}) of {times} steps", partial(continued_case, times, t, alpha, s, beta))
        for times, t, alpha, s, beta in (
            (2, 2, "physical", 1, "physical"), (2, 2, "physical", 1, "other"), (2, 2, "physical", 2, "other"),
            (3, 3, "other", 1, "physical"), (3, 3, "other", 2, "other"), (3, 2, "physical", 2, "physical"),
        )
    )  # fmt: skip
    yield Step(
        Statement(
            id="weights-continued",
            title="explicit inverses for n = 2, 3, 4, … continued to n = 0 without any formula",
            lhs=sp.Limit(nt.m_n(i, j), COUNT, 0),
            rhs=nt.m_ab(i, j),
            paper="(SI 20), (SI 21)",
        ),
        reason="Each entry of the inverse is a rational function of n; its values at integers determine it. "
        "Entries are (step, replica; step, replica).",
        uses=("weights-brute-force",),
        check=Cases(continuations),
    )


@cache
def formula_inverse(times: int, count: int) -> sp.Matrix:
    """The covariance from the formula for symbolic n, at n = count."""
    number = sp.Integer(count)
    return at_rational(prior_matrix(times, number)).inverse(number).at(count)


def brute_case(times: int, count: int, row: int, column: int) -> tuple[Rule, ...]:
    """One entry of the covariance, from the explicit inverse and from the formula."""
    return (
        (nt.explicit(n), brute_covariance(times, count)[row, column]),
        (nt.formula(n), formula_inverse(times, count)[row, column]),
    )


def continued_case(times: int, t: int, alpha: str, s: int, beta: str) -> tuple[Rule, ...]:
    """One entry continued from explicit inverses, and what (SI 20)–(SI 21) say."""

    def value(count: int) -> sp.Rational:
        place = {"physical": count - 1, "other": 0}
        return brute_covariance(times, count)[(t - 1) * count + place[alpha], (s - 1) * count + place[beta]]

    same = alpha == beta == "physical" if t == s else beta == "physical"
    target = chain_value((m1 if same else m0)(t, s)).xreplace(RATIONAL)
    return (nt.m_n(i, j), continued(value, degree=times, start=2)), (nt.m_ab(i, j), target)


def steps() -> Iterator[Step]:
    """Any number of steps as n → 0, a symbolic n, explicit n."""
    yield from row_steps()
    yield from symbolic_steps()
    yield from brute_steps()
