"""Which derivations there are, and in which order they depend on each other.

A derivation is registered by being found: every module of every package named by the entry points `ndk.derivations` is
imported, and the derivations in them collected. An error in one of these modules is never swallowed.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from collections.abc import Iterable, Mapping
from types import ModuleType

from ndk_sym.errors import InputError
from ndk_sym.statement import Derivation

__all__ = ["derivations", "found_in", "lemmas", "needed", "ordered", "select"]

GROUP = "ndk.derivations"


def found_in(package: ModuleType) -> dict[str, Derivation]:
    """Return the derivations of a package by id, from all its modules.

    Raises
    ------
    ImportError, or whatever a module raises
        If a module cannot be imported.
    InputError
        If the package holds no derivation, or two of them share an id.
    """
    found: dict[str, Derivation] = {}
    modules = pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=_reraise)
    for info in sorted(modules, key=lambda module: module.name):
        module = importlib.import_module(info.name)
        for value in vars(module).values():
            if not isinstance(value, Derivation):
                continue
            if found.setdefault(value.id, value) is not value:
                raise InputError(f"two derivations in {package.__name__} are called {value.id!r}; rename one of them")
    if not found:
        raise InputError(f"package {package.__name__} holds no derivation; add one, or remove its entry point {GROUP}")
    return found


def _reraise(name: str) -> None:
    # called while the import error of a subpackage is handled; without this, it would be swallowed
    raise  # noqa: PLE0704


def derivations() -> dict[str, Derivation]:
    """Return every installed derivation by id, sorted.

    Raises
    ------
    InputError
        If there is none, or two packages use the same id.
    """
    found: dict[str, Derivation] = {}
    for name in sorted({entry.value for entry in importlib.metadata.entry_points(group=GROUP)}):
        for id, derivation in found_in(importlib.import_module(name)).items():
            if id in found:
                raise InputError(f"two packages have a derivation called {id!r}; uninstall or rename one of them")
            found[id] = derivation
    if not found:
        raise InputError(f"no installed package names derivations by the entry point {GROUP}; reinstall ndk")
    return dict(sorted(found.items()))


def lemmas(derivation: Derivation, known: Mapping[str, Derivation]) -> tuple[str, ...]:
    """Return the ids of the derivations that the steps of `derivation` use, sorted.

    Raises
    ------
    InputError
        If a step uses an id that is neither an earlier step nor a derivation nor a step of one.
    """
    used, earlier = set(), set[str]()
    for step in derivation.steps:
        for id in step.uses:
            owner, _, inner = id.partition("/")
            if id in earlier:
                continue
            if id in {s.id for s in derivation.steps}:
                raise InputError(f"step {step.id!r} of {derivation.id!r} uses {id!r}, which comes later; reorder them")
            if owner not in known:
                raise InputError(
                    f"step {step.id!r} of {derivation.id!r} uses {id!r}, which does not exist; earlier steps are "
                    f"{', '.join(sorted(earlier)) or 'none'}, derivations are {', '.join(sorted(known))}"
                )
            if inner and inner not in {s.id for s in known[owner].steps}:
                steps = ", ".join(s.id for s in known[owner].steps)
                raise InputError(f"{owner!r} has no step {inner!r}, used by {derivation.id!r}; its steps are {steps}")
            used.add(owner)
        earlier.add(step.id)
    return tuple(sorted(used))


def ordered(ids: Iterable[str], known: Mapping[str, Derivation]) -> tuple[str, ...]:
    """Return `ids` and all they depend on, every lemma before what uses it.

    Raises
    ------
    InputError
        If the derivations depend on each other in a circle, or an id is missing.
    """
    done: list[str] = []
    path: list[str] = []

    def visit(id: str) -> None:
        if id in done:
            return
        if id in path:
            circle = " → ".join([*path[path.index(id) :], id])
            raise InputError(f"the derivations depend on each other in a circle, {circle}; remove one of these uses")
        path.append(id)
        for lemma in lemmas(known[id], known):
            visit(lemma)
        path.pop()
        done.append(id)

    for id in sorted(ids):
        visit(id)
    return tuple(done)


def needed(ids: Iterable[str], known: Mapping[str, Derivation]) -> dict[str, tuple[str, ...]]:
    """Return the steps that must hold for the derivations `ids` to hold, in order, by derivation.

    All steps of those asked for and of what they use as a whole; of other lemmas only the steps that are used, and
    what these use; lemmas of steps that are not needed are left out. The order is that of `ordered`.

    Raises
    ------
    InputError
        As `ordered`.
    """
    plan = ordered(ids, known)
    steps = {id: {step.id: step for step in known[id].steps} for id in plan}
    found: dict[str, set[str]] = {id: set() for id in plan}
    todo = [(id, step) for id in ids for step in steps[id]]
    while todo:
        id, name = todo.pop()
        if name in found[id]:
            continue
        found[id].add(name)
        for used in steps[id][name].uses:
            owner, _, inner = used.partition("/")
            if used in steps[id]:
                todo.append((id, used))
            else:
                todo += [(owner, inner)] if inner else [(owner, step) for step in steps[owner]]
    return {id: tuple(name for name in steps[id] if name in found[id]) for id in plan if found[id]}


def select(ids: Iterable[str] | None, available: Iterable[str]) -> tuple[str, ...]:
    """Return the ids to run, each once, in the order given; all of them for None.

    Raises
    ------
    InputError
        If an id is unknown, or none is given.
    """
    allowed = tuple(available)
    if isinstance(ids, str):
        ids = (ids,)
    wanted = allowed if ids is None else tuple(dict.fromkeys(ids))
    for id in wanted:
        if id not in allowed:
            raise InputError(f"{id!r} is not known; choose among {', '.join(allowed)}")
    if not wanted:
        raise InputError(f"no id is given; choose among {', '.join(allowed)}, or give none at all to run everything")
    return wanted
