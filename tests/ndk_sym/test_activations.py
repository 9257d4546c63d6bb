"""Every registered activation keeps the promises of its declaration; new ones are discovered."""

import mpmath
import pytest
import sympy as sp

from ndk_sym import InputError, activation, activations
from ndk_sym.activations import Activation, registered
from ndk_sym.high_precision import Evaluator, exact_number
from ndk_sym.kernels import StableMaps
from ndk_sym.notation import a, b, c, z
from ndk_sym.program import Program
from tests.tolerances import FIFTY_DIGITS

NAMES = activations()
# every formula with its parameters as symbols, but for degrees, each of which has formulas of its own
SYMBOLIC = {
    phi.stem: phi
    for phi in (cls.symbolic(*degrees) for cls in registered().values() for degrees in cls.instances or ((),))
}
# with numbers: the defaults, values of both signs where these are allowed, low and high degrees
CALLS = [
    *NAMES, "abrelu(-0.5, 1.4)", "cos(1.4)", "exp(0.3)", "gaussian(0.3)", "gaussian(1.4)", "hermite(3)", "hermite(7)",
    "leaky_relu(-1.7)", "leaky_relu(0.3)", "monomial(3)", "monomial(12)", "rectified_monomial(3)",
    "rectified_monomial(6)", "scaled_erf(-0.5, 1.4, 0.3)", "scaled_erf(1.4, 0.3, -1.7)", "sigmoid_erf(1.4)", "sin(0.3)",
]  # fmt: skip

# (a, c, b) as exact strings: bulk, c → ±√(ab), negative, tiny, huge, very different norms
BULK = [("1.3", "0.4", "0.7"), ("0.2", "-0.1", "3"), ("2", "0", "5")]
STRATA = [
    *BULK,
    ("1", "0.999999999999", "1"),
    ("1", "-0.999999999999", "1"),
    ("4", "-5.99999999999999999999", "9"),
    ("1e-12", "3e-13", "2e-12"),
    ("1e12", "-3e11", "2e12"),
    ("1e-8", "0.3", "1e8"),
]


def exact_zero(expr: sp.Expr) -> bool:
    return bool(sp.simplify(expr.rewrite(sp.exp)) == 0)


class WrongSlope(type(activation("relu"))):  # type: ignore[misc]
    """Planted: Ḟ with a wrong coefficient."""

    name = "wrong slope"

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return super().dual_derivative(a, c, b) * sp.Rational(1001, 1000)


def slope_residual(phi: Activation) -> sp.Expr:
    return sp.diff(phi.dual(a, c, b), c) - phi.dual_derivative(a, c, b)


def test_there_are_activations() -> None:
    assert {"erf", "linear", "relu"} <= set(NAMES)
    assert list(NAMES) == sorted(NAMES)
    with_parameters = {name for name, cls in registered().items() if cls.parameters}
    assert with_parameters == {call.split("(")[0] for call in CALLS if "(" in call}


@pytest.mark.parametrize("name", SYMBOLIC)
def test_derivative_map_is_the_derivative_of_the_layer_map(name: str) -> None:
    assert exact_zero(slope_residual(SYMBOLIC[name]))


def test_a_wrong_coefficient_in_the_derivative_map_is_seen() -> None:
    assert not exact_zero(slope_residual(WrongSlope()))


@pytest.mark.parametrize("name", SYMBOLIC)
def test_norm_is_the_layer_map_on_its_diagonal(name: str) -> None:
    phi = SYMBOLIC[name]
    assert exact_zero(phi.norm(a) - phi.dual(a, a, a))
    assert not exact_zero(phi.norm(a) - phi.dual(a, a / 2, a))  # planted: another correlation


@pytest.mark.parametrize("name", SYMBOLIC)
def test_maps_are_symmetric(name: str) -> None:
    phi = SYMBOLIC[name]
    assert exact_zero(phi.dual(a, c, b) - phi.dual(b, c, a))
    assert exact_zero(phi.dual_derivative(a, c, b) - phi.dual_derivative(b, c, a))


@pytest.mark.parametrize("name", SYMBOLIC)
def test_odd_activations_have_no_mean(name: str) -> None:
    phi = SYMBOLIC[name]
    odd = exact_zero(phi.phi(z) + phi.phi(-z))
    assert (phi.mean(a) == 0) == odd


def test_both_odd_and_other_activations_were_seen() -> None:
    odd = {name for name, phi in SYMBOLIC.items() if exact_zero(phi.phi(z) + phi.phi(-z))}
    assert {"linear", "erf", "hermite_3"} <= odd and not {"relu", "hermite_2", "step"} & odd


@pytest.mark.parametrize("name", [n for n, phi in SYMBOLIC.items() if phi.homogeneous])
def test_homogeneous_maps_scale(name: str) -> None:
    phi, k = SYMBOLIC[name], sp.Symbol("k", positive=True)
    assert exact_zero(phi.dual(k**2 * a, k * c, b) - k * phi.dual(a, c, b))
    assert exact_zero(phi.dual_derivative(k**2 * a, k * c, b) - phi.dual_derivative(a, c, b))


def disagreement(first: sp.Expr, second: sp.Expr, point: tuple[str, str, str]) -> float:
    """Relative difference of two functions of (a, c, b) at 50 digits."""
    values = {key: exact_number(key, value) for key, value in zip("acb", point, strict=True)}
    one, two = (Evaluator(Program((a, c, b), (), sp.sympify(f))).value(values, 50) for f in (first, second))
    with mpmath.workdps(60):
        return float(abs(one - two) / max(abs(two), mpmath.mpf(10) ** -60))


@pytest.mark.parametrize("point", STRATA)
@pytest.mark.parametrize("call", CALLS)
def test_stable_forms_are_the_textbook_forms(call: str, point: tuple[str, str, str]) -> None:
    phi = activation(call)
    stable = StableMaps(phi)
    for method in ("dual", "dual_derivative"):
        mine, textbook = getattr(stable, method)(a, c, b), getattr(phi, method)(a, c, b)
        assert disagreement(mine, textbook, point) < FIFTY_DIGITS, method
    for method in ("norm", "mean"):
        assert disagreement(getattr(stable, method)(a), getattr(phi, method)(a), point) < FIFTY_DIGITS, method


def test_a_wrong_coefficient_in_a_stable_form_is_seen() -> None:
    phi = activation("relu")
    wrong = phi.stable_dual(a, c, b) + c * sp.Rational(1, 10**40)
    assert disagreement(wrong, phi.dual(a, c, b), BULK[0]) > FIFTY_DIGITS


@pytest.mark.parametrize("call", CALLS)
def test_maps_are_expressions_also_of_numbers(call: str) -> None:
    phi, one, half = activation(call), sp.Integer(1), sp.Rational(1, 2)
    maps = (phi.dual(one, half, one), phi.dual_derivative(one, half, one), phi.norm(one), phi.mean(one))
    assert all(isinstance(x, sp.Expr) for x in maps)


def test_unknown_activation() -> None:
    with pytest.raises(InputError, match="'rleu' is not known; choose one of"):
        activation("rleu")


@pytest.mark.parametrize("point", [("1e40", "3e39", "2e40"), ("1e90", "-3e74", "1e60")])
def test_the_form_of_the_gaussian_far_away_is_the_textbook_form(point: tuple[str, str, str]) -> None:
    """A branch that no moderate point of a certificate's theory reaches."""
    phi = activation("gaussian")
    mine, textbook = phi.stable_dual_derivative(a, c, b) * a * b, phi.dual_derivative(a, c, b) * a * b
    assert disagreement(mine, textbook, point) < FIFTY_DIGITS
