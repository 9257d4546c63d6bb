"""An explicit finite network with an unspecified activation: its output as an expression in the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import ArgumentIndexError

__all__ = ["Network", "Output", "network", "phi", "phi_slope"]


class phi_slope(sp.Function):
    """φ′ of an unspecified activation."""

    nargs = 1
    is_real = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = rf"\phi'\left({printer._print(self.args[0])}\right)"
        return text if exp is None else rf"{text}^{{{exp}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"φ′({printer._print(self.args[0])})"


class phi(sp.Function):
    """An unspecified activation, with φ′ its derivative."""

    nargs = 1
    is_real = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """φ′."""
        if argindex == 1:
            return phi_slope(self.args[0])
        raise ArgumentIndexError(self, argindex)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = rf"\phi\left({printer._print(self.args[0])}\right)"
        return text if exp is None else rf"{text}^{{{exp}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"φ({printer._print(self.args[0])})"


class Output(sp.Function):
    """The output as a function of a mark (0 at t, 1 at s) and of all its weights, printed without them."""

    is_real = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return "f'" if self.args[0] else "f"

    def _sympystr(self, printer: Any) -> str:
        return "f′" if self.args[0] else "f"


@dataclass(frozen=True)
class Network:
    """A network of width N with one input, at one time.

    Attributes
    ----------
    weights : tuple of tuples
        The readout, then the layers of weights from the last to the first.
    values : tuple of tuples
        For each hidden layer from the first: its pre-activations, as expressions.
    names : tuple of tuples
        Symbols that stand for these.
    output : sympy.Expr
        f(x) with the symbols of the last layer.
    """

    weights: tuple[tuple[sp.Symbol, ...], ...]
    names: tuple[tuple[sp.Symbol, ...], ...]
    values: tuple[tuple[sp.Expr, ...], ...]
    output: sp.Expr
    function: sp.Expr

    @property
    def flat(self) -> tuple[sp.Symbol, ...]:
        """All weights in order."""
        return tuple(weight for layer in self.weights for weight in layer)

    @property
    def rules(self) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        """What the output and the pre-activations are, the last layer first."""
        layers = [
            pair
            for names, values in reversed(list(zip(self.names, self.values, strict=True)))
            for pair in zip(names, values, strict=True)
        ]
        return (self.function, self.output), *layers


def network(depth: int, width: int, x: sp.Symbol, *, mark: int) -> Network:
    """Return a network with `depth` hidden layers of `width` neurons, and one input. (1)(2)

    Parameters
    ----------
    depth, width : int
    x : sympy.Symbol
        The input.
    mark : int
        0 for the weights at time t, 1 for those at s, which carry a prime.
    """
    prime = "'" * mark
    size = sp.sqrt(width)
    numbers = range(1, width + 1)
    activity: list[sp.Expr] = [x]
    weights, names, values = [], [], []
    for layer in range(1, depth + 1):
        letter = {1: "W", 2: "V"}[layer]
        below = range(1, len(activity) + 1)
        matrix = [[sp.Symbol(f"{letter}{prime}_{i}{j}", real=True) for j in below] for i in numbers]
        scale = 1 if layer == 1 else size
        values.append(tuple(sum(w * y for w, y in zip(row, activity, strict=True)) / scale for row in matrix))
        names.append(tuple(sp.Symbol(f"{'zh'[layer - 1]}{prime}_{i}", real=True) for i in numbers))
        weights.append(tuple(w for row in matrix for w in row))
        activity = [phi(name) for name in names[-1]]
    readout = tuple(sp.Symbol(f"a{prime}_{i}", real=True) for i in numbers)
    ordered = (readout, *reversed(weights))
    output = sum((a * y for a, y in zip(readout, activity, strict=True)), sp.Integer(0)) / size
    function = Output(mark, *(w for layer in ordered for w in layer))
    return Network(ordered, tuple(names), tuple(values), output, function)
