"""The layer maps as numeric code uses them: accuracy, domain, and the refusal of what no certificate covers.

The references are the textbook formulas, typed here a second time, at 80 digits.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath import mp

from ndk_num import layer_maps
from ndk_num.errors import InputError
from ndk_num.layer_maps import activations, dual, layer_map, prior
from tests.tolerances import LAYER_MAP_ULP, PRIOR_ULP

NAMES = ("erf", "linear", "relu")


def relu(a, c, b):
    if a * b == 0:
        return mp.zero, mp.mpf(1) / 4
    if c * c >= a * b:
        return max(c, 0) / 2, mp.mpf(c > 0) / 2
    theta = mp.acos(c / mp.sqrt(a * b))
    rest = mp.pi - theta
    # the digits that sin θ + (π − θ) cos θ loses are among the 80
    return mp.sqrt(a * b) / (2 * mp.pi) * (mp.sin(theta) + rest * mp.cos(theta)), rest / (2 * mp.pi)


def erf(a, c, b):
    p = (1 + 2 * a) * (1 + 2 * b)  # p − 4c² would be negative where an ab of 1e580 was exceeded by its last digit
    return 2 / mp.pi * mp.asin(2 * c / mp.sqrt(p)), 4 / mp.pi / mp.sqrt(1 + 2 * (a + b) + 4 * max(a * b - c * c, 0))


def linear(a, c, b):
    return c, mp.one


TEXTBOOK = {"relu": relu, "erf": erf, "linear": linear}


def admissible(a, c, b):
    """The floats as exact numbers, c moved to the edge where rounding put it outside."""
    a, c, b = mp.mpf(a), mp.mpf(c), mp.mpf(b)
    return a, (mp.sign(c) * mp.sqrt(a * b) * (1 + mp.mpf(10) ** -78) if c * c > a * b else c), b


def ulps(value, expected):
    return float(abs(mp.mpf(float(value)) - expected) / mp.mpf(float(np.spacing(abs(float(expected))))))


moderate = st.floats(-6, 6).map(lambda e: 10.0**e)
extreme = st.floats(-290, 290).map(lambda e: 10.0**e)
inside = st.floats(-1, 1)
near = st.tuples(st.sampled_from([-1.0, 1.0]), st.floats(-16, -1)).map(lambda x: x[0] * (1 - 10.0 ** x[1]))
covariances = st.one_of(
    st.tuples(moderate, inside, moderate),
    st.tuples(moderate, near, moderate),
    st.tuples(extreme, st.one_of(inside, near), extreme),
    st.tuples(moderate, near).map(lambda x: (x[0], x[1], x[0])),
).map(lambda x: (x[0], x[1] * (np.sqrt(x[0]) * np.sqrt(x[2])), x[2]))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=300, deadline=None, derandomize=True)
@given(covariances)
@example((1.0, -1.0 + 1e-12, 1.0))
@example((1.0, 1.0 - 2.0**-53, 1.0))
@example((4.0, -6.0, 9.0))
@example((2.0, 0.0, 3.0))
@example((0.1, 0.1, 0.1))
@example((1e-300, -1e-300, 1e-300))
def test_layer_maps_are_right_to_a_few_ulp(name, point):
    value, slope = dual(name)(*point)
    with mp.workdps(80):
        exact_value, exact_slope = TEXTBOOK[name](*admissible(*point))
        assert ulps(value, exact_value) <= LAYER_MAP_ULP
        assert ulps(slope, exact_slope) <= LAYER_MAP_ULP


@pytest.mark.parametrize("sign", [-1, 1])
def test_exactly_at_the_edge(sign):
    value, slope = dual("relu")([1.0, 4.0, 0.25], [sign * 1.0, sign * 6.0, sign * 1.0], [1.0, 9.0, 4.0])
    assert value.tolist() == ([0.5, 3.0, 0.5] if sign > 0 else [0, 0, 0])
    assert slope.tolist() == ([0.5] * 3 if sign > 0 else [0] * 3)


def test_no_variance():
    points = [0.0, 0.0, 2.0], [0.0, 0.0, 0.0], [0.0, 3.0, 0.0]
    for name in NAMES:
        assert dual(name)(*points)[0].tolist() == [0, 0, 0]
    assert dual("relu")(*points)[1].tolist() == [0.25] * 3  # the documented convention
    assert dual("linear")(*points)[1].tolist() == [1] * 3
    with mp.workdps(30):
        for slope, spread in zip(dual("erf")(*points)[1], (1, 7, 5), strict=True):
            assert ulps(slope, 4 / mp.pi / mp.sqrt(spread)) <= LAYER_MAP_ULP


@pytest.mark.parametrize("name", NAMES)
def test_norm_is_the_diagonal_and_mean_is_right(name):
    a = 10.0 ** np.linspace(-8, 8, 50)
    layer = layer_map(name)
    np.testing.assert_array_max_ulp(layer.norm(a), layer.dual(a, a, a)[0], maxulp=LAYER_MAP_ULP)
    expected = np.sqrt(a / (2 * np.pi)) if name == "relu" else np.zeros(50)
    np.testing.assert_array_max_ulp(layer.mean(a), expected, maxulp=LAYER_MAP_ULP)


@pytest.mark.parametrize("name", NAMES)
def test_symmetry_broadcasting_and_blocks(name, monkeypatch):
    rng = np.random.default_rng(1)
    a, b = rng.uniform(0, 3, (70, 1)), rng.uniform(0, 3, 90)
    c = rng.uniform(-1, 1, (3, 70, 90)) * np.sqrt(a * b)
    whole = dual(name)(a, c, b)
    assert [x.shape for x in whole] == [(3, 70, 90)] * 2
    assert all(x.dtype == np.float64 and x.flags.writeable for x in whole)
    swapped = dual(name)(b, c, a)
    monkeypatch.setattr(layer_maps, "_BLOCK", 100)
    in_blocks = dual(name)(a, c, b)
    entries = [dual(name)(a[i, 0], c[k, i, j], b[j]) for k, i, j in [(0, 0, 0), (1, 33, 5), (2, 69, 89)]]
    for which in (0, 1):
        np.testing.assert_array_max_ulp(whole[which], swapped[which], maxulp=LAYER_MAP_ULP)
        np.testing.assert_array_equal(whole[which], in_blocks[which])
        found = [whole[which][index] for index in [(0, 0, 0), (1, 33, 5), (2, 69, 89)]]
        np.testing.assert_array_max_ulp(np.array(found), np.array([e[which] for e in entries]), maxulp=2)


def test_arguments_are_left_alone():
    arrays = [np.array([2.0, 0.0, 1e-200]), np.array([-0.5, 0.0, 1e-210]), np.array([1.0, 3.0, 1e-200])]
    before = [x.copy() for x in arrays]
    for name in NAMES:
        value, slope = dual(name)(*arrays)
        value += 1
        slope += 1
    for x, y in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(x, y)


def test_a_little_rounding_outside_is_the_edge():
    c = 1 + 4 * np.finfo(float).eps
    for name in NAMES:
        outside, edge = dual(name)(1, c, 1), dual(name)(1, 1, 1)
        np.testing.assert_allclose(outside, edge, rtol=1e-15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 1.0000001, 1), "a = 1, c = 1.000000"),
        ((1e200, 1.1e200, 1e200), "not a covariance"),
        ((1e-200, 1.1e-200, 1e-200), "not a covariance"),
        (([1, 0], [0.5, 1e-3], [1, 1]), "a = 0, c = 0.001"),
        ((-1e-3, 0, 1), "a holds -0.001"),
        ((1, 0, [1, -2]), "b holds -2"),
        ((1, np.nan, 1), "c holds nan"),
        ((np.inf, 0, 1), "a holds inf"),
        ((1, 0.5 + 0j, 1), "real numbers"),
        (("1", 0, 1), "real numbers"),
        ((1, None, 1), "real numbers"),
        (([1, 2], [0, 0, 0], 1), "broadcast"),
        (([[1], [1, 2]], 0, 1), "ragged"),
    ],
)
def test_what_is_no_covariance_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        dual("relu")(*arguments)


@pytest.mark.parametrize("name", ["tan", "prior", "runtime", "", 3, "../relu"])
def test_unknown_names_are_refused(name):
    for function in (dual, layer_map):
        with pytest.raises(InputError, match="choose one of"):
            function(name)
    assert set(NAMES) < set(activations())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.tuples(*[st.floats(0, 100)] * 2),
    st.one_of(st.just(0.0), st.floats(-12, 1).map(lambda e: 10.0**e)),
    *[st.floats(-3, 3).map(lambda e: 10.0**e)] * 2,
)
def test_prior_statistics(times, kappa, sigma2, sigma02):
    s, t = sorted(times)
    statistics = prior()
    with mp.workdps(400):  # 1 - rho^2 is formed by subtraction here, and times may be as small as 5e-324
        k, v, v0 = mp.mpf(kappa), mp.mpf(sigma2), mp.mpf(sigma02)

        def m(t, s):
            t, s = mp.mpf(t), mp.mpf(s)
            return v * mp.exp(-k * (t - s)) + (v0 - v) * mp.exp(-k * (t + s))

        bound = PRIOR_ULP * (1 + 2 * kappa * t)
        assert ulps(statistics.variance(s, kappa, sigma2, sigma02), m(s, s)) <= bound
        assert ulps(statistics.covariance(t, s, kappa, sigma2, sigma02), m(t, s)) <= bound
        complement = 1 - m(t, s) ** 2 / (m(t, t) * m(s, s)) if t > s and kappa else mp.zero
        assert ulps(statistics.complement(t, s, kappa, sigma2, sigma02), complement) <= bound


# -- certificates


@pytest.fixture
def copied(tmp_path):
    package = Path(layer_maps.__file__).parent
    shutil.copytree(package, tmp_path / "ndk_num", ignore=shutil.ignore_patterns("__pycache__", "cli"))
    return tmp_path


def use(root, statement="layer_map('relu').dual(1.0, 0.5, 1.0); prior()"):
    code = f"import ndk_num.layer_maps as m; from ndk_num.layer_maps import *; print(m.__file__); {statement}"
    return subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)


def test_the_untouched_copy_is_accepted(copied):
    result = use(copied)
    assert result.returncode == 0, result.stderr
    assert str(copied) in result.stdout


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("relu.py", "(2*pi)", "(3*pi)"),
        ("relu.py", "\n", "\n\n"),
        ("runtime.py", "0.00119047619", "0.00118906064"),
        ("prior.py", "- sigma2", "+ sigma2"),
        ("relu.json", '"sha256": "', '"sha256": "0'),
        ("prior.json", '"runtime_sha256"', '"runtime"'),
        ("relu.json", "{", ""),
    ],
)
def test_code_without_its_certificate_is_refused(copied, file, right, wrong):
    path = copied / "ndk_num" / "_generated" / file
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    error = use(copied).stderr.strip().splitlines()[-1]
    assert "GeneratedCodeError" in error
    assert file in error
    assert "ndk generate" in error


@pytest.mark.parametrize("file", ["relu.json", "runtime.py", "prior.json"])
def test_missing_files_are_refused(copied, file):
    (copied / "ndk_num" / "_generated" / file).unlink()
    error = use(copied).stderr.strip().splitlines()[-1]
    assert "GeneratedCodeError" in error
    assert file in error


def test_certificates_are_read_once(monkeypatch):
    assert layer_map("relu") is layer_map("relu")
    layer_maps._layer_map.cache_clear()
    monkeypatch.setattr(json, "loads", lambda text: {})
    with pytest.raises(layer_maps.GeneratedCodeError):
        layer_map("relu")
    monkeypatch.undo()
    assert layer_map("relu").name == "relu"
