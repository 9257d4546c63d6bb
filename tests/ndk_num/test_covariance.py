"""Covariance of the predictor: the posterior, the ensemble of gradient flows, and a second numerical route."""

import numpy as np
import pytest

from ndk_num import AccuracyWarning, InputError, Network, Trajectory, equilibria, kernel, resolvent, solve
from ndk_num.kernels import pairwise
from ndk_num.pairs import Pairs, gram
from ndk_num.statistics import Statistics
from tests.ndk_num.cases import CASES, spread, unit
from tests.tolerances import COVARIANCE, COVARIANCE_SECOND_ROUTE, SEMIDEFINITE


@pytest.mark.parametrize("name", ["unit", "spread"])
@pytest.mark.parametrize("activation", ["linear", "relu", "erf"])
def test_long_times_reach_the_posterior_covariance(activation, name):
    """K_GP** − k_GPᵀ (K_GP + T)⁻¹ k_GP."""
    case = CASES[name]
    net = Network(depth=2, activation=activation, temperature=0.01, sigma2=1.2, sigma02=0.5)
    sol = solve(net, *case, horizon=20 / net.kappa, rtol=1e-6, covariance=True)
    found, posterior = sol.at([sol.horizon]), equilibria.nngp(net, *case, covariance=True)
    assert np.abs(found.test_cov[0] - posterior.test_cov).max() <= COVARIANCE
    assert np.abs(found.train_cov[0] - posterior.train_cov).max() <= COVARIANCE


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_gradient_flow_keeps_the_ensemble_covariance(activation):
    """At T = 0: f − f̄ = g_* − k K⁻¹ (1 − e^{−Kt}) g with g of covariance σ0² K^L (Lee et al. 2019)."""
    case = unit()
    net = Network(depth=2, activation=activation, temperature=0.0, sigma02=1.5)
    sol = solve(net, *case, rtol=1e-6, covariance=True)
    inputs = np.concatenate([case.X, case.X_test])
    prior = net.sigma02 * kernel(net, 0, 0, inputs, kind="two_time")
    values, vectors = np.linalg.eigh(kernel(net, 0, 0, case.X))
    cross = kernel(net, 0, 0, inputs, case.X)
    times = [0.0, 0.2, 5.0, sol.horizon]
    found = sol.at(times)
    for i, t in enumerate(times):
        gain = cross @ (vectors * (-np.expm1(-values * t) / values)) @ vectors.T
        P = len(case.X)
        left = np.eye(len(inputs)) - np.concatenate([gain, np.zeros((len(inputs), len(inputs) - P))], axis=1)
        exact = left @ prior @ left.T
        assert np.abs(found.train_cov[i] - exact[:P, :P]).max() <= COVARIANCE * np.abs(prior).max()
        assert np.abs(found.test_cov[i] - exact[P:, P:]).max() <= COVARIANCE * np.abs(prior).max()
    end = equilibria.ntk(net, *case, covariance=True)
    assert np.abs(found.test_cov[-1] - end.test_cov).max() <= COVARIANCE * np.abs(prior).max()


def by_brute_force(net: Network, case, t: float, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """R C Rᵀ with the whole two-time operator of all inputs as one matrix, midpoint rule on even steps; and its times.

    Test inputs respond to the training inputs and do not act on anything.
    """
    h = t / nodes
    times = (np.arange(nodes) + 0.5) * h
    inputs = np.concatenate([case.X, case.X_test])
    shape, size = (nodes, nodes, len(inputs), len(inputs)), nodes * len(inputs)
    pairs = gram(inputs)
    pairs = Pairs(*(np.broadcast_to(field, pairs.xy.shape).ravel() for field in pairs))
    late, early = (grid.ravel() for grid in np.meshgrid(times, times, indexing="ij"))
    m = Statistics.at(net, late, early).output.weights.ts[:, None]
    prior = (m * pairwise(net, late, early, pairs, "two_time")).reshape(shape).transpose(0, 2, 1, 3)
    step = h * np.tril(np.ones((nodes, nodes)), -1) + h / 2 * np.eye(nodes)
    response = pairwise(net, late, early, pairs, "ndk").reshape(shape) * step[:, :, None, None]
    response[..., len(case.X) :] = 0.0
    right = np.eye(size) + response.transpose(0, 2, 1, 3).reshape(size, size)
    half = np.linalg.solve(right, prior.reshape(size, size))
    return np.linalg.solve(right, half.T).reshape(nodes, len(inputs), nodes, len(inputs)), times


@pytest.mark.parametrize(("activation", "depth"), [("erf", 1), ("relu", 2)])
def test_second_route_in_the_middle_of_the_dynamics(activation, depth):
    """At equal and at different times, for all inputs; covers σ0 ≠ σ and unequal norms."""
    case = spread()._replace(X_test=np.concatenate([spread().X[:1], spread().X_test]))
    net = Network(depth=depth, activation=activation, temperature=0.3, sigma2=1.0, sigma02=0.4)
    sol = solve(net, *case, horizon=3.0, rtol=1e-5)
    fine, times = by_brute_force(net, case, 1.5, 60)
    chosen = [59, 15, 40]
    found = sol.joint_covariance(times[chosen])
    for i, one in enumerate(chosen):
        for j, other in enumerate(chosen):
            assert np.abs(found.values[i, j] - fine[one, :, other]).max() <= COVARIANCE_SECOND_ROUTE
    # a test input equal to a training input has its covariance
    assert np.allclose(found.test[..., 0, 0], found.train[..., 0, 0], atol=COVARIANCE)
    assert np.allclose(found.train_test[..., 0], found.train[..., 0], atol=COVARIANCE)


def test_start_is_the_prior_and_without_the_option_there_is_none():
    case = unit()
    net = Network(depth=1, activation="relu", temperature=0.1, sigma02=0.7)
    sol = solve(net, *case, horizon=5.0, covariance=True)
    start = sol.at([0.0])
    assert np.allclose(start.train_cov[0], 0.7 * kernel(net, 0, 0, case.X, kind="two_time"), rtol=1e-13)
    assert solve(net, *case, horizon=5.0).at([1.0]).train_cov is None


def test_shapes_for_several_outputs_and_no_times():
    case = CASES["several_outputs"]
    net = Network(depth=1, activation="erf", temperature=0.1)
    sol = solve(net, *case, horizon=5.0, rtol=1e-3, covariance=True)
    found = sol.at([1.0, 2.0])
    assert found.train_cov.shape == (2, 4, 4)
    assert found.test_cov.shape == (2, 2, 2)
    assert sol.at([]).train_cov.shape == (0, 4, 4)
    with pytest.raises(InputError, match="times lie between 0 and 5"):
        sol.at([6.0])


def test_covariances_are_symmetric_to_the_last_digit():
    """A covariance that is not is refused by, or misleads, what users feed it to."""
    case = unit(inputs=3)
    net = Network(depth=2, activation="relu", temperature=0.1, sigma2=1.0, sigma02=0.5)
    found = solve(net, *case, horizon=10.0, rtol=1e-3, covariance=True).at([0.3, 2.0, 10.0])
    for covariance in (found.train_cov, found.test_cov):
        assert np.array_equal(covariance, covariance.transpose(0, 2, 1))


@pytest.fixture(scope="module")
def sol():
    net = Network(depth=2, activation="relu", temperature=0.1, sigma2=1.0, sigma02=0.5)
    return solve(net, *spread(), horizon=60.0, rtol=1e-4, covariance=True)


@pytest.fixture(scope="module")
def joint(sol):
    return sol.joint_covariance([0.0, 0.4, 30.0, 0.4])


def test_any_two_times_in_either_order(sol, joint):
    """Cov[f(t), f(s)] = Cov[f(s), f(t)]ᵀ, one by one as all together, and at equal times what `at` gives."""
    one, other = sol.covariance_between(0.4, 30.0), sol.covariance_between(30.0, 0.4)
    assert np.array_equal(one.train, other.train.T)
    assert np.array_equal(one.train_test, other.test_train.T)
    tolerance = 1e-4 * prior_scale(sol.network, spread(), 30.0)
    assert np.abs(one.values - joint.values[1, 2]).max() <= tolerance
    assert np.array_equal(joint.values[1, 2], joint.values[3, 2])
    found = sol.at([0.0, 0.4, 30.0])
    for i in range(3):
        assert np.abs(found.train_cov[i] - joint.train[i, i]).max() <= tolerance
        assert np.abs(found.test_cov[i] - joint.test[i, i]).max() <= tolerance
    assert 0 < found.covariance_error <= 1e-4


def smallest(matrix):
    """Smallest eigenvalue over the largest."""
    values = np.linalg.eigvalsh(matrix)
    return values[0] / values[-1]


def test_joint_covariance_is_positive_semidefinite(sol, joint):
    """Of all times and inputs, of which some agree; and every block on the diagonal, though far smaller."""
    assert joint.matrix.shape == (24, 24)
    assert np.array_equal(joint.matrix, joint.matrix.T)
    assert smallest(joint.matrix) >= -SEMIDEFINITE
    assert joint.clipped <= joint.error_estimate <= 1e-4
    for i in range(4):
        assert smallest(joint.train[i, i]) >= -SEMIDEFINITE
        assert smallest(joint.test[i, i]) >= -SEMIDEFINITE


def test_what_is_no_covariance_is_clipped_and_said(sol, monkeypatch):
    """A wrong sign of the cross terms, which both levels share, shows in what the projection changes."""
    exact = resolvent.Resolvent._single
    monkeypatch.setattr(resolvent.Resolvent, "_single", lambda self, a, b: 2 * exact(self, a, b))
    with pytest.warns(AccuracyWarning, match="error estimate of the covariance"):
        found = sol.joint_covariance([1.0, 30.0])
    assert found.clipped > 1e-2
    assert found.error_estimate >= found.clipped
    assert smallest(found.matrix) >= -SEMIDEFINITE


def prior_scale(net, case, t):
    """Largest prior variance from the start to t."""
    inputs = np.concatenate([case.X, case.X_test])
    return max(kernel(net, u, u, inputs, kind="prior").max() for u in (0.0, t))


def test_error_estimate_is_honest():
    """Against a thousand times the accuracy: what is returned is within its estimate, and that within `rtol`."""
    net = Network(depth=2, activation="relu", temperature=0.3, sigma2=1.2, sigma02=0.5)
    sols = [solve(net, *spread(), horizon=3.0, rtol=rtol) for rtol in (1e-4, 1e-7)]
    rough, exact = (sol.joint_covariance([0.2, 1.5]) for sol in sols)
    error = np.abs(rough.values - exact.values).max() / prior_scale(net, spread(), 1.5)
    assert exact.error_estimate < error <= rough.error_estimate <= 1e-4


def test_far_test_inputs_keep_the_prior_and_forget():
    """A test input that no training input tells of has m(t,s) K^L(t,s) at any two times."""
    features = 4 * np.eye(4)
    net = Network(depth=1, activation="erf", temperature=0.1, sigma2=1.0, sigma02=0.5)
    sol = solve(net, features[:2], [1.0, -1.0], features[2:3], horizon=100.0, rtol=1e-5)
    times = [1.0, 20.0, 90.0]
    found = sol.joint_covariance(times, of="test").test[..., 0, 0]
    for i, t in enumerate(times):
        for j, s in enumerate(times):
            prior = Statistics.at(net, t, s).output.weights.ts * kernel(net, t, s, features[2:3], kind="two_time")[0, 0]
            assert abs(found[i, j] - prior) <= 1e-5
    assert found[1, 2] <= np.exp(-net.kappa * 70.0) * found[1, 1]


def test_only_what_is_asked_for(sol, joint, monkeypatch):
    """Rows of the resolvent have as many columns as inputs are asked for."""
    widths = []
    solved = resolvent.Resolvent.row

    def row(self, *arguments):
        widths.append(solved(self, *arguments).values.shape[2])
        return solved(self, *arguments)

    monkeypatch.setattr(resolvent.Resolvent, "row", row)
    for of, width in (("test", 2), ("train", 4)):
        widths.clear()
        found = sol.joint_covariance([0.4, 30.0], of=of)
        assert set(widths) == {width}
        whole = getattr(joint, of)[1:3, 1:3]
        assert np.abs(found.values - whole).max() <= 1e-4 * joint.values.max()
    with pytest.raises(InputError, match="of is 'all'; give one of both, train, test"):
        sol.joint_covariance([0.4], of="all")
    with pytest.raises(InputError, match="times lie between 0 and 60"):
        sol.covariance_between(0.4, 61.0)


def test_one_adjoint_equation_for_each_time(sol, monkeypatch):
    solved = []
    row = resolvent.Resolvent.row
    monkeypatch.setattr(resolvent.Resolvent, "row", lambda self, t, *rest: solved.append(t) or row(self, t, *rest))
    sol.joint_covariance([3.0, 1.0, 3.0, 2.0], of="test")
    assert solved == [1.0, 2.0, 3.0] * (len(solved) // 3)


def test_progress_and_interruption(sol):
    seen = []
    sol.at([0.3, 1.0], progress=lambda fraction, message: seen.append((fraction, message)))
    assert seen[-1][0] == 1.0
    assert "time 2 of 2" in seen[-1][1]

    def stop(fraction, message):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sol.joint_covariance([0.3, 1.0], progress=stop)


def test_one_part_at_a_time_and_files(tmp_path):
    """`covariance="test"` gives that part alone, also after a round trip."""
    net = Network(depth=1, activation="erf", temperature=0.1)
    sol = solve(net, *unit(), horizon=5.0, rtol=1e-3, covariance="test")
    sol.save(tmp_path / "run.nc")
    back = Trajectory.load(tmp_path / "run.nc")
    assert back.covariance == "test"
    found = back.at([1.0])
    assert found.train_cov is None
    assert np.array_equal(found.test_cov, sol.at([1.0]).test_cov)
    assert np.array_equal(back.covariance_between(1.0, 2.0).values, sol.covariance_between(1.0, 2.0).values)


@pytest.mark.parametrize("temperature", [0.0, 0.1])
def test_small_and_singular_cases(temperature):
    """One input; the same input twice; no test inputs; times that nearly agree."""
    net = Network(depth=1, activation="relu", temperature=temperature, sigma02=0.5)
    x = unit().X
    one = solve(net, x[:1], [1.0], horizon=5.0, rtol=1e-4)
    found = one.joint_covariance([1.0, 1.0 + 1e-12, 5.0])
    assert found.values.shape == (3, 3, 1, 1)
    assert found.test.shape == (3, 3, 0, 0)
    assert abs(found.values[0, 0, 0, 0] - found.values[0, 1, 0, 0]) <= 1e-5
    assert one.joint_covariance([1.0], of="test").values.shape == (1, 1, 0, 0)
    assert one.joint_covariance([]).matrix.shape == (0, 0)
    twice = solve(net, x[[0, 0, 1]], [1.0, 1.0, -1.0], x[:1], horizon=5.0, rtol=1e-4).covariance_between(1.0, 3.0)
    assert np.allclose(twice.values[0], twice.values[1], atol=1e-12)
    assert np.allclose(twice.values[:, 0], twice.values[:, 3], atol=1e-4)
