"""Networks whose layers, readout and biases have variances and activations of their own."""

from dataclasses import replace
from itertools import pairwise as neighbours

import numpy as np
import pytest
import sympy as sp
from mpmath import mp

import ndk_num.kernels
from ndk_num import Bias, InputError, Layer, Network, Readout, Trajectory, equilibria, kernel, readout_hidden, solve
from ndk_num.kernels import KINDS
from ndk_num.layer_maps import layer_map
from ndk_num.statistics import LayerStatistics, Statistics, Weights
from ndk_sym import activation
from ndk_sym.notation import a, b, c
from tests.ndk_num.cases import CASES, unit
from tests.tolerances import FOURTEEN_DIGITS, ORACLE

BIAS, LATE = Bias(sigma2=0.4, sigma02=0.2), Bias(sigma2=0.3, sigma02=0.0)
NETWORKS = {
    "biases": Network(
        layers=[Layer("relu", 1.1, 0.6, BIAS), Layer("relu", 0.9, 1.4, LATE)],
        readout=Readout(sigma2=1.5, sigma02=0.7, bias=LATE),
        temperature=0.1,
    ),
    "relu after erf": Network(layers=["erf", "relu"], temperature=0.1, sigma02=0.5),
    "erf after relu": Network(
        layers=[Layer("relu", bias=LATE), Layer("erf", sigma2=0.7, bias=BIAS)], temperature=0.1, sigma02=1.7
    ),
    "relu between others": Network(
        layers=[Layer("gelu", 1.3), Layer("relu", 0.8, 0.5), Layer("sin", bias=BIAS)], temperature=0.1, sigma02=0.5
    ),
    "abs after sin": Network(layers=["sin", Layer("abs", bias=BIAS)], temperature=0.1, sigma02=0.5),
}
DIGITS = 80
X = np.random.default_rng(1).standard_normal(5)
NEAR = X + 1e-9 * np.random.default_rng(2).standard_normal(5)
OTHER = X + 0.3 * np.random.default_rng(3).standard_normal(5)
SCALED = X * (1 + 3e-4) + 1e-5 * np.random.default_rng(4).standard_normal(5)
POINTS = {  # time, lag in units of 1/κ, the two inputs
    "one input at the start": (0.0, 0.0, X, X),
    "one input at nearly equal times": (3.0, 1e-12, X, X),
    "one input at close times": (3.0, 1e-6, X, X),
    "one input at distant times": (50.0, 1.0, X, X),
    "since the start": (3.0, 3.0, X, X),
    "near duplicates at the start": (0.0, 0.0, X, NEAR),
    "near duplicates at one time": (7.0, 0.0, X, NEAR),
    "near duplicates at close times": (7.0, 1e-9, X, NEAR),
    "near opposites at one time": (7.0, 0.0, X, -NEAR),
    "nearly parallel": (7.0, 0.0, X, SCALED),
    "nearly parallel at close times": (7.0, 1e-5, X, SCALED),
    "two inputs": (7.0, 3.0, X, OTHER),
    "two inputs apart": (2.0, 0.7, X, -OTHER),
}


def statistics(group, temperature, t, s):
    """m(t,t), m(t,s), m(s,s) and e^{−κ|t−s|} in many digits."""
    kappa, sigma2, sigma02 = mp.mpf(temperature) / mp.mpf(group.sigma2), mp.mpf(group.sigma2), mp.mpf(group.sigma02)
    m = [sigma2 * mp.exp(-kappa * abs(p - q)) + (sigma02 - sigma2) * mp.exp(-kappa * (p + q))
         for p, q in ((t, t), (t, s), (s, s))]  # fmt: skip
    return *m, mp.exp(-kappa * abs(t - s))


def exact(net, t, s, x, y):
    """C^{l+1} = m_w K^l + m_v and B^{l+1} = m_w K̇^l B^l + e_w K^l + e_v on textbook forms."""
    with mp.workdps(DIGITS):
        t, s = mp.mpf(t), mp.mpf(s)
        x, y = ([mp.mpf(float(value)) for value in z] for z in (x, y))
        entries = [mp.fdot(p, q) / len(x) for p, q in ((x, x), (x, y), (y, y))]
        response, slope, hidden = mp.zero, mp.zero, mp.zero
        for l, group in enumerate(net.groups):
            tt, ts, ss, decay = statistics(group, net.temperature, t, s)
            v = statistics(group.bias, net.temperature, t, s) if group.bias else (mp.zero,) * 4
            hidden = slope * response
            response = ts * hidden + decay * entries[1] + v[3]
            covariance = [tt * entries[0] + v[0], ts * entries[1] + v[1], ss * entries[2] + v[2]]
            if l == net.depth:
                return {"ndk": response, "two_time": entries[1], "derivative": slope, "hidden": hidden,
                        "prior": covariance[1]}  # fmt: skip
            act = activation(net.activations[l])
            dual, derivative = (sp.lambdify((a, c, b), f, "mpmath") for f in (
                act.dual(a, c, b), act.dual_derivative(a, c, b)))  # fmt: skip
            norm, own = (sp.lambdify(a, f, "mpmath") for f in (act.dual(a, a, a), act.dual_derivative(a, a, a)))
            first, cross, second = covariance
            one = first == second == cross
            entries = [norm(first), norm(first) if one else dual(first, cross, second), norm(second)]
            slope = own(first) if one else derivative(first, cross, second)
    raise AssertionError


@pytest.mark.parametrize("where", POINTS)
@pytest.mark.parametrize("name", NETWORKS)
def test_kernels_to_fourteen_digits(name, where):
    net, (t, lag, x, y) = NETWORKS[name], POINTS[where]
    s = t - lag / net.kappa if t else 0.0
    t, s = max(t, s), max(min(t, s), 0.0)
    expected = exact(net, t, s, x, y)
    size = {k: max(abs(expected[k]), abs(exact(net, t, t, x, x)[k]) * mp.mpf(10) ** -3) for k in KINDS}
    for kind in KINDS:
        found = kernel(net, t, s, x[None], y[None], kind=kind)[0, 0]
        assert abs(found - expected[kind]) <= FOURTEEN_DIGITS * size[kind], kind
