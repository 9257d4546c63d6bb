"""What is claimed: statements, the steps that lead to them, and derivations made of steps.

Nothing is proved here; `ndk_sym.prove` does that. All records are frozen, and building one computes nothing.
"""

from __future__ import annotations

import hashlib
import inspect
import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

import sympy as sp

from ndk_sym.errors import InputError

__all__ = [
    "Check", "Context", "Derivation", "Domain", "Evidence", "Rule", "Statement", "Status", "Step", "domain", "unfolded",
]  # fmt: skip

# (symbol or applied function, expression) or (function, sp.Lambda)
Rule = tuple[Any, Any]

_GRID = 2**20  # sample points are rational numbers: every arithmetic represents them exactly or encloses them
_TRIES = 2000


class Status(StrEnum):
    """How strongly a statement is known to hold, or that it is not."""

    PROVED = "proved"  # exact symbolic zero
    CERTIFIED = "certified"  # ball arithmetic at sample points
    NUMERIC = "numeric"  # digits at sample points
    UNKNOWN = "unknown"  # could not be decided: never a pass
    FALSE = "false"  # a witness shows that it fails

    @property
    def ok(self) -> bool:
        """Whether this counts as a pass."""
        return self in (Status.PROVED, Status.CERTIFIED, Status.NUMERIC)

    @staticmethod
    def weakest(statuses: Iterable[Status]) -> Status:
        """Return the least of `statuses`: a chain is as strong as that. Of nothing, nothing is known."""
        order = list(Status)
        return max(statuses, key=order.index, default=Status.UNKNOWN)


@dataclass(frozen=True)
class Evidence:
    """What a check found: the status, the residual, how it was obtained, and a counter-example if there is one."""

    status: Status
    residual: float | None
    method: str
    detail: str = ""
    witness: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Domain:
    """Where a statement is claimed, as far as sampling needs it; a connected set.

    Parameters
    ----------
    ranges : tuple of (symbol, low, high)
        Other symbols are sampled by their assumptions: (1/4, 2) if positive or not negative, (−1, 1) if real.
    where : tuple of relations
        Conditions that a sample point satisfies, such as k_xy² < k_xx k_yy.
    functions : tuple of rules
        One concrete instance of each abstract function, for sampling only: proofs keep the functions abstract.
    """

    ranges: tuple[tuple[sp.Symbol, Any, Any], ...] = ()
    where: tuple[Any, ...] = ()
    functions: tuple[Rule, ...] = ()

    def points(self, symbols: Iterable[sp.Symbol], *, count: int, seed: str) -> list[dict[sp.Symbol, sp.Rational]]:
        """Draw `count` points; fewer come back only if the conditions are nearly impossible."""
        digest = hashlib.sha256(seed.encode()).digest()
        draw = random.Random(int.from_bytes(digest, "big"))
        needed = set(symbols).union(*(condition.free_symbols for condition in self.where))
        ordered = sorted(needed, key=lambda symbol: (symbol.name, str(symbol.assumptions0)))
        found: list[dict[sp.Symbol, sp.Rational]] = []
        for _ in range(_TRIES):
            point = {symbol: self._drawn(symbol, draw) for symbol in ordered}
            if all(condition.xreplace(point) == sp.true for condition in self.where):
                found.append(point)
            if len(found) == count:
                break
        return found

    def _drawn(self, symbol: sp.Symbol, draw: random.Random) -> sp.Rational:
        given = {s: (low, high) for s, low, high in self.ranges}
        if symbol.is_integer:
            low, high = given.get(symbol, (1, 4))
            return sp.Integer(draw.randint(int(low), int(high)))
        default = (sp.Rational(1, 4), 2) if symbol.is_nonnegative else (-1, 1)
        low, high = given.get(symbol, default)
        return sp.Rational(low) + (sp.Rational(high) - sp.Rational(low)) * sp.Rational(draw.randrange(1, _GRID), _GRID)


def domain(
    ranges: Mapping[sp.Symbol, tuple[Any, Any]] | None = None,
    *,
    where: Sequence[Any] = (),
    functions: Sequence[Rule] = (),
) -> Domain:
    """Return a `Domain`, with the ranges as a mapping symbol → (low, high)."""
    return Domain(
        tuple((symbol, low, high) for symbol, (low, high) in (ranges or {}).items()), tuple(where), tuple(functions)
    )


@dataclass(frozen=True)
class Statement:
    """An equation lhs = rhs, claimed on a domain.

    Parameters
    ----------
    id : str
        A permanent slug, unique within its derivation.
    lhs, rhs : sympy.Expr
        As a reader should see them: derivatives may stand unevaluated, kernels may be undefined functions.
    paper : str
        The paper's equation, such as "(19)" or "(SI 71)"; empty if it is not in the paper.
    domain : Domain
        Where it is claimed.
    given : tuple of rules
        What the symbols and functions of the equation stand for; applied in order, before derivatives are taken. What
        is displayed and what is checked are thereby the same object.
    title : str
        The claim in a few words.
    """

    id: str
    lhs: sp.Expr
    rhs: sp.Expr
    paper: str = ""
    domain: Domain = field(default_factory=Domain)
    given: tuple[Rule, ...] = ()
    title: str = ""

    def where(self, *rules: Rule, **changes: Any) -> Statement:
        """Return the same equation with more rules, and with other fields changed."""
        return replace(self, given=(*self.given, *rules), **changes)

    def at(self, values: Mapping[sp.Symbol, Any]) -> Statement:
        """Return the equation with symbols replaced in what is displayed: one depth, say."""
        given = {symbol: sp.sympify(value) for symbol, value in values.items()}
        return replace(self, lhs=self.lhs.xreplace(given), rhs=self.rhs.xreplace(given))

    def explicit(self) -> tuple[sp.Expr, sp.Expr]:
        """Both sides with every rule applied, every derivative, limit and sum taken."""
        return unfolded(self.lhs, self.given), unfolded(self.rhs, self.given)


def unfolded(expr: Any, rules: Iterable[Rule]) -> sp.Expr:
    """Apply `rules` in order to `expr`, then take its derivatives, limits and sums."""
    expr = sp.sympify(expr)
    for pattern, meaning in rules:
        if isinstance(pattern, sp.Basic):
            expr = expr.xreplace({pattern: sp.sympify(meaning)})
        else:
            expr = expr.replace(pattern, meaning)
    while True:
        evaluated = {d: d.doit(deep=False) for d in expr.atoms(sp.Derivative, sp.Subs, sp.Limit, sp.Sum)}
        changed = {old: new for old, new in evaluated.items() if old != new}
        if not changed:
            return expr
        expr = expr.xreplace(changed)


@dataclass(frozen=True)
class Context:
    """What a check may use: the digits asked for, and the evidence of the steps and lemmas its step names."""

    digits: int
    earlier: Mapping[str, Evidence] = field(default_factory=dict)


class Check(Protocol):
    """Decides a statement. `ndk_sym.prove` has the general ones; a derivation may bring its own."""

    def __call__(self, statement: Statement, context: Context) -> Evidence:
        """Return the status of `statement` with its evidence."""


@dataclass(frozen=True)
class Step:
    """A statement, the reason that it holds, the steps and lemmas it uses, and the check that decides it.

    Parameters
    ----------
    statement : Statement
    reason : str
        One sentence for the reader.
    uses : tuple of str
        Ids of earlier steps of the same derivation, of other derivations ("price-theorem"), or of their steps
        ("price-theorem/relu").
    check : Check, optional
        By default the ladder of `ndk_sym.prove.identity`: exact zero, balls, digits.
    """

    statement: Statement
    reason: str
    uses: tuple[str, ...] = ()
    check: Check | None = None

    @property
    def id(self) -> str:
        """The statement's id."""
        return self.statement.id


@dataclass(frozen=True)
class Derivation:
    """A result of the paper with the steps that lead to it.

    Parameters
    ----------
    id, title, paper : str
        Permanent slug; the result in words; the paper's equations.
    assumptions : tuple of str
        What is assumed.
    exact, physicist : str
        What the machine proves, and what it does not: limits taken on paper, arguments of statistical physics.
    build : callable
        Returns the steps in order. Called on first use, so that importing a derivation costs nothing.
    headline : str
        Id of the step whose statement is the result; by default the last one.
    """

    id: str
    title: str
    paper: str
    assumptions: tuple[str, ...]
    exact: str
    physicist: str
    build: Callable[[], Iterable[Step]]
    headline: str = ""

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps in order; raises InputError if there is none, or two share an id."""
        steps = tuple(self.build())
        ids = [step.id for step in steps]
        if not steps:
            raise InputError(f"derivation {self.id!r} has no steps; a derivation needs at least one")
        for id in ids:
            if ids.count(id) > 1:
                raise InputError(f"derivation {self.id!r} has two steps called {id!r}; rename one of them")
        return steps

    @property
    def argument(self) -> str:
        """The argument in words: the documentation of the module that holds the derivation, less its title."""
        return inspect.cleandoc(sys.modules[self.build.__module__].__doc__ or "").partition("\n\n")[2]

    @property
    def result(self) -> Statement:
        """The statement that the derivation is about."""
        wanted = self.headline or self.steps[-1].id
        for step in self.steps:
            if step.id == wanted:
                return step.statement
        raise InputError(f"derivation {self.id!r} has no step {wanted!r}; its steps are {[s.id for s in self.steps]}")
