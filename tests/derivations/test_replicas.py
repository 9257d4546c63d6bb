"""The replica calculation: what is proved, and that the mistakes a person would make in it are found."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from derivations import _replica_brute as brute
from derivations import _replica_fields as fields
from derivations import _replica_sums as sums
from derivations import _replica_weights as weights
from derivations import replica_mgf
from ndk_sym import notation as nt
from ndk_sym import replicas
from ndk_sym.integrals import Antiderivative
from ndk_sym.replicas import ReplicaMatrix
from ndk_sym.statement import Status
from tests.derivations.defects import decide, step, with_lhs, with_rhs, with_rule

FALSE, PROVED = Status.FALSE, Status.PROVED
T, lam, kappa, n, i, j = nt.T, nt.lam, nt.kappa, nt.n, nt.i, nt.j
STEPS = 30


def of(id):
    return step(id, replica_mgf)


def without_caches():
    for module in (brute, fields, sums, weights):
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()


@pytest.fixture
def rebuilt(monkeypatch):
    """Damage some functions, then decide steps that are built anew; nothing remembered before or after."""

    def decided(ids, *changes):
        for module, name, value in changes:
            monkeypatch.setattr(module, name, value)
        without_caches()
        found = {one.id: one for one in replica_mgf.DERIVATION.build()}
        return [decide(found[id]) for id in ids]

    yield decided
    monkeypatch.undo()
    without_caches()


def test_every_step_holds_as_it_stands():
    found = {one.id: decide(one) for one in replica_mgf.DERIVATION.steps}
    assert len(found) == STEPS
    weaker = {id: status for id, status in found.items() if status is not PROVED}
    assert weaker == {"hubbard-stratonovich": Status.NUMERIC}


# -- statements -------------------------------------------------------------------------------------------------------

m0, m1, K = nt.m0, nt.m1, nt.K_step


@pytest.mark.parametrize(
    ("id", "change"),
    [
        ("replica-limit", lambda e: e**2),
        ("replica-integral", lambda e: e.xreplace({n: n - 1})),
        ("replica-integral", lambda e: e.xreplace({T: 2 * T})),
        ("field-norm", lambda e: e.xreplace({T: 2 * T})),
        ("field-equation", lambda e: e.xreplace({T: 2 * T})),
        ("gaussian-equation", lambda e: -e),
        ("hubbard-stratonovich", lambda e: e**2),  # β/2 for β/4
        ("readout-average", lambda e: 2 * e),  # the half
        ("row-later", lambda e: e.replace(m0, m1)),
        ("row-diagonal", lambda e: e / 2),
        ("row-earlier", lambda e: e.replace(m1, m0)),
        ("row-earlier", lambda e: e.xreplace({j - 1: j})),  # replicas that part one step late
        ("row-start", lambda e: -e),
        ("weights-continued", lambda e: e * 2),
        ("replicated-action", lambda e: e.replace(nt.C_same, nt.C_other)),
        ("replicated-action", lambda e: 2 * e),
        ("replicated-source", lambda e: e.replace(nt.c_same, nt.c_other)),
        ("reduction", lambda e: e.xreplace({nt.Causal: nt.Causal_T, nt.Causal_T: nt.Causal})),
        ("limit-precision", lambda e: e.xreplace({nt.Same: -nt.Same})),
        ("limit-precision", lambda e: e.xreplace({nt.Forward_T: nt.Forward})),  # a transposition forgotten
        ("triangular", lambda e: e.xreplace({nt.Forward_T: nt.Forward})),
        ("determinant", lambda e: e + 1),
        ("action", lambda e: e.xreplace({T: 2 * T})),
        ("action", lambda e: e.replace(K, lambda *x: -K(*x))),
        ("action", lambda e: e.replace(K, lambda *x: lam * K(*x))),  # the 1/λ of the response
        ("source", lambda e: e.replace(nt.c_same, nt.c_other)),
        ("source", lambda e: e.replace(nt.k_step, lambda *x: 2 * nt.k_step(*x))),
        ("chain-mean", lambda e: e.replace(K, lambda *x: -K(*x))),
        ("chain-mean", lambda e: e.xreplace({1 / lam: lam**-2})),
        ("chain-covariance", lambda e: e.xreplace({T: T / 2})),
    ],
)
def test_wrong_claims(id, change):
    assert with_rhs(of(id), change) is FALSE


def test_the_inverse_needs_its_transpositions():
    one = of("propagators")
    forward, transposed = nt.Forward, nt.Forward_T
    assert with_rule(one, 0, lambda _: transposed**-1) is FALSE
    assert with_rule(one, 1, lambda _: forward**-1) is FALSE
    assert with_rule(one, 2, lambda _: forward**-1 * (nt.Same - nt.Other) * forward**-1) is FALSE
    assert with_rule(one, 2, lambda e: -e) is FALSE


@pytest.mark.parametrize("id", ["weights-2-steps", "weights-3-steps", "determinant"])
def test_the_limit_is_taken_at_no_replicas_and_not_at_two(id):
    assert with_lhs(of(id), lambda e: sp.Subs(e.expr, e.variables, (2,))) is FALSE


@pytest.mark.parametrize("id", ["weights-brute-force", "fields-brute-force", "scalar-readout"])
def test_brute_force_compares(id):
    assert with_rhs(of(id), lambda e: e * sp.Rational(10**9 + 1, 10**9)) is FALSE


@pytest.mark.parametrize("id", ["row-diagonal", "row-earlier", "row-start"])
def test_weights_exchanged(id):
    one = of(id)
    first, second = one.statement.given[:2]
    assert (first[0], second[0]) == (m1, m0)
    exchanged = ((m1, second[1]), (m0, first[1]), *one.statement.given[2:])
    assert decide(one, given=exchanged) is FALSE


def test_noise_t_is_not_the_noise_of_the_chain():
    one = of("row-diagonal")
    index = next(k for k, (pattern, _) in enumerate(one.statement.given) if pattern == nt.sigma2_tilde)
    assert with_rule(one, index, lambda e: e / 2) is FALSE


# -- steps ------------------------------------------------------------------------------------------------------------


def gram_without_n(count, times):
    one = sp.eye(times)
    return sp.Matrix(sp.BlockMatrix([[one, one], [one, one + one]]).as_explicit())


def test_overlaps_without_the_number_of_replicas(rebuilt):
    """G = UᵀU has n in one corner: with 1 there, determinant and inverse belong to another matrix."""
    ids = ("weights-2-steps", "weights-brute-force", "fields-brute-force", "scalar-readout", "determinant")
    assert rebuilt(ids, (replicas, "gram", gram_without_n)) == [FALSE] * len(ids)


def test_blocks_without_the_number_of_replicas(rebuilt):
    damaged = lambda count: [[sp.S(1), sp.S(1)], [sp.S(1), sp.S(2)]]  # noqa: E731
    assert rebuilt(("reduction", "triangular"), (fields, "overlaps", damaged)) == [FALSE] * 2


def test_a_wrong_inverse_of_the_overlaps(rebuilt):
    damaged = lambda count: [[1 / count, sp.S(0)], [sp.S(0), sp.S(1)]]  # noqa: E731
    assert rebuilt(("reduction",), (fields, "inverse_overlaps", damaged)) == [FALSE]


def test_the_later_of_two_predictors_is_not_what_counts(rebuilt):
    def on_path(t, alpha, s, beta, count):
        return alpha == beta if t == s else (alpha if t > s else beta) == count - 1

    ids = ("replicated-action", "replicated-source", "fields-brute-force", "fields-continued")
    assert rebuilt(ids, (sums, "on_path", on_path), (brute, "on_path", on_path)) == [FALSE] * 4


def test_replicas_that_follow_their_own_past(rebuilt):
    """All replicas start from the physical weights one step earlier, not each from its own."""
    right = weights.prior_exponent

    def damaged(times, count):
        _, variables = right(times, count)
        start, *theta = variables
        exponent = start**2 / (2 * nt.sigma02)
        for k, x in enumerate(theta):
            before = theta[k - count] if k >= count else start
            exponent += (kappa * x**2 + lam * (x - before) ** 2) / (4 * T)
        return exponent, variables

    ids = ("weights-brute-force", "weights-continued")
    assert rebuilt(ids, (weights, "prior_exponent", damaged)) == [FALSE] * 2
    assert rebuilt(("scalar-readout",), (brute, "prior_exponent", damaged)) == [FALSE]


def test_a_precision_whose_ends_do_not_count_replicas(rebuilt):
    right = weights.prior_matrix

    def damaged(times, count):
        matrix = right(times, count)
        wrong = matrix.common.as_mutable()
        wrong[times, times] /= count
        return ReplicaMatrix(matrix.same, wrong)

    ids = ("weights-2-steps", "weights-3-steps", "weights-brute-force")
    assert rebuilt(ids, (weights, "prior_matrix", damaged)) == [FALSE] * 3


def test_fields_whose_response_is_not_causal(rebuilt):
    right = brute.field_matrix

    def damaged(same, other, temperature):
        matrix, times = right(same, other, temperature), same.rows
        corners = matrix.common[:times, times:], matrix.common[times:, :times]
        common = sp.BlockMatrix([[other, corners[1]], [corners[0], sp.zeros(times, times)]])
        return ReplicaMatrix(matrix.same, sp.Matrix(common.as_explicit()))

    ids = ("fields-brute-force", "fields-continued", "chain-covariance", "action")
    assert rebuilt(ids, (brute, "field_matrix", damaged)) == [FALSE] * 4


@pytest.mark.parametrize("changes", [("m1", m0), ("m0", m1)])
def test_kernels_with_both_weights_the_same(rebuilt, changes):
    assert rebuilt(("chain-mean", "chain-covariance"), (brute, *changes)) == [FALSE] * 2


def test_a_wrong_antiderivative_of_the_field():
    one = of("field-norm")
    assert not decide(replace(one, check=Antiderivative(one.check.primitive / 2))).ok


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_rational_functions_are_continued_to_no_replicas(degree):
    assert replicas.continued(lambda count: sp.Integer(7), degree=degree) == 7
    with pytest.raises(ArithmeticError, match="not a rational function"):
        replicas.continued(lambda count: sp.Integer(2) ** count, degree=degree)
    if degree:
        value = replicas.continued(lambda count: sp.Rational(2 * count + 3, count + 5), degree=degree, start=2)
        assert value == sp.Rational(3, 5)
