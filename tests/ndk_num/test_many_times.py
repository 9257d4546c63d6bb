"""Drift and mixed times at many times: one quadrature for all panels, progress, and times of any size."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from ndk_num import InputError, Network, drift, readout, readout_hidden, solve
from ndk_num.volterra.weights import around
from tests.ndk_num.cases import unit
from tests.tolerances import ROUNDING

CUTS = np.array([0.0, 1e-3, 0.4, 1.0, 2.5, 7.0])


@pytest.fixture(scope="module")
def sol():
    net = Network(depth=1, activation="erf", temperature=0.1, sigma02=0.5)
    return solve(net, *unit(), horizon=20.0, rtol=1e-3, covariance=True)


def kinked(u):
    """Smooth in √|s − u| on either side, and different there."""
    return lambda s: np.exp(-np.sqrt(np.abs(s - u))) * np.where(s < u, 1.0, 2.0 + s)


def mistake(u, cuts):
    """The largest error of the integrals between neighbouring cuts."""
    s, w = around(u, cuts, 0.1, 14)
    place = np.searchsorted(cuts, s) - 1
    assert np.all((s > cuts[0]) & (s < cuts[-1]))
    found = np.bincount(place, w * kinked(u)(s), minlength=cuts.size - 1)
    exact = [quad(kinked(u), a, b, epsabs=1e-13, epsrel=1e-13)[0] for a, b in pairwise(cuts)]
    return np.abs(found - exact).max()


@pytest.mark.parametrize("u", [0.0, 1e-3, 1.0, 7.0, 7.001, 30.0])
def test_quadrature_around_a_kink(u):
    assert mistake(u, CUTS) < 1e-11


def test_a_kink_inside_an_interval_is_caught():
    assert mistake(1.0, CUTS[CUTS != 1.0]) > 1e-6


def test_quadrature_of_nothing():
    s, w = around(1.0, np.zeros(1), 0.1, 14)
    assert s.size == w.size == 0


@pytest.mark.parametrize("drifting", ["hidden", "readout", "all"])
def test_times_together_are_times_one_by_one(sol, drifting, monkeypatch):
    moved = np.array([3.0, 3.0, 3.5, 11.0, 400.0])
    together = drift(sol, 3.0, moved, drifting=drifting)
    monkeypatch.setattr(readout, "_BATCH", 1)
    single = drift(sol, 3.0, moved, drifting=drifting)
    assert np.abs(together.test - single.test).max() <= ROUNDING * np.abs(sol.y).max()
    assert np.abs(together.train - single.train).max() <= ROUNDING * np.abs(sol.y).max()


@pytest.mark.parametrize("batch", [1, 1 << 20])
def test_progress_of_the_mean(sol, batch, monkeypatch):
    monkeypatch.setattr(readout, "_BATCH", batch)
    for call in (
        lambda progress: drift(sol, 3.0, [3.0, 4.0, 5.0], progress=progress),
        lambda progress: readout_hidden(sol, [1.0, 2.0], [0.0, 3.0], progress=progress),
    ):
        seen = []
        call(lambda fraction, message, seen=seen: seen.append((fraction, message)))
        fractions = [fraction for fraction, _ in seen]
        assert fractions == sorted(fractions) and fractions[-1] == 1.0 and len(seen) >= (6 if batch == 1 else 2)
        assert all(message.startswith("mean: time") for _, message in seen)

        def stop(fraction, message):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            call(stop)


def test_what_is_no_progress(sol):
    for call in (
        lambda: drift(sol, 3.0, [4.0], covariance=True, progress=5),
        lambda: drift(sol, 3.0, [4.0], progress="x"),
        lambda: readout_hidden(sol, [1.0], [1.0], progress=5),
        lambda: sol.at([1.0], progress=5),
        lambda: sol.joint_covariance([1.0], progress=5),
        lambda: sol.covariance_between(1.0, 2.0, progress=5),
    ):
        with pytest.raises(InputError, match="progress is"):
            call()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("drifting", ["hidden", "readout", "all"])
def test_the_largest_times(sol, drifting):
    """Twice the largest number overflowed in the weights of the covariance."""
    late, far = (drift(sol, 20.0, [time], drifting=drifting, covariance=True) for time in (1e6, 1e308))
    assert np.abs(late.test_cov - far.test_cov).max() <= 1e-9
    assert np.abs(late.test - far.test).max() <= 1e-9


def test_functions_of_time_are_evaluated_for_many_times_at_once(sol, monkeypatch):
    """They were panel by panel and time by time, at 4 to 11 ms a time: 2 · 100 · the number of panels."""
    calls, evaluate = [], readout.ExactKernel.evaluate

    def counted(self, t, s):
        calls.append(t.size)
        return evaluate(self, t, s)

    monkeypatch.setattr(readout.ExactKernel, "evaluate", counted)
    drift(sol, 10.0, np.linspace(10.0, 50.0, 100))
    assert len(calls) == 2 and min(calls) > 100 * (sol.stats["panels"] - 1)
