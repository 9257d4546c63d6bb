"""Averages by quadrature: 1e-12 at every variance against closed forms and many digits, or a clear refusal."""

import importlib.metadata
import itertools
import json

import mpmath
import numpy as np
import pytest
from click.testing import CliRunner
from scipy import special

from ndk_num import InputError, Network, activations, dual, equilibria, formulas, kernel, layer_maps, solve
from ndk_num.cli.solve import solve_command
from ndk_num.layer_maps import layer_map, runtime
from ndk_num.quadrature import Functions, Numeric, chebyshev, mehler
from ndk_num.quadrature.mehler import Mehler
from ndk_sym.activations import activation
from ndk_sym.gaussian import gaussian_average
from tests.ndk_num.cases import unit
from tests.tolerances import QUADRATURE

RNG = np.random.default_rng(4)
NUMERIC = ("elu", "mish", "selu", "sigmoid", "silu", "softplus", "tanh")
ROOT, ROOT_DET = np.sqrt(np.pi), runtime().root_det
# functions whose closed forms are generated: another route to the same numbers, at every variance
KNOWN = {
    "erf": Functions("erf", special.erf, lambda z: 2 / ROOT * np.exp(-(z**2))),
    "gelu": Functions("gelu", lambda z: z * special.ndtr(z), lambda z: special.ndtr(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)),  # noqa: E501
    "relu": Functions("relu", lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "leaky_relu(-0.3)": Functions("leaky", lambda z: np.where(z > 0, z, -0.3 * z), lambda z: np.where(z > 0, 1, -0.3)),
    "rectified_monomial": Functions("relu2", lambda z: np.maximum(z, 0) ** 2, lambda z: 2 * np.maximum(z, 0)),
}  # fmt: skip
RANGES = {"moderate": (0.02, 0.58), "small": (-8, -6), "large": (3.7, 4.1), "huge": (6, 6.3), "far apart": None}


def points(name: str, count: int = 30):
    """(a, c, b) within a few cells of variances, some at the edges."""
    if RANGES[name] is None:
        first, second = 10.0 ** RNG.uniform(-2, -1, count), 10.0 ** RNG.uniform(3, 3.3, count)
    else:
        first, second = 10.0 ** RNG.uniform(*RANGES[name], (2, count))
    rho = np.concatenate([[1, -1, 0, 1 - 1e-9, -1 + 1e-12], RNG.uniform(-1, 1, count - 5)])
    second[:3] = first[:3]
    return first, np.clip(rho, -1, 1) * np.sqrt(first) * np.sqrt(second), second


def errors(found, exact, layer, a, b):
    """Relative to √(F(a,a,a) F(b,b,b)), and the same of Ḟ."""
    sizes = [np.sqrt(layer.dual(a, a, a)[k] * layer.dual(b, b, b)[k]) for k in range(2)]
    return [float(np.max(np.abs(found[k] - exact[k]) / sizes[k])) for k in range(2)]


QUICK = [("erf", "moderate"), ("gelu", "moderate"), ("relu", "moderate"), ("relu", "small"), ("erf", "large")]


@pytest.mark.parametrize(
    ("name", "where"),
    [
        *QUICK,
        *(pytest.param(*x, marks=pytest.mark.slow) for x in itertools.product(KNOWN, RANGES) if x not in QUICK),
    ],
)
def test_closed_forms_are_reproduced(name, where):
    mine, exact = Numeric(KNOWN[name], ROOT_DET), layer_map(name)
    a, c, b = points(where)
    assert max(errors(mine.dual(a, c, b), exact.dual(a, c, b), exact, a, b)) < QUADRATURE
    np.testing.assert_allclose(mine.norm(a), exact.norm(a), rtol=QUADRATURE)
    assert np.max(np.abs(mine.mean(a) - exact.mean(a)) / np.sqrt(exact.norm(a))) < QUADRATURE


def test_a_wrong_function_is_seen():
    """Planted: a coefficient wrong by 1e-11 is more than the tolerance."""
    wrong = Numeric(Functions("erf", lambda z: special.erf(z * (1 + 1e-11)), KNOWN["erf"].slope), ROOT_DET)
    a, c, b = points("moderate")
    exact = layer_map("erf")
    found = errors(wrong.dual(a, c, b), exact.dual(a, c, b), exact, a, b)
    assert found[0] > QUADRATURE > found[1]


@pytest.mark.parametrize("name", ["tanh", "mish", "elu"])
@pytest.mark.parametrize(("variances", "classes"), [((0.07, 0.24), 2), ((1.2, 3.9), 2), ((1e-3, 2e-3), 3)])
def test_two_routes_agree(name, variances, classes):
    """Mehler's series of one variance, where it is short, and tables of both variances and the angle."""
    module = layer_maps._certified(name)
    both = [Numeric(Functions(name, module.phi, module.phi_derivative), ROOT_DET) for _ in range(2)]
    both[1]._mehler.sum = lambda *_: None
    rng = np.random.default_rng(5)
    a, b = rng.uniform(*variances, (2, 6000))
    c = np.sin(rng.uniform(-1.5, 1.5, 6000)) * np.sqrt(a * b)
    series, tables = (numeric.dual(a, c, b) for numeric in both)
    assert max(errors(series, tables, both[0], a, b)) < QUADRATURE
    made = [which for (*_, which), found in both[0]._mehler.sums.items() if found]
    assert set(made) >= set(range(classes))  # the series were used
    assert both[1]._correlations.pairs  # and the tables


@pytest.mark.parametrize("coarse_only", [True, False])
def test_a_wrong_series_is_not_used(monkeypatch, coarse_only):
    """Planted: a term wrong by 1e-11 is seen by a finer rule, or else by quadrature in two dimensions."""
    numeric = Numeric(KNOWN["erf"], ROOT_DET)
    level, right = numeric._norms.table(-2).level, mehler.hermite

    def wrong(functions, scales, limit, fineness, count):
        found = right(functions, scales, limit, fineness, count)
        found[3:] *= 1 + 1e-11 * (not coarse_only or fineness == level)
        return found

    assert numeric._mehler.sum(-2, -2, 0)
    monkeypatch.setattr(mehler, "hermite", wrong)
    assert Mehler(numeric._norms).sum(-2, -2, 0) is None
    assert (Mehler(numeric._norms)._table(-2, 24) is None) == coarse_only


def test_products_in_pieces():
    rng = np.random.default_rng(6)
    left = rng.normal(size=(70, 16))
    for columns in (1, 200, 5000):
        right = rng.normal(size=(16, columns))
        np.testing.assert_allclose(chebyshev.product(left, right), left @ right, rtol=1e-13, atol=1e-13)


def test_those_without_closed_form_are_listed():
    assert set(NUMERIC) <= set(activations())
    for name in NUMERIC:
        certificate = json.loads((layer_maps._DIRECTORY / f"{name}.json").read_text())
        assert certificate["activation"]["averages"] == "numeric"


@pytest.mark.parametrize("name", NUMERIC)
def test_averages_of_many_digits(name):
    phi, layer = activation(name), layer_map(name)
    a, c, b = (np.array(x) for x in (0.3, -0.1, 0.5))
    found = layer.dual(a, c, b)
    exact = [float(phi.average(0.3, -0.1, 0.5, digits=14, derivative=k)) for k in (False, True)]
    assert max(errors(found, exact, layer, a, b)) < QUADRATURE
    assert float(layer.mean(a)) == pytest.approx(float(phi.mean_value(0.3, digits=20)), abs=QUADRATURE)


@pytest.mark.parametrize("name", NUMERIC)
def test_a_plain_rule_on_a_square_grid(name):
    """Trapezoidal in both numbers, on ±9 standard deviations: another route at variances of 7 and 5."""
    module, layer = layer_maps._certified(name), layer_map(name)
    a, c, b = 7.0, -2.0, 5.0
    smooth = name not in ("elu", "selu")
    h = 0.1 if smooth else 0.02  # the rule is of second order at a kink, of fourth where φ has none
    x, y = (np.arange(-9 * np.sqrt(v), 9 * np.sqrt(v), h) for v in (a, b))
    det = a * b - c * c
    weight = np.exp(-(b * x[:, None] ** 2 - 2 * c * x[:, None] * y + a * y**2) / (2 * det))
    weight *= h * h / (2 * np.pi * np.sqrt(det))
    with np.errstate(over="ignore"):
        exact = [f(x) @ weight @ f(y) for f in (module.phi, module.phi_derivative)]
    found = layer.dual(np.array(a), np.array(c), np.array(b))
    first, second = errors(found, exact, layer, np.array(a), np.array(b))
    assert first < (QUADRATURE if smooth else 1e-4)
    assert second < (QUADRATURE if smooth else 1e-2)


def slope_at_large_variance(a, c, b):
    """Ḟ of tanh from the Fourier transform of 1/cosh², g(k) = πk/sinh(πk/2): an average over the inverse covariance."""
    with mpmath.workdps(40):
        det = mpmath.mpf(a) * b - mpmath.mpf(c) ** 2
        g = lambda k: mpmath.pi * k / mpmath.sinh(mpmath.pi * k / 2) if k else mpmath.mpf(2)  # noqa: E731
        inverse = (b / det, -c / det, a / det)
        return float(gaussian_average(g, g, *inverse, digits=18) / (2 * mpmath.pi * mpmath.sqrt(det)))


@pytest.mark.parametrize(
    ("a", "c", "b"), [(1e4, 3e3, 1e4), (1e4, -5e3, 3e4), pytest.param(1e6, 2e4, 1e3, marks=pytest.mark.slow)]
)
def test_large_variances(a, c, b):
    layer = layer_map("tanh")
    found, exact = float(dual("tanh")(a, c, b)[1]), slope_at_large_variance(a, c, b)
    size = np.sqrt(np.prod([layer.dual(*(np.array(v),) * 3)[1] for v in (a, b)]))
    assert abs(found - exact) < QUADRATURE * size
    x, weight = np.polynomial.hermite_e.hermegauss(100)  # planted: what fixed Gauss–Hermite makes of it
    y = c / np.sqrt(a) * x[:, None] + np.sqrt(b - c * c / a) * x
    with np.errstate(over="ignore"):
        fixed = (weight / np.cosh(np.sqrt(a) * x) ** 2) @ (1 / np.cosh(y) ** 2) @ weight / (2 * np.pi)
    assert abs(fixed - exact) > 0.5 * exact


@pytest.mark.slow
def test_limits_of_large_variance():
    """tanh becomes the sign, SiLU the ReLU: corrections of order 1/a."""
    a = np.array(2e5)
    c = RNG.uniform(-0.9, 0.9, 20) * a
    np.testing.assert_allclose(layer_map("tanh").dual(a, c, a)[0], layer_map("sign").dual(a, c, a)[0], atol=1e-4)
    np.testing.assert_allclose(layer_map("silu").dual(a, c, a)[0], layer_map("relu").dual(a, c, a)[0], rtol=1e-4)


@pytest.mark.parametrize("name", NUMERIC)
def test_edges(name):
    layer, phi = layer_map(name), layer_maps._certified(name).phi
    zero, one = np.array(0.0), np.array(2.5)
    a = 10.0 ** RNG.uniform(-0.5, 0.5, 20)
    assert (layer.dual(a, a, a)[0] == layer.norm(a)).all()
    value, slope = layer.dual(zero, zero, one)
    assert float(value) == float(phi(zero)) * float(layer.mean(one))
    assert np.isfinite(slope)
    assert float(layer.norm(zero)) == float(phi(zero)) ** 2
    assert float(layer.mean(zero)) == float(phi(zero))
    b = 10.0 ** RNG.uniform(-0.5, 0.5, 20)
    value = layer.dual(a, np.sqrt(a * b) * RNG.uniform(-1, 1, 20), b)[0]
    assert (value**2 <= layer.norm(a) * layer.norm(b) * (1 + 1e-15)).all()


def test_shapes_and_groups():
    """Rows and columns, entries by themselves, one variance for all, zeros among them: the same numbers.

    Series for other |ρ| may be summed, so they are the same relative to √(F(a,a,a) F(b,b,b)).
    """
    layer = layer_map("silu")
    a, b = np.array([0.0, 0.2, 3.0, 8.0, 0.0])[:, None], np.array([0.3, 0.0, 2.0, 9.0])
    c = RNG.uniform(-1, 1, (5, 4)) * np.sqrt(a * b)
    whole = layer.dual(a, c, b)
    each = layer.dual(*np.broadcast_arrays(a, c, b))
    one = [[layer.dual(*(np.array(v) for v in (a[i, 0], c[i, j], b[j]))) for j in range(4)] for i in range(5)]
    cube = layer.dual(a[None], np.stack([c, c]), b)
    own = [layer.dual(x, x, x) for x in (a, b)]
    for k in range(2):
        size = np.sqrt(own[0][k] * own[1][k])
        for other in (each[k], np.array([[entry[k] for entry in row] for row in one]), *cube[k]):
            assert (np.abs(whole[k] - other) <= 1e-13 * size).all()
    same = layer.dual(np.full((5, 1), 2.0), np.clip(c, -2, 2), np.full((1, 4), 2.0))[0]
    assert same.shape == (5, 4)
    assert layer.dual(np.empty((0, 1)), np.empty((0, 4)), b)[0].shape == (0, 4)


@pytest.mark.parametrize(
    ("phi", "slope", "variance", "message"),
    [
        (lambda z: np.sin(40 * z), lambda z: 40 * np.cos(40 * z), 1e4, "1e-12 is required"),
        (lambda z: np.maximum(z - 1, 0), lambda z: (z > 1) * 1.0, 1.0, "1e-12 is required"),
        (np.sign, np.zeros_like, 1.0, "jumps at 0"),
        (lambda z: np.exp(z * z / 100), lambda z: z * np.exp(z * z / 100) / 50, 90.0, "grows too fast"),
        (lambda z: 1 / (z - 0.5), lambda z: -1 / (z - 0.5) ** 2, 1.0, "1e-12 is required|grows too fast"),
        (np.sqrt, lambda z: 0.5 / np.sqrt(z), 1.0, "nan|grows too fast"),
    ],
)
def test_what_is_out_of_reach_is_refused(phi, slope, variance, message):
    a = np.array(variance)
    with np.errstate(all="ignore"), pytest.raises(InputError, match=message):
        Numeric(Functions("hostile", phi, slope), ROOT_DET).dual(a, a / 3, a)


@pytest.mark.slow
def test_networks():
    X, y, X_test = unit(inputs=6, features=5)
    net = Network(depth=2, activation="tanh", temperature=0.1, sigma2=1.0, sigma02=2.0)
    sol = solve(net, X, y, X_test, rtol=1e-7)
    late = sol.at([sol.horizon]).test[0]
    nngp = equilibria.nngp(net, X, y, X_test).test
    np.testing.assert_allclose(late, nngp, atol=1e-3)
    K = kernel(net, 0.0, 0.0, X)
    assert np.linalg.eigvalsh((K + K.T) / 2).min() > 0


# --- formulas --------------------------------------------------------------------------------------------------------


@pytest.fixture
def provider(monkeypatch, tmp_path):
    """The entry point, as an installation registers it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    entry = importlib.metadata.EntryPoint("sympy", "ndk_sym.provider:provide", formulas.GROUP)
    monkeypatch.setattr(formulas, "entry_points", lambda group: [entry] if group == formulas.GROUP else [])
    layer_maps._formula.cache_clear()
    yield
    layer_maps._formula.cache_clear()


def test_formulas_are_the_activations_they_spell(provider):
    a, c, b = points("moderate")
    for text, name in (("exp(-z^2/2)", "gaussian"),):
        exact = layer_map(name)
        assert max(errors(layer_map(text).dual(a, c, b), exact.dual(a, c, b), exact, a, b)) < QUADRATURE
    np.testing.assert_allclose(dual("x**3")(a, c, b), dual("monomial(3)")(a, c, b), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(layer_map("x**3").norm(a), 15 * a**3, rtol=1e-12)
    assert not layer_map("x**3").mean(a).any()


def test_a_formula_on_the_command_line(provider):
    arguments = [
        "--data",
        "synthetic:4",
        "--depth",
        "1",
        "--temperature",
        "0.1",
        "--sigma2",
        "1",
        "--sigma02",
        "1",
        "--json",
    ]
    done = CliRunner().invoke(solve_command, [*arguments, "--activation", "x**2 + x"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["network"]["activation"] == "x**2 + x"
    refused = CliRunner().invoke(solve_command, [*arguments, "--activation", "__import__('os').x"])
    assert isinstance(refused.exception, InputError)  # which `ndk` prints as one line
    assert "not understood" in str(refused.exception)


def test_quadrature_that_differs_from_its_references_is_refused(provider):
    layer = layer_map("tanh")
    good = {"a": "0.3", "c": "0.1", "b": "0.4"} | dict(
        zip(("F", "F_dot"), (repr(float(v)) for v in layer.dual(*map(np.array, (0.3, 0.1, 0.4)))), strict=True)
    )
    formulas.compare("tanh(x)", layer.dual, [good])
    for key in ("F", "F_dot"):
        wrong = good | {key: repr(float(good[key]) * (1 + 1e-10))}
        with pytest.raises(InputError, match=f"gives a {key} .* wrong by"):
            formulas.compare("tanh(x)", layer.dual, [wrong])
    with pytest.raises(InputError, match="no averages"):
        formulas.compare("tanh(x)", layer.dual, [])


def test_code_that_its_certificate_does_not_describe_is_not_run(provider):
    directory, name = formulas.located("x**2 + 3*x")
    path = directory / f"{name}.py"
    path.write_text(path.read_text() + "\nraise SystemExit\n")
    with pytest.raises(layer_maps.GeneratedCodeError, match="is not the code"):
        formulas.load(directory, name)


def test_without_a_provider(monkeypatch):
    monkeypatch.setattr(formulas, "entry_points", lambda group: [])
    with pytest.raises(InputError, match=r"no installed package makes code for formulas .entry point ndk\.expressions"):
        dual("x*tanh(x) + 1")
