"""What drift leaves over an ensemble, and parts that learn alone: exact where they say so, and defects are found."""

import pytest
import sympy as sp

from derivations import drift_covariance as dc
from derivations import learning_in_part as part
from ndk_sym import notation as nt
from ndk_sym.abstract import K, Kd
from ndk_sym.statement import Status
from tests.derivations.defects import decide, step, with_lhs, with_rhs, with_rule

PROVED, FALSE = Status.PROVED, Status.FALSE


@pytest.mark.parametrize(("module", "least"), [(dc, 9), (part, 13)])
def test_every_step_is_an_exact_zero(module, least):
    assert {one.id for one in module.DERIVATION.steps if decide(one) is not PROVED} == set()
    assert len(module.DERIVATION.steps) >= least


# -- learning-in-part ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["hidden-1", "hidden-3", "relu-2", "erf-2"])
def test_the_hidden_layers_learn_by_the_kernel_below(id):
    one = step(id, part)
    (below,) = one.statement.lhs.atoms(Kd)
    (kernel,) = one.statement.rhs.atoms(K)
    assert with_lhs(one, lambda e: e.xreplace({below: nt.decay * kernel})) is FALSE  # the kernel of the same layer
    assert with_rhs(one, lambda e: e / nt.m) is FALSE


def test_the_readout_forgets_while_it_learns():
    """Without its decay the readout would learn K_GP, and more: the average is over ρ and not over κΔ."""
    one = step("readout-past", part)
    assert with_rhs(one, lambda e: nt.sigma2 * K(nt.L, nt.sigma2)) is FALSE
    assert with_lhs(one, lambda e: e.xreplace({part.kept: part.kept**2})) is FALSE
    assert with_rule(one, 0, lambda rate: 2 * rate) is FALSE


def test_both_parts_are_needed_for_the_whole():
    one = step("hidden-past", part)
    assert with_rhs(one, lambda e: e + nt.sigma2 * part.Averaged(sp.Integer(1))) is FALSE


def test_a_predictor_at_rest_needs_its_own_kernel():
    for id in ("readout-rest", "hidden-rest"):
        one = step(id, part)
        assert with_rule(one, 0, lambda v: v.xreplace({part.K_r: 2 * part.K_r})) is FALSE


def test_the_shares_of_linear_networks():
    assert with_rhs(step("linear-share", part), lambda e: e * (nt.L + 1) / nt.L) is FALSE
    for id in ("linear-readout", "linear-hidden"):
        assert with_rule(step(id, part), 2, lambda rate: rate * nt.L / (nt.L + 1)) is FALSE


# -- drift-covariance ---------------------------------------------------------------------------------------------


def test_what_was_learnt_depends_on_chance_too():
    """The residual of training fluctuates: without R, or with the mean's Y alone, the fluctuation is another."""
    one = step("fluctuation", dc)
    assert with_rhs(one, lambda e: e.xreplace({dc.R: sp.Integer(1)})) is FALSE
    assert with_rhs(one, lambda e: dc.g_star) is FALSE


def test_both_cross_terms_count():
    one = step("covariance", dc)
    cross = dc.B * dc.R * sp.transpose(dc.C_star)
    assert with_rhs(one, lambda e: e + cross) is FALSE
    assert with_rhs(one, lambda e: e + cross + sp.transpose(cross)) is FALSE


def test_the_noise_of_the_readout_is_the_priors_whatever_the_start():
    one = step("readout-noise", dc)
    assert with_rhs(one, lambda e: e.xreplace({nt.sigma2: nt.sigma02})) is FALSE


def test_the_posterior_needs_the_noise():
    one = step("posterior", dc)
    assert with_rhs(one, lambda e: e.xreplace({dc.K_GP + dc.T: dc.K_GP})) is FALSE
    square = step("square", dc)
    assert with_rhs(square, lambda e: e.xreplace({nt.c: -nt.c})) is FALSE
    pair = step("two-inputs", dc)
    assert with_rule(pair, -2, lambda kernel: 2 * kernel) is FALSE


def test_the_bracket_of_linear_networks_keeps_what_the_hidden_layers_keep():
    """Decay of the readout as well would be drift of all weights."""
    one = step("linear-bracket", dc)
    assert with_rhs(one, lambda e: e * sp.exp(-nt.kappa * (nt.t - nt.t0))) is FALSE
    assert with_lhs(step("linear", dc), lambda e: e.subs(nt.L, 2 * nt.L)) is FALSE
