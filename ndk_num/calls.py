"""Which generated module an activation such as `leaky_relu(0.1)` needs, and the values of its parameters.

Certificates name the parameters of their modules; nothing is known here about any activation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from ndk_num.errors import GeneratedCodeError, InputError, shortened

__all__ = ["Bound", "Entry", "bound", "catalogue"]

_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\(([^()]*)\))?\s*")
_VALUE = re.compile(r"\s*(?:([A-Za-z_]\w*)\s*=)?\s*([+-]?[\d.]+(?:[eE][+-]?\d{1,3})?(?:/\d+)?)\s*")
_WITHOUT = {"__init__", "runtime"}  # modules that have no certificate of their own
_LONGEST = 200  # characters of a call


@dataclass(frozen=True)
class Parameter:
    """One parameter, as the certificate describes it; `degree` is the value that the module was made for."""

    name: str
    meaning: str
    default: float | None
    low: float
    high: float
    degree: int | None

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        return f"{self.name} ({self.meaning}) from {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Entry:
    """One generated layer map: its module, its activation's name and parameters.

    If `numeric`, the module holds φ and φ' alone, and their averages are computed by quadrature.
    """

    module: str
    name: str
    parameters: tuple[Parameter, ...]
    infinite_gradients: bool
    numeric: bool = False


@dataclass(frozen=True)
class Bound:
    """A module and the values of the arguments that follow (a, c, b)."""

    entry: Entry
    values: tuple[float, ...]


@cache
def catalogue(directory: Path) -> Mapping[str, tuple[Entry, ...]]:
    """Return the generated layer maps by the name of their activation, sorted.

    Raises
    ------
    GeneratedCodeError
        If a certificate is missing or cannot be read.
    """
    bare = {path.stem for path in directory.glob("*.py")} - {path.stem for path in directory.glob("*.json")}
    if bare - _WITHOUT:
        missing = directory / f"{min(bare - _WITHOUT)}.json"
        raise GeneratedCodeError(f"{missing} is missing; run `ndk generate`")
    found: dict[str, list[Entry]] = {}
    for path in sorted(directory.glob("*.json")):
        try:
            about = json.loads(path.read_bytes()).get("activation")
            if about is not None:
                parameters = tuple(Parameter(**p) for p in about["parameters"])
                numeric = about.get("averages") == "numeric"
                entry = Entry(path.stem, about["name"], parameters, about["infinite_gradients"], numeric)
                found.setdefault(entry.name, []).append(entry)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise GeneratedCodeError(f"{path} is not a certificate; run `ndk generate`") from error
    return {name: tuple(found[name]) for name in sorted(found)}


def bound(call: object, known: Mapping[str, Sequence[Entry]]) -> Bound:
    """Return the module and the parameters that a name, or a call with numbers, stands for.

    Raises
    ------
    InputError
        If the name is not known, a value is not allowed, or no code was generated for a degree.
    """
    match = _CALL.fullmatch(call) if isinstance(call, str) and len(call) <= _LONGEST else None
    if match is None or match[1] not in known:
        raise InputError(f"activation {shortened(call)} is not known; choose one of {', '.join(known)}")
    entries = known[match[1]]
    given = _given(match[1], match[2] or "", entries[0].parameters)
    values = {p.name: _checked(p, given.get(p.name, p.default), call) for p in entries[0].parameters}
    for entry in entries:
        if all(p.degree is None or values[p.name] == p.degree for p in entry.parameters):
            return Bound(entry, tuple(values[p.name] for p in entry.parameters if p.degree is None))
    made = ", ".join(f"{p.name} = {p.degree}" for entry in entries for p in entry.parameters if p.degree is not None)
    raise InputError(f"no code was generated for {call}; there is code for {made}")


def _given(name: str, text: str, parameters: Sequence[Parameter]) -> dict[str, str]:
    """The numbers between the brackets of a call, by the names of the parameters."""
    takes = f"{name} takes {'; '.join(p.allowed for p in parameters) or 'no parameters'}"
    given: dict[str, str] = {}
    parts = text.split(",") if text.strip() else []
    if len(parts) > len(parameters):
        raise InputError(f"{name}({text}) has {len(parts)} values; {takes}")
    named = False
    for position, part in enumerate(parts):
        match = _VALUE.fullmatch(part)
        if match is None or (named and not match[1]):
            raise InputError(f"{part.strip()!r} in {name}({text}) is not a number; {takes}")
        named, key = named or bool(match[1]), match[1] or parameters[position].name
        if key in given or key not in {p.name for p in parameters}:
            raise InputError(f"{key} in {name}({text}) is {'given twice' if key in given else 'not known'}; {takes}")
        given[key] = match[2]
    return given


def _checked(parameter: Parameter, text: str | float | None, call: object) -> float:
    if text is None:
        raise InputError(f"{parameter.name} is missing in {call}: {parameter.allowed}")
    try:
        value = float(Fraction(text))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise InputError(f"{parameter.name} = {text} is not a number: {parameter.allowed}") from None
    if not parameter.low <= value <= parameter.high:
        raise InputError(f"{parameter.name} = {text} is not allowed: {parameter.allowed}")
    return value
