"""Activations whose Gaussian averages have no closed form: one file each, discovered like the others."""

from __future__ import annotations

import sys
from functools import cache

from ndk_sym.activations.discovery import found_in
from ndk_sym.activations.numeric.base import NumericActivation

__all__ = ["NumericActivation", "numeric_activations"]


@cache
def numeric_activations() -> dict[str, NumericActivation]:
    """Return every activation without closed form by name, sorted.

    Raises
    ------
    RuntimeError
        If two have the same name.
    """
    found = found_in(sys.modules[__name__], NumericActivation)  # type: ignore[type-abstract]
    return {name: cls() for name, cls in found.items()}
