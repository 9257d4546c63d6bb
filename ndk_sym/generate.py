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
from ndk_sym.routines import Module, modules

__all__ = ["check", "check_module", "default_target", "steps", "write"]

Step = Callable[[str], None]
_FIXED = {"__init__.py"}


def default_target() -> Path:
    """Return the generated package beside this one, found without importing it."""
    spec: Any = find_spec("ndk_sym")
    return Path(spec.origin).parents[1] / "ndk_num" / "_generated"


def steps() -> int:
    """Return how many functions `write` and `check` test, for a progress bar."""
    return sum(len(module.routines) for module in modules())


def write(target: Path, *, step: Step | None = None) -> dict[str, Any]:
    """Certify every module and, when all claims hold, write the modules, the runtime and the certificates.

    Parameters
    ----------
    target : Path
        An existing directory.
    step : callable, optional
        Called with the name of each function before it is tested.

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
    for module in modules():
        text = emit(module)
        measured = measure(module, text, runtime, FULL, step=step)
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


def check(target: Path, *, step: Step | None = None) -> list[str]:
    """Compare the generated package with what would be written, and test every claim on a smaller sample.

    Parameters
    ----------
    target : Path
        An existing directory.
    step : callable, optional
        Called with the name of each function before it is tested.

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
    expected = {"runtime.py"}
    for module in modules():
        expected |= {f"{module.name}.py", f"{module.name}.json"}
        problems += check_module(target, module, runtime=runtime, step=step)[0]
    problems += [
        f"{path.name}: belongs to no module; `ndk generate` removes it" for path in _leftovers(target, expected)
    ]
    return problems


def check_module(
    target: Path, module: Module, *, runtime: str | None = None, step: Step | None = None
) -> tuple[list[str], dict[str, Any]]:
    """Compare one generated module and its certificate with what would be written, and test its claims.

    Parameters
    ----------
    target : Path
        The directory of the generated package.
    module : Module
        What is supposed to be there.
    runtime : str, optional
        Source of the runtime, if it is known already.
    step : callable, optional
        Called with the name of each function before it is tested.

    Returns
    -------
    problems : list of str
        One line about everything that is not as it should be.
    measured : dict
        The errors found on a smaller sample; empty if a claim does not hold.
    """
    runtime = emit_runtime() if runtime is None else runtime
    text = emit(module)
    problems = _different(target / f"{module.name}.py", text)
    problems += _certificate_problems(target / f"{module.name}.json", module, text, runtime)
    try:
        return problems, measure(module, text, runtime, CHECK, step=step)
    except CertificationError as error:
        return [*problems, f"{module.name}.py: {error}"], {}


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
    return {"python": platform.python_version(), **packages, "machine": platform.machine(), "system": os.name}


def _dump(certificate: dict[str, Any]) -> str:
    return json.dumps(certificate, indent=1, ensure_ascii=False) + "\n"
