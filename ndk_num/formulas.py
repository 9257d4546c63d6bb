"""Activations written as formulas: who makes code for them, and how that code is loaded.

Formulas are not understood here. Another package registers an entry point that turns a text into certified code in a
directory; what is loaded is what its certificate describes.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ndk_num.checks import Array
from ndk_num.errors import GeneratedCodeError, InputError, shortened

__all__ = ["GROUP", "compare", "is_formula", "load", "located"]

GROUP = "ndk.expressions"
_VARIABLE = re.compile(r"\b[xz]\b")
_LOOKED_AT = 200  # characters in which the variable is looked for
_AGREEMENT = 1e-12  # with averages of many digits, relative to √(F(a,a,a) F(b,b,b))


def is_formula(text: str) -> bool:
    """Whether a text is a formula in x or z, not a name or a call with numbers."""
    return bool(_VARIABLE.search(text[:_LOOKED_AT]))


def located(text: str) -> tuple[Path, str]:
    """Return the directory and the name of the module made for a formula.

    Raises
    ------
    InputError
        If the formula is refused, or nothing is installed that understands formulas.
    """
    makers = list(entry_points(group=GROUP))
    if not makers:
        raise InputError(
            f"activation {shortened(text)} is a formula, and no installed package makes code for formulas (entry point"
            f" {GROUP}): install ndk again, or choose a registered activation"
        )
    try:
        directory, name = makers[0].load()(text)
    except ValueError as error:
        raise InputError(str(error)) from None
    return Path(directory), str(name)


def load(directory: Path, name: str) -> tuple[ModuleType, Mapping[str, Any]]:
    """Return a module and its certificate; what runs are the bytes that were compared with it.

    Raises
    ------
    GeneratedCodeError
        If the module or its runtime is not the one that the certificate describes.
    """
    try:
        certificate = json.loads((directory / f"{name}.json").read_bytes())
        code = {"runtime": (directory / "runtime.py").read_bytes(), name: (directory / f"{name}.py").read_bytes()}
        recorded = {"runtime": certificate["runtime_sha256"], name: certificate["sha256"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GeneratedCodeError(f"{directory / name}.json is missing or is not a certificate; remove it") from error
    for file, content in code.items():
        if hashlib.sha256(content).hexdigest() != recorded[file]:
            raise GeneratedCodeError(f"{directory / file}.py is not the code that {name}.json certifies; remove it")
    package = f"_ndk_formulas_{recorded['runtime'][:16]}"
    for file in ("", "runtime", name):
        full = f"{package}.{file}".rstrip(".")
        if full not in sys.modules:
            module = ModuleType(full)
            module.__dict__.update(__package__=package, __path__=[], __file__=str(directory / f"{file}.py"))
            sys.modules[full] = module
            if file:
                exec(compile(code[file], str(directory / f"{file}.py"), "exec"), module.__dict__)
    return sys.modules[f"{package}.{name}"], certificate


def compare(
    text: str, dual: Callable[[Array, Array, Array], tuple[Array, Array]], references: Sequence[Mapping[str, str]]
) -> None:
    """Compare quadrature with averages of many digits.

    Raises
    ------
    InputError
        If they differ by more than 1e-12, or there are none.
    """
    if not references:
        raise InputError(f"the certificate of {shortened(text)} has no averages to compare with")
    for row in references:
        a, c, b = (np.array(float(row[key])) for key in "acb")
        for k, key in enumerate(("F", "F_dot")):
            size = np.sqrt(dual(a, a, a)[k] * dual(b, b, b)[k])
            gap = abs(float(dual(a, c, b)[k]) - float(row[key]))
            if not gap <= _AGREEMENT * size:
                raise InputError(
                    f"quadrature of {shortened(text)} gives a {key} at a, c, b = {a}, {c}, {b} that is wrong by"
                    f" {gap / size:.1e}, and {_AGREEMENT:g} is allowed: this activation cannot be used"
                )
