"""The mean predictor from the generating function: what holds, and what a planted defect does."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from derivations import _mean_by_fields as fields
from derivations import _mean_chain, _readout_network, mean_predictor
from derivations import readout_hidden_correlation as correlation
from ndk_sym import notation as nt
from ndk_sym.fields import Action, integrated_out
from ndk_sym.prove import Identity
from ndk_sym.statement import Context, Status
from tests.derivations.defects import decide


def steps_of(module):
    return {one.id: one for one in module.DERIVATION.steps}


def evidence(one):
    return (one.check or Identity())(one.statement, Context(50))


STEPS = steps_of(mean_predictor)


def test_every_step_is_exact():
    assert {id: decide(one) for id, one in STEPS.items()} == dict.fromkeys(STEPS, Status.PROVED)


@pytest.mark.parametrize("id", STEPS)
def test_a_wrong_coefficient_is_false_and_has_a_witness(id):
    one = STEPS[id]
    found = evidence(replace(one, statement=replace(one.statement, rhs=one.statement.rhs * sp.Rational(999, 1000))))
    assert found.status is Status.FALSE
    assert found.witness


# -- defects in statements -------------------------------------------------------------------------------------------


def test_an_explicit_rule_is_not_the_rule():
    """f̄_t from steps before t alone: right only as λ → ∞."""
    i, j = nt.i, nt.j
    explicit = sp.Sum(fields.kernel(i, j) * (nt.y - nt.f(j)), (j, 1, i - 1)) / nt.lam
    assert decide(STEPS["discrete-rule"], rhs=explicit) is Status.FALSE


def test_the_covariance_needs_both_cross_terms():
    rhs = STEPS["slope"].statement.rhs
    letters = mean_predictor
    dropped = rhs + letters.D_star * letters.R * letters.C_star_T * letters.source
    assert decide(STEPS["slope"], rhs=dropped) is Status.FALSE


def test_without_the_determinant_the_measure_is_not_normalised():
    assert decide(STEPS["normalisation"], lhs=fields.front**2) is Status.FALSE


# -- defects in steps ------------------------------------------------------------------------------------------------


def test_a_source_of_the_wrong_sign_fails(monkeypatch):
    """The response with the opposite sign changes the covariance."""
    monkeypatch.setattr(mean_predictor, "response", -mean_predictor.response)
    one = next(s for s in mean_predictor.general_steps() if s.id == "response")
    assert decide(one) is Status.FALSE


@pytest.mark.parametrize("size", [(3, 1)])
def test_the_generating_function_of_another_action_fails(monkeypatch, size):
    """A residual that couples to itself only, v without D v."""
    original = fields.integrated

    def defective(steps, inputs):
        right = fields.action(steps, inputs)
        wrong = replace(right, D=0 * right.D) if (steps, inputs) == size else right
        return wrong.generating_function() if wrong is not right else original(steps, inputs)

    monkeypatch.setattr(fields, "integrated", defective)
    assert decide(STEPS["generating-function"]) is Status.FALSE


def test_a_kernel_that_is_not_causal_is_noticed(monkeypatch):
    """A mean that knows a later kernel differs from that of the shorter chain."""
    original = fields.action.__wrapped__

    def acausal(steps, inputs):
        right = original(steps, inputs)
        NDK = right.D + (sp.Matrix(steps, steps, lambda a, b: sp.Rational(1, 5) if b == a + 1 else 0))
        return replace(right, D=NDK)

    monkeypatch.setattr(fields, "action", acausal)
    fields.training_means.cache_clear()
    try:
        assert decide(STEPS["causality"]) is Status.FALSE
    finally:
        fields.training_means.cache_clear()


def test_a_chain_with_another_proximal_strength_is_noticed(monkeypatch):
    right = _mean_chain.chain()
    monkeypatch.setattr(_mean_chain, "chain", lambda: tuple(w.subs(nt.lam, 2 * nt.lam) for w in right))
    assert decide(STEPS["chain"]) is Status.FALSE


# -- the integrals themselves ------------------------------------------------------------------------------------------


def test_completing_squares_is_the_gaussian_integral():
    """∫ exp(−½ zᵀ M z) over two of three variables, against quadrature."""
    form = sp.Matrix([[3, 1, 1], [1, 2, -1], [1, -1, 4]])
    left, factor = integrated_out(form, 2)
    from mpmath import mp

    z = mp.mpf("0.7")

    entries = [[int(x) for x in row] for row in form.tolist()]

    def density(a, b):
        v = (a, b, z)
        return mp.exp(
            -sum(x * p * q for row, p in zip(entries, v, strict=True) for x, q in zip(row, v, strict=True)) / 2
        )

    expected = mp.quad(density, [-8, 0, 8], [-8, 0, 8]) / (2 * mp.pi)
    found = mp.sqrt(mp.mpf(factor.p) / factor.q) * mp.exp(-mp.mpf(left[0].p) / left[0].q * z**2 / 2)
    assert abs(expected - found) < 1e-9


def test_a_measure_that_leaves_a_function_of_the_labels_is_refused():
    one = sp.eye(1)
    with pytest.raises(ZeroDivisionError):
        Action(-one, one, one, one, one).generating_function()


# -- readout and hidden weights of different times ---------------------------------------------------------------------

PARTS = steps_of(correlation)


def test_the_correlation_is_exact_but_for_one_quadrature():
    weaker = {id: decide(one) for id, one in PARTS.items() if decide(one) is not Status.PROVED}
    assert weaker == {"later-readout": Status.NUMERIC}


@pytest.mark.parametrize("id", PARTS)
def test_a_wrong_coefficient_of_the_correlation_is_false(id):
    one = PARTS[id]
    found = evidence(replace(one, statement=replace(one.statement, rhs=one.statement.rhs * sp.Rational(999, 1000))))
    assert found.status is Status.FALSE
    assert found.witness


def test_the_hidden_part_ends_at_the_time_of_the_hidden_layers():
    """A defect in a statement: the sum over what the hidden layers learnt runs to t instead of u."""
    one = PARTS["network"]
    first, second, j = _readout_network.first, _readout_network.second, nt.j
    wrong = one.statement.rhs.replace(
        lambda e: isinstance(e, sp.Sum) and e.limits[0][2] == second - 1,
        lambda e: sp.Sum(e.function, (j, 0, first - 1)),
    )
    assert wrong != one.statement.rhs
    assert decide(one, rhs=wrong) is Status.FALSE


def test_each_part_of_the_result_ends_at_its_own_time():
    """For one order of the times or the other, an integral that ends too early or too late is found."""
    t, u = nt.t, correlation.u
    one = PARTS["result"]
    assert decide(one) is Status.PROVED
    for first, second in ((u, u), (t, t), (u, t)):
        parts = (part.args[0] for part in (correlation.readout_part(), correlation.hidden_part()))
        ends = [sp.Integral(part, (nt.s, 0, end)) for part, end in zip(parts, (first, second), strict=True)]
        assert decide(one, rhs=sp.Add(*ends)) is Status.FALSE


def test_the_times_of_the_two_parts_cannot_be_swapped():
    one = PARTS["later-readout"]
    t, u = nt.t, correlation.u
    total = correlation.readout_part(u, t) + correlation.hidden_part(u, t)
    assert decide(one, lhs=sp.Derivative(total, t)) is Status.FALSE


def test_a_hidden_layer_that_does_not_learn_is_noticed(monkeypatch):
    """A defect in a step: the explicit network with half of what it learns."""
    right = _readout_network.network_means
    monkeypatch.setattr(
        _readout_network, "network_means", lambda n: {key: value / 2 for key, value in right(n).items()}
    )
    assert decide(PARTS["network"]) is Status.FALSE


def test_a_replica_that_branches_one_step_early_is_noticed(monkeypatch):
    right = correlation.branched
    monkeypatch.setattr(correlation, "branched", lambda branch: right(max(1, branch - 1)))
    assert decide(PARTS["not-yet"]) is Status.FALSE
