"""Certificates of generated code, as `ndk verify` sees them.

`ndk_sym.certify` builds and checks them; this module only gives each an id and turns what it finds into evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ndk_sym.statement import Evidence

__all__ = ["Certificate", "available"]


@dataclass(frozen=True)
class Certificate:
    """A check of one generated module: that its formulas are the theory's, and its code its formulas."""

    id: str
    title: str
    check: Callable[[int], Evidence]
    paper: str = ""


def available() -> dict[str, Certificate]:
    """Return the certificates that can be checked, by id."""
    return {}
