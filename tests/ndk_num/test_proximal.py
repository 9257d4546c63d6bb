"""Markov proximal learning: every digit, schedules, where it ends, and the chain itself at finite width."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from ndk_num import (
    InputError,
    Network,
    Trajectory,
    drift,
    equilibria,
    kernel,
    proximal,
    readout_hidden,
    response,
    solve,
)
from ndk_num import strips as pieces
from ndk_num.chain import Chain, Schedule
from ndk_num.groups import Bias, Layer, Readout
from ndk_num.pairs import gram, stacked
from tests.ndk_num import discrete_theory
from tests.ndk_num.cases import Case, spread, unit
from tests.ndk_num.proximal_chain import Ensemble
from tests.tolerances import (
    CHAIN_BIAS,
    CHAIN_ERRORS,
    FIRST_ORDER,
    GROUPED_DIGITS,
    PROXIMAL_DIGITS,
    PROXIMAL_EQUILIBRIUM,
    TRACKED,
)

NET = Network(depth=1, activation="erf", temperature=0.1, sigma2=1.3, sigma02=0.5)
STEPS = 3
STRENGTHS = {
    "forgetful": (0.01, 0.1),
    "small": (1.0, 0.1),
    "near the switch": (41.0, 0.1),
    "middle": (200.0, 0.1),
    "large": (1e4, 0.1),
    "huge": (1e8, 0.1),
    "cold": (100.0, 1e-12),
    "mixed": ([0.1, 1e4, 10.0], [1.0, 1e-7, 0.3]),
}


class Hard(NamedTuple):
    """Inputs nearly parallel, opposite, and one that is a test input as well."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray


def hard() -> Hard:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4, 5))
    X[1] = X[0] + 1e-5 * rng.normal(size=5)
    X[3] = -1.5 * X[2]
    return Hard(X, np.array([1.0, -0.5, 2.0, 0.3]), np.array([X[0], rng.normal(size=5)]))


def each(value) -> np.ndarray:
    """One value per step."""
    return np.broadcast_to(np.asarray(value, dtype=float), (STEPS,)).copy()


def responses(net, case, lam, temperature):
    """K^{d,L}_{t,s}/λ_s of ndk_num by (t, s)."""
    pairs = stacked(gram(case.X), gram(case.X_test, case.X))
    recursion = proximal._Recursion.of(net, pairs, Schedule(lam, temperature))
    return {
        (t, s): recursion._entries(weights, slice(s - 1, s))[0]
        for t, weights in enumerate(recursion._weights(), 1)
        for s in range(1, t + 1)
    }


def digits_lost(net, case, strength) -> float:
    """Largest error of the response, relative to its largest entry, against 90 digits."""
    lam, temperature = map(each, strength)
    *_, exact = discrete_theory.solve(net, case, lam, temperature)
    worst = 0.0
    for at, found in responses(net, case, lam, temperature).items():
        expected = np.array(exact[at].tolist(), dtype=float)
        worst = max(worst, np.abs(found - expected).max() / np.abs(expected).max())
    return worst


# -- every digit ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize(("activation", "depth"), [("linear", 2), ("relu", 1), ("relu", 3), ("erf", 1), ("erf", 2)])
def test_the_response_keeps_its_digits(activation, depth, strength):
    """m¹K¹ and m⁰K⁰ share up to 14 digits; their difference has the accuracy of either."""
    net = replace(NET, activation=activation, depth=depth)
    assert digits_lost(net, hard(), STRENGTHS[strength]) <= PROXIMAL_DIGITS


GROUPS = {
    "variances": Network(
        layers=[Layer("relu", sigma2=0.7), Layer("relu", sigma02=2.0)], temperature=0.1, readout=Readout(sigma2=2.0)
    ),
    "biases": Network(
        layers=[Layer("relu", bias=Bias(sigma2=0.5, sigma02=0.0)), Layer("erf", bias=Bias(sigma2=0.2, sigma02=1.0))],
        temperature=0.1,
        readout=Readout(bias=Bias(sigma2=0.3, sigma02=0.1)),
    ),
    "large biases": Network(
        layers=[Layer("relu", bias=Bias(sigma2=300.0, sigma02=1000.0))] * 2,
        temperature=0.1,
        readout=Readout(bias=Bias(sigma2=300.0, sigma02=1000.0)),
    ),
    "erf then relu": Network(layers=["erf", "relu"], temperature=0.1, sigma02=0.5),
}


@pytest.mark.parametrize("strength", ["small", "near the switch", "large", "cold", "mixed"])
@pytest.mark.parametrize("name", GROUPS)
def test_groups_of_weights_and_biases(name, strength):
    assert digits_lost(GROUPS[name], hard(), STRENGTHS[strength]) <= GROUPED_DIGITS


def test_groups_end_at_their_equilibrium():
    net, case = GROUPS["biases"], unit()
    found, end = proximal.solve(net, *case, lam=0.5, horizon=500.0), equilibria.proximal(net, *case, lam=0.5)
    assert np.abs(found.test[-1] - end.test).max() <= PROXIMAL_EQUILIBRIUM


def test_biases_that_are_zero_at_first_at_temperature_zero():
    net, case, lam = replace(GROUPS["biases"], temperature=0.0), unit(), np.array([1.0, 5.0])
    train, v = kernel(net, 0, 0, case.X), case.y
    for strength in lam:
        v = np.linalg.solve(np.eye(4) + train / strength, v)
    assert proximal.solve(net, *case, lam=lam).residual[-1] == pytest.approx(v, abs=1e-13)


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_predictors_against_90_digits(activation):
    net, case, strength = replace(NET, activation=activation, depth=2), hard(), STRENGTHS["mixed"]
    lam, temperature = map(each, strength)
    sol = proximal.solve(net, *case, lam=lam, temperature=temperature)
    residuals, tests, _ = discrete_theory.solve(net, case, lam, temperature)
    for t in range(1, STEPS + 1):
        assert np.abs(sol.residual[t] - np.array(residuals[t].tolist(), dtype=float)[:, 0]).max() <= 1e-11
        assert np.abs(sol.test[t] - np.array(tests[t - 1].tolist(), dtype=float)[:, 0]).max() <= 1e-11


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_a_difference_of_kernels_loses_them(activation, monkeypatch):
    """What was done before: at λ/T = 1e14 the response is wrong in its third digit."""
    monkeypatch.setattr(response, "_FAR", 0.0)
    assert digits_lost(replace(NET, activation=activation), hard(), STRENGTHS["cold"]) > 1e-4


def test_a_wrong_weight_of_booles_rule(monkeypatch):
    """For smooth maps Simpson's rule disagrees with it, and the difference is taken: fewer digits, no wrong ones."""
    weights = list(response._BOOLE)
    weights[2] *= 1.001
    monkeypatch.setattr(response, "_BOOLE", tuple(weights))
    assert 10 * PROXIMAL_DIGITS < digits_lost(NET, hard(), STRENGTHS["large"]) < 1e-10


def test_too_few_nodes_in_the_angle(monkeypatch):
    monkeypatch.setattr(response, "_NODES", 2)
    assert digits_lost(replace(NET, activation="relu"), hard(), STRENGTHS["near the switch"]) > 10 * PROXIMAL_DIGITS


@pytest.mark.parametrize("name", ["tanh", "gelu", "leaky_relu(0.1)", "rectified_monomial(2)", "sin", "sign"])
@pytest.mark.parametrize("lam", [2.0, 200.0])
def test_other_activations_agree_with_the_plain_difference(name, lam, monkeypatch):
    net, case = replace(NET, activation=name, depth=2), hard()
    careful = proximal.solve(net, *case, lam=lam, horizon=5 / lam)
    monkeypatch.setattr(response, "_FAR", 0.0)
    plain = proximal.solve(net, *case, lam=lam, horizon=5 / lam)
    assert np.abs(careful.test - plain.test).max() <= 1e-9


def test_prior_statistics_are_those_of_the_recurrence():
    """m, A and 1 − ρ² of a long mixed schedule against a plain recurrence in 50 digits."""
    mp = discrete_theory.mp
    rng = np.random.default_rng(2)
    steps = Schedule(10 ** rng.uniform(-1, 5, 60), 10 ** rng.uniform(-6, 0, 60))
    *_, last = Chain(steps, 1.3, 0.5).rows()
    variance, noise, memory = [mp.mpf(0.5)], [], []
    for lam, temperature in zip(steps.lam.tolist(), steps.temperature.tolist(), strict=True):
        kappa = mp.mpf(temperature) / mp.mpf(1.3)
        memory.append(mp.mpf(lam) / (lam + kappa))
        noise.append(2 * mp.mpf(temperature) / (lam + kappa))
        variance.append(memory[-1] ** 2 * variance[-1] + noise[-1])
    for s in range(1, 61):
        kept = mp.fprod(memory[s:])
        same, other = kept * variance[s], kept * (variance[s] - noise[s - 1])
        exact = {"ss": variance[s], "same": same, "other": other, "gain": (same - other) / 2 / steps.temperature[s - 1]}
        for name, cross in (("lost_same", same), ("lost_other", other)):
            exact[name] = mp.sqrt(max(1 - cross**2 / (variance[-1] * variance[s]), mp.mpf(0)))
        for name, value in exact.items():
            assert getattr(last, name)[s - 1, 0] == pytest.approx(float(value), rel=1e-14, abs=1e-40), name


# -- schedules --------------------------------------------------------------------------------------------------------


def test_a_constant_schedule_is_the_number():
    case = spread()
    number = proximal.solve(NET, *case, lam=16, horizon=3.0)
    for given in (
        {"lam": np.full(48, 16.0)},
        {"lam": lambda step: 16.0, "horizon": 3.0},
        {"lam": 16, "temperature": lambda step: 0.1, "horizon": 3.0},
        {"lam": 16, "temperature": np.full(48, 0.1)},
    ):
        found = proximal.solve(NET, *case, **given)
        assert (found.test == number.test).all()
        assert (found.residual == number.residual).all()
        assert (found.times == number.times).all()
        assert (found.stats["lam"], found.stats["temperature"]) == (16.0, 0.1)


def test_a_function_sees_the_number_of_the_step():
    case, seen = unit(), []

    def lam(step):
        seen.append(step)
        return 2.0 * step

    by_function = proximal.solve(NET, *case, lam=lam, temperature=lambda step: 0.1 / step, horizon=1.4)
    count = by_function.stats["panels"]
    assert seen == list(range(1, count + 2))  # and one more, which would end further from the horizon
    numbers = np.arange(1.0, count + 1)
    by_array = proximal.solve(NET, *case, lam=2 * numbers, temperature=0.1 / numbers)
    assert (by_function.test == by_array.test).all()
    assert by_function.horizon == pytest.approx(np.sum(0.5 / numbers))
    assert abs(by_function.horizon - 1.4) <= 0.5 * 0.5 / numbers[-1]
    assert by_array.stats["lam"] == list(2 * numbers)


@pytest.mark.parametrize(("activation", "depth"), [("relu", 1), ("erf", 2)])
def test_unequal_steps_converge_at_first_order(activation, depth):
    """λ falls like 1/t: the Langevin limit does not know it."""
    net, case = replace(NET, activation=activation, depth=depth), spread()
    reference = solve(net, *case, horizon=10.0, rtol=1e-9)
    errors = []
    for count in (40, 80, 160):
        times = 10.0 * np.linspace(0, 1, count + 1) ** 2
        found = proximal.solve(net, *case, lam=1 / np.diff(times))
        assert found.times == pytest.approx(times, rel=1e-12, abs=0)
        errors.append(np.abs(found.test - reference.at(np.minimum(found.times, 10.0)).test).max())
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(1.0, abs=FIRST_ORDER)


def test_a_temperature_in_time_converges_to_langevin_dynamics_with_it():
    """f̄(t) = ∫ K^d(Φ(t), Φ(s)) (Y − f̄(s)) ds, with Φ = ∫ T/σ² dt the clock of a network of κ = 1: trapezoidal rule."""
    case, horizon, nodes = unit(), 6.0, 80
    clock = replace(NET, temperature=NET.sigma2)

    def heat(time):
        return 0.4 * np.exp(-time / 3) + 0.05

    times = np.linspace(0, horizon, nodes + 1)
    phi = (1.2 * -np.expm1(-times / 3) + 0.05 * times) / NET.sigma2
    step, count = horizon / nodes, len(case.y)
    both = np.concatenate([case.X, case.X_test])
    v, test = [case.y], None
    for n in range(1, nodes + 1):
        weights = np.full(n + 1, step)
        weights[[0, -1]] /= 2
        rows = [w * kernel(clock, phi[n], phi[m], both, case.X) for m, w in enumerate(weights)]
        past = sum(k @ x for k, x in zip(rows[:-1], v, strict=True))
        v.append(np.linalg.solve(np.eye(count) + rows[-1][:count], case.y - past[:count]))
        test = (past + rows[-1] @ v[-1])[count:]
    errors = []
    for lam in (8, 16, 32):
        found = proximal.solve(
            NET, *case, lam=lam, temperature=lambda t, lam=lam: heat((t - 0.5) / lam), horizon=horizon
        )
        errors.append(np.abs(found.test[-1] - test).max())
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(1.0, abs=FIRST_ORDER)
    constant = proximal.solve(NET, *case, lam=32, horizon=horizon)
    assert np.abs(constant.test[-1] - test).max() > 10 * errors[-1]


@pytest.mark.parametrize("activation", ["relu", "erf", "tanh"])
def test_temperature_zero_is_implicit_euler(activation):
    """v_t = (1 + K_NTK/λ_t)⁻¹ v_{t−1}, the proximal step of the linearised network, whatever the λ."""
    net, case = replace(NET, activation=activation, depth=2, temperature=0.0), spread()
    train, test = kernel(net, 0, 0, case.X), kernel(net, 0, 0, case.X_test, case.X)
    lam = np.array([0.1, 1.0, 100.0, 3.0])
    sol = proximal.solve(net, *case, lam=lam)
    v, g = case.y, np.zeros(2)
    for t, strength in enumerate(lam, 1):
        v = np.linalg.solve(np.eye(4) + train / strength, v)
        g = g + test @ v / strength
        assert sol.residual[t] == pytest.approx(v, abs=1e-13)
        assert sol.test[t] == pytest.approx(g, abs=1e-13)


def test_one_step_at_temperature_zero_is_the_limit():
    case, given = spread(), {"lam": each(2.0)}
    cold = proximal.solve(NET, *case, temperature=[0.1, 0.0, 0.2], **given)
    for heat, gap in ((1e-6, 1e-5), (1e-12, 1e-11)):
        near = proximal.solve(NET, *case, temperature=[0.1, heat, 0.2], **given)
        assert 0 < np.abs(near.test - cold.test).max() < gap


# -- where it ends ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("activation", "depth"), [("relu", 1), ("erf", 2)])
@pytest.mark.parametrize(("lam", "steps"), [(0.01, 60), (0.3, 200), (1.0, 450)])
def test_long_times_reach_the_equilibrium_of_the_chain(activation, depth, lam, steps):
    net, case = replace(NET, activation=activation, depth=depth), unit()
    found = proximal.solve(net, *case, lam=lam, horizon=steps / lam)
    end = equilibria.proximal(net, *case, lam=lam)
    assert np.abs(found.train[-1] - end.train).max() <= PROXIMAL_EQUILIBRIUM
    assert np.abs(found.test[-1] - end.test).max() <= PROXIMAL_EQUILIBRIUM
    posterior = equilibria.nngp(net, *case).test
    assert np.abs(end.test - posterior).max() > 1e-3  # at these λ it is another one


def test_limits_of_the_equilibrium():
    net, case = replace(NET, activation="relu", depth=2), spread()
    posterior = equilibria.nngp(net, *case).test
    gaps = [np.abs(equilibria.proximal(net, *case, lam=lam).test - posterior).max() for lam in (100, 200, 400)]
    assert np.log2(np.array(gaps[:-1]) / gaps[1:]) == pytest.approx(1.0, abs=FIRST_ORDER)
    hot = replace(net, temperature=2 * net.temperature, sigma2=2 * net.sigma2)  # exp(−E/2T)
    assert equilibria.proximal(net, *case, lam=1e-14).test == pytest.approx(equilibria.nngp(hot, *case).test, rel=1e-10)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_equilibrium_of_linear_networks(depth):
    """K̄ = σ̃^{2(L+1)} (1 + λ̃^{L+1})/2 K⁰."""
    net, case, lam = replace(NET, activation="linear", depth=depth), spread(), 0.3
    memory = lam / (lam + net.kappa)
    variance = 2 * net.temperature / ((lam + net.kappa) * (1 - memory**2))
    scale = variance ** (depth + 1) * (1 + memory ** (depth + 1)) / 2
    train, test = (scale * x @ case.X.T / case.X.shape[1] for x in (case.X, case.X_test))
    expected = test @ np.linalg.solve(train + net.temperature * np.eye(4), case.y)
    assert equilibria.proximal(net, *case, lam=lam).test == pytest.approx(expected, rel=1e-11)


def test_slow_annealing_follows_the_equilibrium():
    """The temperature falls by e in 60 steps, slower than the weights forget."""
    case, count = unit(), 400
    temperature = 0.5 * np.exp(-np.arange(count) / 150.0)
    found = proximal.solve(NET, *case, lam=0.5, temperature=temperature)
    last = replace(NET, temperature=float(temperature[-1]))
    first = replace(NET, temperature=0.5)
    distance = [np.abs(found.test[-1] - equilibria.proximal(net, *case, lam=0.5).test).max() for net in (last, first)]
    assert distance[0] < TRACKED * distance[1]


# -- the chain itself -------------------------------------------------------------------------------------------------

SCHEDULE = {"lam": np.array([1.0, 0.5, 2.0, 4.0]), "temperature": np.array([0.3, 0.1, 0.2, 0.05])}
SMALL = Case(np.array([[1.0, 1.0], [1.2, -0.3]]), np.array([2.0, -1.0]), np.array([[0.3, 1.0]]))


def deviation(activation, found, **size) -> float:
    """Largest distance of predictors from those of finite networks, over what chance and 1/N explain."""
    net = replace(NET, activation=activation, sigma02=0.7)
    sol = found(net)
    ensemble, worst = Ensemble(net, SMALL, seed=0, **size), 0.0
    for t, (lam, temperature) in enumerate(zip(*SCHEDULE.values(), strict=True), 1):
        mean, error = ensemble.step(lam, temperature, sweeps=14)
        expected = np.append(sol.train[t], sol.test[t])
        allowed = CHAIN_ERRORS * error + CHAIN_BIAS / size["width"]
        worst = max(worst, (np.abs(mean - expected) / allowed).max())
    return worst


def learned(net):
    return proximal.solve(net, *SMALL, **SCHEDULE)


@pytest.mark.parametrize(
    ("activation", "width", "networks"), [("linear", 96, 1000), ("erf", 64, 500), ("relu", 64, 500)]
)
def test_networks_of_finite_width_under_the_transition_density(activation, width, networks):
    """λ from 0.5 to 4, far from Langevin dynamics, λ and T different in every step."""
    assert deviation(activation, learned, width=width, networks=networks) <= 1.0


def test_finite_networks_tell_the_temperatures_of_two_steps_apart(monkeypatch):
    """Planted: T_t in place of T_s under the response."""
    right = proximal._Recursion._entries

    def wrong(self, weights, steps):
        heat, last = self.schedule.temperature, len(weights[0].weights.ss)
        return right(self, weights, steps) * (heat[steps] / heat[last - 1])[:, None, None]

    monkeypatch.setattr(proximal._Recursion, "_entries", wrong)
    assert deviation("linear", learned, width=96, networks=1000) > 2.0


def test_finite_networks_tell_whether_hidden_layers_learn(monkeypatch):
    """Planted: a response of the readout alone."""
    monkeypatch.setattr(response, "_FAR", 0.0)
    monkeypatch.setattr(response, "_quotient", lambda difference, noise: 0.0 * difference)
    assert deviation("linear", learned, width=96, networks=1000) > 2.0


def test_finite_networks_tell_a_finite_lambda_from_langevin_dynamics():
    def langevin(net):
        times = np.append(0.0, np.cumsum(1 / SCHEDULE["lam"]))
        return solve(replace(net, temperature=0.1), *SMALL, horizon=float(times[-1])).at(times)

    assert deviation("linear", langevin, width=96, networks=1000) > 2.0


# -- what a user meets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lam": -1.0}, r"lam is -1; it must be positive"),
        ({"lam": [1.0, 0.0, 2.0]}, r"lam is 0 at step 2"),
        ({"lam": [1.0, np.nan]}, r"lam holds nan at index \(1,\)"),
        ({"lam": [[1.0]]}, r"lam has shape \(1, 1\)"),
        ({"lam": []}, r"lam has shape \(0,\)"),
        ({"lam": None}, r"lam has dtype object"),
        ({"lam": [1.0, 2.0], "temperature": [0.1]}, r"lam has 2 values and temperature 1"),
        ({"lam": [1.0, 2.0], "horizon": 3.0}, r"horizon is 3 and lam has one value per step"),
        ({"lam": 1.0, "temperature": [0.1, -0.1]}, r"temperature is -0.1 at step 2; it must be zero or positive"),
        ({"lam": 1.0, "temperature": np.inf}, r"temperature holds inf"),
        ({"lam": 1.0, "temperature": "hot"}, r"temperature has dtype"),
        ({"lam": 1.0, "temperature": lambda step: -float(step), "horizon": 3.0}, r"temperature is -1 at step 1"),
        ({"lam": lambda step: [1.0, 2.0], "horizon": 3.0}, r"lam\(1\) is .* returns one number"),
        ({"lam": lambda step: float("nan"), "horizon": 3.0}, r"lam\(1\) holds nan"),
        ({"lam": lambda step: 1e6, "horizon": 3.0}, r"more than 20000 steps"),
        ({"lam": np.ones(20_001)}, r"more than 20000 steps"),
        ({"lam": 1e-3, "horizon": 3.0}, r"horizon · lam = 0.003 gives 0 steps"),
        ({"lam": lambda step: 1e-3, "horizon": 3.0}, r"gives 0 steps"),
        ({"lam": 1.0, "horizon": 3.0, "progress": 3}, r"progress is 3"),
    ],
)
def test_what_is_refused(given, message):
    with pytest.raises(InputError, match=message) as found:
        proximal.solve(NET, *unit(), **given)
    assert "\n" not in str(found.value)


def test_a_jump_has_no_response_at_temperature_zero():
    net = replace(NET, activation="sign")
    assert np.isfinite(proximal.solve(net, *unit(), lam=each(2.0)).test).all()
    with pytest.raises(InputError, match="jumps"):
        proximal.solve(net, *unit(), lam=each(2.0), temperature=[0.1, 0.0, 0.1])


@pytest.mark.parametrize("lam", [0.0, -1.0, [1.0, 2.0], "1", np.nan])
def test_an_equilibrium_needs_one_lambda(lam):
    with pytest.raises(InputError, match="lam"):
        equilibria.proximal(NET, *unit(), lam=lam)


def test_what_belongs_to_continuous_time_is_refused():
    sol = proximal.solve(NET, *unit(), lam=2.0, horizon=4.0)
    for call in (
        lambda: sol.covariance_between(1.0, 2.0),
        lambda: drift(sol, 2.0, [3.0]),
        lambda: readout_hidden(sol, [1.0], [2.0]),
    ):
        with pytest.raises(InputError, match=r"finite lam.*ndk_num\.solve"):
            call()


def test_files_keep_the_schedule(tmp_path):
    sol = proximal.solve(NET, *unit(), lam=[1.0, 2.0, 4.0], temperature=[0.3, 0.0, 0.1])
    sol.save(tmp_path / "run.nc")
    again = Trajectory.load(tmp_path / "run.nc")
    assert (again.stats["method"], again.stats["lam"], again.stats["temperature"]) == (
        "proximal", [1.0, 2.0, 4.0], [0.3, 0.0, 0.1],
    )  # fmt: skip
    assert (again.test == sol.test).all()
    assert again.times == pytest.approx([0.0, 1.0, 1.5, 1.75])
    assert again.to_xarray().sizes["time"] == 4
    between = sol.at([1.25]).test[0]
    assert between == pytest.approx((sol.test[1] + sol.test[2]) / 2)  # linear between the steps


def test_progress_and_interruption():
    heard = []
    proximal.solve(NET, *unit(), lam=5.0, horizon=2.0, progress=lambda fraction, message: heard.append(fraction))
    assert len(heard) == 10
    assert heard == sorted(heard)
    assert heard[-1] == 1.0

    def stop(fraction, message):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        proximal.solve(NET, *unit(), lam=5.0, horizon=2.0, progress=stop)


def test_cores_share_the_work_and_not_the_result(monkeypatch):
    """Sums over pieces are taken in one order."""
    case = unit(inputs=16, features=20)
    monkeypatch.setattr(pieces, "_BLOCK", 1 << 9)
    monkeypatch.setattr(pieces, "_SHARED", 1 << 9)
    found = []
    for cores in (1, 3):
        monkeypatch.setattr(pieces, "cores", lambda cores=cores: cores)
        found.append(proximal.solve(NET, *case, lam=5.0, horizon=6.0).test)
    assert (found[0] == found[1]).all()


def test_several_outputs_share_the_kernel():
    case = unit()
    both = np.stack([case.y, np.roll(case.y, 1)], axis=1)
    together = proximal.solve(NET, case.X, both, case.X_test, lam=[1.0, 3.0])
    for output in (0, 1):
        alone = proximal.solve(NET, case.X, both[:, output], case.X_test, lam=[1.0, 3.0])
        assert together.test[..., output] == pytest.approx(alone.test, abs=1e-15)
