"""Activations whose Gaussian averages have no closed form: one file each, discovered like the others."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

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
    found: dict[str, NumericActivation] = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        for cls in vars(loaded).values():
            if isinstance(cls, type) and issubclass(cls, NumericActivation) and cls.__module__ == loaded.__name__:
                if cls is NumericActivation:
                    continue
                if cls.name in found:
                    raise RuntimeError(f"two activations are called {cls.name!r}: rename one of them")
                found[cls.name] = cls()
    return dict(sorted(found.items()))
