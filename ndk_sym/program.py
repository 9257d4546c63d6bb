"""Straight-line programs: a deep expression as short named steps.

A kernel of depth L written as one formula grows exponentially with L; as steps, layer after layer, it grows
linearly. Every route out of a closed form (a single expression, LaTeX, code, numbers) starts from a program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

__all__ = ["Program"]

Step = tuple[sp.Symbol, sp.Expr]
Rewrite = Callable[[sp.Expr], sp.Expr]


@dataclass(frozen=True)
class Program:
    """Named steps in order, each in the arguments and earlier steps, and a result.

    Parameters
    ----------
    args : tuple of sympy.Symbol
        The function's arguments, in order; a program may ignore some.
    steps : tuple of (sympy.Symbol, sympy.Expr)
        Definitions in an order in which they can be evaluated.
    result : sympy.Expr
        The value, in the arguments and the steps.
    """

    args: tuple[sp.Symbol, ...]
    steps: tuple[Step, ...]
    result: sp.Expr

    def __post_init__(self) -> None:
        known = set(self.args)
        for name, expr in self.steps:
            _require_known(expr, known)
            known.add(name)
        _require_known(self.result, known)

    @classmethod
    def of_needed(cls, args: Sequence[sp.Symbol], steps: Iterable[Step], result: sp.Expr) -> Program:
        """Return the program of those steps that the result needs."""
        needed = set(result.free_symbols)
        kept: list[Step] = []
        for name, expr in reversed(list(steps)):
            if name in needed:
                kept.append((name, expr))
                needed |= expr.free_symbols
        return cls(tuple(args), tuple(reversed(kept)), result)

    def inlined(self) -> Program:
        """Return the program without steps that are only another name or a number."""
        values: dict[sp.Symbol, sp.Expr] = {}
        steps: list[Step] = []
        for name, expr in self.steps:
            inserted = expr.xreplace(values)
            if inserted.is_Atom:
                values[name] = inserted
            else:
                steps.append((name, inserted))
        return Program(self.args, tuple(steps), self.result.xreplace(values))

    def shared(self) -> Program:
        """Return the program with common subexpressions named `x0, x1, …`, nothing rewritten."""
        taken = {*self.args, *(name for name, _ in self.steps)}
        fresh = (x for x in sp.numbered_symbols("x", real=True) if x.name not in {k.name for k in taken})
        expressions = [*(expr for _, expr in self.steps), self.result]
        common, reduced = sp.cse(expressions, symbols=fresh)
        definitions = dict(common) | {name: expr for (name, _), expr in zip(self.steps, reduced, strict=False)}
        steps: dict[sp.Symbol, sp.Expr] = {}
        # the common parts come first in SymPy's answer, though some need a step: put each before its use
        for name, _ in self.steps:
            _place(name, definitions, steps)
        for symbol in sorted(reduced[-1].free_symbols, key=str):
            _place(symbol, definitions, steps)
        return Program(self.args, tuple(steps.items()), reduced[-1])

    def operations(self) -> int:
        """Return how many nodes the program has when it is written as a single expression."""
        sizes: dict[sp.Symbol, int] = {}
        for name, expr in self.steps:
            sizes[name] = _size(expr, sizes)
        return _size(self.result, sizes)

    def expanded(self) -> sp.Expr:
        """Return the program as a single expression in its arguments."""
        values: dict[sp.Symbol, sp.Expr] = {}
        for name, expr in self.steps:
            values[name] = expr.xreplace(values)
        return self.result.xreplace(values)

    def rewritten(self, rewrite: Rewrite, *, extra: tuple[sp.Symbol, ...] = ()) -> Program:
        """Return the program with `rewrite` applied everywhere, and `extra` arguments appended."""
        steps = tuple((name, rewrite(expr)) for name, expr in self.steps)
        return Program((*self.args, *extra), steps, rewrite(self.result))

    def renamed(self, names: Mapping[sp.Symbol, sp.Symbol]) -> Program:
        """Return the program with arguments and steps renamed."""
        args = tuple(names.get(arg, arg) for arg in self.args)
        steps = tuple((names.get(name, name), expr.xreplace(dict(names))) for name, expr in self.steps)
        return Program(args, steps, self.result.xreplace(dict(names)))


def _require_known(expr: sp.Expr, known: set[sp.Symbol]) -> None:
    unknown = expr.free_symbols - known
    if unknown:
        raise ValueError(f"a step needs {sorted(map(str, unknown))}, which nothing before it defines")


def _size(expr: sp.Expr, sizes: Mapping[sp.Symbol, int]) -> int:
    return sum(sizes.get(node, 1) for node in sp.preorder_traversal(expr))


def _place(symbol: sp.Symbol, definitions: Mapping[sp.Symbol, sp.Expr], placed: dict[sp.Symbol, sp.Expr]) -> None:
    if symbol in placed or symbol not in definitions:
        return
    for needed in sorted(definitions[symbol].free_symbols, key=str):
        _place(needed, definitions, placed)
    placed[symbol] = definitions[symbol]
