"""The predictor and its limits: what their derivations prove, and that planted defects are found."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from derivations import (
    _diffusive_correction,
    _diffusive_separable,
    diffusive_limit,
    drift,
    nngp_limit,
    ntk_limit,
    synthetic_task,
)
from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, Kdot
from ndk_sym.activations import activation
from ndk_sym.densities import pair_density
from ndk_sym.integrals import Antiderivative
from ndk_sym.kernels import mean
from ndk_sym.matrices import Entrywise, matrix_value
from ndk_sym.operators import Operators
from ndk_sym.predictor import EIGENVALUES, Propagator, propagator_2x2
from ndk_sym.statement import Context, Statement, Status
from tests.derivations.defects import decide, step, with_lhs, with_rhs, with_rule

MODULES = (ntk_limit, nngp_limit, synthetic_task, drift, diffusive_limit)
NAMES = [module.__name__.rpartition(".")[2] for module in MODULES]
PROVED, FALSE = Status.PROVED, Status.FALSE


def squared(number):
    return lambda expr: expr.xreplace({number: number**2})


# -- everything ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES, ids=NAMES)
def test_every_step_is_an_exact_zero(module):
    assert {one.id for one in module.DERIVATION.steps if decide(one) is not PROVED} == set()
    assert len(module.DERIVATION.steps) >= 11


# -- ntk-limit ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", ntk_limit.DEPTHS)
def test_the_ndk_at_a_finite_temperature_is_not_the_ntk(depth):
    one = step(f"kernel-{depth}", ntk_limit)
    assert with_lhs(one, lambda e: sp.Subs(e.expr, nt.T, sp.Rational(1, 10))) is FALSE


def test_the_ntk_has_the_initial_variance_not_the_priors():
    for id in ("prior", "kernel-1"):
        assert with_rule(step(id, ntk_limit), -2, swapped) is FALSE


def swapped(expr):
    """σ² for σ₀² and the reverse."""
    exchange = {nt.sigma2: nt.sigma02, nt.sigma02: nt.sigma2}
    if isinstance(expr, sp.Lambda):
        return sp.Lambda(expr.variables, expr.expr.xreplace(exchange))
    return expr.xreplace(exchange)


@pytest.mark.parametrize("id", ["training-equation", "training", "test"])
def test_a_solution_with_a_wrong_rate_or_start_is_false(id):
    one = step(id, ntk_limit)
    assert with_rule(one, 0, lambda f: sp.Lambda(f.variables, f.expr.xreplace({nt.gamma: 2 * nt.gamma}))) is FALSE
    if id != "training-equation":  # an equation for the slope alone does not see where the solution starts
        wrong = nt.y * (1 - 2 * sp.exp(-nt.gamma * nt.t))
        assert with_rule(one, 0, lambda f: sp.Lambda(nt.t, wrong)) is FALSE


def test_a_wrong_antiderivative_is_not_believed():
    one = step("training", ntk_limit)
    wrong = replace(one, check=Antiderivative(-nt.y * sp.exp(-2 * nt.gamma * nt.s)))
    assert not decide(wrong).ok


def test_the_order_of_matrices_matters():
    one = step("any-test", ntk_limit)
    K, k, E = nt.K_NTK, nt.k_NTK, Propagator(nt.t)
    assert with_lhs(one, lambda e: sp.Derivative(k * (1 - E) * K**-1 * nt.Y, nt.t)) is FALSE


def test_a_propagator_of_the_wrong_matrix_is_false():
    first, second = EIGENVALUES
    exchanged = propagator_2x2(nt.t).xreplace({first: second, second: first})
    for id in ("matrix-propagator", "matrix-training"):
        assert with_rule(step(id, ntk_limit), 1, lambda e: exchanged) is FALSE


def test_the_solution_at_a_finite_temperature_needs_its_own_kernel():
    one = step("solvable", ntk_limit)
    assert with_lhs(one, lambda e: e.replace(sp.exp, lambda x: sp.exp(-x))) is FALSE  # a memory that grows
    assert with_lhs(one, lambda e: e.xreplace({nt.r: 2 * nt.r})) is FALSE


# -- nngp-limit ---------------------------------------------------------------------------------------------------


def test_the_past_needs_the_long_time_identity():
    one = step("past", nngp_limit)
    assert with_rule(one, 0, lambda e: 2 * e) is FALSE
    assert with_rule(one, 1, lambda m: sp.Lambda(m.variables, m.expr.xreplace({nt.t: nt.s, nt.s: nt.t}))) is FALSE


@pytest.mark.parametrize("id", ["fixed-point", "training", "predictor", "matrix-fixed-point"])
def test_a_wrong_residual_at_rest_is_false(id):
    one = step(id, nngp_limit)
    assert with_rule(one, 0, lambda v: v / nt.T) is FALSE
    assert with_rule(one, 0, lambda v: v.xreplace({nt.K_GP: 2 * nt.K_GP})) is FALSE


def test_the_temperature_is_the_noise_of_the_gaussian_process():
    one = step("predictor", nngp_limit)
    assert with_rhs(one, squared(nt.T)) is FALSE
    assert with_rhs(step("linear", nngp_limit), squared(nt.T)) is FALSE


def test_the_linear_network_forgets_its_initial_variance():
    one = step("forgotten", nngp_limit)
    assert with_lhs(one, lambda e: e.xreplace({sp.oo: sp.Integer(1)})) is FALSE


# -- synthetic-task -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["eigenvector", "test-row", "training", "test"])
def test_unbalanced_labels_are_found(id):
    one = step(id, synthetic_task)
    assert with_lhs(one, lambda e: e.xreplace({nt.P / 2: nt.P / 2 + 1})) is FALSE


@pytest.mark.parametrize("size", synthetic_task.SIZES)
def test_the_matrices_know_the_labels(size):
    flipped = sp.ImmutableMatrix([1] * (size // 2 + 1) + [-1] * (size // 2 - 1))
    assert with_rule(step(f"equilibrium-{size}", synthetic_task), 2, lambda e: flipped) is FALSE
    one = step(f"grid-{size}", synthetic_task)
    assert with_rule(one, 2, lambda e: e.xreplace({synthetic_task.BESIDE[3, 2]: sp.Integer(0)})) is FALSE
    assert with_rule(one, 0, lambda e: e.permute_cols([[0, size - 1]])) is FALSE  # two inputs of different labels


def test_kernels_of_inputs_that_overlap_do_not_reduce():
    one = step("kernel-1", synthetic_task)
    overlapping = synthetic_task.ndk_between(1, sp.Rational(1, 2))
    wrong = one.statement.given[0][1].as_mutable()
    wrong[0, 3] = wrong[3, 0] = overlapping
    assert with_rule(one, 0, lambda e: sp.ImmutableMatrix(wrong)) is FALSE


# -- drift --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["derivative", "linear-2", "erf-2", "relu-2"])
def test_the_readout_frozen_at_the_wrong_time_is_false(id):
    one = step(id, drift)
    assert with_lhs(one, lambda e: e.xreplace({nt.t0: nt.t})) is FALSE
    assert with_rhs(one, lambda e: e.xreplace({nt.t0: nt.t})) is FALSE


@pytest.mark.parametrize("id", ["derivative", "no-delay-2", "relu-1"])
def test_both_parts_of_the_bracket_are_needed(id):
    one = step(id, drift)
    assert with_lhs(one, lambda e: e.replace(Kdot, lambda *args: sp.Integer(0))) is FALSE
    assert with_lhs(one, lambda e: e.replace(Kdot, lambda *args: 2 * Kdot(*args))) is FALSE


def test_pre_activations_that_are_still_correlated_do_not_factorise():
    one = step("independent", drift)
    z1, z2, a, b = nt.z1, nt.z2, nt.a, nt.b
    correlated = nt.phi(z1) * nt.phi(z2) * pair_density(z1, z2, a, sp.Rational(1, 100), b)
    assert with_lhs(one, lambda e: correlated) is FALSE


def test_the_norms_survive_and_the_angle_does_not():
    one = step("relu-norms-2", drift)
    assert with_rhs(one, lambda e: e.xreplace({sp.sqrt(nt.k_xx): nt.k_xx})) is FALSE
    assert not with_rhs(one, lambda e: e * nt.k_xy).ok


def test_the_odd_activations_are_those_that_vanish():
    ids = {one.id for one in drift.DERIVATION.steps}
    assert {"linear-odd", "erf-odd", "linear-decay-2", "erf-decay-2"} <= ids
    assert "relu-odd" not in ids
    relu = activation("relu")
    even = step("erf-odd", drift)
    assert with_rule(even, 0, lambda phi: relu.phi) is FALSE


def test_a_wrong_rate_of_decay_is_found():
    one = step("erf-decay-2", drift)
    assert with_lhs(one, lambda e: sp.Limit(e.args[0] * nt.m, nt.m, 0)) is FALSE


def test_a_mean_kernel_of_the_wrong_layer_is_false():
    assert with_rhs(step("mean-3", drift), lambda e: mean(PRICE, 2)) is FALSE


# -- diffusive-limit ----------------------------------------------------------------------------------------------


def test_the_kick_must_have_the_right_weight():
    one = step("first-kind", diffusive_limit)
    assert with_rhs(one, lambda e: e + nt.y * sp.exp(-nt.r * diffusive_limit.tau) / 2) is FALSE
    assert with_rule(one, 0, lambda w: sp.Lambda(w.variables, 2 * w.expr)) is FALSE


def test_the_correction_needs_the_delay_of_the_kick(monkeypatch):
    one = step("correction", diffusive_limit)
    assert decide(one) is PROVED
    monkeypatch.setattr(_diffusive_correction, "DELAY", sp.Integer(0))
    damaged = [s for s in _diffusive_correction.correction_steps() if s.id == "correction"]
    assert [decide(s) for s in damaged] == [FALSE]


@pytest.mark.parametrize("id", ["correction", "separable-correction"])
def test_the_correction_needs_both_slopes_of_the_kernel(monkeypatch, id):
    monkeypatch.setattr(_diffusive_correction, "kick_correction", lambda height, late, early: late * nt.y / height**3)
    steps = (*_diffusive_correction.correction_steps(), *_diffusive_separable.separable_steps())
    assert [decide(s) for s in steps if s.id == id] == [FALSE]


def test_a_wrong_inner_solution_is_found(monkeypatch):
    right = _diffusive_correction.fast_correction
    monkeypatch.setattr(_diffusive_correction, "fast_correction", lambda time: right(time) + time * nt.y / 1000)
    found = {s.id: decide(s) for s in _diffusive_correction.inner_steps() if s.id in ("inner", "matching")}
    assert found["inner"] is FALSE
    assert not found["matching"].ok


# -- explicit matrices and operators ------------------------------------------------------------------------------


def test_one_wrong_entry_is_enough():
    letter = sp.Symbol("M", commutative=False)
    right = sp.ImmutableMatrix([[nt.a, nt.c], [nt.c, nt.b]])
    statement = Statement("entries", letter * letter, letter**2, given=((letter, right),))
    found = Entrywise()(statement, Context(30))
    assert found.status is PROVED
    assert found.detail.startswith("each of 4 entries: ")
    wrong = right + sp.Matrix([[0, 0], [sp.Rational(1, 10**9), 0]])
    other = sp.Symbol("W", commutative=False)
    found = Entrywise()(replace(statement, rhs=other * letter, given=((letter, right), (other, wrong))), Context(30))
    assert found.status is FALSE
    assert ("entry", "(2, 1)") in found.witness


def test_matrices_of_different_shapes_are_not_equal():
    row, column = sp.symbols("row column", commutative=False)
    given = ((row, sp.ImmutableMatrix([[1, 2]])), (column, sp.ImmutableMatrix([1, 2])))
    assert Entrywise()(Statement("shapes", row, column, given=given), Context(30)).status is Status.UNKNOWN
    found = Entrywise()(Statement("scalar", nt.a, nt.a), Context(30))
    assert (found.status, found.method, found.detail) == (Status.UNKNOWN, "entries", "the left side is not a matrix")


def test_functions_and_roots_of_matrices_are_not_taken_entry_by_entry():
    letter = sp.Symbol("M", commutative=False)
    matrices = {letter: sp.ImmutableMatrix([[4, 1], [1, 4]])}
    for unknown in (sp.exp(letter), sp.sqrt(letter), letter**nt.a, sp.conjugate(letter)):
        with pytest.raises(ValueError, match="has no matrix"):
            matrix_value(unknown, matrices)
    assert matrix_value(15 * letter**-1 + 1, matrices) == sp.Matrix([[5, -1], [-1, 5]])


def test_transposes_of_operators_are_understood():
    first, second = nt.C, nt.D
    right = sp.transpose(second) * sp.transpose(first)
    assert Operators()(Statement("t", sp.transpose(first * second), right), Context(30)).status is PROVED
    swapped_order = sp.transpose(first) * sp.transpose(second)
    assert Operators()(Statement("t", right, swapped_order), Context(30)).status is FALSE


def test_inverses_of_products_of_operators_are_understood():
    first, second = nt.C, nt.D
    found = Operators()(Statement("i", (2 * first * second) ** -1, second**-1 * first**-1 / 2), Context(30))
    assert found.status is PROVED
    found = Operators()(Statement("i", (first * second) ** -1, first**-1 * second**-1), Context(30))
    assert found.status is FALSE
    assert type(found.residual) is float
    assert found.residual > 0
