"""Formulas as activations: what is read, what is refused and why, and code that is certified before it is used."""

import json
import math
import subprocess
import sys
import time

import mpmath
import numpy as np
import pytest
import sympy as sp

from ndk_sym import InputError, activation, closed_averages, closed_form, provider, user_activations
from ndk_sym.activations import registered
from ndk_sym.expressions import FUNCTIONS, admissible, parse
from ndk_sym.gaussian import gaussian_average, gaussian_mean, numeric
from ndk_sym.notation import a, b, c, z
from tests.tolerances import CERTIFIED_AVERAGE

GOOD = {
    "x*tanh(x)": lambda x: x * math.tanh(x),
    "x^2 - 3*x**3/4": lambda x: x**2 - 3 * x**3 / 4,
    "exp(-x^2)": lambda x: math.exp(-(x**2)),
    "sigmoid(2*x) - 1/2": lambda x: 1 / (1 + math.exp(-2 * x)) - 0.5,
    "max(x, 0) + min(x, 0)*0.1": lambda x: max(x, 0) + 0.1 * min(x, 0),
    "softplus(z)": lambda x: math.log1p(math.exp(x)),
    "erf(x) + erfc(x)*abs(x)": lambda x: math.erf(x) + math.erfc(x) * abs(x),
    "2**x / (1 + 2**x)": lambda x: 2**x / (1 + 2**x),
    "sin(pi*x)*e**(-x**2)": lambda x: math.sin(math.pi * x) * math.exp(-(x**2)),
    "+x**2 - (-x)": lambda x: x**2 + x,
    "sqrt(1 + x**2)": lambda x: math.sqrt(1 + x * x),
    "-relu(-x) + silu(x) + gelu(x)": lambda x: (
        min(x, 0) + x / (1 + math.exp(-x)) + x * (1 + math.erf(x / math.sqrt(2))) / 2
    ),
    "atan(x) + asinh(x) + log(2 + cos(x))": lambda x: math.atan(x) + math.asinh(x) + math.log(2 + math.cos(x)),
    "+".join(["x"] * 300): lambda x: 300 * x,
}
NOT_READ = {
    "__import__('os')": "__import__",
    "().__class__": "__class__",
    "x.real": "x.real",
    "lambda: x": "lambda",
    "[x for x in y]": "for",
    "9**9**9**9": "power",
    "x**1000": "power",
    "((x**64)**64)**64": "power",
    "x*" * 50000 + "x": "100001 characters",
    "(" * 400 + "x" + ")" * 400: "brackets",
    "-" * 900 + "x": "too deep",
    "ｘ+1": "ｘ",
    "x\u200b": "u200b",
    "x\x00": "x00",
    "x\n+1": "understood",
    "x if x else 1": "if",
    "x < 1": "<",
    "(x, 1)": "understood",
    "f(x)": "'f'",
    "exp(x, x)": "exp takes 1",
    "exp(*x)": "exp takes 1",
    "max(x)": "max takes 2",
    "exp(x=x)": "exp takes 1",
    "1e400*x": "outside 1e-12 to 1e12",
    "9999999999999*x": "outside 1e-12 to 1e12",
    "1j*x": "1j",
    "True*x": "True",
    "'x'": "not a number",
    "x//2": "//",
    "x+z": "two variables",
    "y": "'y'",
    "5": "does not depend",
    "": "not a formula",
    "x +": "not a formula",
    "exp(1000)*x": "too large",
    "x/(x-x)": "divides by zero",
    "sqrt(-1)*x": "not a real number",
    "(-2)**(1/3)*x": "not a real number",
    "x**x": "not real",
    "x**-65": "power",
    "tanh(" * 45 + "x" + ")" * 45: "brackets",
}
NOT_ADMISSIBLE = {
    "log(x)": "not finite at x = 0",
    "1/x": "not finite at x = 0",
    "sqrt(x)": "not real at x = -0.001",
    "x**0.5": "not real",
    "exp(x**2)": "not finite at x = 30",
    "exp(x**2/1000)": "grows faster",
    "exp(" * 30 + "x" + ")" * 30: "not finite at x = ",
    "((x**64 + 1)**64 + 1)**64": "not finite",
}


@pytest.mark.parametrize("text", GOOD)
def test_formulas_mean_what_they_say(text):
    expr = parse(text)
    admissible(expr)
    for x in (-2.3, -0.7, 0.4, 1.9):
        assert float(expr.subs(z, sp.Rational(x)).evalf(20)) == pytest.approx(GOOD[text](x), rel=1e-13, abs=0)


def test_every_function_is_known_by_a_formula():
    assert all(
        any(f"{name}(" in text for text in GOOD)
        for name in FUNCTIONS
        if name not in ("sinh", "cosh", "sign", "heaviside")
    )
    assert parse("sign(x) + heaviside(x) + sinh(x) + cosh(x)").subs(z, -1) == -1 + sp.sinh(-1) + sp.cosh(-1)


@pytest.mark.parametrize(("text", "what"), NOT_READ.items(), ids=[t[:20].encode().hex() for t in NOT_READ])
def test_anything_else_is_refused_at_once(text, what):
    started = time.perf_counter()
    with pytest.raises(InputError) as caught:
        parse(text)
    assert time.perf_counter() - started < 1
    assert what in str(caught.value)
    assert len(str(caught.value)) < 400 and "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "what"), NOT_ADMISSIBLE.items(), ids=[t[:20] for t in NOT_ADMISSIBLE])
def test_functions_without_gaussian_averages_are_refused(text, what):
    started = time.perf_counter()
    with pytest.raises(InputError, match=what):
        admissible(parse(text))
    assert time.perf_counter() - started < 1


def test_nothing_but_a_text_is_parsed():
    with pytest.raises(InputError, match="not a text"):
        parse(b"x")  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["x**3 - 2*x + 1", "x**2*(1 - x)/3", "x**6/20 - x**5/3 + x**4 - x"])
def test_polynomials_have_closed_forms(text):
    phi = activation(text)
    point = (sp.Rational(7, 10), sp.Rational(-1, 5), sp.Rational(11, 10))
    for mine, f in ((phi.dual, phi.phi(z)), (phi.dual_derivative, phi.phi_derivative(z))):
        function = numeric(f, z)
        with mpmath.workdps(40):
            exact = gaussian_average(function, function, 0.7, -0.2, 1.1, digits=25)
            found = mine(*(sp.Rational(x) for x in (0.7, -0.2, 1.1))).evalf(40)
            assert abs(mpmath.mpf(found) / exact - 1) < CERTIFIED_AVERAGE
    with mpmath.workdps(40):
        mean = gaussian_mean(numeric(phi.phi(z), z), 0.7, digits=25)
        assert abs(mpmath.mpf(phi.mean(sp.Rational(0.7)).evalf(40)) / mean - 1) < CERTIFIED_AVERAGE
    assert sp.expand(sp.diff(phi.dual(a, c, b), c) - phi.dual_derivative(a, c, b)) == 0
    assert phi.dual(*point) != 2 * phi.dual_derivative(*point)


@pytest.mark.parametrize(
    "text", ["sin(x)*exp(x/2)", "x*exp(-x^2)", "cosh(x) - x", "x^2*cos(x)", "exp(-x^2/3)*sin(2*x) + x"]
)
def test_exponentials_of_quadratics_have_closed_forms(text):
    phi = activation(text)
    assert isinstance(phi, user_activations.IntegratedActivation)
    values = [sp.Rational(x) for x in (0.7, -0.2, 1.1)]
    with mpmath.workdps(40):
        for mine, f in ((phi.dual, phi.phi(z)), (phi.dual_derivative, phi.phi_derivative(z))):
            exact = gaussian_average(numeric(f, z), numeric(f, z), 0.7, -0.2, 1.1, digits=25)
            assert abs(mpmath.mpf(str(mine(*values).evalf(40))) / exact - 1) < CERTIFIED_AVERAGE
        mean = gaussian_mean(numeric(phi.phi(z), z), 0.7, digits=25)
        assert abs(mpmath.mpf(str(phi.mean(values[0]).evalf(40))) - mean) < CERTIFIED_AVERAGE


def test_what_sympy_integrates_has_a_closed_form(monkeypatch):
    """Found in a process of its own; where that takes too long, or fails, there is none."""
    monkeypatch.setattr(closed_averages, "_terms", lambda phi: None)  # leave it to SymPy's integrals
    found = closed_averages.closed_averages(z**2, seconds=60)
    assert sp.simplify(found.dual - a * b - 2 * c**2) == 0 and sp.simplify(found.mean - a) == 0
    started = time.perf_counter()
    assert closed_averages.closed_averages(z * sp.tanh(z), seconds=0.5) is None
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    "phi", [sp.erf(z), z * sp.atan(z) ** 2, sp.sqrt(z), z**13, sp.exp(z**2 / 10), sp.exp(-(z**4)), 1 / z]
)
def test_other_terms_are_not_taken_for_exponentials_of_quadratics(phi, monkeypatch):
    monkeypatch.setattr(closed_averages, "_integrated", lambda phi, seconds: None)
    assert closed_averages.closed_averages(phi) is None


def test_a_wrong_closed_form_is_not_used(cache, monkeypatch):
    expr = 2 * sp.exp(z / 2)
    right = closed_averages.closed_averages(expr)
    wrong = closed_averages.ClosedAverages(right.dual * sp.Rational(1001, 1000), right.mean)
    for averages, closed in ((right, True), (wrong, False)):  # quadrature instead
        phi = user_activations.IntegratedActivation(expr, averages)
        _, _, measured = provider._certified(phi, "formula_planted", provider.emit_runtime())
        assert ("dual" in measured) is closed


def test_a_polynomial_has_kernels_in_closed_form():
    form = closed_form("two-time", activation="x**2", depth=1)
    same = closed_form("two-time", activation="monomial(2)", depth=1)
    assert sp.expand(form.expr - same.expr) == 0


def test_sympy_expressions_are_activations():
    t = sp.Symbol("t")
    assert activation(t * sp.tanh(t)).phi(z) == z * sp.tanh(z)
    with pytest.raises(InputError, match="has 2 symbols"):
        activation(t * z)
    with pytest.raises(InputError, match=r"grows faster|not finite"):
        activation(sp.exp(t**2))


def test_polynomials_up_to_degree_12_are_known_as_such():
    kinds = [type(activation(z**n + z)) for n in (12, 13)]
    assert kinds == [user_activations.PolynomialActivation, user_activations.FormulaActivation]


@pytest.mark.parametrize("text", ["tanh(2*x - 6)", "tanh(3*x - 9)**2/2", "tanh(x - 6)*tanh(2*x - 6)", "tanh(x)**3"])
def test_slopes_of_tanh_keep_their_digits(text):
    """Where tanh is ±1 to many digits, 1 − tanh² is not left to a difference, whatever factor SymPy multiplied in."""
    phi = user_activations.FormulaActivation(parse(text))
    code = sp.lambdify(z, phi.stable_phi_derivative(z), "math")
    for x in (-12.3, -2.1, 1e-3, 0.4, 11.5):
        exact = phi.phi_derivative(z).subs(z, sp.Rational(x)).evalf(30)
        assert code(x) == pytest.approx(float(exact), rel=1e-13, abs=0)


@pytest.mark.parametrize(
    ("phi", "slopes"),
    [
        (sp.Abs(z), (-1, 1)),
        (sp.Max(z, 0), (0, 1)),
        (sp.Min(z, 0) + z / 2, (sp.Rational(3, 2), sp.Rational(1, 2))),
        (z * sp.sign(z), (-1, 1)),
        (z * sp.Heaviside(z) - z, (-1, 0)),
        (parse("relu(x)/2 - x"), (-1, sp.Rational(-1, 2))),
    ],
)
def test_averages_are_split_where_a_formula_has_its_kink(phi, slopes):
    written = user_activations.FormulaActivation(phi)
    point = (sp.Rational(7, 10), sp.Rational(-1, 5), sp.Rational(11, 10))
    with mpmath.workdps(40):
        exact = mpmath.mpf(str(registered()["abrelu"](*slopes).dual(*point).evalf(40)))
        assert abs(written.average(*point, digits=25) / exact - 1) < CERTIFIED_AVERAGE
    assert user_activations.FormulaActivation(z * sp.tanh(z)).kinks == ()


def test_a_long_formula_is_named_by_its_beginning():
    short, long = (user_activations.FormulaActivation(sp.Add(*(sp.tanh(z / k) for k in range(1, n)))) for n in (9, 99))
    assert parse(short.call) == short.expr
    assert len(long.call) == 61 and str(long.expr).startswith(long.call[:-1]) and long.call[-1] == "…"


def test_floats_of_sympy_expressions_keep_all_their_digits():
    t = sp.Symbol("t")
    for number in (1.4142135623730951, 0.1, -2.5e-7, 3e10):
        assert activation(number * sp.tanh(t)).phi(z) == sp.Rational(repr(number)) * sp.tanh(z)
    assert activation(0.5 * t**2.0).phi(z) == z**2 / 2
    precise = sp.Float("0.1234567890123456789012345", 30)
    assert abs(activation(precise * sp.tanh(t)).phi(z).coeff(sp.tanh(z)) - precise) < sp.Rational(1, 10**28)


def test_without_closed_form_the_averages_are_integrals():
    phi = activation("tanh")
    assert isinstance(phi.dual(a, c, b), sp.Integral) and isinstance(phi.mean(a), sp.Integral)
    assert abs(phi.mean_value(1, digits=20)) < 1e-20
    with pytest.raises(InputError, match="tanh has no closed form"):
        closed_form("ndk", activation="tanh", depth=1)


# --- code for formulas -----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Integrals that SymPy does not do would take seconds in every test."""
    monkeypatch.setattr(closed_averages, "SECONDS", 0.01)


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    # quadrature in many digits takes seconds: a text stands for it where it is not the subject
    monkeypatch.setattr(provider, "_references", lambda found: [{"a": "1.0"}])
    return tmp_path


def test_code_is_made_once(cache, monkeypatch):
    directory, name = provider.provide("x*tanh(x)")
    assert directory.is_relative_to(cache)
    monkeypatch.setattr(provider, "_certified", None)  # not called again
    assert provider.provide("tanh(x) * x") == (directory, name)
    assert sorted(p.name for p in directory.iterdir()) == sorted([f"{name}.json", f"{name}.py", "runtime.py"])


@pytest.mark.parametrize("file", ["{}.py", "{}.json", "runtime.py"])
@pytest.mark.parametrize("damage", [b"", b"raise SystemExit\n", b"{}"])
def test_a_damaged_file_is_made_again(cache, file, damage):
    directory, name = provider.provide("x*tanh(x)")
    path = directory / file.format(name)
    good = path.read_bytes()
    path.write_bytes(damage)
    provider.provide("x*tanh(x)")
    assert path.read_bytes() == good


def test_a_certificate_that_was_edited_is_made_again(cache):
    directory, name = provider.provide("x*tanh(x)")
    path = directory / f"{name}.json"
    certificate = json.loads(path.read_text())
    path.write_text(json.dumps(certificate | {"measured": {}}))
    provider.provide("x*tanh(x)")
    assert json.loads(path.read_text()) == certificate


def test_code_that_loses_digits_is_refused(cache):
    with pytest.raises(InputError, match="loses its digits near x = 1e-06"):
        provider.provide("1 - cos(x)")
    provider.provide("2*sin(x/2)**2")


def test_wrong_code_is_refused(cache, monkeypatch):
    emitted = provider.emit

    def wrong(module, special):
        return emitted(module, special=special).replace("tanh(z)", "tanh(z*(1 + 1e-12))")

    monkeypatch.setattr(provider, "emit", wrong)
    with pytest.raises(InputError, match="could not be certified"):
        provider.provide("x*tanh(x)")


def test_a_polynomial_whose_terms_cancel_is_left_to_quadrature(cache, monkeypatch):
    def cancelling(*arguments):
        raise provider.CertificationError("planted")

    assert "averages" not in certificate_of("x**3 - 2*x")
    monkeypatch.setattr(provider, "measure", cancelling)
    assert certificate_of("x**3 - 3*x")["averages"] == "numeric"


def certificate_of(formula):
    directory, name = provider.provide(formula)
    return json.loads((directory / f"{name}.json").read_text())["activation"]


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "home/.cache"),
        ("darwin", {}, "home/Library/Caches"),
        ("win32", {}, "home/AppData/Local"),
        ("win32", {"LOCALAPPDATA": "local"}, "local"),
        ("linux", {"LOCALAPPDATA": "local"}, "home/.cache"),
        *((platform, {"XDG_CACHE_HOME": "own", "LOCALAPPDATA": "local"}, "own") for platform in ("linux", "win32")),
    ],
)
def test_code_is_kept_where_the_system_keeps_such_files(platform, variables, expected, monkeypatch):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (variables | {"HOME": "home", "USERPROFILE": "home"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(provider.sys, "platform", platform)
    assert provider.cache_directory() == provider.Path(expected) / "ndk" / "activations"


def test_a_directory_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match="make it writable"):
        provider.provide("x**2 + x")


def test_two_processes_at_once(tmp_path):
    code = "from ndk_sym.provider import provide; print(*provide('exp(-x^2)'))"
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": ":".join(filter(None, sys.path))}
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    answers = {process.communicate(timeout=120)[0] for process in started}
    assert len(answers) == 1 and all(process.returncode == 0 for process in started)
    directory, name = answers.pop().rsplit(maxsplit=1)
    assert provider._intact(provider.Path(directory), name)
    assert not [p for p in provider.Path(directory).iterdir() if p.name.startswith(".")]


def test_references_are_averages():
    (row, _) = provider._references(user_activations.FormulaActivation(sp.exp(-(z**2))))
    value, _, cross = float(row["F"]), None, float(row["c"])
    first, second = float(row["a"]), float(row["b"])
    exact = 1 / np.sqrt((1 + 2 * first) * (1 + 2 * second) - 4 * cross**2)
    assert value == pytest.approx(exact, rel=1e-13, abs=0)
