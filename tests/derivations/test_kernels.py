"""Prior, layer maps and kernels: what their derivations prove, and that planted defects are found."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from derivations import _prior_chain, ndk_erf, ndk_integral, ndk_linear, ndk_relu, price_theorem, prior_statistics
from ndk_sym import notation as nt
from ndk_sym.abstract import F, Fdot, Kd, abstract_instance
from ndk_sym.activations import activation, names
from ndk_sym.integrals import Antiderivative, Quadrature
from ndk_sym.prove import Induction
from ndk_sym.statement import Context, Evidence, Status
from ndk_sym.verify import check_derivation
from tests.derivations.defects import decide, step, with_lhs, with_rhs, with_rule

MODULES = (prior_statistics, ndk_linear, ndk_relu, ndk_erf, ndk_integral, price_theorem)
PROVED, FALSE = Status.PROVED, Status.FALSE
every_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.DERIVATION.id)


# -- what holds, and what every step must notice ----------------------------------------------------------------------


@every_module
def test_every_step_is_proved(module):
    inner = {one.id for one in module.DERIVATION.steps}
    alone = [replace(one, uses=tuple(id for id in one.uses if id in inner)) for one in module.DERIVATION.steps]
    result = check_derivation(replace(module.DERIVATION, build=lambda: alone))
    assert {one.step.id: one.evidence.detail for one in result.steps if one.evidence.status is not PROVED} == {}
    assert len(result.steps) >= 8


@every_module
def test_a_theorem_is_refuted_by_its_instances_alone(module):
    """Even if base and step were believed."""
    believed = Evidence(PROVED, 0.0, "")
    for one in module.DERIVATION.steps:
        if isinstance(one.check, Induction):
            context = Context(50, {one.check.base: believed, one.check.step: believed})
            assert one.check(one.statement, context).status is PROVED
            wrong = replace(one.statement, rhs=one.statement.rhs * (1 + nt.L))
            assert one.check(wrong, context).status is FALSE, one.id


def test_every_antiderivative_is_needed_as_it_is():
    """A wrong antiderivative of a true integral is found, in every step that has one."""
    checked = 0
    for module in MODULES:
        for one in module.DERIVATION.steps:
            if not isinstance(one.check, Antiderivative) or one.id.startswith(("erf-", "relu-")):
                continue  # the explicit recursions take seconds each
            for wrong in (2 * one.check.primitive, -one.check.primitive):
                found = replace(one.check, primitive=wrong)(one.statement, Context(50))
                assert found.status is FALSE, one.id
                assert "slope" in found.detail
            checked += 1
    assert checked >= 14


# -- prior-statistics -------------------------------------------------------------------------------------------------


def prior_with(changes):
    """The rule that m is (10) with something replaced."""
    wrong = sp.Lambda((nt.t, nt.s), prior_statistics.formula(nt.t, nt.s).xreplace(changes))
    return lambda _: wrong


@pytest.mark.parametrize("id", ["variance-equation", "memory-equation", "stable-covariance", "stable-complement"])
def test_a_wrong_rate_solves_nothing(id):
    assert with_rule(step(id, prior_statistics), 0, prior_with({nt.kappa: 2 * nt.kappa})) is FALSE


@pytest.mark.parametrize("id", ["variance-start", "stable-covariance", "no-noise"])
def test_a_wrong_start_is_false(id):
    """It would solve the moment equations, but not with the initial value."""
    assert with_rule(step(id, prior_statistics), 0, prior_with({nt.sigma02: 2 * nt.sigma02})) is FALSE


def test_the_noise_has_the_strength_2t_and_ends_at_the_earlier_time():
    one = step("noise", prior_statistics)
    assert with_lhs(one, lambda e: e.xreplace({nt.T: nt.T / 2})) is FALSE
    (integral,) = one.statement.lhs.atoms(sp.Integral)
    u, low, high = integral.limits[0]
    later = sp.Integral(integral.function, (u, low, nt.t))
    assert high == nt.s
    assert with_lhs(one, lambda e: e.xreplace({integral: later})) is FALSE


def test_itos_rule_needs_its_second_derivative():
    ordinary = -2 * nt.kappa * nt.Theta**2
    assert with_rhs(step("ito", prior_statistics), lambda _: ordinary) is FALSE


def test_one_step_of_the_chain():
    transition = step("transition", prior_statistics)
    assert with_rule(transition, 0, lambda e: e.xreplace({nt.kappa: 2 * nt.kappa})) is FALSE
    assert with_rhs(transition, lambda e: e.xreplace({nt.Theta_previous: -nt.Theta_previous})) is FALSE
    recurrence = step("chain-variance", prior_statistics)
    assert with_rhs(recurrence, lambda e: e.xreplace({nt.lam_tilde: nt.lam_tilde**2})) is FALSE


def test_the_chain_in_full_refutes_a_wrong_stationary_variance_and_a_wrong_memory():
    one = step("chain-in-full", prior_statistics)
    assert with_rhs(one, lambda e: e.xreplace({nt.sigma2_tilde: nt.sigma2})) is FALSE
    assert with_rhs(one, lambda e: e.xreplace({nt.lam_tilde: nt.lam_tilde**2})) is FALSE


def test_the_limit_and_the_replicas():
    assert with_rule(step("limit", prior_statistics), -2, lambda e: e * 2) is FALSE
    replicas = step("replicas", prior_statistics)
    assert with_rhs(replicas, lambda e: e / nt.lam_tilde) is FALSE
    same = sp.Lambda((nt.i, nt.j), _prior_chain.chain(nt.i, nt.j - 1))
    assert with_rule(replicas, 0, lambda _: same) is FALSE


# -- layer maps from their integrals ----------------------------------------------------------------------------------


def test_the_wedge_is_needed_for_relu():
    """Over the half plane where only one pre-activation is positive the integral is another."""
    one = step("angular", ndk_relu)
    (integral,) = one.statement.lhs.atoms(sp.Integral)
    alpha, _, high = integral.limits[0]
    half_plane = sp.Integral(integral.function, (alpha, -sp.pi / 2, high))
    assert with_lhs(one, lambda _: half_plane) is FALSE


def test_polar_coordinates_need_their_jacobian_and_their_angle():
    one = step("polar", ndk_relu)
    assert with_rhs(one, lambda e: e / nt.varrho) is FALSE
    assert with_lhs(one, lambda e: e.xreplace({nt.theta: 2 * nt.theta})) is FALSE


@pytest.mark.parametrize(("module", "name"), [(ndk_relu, "relu"), (ndk_erf, "erf")])
@pytest.mark.parametrize("id", ["layer-map", "derivative-map"])
def test_a_wrong_closed_form_is_false(module, name, id):
    one = step(id, module)
    maps = activation(name)
    swapped = {
        "layer-map": lambda a, c, b: maps.dual(a, -c, b),
        "derivative-map": lambda a, c, b: maps.dual_derivative(a, c, 2 * b),
    }[id]
    given = ((nt.F, swapped), *one.statement.given) if id == "layer-map" else ((nt.Fdot, swapped), *one.statement.given)
    assert decide(one, given=given) is FALSE


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("module", [ndk_relu, ndk_erf])
def test_explicit_depths_notice_a_small_term_and_another_recursion(module, depth):
    for id in (f"kernel-{depth}", f"response-{depth}"):
        assert with_rhs(step(id, module), lambda e: e + sp.Rational(1, 10**6)) is FALSE
    one = step(f"response-{depth}", module)
    given = [(k, v.xreplace({nt.decay: nt.decay**2}) if isinstance(k, Kd) else v) for k, v in one.statement.given[:1]]
    assert decide(one, given=(*given, *one.statement.given[1:])) is FALSE


def test_relu_needs_the_angle_of_each_layer():
    one = step("response-2", ndk_relu)
    for changes in ({nt.psi1: nt.psi2, nt.psi2: nt.psi1}, {nt.psi2: nt.psi1}):
        assert with_rhs(one, lambda e, changes=changes: e.xreplace(changes)) is FALSE


def test_erf_gaussians():
    assert with_rhs(step("slope", ndk_erf), lambda e: e * sp.sqrt(2)) is FALSE
    assert with_rhs(step("product", ndk_erf), lambda e: e.xreplace({nt.c: -nt.c})) is FALSE
    assert with_rhs(step("odd", ndk_erf), lambda e: -e) is FALSE
    shifted = step("layer-map", ndk_erf)
    (integral,) = shifted.statement.lhs.atoms(sp.Integral)
    x, _, high = integral.limits[0]
    assert with_lhs(shifted, lambda _: sp.Integral(integral.function, (x, nt.a / 10, high))) is FALSE


def test_linear_depth_counts():
    one = step("response-step", ndk_linear)
    index = next(k for k, (pattern, _) in enumerate(one.statement.given) if pattern == Kd(nt.L, nt.m))
    assert with_rule(one, index, lambda e: e.xreplace({nt.L: nt.L - 1})) is FALSE
    assert with_rhs(step("equilibria", ndk_linear), lambda e: e * nt.L / (nt.L + 1)) is FALSE
    assert with_rhs(step("inner", ndk_linear), lambda e: -e) is FALSE


# -- ndk-integral and Price's theorem ---------------------------------------------------------------------------------


def test_the_window_has_two_ends():
    one = step("window", ndk_integral)
    sigma2 = nt.sigma2
    only_upper = sigma2 * ndk_integral.K(nt.L, 0) / nt.T
    assert with_rhs(one, lambda _: only_upper) is FALSE


@pytest.mark.parametrize("name", names(paper=True))
def test_the_quadrature_alone_refutes_a_wrong_integral(name):
    statement = step(f"{name}-1", ndk_integral).statement
    assert Quadrature(15, points=1)(statement, Context(50)).status is Status.NUMERIC
    for wrong in (statement.rhs * sp.Rational(1001, 1000), statement.rhs * nt.T, -statement.rhs):
        found = Quadrature(15, points=1)(replace(statement, rhs=wrong), Context(50))
        assert found.status is FALSE
        assert found.witness


def test_relu_does_not_forget_its_mean():
    """K^L of the far past is not zero, and is not the K^L of today."""
    one = step("relu-mean", ndk_integral)
    assert with_rhs(one, lambda e: e / 2) is FALSE


def test_price_for_exponentials_and_polynomials():
    assert with_rhs(step("square", price_theorem), lambda e: e.xreplace({nt.c: -nt.c})) is FALSE
    exponentials = step("exponentials", price_theorem)
    assert with_rhs(exponentials, lambda e: e.xreplace({sp.Symbol("u", real=True): 1})) is FALSE
    polynomials = step("polynomials", price_theorem)
    assert with_rule(polynomials, 1, lambda e: e.xreplace({nt.a: nt.b})) is FALSE
    assert with_rule(polynomials, 0, lambda e: e.coeff(nt.c, 2) * nt.c**2) is FALSE


# -- abstract maps ----------------------------------------------------------------------------------------------------


def test_the_instance_of_the_abstract_maps_tells_their_arguments_apart():
    """A statement about F and Ḟ with a wrong argument, sign or factor differs at this instance."""
    meaning, (a, c, b) = dict(abstract_instance()), (nt.a, nt.c, nt.b)
    value, slope, norm = meaning[F](a, c, b), meaning[Fdot](a, c, b), meaning[nt.norm](a)
    assert sp.expand(sp.diff(value, c) - slope) == 0
    changes = ((c, a, b), (a, b, c), (b, c, a), (b, a, c), (c, b, a), (-a, c, b), (a, -c, b), (a, c, -b))
    for map_, others in ((meaning[F], (slope, norm)), (meaning[Fdot], (value, norm))):
        assert all(sp.expand(map_(*other) - map_(a, c, b)) != 0 for other in changes)
        assert all(sp.diff(map_(a, c, b), x) != 0 for x in (a, c, b))
        assert sp.diff(map_(a, c, b), c, 3) != 0
        assert all(sp.expand((map_(a, c, b) - other).subs({c: a, b: a}, simultaneous=True)) != 0 for other in others)
    assert sp.diff(norm, a, 2) != 0
