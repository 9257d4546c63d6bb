"""How activations are found: every module of a package is imported, and the subclasses it defines are collected."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

from ndk_sym.activations.base import Activation

__all__ = ["found_in"]

Kind = TypeVar("Kind", bound=Activation)


def found_in(package: ModuleType, base: type[Kind]) -> dict[str, type[Kind]]:
    """Return the subclasses of `base` that the modules of a package define, by name, sorted.

    Raises
    ------
    RuntimeError
        If two have the same name.
    """
    found: dict[str, type[Kind]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        # An import error here is a broken activation and must be seen.
        loaded = importlib.import_module(f"{package.__name__}.{module.name}")
        for cls in vars(loaded).values():
            if isinstance(cls, type) and issubclass(cls, base) and cls.__module__ == loaded.__name__:
                if cls is base:
                    continue
                if cls.name in found:
                    raise RuntimeError(f"two activations are called {cls.name!r}: rename one of them")
                found[cls.name] = cls
    return dict(sorted(found.items()))
