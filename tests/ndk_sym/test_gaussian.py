"""The quadrature behind every certificate, against averages known in closed form for other reasons."""

import pytest
from mpmath import mp

from ndk_sym.errors import InputError
from ndk_sym.gaussian import gaussian_average, gaussian_mean
from tests.tolerances import AVERAGE_GUARD

DIGITS = 30
COVARIANCES = [
    (1.0, 0.5, 1.0),
    (0.01, -0.05, 2.0),
    (1.0, -(1 - 1e-12), 1.0),
    (1.0, 1 - 2.0**-53, 1.0),
    (4.0, -6.0, 9.0),
    (2.0, 0.0, 3.0),
    (1e-3, 0.02, 10.0),
]
SMOOTH_OR_KINKED = [(), (0,)]


def agree(value, expected, digits=DIGITS):
    with mp.workdps(3 * digits):
        return abs(value - expected) <= mp.mpf(10) ** (AVERAGE_GUARD - digits) * max(abs(expected), mp.mpf(10) ** -3)


def exact(*values):
    return [mp.mpf(x) for x in values]


@pytest.mark.parametrize("kinks", SMOOTH_OR_KINKED, ids=["Cartesian", "polar"])
@pytest.mark.parametrize("point", COVARIANCES)
def test_moments_agree_with_isserlis(point, kinks):
    value = gaussian_average(lambda z: z**2, lambda z: z**2, *point, digits=DIGITS, kinks=kinks)
    with mp.workdps(80):
        a, c, b = exact(*point)
        assert agree(value, a * b + 2 * c * c)


@pytest.mark.parametrize("point", COVARIANCES)
def test_average_of_absolute_values(point):
    value = gaussian_average(abs, abs, *point, digits=DIGITS, kinks=(0,))
    with mp.workdps(80):
        a, c, b = exact(*point)
        rho = c / mp.sqrt(a * b)
        assert agree(value, 2 / mp.pi * mp.sqrt(a * b) * (mp.sqrt(1 - rho**2) + rho * mp.asin(rho)))


@pytest.mark.parametrize("rho", [-(1 - 1e-12), -(1 - 2.0**-53)])
def test_rare_events_keep_their_relative_digits(rho):
    # P(z1 > 0 and z2 > 0) is 1e-7 and 1e-9 here: digits count from the first nonzero one
    def positive(z):
        return mp.mpf(z > 0)

    value = gaussian_average(positive, positive, 1.0, rho, 1.0, digits=DIGITS, kinks=(0,))
    with mp.workdps(80):
        expected = (mp.pi - mp.acos(mp.mpf(rho))) / (2 * mp.pi)
        assert abs(value / expected - 1) <= mp.mpf(10) ** (AVERAGE_GUARD - DIGITS)


def test_two_coordinate_systems_agree_on_erf():
    point = (0.7, -0.3, 1.1)
    smooth, kinked = (gaussian_average(mp.erf, mp.erf, *point, digits=20, kinks=k) for k in SMOOTH_OR_KINKED)
    assert agree(smooth, kinked, digits=20)


def test_degenerate_covariances():
    average = gaussian_average(mp.cos, mp.cos, 0.0, 0.0, 2.0, digits=DIGITS)
    with mp.workdps(60):
        assert agree(average, mp.exp(-1))  # cos 0 · ⟨cos z⟩
    assert gaussian_average(mp.erf, mp.erf, 0.0, 0.0, 0.0, digits=DIGITS) == 0
    first, second = (lambda z: z + 2), (lambda z: z**2 + 3)
    assert agree(gaussian_average(first, second, 0.0, 0.0, 4.0, digits=DIGITS), 2 * (4 + 3))
    assert agree(gaussian_average(second, first, 4.0, 0.0, 0.0, digits=DIGITS), 2 * (4 + 3))


@pytest.mark.parametrize("a", [1e-300, 1e-3, 1.0, 1e3, 1e300])
def test_means(a):
    with mp.workdps(60):
        fourth = gaussian_mean(lambda z: z**4, a, digits=DIGITS) / (3 * mp.mpf(a) ** 2)
        positive = gaussian_mean(lambda z: max(z, 0), a, digits=DIGITS, kinks=(0,)) / mp.sqrt(mp.mpf(a) / (2 * mp.pi))
        assert agree(fourth, 1)
        assert agree(positive, 1)


def test_an_undeclared_kink_is_not_integrated_silently():
    with pytest.raises(ArithmeticError, match="two quadrature rules differ"):
        gaussian_average(abs, abs, 1.0, 0.3, 1.0, digits=12)


@pytest.mark.parametrize(("a", "c", "b"), [(-1, 0, 1), (1, 0, -1), (1, 1.1, 1), (1, -3, 2)])
def test_what_is_no_covariance_is_refused(a, c, b):
    with pytest.raises(InputError, match="is not a covariance"):
        gaussian_average(mp.erf, mp.erf, a, c, b, digits=20)


def test_other_mistakes_are_refused():
    with pytest.raises(InputError, match="kinks"):
        gaussian_average(mp.erf, mp.erf, 1, 0, 1, digits=20, kinks=(1,))
    with pytest.raises(InputError, match="variance"):
        gaussian_mean(mp.erf, -1, digits=20)
