r"""The notation: every symbol of the theory once, with its LaTeX, meaning, domain and equation in the paper.

Other modules import the symbols from here, `entry(name)` looks one up, and `latex(expr)` prints an expression
with this notation. Numbers `(n)` are equations of the paper, `(SI n)` of its supplement. A symbol is one line of one
of the modules of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from ndk_sym.errors import InputError
from ndk_sym.notation import predictor, proximal, replicas, schedules, theory
from ndk_sym.notation.declare import Entry
from ndk_sym.notation.predictor import *  # noqa: F403
from ndk_sym.notation.printer import Printer
from ndk_sym.notation.proximal import *  # noqa: F403
from ndk_sym.notation.replicas import *  # noqa: F403
from ndk_sym.notation.schedules import *  # noqa: F403
from ndk_sym.notation.theory import *  # noqa: F403
from ndk_sym.stable import exact

_MODULES = (theory, predictor, proximal, replicas, schedules)


def entries() -> tuple[Entry, ...]:
    """Return every entry of the notation, in the order in which the theory introduces them."""
    return tuple(row for module in _MODULES for row in module.table.entries)


def entry(name: str) -> Entry:
    """Return the entry of the symbol called `name`.

    Parameters
    ----------
    name : str
        The symbol's name in code, such as ``"sigma02"``.

    Returns
    -------
    Entry

    Raises
    ------
    InputError
        If no symbol has that name.
    """
    for candidate in entries():
        if candidate.name == name:
            return candidate
    raise InputError(f"symbol {name!r} is not known; choose one of {', '.join(e.name for e in entries())}")


def latex(expr: Any, *, names: Mapping[sp.Symbol, str] | None = None) -> str:
    r"""Return LaTeX for a SymPy expression in this notation.

    Parameters
    ----------
    expr : sympy.Basic
        An expression; the opaque functions of `ndk_sym.stable` are printed as what they mean.
    names : mapping, optional
        LaTeX of further symbols.

    Returns
    -------
    str
        LaTeX without math delimiters.
    """
    return str(Printer(entries(), names or {}).doprint(exact(expr) if isinstance(expr, sp.Expr) else expr))
