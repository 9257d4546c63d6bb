"""Closed forms answer every mistake with one clear message; so does the command."""

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from click.testing import CliRunner

from ndk_sym import InputError, closed_form
from ndk_sym import notation as nt
from ndk_sym.cli.closed_form import closed_form_command
from ndk_sym.closed_form import FORMATS
from ndk_sym.high_precision import check_domain

NTK = dict(sigma02=0.7, k_xx=1.1, k_xy=0.3, k_yy=0.8)


def ntk(depth: int = 1, activation: str = "relu") -> Any:
    return closed_form("ntk", activation=activation, depth=depth)


@pytest.mark.parametrize("kernel", ["nkt", "", None, 3, ["ntk"]])
def test_unknown_kernel(kernel: Any) -> None:
    with pytest.raises(InputError, match="choose one of nngp, ntk, two-time, derivative, ndk, mean"):
        closed_form(kernel, activation="relu", depth=1)


@pytest.mark.parametrize("name", ["rleu", "", None, 3, ["relu"]])
def test_unknown_activation(name: Any) -> None:
    with pytest.raises(InputError, match="is not known"):
        closed_form("ntk", activation=name, depth=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(k_xy=None), "k_xy = None is not a finite real number"),
        (dict(k_xy=float("nan")), "not a finite real number"),
        (dict(k_xx=float("inf")), "not a finite real number"),
        (dict(k_xx=sp.oo), "not a finite real number"),
        (dict(k_xx=sp.Symbol("k")), "not a finite real number"),
        (dict(k_xx=mpmath.mpf("inf")), "not a finite real number"),
        (dict(k_xx="one"), "not a finite real number"),
        (dict(k_xx=1j), "not a finite real number"),
        (dict(k_xx=True), "not a finite real number"),
        (dict(k_xx=np.ones(2)), "not a finite real number"),
        (dict(sigma02=0), "sigma02 = 0.* must be positive"),
        (dict(sigma02=-1), "sigma02 = -1.* must be positive"),
        (dict(k_xx=-1), "k_xx = -1.* must be zero or positive"),
        (dict(k_xy=2), "k_xy = 2.0.* is not allowed with k_xx = 1.1"),
        (dict(k_zz=1), "'k_zz' is not an argument.*sigma02, k_xx, k_xy, k_yy"),
    ],
)
def test_bad_values(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ntk().evaluate({**NTK, **changes})


def test_missing_values_and_wrong_containers() -> None:
    with pytest.raises(InputError, match="the value of k_yy is missing"):
        ntk().evaluate({key: value for key, value in NTK.items() if key != "k_yy"})
    with pytest.raises(InputError, match="give a mapping with the keys sigma02"):
        ntk().evaluate([1, 2, 3, 4])


def test_a_float_rounding_beyond_the_edge_counts_as_the_edge() -> None:
    k = 0.1 + 0.2
    beyond = dict(sigma02=1, k_xx=0.3, k_xy=float(np.nextafter(0.3, 1)), k_yy=0.3)
    assert k != 0.3 and abs(float(ntk().evaluate(beyond)) / 0.3 - 1) < 1e-15


@pytest.mark.parametrize("name", ["tanh", "silu"])
def test_an_activation_without_closed_form(name: str) -> None:
    with pytest.raises(InputError, match=rf"{name} has no closed form: .* by quadrature"):
        ntk(activation=name)


def test_arguments_of_the_mpmath_callable() -> None:
    function, values = ntk().lambdify("mpmath"), [*NTK.values()]
    assert function(*values) == function(*values[:2], k_yy=0.8, k_xy=0.3) == mpmath.mpf(ntk().evaluate(NTK, digits=15))
    for given, named in (([*values, 1.0], {}), (values, {"k_yy": 0.8})):
        with pytest.raises(InputError, match="each once"):
            function(*given, **named)


def test_long_formulas_are_written_step_by_step() -> None:
    assert not ntk(1, "linear").latex().startswith(r"\begin{aligned}")
    assert ntk(4).latex().startswith(r"\begin{aligned}")


@pytest.mark.parametrize("sign", [1, -1])
def test_a_covariance_may_exceed_its_bound_by_1e15_of_it(sign: int) -> None:
    for excess, allowed in ((sp.Rational(9, 10**16), True), (sp.Rational(11, 10**16), False)):
        values = {"k_xx": sp.Integer(4), "k_xy": 6 * sign * (1 + excess), "k_yy": sp.Integer(9)}
        if allowed:
            check_domain(values)
        else:
            with pytest.raises(InputError, match=r"k_xy = .* at most their geometric mean, 6"):
                check_domain(values)


@pytest.mark.parametrize("digits", [0, -5, 1.5, True, "50", None, 10**6])
def test_bad_digits(digits: Any) -> None:
    with pytest.raises(InputError, match=r"digits = .* an integer from 1 to 10000"):
        ntk().evaluate(NTK, digits=digits)


@pytest.mark.parametrize(
    "time",
    [-1, float("nan"), float("inf"), "t", None, 2 * nt.t, sp.Symbol("kappa"), sp.Symbol("K1"), sp.Symbol("t'"), sp.I],
)
def test_bad_times(time: Any) -> None:
    with pytest.raises(InputError, match=r"s = .*"):
        closed_form("ndk", activation="relu", depth=1).in_time(nt.t, time)


def test_two_symbols_of_one_name() -> None:
    with pytest.raises(InputError, match="two times are different symbols both called t"):
        closed_form("ndk", activation="relu", depth=1).in_time(nt.t, sp.Symbol("t"))


def test_bad_module_and_format() -> None:
    with pytest.raises(InputError, match="choose 'numpy' or 'mpmath'"):
        ntk().lambdify("jax")
    with pytest.raises(InputError, match="choose one of latex, sympy, python, c, julia, mathematica"):
        ntk().to("fortran")


@pytest.mark.parametrize(
    ("values", "named", "message"),
    [
        ((1, 1, 1), {}, "takes the arguments sigma02, k_xx, k_xy, k_yy once each"),
        ((1, 1, 1, 1, 1), {}, "once each"),
        ((1, 1, 1), {"k_xx": 1}, "once each"),
        ((1, 1, 1), {"k_zz": 1}, "once each"),
        ((1, 1, "a", 1), {}, "takes numbers or arrays"),
        ((1, np.ones(2), np.ones(3), 1), {}, "do not broadcast"),
    ],
)
def test_bad_calls(values: tuple[Any, ...], named: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ntk().lambdify()(*values, **named)


# The command


def run(*arguments: str) -> Any:
    return CliRunner().invoke(closed_form_command, arguments)


@pytest.mark.parametrize("format", list(FORMATS))
@pytest.mark.parametrize("times", [(), ("--times",)])
def test_command_prints_every_format(format: str, times: tuple[str, ...]) -> None:
    done = run("two_time", "--activation", "relu", "--depth", "2", "--format", format, *times)
    form = closed_form("two-time", activation="relu", depth=2)
    assert done.exit_code == 0
    assert done.stdout.rstrip("\n") == (form.in_time(nt.t, nt.s) if times else form).to(format).rstrip("\n")
    assert ("kappa" in done.stdout) == bool(times)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nkt", "--activation", "relu", "--depth", "1"), "kernel 'nkt' is not known"),
        (("ntk", "--activation", "rleu", "--depth", "1"), "activation 'rleu' is not known"),
        (("ntk", "--activation", "relu", "--depth", "0"), "depth = 0 is not allowed"),
        (("ntk", "--activation", "relu", "--depth", "20", "--format", "sympy"), "as a single expression"),
    ],
)
def test_command_answers_mistakes_in_one_line(arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2 and done.stdout == ""
    assert done.stderr.startswith("Error: ") and message in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [("ntk", "--activation", "relu"), ("ntk", "--activation", "relu", "--depth", "1.5"), ()]
)
def test_command_answers_bad_options(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2 and "Traceback" not in done.output
