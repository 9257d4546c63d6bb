"""Data sets: what the paper says about them holds, and bad requests meet a clear error."""

import importlib.resources
import sys

import numpy as np
import pytest

from ndk_num.datasets import Dataset, load
from ndk_num.errors import InputError
from tests.tolerances import ROUNDING


def overlaps(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    features = data.X.shape[1]
    return data.X @ data.X.T / features, data.X @ data.X_test.T / features


@pytest.mark.parametrize("count", [2, 6, 100])
def test_synthetic_inputs_are_orthonormal_and_the_test_input_meets_only_the_first(count):
    data = load(f"synthetic:{count}")
    train, test = overlaps(data)
    np.testing.assert_allclose(train, np.eye(count), atol=ROUNDING)
    np.testing.assert_allclose(test[:, 0], [0.5] + [0.0] * (count - 1), atol=ROUNDING)
    np.testing.assert_allclose(np.mean(data.X_test**2, axis=1), 1.0, rtol=ROUNDING)
    assert data.y[0] == 1 and data.y.sum() == 0 and set(data.y) == {1.0, -1.0}
    assert data.y_test.tolist() == [1.0]


def test_synthetic_without_a_number_takes_two_classes_of_per_class():
    assert load("synthetic", per_class=4).X.shape == (8, 9)


@pytest.mark.parametrize(("spec", "features"), [("mnist:3,8", 784), ("faces", 625)])
def test_images_are_normalised_unless_raw(spec, features):
    data, raw = load(spec, per_class=7), load(spec, per_class=7, normalize=False)
    assert data.X.shape == (14, features) and data.X_test.shape == (2, features)
    assert data.y.tolist() == [1.0] * 7 + [-1.0] * 7 and data.y_test.tolist() == [1.0, -1.0]
    for name in ("X", "X_test"):
        scaled, pixels = getattr(data, name), getattr(raw, name)
        np.testing.assert_allclose(np.mean(scaled**2, axis=1), 1.0, rtol=ROUNDING)
        assert pixels.min() >= 0 and pixels.max() <= 1 and pixels.max() > 0.5
        factor = scaled.max(axis=1, keepdims=True) / pixels.max(axis=1, keepdims=True)
        np.testing.assert_allclose(scaled, factor * pixels, atol=10 * ROUNDING)


def test_mnist_digits_are_the_ones_asked_for():
    """A zero is dark in the middle and a one is bright there: swapped labels would be caught."""
    data = load("mnist:0,1", per_class=100)
    centre = data.X.reshape(-1, 28, 28)[:, 12:16, 12:16].mean(axis=(1, 2))
    assert centre[data.y == 1].mean() < 0.3 * centre[data.y == -1].mean()


def test_sample_depends_on_the_seed_and_the_held_out_example_on_nothing_else():
    one, two = load("mnist:0,1", per_class=5), load("mnist:0,4", per_class=9)
    np.testing.assert_array_equal(one.X[:5], two.X[:5])
    np.testing.assert_array_equal(one.X_test[0], two.X_test[0])
    other = load("mnist:0,1", per_class=5, seed=1)
    for part in (slice(None, 5), slice(5, None)):  # either class
        assert not np.array_equal(one.X[part], other.X[part])
    for row in range(2):
        assert not np.array_equal(one.X_test[row], other.X_test[row])
    np.testing.assert_array_equal(one.X, load("mnist:0,1", per_class=5).X)


@pytest.mark.parametrize("spec", ["mnist:0,1", "faces"])
def test_more_held_out_examples_change_nothing_else(spec):
    """Neither the training sample nor the first held-out example; the others do not depend on `per_class`."""
    one, many = (load(spec, per_class=30, test_per_class=count) for count in (1, 40))
    np.testing.assert_array_equal(one.X, many.X)
    np.testing.assert_array_equal(one.X_test, many.X_test[[0, 40]])
    assert many.y_test.tolist() == [1.0] * 40 + [-1.0] * 40
    np.testing.assert_array_equal(many.X_test, load(spec, per_class=7, test_per_class=40).X_test)
    np.testing.assert_array_equal(many.X_test[:20], load(spec, per_class=7, test_per_class=20).X_test[:20])
    together = np.concatenate([many.X, many.X_test])
    assert len(np.unique(together, axis=0)) == len(together)
    assert "40 more of each" in many.description and "one more of each" in one.description


def test_all_examples_may_be_used():
    data = load("faces", per_class=60, test_per_class=40)
    assert len(np.unique(np.concatenate([data.X, data.X_test]), axis=0)) == 200
    with pytest.raises(InputError, match="give per_class of at most 60"):
        load("faces", per_class=61, test_per_class=40)
    with pytest.raises(InputError, match="at most 100 together"):
        load("faces", per_class=1, test_per_class=100)
    with pytest.raises(InputError, match="test_per_class is 0"):
        load("faces", test_per_class=0)


def test_held_out_example_is_not_trained_on():
    data = load("faces", per_class=99)
    assert not (data.X[:, None, :] == data.X_test[None]).all(axis=2).any()
    assert len(np.unique(data.X, axis=0)) == 198


def test_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        load("synthetic:2").X[0, 0] = 7


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("cifar", "synthetic"),
        ("", "synthetic"),
        ("faces:2", "not known"),
        ("synthetic:3", "even"),
        ("synthetic:0", "even"),
        ("synthetic:-2", "even"),
        ("synthetic:", "even"),
        ("synthetic:two", "even"),
        ("synthetic:99999999999999999999", "10000"),
        ("mnist", "two digits"),
        ("mnist:1", "two digits"),
        ("mnist:1,2,3", "two digits"),
        ("mnist:1,10", "two digits"),
        ("mnist:1,-1", "two digits"),
        ("mnist:4,4", "twice"),
        ("nowhere.npz", "does not exist"),
        (7, "string"),
    ],
)
def test_bad_names(spec, message):
    with pytest.raises(InputError, match=message):
        load(spec)


@pytest.mark.parametrize(("spec", "most"), [("mnist:0,1", 499), ("faces", 99)])
def test_too_many_examples_says_how_many_there_are(spec, most):
    assert len(load(spec, per_class=most).X) == 2 * most
    with pytest.raises(InputError, match=f"at most {most}"):
        load(spec, per_class=most + 1)


@pytest.mark.parametrize("option", [{"per_class": 0}, {"per_class": 2.5}, {"per_class": True}, {"seed": -1}])
def test_bad_options(option):
    with pytest.raises(InputError, match=next(iter(option))):
        load("mnist:0,1", **option)


def test_missing_packages_name_the_extra(monkeypatch):
    def absent(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib.resources, "files", absent)
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    for spec in ("mnist:0,1", "faces"):
        with pytest.raises(InputError, match=r"ndk\[data\]"):
            load(spec)


GOOD = {"X": [[3.0, 4.0], [0.0, 2.0], [1e-200, 0.0]], "y": [1.0, -1.0, 1.0], "X_test": [[1.0, 1.0]]}


def saved(folder, **arrays):
    path = folder / "data.npz"
    np.savez(path, **{name: value for name, value in (GOOD | arrays).items() if value is not None})
    return str(path)


def test_npz_is_read_and_normalised(tmp_path):
    data = load(saved(tmp_path, y=np.eye(3), y_test=[[1, 0, 0]]))
    np.testing.assert_allclose(data.X, np.sqrt(2) * np.array([[0.6, 0.8], [0, 1], [1, 0]]), rtol=ROUNDING)
    assert data.y.shape == (3, 3) and data.y_test.shape == (1, 3)
    path = saved(tmp_path)
    assert load(path).y_test is None
    np.testing.assert_array_equal(load(path, normalize=False).X, GOOD["X"])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": None}, "no array X"),
        ({"X_test": None}, "no array X_test"),
        ({"X": [1.0, 2.0, 3.0]}, "X has shape"),
        ({"y": [1.0, 2.0]}, "y has shape"),
        ({"X_test": [[1.0, 2.0, 3.0]]}, "features"),
        ({"y_test": [1.0, 1.0]}, "y_test has shape"),
        ({"y_test": [[1.0]]}, "y_test has shape"),
        ({"X": [[1.0, np.nan]] * 3}, "nan"),
        ({"y": [1.0, np.inf, 1.0]}, "inf"),
        ({"X": [[0.0, 0.0]] * 3}, "normalised"),
        ({"X": np.array([[1, 2], [3, None], [4, 5]], dtype=object)}, "cannot be read"),
        ({"X": [["a", "b"]] * 3}, "dtype"),
        ({"X": [[1j, 2.0]] * 3}, "dtype"),
    ],
)
def test_bad_npz(tmp_path, arrays, message):
    with pytest.raises(InputError, match=message):
        load(saved(tmp_path, **arrays))


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 truncated"])
def test_unreadable_npz(tmp_path, content):
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        load(str(path))


def test_npz_that_is_a_single_array_or_a_folder(tmp_path):
    path = tmp_path / "data.npz"
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(InputError, match="single array"):
        load(str(path))
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        load(str(tmp_path / "folder.npz"))


def test_zero_input_is_kept_with_raw_norms(tmp_path):
    assert not load(saved(tmp_path, X_test=[[0.0, 0.0]]), normalize=False).X_test.any()
