"""Survivors of the hand-written code that were looked at: mutants that no test can tell from the original, and why."""

from __future__ import annotations

from tests.mutation.equivalent import Rule, reason
from tests.mutation.operators import Mutant

__all__ = ["why_equivalent"]

_RULES: tuple[Rule, ...] = (  # module, what the mutant says of itself, reason
)  # fmt: skip


def why_equivalent(module: str, mutant: Mutant) -> str:
    """Why this mutant of a hand-written module is none; empty if that is not known."""
    return reason(_RULES, module, mutant)
