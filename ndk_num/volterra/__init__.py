"""Methods for the integral equation (16)–(17): one file each, found by its `solve`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

from ndk_num.errors import InputError, shortened
from ndk_num.volterra.checkpoint import Checkpoint, fingerprint
from ndk_num.volterra.problem import Problem, Progress, Solution
from ndk_num.volterra.resources import Resources

__all__ = [
    "Checkpoint", "Method", "Problem", "Progress", "Resources", "Solution", "fingerprint", "method", "methods",
]  # fmt: skip

Method = Callable[[Problem, float, Progress, Resources], Solution]  # (problem, rtol, progress, resources)


@cache
def _registry() -> dict[str, Method]:
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.__name__.rpartition(".")[2]: module.solve for module in modules if hasattr(module, "solve")}


def methods() -> tuple[str, ...]:
    """Return the names of all methods."""
    return tuple(_registry())


def method(name: str) -> Method:
    """Return the method called `name`; InputError if there is none."""
    if not isinstance(name, str) or name not in methods():
        raise InputError(f"method {shortened(name)} is not known; choose one of {', '.join(methods())}")
    return _registry()[name]
