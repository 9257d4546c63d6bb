"""Runs derivations and certificates, and reports what holds and how strongly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ndk_sym import certificates
from ndk_sym.errors import InputError
from ndk_sym.notation import latex
from ndk_sym.prove import Identity
from ndk_sym.registry import derivations, select
from ndk_sym.registry import lemmas as lemmas_of
from ndk_sym.registry import needed as needed_steps
from ndk_sym.schedule import schedule
from ndk_sym.statement import Context, Derivation, Evidence, Statement, Status, Step

__all__ = ["Report", "Result", "StepResult", "check_derivation", "statement_latex", "verify"]

MAX_DIGITS = 1000
Progress = Callable[[int, int, str], None]
Outcome = tuple[tuple[Evidence, float], ...]  # evidence and seconds of each step


@dataclass(frozen=True)
class StepResult:
    """One step with its evidence; times do not count when results are compared."""

    step: Step
    evidence: Evidence
    seconds: float = field(compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        statement, evidence = self.step.statement, self.evidence
        return {
            "id": self.step.id,
            "title": statement.title,
            "paper": statement.paper,
            "statement": statement_latex(statement),
            "reason": self.step.reason,
            "uses": list(self.step.uses),
            "status": str(evidence.status),
            "residual": evidence.residual,
            "method": evidence.method,
            "detail": evidence.detail,
            "witness": dict(evidence.witness),
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class Result:
    """What is known about one derivation or certificate.

    `residual` is 0 for an exact zero, otherwise a bound on the relative difference of the two sides; None if nothing
    could be evaluated. `statement` is LaTeX.
    """

    id: str
    title: str
    status: Status
    residual: float | None
    seconds: float = field(compare=False)
    evidence: str = ""
    paper: str = ""
    statement: str = ""
    steps: tuple[StepResult, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "paper": self.paper,
            "statement": self.statement,
            "status": str(self.status),
            "residual": self.residual,
            "evidence": self.evidence,
            "seconds": round(self.seconds, 3),
            "steps": [step.as_dict() for step in self.steps],
        }


@dataclass(frozen=True)
class Report:
    """Results of the ids asked for, lemmas before what uses them, and the digits they were checked to."""

    results: tuple[Result, ...]
    digits: int

    @property
    def ok(self) -> bool:
        """Whether something ran and everything passed: nothing false, nothing unknown."""
        return bool(self.results) and all(result.status.ok for result in self.results)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: the same from run to run, seconds aside."""
        return {
            "ok": self.ok,
            "digits": self.digits,
            "checked": {"results": len(self.results), "steps": sum(len(result.steps) for result in self.results)},
            "results": [result.as_dict() for result in self.results],
        }


def verify(
    ids: Iterable[str] | None = None, *, digits: int = 50, progress: Progress | None = None, workers: int = 1
) -> Report:
    """Run derivations and certificates.

    Parameters
    ----------
    ids : iterable of str, optional
        What to run; by default everything. The steps of other derivations that these use are run too: their status
        depends on them.
    digits : int
        Digits for everything that is sampled.
    progress : callable, optional
        Called with (started, total, title) before each derivation or certificate.
    workers : int
        Processes that share the work; 1 stays in this one. Results do not depend on it.

    Returns
    -------
    Report
        With `.ok` and `.results`.

    Raises
    ------
    InputError
        If an id is unknown, `digits` is not between 10 and 1000, `workers` is not positive, or the derivations refer
        to each other wrongly.
    """
    if isinstance(digits, bool) or not isinstance(digits, int) or not 10 <= digits <= MAX_DIGITS:
        raise InputError(f"digits = {digits!r} is not allowed: give a whole number from 10 to {MAX_DIGITS}")
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InputError(f"workers = {workers!r} is not allowed: give a whole number of at least 1")
    known, certified = derivations(), certificates.available()
    wanted = select(ids, (*known, *certified))
    steps = needed_steps([id for id in wanted if id in known], known)
    plan = (*steps, *(id for id in wanted if id not in known))
    needs = {id: tuple(x for x in lemmas_of(known[id], known) if x in steps) if id in known else () for id in plan}
    titles = {id: (known[id] if id in known else certified[id]).title for id in plan}
    results: dict[str, Result] = {}

    def task(id: str) -> tuple[str, int, dict[str, Evidence], tuple[str, ...]]:
        if progress is not None:
            progress(len(started), len(plan), titles[id])
        started.append(id)
        return id, digits, _evidence_of(results), steps.get(id, ())

    started: list[str] = []
    for id, outcome in schedule(needs, task, run, workers):
        if id in known:
            results[id] = _derivation_result(known[id], _chosen(known[id], steps[id]), outcome, results)
        else:
            results[id] = _certificate_result(certified[id], outcome)
    chosen = tuple(results[id] for id in plan if id in wanted)
    if len(chosen) != len(wanted):
        raise AssertionError(f"{len(wanted)} ids were to be run, {len(chosen)} were")
    return Report(chosen, digits)


def run(id: str, digits: int, known: Mapping[str, Evidence], steps: Sequence[str]) -> Outcome:
    """Check steps of a derivation, or a certificate, given what is known about its lemmas: what a worker does."""
    found = derivations()
    if id in found:
        return _check_steps(_chosen(found[id], steps), digits, known)
    start = time.perf_counter()
    try:
        evidence = certificates.available()[id].check(digits)
    except Exception as error:
        evidence = Evidence(Status.UNKNOWN, None, "none", f"the check broke: {type(error).__name__}: {error}")
    return ((evidence, time.perf_counter() - start),)


def check_derivation(derivation: Derivation, *, digits: int = 50, lemmas: Mapping[str, Result] | None = None) -> Result:
    """Check every step of a derivation.

    Parameters
    ----------
    derivation : Derivation
    digits : int
        Digits for everything that is sampled.
    lemmas : mapping
        Results of the derivations it uses, by id.

    Returns
    -------
    Result
        As strong as the weakest of its steps and of the lemmas it uses.
    """
    lemmas = lemmas or {}
    steps = derivation.steps
    return _derivation_result(derivation, steps, _check_steps(steps, digits, _evidence_of(lemmas)), lemmas)


def _chosen(derivation: Derivation, steps: Sequence[str]) -> tuple[Step, ...]:
    return tuple(step for step in derivation.steps if step.id in steps)


def _check_steps(steps: Sequence[Step], digits: int, lemmas: Mapping[str, Evidence]) -> Outcome:
    """Evidence and seconds of every step, in order."""
    known, outcome = dict(lemmas), []
    for step in steps:
        begun = time.perf_counter()
        missing = [id for id in step.uses if id not in known]
        if missing:
            evidence = Evidence(Status.UNKNOWN, None, "none", f"nothing is known about {', '.join(missing)}")
        else:
            evidence = _checked(step, Context(digits, {id: known[id] for id in step.uses}))
        known[step.id] = evidence
        outcome.append((evidence, time.perf_counter() - begun))
    return tuple(outcome)


def _derivation_result(
    derivation: Derivation, checked: Sequence[Step], outcome: Outcome, lemmas: Mapping[str, Result]
) -> Result:
    steps = tuple(StepResult(step, *found) for step, found in zip(checked, outcome, strict=True))
    known = _evidence_of(lemmas)
    parts = {step.step.id: step.evidence for step in steps}
    used = (id for step in checked for id in step.uses if id in known)
    parts.update({id: known[id] for id in used if id not in parts})
    status = Status.weakest(evidence.status for evidence in parts.values())
    residuals = [e.residual for e in parts.values() if e.residual is not None]
    return Result(
        id=derivation.id,
        title=derivation.title,
        status=status,
        residual=max(residuals, default=None),
        seconds=sum(step.seconds for step in steps),
        evidence=_summary(parts, status, own=len(steps)),
        paper=derivation.paper,
        statement=statement_latex(derivation.result),
        steps=steps,
    )


def _checked(step: Step, context: Context) -> Evidence:
    """Run a step's check; a check that breaks leaves its statement unknown, which fails."""
    check = step.check or Identity()
    try:
        return check(step.statement, context)
    except Exception as error:
        return Evidence(Status.UNKNOWN, None, "none", f"the check broke: {type(error).__name__}: {error}")


def _evidence_of(lemmas: Mapping[str, Result]) -> dict[str, Evidence]:
    """What others may use: each result as a whole, and each step, no stronger than what it rests on itself."""
    known: dict[str, Evidence] = {}
    for id, result in lemmas.items():
        known[id] = Evidence(result.status, result.residual, "derivation", result.evidence)
        for found in result.steps:
            used = ((name, known.get(f"{id}/{name}") or known.get(name)) for name in found.step.uses)
            known[f"{id}/{found.step.id}"] = _resting_on(found.evidence, used)
    return known


def _resting_on(evidence: Evidence, used: Iterable[tuple[str, Evidence | None]]) -> Evidence:
    """The evidence for a step, or the weaker one for something it uses."""
    for name, other in used:
        if other is not None and Status.weakest((evidence.status, other.status)) is not evidence.status:
            evidence = replace(other, detail=f"rests on {name}: {other.detail}")
    return evidence


def _summary(parts: Mapping[str, Evidence], status: Status, *, own: int) -> str:
    """One line: how many steps were checked how, or what fails."""
    if not status.ok:
        id, evidence = next((id, evidence) for id, evidence in parts.items() if evidence.status is status)
        return f"{id}: {evidence.detail}"
    mine = list(parts.values())[:own]
    methods = [evidence.method for evidence in mine]
    counts = ", ".join(f"{methods.count(method)} {method}" for method in dict.fromkeys(methods))
    if Status.weakest(evidence.status for evidence in mine) is status:
        return f"{own} step{'s' * (own > 1)}: {counts}"
    weakest = next(id for id, evidence in parts.items() if evidence.status is status)
    return f"{own} step{'s' * (own > 1)}: {counts}; {status} since it uses {weakest}"


def _certificate_result(certificate: certificates.Certificate, outcome: Outcome) -> Result:
    ((evidence, seconds),) = outcome
    return Result(
        id=certificate.id,
        title=certificate.title,
        status=evidence.status,
        residual=evidence.residual,
        seconds=seconds,
        evidence=evidence.detail,
        paper=certificate.paper,
    )


def statement_latex(statement: Statement) -> str:
    """LaTeX of the equation as displayed, without math delimiters."""
    return f"{latex(statement.lhs)} = {latex(statement.rhs)}"
