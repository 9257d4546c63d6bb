"""Kernels in float64 against tables of 50 digits, by a ratchet: no error may grow.

After a change that makes errors smaller: python -m tests.reference.recipe --errors
"""

import hashlib
import random
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from mpmath import mp

import ndk_num.kernels
import ndk_sym
from ndk_num import kernel
from ndk_num.layer_maps import layer_map
from ndk_sym.activations.relu import ReLU
from tests.reference import recipe, tables
from tests.reference.measure import kernels, network, worse
from tests.reference.points import DEPTHS, activations, points

ACTIVATIONS = {found.call: found for found in activations()}
REMEDY = "run python -m tests.reference.recipe"


def stored(call):
    file = tables.path(ACTIVATIONS[call])
    assert file.is_file(), f"{call} has no reference table: {REMEDY}"
    return tables.read(file)


@pytest.mark.parametrize("call", ACTIVATIONS)
def test_no_error_grows(call):
    entries = stored(call)
    assert {e.point for e in entries} <= set(tables.by_name())
    assert {e.depth for e in entries} <= set(DEPTHS)
    assert len(entries) >= 100
    found = worse(call, entries)
    assert not found, "\n".join(found[:10])


@pytest.mark.parametrize("call", ACTIVATIONS)
def test_a_sample_is_what_the_recipe_gives(call):
    """One point each, all kernels at depths up to 3, and the digest of every value."""
    entries = stored(call)
    name = random.Random(call).choice(sorted({e.point for e in entries}))
    exact = recipe.compute(ACTIVATIONS[call], [tables.by_name()[name]], 3)
    assert exact
    assert [replace(e, error="") for e in entries if e.point == name and e.depth <= 3] == exact
    assert tables.digest(entries) == tables.digests()[tables.path(ACTIVATIONS[call]).name], REMEDY


def test_every_table_belongs_to_an_activation_and_every_point_is_used(tmp_path):
    assert {tables.path(found) for found in ACTIVATIONS.values()} == set(tables.files())
    assert {found.name for found in ACTIVATIONS.values()} == set(ndk_sym.activations())
    used = {e.point for call in ("relu", "erf") for e in stored(call)}
    assert used == {point.name for point in points()}
    tables.write_points(tmp_path)
    written = (tmp_path / tables.POINTS).read_bytes()
    assert written == (tables.FOLDER / tables.POINTS).read_bytes(), REMEDY
    assert hashlib.sha256(written).hexdigest() == tables.digests()[tables.POINTS], REMEDY


@pytest.mark.parametrize("call", ["relu", "erf"])
def test_what_is_measured_is_the_public_kernel(call):
    chosen = [p for p in points() if p.stratum in ("generic", "start", "lag", "equilibrium", "zero input")]
    net = network(call, 3, (chosen[0].temperature, chosen[0].sigma2, chosen[0].sigma02))
    for kind, values in kernels(net, chosen).items():
        if kind in ("two_time", "derivative", "ndk"):
            public = [kernel(net, p.t, p.s, [p.x], [p.y], kind)[0, 0] for p in chosen]
            np.testing.assert_allclose(values, public, rtol=1e-15)


@pytest.mark.parametrize("call", ["relu", "erf"])
def test_closed_forms_give_the_same_fifty_digits(call):
    """Another recursion and other forms: the stable ones of `ndk_sym`."""
    chosen = [("generic 1", "ndk"), ("generic 3", "mean")]
    entries = [e for e in stored(call) if e.depth == 2 and (e.point, e.kind) in chosen]
    assert len(entries) == len(chosen)
    for entry in entries:
        p = tables.by_name()[entry.point]
        xx, xy, yy = (
            sum(a * b for a, b in zip(v, w, strict=True)) / 4 for v, w in ((p.x, p.x), (p.x, p.y), (p.y, p.y))
        )
        given = {"k_xx": xx, "k_xy": xy, "k_yy": yy, "sigma2": p.sigma2, "sigma02": p.sigma02}
        given["kappa"] = sp.Rational(p.temperature) / sp.Rational(p.sigma2)
        form = ndk_sym.closed_form(entry.kind, activation=call, depth=2).in_time(sp.Rational(p.t), sp.Rational(p.s))
        value = form.evaluate({str(arg): given[str(arg)] for arg in form.args}, digits=50)
        with mp.workdps(60):
            assert abs(mp.mpf(value) - mp.mpf(entry.value)) <= mp.mpf(10) ** -49 * abs(mp.mpf(entry.value)), entry


@pytest.mark.parametrize("call", ["gaussian", "monomial(3)"])
def test_the_recipe_agrees_with_gaussian_averages(call):
    recipe.confirm(ACTIVATIONS[call], 20)


@pytest.mark.slow
def test_every_value_is_what_the_recipe_gives():
    assert recipe.main(["--check"]) == 0
    for found in ACTIVATIONS.values():
        recipe.confirm(found)


# -- planted defects


@pytest.mark.parametrize("call", ["relu", "erf", "hermite"])
def test_a_layer_map_wrong_by_1e_13_is_caught(call, monkeypatch):
    def wrong(name):
        honest = layer_map(name)

        def scaled(function):
            return function and (lambda *args: tuple((1 + 1e-13) * x for x in function(*args)))

        return replace(honest, **{part: scaled(getattr(honest, part)) for part in ("dual", "layer", "last")})

    entries = stored(call)
    monkeypatch.setattr(ndk_num.kernels, "layer_map", wrong)
    found = worse(call, entries)
    assert any("generic" in line for line in found)
    assert any("equilibrium" in line for line in found)


def test_a_kernel_without_a_value_is_caught(monkeypatch):
    entries = stored("erf")
    monkeypatch.setattr("tests.reference.measure._mean", lambda net, a: a * np.nan)
    assert len(worse("erf", entries)) == sum(e.kind == "mean" for e in entries)


def test_an_edited_digit_is_caught():
    entries = stored("gelu")
    index = len(entries) // 2
    value = entries[index].value
    for position in (3, 20, value.index("e") - 1 if "e" in value else len(value) - 1):  # even the fiftieth
        digit = str((int(value[position]) + 1) % 10)
        edited = replace(entries[index], value=value[:position] + digit + value[position + 1 :])
        changed = [*entries[:index], edited, *entries[index + 1 :]]
        assert tables.digest(changed) != tables.digests()["gelu.csv"]
    assert tables.digest(entries[1:]) != tables.digests()["gelu.csv"]
    assert tables.digest(entries) == tables.digests()["gelu.csv"]


def test_an_edited_digit_is_caught_by_the_full_check():
    entries = [e for e in stored("linear") if e.point == "generic 1"]
    edited = replace(entries[4], value=entries[4].value[:-1] + ("1" if entries[4].value[-1] != "1" else "2"))
    assert len(recipe.differences(ACTIVATIONS["linear"], [*entries[:4], edited, *entries[5:]], [next(points())])) == 1
    assert not recipe.differences(ACTIVATIONS["linear"], entries, [next(points())])


def test_a_wrong_textbook_form_is_caught(monkeypatch):
    """The Gaussian average does not know the closed form."""
    honest = ReLU.dual
    monkeypatch.setattr(ReLU, "dual", lambda self, a, c, b: honest(self, a, c, b) * (1 + sp.Rational(1, 10**15)))
    with pytest.raises(ArithmeticError, match="relu: two_time"):
        recipe.confirm(ReLU(), 20)
