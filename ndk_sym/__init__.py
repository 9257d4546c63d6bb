"""The theory of infinitely wide networks as SymPy expressions, and the tools that prove and emit them."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ndk_sym.errors import InputError

if TYPE_CHECKING:
    from ndk_sym.activations import activation
    from ndk_sym.activations import names as activations
    from ndk_sym.closed_form import closed_form
    from ndk_sym.verify import verify

__all__ = ["InputError", "activation", "activations", "closed_form", "verify"]

# name → (module that defines it, its name there): loaded on first use, so that importing the package is cheap
_LAZY = {
    "activation": ("ndk_sym.activations", "activation"),
    "activations": ("ndk_sym.activations", "names"),
    "closed_form": ("ndk_sym.closed_form", "closed_form"),
    "verify": ("ndk_sym.verify", "verify"),
}


class _Package(ModuleType):
    """This package, whose functions are not hidden by the submodules that share their names.

    Importing `ndk_sym.verify` would otherwise turn the attribute `verify` from the function into the module.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _LAZY and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, attribute = _LAZY[name]
        globals()[name] = getattr(importlib.import_module(module), attribute)
        return globals()[name]

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
