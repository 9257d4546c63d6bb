"""The writer of generated modules: exact, deterministic, and readable enough to be reviewed."""

import os
import subprocess
import sys

import numpy as np
import pytest
import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.activations import names
from ndk_sym.certify import load
from ndk_sym.emit import NOTICE, emit, emit_runtime, text_hash
from ndk_sym.generate import default_target
from ndk_sym.routines import Module, Output, Routine, modules
from ndk_sym.stable import Expm1, Hypot, exact
from tests.tolerances import PRINTED_EXPRESSION

a, b, c = nt.a, nt.b, nt.c
HASHES = "from ndk_sym.emit import *; from ndk_sym.routines import *; [print(text_hash(emit(m))) for m in modules()]"


def module_of(*expressions):
    outputs = tuple(
        Output(f"y{k}", f"y_{k}", sp.sympify(e), sp.sympify(e), lambda: 0) for k, e in enumerate(expressions)
    )
    return Module("probe", "Probe", "Nothing.", (Routine("probe", "y", (a, c, b), outputs),))


@pytest.mark.parametrize(
    "expression",
    [
        a / 3, -a / 3, 2 * a / 3, a / (3 * b), a * c / 2, (a + c) / 2, 1 / a, a**-2, 1 / sp.sqrt(a + 1), sp.sqrt(a / b),
        a ** sp.Rational(3, 2), a ** sp.Rational(-3, 2), -sp.pi * (a - c) / 7 + c, sp.exp(-a) / 2, 2 ** (-a),
        sp.pi * a, -a * sp.pi, sp.pi / a, sp.sqrt(2) * a, sp.Max(c, 0, a / 2), sp.Min(c, a), sp.Abs(c) * sp.sign(c),
        Expm1(-a) / b, Hypot(a, 2 * c) ** 2, sp.atan2(a, c), (a + b) ** 2 * (a + b + 1), sp.Rational(10**20, 3) * a,
        a - (b - c), a / (b / c), a - (b + c) / 3, -(a + b), (-a) ** 2, -(a**2), 1 / (1 + 1 / a), sp.exp(-a) ** 2,
    ],
    ids=str,
)  # fmt: skip
def test_printed_code_means_the_expression(expression):
    rng = np.random.default_rng(0)
    points = rng.uniform(0.1, 3, 20), rng.uniform(-2, 2, 20), rng.uniform(0.1, 3, 20)
    module = module_of(expression)
    with load(emit(module), emit_runtime()) as code:
        computed = code["probe"](*points)
    rows = [dict(zip((a, c, b), map(sp.Rational, row), strict=True)) for row in zip(*points, strict=True)]
    expected = [float(sp.N(exact(expression).subs(row), 30)) for row in rows]
    np.testing.assert_allclose(computed, expected, rtol=PRINTED_EXPRESSION, atol=PRINTED_EXPRESSION)


def test_shared_pieces_are_computed_once_and_stable_pieces_stay():
    text = emit(module_of(Hypot(a, c) / 2, 3 / Hypot(a, c), sp.sqrt((1 - c) * (1 + c))))
    assert text.count("hypot(") == 1
    assert "sqrt((1 - c)*(c + 1))" in text  # not sqrt(1 - c**2), which cancels


def test_constants_and_partial_dependence_take_the_full_shape():
    with load(emit(module_of(1, c, sp.Rational(1, 3))), emit_runtime()) as code:
        one, cross, third = code["probe"](np.ones((4, 1)), np.float64(0.5), np.ones((1, 3)))
    assert one.shape == cross.shape == third.shape == (4, 3)
    assert (third == 1 / 3).all()
    assert (cross == 0.5).all()
    with load(emit(module_of(c)), emit_runtime()) as code:
        argument = np.zeros(3)
        code["probe"](np.ones(3), argument, np.ones(3))[0] = 7
    assert (argument == 0).all()  # results are no views of arguments


@pytest.mark.parametrize("expression", [sp.Float(0.1) * a, sp.erf(a), sp.Function("mystery")(a)], ids=str)
def test_what_would_be_inexact_or_unknown_is_refused(expression):
    with pytest.raises(ValueError, match=r"rounded silently|only NumPy|no NumPy form"):
        emit(module_of(expression))


def test_the_text_does_not_depend_on_the_hash_seed():
    printed = [
        subprocess.run(
            [sys.executable, "-c", HASHES],
            env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "4711")
    ]  # fmt: skip
    assert printed[0] == printed[1]
    assert printed[0].split() == [text_hash(emit(module)) for module in modules()]


def test_every_activation_and_the_prior_are_emitted():
    found = {module.name: module for module in modules()}
    assert {*names(paper=True), "gelu", "leaky_relu", "hermite_3", "prior"} <= set(found)
    assert len(found) >= 4
    for module in found.values():
        text = emit(module)
        assert text.startswith(NOTICE)
        assert all(routine.expression_hash in text for routine in module.routines)
        assert max(map(len, text.splitlines())) < 500  # a person can read it


def test_the_committed_files_are_what_is_emitted():
    target = default_target()
    for module in modules():
        assert (target / f"{module.name}.py").read_text(encoding="utf-8") == emit(module)
    assert (target / "runtime.py").read_text(encoding="utf-8") == emit_runtime()


def test_the_expression_hash_sees_a_changed_coefficient():
    (routine,) = module_of(a / 2).routines
    (other,) = module_of(a / 3).routines
    assert routine.expression_hash != other.expression_hash
