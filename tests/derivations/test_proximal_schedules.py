"""Schedules and the equilibrium of the proximal chain: what is proved, and that mistakes are found."""

from __future__ import annotations

import pytest
import sympy as sp

from derivations import _schedule_cases as cases
from derivations import proximal_equilibrium, proximal_schedules
from ndk_sym import notation as nt
from ndk_sym.abstract import F, Fdot
from ndk_sym.prove import Identity
from ndk_sym.statement import Context, Status
from tests.derivations.defects import decide, step, with_lhs, with_rhs, with_rule

STEPS = {proximal_schedules: 20, proximal_equilibrium: 13}
FALSE = Status.FALSE
i, j = nt.i, nt.j
lam, heat, kappa, kept, variance = nt.lam_step, nt.T_step, nt.kappa_step, nt.kept, nt.variance_at


def exchanged(*pairs):
    """A change that puts each second expression for the first."""
    return lambda e: e.xreplace(dict(pairs))


def at_another_step(function, old, new):
    """A change that takes one function of the schedule at another step."""
    return exchanged((function(old), function(new)))


@pytest.mark.parametrize("module", STEPS, ids=["schedules", "equilibrium"])
def test_every_step_is_proved(module):
    found = {}
    for one in module.DERIVATION.steps:
        found[one.id] = (one.check or Identity())(one.statement, Context(50, found))
    assert len(found) == STEPS[module]
    assert {id: evidence for id, evidence in found.items() if evidence.status is not Status.PROVED} == {}


@pytest.mark.parametrize(
    ("id", "change"),
    [
        ("transition", exchanged((nt.Theta_previous, -nt.Theta_previous))),
        ("prior-kept", exchanged((nt.sigma2, 2 * nt.sigma2))),
        ("row-later", at_another_step(heat, i, j)),  # the temperature of the other step
        ("row-later-same", at_another_step(lam, i, j)),
        ("row-diagonal", lambda e: e / 2),
        ("row-earlier", at_another_step(lam, j, i)),
        ("row-earlier", exchanged((nt.m1(i, j - 1), nt.m0(i, j)))),
        ("row-start", exchanged((heat(1), heat(2)))),
        ("chain-in-full", exchanged((variance(j), variance(i)))),
        ("constant", exchanged((nt.sigma2_tilde, nt.sigma2))),
        ("action", at_another_step(heat, j, i)),
        ("residual", at_another_step(heat, j, i)),  # the later step's temperature under the response
        ("regression", at_another_step(heat, j, i)),
        ("decay", exchanged((kept(j - 1), kept(j)))),  # λ̃ of the earlier step forgotten
        ("layer", exchanged((nt.m_other, nt.m_same))),
        ("cold", lambda e: e.replace(Fdot, F)),
        ("one-step", lambda e: e / 2),
        ("variance-equation", exchanged((nt.sigma2, nt.sigma2 / 2))),  # noise T
        ("memory-equation", lambda e: 2 * e),
        ("fluctuation-dissipation", lambda e: e.subs(nt.Phi(nt.s).diff(nt.s), nt.Phi(nt.t).diff(nt.t))),  # T(t)
    ],
)
def test_wrong_claims_about_schedules(id, change):
    assert with_rhs(step(id, proximal_schedules), change) is FALSE


def test_a_prior_that_cools_does_not_keep_its_variance():
    one = step("prior-kept", proximal_schedules)
    assert with_rule(one, 0, exchanged((kappa(j), kappa(j) / 2))) is FALSE


@pytest.mark.parametrize("id", ["weights-continued", "chain-in-full", "residual", "regression"])
def test_the_noise_of_the_wrong_temperature(monkeypatch, id):
    """Every explicit chain against weights whose noise is T, not 2T, per unit of time."""
    right = cases.variance
    half = lambda steps: (right(steps) + nt.sigma02 * cases.share(steps) ** 2) / 2  # noqa: E731
    monkeypatch.setattr(cases, "variance", half)
    cases.predictors.cache_clear()
    cases.residuals.cache_clear()
    try:
        one = step(id, proximal_schedules)
        # the fields and the regression know the weights by C alone: the fields are consistent with any C
        expected = Status.PROVED if id == "residual" else FALSE
        assert decide(one) is expected
    finally:
        cases.predictors.cache_clear()
        cases.residuals.cache_clear()


@pytest.mark.parametrize(
    ("id", "change"),
    [
        ("stationary", exchanged((nt.sigma2_tilde, nt.sigma2))),
        ("replicas", lambda e: e / nt.lam_tilde),  # one step further on
        ("base", lambda e: -e),
        ("step", lambda e: e + nt.C_lag(sp.Symbol("k", integer=True, nonnegative=True) + 1)),
        ("posterior", exchanged((nt.K_mid, 2 * nt.K_mid))),
        ("large-now", lambda e: 2 * e),
        ("small-now", lambda e: e / 2),  # the posterior at the temperature T
        ("small-next", lambda e: e + nt.sigma2),
        ("regression", exchanged((nt.sigma2, nt.sigma2_tilde))),
        ("linear", exchanged((nt.kappa, 2 * nt.kappa))),
    ],
)
def test_wrong_claims_about_the_equilibrium(id, change):
    assert with_rhs(step(id, proximal_equilibrium), change) is FALSE


def test_replicas_that_part_one_step_early(monkeypatch):
    right = proximal_equilibrium.proximal_other_replica
    monkeypatch.setattr(proximal_equilibrium, "proximal_other_replica", lambda i, j: nt.lam_tilde * right(i, j))
    assert decide(step("covariances", proximal_equilibrium)) is FALSE


def test_successive_steps_alone_are_not_the_kernel():
    """K̄ = C_1 instead of the mean with C_0: wrong already without hidden layers."""
    one = step("regression", proximal_equilibrium)
    assert with_lhs(one, lambda e: nt.sigma2_tilde * nt.lam_tilde) is FALSE
