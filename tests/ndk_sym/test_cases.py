"""Statements decided in named cases: what they say, how strongly, and that no case is no evidence."""

from __future__ import annotations

import pytest
import sympy as sp

from ndk_sym.cases import Cases, Close, spread, summed
from ndk_sym.statement import Context, Statement, Status

n = sp.Symbol("n", integer=True, positive=True)
x = sp.Symbol("x", positive=True)
CONTEXT = Context(50)


def at(*values):
    return tuple((f"n = {value}", lambda value=value: ((n, sp.sympify(value)),)) for value in values)


def test_rational_numbers_are_compared_as_they_are():
    found = Cases(at(1, 2))(Statement("s", n**2, 3 * n - 2), CONTEXT)
    assert (found.status, found.residual) == (Status.PROVED, 0.0)
    assert found.detail == "both sides agree exactly in 2 cases: n = 1; n = 2"
    found = Cases(at(1, 7))(Statement("s", n**2, 3 * n - 2), CONTEXT)
    assert (found.status, found.residual) == (Status.FALSE, 30.0)
    assert found.detail == "fails for n = 7: 49 is not 19"
    assert ("case", "n = 7") in found.witness


def test_a_case_is_as_strong_as_its_check():
    sampled = Close(at(1), digits=20)
    found = Cases(at(1), each=sampled)(Statement("s", n, n), CONTEXT)
    assert found.status is Status.NUMERIC
    assert "agree within 1e-50 in 1 case: n = 1" in found.detail


@pytest.mark.parametrize("check", [Cases(()), Close((), digits=10)])
def test_no_case_is_no_evidence(check):
    found = check(Statement("s", n, n), CONTEXT)
    assert (found.status, found.detail) == (Status.UNKNOWN, "there is no case")


def test_the_guard_is_for_what_cancels():
    root = sp.sqrt(10**80 + n)  # 80 digits cancel
    statement = Statement("s", root - 10**40, n / (root + 10**40))
    assert Close(at(1), digits=10)(statement, CONTEXT).status is Status.FALSE
    found = Close(at(1, 3), digits=10, guard=80)(statement, CONTEXT)
    assert (found.status, found.residual) == (Status.NUMERIC, 1e-10)
    wrong = Statement("s", statement.lhs, statement.rhs * (1 + sp.Rational(1, 10**9)))
    assert Close(at(1), digits=10, guard=80)(wrong, CONTEXT).status is Status.FALSE
    assert Close(at(1), digits=8, guard=80)(wrong, CONTEXT).status is Status.NUMERIC


def test_long_lists_are_shown_by_their_ends():
    assert spread("abcdefghi") == "a; b; c; d; e; f; g; h; i"
    assert spread("abcdefghij") == "a; b; c; …; i; j"


def test_sums_are_carried_out_when_their_limits_are_known():
    i, j = sp.symbols("i j", integer=True)
    nested = sp.Sum(x**i * j, (j, 1, i), (i, 1, n))
    assert nested.replace(sp.Sum, summed).has(sp.Sum)
    explicit = nested.xreplace({n: sp.Integer(3)}).replace(sp.Sum, summed)
    assert explicit == x + 3 * x**2 + 6 * x**3
