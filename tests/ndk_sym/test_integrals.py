"""Integrals by antiderivative and by quadrature, and moments by Isserlis' theorem."""

from __future__ import annotations

import pytest
import sympy as sp

from ndk_sym import InputError
from ndk_sym import notation as nt
from ndk_sym.finite_network import FiniteNetwork
from ndk_sym.gaussian import gaussian_average
from ndk_sym.integrals import Antiderivative, Quadrature
from ndk_sym.isserlis import PolynomialMaps, gaussian_moment_of_pair, layer_maps, moment
from ndk_sym.stable import Expm1
from ndk_sym.statement import Context, Statement, Status

x, a = sp.Symbol("x", real=True), nt.a
CONTEXT = Context(50)


def claim(function, low, high, value):
    return Statement(id="claim", lhs=sp.Integral(function, (x, low, high)), rhs=value)


@pytest.mark.parametrize(
    ("function", "low", "high", "value", "primitive"),
    [
        (x**2 * a, 0, a, a**4 / 3, a * x**3 / 3),
        (sp.exp(-a * x), 0, sp.oo, 1 / a, -sp.exp(-a * x) / a),
        (sp.exp(-a * x) * sp.cos(sp.exp(-a * x)), 0, sp.oo, sp.sin(1) / a, -sp.sin(sp.exp(-a * x)) / a),
        (1 / (a**2 + x**2), -sp.oo, sp.oo, sp.pi / a, sp.atan(x / a) / a),
    ],
)
def test_a_true_integral_is_proved(function, low, high, value, primitive):
    statement = claim(function, low, high, value)
    found = Antiderivative(primitive)(statement, CONTEXT)
    assert (found.status, found.residual) == (Status.PROVED, 0.0)
    for wrong in (value * (1 + sp.Rational(1, 1000)), -value, value + a / 10**6):
        found = Antiderivative(primitive)(claim(function, low, high, wrong), CONTEXT)
        assert found.status is Status.FALSE
        assert found.witness
    assert Antiderivative(primitive * 2)(statement, CONTEXT).status is Status.FALSE
    assert Antiderivative(primitive + x)(statement, CONTEXT).status is Status.FALSE


def test_an_antiderivative_that_jumps_is_not_believed():
    """atan(tan x) has the right slope almost everywhere, and the same values at both ends."""
    jumping = sp.atan(sp.tan(x)) * a
    wrong = claim(a, 0, sp.pi, 0)
    assert Antiderivative(jumping)(wrong, CONTEXT).status is Status.FALSE
    right = claim(a, 0, sp.pi, a * sp.pi)
    assert not Antiderivative(jumping)(right, CONTEXT).status.ok


def test_what_cannot_be_decided_is_unknown():
    unknown = sp.Function("unknown", real=True)
    assert Quadrature()(claim(unknown(x), 0, 1, a), CONTEXT).status is Status.UNKNOWN
    assert Quadrature()(claim(1 / x, 0, 1, a), CONTEXT).status is Status.UNKNOWN
    none = Statement(id="none", lhs=a + 1, rhs=1 + a)
    assert Antiderivative(a)(none, CONTEXT).status is Status.UNKNOWN


@pytest.mark.parametrize("value", [sp.nan, sp.oo, -sp.oo])
def test_what_is_no_number_equals_nothing(value):
    found = Quadrature()(claim(x, 0, 1, value), CONTEXT)
    assert (found.status, found.method) == (Status.UNKNOWN, "quadrature")
    inside = sp.Piecewise((value, x > sp.Rational(1, 2)), (1, True))
    found = Quadrature()(claim(inside, 0, 1, a), CONTEXT)
    assert found.status is Status.UNKNOWN
    assert "the integral has the value" in found.detail


def test_integrals_inside_integrals_are_not_evaluated():
    y = sp.Symbol("y", real=True)
    inner = sp.Integral(y, (y, 0, 1))
    for function in (x * inner, sp.Integral(x * y, (y, 0, 1))):
        found = Quadrature()(claim(function, 0, 1, sp.Rational(1, 4)), CONTEXT)
        assert found.status is Status.UNKNOWN
        assert "over one variable" in found.detail


def test_stable_forms_have_integrals():
    assert Quadrature()(claim(Expm1(a * x), 0, 1, (sp.exp(a) - 1) / a - 1), CONTEXT).status is Status.NUMERIC


def test_pairings():
    covariance = sp.ImmutableDenseMatrix(4, 4, lambda i, j: sp.Symbol(f"c{min(i, j)}{max(i, j)}"))
    c = covariance
    assert moment((0, 1, 2, 3), c) == sp.expand(c[0, 1] * c[2, 3] + c[0, 2] * c[1, 3] + c[0, 3] * c[1, 2])
    assert moment((0, 1, 2), c) == 0
    assert moment((0,) * 6, c) == 15 * c[0, 0] ** 3
    assert moment((), c) == 1


@pytest.mark.parametrize(("p", "q"), [(1, 1), (2, 2), (3, 1), (3, 5), (4, 2), (1, 2)])
def test_moments_are_the_gaussian_integrals(p, q):
    entries = sp.Rational(3, 2), sp.Rational(-1, 3), sp.Rational(4, 5)
    exact = gaussian_moment_of_pair(p, q, *entries)
    average = gaussian_average(lambda z: z**p, lambda z: z**q, *map(float, (1.5, -1 / 3, 0.8)), digits=12)
    assert abs(float(average) - float(exact)) < 1e-10 * (1 + abs(float(exact)))


def test_polynomial_layer_maps():
    a, c, b = nt.a, nt.c, nt.b
    assert layer_maps({1: sp.Integer(1)}, a, c, b) == (c, 1)
    assert layer_maps({2: sp.Integer(1)}, a, c, b) == (sp.expand(a * b + 2 * c**2), 4 * c)
    maps = PolynomialMaps(((0, sp.Integer(1)), (2, sp.Integer(1))))
    assert maps.mean(a) == 1 + a
    assert maps.norm(a) == sp.expand(1 + 2 * a + 3 * a**2)
    with pytest.raises(InputError, match="at least 0"):
        layer_maps({-1: sp.Integer(1)}, a, c, b)


def test_the_smallest_network_by_hand():
    """f = a w x, overlap of gradients: (w x)(w′ x′) + (a x)(a′ x′)."""
    network = FiniteNetwork(1, 1, ((1, sp.Integer(1)),), inputs=1)
    x, y = sp.symbols("x_1 y_1", real=True)
    assert network.overlaps() == {"W1": nt.m_ts * x * y, "a": nt.m_ts * x * y}
    assert network.input_kernel()[nt.k_xy] == x * y


def test_a_bias_adds_its_gradient():
    network = FiniteNetwork(1, 2, ((1, sp.Integer(1)),), inputs=1, biases=True)
    x, y = sp.symbols("x_1 y_1", real=True)
    found = network.overlaps()
    assert set(found) == {"W1", "b1", "a", "b"}
    assert sp.expand(found["a"] - nt.m_ts * (x * y + 1)) == 0
    assert found["b1"] == nt.m_ts
    assert found["b"] == 1


def test_the_kinds_of_weights_keep_their_own_variances():
    network = FiniteNetwork(1, 1, ((2, sp.Integer(1)),), inputs=1)
    mine = {name: sp.symbols(f"{name}_tt {name}_ts {name}_ss") for name in network.groups()}
    found = network.overlaps(mine)
    assert found["W1"].has(mine["a"][1])
    assert found["W1"].has(mine["W1"][1])
    assert not found["a"].has(*mine["a"])
