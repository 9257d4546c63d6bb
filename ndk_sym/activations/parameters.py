"""Parameters of activations, such as the slope in `leaky_relu(0.1)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from ndk_sym.errors import InputError

__all__ = ["Parameter", "bound"]


@dataclass(frozen=True)
class Parameter:
    """One parameter of an activation.

    Attributes
    ----------
    name, letter, meaning : str
        What it is called in calls and, as LaTeX, in formulas; what it does.
    default : sympy.Rational or None
        Its value where none is given; None if one must be given.
    low, high : sympy.Rational
        The least and the greatest value allowed.
    degree : bool
        Whether it is a whole number that decides the shape of the formulas, so that each value has code of its own;
        others are arguments of the generated code.
    """

    name: str
    letter: str
    meaning: str
    default: sp.Rational | None = None
    low: sp.Rational | int = -100
    high: sp.Rational | int = 100
    degree: bool = False

    @property
    def symbol(self) -> sp.Symbol:
        """The parameter in formulas."""
        return sp.Symbol(self.name, positive=True) if self.low > 0 else sp.Symbol(self.name, real=True)

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        kind = "a whole number" if self.degree else "a number"
        return f"{self.name} ({self.meaning}) is {kind} from {self.low} to {self.high}"

    def check(self, value: Any) -> sp.Rational:
        """Return a value as an exact number.

        Raises
        ------
        InputError
            If it is not a number inside the bounds.
        """
        number = _exact(value)
        if number is None or not self.low <= number <= self.high or (self.degree and not number.is_Integer):
            raise InputError(f"{self.name} = {value} is not allowed: {self.allowed}")
        return number


def _exact(value: Any) -> sp.Rational | None:
    """A decimal text, a fraction or a number as a rational; a float is the decimal number it prints as."""
    try:
        return sp.Rational(repr(value) if isinstance(value, float) else value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None


def bound(
    owner: str, parameters: Sequence[Parameter], values: Sequence[Any], named: Mapping[str, Any]
) -> dict[str, sp.Expr]:
    """Return the value of every parameter of the activation `owner`, by name; a parameter's own symbol stays.

    Raises
    ------
    InputError
        If there are too many values, an unknown name, one given twice, one missing, or one not allowed.
    """
    expected = [p.name for p in parameters]
    given = dict(zip(expected, values, strict=False))
    takes = f"{owner} takes {'; '.join(p.allowed for p in parameters) or 'no parameters'}"
    if len(values) > len(expected):
        raise InputError(f"{len(values)} values were given; {takes}")
    for name, value in named.items():
        if name not in expected or name in given:
            raise InputError(f"{name} = {value} is {'given twice' if name in given else 'not known'}; {takes}")
        given[name] = value
    missing = [p.name for p in parameters if p.name not in given and p.default is None]
    if missing:
        raise InputError(f"{missing[0]} is missing; {takes}")
    chosen = {p: given.get(p.name, p.default) for p in parameters}
    return {p.name: value if value == p.symbol else p.check(value) for p, value in chosen.items()}
