"""What the notation is made of: a table of entries, one for each symbol, declared where the symbol is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

__all__ = ["Entry", "Table"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One symbol: its name, LaTeX, meaning, domain, and where the paper defines it."""

    symbol: Any  # sp.Symbol, or an undefined function class
    latex: str
    meaning: str
    domain: str
    equation: str

    @property
    def name(self) -> str:
        """The symbol's name in code."""
        return str(self.symbol.name)


class Table:
    """The entries of one module, in the order of its lines; each method declares a symbol and returns it."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every entry declared so far."""
        return tuple(self._entries)

    def real(self, name: str, *about: str) -> sp.Symbol:
        """Declare a real number; `about` is its LaTeX, meaning, domain and equation, here and below."""
        return self._declare(sp.Symbol(name, real=True), *about)

    def positive(self, name: str, *about: str) -> sp.Symbol:
        """Declare a positive number."""
        return self._declare(sp.Symbol(name, positive=True), *about)

    def nonnegative(self, name: str, *about: str) -> sp.Symbol:
        """Declare a number that is not negative."""
        return self._declare(sp.Symbol(name, nonnegative=True), *about)

    def natural(self, name: str, *about: str) -> sp.Symbol:
        """Declare a number of 1, 2, 3, …"""
        return self._declare(sp.Symbol(name, integer=True, positive=True), *about)

    def step(self, name: str, *about: str) -> sp.Symbol:
        """Declare a number of 0, 1, 2, …"""
        return self._declare(sp.Symbol(name, integer=True, nonnegative=True), *about)

    def matrix(self, name: str, *about: str) -> sp.Symbol:
        """Declare a letter for a matrix or a vector: letters do not commute."""
        return self._declare(sp.Symbol(name, commutative=False), *about)

    def function(self, name: str, *about: str) -> Any:
        """Declare a real function."""
        return self._declare(sp.Function(name, real=True), *about)

    def positive_function(self, name: str, *about: str) -> Any:
        """Declare a positive function."""
        return self._declare(sp.Function(name, positive=True), *about)

    def _declare(self, symbol: Any, latex: str, meaning: str, domain: str, equation: str) -> Any:
        self._entries.append(Entry(symbol, latex, meaning, domain, equation))
        return symbol
