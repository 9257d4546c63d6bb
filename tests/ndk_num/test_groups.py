"""Networks whose layers, readout and biases have variances and activations of their own."""

from dataclasses import replace
from itertools import pairwise as neighbours

import numpy as np
import pytest
import sympy as sp
from mpmath import mp
from scipy.special import erf

import ndk_num.kernels
from ndk_num import (
    Bias,
    InputError,
    Layer,
    Network,
    Readout,
    Trajectory,
    diffusive_limit,
    drift,
    equilibria,
    kernel,
    proximal,
    readout_hidden,
    solve,
)  # fmt: skip
from ndk_num.kernels import KINDS, recursion
from ndk_num.layer_maps import runtime
from ndk_num.pairs import gram
from ndk_num.statistics import LayerStatistics, Statistics
from ndk_sym import activation
from ndk_sym.notation import a, b, c
from tests.ndk_num.cases import CASES, unit
from tests.tolerances import FIRST_ORDER, FOURTEEN_DIGITS, ORACLE

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
                        "ndk_readout": response - ts * hidden, "ndk_hidden": ts * hidden,
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


def test_rounding_of_averages_would_be_seen(monkeypatch):
    """Planted: the root behind a smooth activation from rounded averages; biases that are left out of the root."""
    monkeypatch.setattr(
        ndk_num.kernels, "root_behind", lambda maps, given, root, averages: runtime().root_det(*averages)
    )
    with pytest.raises(AssertionError, match="assert"):
        test_kernels_to_fourteen_digits("relu after erf", "near duplicates at one time")
    monkeypatch.setattr(LayerStatistics, "_of_biases", lambda self, pairs, v: np.zeros_like(pairs.xy))
    with pytest.raises(AssertionError, match="assert"):
        test_kernels_to_fourteen_digits("biases", "two inputs")


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_equal_layers_are_the_short_form(activation):
    short = Network(depth=3, activation=activation, temperature=0.1, sigma2=1.3, sigma02=0.6)
    layers = [Layer(activation), activation, Layer(activation, sigma2=1.3, sigma02=0.6)]
    long = Network(layers=layers, temperature=0.1, sigma2=1.3, sigma02=0.6, readout=Readout(sigma2=1.3))
    case = unit()
    for kind in KINDS:
        assert np.array_equal(kernel(short, 3.0, 2.0, case.X, kind=kind), kernel(long, 3.0, 2.0, case.X, kind=kind))
    assert np.array_equal(solve(short, *case, horizon=5.0).test, solve(long, *case, horizon=5.0).test)
    for equilibrium in (equilibria.ntk, equilibria.nngp):
        one, other = (equilibrium(net, *case, covariance=True) for net in (short, long))
        assert np.array_equal(one.test, other.test) and np.array_equal(one.test_cov, other.test_cov)
    assert (short.kappa, short.forgetting, short.fastest_forgetting, short.depth) == (
        long.kappa, long.forgetting, long.fastest_forgetting, long.depth,
    )  # fmt: skip


def displaced(net, t, s, epsilon):
    """Statistics with every m_g(t,s) moved by ε e_g, and 1 − ρ_m² with it."""

    def moved(m):
        if m is None:
            return None
        ts = m.ts + epsilon * m.decay
        return replace(m, ts=ts, lost=1 - ts**2 / (m.tt * m.ss))

    return Statistics(tuple(LayerStatistics(moved(w), moved(v)) for w, v in Statistics.at(net, t, s).layers))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_ndk_is_the_derivative_along_the_decays(name):
    """K^d = Σ_g e_g ∂C/∂m_g   (general-hyperparameters), by central differences of the covariance."""
    net, pairs, h = NETWORKS[name], gram(unit().X), 1e-5
    off = ~np.eye(len(pairs.xy), dtype=bool)  # inputs with themselves have a root at equal times
    ahead, behind = (recursion(net, displaced(net, 7.0, 3.0, e), pairs).prior for e in (h, -h))
    found = recursion(net, Statistics.at(net, 7.0, 3.0), pairs).ndk
    assert np.abs((ahead - behind) / (2 * h) - found)[off].max() <= 1e-8


@pytest.mark.parametrize("name", NETWORKS)
def test_long_time_identity(name):
    """∂_s C = T K^d in equilibrium, whatever the variances of the groups   (19)."""
    net, pairs, lag, h = NETWORKS[name], gram(unit().X), 3.0, 1e-4
    later, earlier = (recursion(net, Statistics.stationary(net, lag + d), pairs).prior for d in (-h, h))
    found = recursion(net, Statistics.stationary(net, lag), pairs).ndk
    assert np.abs((later - earlier) / (2 * h) - net.temperature * found).max() <= 1e-8
    late = recursion(net, Statistics.at(net, 400.0, 400.0 - lag), pairs).ndk
    assert np.abs(late - found).max() <= 1e-12


def forward_and_gradients(net, weights, X):
    """Output and the gradient of one explicit finite network by every group, all inputs at once."""
    phi = {"relu": lambda z: np.maximum(z, 0.0), "erf": erf, "sin": np.sin}
    slope = {"relu": lambda z: (z > 0) * 1.0, "erf": lambda z: 2 / np.sqrt(np.pi) * np.exp(-(z**2)), "sin": np.cos}
    below, fields = [X], []
    for (W, v), act in zip(weights[:-1], net.activations, strict=True):
        fields.append(below[-1] @ W.T / np.sqrt(W.shape[1]) + v)
        below.append(phi[act](fields[-1]))
    (a, v), width = weights[-1], below[-1].shape[1]
    output, back = below[-1] @ a / np.sqrt(width) + v, np.broadcast_to(a / np.sqrt(width), below[-1].shape)
    ntk = below[-1] @ below[-1].T / width + bool(net.groups[-1].bias)
    for l in range(net.depth - 1, -1, -1):
        back = back * slope[net.activations[l]](fields[l])
        ntk += (back @ back.T) * (below[l] @ below[l].T / below[l].shape[1] + bool(net.groups[l].bias))
        back = back @ weights[l][0] / np.sqrt(weights[l][0].shape[1])
    return output, ntk


def test_explicit_wide_networks_at_initialisation():
    """Prior covariance and NTK of sampled networks with biases and mixed activations, width 400, within 4 errors."""
    bias = Bias(sigma2=1.0, sigma02=0.5)
    net = Network(
        layers=[Layer("erf", sigma02=1.5, bias=bias), Layer("relu", sigma02=0.8), Layer("sin", bias=bias)],
        readout=Readout(sigma02=0.6, bias=bias),
        temperature=0.1,
    )
    rng, X, width = np.random.default_rng(0), unit(inputs=3).X, 400
    outputs, ntks = [], []
    for _ in range(400):
        sizes = [X.shape[1], *(width,) * net.depth, None]
        weights = [
            (
                rng.normal(0, np.sqrt(g.sigma02), (n, m) if n else m),
                np.sqrt(g.bias.sigma02 if g.bias else 0.0) * rng.normal(size=n),
            )
            for g, (m, n) in zip(net.groups, neighbours(sizes), strict=True)
        ]
        output, ntk = forward_and_gradients(net, weights, X)
        outputs.append(np.outer(output, output))
        ntks.append(ntk)
    for samples, kind in ((outputs, "prior"), (ntks, "ndk")):
        mean, error = np.mean(samples, axis=0), np.std(samples, axis=0) / np.sqrt(len(samples))
        assert (np.abs(mean - kernel(net, 0, 0, X, kind=kind)) <= 4 * error + 5e-3 * np.abs(mean)).all(), kind


@pytest.mark.parametrize("name", ["biases", "relu after erf", "erf after relu"])
def test_solutions_end_at_the_posterior(name):
    net, case = NETWORKS[name], CASES["several_outputs"]
    horizon = 30 / net.kappa
    sol = solve(net, *case, horizon=horizon, rtol=1e-6)
    assert sol.stats["error_estimate"] <= 1e-6
    exact = equilibria.nngp(net, *case, covariance=True)
    assert np.abs(sol.at([horizon]).test[0] - exact.test).max() <= ORACLE * 1e-6 * np.abs(case.y).max()
    covariance = replace(sol, covariance="test", stats={**sol.stats, "rtol": 1e-4}).at([horizon]).test_cov[0]
    assert (
        np.abs(covariance - exact.test_cov).max()
        <= 1e-4 * np.abs(kernel(net, horizon, horizon, case.X_test, kind="prior")).max()
    )
    # the same network from small and large times, and weights of different times
    times = [0.3, 3.0, 30.0]
    both = readout_hidden(sol, times, times)
    for i, t in enumerate(times):
        assert np.abs(both.test[i, i] - sol.at([t]).test[0]).max() <= 1e-6 * np.abs(case.y).max()


@pytest.mark.parametrize("name", ["biases", "relu between others"])
def test_two_methods_agree(name):
    net, case = NETWORKS[name], unit()
    accurate, plain = (solve(net, *case, horizon=5.0, rtol=1e-3, method=m) for m in ("collocation", "trapezoid"))
    assert np.abs(plain.test - accurate.at(plain.times).test).max() <= 2e-3


def test_drift_with_biases():
    """From equilibrium, and its closed form; the readout's bias is frozen with the readout."""
    net, case = NETWORKS["biases"], unit()
    horizon, lags = 30 / net.kappa, np.array([0.0, 2.0, 20.0, 4000.0])
    sol = solve(net, *case, horizon=horizon, rtol=1e-6)
    for drifting in ("hidden", "readout", "all"):
        exact = equilibria.drift(net, *case, lags, drifting=drifting, covariance=True)
        found = drift(
            replace(sol, stats={**sol.stats, "rtol": 1e-4}), horizon, horizon + lags, drifting=drifting, covariance=True
        )
        assert np.abs(found.test - exact.test).max() <= 2e-6, drifting
        assert np.abs(found.test_cov - exact.test_cov).max() <= 3e-4, drifting
        if drifting != "readout":
            end = equilibria.drift(net, *case, [np.inf], drifting=drifting)
            assert np.abs(found.test[-1] - end.test[0]).max() <= 2e-6


@pytest.mark.parametrize("learning", ["readout", "hidden"])
def test_one_group_of_weights_learning(learning):
    net, case = NETWORKS["biases"], unit()
    horizon = 40 / net.kappa
    found = solve(net, *case, horizon=horizon, rtol=1e-6, learning=learning).at([horizon]).test[0]
    assert np.abs(found - equilibria.nngp(net, *case, learning=learning).test).max() <= 2e-6


def test_gradient_flow_and_diffusive_limit():
    net, case = NETWORKS["erf after relu"], unit()
    flow = solve(replace(net, temperature=0.0), *case, rtol=1e-8)
    assert np.abs(flow.at([flow.horizon]).test[0] - equilibria.ntk(net, *case).test).max() <= 1e-8
    limit = diffusive_limit(net, *case, horizon=3.0, rtol=1e-6)
    gaps = []
    for temperature in (1e-6, 1e-7):
        sol = solve(replace(net, temperature=temperature), *case, horizon=3.0 / temperature, rtol=1e-9)
        gaps.append(np.abs(sol.at([1.0 / temperature]).test[0] - limit.at([1.0]).test[0]).max())
    assert gaps[1] <= 0.3 * gaps[0] + 1e-6


def test_trajectories_keep_their_network(tmp_path):
    sol = solve(NETWORKS["biases"], *unit(), horizon=1.0, rtol=1e-3)
    sol.save(tmp_path / "run.nc")
    loaded = Trajectory.load(tmp_path / "run.nc")
    assert loaded.network == sol.network and hash(loaded.network) == hash(sol.network)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"layers": []}, "one by one"),
        ({"layers": "relu"}, "one by one"),
        ({"layers": 3}, "one by one"),
        ({"layers": [None]}, "a Layer, or the text"),
        ({"layers": ["relo"]}, "relo"),
        ({"layers": ["relu"], "depth": 2}, "leave depth out"),
        ({"layers": ["relu"], "activation": "relu"}, "or layers"),
        ({"depth": 2}, "activation"),
        ({"activation": "relu"}, "depth is 0"),
        ({"layers": ["relu"], "readout": 1.0}, "readout is 1.0"),
        ({"layers": ["relu"], "temperature": -1.0}, "temperature"),
    ],
)
def test_networks_that_make_no_sense(arguments, words):
    with pytest.raises(InputError, match=words):
        Network(**{"temperature": 0.1, **arguments})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Layer("relu", sigma2=0.0), "sigma2 is 0.0"),
        (lambda: Layer("relu", sigma02=-1.0), "sigma02 is -1.0"),
        (lambda: Layer("relu", sigma02=float("nan")), "sigma02 is nan"),
        (lambda: Layer("relu", bias=0.1), "bias is 0.1"),
        (lambda: Layer("nothing"), "nothing"),
        (lambda: Readout(sigma2="1"), "sigma2 is '1'"),
        (lambda: Bias(sigma2=1.0, sigma02=-0.1), "none at initialisation"),
        (lambda: Bias(sigma2=0.0, sigma02=0.1), "sigma2 of a bias is 0.0"),
    ],
)
def test_groups_that_make_no_sense(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_variance_ratios():
    net = NETWORKS["biases"]
    moved = net.at_ratio(0.25)
    assert moved.ratio == 0.25 and np.isnan(net.ratio)
    assert all(one.sigma02 == one.sigma2 / 4 for group in moved.groups for one in (group, group.bias) if one)
    assert [group.sigma2 for group in moved.groups] == [group.sigma2 for group in net.groups]
    short = Network(depth=2, activation="relu", temperature=0.1, sigma2=2.0)
    assert short.at_ratio(0.5) == replace(short, sigma02=1.0) and short.at_ratio(0.5).ratio == 0.5


def test_variance_ratios_that_differ_by_rounding():
    """0.3/3 is not 0.1 in float64; NaN was returned."""
    net = Network(layers=[Layer("relu", sigma2=3.0, sigma02=0.3)], sigma2=1.0, sigma02=0.1, temperature=0.1)
    assert net.ratio == 0.1
    biased = Bias(sigma2=7.0, sigma02=1.0)
    mixed = Network(layers=[Layer("relu", sigma2=3.0, bias=biased), "relu"], sigma2=0.7, temperature=0.1)
    for ratio in (*np.linspace(0.01, 2.0, 200), 1e-30, 1e30, 1 / 3):
        assert mixed.at_ratio(float(ratio)).ratio == pytest.approx(ratio, rel=2**-51, abs=0)
        short = Network(depth=2, activation="relu", temperature=0.1, sigma2=3.0).at_ratio(float(ratio))
        assert short.ratio == pytest.approx(ratio, rel=2**-52, abs=0)
    other = Network(layers=[Layer("relu", sigma02=1 + 1e-14)], temperature=0.1)  # not by rounding
    assert np.isnan(other.ratio)
    zero = Network(layers=[Layer("relu", bias=Bias(sigma2=1.0, sigma02=0.0))], temperature=0.1)
    assert np.isnan(zero.ratio)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"depth": np.array([1, 2])}, "integer of at least 1"),
        ({"depth": True}, "integer of at least 1"),
        ({"depth": 1.0}, "integer of at least 1"),
        ({"depth": False}, "integer of at least 1"),
        ({"depth": 3}, "leave depth out"),
        ({"activation": np.array(["relu", "erf"])}, "which have their own"),
        ({"activation": None}, "which have their own"),
    ],
)
def test_depth_and_activation_beside_layers(options, words):
    """Arrays were tracebacks; True and 1.0 passed for one layer."""
    with pytest.raises(InputError, match=words):
        Network(**({"layers": ["relu"], "temperature": 0.1} | options))
    assert Network(layers=["relu"], depth=np.int64(1), temperature=0.1).depth == 1


@pytest.mark.parametrize("name", ["biases", "relu between others"])
def test_markov_proximal_learning(name):
    """First-order convergence to continuous time, and the equilibrium at finite λ."""
    net, case = NETWORKS[name], unit()
    exact = solve(net, *case, horizon=3.0, rtol=1e-7)
    gaps = []
    for lam in (64.0, 128.0):  # biases give the NTK an eigenvalue of order P
        chain = proximal.solve(net, *case, lam=lam, horizon=3.0)
        gaps.append(np.abs(chain.test - exact.at(chain.times).test).max())
    assert abs(np.log2(gaps[0] / gaps[1]) - 1) <= FIRST_ORDER
    end = proximal.solve(net, *case, lam=np.full(400, 0.5))  # 800 units of time, 50/κ
    assert np.abs(end.test[-1] - equilibria.proximal(net, *case, lam=0.5).test).max() <= 1e-10
