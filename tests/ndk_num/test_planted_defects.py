"""Each numerical check can fail: a defect is planted and the oracle that is there for it must object."""

from dataclasses import replace

import numpy as np
import pytest

import ndk_num.kernels
import ndk_num.statistics
from ndk_num import Network, equilibria, proximal, solve
from ndk_num.dynamics import prepare
from ndk_num.layer_maps import layer_map, prior
from ndk_num.pairs import Pairs, gram, stacked
from ndk_num.separated import ExactKernel, build, ndk_entries, sample_times, separate, skeleton
from ndk_num.separated import entries as entries_module
from ndk_num.statistics import Weights
from ndk_num.volterra import collocation, weights
from ndk_num.volterra.piecewise import gauss
from tests.ndk_num.accuracy import settings
from tests.ndk_num.cases import spread, unit

NET = Network(depth=2, activation="relu", temperature=1e-2, sigma2=1.0, sigma02=0.4)


def posterior_error(net=NET) -> float:
    """Distance of the long-time predictor to the NNGP posterior, in units of the promised error."""
    case, rtol = unit(), 1e-6
    horizon = 30 / net.kappa
    found = solve(net, *case, horizon=horizon, rtol=rtol).at([horizon])
    exact = equilibria.nngp(net, *case)
    return float(np.abs(found.test[0] - exact.test).max() / rtol)


def test_without_a_defect_the_oracle_is_met():
    assert posterior_error() <= 1.0


@pytest.mark.filterwarnings("ignore::ndk_num.AccuracyWarning")
def test_wrong_sign_in_the_prior(monkeypatch):
    """m(s,s) = σ² + (σ0² + σ²) e^{−2κs} instead of σ² + (σ0² − σ²) e^{−2κs}, off the physical diagonal too."""
    honest = prior()

    class Wrong:
        variance = staticmethod(lambda s, kappa, sigma2, sigma02: sigma2 + (sigma02 + sigma2) * np.exp(-2 * kappa * s))
        covariance = staticmethod(
            lambda t, s, kappa, sigma2, sigma02: np.exp(kappa * (t - s)) * honest.variance(s, kappa, sigma2, sigma02)
        )
        complement = staticmethod(honest.complement)

    case = unit()
    net = Network(depth=1, activation="erf", temperature=0.1, sigma2=1.0, sigma02=0.5)
    chain = proximal.solve(net, *case, lam=16, horizon=10.0)
    honest_gap = np.abs(solve(net, *case, horizon=10.0).at(chain.times).test - chain.test).max()
    monkeypatch.setattr(ndk_num.statistics, "prior", lambda: Wrong)
    wrong_gap = np.abs(solve(net, *case, horizon=10.0, rtol=1e-2).at(chain.times).test - chain.test).max()
    assert wrong_gap > 5 * honest_gap


def test_wrong_coefficient_in_a_layer_map(monkeypatch):
    """Ḟ off by 0.1 % breaks the fluctuation–dissipation balance, and with it the posterior."""
    honest = layer_map("relu")

    def steeper(function):
        def wrong(c, root):
            two_time, slope, *following = function(c, root)
            return two_time, 1.001 * slope, *following

        return wrong

    wrong = replace(honest, layer=steeper(honest.layer), last=steeper(honest.last))
    monkeypatch.setattr(ndk_num.kernels, "layer_map", lambda name: wrong)
    assert posterior_error() > 10


def test_swapped_time_argument(monkeypatch):
    """m(t,t) in place of m(s,s): invisible in equilibrium and for equal norms, seen by the finite-λ chain."""
    case = spread()
    net = Network(depth=1, activation="erf", temperature=0.1, sigma2=1.0, sigma02=5.0)
    chain = proximal.solve(net, *case, lam=16, horizon=10.0)
    honest_gap = np.abs(solve(net, *case, horizon=10.0).at(chain.times).test - chain.test).max()
    at = Weights.at.__func__

    def swapped(cls, *arguments):
        weights = at(cls, *arguments)
        return Weights(weights.ss, weights.ts, weights.tt, weights.decay, weights.lost)

    monkeypatch.setattr(Weights, "at", classmethod(swapped))
    swapped_gap = np.abs(solve(net, *case, horizon=10.0).at(chain.times).test - chain.test).max()
    assert swapped_gap > 3 * honest_gap


def test_missing_square_root_treatment(monkeypatch):
    """Plain Gauss on the piece next to s = t leaves an error far above rtol, and the estimate notices it."""

    def plain(t, lag, count):
        u, w = gauss(count)
        return t - lag * u, lag * w

    problem, _ = prepare(NET, *unit(), None)
    silent = lambda fraction, message: None  # noqa: E731
    level = collocation.level(1e-9)
    honest = collocation.solve_level(problem, level, 1e-10, silent)
    monkeypatch.setattr(weights, "_touching", plain)
    without = collocation.solve_level(problem, level, 1e-10, silent)
    finer = collocation.solve_level(problem, collocation.level(1e-10), 1e-10, silent)
    assert collocation.distance(honest, without) > 1e3 * level.error
    assert collocation.distance(without, finer) / collocation.GAIN > 10 * level.error


def many_pairs() -> tuple[Pairs, tuple]:
    """Enough pairs of inputs that the kernel is compressed."""
    case = unit(inputs=40, features=8, tests=3, seed=3)
    return stacked(gram(case.X), gram(case.X_test, case.X)), sample_times(1e3, NET.fastest_forgetting)


def test_separated_kernel_verifies_what_it_did_not_use(monkeypatch):
    """A skeleton that is too small is found out."""
    pairs, times = many_pairs()
    good = separate(ndk_entries(NET), pairs, times, 1e-8)
    assert good.error <= 1e-8
    assert good.rank < 30
    honest = skeleton._interpolate
    monkeypatch.setattr(
        skeleton, "_interpolate", lambda entries, sample, times, tol: honest(entries, sample, times, 1e-2)
    )
    monkeypatch.setattr(build, "_MOST_EXACT", 0)
    with pytest.warns(ndk_num.AccuracyWarning, match="1.0e-08 was asked for"):
        poor = separate(ndk_entries(NET), pairs, times, 1e-8)
    assert poor.error > 1e-8


def between_the_times_of_a_grid() -> tuple[float, float]:
    """What a kernel states of its error, and its error at other times, where the variances settle."""
    setting = settings(42, 5)[30]  # erf from σ0²/σ² = 13, norms from 0.4 to 2: hardly to be compressed
    net, case = setting.network, setting.case
    entries, pairs = ndk_entries(net), stacked(gram(case.X), gram(case.X_test, case.X))
    found = separate(entries, pairs, sample_times(10 / net.kappa, net.fastest_forgetting, 11), 1e-10, seed=11)
    rng = np.random.default_rng(1)
    t = rng.uniform(0.5, 4.0, 400) / net.kappa
    s = t * rng.uniform(0.0, 1.0, 400)
    exact = entries(t, s, Pairs(*(np.broadcast_to(x, pairs.xy.shape).ravel() for x in pairs)))
    gap = np.abs(found.values(t, s).reshape(exact.shape) - exact).max(axis=1)
    return found.error, float((gap / np.abs(exact).max(axis=1)).max())


def test_kernels_are_verified_at_random_times(monkeypatch):
    """At times of a grid alone a kernel states 5e-13 and is wrong by 1e-8."""
    stated, true = between_the_times_of_a_grid()
    assert true <= 1e-10
    monkeypatch.setattr(entries_module, "_RANDOM", 0)
    stated, true = between_the_times_of_a_grid()
    assert stated <= 1e-10 and true > 1e-9


def test_every_entry_is_verified(monkeypatch):
    """One wrong coefficient among 1720 is found out, and without compression there is none."""
    pairs, times = many_pairs()
    honest = skeleton.Skeleton.coefficients

    def one_wrong(self, entries, some, size):
        found = honest(self, entries, some, size)
        found[:, np.isclose(some.xy, pairs.xy[3, 7], rtol=1e-14)] *= 1.001
        return found

    monkeypatch.setattr(skeleton.Skeleton, "coefficients", one_wrong)
    assert isinstance(separate(ndk_entries(NET), pairs, times, 1e-8), ExactKernel)


def test_separated_kernel_is_right_at_fresh_times():
    pairs, times = many_pairs()
    kernel = separate(ndk_entries(NET), pairs, times, 1e-8)
    exact = ExactKernel(kernel.entries, Pairs(*(np.broadcast_to(f, pairs.xy.shape) for f in pairs)), kernel.place)
    rng = np.random.default_rng(11)
    t = 1e3 * rng.random(40)
    s = t * rng.random(40)
    unit_matrix = np.eye(pairs.xy.shape[1])[None]
    ours, theirs = (k.apply(k.evaluate(t, s).T[:, :, None], unit_matrix) for k in (kernel, exact))
    assert (np.abs(ours - theirs).max(axis=(1, 2)) <= 3e-8 * np.abs(theirs).max(axis=(1, 2))).all()
