"""Quotients of polynomials: what cancels is gone, and what stood in a denominator is remembered."""

from __future__ import annotations

import pytest

from ndk_sym.quotients import Quotient, Quotients


@pytest.fixture
def field():
    made = Quotients(generators=4, work=10**6)
    for _ in range(4):
        made.new_generator()
    return made


def test_only_what_divides_is_cancelled_and_no_further_than_to_nothing(field):
    x, y, *_ = field.ring.gens
    for above, below, left in ((x**3, x, x**2), ((x + y) ** 2, x + y, x + y), (x * y, x, y)):
        found = field.multiply(Quotient(above), field.inverse(Quotient(below)))
        assert (found.numerator, dict(found.denominator)) == (left, {})
    found = field.multiply(Quotient(x), field.inverse(Quotient(x**3 * (x + y))))
    assert (found.numerator, dict(found.denominator)) == (field.ring.one, {x: 2, x + y: 1})


def test_a_denominator_cannot_vanish_and_is_found_in_products(field):
    x, y, z, _ = field.ring.gens
    assert not field.is_known(x - y)
    assert field.factors((x - y) * (x + z))[1] == {(x - y) * (x + z): 1}
    field.inverse(Quotient(3 * x - 3 * y))
    assert field.is_known(x - y)
    assert field.factors((x - y) * (x + z)) == (1, {x - y: 1, x + z: 1})


def test_a_factor_found_by_division_is_the_same_as_one_that_was_written(field):
    """As a key too: else one root would become two generators."""
    x, y, z, _ = field.ring.gens
    assert hash(field.exact_quotient((x - y) * (x + z), x - y)) == hash(x + z)
