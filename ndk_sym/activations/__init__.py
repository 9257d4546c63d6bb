"""Activation functions: one file each, discovered by importing every module of this package."""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import Any

import sympy as sp

from ndk_sym.activations.base import Activation
from ndk_sym.activations.discovery import found_in
from ndk_sym.activations.numeric import NumericActivation, numeric_activations
from ndk_sym.errors import InputError

__all__ = ["Activation", "NumericActivation", "activation", "names", "registered"]

_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\(([^()]*)\))?\s*")
_VALUE = re.compile(r"\s*(?:([A-Za-z_]\w*)\s*=)?\s*([+-]?[\d.]+(?:[eE][+-]?\d{1,3})?(?:/\d+)?)\s*")
_LONGEST = 200  # characters of a call
VARIABLE = re.compile(r"\b[xz]\b")  # what makes a text a formula instead of a call


@cache
def registered() -> dict[str, type[Activation]]:
    """Return the class of every activation by name, sorted.

    Raises
    ------
    RuntimeError
        If two have the same name.
    """
    return found_in(sys.modules[__name__], Activation)  # type: ignore[type-abstract]


def names(*, paper: bool = False, numeric: bool = False) -> tuple[str, ...]:
    """Return the names of the activations that have closed forms, sorted.

    Parameters
    ----------
    paper : bool
        Only those that the paper treats.
    numeric : bool
        Instead those without closed form, whose averages are computed by quadrature.
    """
    if numeric:
        return tuple(numeric_activations())
    return tuple(name for name, cls in registered().items() if cls.paper or not paper)


def activation(name: str | Activation | sp.Expr) -> Activation:
    """Return an activation.

    Parameters
    ----------
    name : str, Activation or sympy.Expr
        A name listed by `ndk_sym.activations()` or `ndk_sym.activations(numeric=True)`, a call with numbers such as
        ``"leaky_relu(0.1)"`` or ``"sin(frequency=2)"``, a formula such as ``"x*tanh(x)"``, or an expression in one
        symbol; an `Activation` is returned as it is.

    Returns
    -------
    Activation
        With `.phi(z)`, `.dual(a, c, b)`, `.dual_derivative(a, c, b)` and `.mean(a)` as SymPy expressions; these are
        unevaluated integrals where there is no closed form (`NumericActivation`).

    Raises
    ------
    InputError
        If no activation has that name, its parameters are not what it takes, or a formula is not admissible.
    """
    if isinstance(name, Activation):
        return name
    if isinstance(name, sp.Expr) or (isinstance(name, str) and VARIABLE.search(name[:_LONGEST])):
        from ndk_sym.user_activations import of_expression, of_text

        return of_text(name) if isinstance(name, str) else of_expression(name)
    if isinstance(name, str) and name.strip() in numeric_activations():
        return numeric_activations()[name.strip()]
    call = _CALL.fullmatch(name) if isinstance(name, str) and len(name) <= _LONGEST else None
    if call is None or call[1] not in registered():
        shown = name if not isinstance(name, str) or len(name) <= _LONGEST else f"{name[:60]}…"
        raise InputError(f"activation {shown!r} is not known; choose one of {', '.join(names())}")
    values, named = _arguments(name, call[2] or "")
    return _made(call[1], tuple(values), tuple(sorted(named.items())))


@cache
def _made(name: str, values: tuple[Any, ...], named: tuple[tuple[str, Any], ...]) -> Activation:
    return registered()[name](*values, **dict(named))


def _arguments(call: str, text: str) -> tuple[list[str], dict[str, str]]:
    """The numbers between the brackets of a call, by position and by name."""
    values: list[str] = []
    named: dict[str, str] = {}
    for part in text.split(",") if text.strip() else []:
        found = _VALUE.fullmatch(part)
        if found is None or (named and not found[1]) or found[1] in named:
            raise InputError(f"{call!r} is not a call with numbers such as leaky_relu(0.1) or leaky_relu(negative=0.1)")
        if found[1]:
            named[found[1]] = found[2]
        else:
            values.append(found[2])
    return values, named
