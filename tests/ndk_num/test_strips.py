"""Large arrays in pieces, on several cores: the same bits as on one, and nothing that hangs."""

import multiprocessing
import warnings

import numpy as np
import pytest

import ndk_num.kernels
from ndk_num import Network, strips
from ndk_num.kernels import block, blocks, pairwise
from ndk_num.pairs import Pairs, gram
from ndk_num.statistics import Statistics

NET = Network(depth=3, activation="relu", temperature=0.1, sigma2=1.0, sigma02=0.5)
X = np.random.default_rng(0).standard_normal((400, 20))
X[7], X[8], X[9] = X[3], -X[4], X[5] * (1 + 1e-9)


def everything() -> list[np.ndarray]:
    """All that is shared out to threads; every array is above the size from which it is."""
    weights, pairs, times = Statistics.at(NET, 3.0, 2.0), gram(X), np.linspace(1, 3, 500)
    flat = Pairs(*(np.broadcast_to(field, pairs.xy.shape)[:300, 0] for field in pairs))
    square = blocks(NET, weights, pairs, ("two_time", "ndk"))
    return [*pairs, *square, block(NET, weights, gram(X, X[:350]), "ndk"), pairwise(NET, times, times / 2, flat, "ndk")]


def large(array: np.ndarray) -> bool:
    return array.size >= strips._SHARED


def test_cores_make_no_difference(monkeypatch):
    monkeypatch.setattr(strips, "cores", lambda: 1)
    alone = everything()
    assert sum(map(large, alone)) == 6
    monkeypatch.setattr(strips, "cores", lambda: 3)
    for found, expected in zip(everything(), alone, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_the_mirrored_half_is_what_the_recursion_gives(monkeypatch, activation):
    """Also at two times, where kernels of other activations are not symmetric."""
    net = Network(depth=2, activation=activation, temperature=0.1, sigma2=1.0, sigma02=0.5)
    weights, pairs = Statistics.at(net, 3.0, 2.0), gram(X)
    found = block(net, weights, pairs, "ndk")
    assert np.array_equal(found, found.T) == (activation == "relu")
    monkeypatch.setattr(ndk_num.kernels, "_symmetric", lambda pairs: False)
    np.testing.assert_array_equal(found, block(net, weights, pairs, "ndk"))


def test_one_recursion_gives_several_kinds():
    weights, pairs = Statistics.at(NET, 0.0, 0.0), gram(X)
    for kind, found in zip(kinds := ("ndk", "two_time"), blocks(NET, weights, pairs, kinds), strict=True):
        np.testing.assert_array_equal(found, block(NET, weights, pairs, kind))


def test_every_row_belongs_to_one_slice(monkeypatch):
    monkeypatch.setattr(strips, "_BLOCK", 10)
    for slices in (strips.rows((17, 3)), strips.rows((17, 40)), strips.triangle(17)):
        assert [k for piece in slices for k in range(17)[piece]] == list(range(17))


@pytest.mark.parametrize("count", [1, 2])
def test_errors_and_their_handling_reach_the_caller(monkeypatch, count):
    monkeypatch.setattr(strips, "cores", lambda: count)

    def overflow(piece: slice) -> None:
        np.full(3, 1e200) * 1e200

    slices = strips.rows((1000, 1000))
    with np.errstate(over="ignore"):
        strips.each(overflow, slices, 10**6)
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        strips.each(overflow, slices, 10**6)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork")
def test_a_fork_does_not_hang(monkeypatch):
    monkeypatch.setattr(strips, "cores", lambda: 2)
    everything()
    child = multiprocessing.get_context("fork").Process(target=everything)
    with warnings.catch_warnings(action="ignore"):  # newer Pythons warn of forks beside threads, such as BLAS has
        child.start()
    child.join(60)
    assert child.exitcode == 0


def test_rows_are_identical_when_their_numbers_are_equal():
    """−0.0 and 0.0 are; the same numbers in another order are not."""
    rows = np.array([[0.0, 1.0, 0.1], [-0.0, 1.0, 0.1], [1.0, 0.0, 0.1], [0.1, 1.0, 0.0]])
    xx, xy, yy, root = gram(rows)
    assert (root == 0).tolist() == np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], bool).tolist()
    assert xy[0, 1] == xx[0, 0] == xx[1, 0] == yy[0, 1]
    assert gram(rows[:1], rows[1:]).root.tolist() == root[:1, 1:].tolist()
