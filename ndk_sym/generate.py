"""Write the generated package, or compare it with what would be written."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ndk_sym.certify import BOUND_ULP, CHECK, FULL, CertificationError, claims, measure
from ndk_sym.emit import NOTICE, emit, emit_runtime
from ndk_sym.errors import InputError
from ndk_sym.evaluation import balls_available
from ndk_sym.routines import Module, modules
from ndk_sym.schedule import schedule

__all__ = ["check", "check_module", "default_target", "write"]

Step = Callable[[str], None]
_FIXED = {"__init__.py"}


def default_target() -> Path:
    """Return the generated package beside this one, found without importing it."""
    spec: Any = find_spec("ndk_sym")
    return Path(spec.origin).parents[1] / "ndk_num" / "_generated"


def write(target: Path, *, step: Step | None = None, workers: int = 1) -> dict[str, Any]:
    """Certify every module and, when all claims hold, write the modules, the runtime and the certificates.

    Parameters
    ----------
    target : Path
        An existing directory.
    step : callable, optional
        Called with the name of each module before it is tested.
    workers : int
        Processes that share the work.

    Returns
    -------
    dict
        The certificate of each module.

    Raises
    ------
    InputError
        If the directory does not exist or cannot be written.
    CertificationError
        If a claim does not hold; then nothing is written.
    """
    _require_directory(target)
    runtime = emit_runtime()
    files, certificates = {"runtime.py": runtime}, {}
    found = _measured(True, step, workers)
    for module in modules():
        text, (measured, problem) = emit(module), found[module.name]
        if problem:
            raise CertificationError(f"{module.name}.{problem}")
        certificate = claims(module, text, runtime) | {"measured": measured, "measured_with": _versions()}
        certificates[module.name] = certificate
        files |= {f"{module.name}.py": text, f"{module.name}.json": _dump(certificate)}
    try:
        for name, content in files.items():
            # a reader never meets half a file
            temporary = target / f".{name}.tmp"
            temporary.write_text(content, encoding="utf-8", newline="\n")
            temporary.replace(target / name)
        for leftover in _leftovers(target, set(files)):
            leftover.unlink()
    except OSError as error:
        raise InputError(f"{target} cannot be written ({error.strerror}); make it writable") from error
    return certificates


def _measured(full: bool, step: Step | None, workers: int) -> dict[str, tuple[dict[str, Any], str]]:
    """What was measured about every module, or the claim that does not hold."""

    def task(name: str) -> tuple[str, bool]:
        if step:
            step(name)
        return name, full

    return dict(schedule({module.name: () for module in modules()}, task, _measure_one, workers))


def _measure_one(name: str, full: bool) -> tuple[dict[str, Any], str]:
    (module,) = (module for module in modules() if module.name == name)
    try:
        return measure(module, emit(module), emit_runtime(), FULL if full else CHECK), ""
    except CertificationError as error:
        return {}, str(error)


def check(target: Path, *, step: Step | None = None, workers: int = 1) -> list[str]:
    """Compare the generated package with what would be written, and test every claim on a smaller sample.

    Parameters
    ----------
    target : Path
        An existing directory.
    step : callable, optional
        Called with the name of each module before it is tested.
    workers : int
        Processes that share the work.

    Returns
    -------
    list of str
        One line about everything that is not as it should be; empty when all is well.

    Raises
    ------
    InputError
        If the directory does not exist.
    """
    _require_directory(target)
    runtime = emit_runtime()
    problems = _different(target / "runtime.py", runtime)
    expected, found = {"runtime.py"}, _measured(False, step, workers)
    for module in modules():
        expected |= {f"{module.name}.py", f"{module.name}.json"}
        problems += _module_problems(target, module, runtime)
        if found[module.name][1]:
            problems.append(f"{module.name}.py: {found[module.name][1]}")
    problems += [
        f"{path.name}: belongs to no module; `ndk generate` removes it" for path in _leftovers(target, expected)
    ]
    return problems


def check_module(target: Path, module: Module) -> tuple[list[str], dict[str, Any]]:
    """Compare one generated module and its certificate with what would be written, and test its claims.

    Parameters
    ----------
    target : Path
        The directory of the generated package.
    module : Module
        What is supposed to be there.

    Returns
    -------
    problems : list of str
        One line about everything that is not as it should be.
    measured : dict
        The errors found on a smaller sample; empty if a claim does not hold.
    """
    problems = _module_problems(target, module, emit_runtime())
    measured, failed = _measure_one(module.name, False)
    return [*problems, *([f"{module.name}.py: {failed}"] if failed else [])], measured


def _module_problems(target: Path, module: Module, runtime: str) -> list[str]:
    text = emit(module)
    problems = _different(target / f"{module.name}.py", text)
    return problems + _certificate_problems(target / f"{module.name}.json", module, text, runtime)


def _require_directory(target: Path) -> None:
    if not target.is_dir():
        raise InputError(f"{target} is not a directory; give the directory of the generated package with --target")


def _different(path: Path, expected: str) -> list[str]:
    try:
        found = path.read_bytes()
    except OSError as error:
        return [f"{path.name}: cannot be read ({error.strerror}); run `ndk generate`"]
    if found == expected.encode():
        return []
    lines = zip(found.decode(errors="replace").split("\n"), expected.split("\n"), strict=False)
    first = next((k for k, (old, new) in enumerate(lines, 1) if old != new), None)
    where = f"first in line {first}" if first else "in length"
    return [f"{path.name}: differs from what `ndk generate` writes, {where}"]


def _certificate_problems(path: Path, module: Module, text: str, runtime: str) -> list[str]:
    try:
        certificate = json.loads(path.read_bytes())
        measured = certificate.pop("measured")
        certificate.pop("measured_with")
        # every function, output and stratum must have been measured, and within the bound
        for name, claim in certificate["claims"].items():
            for strata in measured[name]["transcription"].values():
                if set(strata) != set(claim["transcription"]["points"]):
                    return [f"{path.name}: {name} was not measured on every stratum; run `ndk generate`"]
                if not all(worst["ulp"] <= BOUND_ULP for worst in strata.values()):
                    return [f"{path.name}: an error of {name} exceeds the bound; run `ndk generate`"]
    except OSError as error:
        return [f"{path.name}: cannot be read ({error.strerror}); run `ndk generate`"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [f"{path.name}: is not a certificate; run `ndk generate`"]
    expected = claims(module, text, runtime)
    wrong = sorted(key for key in expected.keys() | certificate.keys() if expected.get(key) != certificate.get(key))
    return [f"{path.name}: claims something else about {', '.join(wrong)}; run `ndk generate`"] if wrong else []


def _leftovers(target: Path, expected: set[str]) -> list[Path]:
    """Generated modules and their certificates that no module accounts for."""
    return [
        path
        for path in sorted(target.iterdir())
        if path.name not in expected | _FIXED and (path.suffix == ".json" or _is_generated(path))
    ]


def _is_generated(path: Path) -> bool:
    return path.suffix == ".py" and path.read_text(encoding="utf-8", errors="replace").startswith(NOTICE)


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("numpy", "sympy", "mpmath")}
    if balls_available():
        packages["python-flint"] = version("python-flint")
    return {"python": platform.python_version(), **packages, "machine": platform.machine(), "system": os.name}


def _dump(certificate: dict[str, Any]) -> str:
    return json.dumps(certificate, indent=1, ensure_ascii=False) + "\n"
