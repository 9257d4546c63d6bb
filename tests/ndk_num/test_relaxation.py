"""Relaxation to equilibrium against exact solutions: linear networks, stationary kernels, the limit T → 0, formulas."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, minimize_scalar
from scipy.special import roots_jacobi

from ndk_num import (
    InputError,
    Network,
    Prediction,
    diffusive_limit,
    equilibria,
    kernel,
    observables,
    plots,
    solve,
    trajectory,
)
from ndk_num.datasets import load
from ndk_num.observables import optimal_stopping_time, phases, relaxation
from ndk_num.sampling import first_below, last_above
from tests.ndk_num.fakes import fake
from tests.tolerances import CROSSING, EXACT_PATH, LATE_RATE, MINIMUM_PLACE, PATH_AT_ZERO_TEMPERATURE

DATA = load("synthetic:4")


def linear(depth, ratio, temperature=1e-2):
    """One training input of K⁰ = 1, and a test input of overlap 1/2: f' = (L+1) [m(t,t)^L (1 − f) − κ f].

    The NDK (L+1) m(t,s)^L e^{−κ(t−s)} = (L+1) e^{−(L+1)κ(t−s)} m(s,s)^L of (SI 61) is separable: (16) is this ODE.
    """
    net = Network(depth=depth, activation="linear", temperature=temperature, sigma2=1.0, sigma02=ratio)
    X = np.array([[1.0, 1.0]])
    sol = solve(net, X, [1.0], [[1.0, 0.0]], rtol=1e-8)

    def slope(t, f):
        variance = 1 + (ratio - 1) * np.exp(-2 * temperature * t)
        return (depth + 1) * (variance**depth * (1 - f) - temperature * f)

    exact = solve_ivp(slope, (0, sol.horizon), [0.0], method="LSODA", rtol=1e-12, atol=1e-13, dense_output=True).sol
    return sol, lambda t: exact(t)[0]


def root(function, first, last):
    """Root between the first two times of a fine grid at which the sign changes."""
    times = np.geomspace(first, last, 20_000)
    index = np.flatnonzero(np.diff(np.sign(function(times))))[0]
    return brentq(function, times[index], times[index + 1], xtol=1e-14, rtol=1e-14)


@pytest.mark.parametrize(("depth", "ratio"), [(1, 4.0), (2, 2.0), (1, 0.5)])
def test_linear_networks_against_their_ordinary_differential_equation(depth, ratio):
    sol, f = linear(depth, ratio)
    scales, found = phases(sol), relaxation(sol)
    last = 1 / (1 + 1e-2)  # f_NNGP on the training input; the smallest residual is at the horizon or where f is largest
    gap = 1 - last  # to f_NTK = 1
    best = minimize_scalar(lambda t: -f(t), bounds=(0, 10), method="bounded", options={"xatol": 1e-12})
    peak, top = (best.x, -best.fun) if ratio > 1 else (sol.horizon, f(sol.horizon))
    for share, time in ((1 / math.e, scales.gradient), (0.01, scales.crossover)):
        level = 1 - top + share * top
        assert time == pytest.approx(root(lambda t, level=level: 1 - f(t) - level, 1e-3, peak), rel=EXACT_PATH)
    assert found.gap == pytest.approx(0.5 * gap)
    settled = root(lambda t: np.abs(f(t) - last) - gap / math.e, peak if ratio > 1 else scales.crossover, sol.horizon)
    assert found.settled == pytest.approx(settled, rel=EXACT_PATH)
    if ratio > 1:
        assert found.overshoot.amount == pytest.approx(0.5 * (top - last), rel=EXACT_PATH)
        assert found.overshoot.time == pytest.approx(peak, rel=1e-3)  # a maximum, known to the root of its error
        assert found.overshoot.ntk == pytest.approx(0.5 * gap) and found.overshoot.amount < found.overshoot.ntk
    else:
        assert found.overshoot is None


@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_late_decay_of_the_weights_variance(ratio):
    """f follows m(t,t), which decays as e^{−2κt}: the time constant is σ²/2T, whatever the depth and the activation."""
    for depth, activation in ((1, "linear"), (2, "erf")):
        net = Network(depth=depth, activation=activation, temperature=1e-2, sigma02=ratio)
        found = relaxation(solve(net, DATA.X, DATA.y, DATA.X_test, rtol=1e-9))
        assert found.late == pytest.approx(50.0, rel=LATE_RATE)


@pytest.mark.parametrize("depth", [1, 2])
def test_late_decay_at_stationary_kernels(depth):
    """σ0 = σ: K^d is a function k of t − s, and v decays as e^{−pt} with the smallest p where 1 + ∫ k e^{pτ} dτ = 0.

    By symmetry the synthetic task has the scalar kernel k = K_diag − K_off (SI 86). For erf, k = u^{(L+1)/2} g(u) with
    u = e^{−2κτ} and g analytic, and the root lies between the first two exponents, (L+1)κ and (L+3)κ. With
    p = 2κ q + (L−1)κ the integral is ∫ g(u) u^{−q} du/2κ, continued beyond q = 1.
    """
    net, double = Network(depth=depth, activation="erf", temperature=1e-2), 0.02

    def g(u):
        first, second = kernel(net, -math.log(u) / double, 0.0, DATA.X[:2])[0]
        return (first - second) * u ** (-0.5 * (depth + 1))

    start = g(1e-8)

    def condition(q):
        x, weights = roots_jacobi(16, 0.0, 1 - q)
        rest = sum(w * (g(u) - start) / u for w, u in zip(weights, 0.5 * (1 + x), strict=True)) * 0.5 ** (2 - q)
        return 1 + (start / (1 - q) + rest) / double

    rate = double * (brentq(condition, 1.001, 1.999) + 0.5 * (depth - 1))
    found = relaxation(solve(net, DATA.X, DATA.y, DATA.X_test, rtol=1e-9))
    assert 1 / found.late == pytest.approx(rate, rel=LATE_RATE)


@pytest.mark.parametrize(("activation", "ratio"), [("relu", 0.25), ("erf", 4.0), ("relu", 1.0)])
def test_low_temperature_agrees_with_the_diffusive_limit(activation, ratio):
    """T · (times of the diffusive phase) and overshoots are those of the equation for T → 0 at fixed τ = T t."""
    net = Network(depth=1, activation=activation, temperature=1e-5, sigma02=ratio)
    found = relaxation(solve(net, DATA.X, DATA.y, DATA.X_test, rtol=1e-7))
    limit = diffusive_limit(net, DATA.X, DATA.y, DATA.X_test, rtol=1e-7)
    ntk, nngp = (of(replace(net, temperature=0.0), *case(DATA)).test[0] for of in (equilibria.ntk, equilibria.nngp))

    def left(tau):
        return (nngp - limit.at(np.atleast_1d(tau)).test[:, 0]) / (nngp - ntk)

    reached = root(lambda tau: np.squeeze(left(tau)) - 1 / math.e, 1e-6, 10.0)
    assert found.reached * 1e-5 == pytest.approx(reached, rel=PATH_AT_ZERO_TEMPERATURE)
    tau = np.geomspace(1e-3, 10.0, 20_000)
    excess = limit.at(tau).test[:, 0] - nngp
    if ratio < 1:  # overshoots beyond both equilibria, in the diffusive phase
        assert found.overshoot.amount == pytest.approx(excess.max(), rel=PATH_AT_ZERO_TEMPERATURE)
        assert found.overshoot.time * 1e-5 == pytest.approx(tau[excess.argmax()], rel=0.02)
        assert found.overshoot.ntk == pytest.approx(ntk - nngp, rel=PATH_AT_ZERO_TEMPERATURE) and ntk < nngp
    else:
        assert found.overshoot is None
        assert excess.max() < 1e-5


def case(data):
    return data.X, data.y, data.X_test


def between(path, *, temperature=1e-3, error=1e-9, tests=1):
    """A trajectory that goes from the NTK to the NNGP equilibrium as `path`, from 0 to 1, tells; after e^{−t}."""
    base = fake(lambda t: np.zeros(tests), temperature=temperature, horizon=10 / temperature, error=error)
    base = replace(base, X_test=base.X[:1] + base.X[1:] * 0.2 + base.X_test)
    ntk, nngp = (of(base.network, base.X, base.y, base.X_test).test for of in (equilibria.ntk, equilibria.nngp))

    def test(t):
        return -np.expm1(-t) * (ntk + path(t) * (nngp - ntk))

    return replace(base, test_path=test, y=base.y), ntk, nngp


def test_exponential_relaxation():
    """All definitions agree on ntk + (1 − e^{−t/700}) (nngp − ntk)."""
    sol, ntk, nngp = between(lambda t: -math.expm1(-t / 700))
    found = relaxation(sol)
    assert found.gap == pytest.approx(abs(nngp - ntk).mean())
    assert found.reached == pytest.approx(700.0, rel=1e-9) and found.settled == pytest.approx(700.0, rel=1e-9)
    assert found.late == pytest.approx(700.0, rel=1e-4)  # between times of the grid by interpolation
    start = phases(sol).crossover
    assert found.start == start
    # 1 % of the distance at the crossover, which the gradient-driven phase's last 1 % enlarge or reduce
    distance = abs(sol.test_path(start) - nngp)[0] / found.gap
    assert found.equilibrium == pytest.approx(700.0 * math.log(100 / distance), rel=1e-9)
    assert found.overshoot is None


def test_swing_beyond_the_equilibrium_reaches_early_and_settles_late():
    def path(t):
        return 1 - math.exp(-t / 700) * (1 - 3 * t / 700)

    found = relaxation(between(path)[0])

    def left(x):
        return math.exp(-x) * (1 - 3 * x)

    assert found.reached == pytest.approx(700 * brentq(lambda x: left(x) - 1 / math.e, 0.0, 0.3), rel=1e-8)
    assert found.settled == pytest.approx(700 * brentq(lambda x: -left(x) - 1 / math.e, 4 / 3, 10.0), rel=1e-8)
    assert found.overshoot.time == pytest.approx(700 * 4 / 3, rel=MINIMUM_PLACE)
    assert found.overshoot.amount == pytest.approx(found.gap * 3 * math.exp(-4 / 3), rel=1e-8)
    assert found.overshoot.ntk == pytest.approx(-found.gap)


def test_an_excursion_within_the_error_is_no_overshoot():
    def path(t):
        return 1 - math.exp(-t / 700) + 1e-2 * math.exp(-((t / 700 - 9) ** 2))

    assert relaxation(between(path, error=1e-9)[0]).overshoot is not None
    assert relaxation(between(path, error=1e-3)[0]).overshoot is None


def test_the_worst_of_several_tests_and_outputs_is_named():
    net = Network(depth=1, activation="erf", temperature=1e-2, sigma02=0.25)
    y = np.stack([DATA.y, -2 * DATA.y], axis=1)
    X_test = np.concatenate([DATA.X_test[:, ::-1], DATA.X_test])
    sol = solve(net, DATA.X, y, X_test, rtol=1e-6)
    one = relaxation(solve(net, DATA.X, DATA.y, DATA.X_test, rtol=1e-7)).overshoot
    found = relaxation(sol).overshoot
    assert (found.test, found.output) == (1, 1)
    assert found.amount == pytest.approx(2 * one.amount, rel=1e-3) and found.ntk == pytest.approx(2 * one.ntk)


def test_run_that_ends_early_has_not_relaxed():
    net = Network(depth=1, activation="erf", temperature=1e-3, sigma02=2.0)
    sol = solve(net, DATA.X, DATA.y, DATA.X_test, horizon=300.0, rtol=1e-6)
    found = relaxation(sol)
    assert found.reached is found.settled is found.equilibrium is None
    stop = optimal_stopping_time(sol, DATA.y_test)
    assert (stop.where, stop.phase) == ("horizon", "diffusive")


def test_gradient_flow_has_no_relaxation():
    net = Network(depth=1, activation="erf", temperature=0.0)
    sol = solve(net, DATA.X, DATA.y, DATA.X_test, rtol=1e-6)
    found = relaxation(sol)
    assert (found.reached, found.settled, found.late, found.equilibrium, found.overshoot) == (None,) * 5
    assert found.start == sol.horizon
    eigenvalue = np.subtract(*kernel(net, 0, 0, DATA.X[:2])[0])
    scales = phases(sol)
    assert scales.gradient == pytest.approx(1 / eigenvalue, rel=1e-5)
    assert scales.crossover == pytest.approx(math.log(100) / eigenvalue, rel=1e-5)
    assert optimal_stopping_time(sol, DATA.y_test).phase == "gradient"


@pytest.mark.parametrize(
    ("depth", "activation", "ratio", "phase"),
    [(1, "relu", 0.25, "diffusive"), (1, "relu", 1.0, "equilibrium"), (3, "erf", 4.0, "equilibrium")],
)
def test_classes_of_early_stopping(depth, activation, ratio, phase):
    """Sec. 4.4: on the synthetic task early stopping in the diffusive phase occurs for small σ0²/σ², not for σ0 ≥ σ."""
    net = Network(depth=depth, activation=activation, temperature=1e-3, sigma02=ratio)
    sol = solve(net, DATA.X, DATA.y, DATA.X_test, rtol=1e-6)
    found, nngp = optimal_stopping_time(sol, DATA.y_test), equilibria.nngp(net, *case(DATA)).test[0]
    assert found.phase == phase
    ntk = equilibria.ntk(net, *case(DATA)).test[0]
    if phase == "diffusive":  # better than both equilibria, in the words of the paper
        assert found.error < min((ntk - 1) ** 2, (nngp - 1) ** 2)
    else:
        assert found.error == pytest.approx((nngp - 1) ** 2, rel=1e-5)


def test_early_stopping_is_earlier_in_shallower_networks():
    """Sec. 4.4 on the synthetic task: for small σ0²/σ²; for σ0 > σ it does not occur."""
    for activation in ("relu", "erf"):
        times = []
        for depth in (1, 3):
            for ratio, early in ((0.05, True), (1.6, False)):
                net = Network(depth=depth, activation=activation, temperature=1e-3, sigma02=ratio)
                sol = solve(net, *case(load("synthetic:2")), rtol=1e-5)
                found = optimal_stopping_time(sol, [1.0])
                assert (found.phase != "equilibrium") == early
                times += [found.time] if early else []
        assert times == sorted(times) and times[-1] > 1.5 * times[0]


def test_stopping_in_the_gradient_phase():
    """Labels of a noisy kind: a test label between 0 and the NTK value is passed on the way."""
    net = Network(depth=1, activation="relu", temperature=1e-3)
    sol = solve(net, DATA.X, DATA.y, DATA.X_test, rtol=1e-6)
    found = optimal_stopping_time(sol, [0.1])
    assert (found.where, found.phase) == ("interior", "gradient") and found.time < phases(sol).crossover


def test_time_scales_with_temperature_and_variance():
    """Sec. 4.3: lower T slows the diffusive phase alone; larger σ² = σ0² quickens gradients and slows diffusion."""

    def scales(temperature, variance):
        net = Network(depth=1, activation="erf", temperature=temperature, sigma2=variance, sigma02=variance)
        sol = solve(net, DATA.X, DATA.y, DATA.X_test, rtol=1e-6)
        return phases(sol).gradient, relaxation(sol).late

    (gradient, late), cold, large = scales(1e-3, 1.0), scales(1e-4, 1.0), scales(1e-3, 2.0)
    assert cold[0] == pytest.approx(gradient, rel=1e-2) and cold[1] == pytest.approx(10 * late, rel=2e-2)
    assert large[0] < gradient and large[1] > late


def test_nothing_to_learn_is_at_equilibrium_from_the_start():
    sol = solve(Network(depth=1, activation="erf", temperature=0.1), DATA.X, 0 * DATA.y, DATA.X_test, rtol=1e-3)
    found = relaxation(sol)
    assert (found.gap, found.equilibrium) == (0.0, 0.0)
    assert (found.reached, found.settled, found.late, found.overshoot) == (None,) * 4


def test_no_test_inputs():
    sol = solve(Network(depth=1, activation="linear", temperature=0.1), DATA.X, DATA.y, rtol=1e-3)
    with pytest.raises(InputError, match="no test inputs"):
        relaxation(sol)


def test_covariances_are_not_computed_on_the_way(monkeypatch):
    """Of a trajectory solved with covariances they were, at a thousand times."""
    net = Network(depth=1, activation="erf", temperature=0.1)
    sol = solve(net, *case(DATA), rtol=1e-3, covariance=True)
    monkeypatch.setattr(trajectory, "equal_times", lambda *given: pytest.fail("covariances"))
    found = relaxation(sol)
    assert found == relaxation(replace(sol, covariance=False))
    assert phases(sol).crossover and optimal_stopping_time(sol, DATA.y_test, relaxed=found).error
    plots.trajectory(sol, y_test=DATA.y_test)


def test_crossings():
    times = np.linspace(0.0, 4.0, 9)
    assert first_below(lambda t: 2 - t, times, 0.3) == pytest.approx(1.7, rel=CROSSING)
    assert last_above(lambda t: 2 - t, times, 0.3) == pytest.approx(1.7, rel=CROSSING)
    assert first_below(lambda t: t + 1, times, 0.5) is None and last_above(lambda t: t, times, 9.0) is None
    assert first_below(lambda t: t, times, 0.5) == 0.0 and last_above(lambda t: t, times, 0.5) == 4.0


@pytest.mark.parametrize(
    ("defect", "check"),
    [
        ({"nngp": "ntk"}, test_late_decay_of_the_weights_variance),
        ({"ntk": "nngp"}, test_exponential_relaxation),
        ({"scale": 0.999}, test_exponential_relaxation),
        ({"scale": 0.97}, test_late_decay_at_stationary_kernels),
    ],
)
def test_planted_defects_are_caught(monkeypatch, defect, check):
    """One equilibrium in place of the other, or one that is off by some per cent."""
    honest = observables.measured

    def broken(sol, scales, ntk, nngp):
        given = {"ntk": ntk, "nngp": nngp * defect.get("scale", 1.0)}
        return honest(sol, scales, given[defect.get("ntk", "ntk")], given[defect.get("nngp", "nngp")])

    monkeypatch.setattr(observables, "measured", broken)
    with pytest.raises((AssertionError, TypeError)):
        check(1) if "stationary" in check.__name__ else check(0.5) if "variance" in check.__name__ else check()


def test_equilibria_may_be_given():
    sol, ntk, nngp = between(lambda t: -math.expm1(-t / 700))
    given = relaxation(sol, ntk=Prediction(sol.y, ntk), nngp=Prediction(sol.y, nngp), scales=phases(sol))
    assert given == relaxation(sol)
