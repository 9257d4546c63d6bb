"""Every derivation holds at the strength it claims, and a planted defect anywhere in it is found.

The defects are those one makes: a wrong coefficient, a flipped sign, a swapped argument, a wrong hypothesis.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
import sympy as sp

from derivations import long_time_identity, neural_dynamical_kernel, price_theorem
from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, Fdot, K, Kd
from ndk_sym.activations import activation, names
from ndk_sym.pages import FORMATS, page
from ndk_sym.prove import Identity, Induction
from ndk_sym.registry import derivations, ordered
from ndk_sym.statement import Context, Evidence, Status
from ndk_sym.verify import check_derivation, statement_latex

ALL = tuple(derivations())

# exact in every step; id → (module, steps that do not depend on the registered activations, steps for each of these)
EXPECTED = {
    "price-theorem": (price_theorem, 5, 1),
    "ndk-derivative": (neural_dynamical_kernel, 3, 4),
    "long-time-identity": (long_time_identity, 6, 4),
}


def step(id, module):
    (found,) = [s for s in module.DERIVATION.steps if s.id == id]
    return found


def decide(one, context=None):
    return (one.check or Identity())(one.statement, context or Context(50))


# -- what holds ---------------------------------------------------------------------------------------------------


def test_the_first_derivations_are_there():
    assert set(EXPECTED) <= set(ALL)


@pytest.mark.long
def test_every_derivation_holds_and_has_its_pages():
    """One test, since checking them all takes more than a minute and is done once."""
    known, found = derivations(), {}
    for id in ordered(known, known):
        found[id] = check_derivation(known[id], lemmas=found)
    assert {id: result.evidence for id, result in found.items() if not result.status.ok} == {}
    for id, (_, fixed, each) in EXPECTED.items():
        weaker = {s.step.id: s.evidence for s in found[id].steps if s.evidence.status is not Status.PROVED}
        assert weaker == {}
        assert (found[id].status, found[id].residual) == (Status.PROVED, 0.0)
        assert len(found[id].steps) == fixed + each * len(names(paper=True))
    for id, format in product(known, FORMATS):
        text = page(known[id], found[id], format=format)
        assert text.count("enclosed within 1e-50") + text.count("agree to 50 digits") >= 5, (id, format)
        assert "proved" in text, (id, format)


@pytest.mark.parametrize("id", ["ndk-derivative", "long-time-identity"])
def test_all_activations_and_depths_are_there(id):
    ids = {s.id for s in derivations()[id].steps}
    assert {f"{name}-{depth}" for name in names(paper=True) for depth in (1, 2, 3, 4)} <= ids
    assert {"linear", "relu", "erf"} <= set(names(paper=True))


@pytest.mark.parametrize("id", ALL)
def test_derivations_say_what_they_assume_and_what_no_machine_proved(id):
    derivation = derivations()[id]
    assert derivation.assumptions
    assert derivation.exact
    assert derivation.physicist
    assert derivation.argument
    assert derivation.paper
    assert all(s.reason and s.statement.title for s in derivation.steps)


def test_headlines():
    headline = {id: statement_latex(derivation.result) for id, derivation in derivations().items()}
    assert r"\frac{\partial}{\partial s} \left[" in headline["long-time-identity"]
    assert r"= T K^{d,L}\left(t, s\right)" in headline["long-time-identity"]
    assert r"K^{d,L}\left(m\right) = e^{-\kappa|t-s|} \frac{\partial}{\partial m}" in headline["ndk-derivative"]


# -- defects in the statement -------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ALL)
def test_a_wrong_coefficient_in_any_statement_is_false(id):
    checked = 0
    for one in derivations()[id].steps:
        if isinstance(one.check, Induction):
            continue
        wrong = replace(one.statement, rhs=one.statement.rhs * sp.Rational(1001, 1000))
        found = decide(replace(one, statement=wrong))
        assert found.status is Status.FALSE, one.id
        # a statement without variables, or a check of explicit cases, has no sample point to show
        assert found.witness or one.check is not None or found.detail.endswith(" at "), one.id
        checked += 1
    assert checked >= 5


@pytest.mark.parametrize("id", ALL)
def test_a_flipped_sign_in_any_statement_is_false(id):
    checked = 0
    for one in derivations()[id].steps:
        if isinstance(one.check, Induction):
            continue
        assert decide(replace(one, statement=replace(one.statement, lhs=-one.statement.lhs))).status is Status.FALSE
        checked += 1
    assert checked >= 5


def in_front(steps):
    """A derivation's steps without their uses, so that each is judged by itself."""
    return lambda: [replace(s, uses=tuple(u for u in s.uses if u in ("base", "step"))) for s in steps()]


@pytest.mark.parametrize("module", [neural_dynamical_kernel, long_time_identity])
@pytest.mark.parametrize("defect", ["coefficient", "sign", "without m"])
def test_a_wrong_claim_fails_in_its_base_its_step_and_its_instances(monkeypatch, module, defect):
    claim = module.claim()
    changed = {
        "coefficient": replace(claim, rhs=2 * claim.rhs),
        "sign": replace(claim, rhs=-claim.rhs),
        "without m": replace(claim, lhs=claim.lhs.replace(sp.Derivative, lambda e, v: sp.Derivative(e.args[0], v)))
        if module is long_time_identity
        else replace(claim, rhs=claim.rhs.replace(sp.Derivative, lambda e, v: sp.Derivative(K(nt.L, nt.m), v))),
    }[defect]
    monkeypatch.setattr(module, "claim", lambda: changed)
    result = check_derivation(replace(module.DERIVATION, build=in_front(module.steps)))
    statuses = {s.step.id: s.evidence.status for s in result.steps}
    assert statuses["base"] is Status.FALSE
    assert statuses[module.DERIVATION.headline] is Status.FALSE
    assert {statuses[f"{name}-{depth}"] for name in names(paper=True) for depth in (1, 4)} == {Status.FALSE}
    assert result.status is Status.FALSE


def test_the_theorem_is_refuted_by_its_instances_alone(monkeypatch):
    """Even if base and step were believed."""
    theorem = step("theorem", neural_dynamical_kernel)
    believed = Context(50, {"base": Evidence(Status.PROVED, 0.0, ""), "step": Evidence(Status.PROVED, 0.0, "")})
    assert decide(theorem, believed).status is Status.PROVED
    wrong = replace(theorem.statement, rhs=theorem.statement.rhs * (1 + nt.L))
    found = decide(replace(theorem, statement=wrong), believed)
    assert found.status is Status.FALSE
    assert "depth 1" in found.detail


# -- defects in a step --------------------------------------------------------------------------------------------


def with_rule(one, index, change):
    """The step with the meaning of one of its rules changed."""
    pattern, meaning = one.statement.given[index]
    given = (*one.statement.given[:index], (pattern, change(meaning)), *one.statement.given[index + 1 :])
    return replace(one, statement=replace(one.statement, given=given))


STEP_DEFECTS = {
    "coefficient of the first term": lambda e: e.replace(Fdot, lambda a, c, b: 2 * Fdot(a, c, b)),
    "flipped sign": lambda e: e.replace(Fdot, lambda a, c, b: -Fdot(a, c, b)),
    "swapped arguments of Ḟ": lambda e: e.replace(Fdot, lambda a, c, b: Fdot(c, a, b)),
    "the NDK of the wrong layer": lambda e: e.replace(Kd, K),
}


@pytest.mark.parametrize("defect", STEP_DEFECTS)
@pytest.mark.parametrize("module", [neural_dynamical_kernel, long_time_identity])
def test_a_defect_in_the_recursion_of_the_induction_step_is_false(module, defect):
    one = step("step", module)
    index = next(i for i, (_, meaning) in enumerate(one.statement.given) if sp.sympify(meaning).has(Fdot))
    assert decide(one).status is Status.PROVED
    assert decide(with_rule(one, index, STEP_DEFECTS[defect])).status is Status.FALSE


@pytest.mark.parametrize("module", [neural_dynamical_kernel, long_time_identity])
def test_a_wrong_hypothesis_is_false(module):
    one = step("step", module)
    hypothesis = next(i for i, (pattern, _) in enumerate(one.statement.given) if str(pattern).startswith("K^{d,L}"))
    assert decide(with_rule(one, hypothesis, lambda e: 2 * e)).status is Status.FALSE
    assert decide(with_rule(one, hypothesis, lambda e: -e)).status is Status.FALSE


class Planted:
    """An activation with one of its maps changed."""

    def __init__(self, name, **changes):
        self._whole, self._changes = activation(name), changes

    def __getattr__(self, name):
        return self._changes.get(name) or getattr(self._whole, name)


@pytest.mark.parametrize("module", [neural_dynamical_kernel, long_time_identity])
@pytest.mark.parametrize("name", names(paper=True))
@pytest.mark.parametrize("depth", [1, 3])
def test_a_wrong_layer_map_is_false(module, name, depth):
    maps = activation(name)
    claim = module.claim().at({nt.L: depth})
    where = step(f"{name}-{depth}", module).statement.domain
    defects = {
        "coefficient": Planted(
            name, dual_derivative=lambda a, c, b: maps.dual_derivative(a, c, b) * sp.Rational(999, 1000)
        ),
        "sign": Planted(name, dual=lambda a, c, b: maps.dual(a, -c, b)),
        "argument": Planted(name, dual_derivative=lambda a, c, b: maps.dual_derivative(a, c, 2 * b) + c / 100),
    }
    for defect, planted in defects.items():
        statement = claim.where(*module.at_depth(planted, depth), domain=where)
        assert Identity()(statement, Context(50)).status is Status.FALSE, defect


def test_a_growing_prior_is_false():
    """A flipped sign in the exponent of m(t,s), in the slope and in the identity."""
    t, s = nt.t, nt.s
    growing = (long_time_identity.m, sp.Lambda((t, s), nt.sigma2 * sp.exp(nt.kappa * (t - s))))
    for id in ("prior-slope", "base"):
        statement = step(id, long_time_identity).statement
        wrong = replace(statement, given=(growing, *statement.given[1:]))
        assert Identity()(wrong, Context(50)).status is Status.FALSE


def test_a_swapped_time_argument_is_false():
    statement = step("prior-slope", long_time_identity).statement
    swapped = replace(statement, lhs=sp.Derivative(long_time_identity.m(nt.s, nt.t), nt.s))
    assert Identity()(swapped, Context(50)).status is Status.FALSE


def test_the_prior_is_not_stationary_from_the_start():
    """Without the limit the identity fails by the transient: the assumption t, s ≫ 1/κ is needed."""
    from ndk_sym.prior import covariance

    base = step("base", long_time_identity).statement
    transient = (long_time_identity.m, lambda t, s: covariance(t, s).xreplace({sp.Abs(t - s): t - s}))
    assert Identity()(replace(base, given=(transient, *base.given[1:])), Context(50)).status is Status.FALSE


def test_defects_in_prices_theorem():
    heat = step("integrand", price_theorem)
    assert decide(with_rule(heat, 0, lambda e: 2 * e)).status is Status.FALSE
    assert decide(with_rule(heat, 0, lambda e: -e)).status is Status.FALSE
    swapped = sp.Derivative(sp.Function("p", real=True)(nt.z1, nt.z2, nt.c), nt.z1, nt.z1)
    assert decide(with_rule(heat, 0, lambda e: swapped)).status is Status.FALSE
    density = step("density", price_theorem)
    assert decide(with_rule(density, 0, lambda e: e.xreplace({nt.c: 2 * nt.c}))).status is Status.FALSE


def test_the_abstract_activation_knows_price_and_nothing_else():
    assert PRICE.dual(nt.a, nt.c, nt.b).diff(nt.c) == PRICE.dual_derivative(nt.a, nt.c, nt.b)
    assert PRICE.dual(nt.a, nt.c, nt.b).diff(nt.a).has(sp.Derivative)
