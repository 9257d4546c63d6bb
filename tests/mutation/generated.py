"""Which mutants of the generated code its certificate would let pass.

    python -m tests.mutation.generated [--samples N] [MODULE ...]

Every function of every generated module, and `runtime`, is changed in one place at a time and given to
`ndk_sym.certify.transcription`, which executes it and compares it with the enclosed values; a mutant that no stratum
objects to survives; those whose reason is not known are tried again with as many points as certificates have.
Enclosures do not depend on the code, so they are computed once. A mutant of `runtime` is caught when the certificate
of one module that uses it is refused.
"""

from __future__ import annotations

import argparse
import ast
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from unittest import mock

import numpy as np

from ndk_sym import certify
from ndk_sym.certify import CHECK, FULL, CertificationError, Effort, Measure, load, transcription
from ndk_sym.emit import emit, emit_runtime
from ndk_sym.routines import Output, Routine, modules
from ndk_sym.strata import strata
from tests.mutation.equivalent import why_equivalent
from tests.mutation.operators import Mutant, mutants

__all__ = ["Judge", "main", "users"]


class Remembered:
    """A function that is asked for the same points again and again."""

    def __init__(self, function):
        self.function, self.known = function, {}

    def __call__(self, *point):
        if point not in self.known:
            try:
                self.known[point] = self.function(*point), None
            except ZeroDivisionError as pole:
                self.known[point] = None, pole
        value, pole = self.known[point]
        if pole:
            raise pole
        return value


class Judge:
    """The certificates' transcription claim, with enclosures that are computed once.

    Parameters
    ----------
    effort : Effort
        How many points every stratum has.
    """

    def __init__(self, effort: Effort = CHECK) -> None:
        self.effort = effort
        self.modules = {module.name: module for module in modules()}
        self.texts = {name: emit(module) for name, module in self.modules.items()}
        self.runtime = emit_runtime()
        self._measure, self._strata = cache(_remembering), cache(strata)

    def objection(self, name: str, text: str, runtime: str, function: str = "") -> str:
        """Why the certificate of this code is refused; empty if it is granted.

        Parameters
        ----------
        name : str
            Module.
        text, runtime : str
            Its code and that of `runtime`.
        function : str
            The only one to look at, if any.
        """
        found = mock.patch.multiple(certify, Measure=self._measure, strata=self._strata)
        # a mutant may warn of anything; and it raises where it is no longer code
        with found, warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            try:
                with load(text, runtime) as functions:
                    for routine in self.routines(name, function):
                        transcription(routine, functions[routine.name], self.effort)
            except CertificationError as error:
                return str(error)
            except (ArithmeticError, AttributeError, IndexError, NameError, TypeError, ValueError) as error:
                return f"{type(error).__name__}: {error}"
        return ""

    def routines(self, name: str, function: str = "") -> list[Routine]:
        """The routines of a module, or the one that is asked for."""
        return [routine for routine in self.modules[name].routines if function in ("", routine.name)]

    def survivors(self, name: str, planted: Iterable[Mutant]) -> tuple[int, list[Mutant]]:
        """How many mutants of a module there are, and those that nothing objects to."""
        count, alive = 0, []
        for mutant in planted:
            count += 1
            if name == "runtime":
                caught = any(
                    self.objection(user, self.texts[user], mutant.text) for user in self.users(mutant.function)
                )
            else:
                caught = bool(self.objection(name, mutant.text, self.runtime, mutant.function))
            if not caught:
                alive.append(mutant)
        return count, alive

    def users(self, function: str) -> list[str]:
        """Modules whose code reaches a function of `runtime`, those with the fewest routines first."""
        wanted = users(self.runtime, function)
        found = [name for name, text in self.texts.items() if wanted & _imported(text)]
        return sorted(found, key=lambda name: (name not in _FIRST, len(self.modules[name].routines)))


_FIRST = ("erf", "relu", "rectified_monomial_3", "cos", "exp", "gelu")


def _remembering(routine: Routine, output: Output) -> Measure:
    measure = Measure(routine, output)
    if measure.balls:
        measure.balls.exact = Remembered(measure.balls.exact)
        if measure.balls.condition:
            measure.balls.condition = Remembered(measure.balls.condition)
    return measure


def users(runtime: str, function: str) -> set[str]:
    """Functions of `runtime` through which this one, or a constant outside of functions (""), has an effect."""
    calls = {
        node.name: {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        for node in ast.parse(runtime).body
        if isinstance(node, ast.FunctionDef)
    }
    if not function:
        return set(calls)
    found = {function}
    while more := {name for name, used in calls.items() if used & found} - found:
        found |= more
    return found


def _imported(text: str) -> set[str]:
    return {
        alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module == "runtime"
        for alias in node.names
    }


def planted(judge: Judge, name: str) -> Iterator[Mutant]:
    """Every mutant of a generated module, or of `runtime`."""
    yield from mutants(judge.runtime if name == "runtime" else judge.texts[name])


def main(arguments: list[str] | None = None) -> int:
    """Print the survivors of each module; return how many of them are not explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.generated", description=__doc__)
    parser.add_argument("modules", nargs="*", help="default: all")
    parser.add_argument("--samples", type=int, default=CHECK.samples, help="points per stratum")
    options = parser.parse_args(arguments)
    judge = Judge(Effort(options.samples, 1, 1))
    total = Counter()
    for name in options.modules or [*judge.modules, "runtime"]:
        count, alive = judge.survivors(name, planted(judge, name))
        unexplained = [mutant for mutant in alive if not why_equivalent(name, mutant)]
        _, holes = Judge(FULL).survivors(name, unexplained) if unexplained else (0, [])
        total.update(planted=count, alive=len(alive), holes=len(holes))
        print(f"{name}: {count} planted, {count - len(alive)} caught, {len(alive)} survive", flush=True)
        for mutant in alive:
            missed = "NOT EXPLAINED" if mutant in holes else f"caught with {FULL.samples} points per stratum"
            print(f"    {mutant}    [{why_equivalent(name, mutant) or missed}]", flush=True)
    print(
        f"all: {total['planted']} planted, {total['planted'] - total['alive']} caught, {total['alive']} survive,"
        f" {total['holes']} of them not explained"
    )
    return total["holes"]


if __name__ == "__main__":
    sys.exit(bool(main()))
