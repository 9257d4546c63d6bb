"""Where other libraries' kernels fail in float64, ours do not.

Measured of Neural Tangents, the nearest library, in float64: at c = −1 + 1e-12 its ReLU kernel is 240 times the true
value, at c = −1 + 1e-8 wrong by 3e-5; rectified monomials are NaN at c = +1; quadrature activations are wrong by 367 %
at large variance.
"""

import numpy as np
import pytest

from ndk_num import dual
from ndk_sym import activation
from ndk_sym.enclosed_averages import EnclosedAverages
from tests.tolerances import LAYER_MAP_ULP

BOUND = LAYER_MAP_ULP * np.finfo(float).eps
BITS = 500  # rectified cubes of nearly opposite inputs are 1e-54
CLOSE = [1e-15, 1e-12, 1e-8, 1e-4]


def defined(call, a, c, b):
    """F and Ḟ from the Gaussian averages that define them, enclosed."""
    averages = EnclosedAverages(activation(call), ())
    return [average.sides((a, c, b), BITS)[0] for average in (averages.dual(), averages.dual_derivative())]


def error(call, a, c, b):
    pairs = zip(dual(call)(a, c, b), defined(call, a, c, b), strict=True)
    return max(float((abs(true - float(found)) / abs(true)).abs_upper()) for found, true in pairs)


@pytest.mark.parametrize("distance", CLOSE)
@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("call", ["relu", "leaky_relu(0.1)", "abs", "rectified_monomial(2)", "rectified_monomial(3)"])
def test_nearly_parallel_and_nearly_opposite(call, sign, distance):
    assert error(call, 1.0, sign * (1 - distance), 1.0) < BOUND


@pytest.mark.parametrize("power", [2, 3])
def test_rectified_monomials_of_parallel_inputs_are_numbers(power):
    value, slope = dual(f"rectified_monomial({power})")(1.0, 1.0, 1.0)
    moment, moment_below = (np.prod(np.arange(1, 2 * n, 2)) for n in (power, power - 1))
    assert value == pytest.approx(moment / 2, rel=BOUND, abs=0)
    assert slope == pytest.approx(power**2 * moment_below / 2, rel=BOUND, abs=0)


def test_the_textbook_formula_fails_there():
    """Planted: what the comparison above is for."""
    c = -1 + 1e-12
    textbook = (np.sqrt(1 - c * c) + (np.pi - np.arccos(c)) * c) / (2 * np.pi)
    assert abs(textbook / float(defined("relu", 1.0, c, 1.0)[0].mid()) - 1) > 1
