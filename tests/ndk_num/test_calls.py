"""Activations by call: parameters are bound, related activations agree, what is not allowed is said."""

import numpy as np
import pytest

from ndk_num import InputError, Network, activations, dual, equilibria, kernel, solve
from ndk_num.calls import Entry, Parameter, bound
from ndk_num.layer_maps import layer_map
from tests.tolerances import SAME_MAP

RNG = np.random.default_rng(8)
A, B = 10.0 ** RNG.uniform(-2, 1, (2, 200))
C = RNG.uniform(-1, 1, 200) * np.sqrt(A * B)
NET = {"depth": 1, "temperature": 0.1, "sigma2": 1.0, "sigma02": 1.0}
HOSTILE = [
    "__import__('os')",
    "relu()()",
    "leaky_relu(0.1",
    "leaky_relu(__name__)",
    "9" * 10**5,
    "leaky_relu(" * 50,
    f"leaky_relu(0.{'1' * 10**5})",
    "",
]


def both(call):
    return np.array(dual(call)(A, C, B))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("leaky_relu(0)", "relu"),
        ("leaky_relu(1)", "linear"),
        ("leaky_relu", "leaky_relu(negative=0.01)"),
        ("abrelu", "abs"),
        ("abrelu(0.25, 1)", "leaky_relu(1/4)"),
        ("abrelu(positive=1, negative=0)", "relu"),
        ("scaled_erf", "erf"),
        ("scaled_erf(0.5, 0.7, 0.5)", "sigmoid_erf(0.7)"),
        ("monomial", "monomial(2)"),
        ("sin(1.0)", "sin"),
    ],
)
def test_activations_that_are_the_same_have_the_same_maps(one, other):
    np.testing.assert_allclose(both(one), both(other), rtol=SAME_MAP, atol=SAME_MAP * np.sqrt(A * B).max())


def test_activations_made_of_others():
    relu, reflected = both("relu"), np.array(dual("relu")(A, -C, B)) * [[1], [-1]]
    np.testing.assert_allclose(both("abs"), 2 * (relu + reflected), rtol=1e-12, atol=1e-12)
    waves = both("sin")[0] + both("cos")[0]
    np.testing.assert_allclose(waves, np.exp(-(A + B - 2 * C) / 2), rtol=1e-12)
    np.testing.assert_allclose(both("hermite(2)")[0], both("monomial(2)")[0] - A - B + 1, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(both("sign")[0] / 4 + 1 / 4, both("step")[0], rtol=1e-12)
    scaled = np.array(dual("sin")(4 * A, 4 * C, 4 * B)) * [[1], [4]]
    np.testing.assert_allclose(both("sin(2)"), scaled, rtol=1e-11)


# making tables takes seconds for each activation by quadrature, and tests/ndk_num/test_quadrature.py has more of them
SLOW = {"elu", "mish", "selu", "sigmoid", "silu", "softplus"}
NAMES = [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in activations()]


@pytest.mark.parametrize("name", NAMES)
def test_every_map_has_the_slope_and_the_norm_it_claims(name):
    """Ḟ is the slope of F, F(a, a, a) the norm; a different power or sign would be seen."""
    layer, step = layer_map(name), 1e-5 * (np.sqrt(A * B) - np.abs(C))
    (value, slope), (up, _), (down, _) = (layer.dual(A, C + h, B) for h in (0 * step, step, -step))
    inside = np.isfinite(value) & (np.abs(value) < 1e6)
    assert inside.sum() > 100
    size = np.abs(slope) + np.abs(value) / np.sqrt(A * B)
    assert (np.abs((up - down) / (2 * step) - slope) <= 1e-4 * size)[inside].all()
    np.testing.assert_allclose(layer.dual(A, A, A)[0], layer.norm(A), rtol=1e-12)
    assert (layer.mean(A) ** 2 <= layer.norm(A) * (1 + 1e-12)).all()


@pytest.mark.parametrize("name", [p for p in NAMES if not layer_map(p.values[0]).infinite_gradients])
def test_networks_of_every_activation_reach_their_equilibrium(name):
    X = np.array([[1.0, 0.5], [-0.3, 1.1], [0.8, -0.9]])
    net = Network(activation=name, **NET)
    found = solve(net, X, [1.0, -1.0, 0.5], X[:1] + 0.3, rtol=1e-5, horizon=500.0)
    expected = equilibria.nngp(net, X, [1.0, -1.0, 0.5], X[:1] + 0.3)
    np.testing.assert_allclose(found.at([500.0]).test[0], expected.test, atol=2e-5)


def test_those_that_jump_have_infinite_gradients():
    assert {name for name in activations() if layer_map(name).infinite_gradients} == {"sign", "step"}


@pytest.mark.parametrize("name", [name for name in activations() if layer_map(name).infinite_gradients])
def test_a_jump_has_kernels_but_no_dynamics(name):
    X, y = np.eye(2), [1.0, -1.0]
    net = Network(activation=name, **NET)
    assert np.isfinite(kernel(net, 1.0, 0.5, X, kind="two_time")).all()
    assert np.isfinite(equilibria.nngp(net, X, y, X).test).all()
    assert np.isfinite(kernel(net, 1.0, 0.5, X, kind="derivative")).all()
    with pytest.raises(InputError, match=f"{name} jumps"):
        kernel(net, 1.0, 1.0, X, kind="derivative")
    for run in (solve, equilibria.ntk):
        with pytest.raises(InputError, match=f"{name} jumps.*choose a continuous one"):
            run(net, X, y, X)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("leaky_relu(0.1, 0.2)", "has 2 values; leaky_relu takes negative"),
        ("leaky_relu(slope=0.1)", "slope in .* is not known; leaky_relu takes negative"),
        ("abrelu(1, negative=2)", "negative in .* is given twice"),
        ("abrelu(negative=1, 2)", "'2' in .* is not a number"),
        ("leaky_relu(y)", "'y' in .* is not a number"),
        ("leaky_relu(1e300)", "negative = 1e300 is not allowed: negative .* from -100 to 100"),
        ("leaky_relu(1/0)", "1/0 is not a number"),
        ("sin(0)", "frequency = 0 is not allowed"),
        ("relu(1)", "relu takes no parameters"),
        ("hermite(11)", "no code was generated for hermite.*degree = 2, degree = 3"),
        ("hermite(2.5)", "no code was generated"),
        ("nothing(1)", "'nothing.1.' is not known; choose one of abrelu"),
    ],
)
def test_calls_that_cannot_be_bound(call, message):
    for make in (dual, lambda call: Network(activation=call, **NET)):
        with pytest.raises(InputError, match=message):
            make(call)


def test_a_parameter_without_default_must_be_given():
    slope = Parameter("slope", "of the line", None, 0.0, 1.0, None)
    known = {"line": (Entry("line", "line", (slope,), infinite_gradients=False),)}
    assert bound("line(1/4)", known).values == (0.25,)
    with pytest.raises(InputError, match=r"slope is missing in line: slope \(of the line\) from 0 to 1"):
        bound("line", known)


@pytest.mark.parametrize("call", [*HOSTILE, None, 3, ["relu"], b"relu"])
def test_hostile_names_are_refused_in_one_short_line(call):
    with pytest.raises(InputError) as caught:
        dual(call)
    assert len(str(caught.value)) < 600
    assert "\n" not in str(caught.value)
