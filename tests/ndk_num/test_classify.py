"""Linear discriminants of one output, and what a drifted predictor still tells of MNIST's classes."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm

from ndk_num import InputError, Network, Prediction, drift, equilibria, plots, solve
from ndk_num.classify import Discriminant, accuracy, histograms
from ndk_num.datasets import load
from tests.tolerances import KERNEL_PROPERTY


def sample(counts=(30, 70), seed=0):
    """Outputs of two classes, with labels 2 and −1."""
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(0.3, 1.0, counts[0]), rng.normal(-0.8, 0.6, counts[1])])
    return values, np.repeat([2.0, -1.0], counts)


@pytest.mark.parametrize("scale", [1.0, -3.0, 1e-180])
@pytest.mark.parametrize("counts", [(30, 70), (50, 50), (90, 10)])
def test_it_is_the_likelier_of_two_gaussians(counts, scale):
    """Bayes' rule for Gaussians with the classes' means, their common variance and their frequencies, at any scale."""
    values, y = sample(counts)
    found = Discriminant.fit(scale * values, y)
    first, second = values[y == 2.0], values[y == -1.0]
    width = np.sqrt((((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum()) / values.size)
    at = np.linspace(-5.0, 5.0, 2001)
    one, other = (np.log(len(c)) + norm.logpdf(at, c.mean(), width) for c in (first, second))
    assert np.array_equal(found.predict(scale * at), np.where(one >= other, 2.0, -1.0))
    low, high = found.predict(found.threshold + abs(scale) * np.array([-1e-6, 1e-6]))
    assert low != high  # there the decision changes
    assert found.accuracy(scale * values, y) == np.mean(found.predict(scale * values) == y)


def test_equal_means_decide_by_frequency_alone():
    y = np.array([1.0, 1.0, 1.0, -1.0])
    for found in (
        Discriminant.fit(np.zeros(4), y),
        Discriminant.fit([0.0, 0.0, 0.3, 1e-3], y, resolution=0.2),
    ):
        assert np.isnan(found.threshold) and found.accuracy([5.0, -5.0, 0.0, 0.0], y) == 0.75
    assert np.isfinite(Discriminant.fit([0.0, 0.0, 0.3, 1e-3], y, resolution=0.05).threshold)
    balanced = np.array([1.0, -1.0])
    assert Discriminant.fit(np.zeros(2), balanced).accuracy(np.zeros(2), balanced) == 0.5


def test_trained_at_each_time_or_kept():
    """Classes that change sides are told apart by a new classifier, and all wrong for the old one."""
    values, y = sample()
    values = np.where(y == 2.0, 4.0, -4.0) + values / 10
    moved = Prediction(np.stack([values, 1e-3 * values, -values]), np.stack([values, values, -values]))
    each, kept = accuracy(moved, y, y), accuracy(moved, y, y, fit="first")
    assert each.train.tolist() == [1.0, 1.0, 1.0] and each.test[2] == 1.0
    assert kept.train[0] == 1.0 and kept.train[2] == 0.0 and kept.test[2] == 0.0
    assert accuracy(moved, y).test is None
    assert accuracy(moved, y, resolution=0.1).train.tolist() == [1.0, 0.7, 1.0]


def test_histograms_count_every_input_once():
    values, y = sample()
    found = histograms(np.stack([values, 3 * values]), y, bins=7)
    assert found.labels == (2.0, -1.0) and found.edges.shape == (2, 8) and found.counts.shape == (2, 2, 7)
    assert found.counts.sum(axis=2).tolist() == [[30.0, 70.0]] * 2
    inside = [(values[y == 2.0] >= low) & (values[y == 2.0] < high) for low, high in pairwise(found.edges[0])]
    assert found.counts[0, 0, :-1].tolist() == [float(one.sum()) for one in inside[:-1]]
    assert np.allclose(found.edges[1], 3 * found.edges[0], rtol=KERNEL_PROPERTY)
    assert histograms(np.empty((0, 100)), y).counts.shape == (0, 2, 20)


def test_a_flipped_prior_is_caught(monkeypatch):
    """The sign of log(n₁/n₂)."""
    honest = Discriminant.fit.__func__

    def wrong(cls, *arguments, **options):
        found = honest(cls, *arguments, **options)
        return cls(found.labels, found.means, found.width, -found.log_odds)

    monkeypatch.setattr(Discriminant, "fit", classmethod(wrong))
    with pytest.raises(AssertionError):
        test_it_is_the_likelier_of_two_gaussians((30, 70), 1.0)


NET = Network(depth=1, activation="relu", temperature=1e-3)
LAGS = np.append(np.linspace(0.0, 10.0, 51), np.inf) / NET.kappa


def drifted(spec, normalize):
    data = load(spec, per_class=50, test_per_class=150, normalize=normalize)
    found = equilibria.drift(NET, data.X, data.y, data.X_test, LAGS)
    return data, found, accuracy(found, data.y, data.y_test)


def test_norms_tell_zeros_from_ones_for_ever():
    """Fig. 4(f–j): full accuracy, chance while the classes change sides, about 90 % after complete decorrelation."""
    data, found, measured = drifted("mnist:0,1", normalize=False)
    assert measured.test[0] > 0.98 and measured.train[0] == 1.0
    assert 0.87 <= measured.train[-1] <= 0.97 and 0.87 <= measured.test[-1] <= 0.97
    assert measured.train.min() < 0.6 and measured.test.min() < 0.6
    # they change sides: whoever keeps the first classifier is wrong about whole classes at the end
    gaps = np.array([np.subtract(*one.means) for one in measured.discriminants])
    assert gaps[0] > 0 and gaps[-1] < 0 and (np.diff(np.sign(gaps)) != 0).sum() == 1
    assert accuracy(found, data.y, data.y_test, fit="first").test[-1] < 0.6


def test_norms_do_not_tell_fours_from_nines():
    """Fig. 4(a–e): the two histograms end on top of each other."""
    _, _, measured = drifted("mnist:4,9", normalize=False)
    assert measured.test[0] > 0.9
    assert abs(measured.test[-1] - 0.5) < 0.08 and abs(measured.train[-1] - 0.5) < 0.08


def test_without_their_norms_nothing_is_left():
    """Inputs of one norm have one output after complete decorrelation, up to rounding."""
    _, found, measured = drifted("mnist:0,1", normalize=True)
    assert measured.test[0] > 0.98 and np.ptp(found.test[-1]) <= KERNEL_PROPERTY * np.abs(found.test[-1]).max() * 100
    data = load("mnist:0,1", per_class=50, test_per_class=150)
    assert accuracy(found, data.y, data.y_test, resolution=1e-10).test[-1] == 0.5


def test_single_networks_remember_less_than_their_mean():
    """Drawn from the joint covariance of all inputs after complete decorrelation, each with its own classifier."""
    data = load("mnist:0,1", per_class=50, test_per_class=50, normalize=False)
    inputs = np.concatenate([data.X, data.X_test])
    far, now = (equilibria.drift(NET, data.X, data.y, inputs, [lag], covariance=True) for lag in (np.inf, 0.0))
    rng = np.random.default_rng(0)
    shares = []
    for found in (far, now):
        networks = rng.multivariate_normal(found.test[0], found.test_cov[0], size=200, method="eigh")
        single = accuracy(Prediction(networks[:, :100], networks[:, 100:]), data.y, data.y_test)
        shares.append(single.test.mean())
    assert 0.6 < shares[0] < 0.78 and shares[1] > 0.97
    assert accuracy(Prediction(far.test[:, :100], far.test[:, 100:]), data.y, data.y_test).test[0] > 0.87


def test_from_a_trajectory():
    """The same by the integral over a trajectory, long after the equilibrium was reached."""
    data, found, measured = drifted("mnist:0,1", normalize=False)
    sol = solve(NET, data.X, data.y, data.X_test, horizon=20 / NET.kappa, rtol=1e-5)
    some = [0, 10, 25, 50]
    integrated = drift(sol, sol.horizon, sol.horizon + LAGS[some])
    assert np.abs(integrated.test - found.test[some]).max() <= 2e-5
    again = accuracy(integrated, data.y, data.y_test, resolution=1e-5)
    assert np.abs(again.test - measured.test[some]).max() <= 1 / 300


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Discriminant.fit([1.0, 2.0], [1.0, 1.0]), "1 different labels"),
        (lambda: Discriminant.fit([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), "3 different labels"),
        (lambda: Discriminant.fit([1.0, 2.0, 3.0], [1.0, -1.0]), "one output per label"),
        (lambda: Discriminant.fit([1.0, 2.0], [1.0, -1.0], resolution=-1), "resolution is -1"),
        (lambda: accuracy(Prediction(np.zeros((3, 2, 2)), np.zeros((3, 0, 2))), np.eye(2)), "one output"),
        (lambda: accuracy(Prediction(np.zeros(2), np.zeros(1)), [1.0, -1.0]), "several times"),
        (lambda: accuracy(Prediction(np.zeros((1, 2)), np.zeros((1, 1))), [1.0, -1.0], [0.0]), "same two classes"),
        (lambda: accuracy(Prediction(np.zeros((1, 2)), np.zeros((1, 1))), [1.0, -1.0], fit="best"), "each, first"),
        (lambda: histograms(np.zeros((1, 2)), [1.0, -1.0], bins=0), "bins is 0"),
        (lambda: histograms(np.zeros((1, 3)), [1.0, -1.0]), "y has shape"),
    ],
)
def test_mistakes(call, says):
    with pytest.raises(InputError, match=says) as found:
        call()
    assert "\n" not in str(found.value)


CLASSES = np.array([1.0, 1.0, -1.0, -1.0])
HARD = {  # outputs of the two classes, and whether the classes are told apart
    "a few ulp": ([1 + 4e-16, 1 + 4e-16, 1.0, 1.0], True),
    "equal": ([0.1] * 4, False),
    "zero": ([0.0] * 4, False),
    "denormal": ([1e-310, 2e-310, -1e-310, 0.0], True),
    "the smallest": ([1e-323, 1e-323, 0.0, 0.0], True),
    "large": ([1e308, 1e308, -1e308, -1e308], True),
    "the largest": ([np.finfo(float).max] * 4, False),
}


@pytest.mark.parametrize("bins", [1, 20, 10_000])
@pytest.mark.parametrize("case", HARD)
def test_histograms_of_any_range(case, bins):
    values, _ = HARD[case]
    found = histograms([values], CLASSES, bins=bins)
    assert np.isfinite(found.edges).all() and (found.edges[0, 1:] > found.edges[0, :-1]).all()
    assert found.counts.sum(axis=2).tolist() == [[2.0, 2.0]]


def test_histograms_of_one_range_in_any_unit():
    """The same counts whatever the unit, and the edges in proportion; those of NumPy in the unit 1."""
    values = np.random.default_rng(0).normal(size=(1, 40))
    y = np.repeat([1.0, -1.0], 20)
    known = histograms(values, y)
    assert np.array_equal(known.edges[0], np.histogram_bin_edges(values[0], 20))
    for power in (-1000, 1000):
        found = histograms(np.ldexp(values, power), y)
        assert np.array_equal(found.counts, known.counts)
        assert np.array_equal(found.edges, np.ldexp(known.edges, power))


@pytest.mark.parametrize("case", HARD)
def test_discriminants_of_any_range(case):
    values, apart = HARD[case]
    found = Discriminant.fit(values, CLASSES)
    assert found.accuracy(values, CLASSES) == (1.0 if apart else 0.5)
    if apart:
        assert min(values) <= found.threshold <= max(values)


def test_discriminants_in_any_unit():
    """Unequal numbers of inputs, so that the width counts: the same decisions and the threshold in proportion."""
    rng = np.random.default_rng(1)
    y = np.repeat([1.0, -1.0], [30, 10])
    values = rng.normal(size=40) + 0.7 * y
    known, points = Discriminant.fit(values, y), np.linspace(-3, 3, 101)
    gap, (first, second) = np.subtract(*known.means), known.means
    rule = gap * (points - (first + second) / 2) + known.width**2 * np.log(3) >= 0  # Duda, Hart and Stork
    assert np.array_equal(known.predict(points) == 1.0, rule) and 0 < rule.sum() < 101
    for power in (-1000, 1000):
        found = Discriminant.fit(np.ldexp(values, power), y)
        assert np.array_equal(found.predict(np.ldexp(points, power)) == 1.0, rule)
        assert found.threshold == np.ldexp(known.threshold, power)


@pytest.mark.parametrize("case", [name for name in HARD if not name.endswith(("large", "largest"))])
def test_figures_of_any_range(case, tmp_path):
    found = np.array([np.linspace(-1, 1, 4), HARD[case][0]])
    for resolution in (0.0, 1e-10):
        figure = plots.drift(Prediction(found, found), [0.0, 1.0], CLASSES, y_test=CLASSES, resolution=resolution)
        plots.save(figure, tmp_path / "a.png")


def test_figures_after_complete_decorrelation(tmp_path):
    """Inputs of one norm agree to a few ulp: "Too many bins for data range"."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(20, 30))
    X *= np.sqrt(30) / np.linalg.norm(X, axis=1, keepdims=True)
    lags = np.array([0.0, 40.0, np.inf])
    y = np.repeat([1.0, -1.0], 10)
    found = equilibria.drift(Network(depth=1, activation="relu", temperature=1.0), X, y, X, lags)
    assert 0 < np.ptp(found.train[-1]) < 20 * np.spacing(np.abs(found.train[-1]).max())
    plots.save(plots.drift(found, [0.0, 40.0, 80.0], y, resolution=1e-9), tmp_path / "a.png")


GOOD = Prediction(np.eye(4)[:2], np.eye(4)[:2])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: histograms(np.eye(4), CLASSES, bins=10**9), "at most 10000"),
        (lambda: plots.drift(GOOD, [0.0, 1.0], CLASSES, bins=10**9), "at most 10000"),
        (lambda: plots.drift(GOOD, [0.0, 1.0], CLASSES, unit="$\\bad{$"), "unit is"),
        (lambda: plots.drift(GOOD, [0.0, 1.0], CLASSES, unit=3), "unit is 3"),
        (lambda: plots.drift(Prediction(GOOD.train * 1e308, GOOD.test), [0.0, 1.0], CLASSES), "outputs up to"),
        (lambda: plots.drift(None, [0.0], CLASSES), "prediction is None"),
        (lambda: accuracy("x", CLASSES), "prediction is 'x'"),
        (lambda: accuracy(Prediction([["a"] * 4], GOOD.test), CLASSES), "dtype"),
        (lambda: accuracy(Prediction(GOOD.train, GOOD.test[:1]), CLASSES, CLASSES), "1 times"),
        (lambda: accuracy(GOOD, CLASSES, resolution=[0.0]), "resolution is"),
        (lambda: Discriminant.fit(np.arange(4.0), CLASSES, resolution=[0.0]), "resolution is"),
        (lambda: Discriminant.fit(np.arange(4.0), CLASSES, resolution=None), "resolution"),
        *(
            (lambda y=y: Discriminant.fit(np.arange(4.0), CLASSES).accuracy(np.arange(4.0), y), says)
            for y, says in (
                (["a", "b", "c", "d"], "y has dtype"),
                (None, "y has dtype"),
                (1.0, "one label"),
                ([1.0, -1.0], "one label"),
                (np.ones((4, 2)), "one label"),
                ([0.0] * 4, "y holds 0"),
                ([1.0, -1.0, 0.5, 1.0], "y holds 0.5"),
            )
        ),
    ],
)
def test_mistakes_that_gave_numbers_or_tracebacks(call, says):
    with pytest.raises(InputError, match=says) as found:
        call()
    assert "\n" not in str(found.value)


def test_predictions_of_lists_and_labels_of_one_class():
    lists = Prediction(GOOD.train.tolist(), GOOD.test.tolist())
    assert accuracy(lists, CLASSES).train.tolist() == accuracy(GOOD, CLASSES).train.tolist()
    assert Discriminant.fit(-np.arange(4.0), CLASSES).accuracy([0.0, 0.1], [1.0, 1.0]) == 1.0
