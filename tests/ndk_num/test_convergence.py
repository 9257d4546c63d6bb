"""The methods against each other: slopes, and the error estimate against the true error."""

import numpy as np
import pytest

from ndk_num import Network, proximal, solve
from ndk_num.dynamics import prepare
from ndk_num.volterra import collocation, trapezoid
from tests.ndk_num.cases import CASES, unit
from tests.tolerances import FIRST_ORDER, RTOLS, TRAPEZOID_SLOPE

NETWORKS = {
    "relu": Network(depth=2, activation="relu", temperature=0.05, sigma2=1.0, sigma02=0.5),
    "erf": Network(depth=2, activation="erf", temperature=0.05, sigma2=1.0, sigma02=0.5),
    "steep": Network(depth=4, activation="relu", temperature=0.1, sigma2=1.0, sigma02=5.0),
}


def silent(fraction, message):
    """Ignore progress."""


def gap(one, other, times) -> float:
    """Largest difference of two trajectories."""
    p, q = one.at(times), other.at(times)
    return max(np.abs(p.train - q.train).max(), np.abs(p.test - q.test).max())


@pytest.mark.parametrize(("activation", "order"), [("erf", 2.0), ("relu", 1.5)])
def test_trapezoid_converges_to_the_collocation_with_its_slope(activation, order):
    """Order 2 for smooth kernels, 3/2 for the √(t−s) of ReLU networks."""
    net, case = NETWORKS[activation], CASES["spread"]
    reference = solve(net, *case, horizon=60.0, rtol=1e-10)
    problem, _ = prepare(net, *case, 60.0)
    errors = []
    for nodes in (200, 400, 800):
        found = trapezoid.on_nodes(problem, nodes, silent)
        times = found.residual.times
        errors.append(np.abs(found.residual.flat[..., 0] - reference.residual_at(times)).max())
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert slopes[-1] == pytest.approx(order, abs=TRAPEZOID_SLOPE)
    assert errors[-1] < 1e-3


@pytest.mark.parametrize("name", NETWORKS)
def test_every_level_of_collocation_gains_what_its_estimate_assumes(name):
    """The estimate divides the distance of two levels by a gain; the distance must bound the coarser error."""
    problem, _ = prepare(NETWORKS[name], *unit(), None)
    levels = [collocation.solve_level(problem, level, 1e-10, silent) for level in collocation.LEVELS[:7]]
    errors = [collocation.distance(level, levels[-1]) for level in levels[:-1]]
    gains = np.array(errors[:-1]) / np.array(errors[1:])
    assert len(gains) == 5
    assert gains.min() >= collocation.GAIN


@pytest.mark.parametrize("case", ["spread", "near_duplicate"])
@pytest.mark.parametrize("name", NETWORKS)
def test_error_estimate_is_honest(name, case):
    """True error ≤ estimate ≤ rtol, and the estimate is not absurdly cautious."""
    net, data = NETWORKS[name], CASES[case]
    reference = solve(net, *data, rtol=1e-9)
    times = np.append(0.0, np.geomspace(1e-5, reference.horizon, 500))
    for rtol in RTOLS[:2]:
        sol = solve(net, *data, rtol=rtol)
        true = gap(sol, reference, times) / np.abs(data.y).max()
        assert true <= sol.stats["error_estimate"] <= rtol
        assert sol.stats["error_estimate"] <= 1e3 * true


@pytest.mark.parametrize(("activation", "depth"), [("relu", 1), ("erf", 2)])
def test_finite_lambda_converges_at_first_order(activation, depth):
    """Errors of Markov proximal learning halve as λ doubles: a second derivation of every coefficient."""
    net = Network(depth=depth, activation=activation, temperature=0.1, sigma2=1.0, sigma02=0.5)
    case = CASES["spread"]
    reference = solve(net, *case, horizon=10.0, rtol=1e-8)
    errors = []
    for lam in (4, 8, 16, 32):
        found = proximal.solve(net, *case, lam=lam, horizon=10.0)
        errors.append(gap(found, reference, found.times))
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert slopes == pytest.approx(1.0, abs=FIRST_ORDER)


def test_trapezoid_as_a_method_reaches_what_it_promises():
    case = unit()
    rough = solve(NETWORKS["erf"], *case, horizon=60.0, rtol=5e-3, method="trapezoid")
    reference = solve(NETWORKS["erf"], *case, horizon=60.0, rtol=1e-8)
    assert rough.stats["method"] == "trapezoid"
    assert gap(rough, reference, rough.times) <= 5e-3


@pytest.mark.parametrize(("activation", "depth", "sigma02"), [("erf", 3, 5e-3), ("relu", 5, 1e-6), ("erf", 1, 1e-4)])
def test_small_initial_variance_is_not_taken_for_a_slow_problem(activation, depth, sigma02):
    """With σ0² ≪ σ² the NTK at the start is negligible; the panels must follow the weights as they grow."""
    net = Network(depth=depth, activation=activation, temperature=1e-2, sigma2=1.0, sigma02=sigma02)
    case = unit(inputs=1, tests=1)
    reference = solve(net, *case, rtol=1e-10)
    sol = solve(net, *case, rtol=1e-6)
    true = gap(sol, reference, np.append(0.0, np.geomspace(1e-5, sol.horizon, 500)))
    assert true <= sol.stats["error_estimate"] <= 1e-6
    assert sol.stats["panels"] > 5
