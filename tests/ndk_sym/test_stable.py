"""What stable functions mean is what their routines compute, and what they are differentiated to."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from ndk_sym import runtime
from ndk_sym.stable import ArcWedge, exact, stable_functions
from tests.tolerances import FOURTEEN_DIGITS

ROUTINES = {"hypot": np.hypot}  # NumPy's own is exact enough
ANY = (sp.Rational(9, 4), sp.Rational(3, 4), sp.Rational(5, 4))


def given(function):
    """Numbers that are the same as floats, in the domain of the function."""
    count = function.nargs.args[0]
    return (sp.Integer(2), *ANY[1:]) if function is ArcWedge else ANY[-1:] if count == 1 else ANY[:count]


@pytest.mark.parametrize("function", stable_functions(), ids=lambda function: function.runtime)
def test_a_function_means_what_its_routine_computes(function):
    routine = ROUTINES.get(function.runtime) or getattr(runtime, function.runtime)
    computed = routine(*(int(x) if x.is_Integer else np.float64(float(x)) for x in given(function)))
    assert abs(float(sp.N(function.definition(*given(function)), 30)) / float(computed) - 1) < FOURTEEN_DIGITS
    assert exact(function(*given(function)) + 1) == function.definition(*given(function)) + 1


DIFFERENTIABLE = [function for function in stable_functions() if function is not ArcWedge]  # its degree is a number


@pytest.mark.parametrize("function", DIFFERENTIABLE, ids=lambda function: function.runtime)
def test_the_slopes_are_those_of_what_a_function_means(function):
    numbers = given(function)
    symbols = [sp.Symbol(f"x{k}", positive=True) for k, _ in enumerate(numbers)]
    at = dict(zip(symbols, numbers, strict=True))
    for symbol in at:
        found = exact(sp.diff(function(*symbols), symbol)).subs(at)
        assert abs(sp.N(found - sp.diff(function.definition(*symbols), symbol).subs(at), 20)) < FOURTEEN_DIGITS
