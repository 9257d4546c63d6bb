"""Signs under roots are known or refused, never guessed; and the functions the zero test rewrites stay the same."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from ndk_sym.quotients import Quotients
from ndk_sym.signs import Signs
from ndk_sym.tower import _REWRITTEN, Inconclusive, is_zero

x, y = sp.symbols("x y", positive=True)
n = sp.Symbol("n", negative=True)
r = sp.Symbol("r", real=True)
PLACES = [{x: 4, y: 1, n: -2, r: 1}, {x: 4, y: 3, n: -1, r: 3}]


def values(expr):
    return [mpmath.mpf(sp.N(sp.sympify(expr).subs(place), 30)) for place in PLACES]


@pytest.fixture
def signs():
    field = Quotients(generators=5, work=10**6)
    for _ in range(5):
        field.new_generator()
    found = Signs(field, values)
    found.expressions = {0: x, 1: n, 2: r}
    return found, field


def test_a_sign_is_that_of_the_assumptions(signs):
    found, field = signs
    gx, gn, gr, *_ = field.ring.gens
    assert found.sign(gx, fixed=False) == 1
    assert found.sign(gn, fixed=False) == -1
    assert found.sign(gr, fixed=False) == 0
    # the sample points agree, and prove nothing
    for sum_ in (gx + gr, gx - gn, gx * gr, gn - gx):
        assert found.sign(sum_, fixed=False) == 0


def test_what_cannot_vanish_has_the_sign_of_the_sample_points(signs):
    found, field = signs
    gx, gn, gr, *_ = field.ring.gens
    assert found.sign(gr, fixed=True) == 1
    assert found.sign(gx - gr, fixed=True) == 1
    assert found.sign(gn - gr, fixed=True) == -1
    assert found.sign(gr - 2, fixed=True) == 0  # −1 and 1
    assert found.sign(gr - 1, fixed=True) == 0  # 0 and 2
    assert found.sign(1 - gr, fixed=True) == 0


def test_roots_and_exponentials_have_values_too(signs):
    found, field = signs
    _, _, _, ge, gw = field.ring.gens
    found.set_exponential(3, field.generator(0), 2)  # e^{x/2} = 7.39
    assert found.sign(ge, fixed=False) == 1
    assert found.sign(ge - 7, fixed=True) == 1
    assert found.sign(ge - 8, fixed=True) == -1
    field.roots[4] = (2, field.ring.gens[0] * 4)  # √(4x) = 4
    assert found.sign(gw, fixed=False) == 1
    assert found.sign(gw - 3, fixed=True) == 1
    assert found.sign(gw - 5, fixed=True) == -1


def test_an_odd_root_has_no_sign_of_its_own(signs):
    found, field = signs
    field.roots[4] = (3, field.ring.gens[0])
    assert found.sign(field.ring.gens[4], fixed=False) == 0


def test_squares_of_unknown_sign_do_not_leave_a_root():
    """√(r²x + r²y) = r√(x+y) holds at every sample point, where r > 0, and is false."""
    root = sp.sqrt(x + y)
    with pytest.raises(Inconclusive):
        is_zero(sp.sqrt(r**2 * x + r**2 * y) - r * root, values)
    assert is_zero(sp.sqrt(n**2 * x + n**2 * y) + n * root, values)
    with pytest.raises(Inconclusive):
        is_zero(sp.sqrt(n**2 * x + n**2 * y) - n * root, values)


@pytest.mark.parametrize("function", _REWRITTEN, ids=str)
def test_a_function_is_rewritten_as_what_it_is(function):
    place = sp.Rational(17, 10) if function is sp.acosh else sp.Rational(3, 10)
    other = _REWRITTEN[function](r)
    assert not other.has(function)
    assert abs(sp.N(other.subs(r, place) - function(place, evaluate=False), 40)) < sp.Float("1e-35")


def test_an_identity_in_many_generators_is_proved():
    """More than are allotted at first: the test starts again with more."""
    many = sp.symbols("u:30", positive=True)
    assert is_zero(sum(x * u for u in many) - x * sum(many), values) > 30
