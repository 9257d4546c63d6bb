"""Kernels to fourteen digits where digits are lost: fifty layers, nearly equal times, nearly parallel inputs."""

from dataclasses import replace
from functools import cache

import mpmath
import numpy as np
import pytest
import sympy as sp
from mpmath import mp

import ndk_num.kernels
from ndk_num import InputError, Network, kernel
from ndk_num.kernels import block, pairwise
from ndk_num.layer_maps import layer_map
from ndk_num.pairs import _distinct, gram
from ndk_num.statistics import Statistics
from ndk_sym import activation
from ndk_sym.notation import a, b, c
from tests.tolerances import CHAOTIC, FOURTEEN_DIGITS

KINDS = ("two_time", "derivative", "ndk")
CALLS = ("relu", "abs", "leaky_relu(0.1)", "rectified_monomial(2)", "erf", "sin", "gelu")
DEEP = ("relu", "abs", "leaky_relu(0.1)", "erf", "sin")  # the others' kernels leave float64 within fifty layers
DIGITS = 120  # correlations reach 1 − 1e-18, and fifty layers lose what a layer loses fifty times
X = np.random.default_rng(1).standard_normal(5)
NEAR = X + 1e-9 * np.random.default_rng(2).standard_normal(5)
OTHER = X + 0.3 * np.random.default_rng(3).standard_normal(5)
CASES = {  # time, lag in units of 1/κ, the two inputs
    "one input at nearly equal times": (3.0, 1e-12, X, X),
    "one input at close times": (3.0, 1e-6, X, X),
    "one input at distant times": (50.0, 1.0, X, X),
    "near duplicates at initialisation": (0.0, 0.0, X, NEAR),
    "near duplicates at one time": (7.0, 0.0, X, NEAR),
    "near duplicates at close times": (7.0, 1e-9, X, NEAR),
    "near opposites at close times": (7.0, 1e-9, X, -NEAR),
    "two inputs": (7.0, 3.0, X, OTHER),
}


@cache
def maps(call):
    act = activation(call)
    forms = (act.dual(a, c, b), act.dual_derivative(a, c, b), act.dual(a, a, a), act.dual_derivative(a, a, a))
    arguments = ((a, c, b), (a, c, b), a, a)
    return [sp.lambdify(x, form, "mpmath") for x, form in zip(arguments, forms, strict=True)]


def weight(net, t, s):
    kappa, sigma2, sigma02 = mp.mpf(net.temperature) / mp.mpf(net.sigma2), mp.mpf(net.sigma2), mp.mpf(net.sigma02)
    return sigma2 * mp.exp(-kappa * abs(t - s)) + (sigma02 - sigma2) * mp.exp(-kappa * (t + s))


def exact(net, t, s, x, y):
    """The recursion (12)–(15) on textbook forms, at the floats that the library is given."""
    dual, slope, norm, norm_slope = maps(net.activation)
    with mp.workdps(DIGITS):
        t, s = mp.mpf(t), mp.mpf(s)
        x, y = ([mp.mpf(float(value)) for value in z] for z in (x, y))
        first, cross, second = (mp.fdot(p, q) / len(x) for p, q in ((x, x), (x, y), (y, y)))
        decay = mp.exp(-mp.mpf(net.temperature) / mp.mpf(net.sigma2) * abs(t - s))
        ndk, derivative = decay * cross, mp.mpf(1)
        for _ in range(net.depth):
            p, q, r = weight(net, t, t) * first, weight(net, t, s) * cross, weight(net, s, s) * second
            same = x == y and t == s
            cross, derivative = (norm(p), norm_slope(p)) if same else (dual(p, q, r), slope(p, q, r))
            ndk = weight(net, t, s) * derivative * ndk + decay * cross
            first, second = norm(p), norm(r)
        return cross, derivative, ndk


def worst(call, depth, case, sigma2=1.3, later=0.0):
    t, lag, x, y = CASES[case]
    t += later
    net = Network(depth=depth, activation=call, temperature=1e-2, sigma2=sigma2, sigma02=0.7)
    s = t - lag / net.kappa if lag < t * net.kappa else 0.0
    computed = (kernel(net, t, s, x[None], y[None], kind)[0, 0] for kind in KINDS)
    return max(
        float(abs(value - true) / abs(true)) for value, true in zip(computed, exact(net, t, s, x, y), strict=True)
    )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("call", CALLS)
def test_one_layer_and_three(call, case):
    assert max(worst(call, depth, case) for depth in (1, 3)) < FOURTEEN_DIGITS


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("call", DEEP)
def test_fifty_layers(call, case):
    assert worst(call, 50, case) < FOURTEEN_DIGITS


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("call", "sigma2"), [("erf", 1.3), ("erf", 4.0), ("erf", 10.0), ("sin", 2.0)])
def test_fifty_layers_that_are_chaotic(call, sigma2, case):
    """Long after the start the weights have the variance σ², and every layer multiplies small angles."""
    # inputs 1e-9 apart have norms 1e-9 apart, and rounding of these leaves seven digits of their difference
    different = sigma2 == 10.0 and case.startswith("near duplicates at")
    assert worst(call, 50, case, sigma2, 2e3) < (1e-8 if different else CHAOTIC)


def test_rounding_of_a_chaotic_network_would_be_seen(monkeypatch):
    """Planted: averages from rounded covariances alone."""
    monkeypatch.setattr(ndk_num.kernels, "chaotic", lambda net, least, most: False)
    for case in ("one input at nearly equal times", "near duplicates at one time"):
        assert worst("erf", 50, case, 10.0, 2e3) > 1e4 * FOURTEEN_DIGITS


def test_rounding_of_the_covariance_would_be_seen(monkeypatch):
    """Planted: the root from the entries of the kernel, as everybody does it, loses half the digits."""
    without = replace(layer_map("relu"), layer=None)
    monkeypatch.setattr(ndk_num.kernels, "layer_map", lambda call: without)
    for case in ("one input at nearly equal times", "near duplicates at one time"):
        assert worst("relu", 3, case) > 100 * FOURTEEN_DIGITS


@pytest.mark.parametrize("distance", [1e-1, 1e-3, 1e-5, 1e-7, 1e-9])
@pytest.mark.parametrize("factor", [1.0, -1.7, 1e150, 1e-150])
@pytest.mark.parametrize("columns", [3, 784])
def test_roots_of_nearly_parallel_inputs(columns, factor, distance):
    rng = np.random.default_rng(columns)
    x = rng.standard_normal(columns)
    y = factor * (x + distance * rng.standard_normal(columns))
    with mp.workdps(60):
        p, q = ([mpmath.mpf(float(value)) for value in z] for z in (x, y))
        true = mp.sqrt(mp.fdot(p, p) * mp.fdot(q, q) - mp.fdot(p, q) ** 2) / columns
        sine = true * columns / mp.sqrt(mp.fdot(p, p) * mp.fdot(q, q))
        found = gram(x[None], y[None]).root[0, 0]
        # scalar products in twice the precision: sin² is known to 2^-104 of one, times the few roundings of a sum
        assert abs(found - true) / true < max(FOURTEEN_DIGITS, 2.0**-101 / sine**2)


def test_parallel_inputs_have_no_root():
    inputs = np.random.default_rng(0).standard_normal((3, 20))
    inputs = np.concatenate([inputs, -inputs, 4 * inputs, np.zeros((1, 20))])
    root = gram(inputs).root
    parallel = np.kron(np.ones((3, 3)), np.eye(3)).astype(bool)
    assert (root[:9, :9] == 0).tolist() == parallel.tolist()
    assert not root[9].any()


def test_rows_that_differ_in_the_sign_of_zero_are_the_same_input():
    first, norms = _distinct(np.array([[0.0, 3.0], [1.0, 3.0], [-0.0, 3.0]]))
    assert first.tolist() == [0, 1, 0]
    assert norms.tolist() == [4.5, 5.0, 4.5]


@pytest.mark.parametrize("kind", ["two_time", "ndk"])
def test_strips_make_no_difference(monkeypatch, kind):
    net = Network(depth=2, activation="relu", temperature=0.1, sigma2=1.0, sigma02=0.5)
    X = np.random.default_rng(3).normal(size=(9, 4))
    pairs, t, s = gram(X), np.linspace(1.0, 3.0, 11), np.linspace(0.0, 1.0, 11)
    flat = type(pairs)(*(np.broadcast_to(x, pairs.xy.shape).ravel()[:40] for x in pairs))
    whole, entries = pairwise(net, t, s, flat, kind), kernel(net, 2.0, 1.0, X, kind=kind)
    monkeypatch.setattr("ndk_num.strips._BLOCK", 100)  # two times, or eleven rows, together
    np.testing.assert_allclose(pairwise(net, t, s, flat, kind), whole, rtol=FOURTEEN_DIGITS)
    monkeypatch.setattr("ndk_num.strips._BLOCK", 20)
    np.testing.assert_allclose(kernel(net, 2.0, 1.0, X, kind=kind), entries, rtol=FOURTEEN_DIGITS)
    one = Statistics.at(net, t[7], s[7])
    np.testing.assert_allclose(block(net, one, pairs, kind).ravel()[:40], whole[7], rtol=FOURTEEN_DIGITS)


def test_a_kernel_that_overflows_is_refused():
    net = Network(depth=3, activation="rectified_monomial(3)", temperature=0.1, sigma2=1.0, sigma02=0.5)
    with pytest.raises(InputError, match="overflows"):
        kernel(net, 2.0, 1.0, 1e20 * np.ones((2, 3)), kind="two_time")
