"""What the pages of all formats have in common: definitions, symbols, levels of the dependency graph."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sympy as sp

from ndk_sym.notation import Entry, entries
from ndk_sym.statement import Derivation, Statement

__all__ = ["Definition", "bound", "definitions", "graph_levels", "operations", "paragraphs", "symbols"]

_LONGEST = 60  # operations of a definition that is still worth reading


@dataclass(frozen=True)
class Definition:
    """What something in a displayed equation stands for; `meaning` is None when it is too long to print."""

    term: sp.Expr
    meaning: sp.Expr | None
    operations: int
    shape: tuple[int, int] | None = None  # of a matrix

    @property
    def summary(self) -> str:
        """What is said of a meaning that is too long to print."""
        if self.shape is None:
            return f"the recursion written out ({self.operations} operations)"
        return f"a matrix of {self.shape[0]} × {self.shape[1]} entries ({self.operations} operations)"


def definitions(statement: Statement) -> tuple[Definition, ...]:
    """Return what the symbols and functions of a statement stand for, as far as the statement says."""
    found: list[Definition] = []
    shown: list[sp.Expr] = [statement.lhs, statement.rhs]
    for pattern, meaning in statement.given:
        if isinstance(pattern, sp.Basic):
            terms = {pattern: sp.sympify(meaning)}
        else:
            applied = set().union(*(expr.atoms(pattern) for expr in shown))
            terms = {term: meaning(*term.args) for term in sorted(applied, key=sp.default_sort_key)}
        for term, value in terms.items():
            if not any(expr.has(term) for expr in shown):
                continue
            length = operations(value)
            readable = length <= _LONGEST
            shape = value.shape if isinstance(value, sp.MatrixBase) else None
            definition = Definition(term, value if readable else None, length, shape)
            if definition not in found:
                found.append(definition)
            if readable:  # what it contains may be defined by the rules that follow
                shown.append(value)
    return tuple(found)


def operations(expr: sp.Expr) -> int:
    """Return the number of operations of an expression as it stands; of a matrix with each entry as one."""
    if isinstance(expr, sp.MatrixBase):
        return sum(1 + operations(entry) for entry in expr)
    counted: dict[sp.Basic, int] = {}
    for node in sp.postorder_traversal(expr):
        if node not in counted:
            counted[node] = bool(node.args) + sum(counted[arg] for arg in node.args)
    return counted[expr]


def symbols(derivation: Derivation) -> tuple[Entry, ...]:
    """Return the entries of the notation that the displayed equations and definitions use."""
    used: set[sp.Symbol | str] = set()  # symbols themselves, since a local δ is not the notation's; functions by name
    for step in derivation.steps:
        meanings = [definition.meaning for definition in definitions(step.statement) if definition.meaning is not None]
        for side in (step.statement.lhs, step.statement.rhs, *meanings):
            used |= side.atoms(sp.Symbol) | {call.func.__name__ for call in side.atoms(sp.Function)}
    return tuple(e for e in entries() if (e.symbol if isinstance(e.symbol, sp.Symbol) else e.name) in used)


def graph_levels(derivation: Derivation) -> dict[str, int]:
    """Return the level of every step and lemma: one more than the highest that it uses."""
    levels: dict[str, int] = {}
    for step in derivation.steps:
        for used in step.uses:
            levels.setdefault(used, 0)
        levels[step.id] = max((levels[used] + 1 for used in step.uses), default=0)
    return levels


def bound(residual: float | None) -> str:
    """A residual in words: an exact zero, a bound, or nothing."""
    if residual is None:
        return "–"
    return "0" if residual == 0 else f"{residual:.0e}"


def paragraphs(argument: str) -> list[tuple[str, str]]:
    """Split a text into ("text", …) paragraphs and ("display", …) blocks, which are indented in the source."""
    blocks: list[tuple[str, str]] = []
    for block in re.split(r"\n\s*\n", argument.strip()):
        if not block.strip():
            continue
        if block.startswith("    "):
            blocks.append(("display", "\n".join(line.strip() for line in block.splitlines())))
        else:
            blocks.append(("text", " ".join(block.split())))
    return blocks
