"""Closed forms: arguments, times, values to any digits, verified callables, bad input, the command."""

import itertools
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

import ndk_sym
from ndk_sym import InputError, closed_form, numeric, runtime
from ndk_sym import notation as nt
from ndk_sym.activations import names
from ndk_sym.activations.relu import ReLU
from ndk_sym.construction import KERNELS
from ndk_sym.numeric import Disagreement
from tests.tolerances import FIFTY_DIGITS, PRINTED_CODE

NAMES = names(paper=True)
TWO_TIME = dict(m_tt=1.3, m_ts=0.6, m_ss=0.9, k_xx=1.1, k_xy=-0.3, k_yy=0.8)
NTK = dict(sigma02=0.7, k_xx=1.1, k_xy=0.3, k_yy=0.8)


def ntk(depth: int = 1, activation: str = "relu") -> Any:
    return closed_form("ntk", activation=activation, depth=depth)


def test_public_names() -> None:
    assert set(NAMES) < set(ndk_sym.activations())
    assert ndk_sym.closed_form is closed_form and callable(ndk_sym.activation)


@pytest.mark.parametrize(
    ("kernel", "args"),
    [
        ("ntk", "sigma02 k_xx k_xy k_yy"),
        ("nngp", "sigma2 k_xx k_xy k_yy"),
        ("two-time", "m_tt m_ts m_ss k_xx k_xy k_yy"),
        ("two_time", "m_tt m_ts m_ss k_xx k_xy k_yy"),
        ("derivative", "m_tt m_ts m_ss k_xx k_xy k_yy"),
        ("ndk", "m_tt m_ts m_ss decay k_xx k_xy k_yy"),
        ("mean", "sigma2 k_xx k_yy"),
    ],
)
def test_arguments(kernel: str, args: str) -> None:
    form = closed_form(kernel, activation="erf", depth=2)
    assert [arg.name for arg in form.args] == args.split()
    assert form.expr.free_symbols <= set(form.args)
    assert sp.sympify(form) == form.expr


# Values


@pytest.mark.parametrize("depth", [1, 2, 5, 200])
def test_relu_ntk_at_equal_inputs_is_exact(depth: int) -> None:
    # K^l = (σ₀²/2)^l k and Ḟ = 1/2 on the diagonal: K_NTK = (L+1) (σ₀²/2)^L k
    value = ntk(depth).evaluate(dict(sigma02="1.7", k_xx="0.3", k_xy="0.3", k_yy="0.3"), digits=50)
    expected = (depth + 1) * (sp.Rational(17, 20)) ** depth * sp.Rational(3, 10)
    assert abs(value / sp.N(expected, 60) - 1) < FIFTY_DIGITS


@pytest.mark.parametrize("opposite", [("1", "-1", "1"), ("1/9", "-1/3", "1"), (sp.sqrt(2), -sp.sqrt(2), sp.sqrt(2))])
def test_relu_ntk_at_opposite_inputs_is_exactly_zero(opposite: tuple[Any, Any, Any]) -> None:
    k_xx, k_xy, k_yy = opposite
    assert ntk().evaluate(dict(sigma02=1, k_xx=k_xx, k_xy=k_xy, k_yy=k_yy)) == 0


def test_digits_survive_cancellation() -> None:
    # near c = −√(ab) the ReLU map is like δ^{3/2}: π K/√(ab) = (2δ)^{3/2}/6 + …, lost in the textbook form
    tiny = sp.Rational(1, 10**60)
    form = closed_form("two-time", activation="relu", depth=1)
    value = form.evaluate(dict(m_tt=1, m_ts=1, m_ss=1, k_xx=1, k_xy=tiny - 1, k_yy=1), digits=30)
    with mpmath.workdps(300):
        theta = mpmath.pi - mpmath.acos(1 - mpmath.mpf(10) ** -60)
        expected = (mpmath.sin(theta) + (mpmath.pi - theta) * mpmath.cos(theta)) / (2 * mpmath.pi)
        assert abs(mpmath.mpf(value) / expected - 1) < mpmath.mpf(10) ** -28


@pytest.mark.parametrize("digits", [5, 50, 300])
def test_value_has_the_digits_asked_for(digits: int) -> None:
    value = closed_form("nngp", activation="erf", depth=1).evaluate(
        dict(sigma2=1, k_xx=1, k_xy=1, k_yy=1), digits=digits
    )
    with mpmath.workdps(digits + 10):
        expected = 2 / mpmath.pi * mpmath.asin(mpmath.mpf(2) / 3)
        assert abs(mpmath.mpf(value) - expected) < expected * mpmath.mpf(10) ** (1 - digits)


def test_all_kinds_of_numbers_are_understood() -> None:
    same = [
        0.5,
        "0.5",
        Fraction(1, 2),
        np.float64(0.5),
        np.float32(0.5),
        sp.Rational(1, 2),
        sp.Float(0.5),
        mpmath.mpf(0.5),
    ]
    values = {ntk().evaluate({**NTK, "k_xy": x}) for x in same}
    assert len(values) == 1
    by_symbol = {arg: NTK[arg.name] for arg in ntk().args}
    assert ntk().evaluate(by_symbol) == ntk().evaluate(NTK)
    assert ntk().evaluate({**NTK, "k_xy": "0.1"}) != ntk().evaluate({**NTK, "k_xy": 0.1})  # 0.1 is not 1/10


def test_zero_norm_inputs() -> None:
    zero = dict(sigma02=1, k_xx=0, k_xy=0, k_yy=1)
    assert [closed_form("ntk", activation=n, depth=3).evaluate(zero) == 0 for n in ("linear", "erf")] == [True, True]
    assert ntk(1).evaluate(zero) == 0
    assert np.isfinite(ntk(3).lambdify()(1.0, 0.0, 0.0, 1.0))


# Times


def test_prior_is_inserted_in_either_order() -> None:
    form = closed_form("ndk", activation="erf", depth=2).in_time(nt.t, nt.s)
    assert [arg.name for arg in form.args] == ["t", "s", "kappa", "sigma2", "sigma02", "k_xx", "k_xy", "k_yy"]
    point = dict(kappa="0.3", sigma2=1, sigma02="0.4", k_xx="1.1", k_xy="0.2", k_yy="0.9")
    mirrored = {**point, "k_xx": point["k_yy"], "k_yy": point["k_xx"]}
    later_first = form.evaluate({**point, "t": 5, "s": 2})
    assert abs(form.evaluate({**mirrored, "t": 2, "s": 5}) / later_first - 1) < FIFTY_DIGITS
    assert abs(form.evaluate({**point, "t": 2, "s": 5}) / later_first - 1) > 1e-3  # swapped times alone are seen
    fixed = closed_form("ndk", activation="erf", depth=2).in_time(5, 2)
    assert abs(fixed.evaluate(point) / later_first - 1) < FIFTY_DIGITS
    textbook = sp.N(fixed.expr.subs({arg: sp.Rational(point[arg.name]) for arg in fixed.args}), 50)
    assert abs(textbook / later_first - 1) < FIFTY_DIGITS


@pytest.mark.parametrize("name", NAMES)
def test_time_zero_is_the_ntk_and_late_times_are_the_nngp(name: str) -> None:
    inputs = dict(k_xx="1.1", k_xy="0.3", k_yy="0.8")
    at_start = closed_form("ndk", activation=name, depth=2).in_time(0, 0)
    values = dict(kappa="0.2", sigma2="1.3", sigma02="0.7", **inputs)
    reference = ntk(2, name).evaluate(dict(sigma02="0.7", **inputs))
    assert abs(at_start.evaluate(values) / reference - 1) < FIFTY_DIGITS
    late = closed_form("two-time", activation=name, depth=2).in_time(1000, 1000).evaluate(values)
    nngp = closed_form("nngp", activation=name, depth=2).evaluate(dict(sigma2="1.3", **inputs))
    assert abs(sp.Rational("1.3") * late / nngp - 1) < FIFTY_DIGITS


@pytest.mark.parametrize("kernel", ["ntk", "nngp", "mean"])
def test_constant_kernels_do_not_change_in_time(kernel: str) -> None:
    form = closed_form(kernel, activation="relu", depth=2)
    assert form.in_time(nt.t, 3) is form


def test_equal_times_leave_no_root_of_the_prior() -> None:
    form = closed_form("two-time", activation="relu", depth=1)
    named = {(t, s): {name.name for name, _ in form.in_time(t, s).stable.steps} for t, s in ((3, 3), (3, 2))}
    assert "m_root" in named[3, 2]
    assert "m_root" not in named[3, 3]


def test_symbols_of_the_user() -> None:
    u = sp.Symbol("u")
    form = closed_form("two-time", activation="linear", depth=1).in_time(u, u)
    assert form.args[0] == u and len(form.args) == 7


# Callables


OTHERS = [name for name in names() if name not in NAMES]  # the recursion is the same for all


@pytest.mark.parametrize(
    ("name", "kernel"), [*itertools.product(NAMES, KERNELS), *itertools.product(OTHERS, ("ndk", "ntk"))]
)
def test_numpy_callable_is_checked_and_right(name: str, kernel: str) -> None:
    form = closed_form(kernel, activation=name, depth=2)
    point = {arg.name: {**TWO_TIME, **NTK, "sigma2": 1.2, "decay": 0.5}[arg.name] for arg in form.args}
    given, exact = form.lambdify("numpy")(**point), form.evaluate(point)
    assert abs(given - float(exact)) <= PRINTED_CODE * abs(float(exact))
    with mpmath.workdps(40):
        assert abs(form.lambdify("mpmath")(*point.values()) - exact) <= mpmath.mpf(10) ** -38 * abs(exact)


def test_numpy_callable_broadcasts() -> None:
    f = ntk(2).lambdify()
    grid = f(0.5, np.ones((3, 1)), np.linspace(-1, 1, 4), 1)
    assert grid.shape == (3, 4) and grid.dtype == np.float64
    assert f(sigma02=0.5, k_xx=1, k_xy=0, k_yy=1) == f(0.5, 1, 0, 1)
    constant = closed_form("mean", activation="erf", depth=1).lambdify()
    assert constant(np.ones(5), 1, 1).tolist() == [0.0] * 5


@pytest.mark.parametrize("name", ["erf", "relu"])
def test_numpy_callable_with_times_is_right_where_the_times_meet(name: str) -> None:
    form = closed_form("ndk", activation=name, depth=1).in_time(nt.t, nt.s)
    point = dict(t=1.0, s=1.0 - 2.0**-30, kappa=0.5, sigma2=1.0, sigma02=0.25, k_xx=1.0, k_xy=1.0, k_yy=1.0)
    given, exact = float(form.lambdify()(**point)), float(form.evaluate(point))
    assert abs(given - exact) <= 1e-15 * 4 * exact  # the complement of ρ_m is known, not subtracted


class WrongStableForm(ReLU):
    """Planted: a coefficient of the stable form off by one part in 10⁹."""

    name = "wrong"

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return super().stable_dual(a, c, b) * (1 + sp.Rational(1, 10**9))


def test_a_wrong_coefficient_is_refused() -> None:
    with pytest.raises(Disagreement, match=r"bulk: \{'sigma02'.*instead of"):
        closed_form("ntk", activation=WrongStableForm(), depth=1).lambdify("numpy")


def test_a_wrong_routine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right = runtime.wedge
    monkeypatch.setattr(runtime, "wedge", lambda s, x: right(s, x) * (1 + 1e-9))
    with pytest.raises(Disagreement):
        ntk().lambdify()


def test_a_routine_wrong_only_near_an_edge_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right = runtime.wedge
    monkeypatch.setattr(runtime, "wedge", lambda s, x: np.where(s < 1e-2 * abs(x), 0.0, right(s, x)))
    with pytest.raises(Disagreement, match=r"disagrees with its closed form at 50 digits; (opposite )?edge"):
        closed_form("two-time", activation="relu", depth=1).lambdify()


def test_a_nan_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "angle", lambda y, x: np.where(y == 0, np.nan, np.arctan2(y, x)))
    with pytest.raises(Disagreement, match="nan instead of"):
        ntk().lambdify()


@pytest.mark.parametrize(("ratio", "refused"), [(0.999, False), (1.0, False), (1.001, True), (2.0, True)])
def test_no_more_than_what_is_allowed_is_accepted(ratio: float, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numeric, "_error_ratio", lambda *arguments: ratio)
    if refused:
        with pytest.raises(Disagreement, match="bulk"):
            ntk().lambdify()
    else:
        assert np.isfinite(ntk().lambdify()(0.7, 1.1, 0.3, 0.8))


def test_a_finite_number_where_no_float_is_right_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right, clipped = numeric.numpy_source, "(lambda x: numpy.minimum(numpy.exp(x), 1e300))"
    closed_form("two-time", activation="exp", depth=1).lambdify()
    monkeypatch.setattr(numeric, "numpy_source", lambda p, n: right(p, n).replace("numpy.exp", clipped))
    with pytest.raises(Disagreement, match=r"scales: .* 1e\+300 instead of"):
        closed_form("two-time", activation="exp", depth=1).lambdify()


@pytest.mark.parametrize(("name", "density"), [("sign", 4), ("step", 1)])
def test_kernels_of_activations_that_jump_are_infinite_at_equal_inputs(name: str, density: int) -> None:
    form = closed_form("ntk", activation=name, depth=1)
    equal = dict(sigma02=1, k_xx=1, k_xy=1, k_yy=1)
    with pytest.raises(InputError, match=rf"is not finite there: {name} jumps, and .* fully correlated"):
        form.evaluate(equal)
    with np.errstate(divide="ignore"):
        assert form.lambdify()(**equal) == np.inf
    # near them Ḟ is the density at the origin, 1/(2π √(ab − c²)) with 1 − c² = 2δ, and the rest is of order 1
    near = float(form.evaluate({**equal, "k_xy": 1 - sp.Rational(1, 10**40)}))
    assert abs(near / (density / (2 * np.pi * np.sqrt(2e-40))) - 1) < 1e-15


def test_a_finite_number_where_a_kernel_is_infinite_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right = runtime.root_det
    monkeypatch.setattr(runtime, "root_det", lambda a, c, b: np.maximum(right(a, c, b), 1e-300))
    with pytest.raises(Disagreement, match=r"equal inputs: .* instead of \+inf"):
        closed_form("ntk", activation="sign", depth=1).lambdify()


def test_towers_of_exponentials_end() -> None:
    form = closed_form("ndk", activation="exp", depth=5)
    values = {**TWO_TIME, "decay": 0.5}
    with pytest.raises(InputError, match=r"is too large there .*give smaller variances"):
        form.evaluate(values)
    small = {name: value / 100 if name.startswith("m_") else value for name, value in values.items()}
    assert abs(float(form.lambdify()(**small)) / float(form.evaluate(small)) - 1) < PRINTED_CODE


def test_a_wrong_print_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right = numeric.numpy_source
    monkeypatch.setattr(numeric, "numpy_source", lambda p, n: right(p, n).replace("1/2", "1/2.0001"))
    with pytest.raises(Disagreement):
        ntk().lambdify()


# Depth


@pytest.mark.parametrize("depth", [0, -1, 1.0, True, "2", None, 501, 10**9])
def test_depth_out_of_range(depth: Any) -> None:
    with pytest.raises(InputError, match=r"depth = .* is not allowed: .*1 to 500"):
        closed_form("ntk", activation="relu", depth=depth)


def test_depth_200_works_except_as_one_expression() -> None:
    form = closed_form("ndk", activation="relu", depth=200)
    point = {**TWO_TIME, "decay": 0.5}
    assert abs(float(form.lambdify()(**point)) / float(form.evaluate(point)) - 1) < 200 * PRINTED_CODE
    assert form.latex().count("\\\\") > 600
    with pytest.raises(InputError, match=r"terms as a single expression, and at most 100,000"):
        form.to("sympy")
