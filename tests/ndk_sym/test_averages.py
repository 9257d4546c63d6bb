"""Quadrature in many digits: the averages of an activation and the prior's statistics are those of the formulas."""

from __future__ import annotations

import pytest
import sympy as sp
from mpmath import mp

from ndk_sym.activations import activation
from ndk_sym.averages import Averages, prior_complement, prior_covariance, prior_variance

DIGITS, ENOUGH = 10, 1e-9
A, C, B = 0.75, -0.25, 1.25


def differ(found, expected):
    with mp.workdps(3 * DIGITS):
        return abs(found / mp.mpf(str(sp.N(expected, 3 * DIGITS))) - 1)


def exact(x):
    return sp.Rational(*x.as_integer_ratio())


def test_the_averages_of_an_activation():
    act = activation("sin")
    averages, point, numbers = Averages(act, ()), (A, C, B), tuple(map(exact, (A, C, B)))
    dual, slope = act.dual(*numbers), act.dual_derivative(*numbers)
    assert differ(averages.dual(*point, digits=DIGITS), dual) < ENOUGH
    assert differ(averages.dual_derivative(*point, digits=DIGITS), slope) < ENOUGH
    assert differ(averages.norm(B, digits=DIGITS), act.norm(numbers[2])) < ENOUGH
    assert differ(Averages(activation("exp"), ()).mean(B, digits=DIGITS), sp.exp(numbers[2] / 2)) < ENOUGH


def test_the_average_as_a_function_of_the_root():
    act, (c, root) = activation("relu"), (-0.25, 0.5)
    whole = sp.sqrt(exact(c) ** 2 + exact(root) ** 2)
    carried = Averages(act, ()).carried("dual")(c, root, digits=DIGITS)
    assert differ(carried, act.dual(whole, exact(c), whole)) < ENOUGH


def known(a, c, b, *, digits):
    """F of exp, with no more digits than were asked for."""
    with mp.workdps(digits):
        return mp.exp((mp.mpf(a) + b) / 2 + c)


def test_what_is_made_of_averages(monkeypatch):
    """Differences of order 8, and a difference of squares that loses half of the digits."""
    averages, (a, c, b) = Averages(activation("exp"), ()), map(exact, (A, C, B))
    monkeypatch.setattr(averages, "dual", known)
    assert differ(averages.dual_by_difference(A, C, B, digits=DIGITS), sp.exp((a + b) / 2 + c)) < ENOUGH
    near = 1.0 - 2.0**-40
    expected = sp.sqrt(sp.exp(4) - sp.exp(2 + 2 * exact(near)))
    assert differ(averages.root(1.0, near, 1.0, digits=DIGITS), expected) < ENOUGH


@pytest.mark.parametrize(("t", "s"), [(2.5, 0.75), (0.75, 0.75), (3.0, 0.0)])
def test_the_statistics_of_the_prior(t, s):
    kappa, sigma2, sigma02 = scale = (0.75, 1.25, 0.875)

    def m(t, s):
        k, late, early = exact(kappa), exact(t), exact(s)
        stationary = exact(sigma2) * sp.exp(-k * (late - early))
        return stationary + (exact(sigma02) - exact(sigma2)) * sp.exp(-k * (late + early))

    assert differ(prior_covariance(t, s, *scale, digits=DIGITS), m(t, s)) < ENOUGH
    assert differ(prior_variance(t, *scale, digits=DIGITS), m(t, t)) < ENOUGH
    if t > s:
        assert differ(prior_complement(t, s, *scale, digits=DIGITS), 1 - m(t, s) ** 2 / (m(t, t) * m(s, s))) < ENOUGH
    else:
        assert abs(prior_complement(t, s, *scale, digits=DIGITS)) < ENOUGH
