"""Activation functions: one file each, discovered by importing every module of this package."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from ndk_sym.activations.base import Activation
from ndk_sym.errors import InputError

__all__ = ["Activation", "activation", "names"]


@cache
def _registry() -> dict[str, Activation]:
    found: dict[str, Activation] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name == "base":
            continue
        # An import error here is a broken activation and must be seen.
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        for cls in vars(loaded).values():
            if isinstance(cls, type) and issubclass(cls, Activation) and cls.__module__ == loaded.__name__:
                if cls.name in found:
                    raise RuntimeError(f"two activations are called {cls.name!r}: rename one of them")
                found[cls.name] = cls()
    return dict(sorted(found.items()))


def names() -> tuple[str, ...]:
    """Return the names of all registered activations, sorted."""
    return tuple(_registry())


def activation(name: str | Activation) -> Activation:
    """Return the activation registered under `name`.

    Parameters
    ----------
    name : str or Activation
        A name listed by `ndk_sym.activations()`; an `Activation` is returned as it is.

    Returns
    -------
    Activation
        With `.phi(z)`, `.dual(a, c, b)`, `.dual_derivative(a, c, b)` and `.mean(a)` as SymPy expressions.

    Raises
    ------
    InputError
        If no activation has that name.
    """
    if isinstance(name, Activation):
        return name
    if name not in _registry():
        raise InputError(f"activation {name!r} is not known; choose one of {', '.join(names())}")
    return _registry()[name]
