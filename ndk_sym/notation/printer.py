"""How expressions are printed in this notation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE

from ndk_sym.notation.declare import Entry

__all__ = ["Printer"]

_PRIMES = 3  # that a reader counts at a glance


class Printer(LatexPrinter):
    """SymPy's LaTeX printer with this notation; squares such as σ² take powers as σ^{2n}, not as (σ²)^n."""

    def __init__(self, entries: Iterable[Entry], names: Mapping[sp.Symbol, str]) -> None:
        known = tuple(entries)
        self._squares = {e.symbol: e.latex.removesuffix("^{2}") for e in known if e.latex.endswith("^{2}")}
        self._functions = {e.name: e.latex for e in known if not isinstance(e.symbol, sp.Symbol)}
        symbols = {e.symbol: e.latex for e in known if isinstance(e.symbol, sp.Symbol)}
        super().__init__({"symbol_names": symbols | dict(names), "inv_trig_style": "full"})

    def _print_Pow(self, expr: sp.Pow) -> str:
        if expr.base not in self._squares or not (2 * expr.exp).is_Integer or expr.exp < 0:
            return str(super()._print_Pow(expr))
        power = 2 * expr.exp
        return self._squares[expr.base] + ("" if power == 1 else f"^{{{power}}}")

    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        # t − s, not −s + t
        return sorted(super()._as_ordered_terms(expr, order=order), key=lambda x: bool(x.could_extract_minus_sign()))

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        # brackets around what is differentiated: SymPy's ∂/∂s m K could be (∂m/∂s) K; and φ′(z) for one argument
        if expr.expr.is_Function and expr.expr.args == expr.variables[:1] and not hasattr(expr.expr, "_latex"):
            name, argument = self._hprint_Function(expr.expr.func.__name__), self._print(expr.expr.args[0])
            if len(expr.variables) == 1 or (len(expr.variables) <= _PRIMES and "^" not in name):
                return rf"{name}{chr(39) * len(expr.variables)}{{\left({argument}\right)}}"
        below = " ".join(self._differential(x, n) for x, n in expr.variable_count)
        order = sum(n for _, n in expr.variable_count)
        above = r"\partial" if order == 1 else rf"\partial^{{{self._print(order)}}}"
        inner = self._print(expr.expr)
        body = inner if expr.expr.is_Atom or expr.expr.is_Function else rf"\left[{inner}\right]"
        return rf"\frac{{{above}}}{{{below}}} {body}"

    def _print_transpose(self, expr: sp.Expr, exp: str | None = None) -> str:
        # one superscript each: brackets around a letter that has one, and around the transpose if it has a power
        base = self.parenthesize(expr.args[0], PRECEDENCE["Pow"])
        text = (base if base.startswith(r"\left(") else self.parenthesize_super(base)) + r"^{\top}"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"

    def _differential(self, x: sp.Symbol, n: sp.Expr) -> str:
        """∂x, or ∂x² with the name in braces where it has a superscript of its own."""
        name = self._print(x)
        return rf"\partial {name}" if n == 1 else rf"\partial {self.parenthesize_super(name)}^{{{self._print(n)}}}"

    def _hprint_Function(self, func: str) -> str:
        return self._functions.get(func) or str(super()._hprint_Function(func))
