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


DECLARED = {  # what is promised of every parameter: its letter, its default, what may be given
    "abrelu": (
        ("A", "-1", "negative (slope at z < 0) is a number from -100 to 100"),
        ("B", "1", "positive (slope at z > 0) is a number from -100 to 100"),
    ),
    "cos": ((r"\omega", "1", "frequency (angular frequency) is a number from 1/1000 to 100"),),
    "exp": (("r", "1", "rate (growth per unit of z) is a number from 1/1000 to 100"),),
    "gaussian": (("w", "1", "width (standard deviation of the bump) is a number from 1/1000 to 100"),),
    "hermite": (("n", "2", "degree (degree of the polynomial) is a whole number from 1 to 12"),),
    "leaky_relu": (("A", "1/100", "negative (slope at z < 0) is a number from -100 to 100"),),
    "monomial": (("n", "2", "power (exponent) is a whole number from 1 to 12"),),
    "rectified_monomial": (("n", "2", "power (exponent) is a whole number from 2 to 6"),),
    "scaled_erf": (
        ("A", "1", "amplitude (half the range of φ) is a number from -100 to 100"),
        ("r", "1", "scale (slope of the argument) is a number from 1/1000 to 100"),
        ("B", "0", "offset (value at z = 0) is a number from -100 to 100"),
    ),
    "sigmoid_erf": (("r", "5/12", "scale (slope of the argument) is a number from 1/1000 to 100"),),
    "sin": ((r"\omega", "1", "frequency (angular frequency) is a number from 1/1000 to 100"),),
}


@pytest.mark.parametrize("name", names())
def test_parameters_are_what_is_promised(name):
    found = registered()[name].parameters
    assert registered()[name].instances == (((2,), (3,)) if any(p.degree for p in found) else ())
    assert tuple((p.letter, str(p.default), p.allowed) for p in found) == DECLARED.get(name, ())
    assert all(p.symbol.is_positive is (True if p.low > 0 else None) for p in found)
    for p in found:
        accepted = [p.check(value) for value in (p.low, p.default, p.high)]
        assert accepted == [p.low, p.default, p.high]
        with pytest.raises(InputError, match="not allowed"):
            p.check(p.low - sp.Rational(1, 10**9))


def sides(phi, order):
    """The derivative of φ at 0 from the right and from the left."""
    x = sp.Symbol("x", positive=True)
    return [side**order * sp.diff(phi.phi(side * x), x, order).subs(x, 0) for side in (1, -1)]


@pytest.mark.parametrize("name", names())
def test_kinks_jumps_and_homogeneity_are_those_of_phi(name):
    cls = registered()[name]
    for degrees in cls.instances or ((),):
        phi = cls.symbolic(*degrees)
        right, left = zip(*(sides(phi, order) for order in range(6)), strict=True)
        differ = [sp.simplify(one - other) != 0 for one, other in zip(right, left, strict=True)]
        assert phi.kinks == ((0,) if any(differ) else ())
        assert phi.jumps == differ[0]
        scaled = [sp.simplify(phi.phi(3 * x) - 3 * phi.phi(x)) == 0 for x in map(sp.Integer, (-2, 2))]
        assert phi.homogeneous == all(scaled)


@pytest.mark.parametrize("name", [name for name, cls in registered().items() if cls.kinks])
def test_slopes_add_up_to_differences_across_kinks_and_jumps(name):
    cls = registered()[name]
    for degrees in cls.instances or ((),):
        phi, x = cls.symbolic(*degrees), sp.Symbol("x", real=True)
        total = sp.integrate(phi.phi_derivative(x), (x, -2, 3))
        assert sp.simplify(total - phi.phi(sp.Integer(3)) + phi.phi(sp.Integer(-2))) == 0


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
