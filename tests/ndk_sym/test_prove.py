"""The ladder exact zero → balls → digits: what it proves, what it refutes, and what it refuses to decide."""

from __future__ import annotations

import pytest
import sympy as sp

from ndk_sym import prove
from ndk_sym.evaluation import CannotEvaluate, Digits, evaluate
from ndk_sym.prove import Identity, Induction, identity
from ndk_sym.statement import Context, Evidence, Statement, Status, domain
from ndk_sym.tower import Inconclusive, is_zero

x, y, z = sp.symbols("x y z", positive=True)
r, q = sp.symbols("r q", real=True)
f = sp.Function("f", real=True)
theta = sp.acos(r)

TRUE = {
    "rational": (x / (x + y) + y / (x + y), sp.Integer(1), ()),
    "roots": (sp.sqrt(x * y + y) / sp.sqrt(x + 1), sp.sqrt(y), ()),
    "root-of-quotient": (sp.sqrt(1 - r**2 / (x * y)), sp.sqrt(x * y - r**2) / sp.sqrt(x) / sp.sqrt(y), (r**2 < x * y,)),
    "root-of-product": (sp.sqrt((1 + x * q) * (2 - q)), sp.sqrt(1 + x * q) * sp.sqrt(2 - q), (x * q > -1,)),
    "nested-roots": (sp.sqrt(1 + sp.sqrt(x)) ** 4, (1 + sp.sqrt(x)) ** 2, ()),
    "number-roots": (sp.sqrt(6) * sp.sqrt(sp.Rational(2, 3)) * x, 2 * x, ()),
    "arccosine": (sp.acos(r) + sp.asin(r), sp.pi / 2, ()),
    "odd": (sp.asin(r - q) + sp.asin(q - r), sp.Integer(0), ((r - q) ** 2 < 1,)),
    "same-argument": (sp.asin((x**2 - y**2) / (x + y) / 9), sp.asin((x - y) / 9), ()),
    "exponentials": (sp.exp(-x * (y - z)) * sp.exp(x * y / 2), sp.exp(x * z) * sp.exp(-x * y / 2), ()),
    "powers": (x**r * x**2 * (1 / x) ** 3, x ** (r - 1), ()),
    "trigonometry": (sp.sin(r) ** 2 / (1 + sp.cos(r)), 1 - sp.cos(r), ()),
    "hyperbolic": (sp.cosh(r) ** 2 - sp.sinh(r) ** 2, sp.Integer(1), ()),
    "derivative": (sp.Derivative(sp.sin(theta) - theta * r, r), -theta, ()),
    "error-function": (sp.erf(-r) + sp.erfc(-r), sp.Integer(1) + sp.erf(r) + sp.erf(-r), ()),
}


def statement(lhs, rhs, where=(), **fields):
    return Statement(id="test", lhs=lhs, rhs=rhs, domain=domain(where=where, **fields))


@pytest.mark.parametrize("name", TRUE)
def test_true_identities_are_proved(name):
    lhs, rhs, where = TRUE[name]
    found = identity(statement(lhs, rhs, where))
    assert (found.status, found.residual, found.method) == (Status.PROVED, 0.0, "exact zero"), found.detail


@pytest.mark.parametrize("balls", [True, False])
@pytest.mark.parametrize("name", TRUE)
def test_a_wrong_coefficient_is_refuted_with_a_witness(name, balls):
    lhs, rhs, where = TRUE[name]
    found = identity(statement(lhs, rhs + r / 10**6, where), balls=balls)
    assert found.status is Status.FALSE
    at = {sp.Symbol(key): sp.Rational(value) for key, value in found.witness}
    plain = {symbol: sp.Symbol(symbol.name) for symbol in (lhs - rhs + r).free_symbols}
    gap = (lhs - rhs - r / 10**6).doit().subs(plain).subs(at)
    assert abs(sp.N(gap, 30)) > 1e-9  # the witness really is one


def test_the_planted_defect_is_not_an_exact_zero_either():
    checked = 0
    place = {
        x: sp.Rational(1, 2),
        y: sp.Rational(2, 3),
        z: sp.Rational(1, 5),
        r: sp.Rational(1, 7),
        q: sp.Rational(1, 9),
    }
    for lhs, rhs, _ in TRUE.values():
        with pytest.raises(Inconclusive, match="numerator"):
            is_zero((lhs - rhs).doit() + r / 10**6, lambda expr: [evaluate(expr, place, Digits(30))])
        checked += 1
    assert checked == len(TRUE)


def test_signs_are_not_guessed():
    """√(c²x) = c√x holds at every sample point with c > 0, and is false."""
    values = {x: sp.Rational(1, 2), r: sp.Rational(1, 3)}
    with pytest.raises(Inconclusive):
        is_zero(sp.sqrt(r**2 * x) - r * sp.sqrt(x), lambda expr: [sp.N(expr.subs(values), 30)] * 3)
    assert identity(statement(sp.sqrt(r**2 * x), r * sp.sqrt(x))).status is Status.FALSE


@pytest.mark.parametrize(("balls", "status"), [(True, Status.CERTIFIED), (False, Status.NUMERIC)])
def test_what_is_not_proved_is_labelled_by_what_was_done(balls, status):
    """A relation between two arcsines that the tower does not know."""
    if balls:
        pytest.importorskip("flint")
    hard = statement(sp.asin(r) + sp.asin(sp.sqrt(1 - r**2)), sp.pi / 2, (r > 0,))
    found = identity(hard, balls=balls, digits=40)
    assert found.status is status
    assert 0 <= found.residual < 1e-40
    assert "no exact zero" in found.detail


@pytest.mark.parametrize("balls", [True, False])
def test_a_difference_far_below_the_digits_is_still_false(balls):
    """A true zero shrinks with the precision; 1e-70 does not."""
    found = identity(statement(x + sp.Rational(1, 10**70), x), digits=50, balls=balls, exact=False)
    assert found.status is Status.FALSE


def test_a_small_relative_difference_of_small_numbers_is_false():
    """By digits too: 1e-60 of a value of 1e-45."""
    small = x / 10**45
    found = identity(statement(small * (1 + sp.Rational(1, 10**60)), small), digits=50, balls=False, exact=False)
    assert found.status is Status.FALSE


def test_precision_is_raised_until_the_balls_are_narrow():
    pytest.importorskip("flint")
    root = sp.sqrt(10**400 + x)  # 200 digits cancel
    found = identity(statement(root - 10**200, x / (root + 10**200)), exact=False)
    assert (found.status, found.method) == (Status.CERTIFIED, "ball arithmetic"), found


def test_nothing_is_certified_to_be_nothing():
    """0 = 0: there is no relative error."""
    pytest.importorskip("flint")
    found = identity(statement(sp.Mul(0, x, evaluate=False), sp.Integer(0)), exact=False)
    assert found.status is Status.CERTIFIED, found


UNDECIDED = {
    "unknown function": (f(x), f(x) + 0 * y, ()),
    "not real": (sp.sqrt(-1 - x), sp.sqrt(-1 - x), ()),
    "logarithm of a negative number": (sp.log(-x) - sp.log(-x) + x, x, ()),
    "pole everywhere": (sp.log(sp.sin(r) ** 2 + sp.cos(r) ** 2 - 1), r, ()),
    "empty domain": (x, x, (x < 0,)),
    "nan": (sp.nan, sp.nan, ()),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_cannot_be_evaluated_is_unknown(name):
    lhs, rhs, where = UNDECIDED[name]
    if name == "logarithm of a negative number":
        lhs = sp.Add(sp.log(-x), x, -sp.log(-x), evaluate=False)
    found = identity(statement(lhs, rhs, where))
    assert found.status is Status.UNKNOWN, found
    assert not found.status.ok


def test_an_inexact_number_is_never_an_exact_zero():
    found = identity(statement(sp.Float("0.5") * x, x / 2))
    assert found.status is not Status.PROVED


def test_the_work_limit_ends_the_exact_test():
    big = sp.prod([1 + x**k + y**k for k in range(1, 6)])
    values = lambda expr: [sp.Float(1)]  # noqa: E731
    with pytest.raises(Inconclusive, match="term products"):
        is_zero(big - sp.expand(big) + 0 * x, values, work=50)
    assert is_zero(big - sp.expand(big), values) > 0


def test_a_failed_exact_test_does_not_hide_a_success_of_the_weaker_one(monkeypatch):
    def fails(*args, **options):
        raise Inconclusive("not today")

    monkeypatch.setattr(prove, "is_zero", fails)
    assert identity(statement(x + x, 2 * x), balls=False).status is Status.NUMERIC


def test_an_exact_test_that_errs_does_not_hide_a_counter_example(monkeypatch):
    monkeypatch.setattr(prove, "is_zero", lambda *args, **options: 1)
    assert identity(statement(x, 2 * x)).status is Status.FALSE


def test_without_flint_the_same_things_are_proved(monkeypatch):
    monkeypatch.setattr(prove, "balls_available", lambda: False)
    lhs, rhs, where = TRUE["root-of-quotient"]
    assert identity(statement(lhs, rhs, where)).status is Status.PROVED
    assert identity(statement(lhs, rhs + x, where)).status is Status.FALSE


def test_sampling_is_seeded_and_respects_the_domain():
    wanted = domain({r: (2, 3)}, where=(x < y,))
    points = wanted.points([r, x, y], count=20, seed="a")
    assert points == wanted.points([y, x, r], count=20, seed="a")
    assert points != wanted.points([r, x, y], count=20, seed="b")
    assert len(points) == 20
    assert all(2 < p[r] < 3 and p[x] < p[y] for p in points)


def test_sampling_fills_the_ranges_that_are_promised():
    n, m = sp.symbols("n m", integer=True)
    points = domain({m: (2, 3)}).points([x, r, n, m], count=300, seed="a")
    drawn = {symbol: [point[symbol] for point in points] for symbol in (x, r, n, m)}
    for symbol, low, high in ((x, sp.Rational(1, 4), 2), (r, -1, 1)):
        assert low < min(drawn[symbol]) < low + 0.05
        assert high - 0.05 < max(drawn[symbol]) < high
    assert {*drawn[n]} == {1, 2, 3, 4}
    assert {*drawn[m]} == {2, 3}


def test_two_symbols_of_one_name_are_sampled_apart():
    one, other = sp.Symbol("x", positive=True), sp.Symbol("x", real=True)
    points = domain().points([one, other], count=2, seed="a")
    assert points == domain().points([other, one], count=2, seed="a")
    assert all(point[one] != point[other] for point in points)


def induction(base=Status.PROVED, step=Status.PROVED, rhs=None):
    n = sp.Symbol("n", integer=True, nonnegative=True)
    power = sp.Function("power", real=True)
    claim = statement(power(n), x**n if rhs is None else rhs, functions=((power, sp.Lambda(n, x**n)),))
    known = {"base": Evidence(base, 0.0, "test"), "step": Evidence(step, 0.0, "test")}
    instances = tuple((f"n = {k}", ((n, sp.Integer(k)), (power(k), sp.prod([x] * k)))) for k in (0, 1, 3))
    return Induction("base", "step", instances), claim, Context(50, known)


def test_induction_is_as_strong_as_its_weakest_part():
    check, claim, context = induction()
    assert check(claim, context).status is Status.PROVED
    check, claim, context = induction(step=Status.NUMERIC)
    assert check(claim, context).status is Status.NUMERIC
    check, claim, context = induction(base=Status.FALSE)
    assert check(claim, context).status is Status.FALSE


def test_induction_with_a_part_missing_is_unknown():
    check, claim, context = induction()
    assert check(claim, Context(50, {"base": context.earlier["base"]})).status is Status.UNKNOWN
    assert Induction("base", "step", ())(claim, context).status is Status.UNKNOWN


def test_induction_refutes_a_claim_that_its_base_and_step_do_not_prove():
    check, claim, context = induction(rhs=2 * x ** sp.Symbol("n", integer=True, nonnegative=True))
    assert check(claim, context).status is Status.FALSE


def test_identity_is_a_check():
    assert Identity()(statement(x, x), Context(20)).status is Status.PROVED
    assert Identity(exact=False, balls=False)(statement(x, x), Context(20)).status is Status.NUMERIC


def test_a_counter_example_counts_more_than_a_failure_elsewhere():
    """√(x − 1) has no value at some of the points; at the others the sides differ."""
    for balls in (True, False):
        found = identity(statement(sp.sqrt(x - 1), 2 * sp.sqrt(x - 1)), balls=balls, points=20)
        assert found.status is Status.FALSE
    assert identity(statement(sp.sqrt(x - 1), sp.sqrt(x - 1)), points=20).status is Status.UNKNOWN


def test_the_first_failure_is_told():
    def fails(place):
        raise CannotEvaluate(f"at {place}")

    with pytest.raises(CannotEvaluate, match="at 1"):
        prove._at_all([1, 2], fails, Status.NUMERIC, "")


def test_values_are_compared_with_fifteen_digits_more_and_with_twice_as_many(monkeypatch):
    asked = []
    monkeypatch.setattr(prove, "Digits", lambda digits: asked.append(digits) or Digits(digits))
    assert identity(statement(x + x, 2 * x), digits=20, exact=False, balls=False, points=1).status is Status.NUMERIC
    assert asked == [35, 70]
