"""Calls with numbers, as `ndk_sym` reads them: parameters, exact values, and what is refused."""

import time

import pytest
import sympy as sp

from ndk_sym import InputError, activation, closed_form
from ndk_sym.activations import Activation, names, registered
from ndk_sym.notation import a, b, c, z
from ndk_sym.routines import modules


def test_values_are_exact():
    assert activation("leaky_relu(0.1)").negative == sp.Rational(1, 10)
    assert activation("leaky_relu(1/3)").negative == sp.Rational(1, 3)
    assert activation("scaled_erf(offset=-1e-3)").offset == sp.Rational(-1, 1000)
    assert activation("leaky_relu").negative == sp.Rational(1, 100)
    assert activation("hermite(3)").phi(z) == z**3 - 3 * z
    assert type(activation("sin"))(2).frequency == 2


def test_the_call_is_what_one_types():
    for call in ("relu", "leaky_relu(1/10)", "hermite(3)", "scaled_erf(2, 1, 0)"):
        assert activation(call).call == call
        assert activation(activation(call).call).values == activation(call).values
    assert activation("leaky_relu(0.01)").call == "leaky_relu"


def test_closed_forms_take_calls():
    form = closed_form("nngp", activation="leaky_relu(0.1)", depth=1)
    whole = closed_form("nngp", activation="abrelu(0.1, 1)", depth=1)
    values = {"sigma2": 2, "k_xx": 1, "k_xy": "0.3", "k_yy": "1.5"}
    assert abs(form.evaluate(values) - whole.evaluate(values)) < 1e-45
    assert form.function_name == "nngp_leaky_relu_1_10__1"
    assert "leaky_relu(1/10)" in form.to("c")


@pytest.mark.parametrize("name", names())
def test_every_parameter_matters_and_has_bounds(name):
    cls = registered()[name]
    for parameter in cls.parameters:
        one, other = (
            cls(**{parameter.name: value}) for value in ((2, 3) if parameter.degree else (2, sp.Rational(5, 2)))
        )
        assert sp.simplify(one.dual(a, c, b) - other.dual(a, c, b)) != 0
        with pytest.raises(InputError, match=rf"{parameter.name} = .* is not allowed: {parameter.name} \("):
            cls(**{parameter.name: parameter.high + 1})
        with pytest.raises(InputError, match="not allowed"):
            cls(**{parameter.name: float("nan")})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("leaky_relu(1, 2)", "2 values were given; leaky_relu takes negative"),
        ("leaky_relu(slope=1)", "slope = 1 is not known; leaky_relu takes negative"),
        ("abrelu(1, negative=2)", "negative = 2 is given twice"),
        ("abrelu(negative=1, 2)", "is not a call with numbers"),
        ("hermite(2.5)", "degree .* is a whole number from 1 to 12"),
        ("hermite(13)", "is a whole number from 1 to 12"),
        ("relu(1)", "relu takes no parameters"),
        ("tahn", "'tahn' is not known; choose one of"),
        (None, "None is not known"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(InputError, match=message):
        activation(call)


@pytest.mark.parametrize(
    "call",
    [
        "__import__('os').system('x')",
        "relu.__class__",
        "sin(9**9**9)",
        "x" * 10**5,
        "sin(" + "(" * 1000,
        "sin(1e999999)",
    ],
)
def test_hostile_calls_are_refused_at_once(call):
    begun = time.perf_counter()
    with pytest.raises(InputError) as caught:
        activation(call)
    assert time.perf_counter() - begun < 1
    assert len(str(caught.value)) < 600


def test_every_activation_has_generated_code():
    made = {module.activation["name"] for module in modules() if module.activation}
    assert made == {*names(), *names(numeric=True)}
    assert len(made) >= 18
    assert all(issubclass(cls, Activation) for cls in registered().values())
