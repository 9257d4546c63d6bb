"""Certificates of generated code, as `ndk verify` sees them.

`ndk_sym.certify` measures, `ndk_sym.generate` compares with the committed files; this module gives each generated
module an id and turns what is found into evidence. It is evidence at sample points, not a proof for
all floats: rigorous there ("certified") if every value is enclosed by balls, else digits ("numeric").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ndk_sym.bounds import AVERAGE_DIGITS, TEXTBOOK_DIGITS
from ndk_sym.generate import check_module, default_target
from ndk_sym.routines import Module, modules
from ndk_sym.statement import Evidence, Status

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
    found = {}
    for module in modules():
        id = f"certificate-{module.name}"
        found[id] = Certificate(id, f"generated code of {module.name} = its definition", partial(_checked, module))
    return found


def _checked(module: Module, digits: int) -> Evidence:
    """Test the committed module; `digits` is not used, since certificates state digits of their own."""
    target = default_target()
    if not (target / f"{module.name}.py").is_file():
        return Evidence(
            Status.UNKNOWN, None, "certificate", f"{target / module.name}.py is not there; run `ndk generate`"
        )
    problems, measured = check_module(target, module)
    if problems:
        return Evidence(Status.FALSE, None, "certificate", "; ".join(problems))
    return _evidence(measured)


def _evidence(measured: dict[str, Any]) -> Evidence:
    theory = [errors for function in measured.values() for errors in function["theory"].values()]
    ulps = [
        worst["ulp"]
        for function in measured.values()
        for strata in function["transcription"].values()
        for worst in strata.values()
    ]
    if not theory or not ulps:
        return Evidence(Status.UNKNOWN, None, "certificate", "nothing was measured")
    residual = max(float(error) for errors in theory for error in errors.values())
    status, how = _arithmetic([by for function in measured.values() for by in function["by"].values()])
    detail = (
        f"{len(theory)} formulas = their definitions to {AVERAGE_DIGITS} digits, = stable forms to {TEXTBOOK_DIGITS}; "
        f"code within {max(ulps):.1f} ulp on {len(ulps)} strata; {how}"
    )
    return Evidence(status, residual, "certificate", detail)


def _arithmetic(outputs: list[dict[str, str]]) -> tuple[Status, str]:
    """How strong this is: enclosed at every point that was tested, or digits somewhere."""
    weak = Counter(claim for by in outputs for claim, how in by.items() if how == "digits")
    if not weak:
        return Status.CERTIFIED, "all enclosed by balls, at the sampled points"
    if weak.total() == sum(map(len, outputs)):
        return Status.NUMERIC, "by mpmath, at the sampled points (python-flint would enclose them)"
    listed = ", ".join(f"{claim} of {count}" for claim, count in sorted(weak.items()))
    return Status.NUMERIC, f"enclosed by balls at the sampled points, but {listed} formulas by mpmath"
