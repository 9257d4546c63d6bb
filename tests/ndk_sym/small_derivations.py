"""Derivations small enough to see through: one true, one false, one that cannot be decided."""

from __future__ import annotations

import sympy as sp

from ndk_sym.statement import Derivation, Statement, Step

x = sp.Symbol("x", positive=True)
unknown = sp.Function("unknown", real=True)


def a_step(id, lhs, rhs, **fields):
    return Step(Statement(id=id, lhs=lhs, rhs=rhs, title=f"step {id}"), reason="By inspection.", **fields)


def a_derivation(id, *steps):
    return Derivation(
        id=id,
        title=f"Derivation {id}",
        paper="(0)",
        assumptions=("x > 0.",),
        exact="All of it.",
        physicist="Nothing.",
        build=lambda: steps,
    )


def known(*found):
    return {derivation.id: derivation for derivation in found}


TRUE = a_derivation("true", a_step("sum", x + x, 2 * x), a_step("product", x * x, x**2, uses=("sum",)))
FALSE = a_derivation("false", a_step("sum", x + x, 2 * x), a_step("product", x * x, x**3))
OPEN = a_derivation("open", a_step("guess", unknown(x), unknown(x) + 0))
