"""Fluctuations: what the derivations about them claim is exact where it says so, and planted defects are found."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from derivations import equilibrium_covariance as eq
from derivations import fluctuation_dissipation as fdt
from derivations import predictor_covariance as pc
from ndk_sym import notation as nt
from ndk_sym.lattice import convolved, gaussian_chain, resolvent
from ndk_sym.statement import Context, Status
from ndk_sym.verify import check_derivation
from tests.derivations.defects import decide, step, with_lhs, with_rhs, with_rule

# -- the fluctuation–dissipation theorem ----------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["weight", "network", "recursion-1", "relu-1"])
def test_the_violation_cannot_be_left_out_or_change_sign(id):
    one = step(id, fdt)
    assert decide(one) is Status.PROVED
    assert with_rhs(one, lambda e: e.subs(nt.sigma02, nt.sigma2)) is Status.FALSE
    assert with_rhs(one, lambda e: e.xreplace({nt.sigma02: nt.sigma2, nt.sigma2: nt.sigma02})) is Status.FALSE


def test_the_equal_time_kernels_cannot_be_left_out():
    """∂_s acts on m_ss too: without 2 m_ss ∂_{m_ss} K^L the theorem is wrong for a nonlinear activation."""
    for id in ("network", "recursion-1", "erf-1"):
        one = step(id, fdt)
        kernel = [part for part in one.statement.rhs.atoms(sp.Derivative) if part.variables == (nt.m_ss,)]
        assert kernel
        assert with_rhs(one, lambda e, gone=kernel[0]: e.xreplace({gone: sp.Integer(0)})) is Status.FALSE


def test_a_prior_that_grows_is_found():
    one = step("weight", fdt)
    assert with_rule(one, 0, lambda _: lambda t, s: fdt.covariance(s, t)) is Status.FALSE


def test_out_of_equilibrium_the_identity_is_false():
    one = step("equilibrium-1", fdt)
    assert one.statement.given[-1] == (nt.sigma02, nt.sigma2)
    assert with_rule(one, -1, lambda e: 2 * e) is Status.FALSE


def test_the_degree_of_a_homogeneous_kernel_counts():
    one = step("homogeneous-relu-2", fdt)
    assert with_rhs(one, lambda e: e * sp.Rational(2, 3)) is Status.FALSE


def test_a_wrong_antiderivative_is_found():
    one = step("susceptibility", fdt)
    assert decide(one) is Status.PROVED
    assert decide(replace(one, check=replace(one.check, primitive=2 * one.check.primitive))) is Status.FALSE


# -- the covariance of the predictor --------------------------------------------------------------------------------


def test_the_resolvent_has_one_sign():
    for id in ("training", "closed-loop", "memory-of-the-start"):
        one = step(id, pc)
        assert decide(one) is Status.PROVED
        assert decide(one, given=((nt.D, 1 - nt.R**-1),)) is Status.FALSE


def test_a_transpose_cannot_be_forgotten():
    one = step("covariance", pc)
    assert with_rhs(one, lambda e: e.xreplace({sp.transpose(nt.R): nt.R})) is Status.FALSE
    assert with_lhs(step("closed-loop", pc), lambda e: e.xreplace({sp.transpose(nt.R): nt.R})) is Status.FALSE


def test_the_test_point_does_not_learn_by_itself():
    one = step("covariance-test", pc)
    assert with_rhs(one, lambda e: e.xreplace({nt.C_test: nt.C})) is Status.FALSE


@pytest.mark.parametrize("id", ["chain", "chain-test"])
def test_brute_force_sees_a_wrong_prior_or_response(id):
    one = step(id, pc)
    assert decide(one) is Status.PROVED
    for which in (0, 1, 2):
        assert with_rule(one, which, lambda e: e * sp.Rational(1001, 1000)) is Status.FALSE


def test_the_grid_sees_a_transposed_or_acausal_kernel():
    one = step("grid", pc)
    assert decide(one) is Status.PROVED
    assert with_rule(one, 2, lambda e: e.T) is Status.FALSE
    assert with_rule(one, 1, lambda e: e + sp.eye(3)) is Status.FALSE
    assert with_rhs(step("causal", pc), lambda e: e - nt.D**2) is Status.FALSE


def without_noise(predictor):
    cross = predictor * pc.kernel
    return pc.K_test - cross - sp.transpose(cross) + predictor * nt.K_GP * sp.transpose(predictor)


def test_the_noise_of_the_labels_belongs_to_the_variance(monkeypatch):
    ids = {one.id for one in pc.DERIVATION.steps}
    inside = lambda: [replace(o, uses=tuple(u for u in o.uses if u in ids)) for o in pc.variance_steps()]  # noqa: E731
    only = {one.id for one in pc.variance_steps()}

    def variance():
        alone = lambda: [replace(o, uses=tuple(u for u in o.uses if u in only)) for o in inside()]  # noqa: E731
        return {r.step.id: r.evidence.status for r in check_derivation(replace(pc.DERIVATION, build=alone)).steps}

    assert set(variance().values()) == {Status.PROVED}
    monkeypatch.setattr(pc, "smoother_error", without_noise)
    assert variance()["variance"] is Status.FALSE


def test_an_instance_of_the_variance_catches_what_base_and_step_do_not(monkeypatch):
    """The induction speaks of letters; that they are the kernel's is what the explicit steps show."""
    one = step("variance", pc)
    proved = Context(50, {id: step(id, pc).check(step(id, pc).statement, Context(50)) for id in one.uses})
    assert one.check(one.statement, proved).status is Status.PROVED
    name, rules = one.check.instances[1]
    wrong = ((name, ((rules[0][0], rules[0][1] + pc.K_test), *rules[1:])),)
    assert replace(one.check, instances=wrong)(one.statement, proved).status is Status.FALSE


def test_the_posterior_has_the_noise_of_the_right_size():
    one = step("posterior", pc)
    rules = tuple((a, b.xreplace({nt.T: 2 * nt.T}) if a == nt.K_GP else b) for a, b in one.statement.given)
    assert decide(one) is Status.PROVED
    assert decide(one, given=rules) is Status.FALSE


def test_defects_in_the_explicit_mode():
    for id in ("mode-half-before", "mode-half-after", "mode"):
        one = step(id, pc)
        assert with_lhs(one, lambda e: e.xreplace({nt.r: 2 * nt.r})) is Status.FALSE
        assert decide(replace(one, check=replace(one.check, primitive=2 * one.check.primitive))) is Status.FALSE


def test_defects_in_the_routes_to_equilibrium():
    assert decide(step("theorem", eq)) is Status.PROVED
    assert with_rule(step("theorem", eq), 0, lambda e: -e) is Status.FALSE
    assert with_rule(step("lyapunov", eq), 0, lambda e: 2 * e) is Status.FALSE
    assert with_rhs(step("posterior", eq), lambda e: e.xreplace({nt.T: 2 * nt.T})) is Status.FALSE
    assert with_rule(step("posterior-test-2", eq), 0, lambda e: e.T * 2) is Status.FALSE


def test_the_resolvent_of_a_stationary_kernel():
    kernel = [sp.Integer(0), *sp.symbols("D_1:4", commutative=False)]
    inverse = resolvent(kernel)
    whole = [sp.Integer(1), *kernel[1:]]
    assert convolved(whole, inverse) == convolved(inverse, whole) == [1, 0, 0, 0]
    with pytest.raises(ValueError, match="zero at lag 0"):
        resolvent(kernel[1:])


def test_two_times_of_the_chain_by_hand():
    """One input: f′ = M f + noise of variance 2Th k."""
    k, h, rate, start = sp.Integer(3), sp.Rational(1, 7), sp.Rational(1, 2), sp.Rational(5, 4)
    chain = gaussian_chain(sp.Matrix([[k]]), trained=1, times=2, rate=rate, start=start, step=h)
    noise = 2 * nt.T * h * k
    for found, moved in ((chain.prior, 1 - rate * h), (chain.trajectory, 1 - rate * h - h * k)):
        expected = sp.Matrix([[1, moved], [moved, moved**2]]) * start * k + sp.Matrix([[0, 0], [0, noise]])
        assert (found - expected).expand().is_zero_matrix
    assert chain.response == sp.ImmutableMatrix([[0, 0], [h * k, 0]])
