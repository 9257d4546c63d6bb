"""Fluctuations: what the derivations about them claim is exact where it says so, and planted defects are found."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from derivations import fluctuation_dissipation as fdt
from ndk_sym import notation as nt
from ndk_sym.prove import Identity
from ndk_sym.statement import Context, Status


def step(id, module):
    (found,) = [one for one in module.DERIVATION.steps if one.id == id]
    return found


def decide(one, **changes):
    return (one.check or Identity())(replace(one.statement, **changes), Context(50)).status


def with_rhs(one, change):
    """The status of a step with a changed right side; the change must change something."""
    wrong = change(one.statement.rhs)
    assert wrong != one.statement.rhs
    return decide(one, rhs=wrong)


def with_rule(one, which, change):
    """The status of a step with one of its rules changed."""
    rules = list(one.statement.given)
    rules[which] = (rules[which][0], change(rules[which][1]))
    assert tuple(rules) != one.statement.given
    return decide(one, given=tuple(rules))


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
    wrong = replace(one.statement, given=((fdt.m, lambda t, s: fdt.covariance(s, t)), *one.statement.given[1:]))
    assert Identity()(wrong, Context(50)).status is Status.FALSE


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
