"""Code for a user's own activation: emitted once into the user's cache directory, certified before it is handed out."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp
from mpmath import mp

from ndk_sym import notation as nt
from ndk_sym.activations import Activation, NumericActivation, activation
from ndk_sym.certify import CertificationError, Effort, claims, load, measure
from ndk_sym.emit import emit, emit_runtime, text_hash
from ndk_sym.errors import InputError
from ndk_sym.routines import Module, activation_module, numeric_module
from ndk_sym.user_activations import FormulaActivation, IntegratedActivation, PolynomialActivation, admitted

__all__ = ["cache_directory", "provide"]

_EFFORT = Effort(samples=40, average_points=1, textbook_points=8)
_POINTS = ((0.7, 0.2, 1.1), (0.4, -0.3, 0.6))  # (a, c, b) at which quadrature in many digits is recorded
_DIGITS = 13
_ALLOWED = 2e-13  # error of the code of φ and φ', relative to the largest value between −|z| and |z|


def cache_directory() -> Path:
    """Return where code for users' activations is kept."""
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = str(Path.home() / "Library" / "Caches")
    else:
        root = ""
    return Path(os.environ.get("XDG_CACHE_HOME") or root or Path.home() / ".cache") / "ndk" / "activations"


def provide(formula: str) -> tuple[Path, str]:
    """Return the directory and the name of a certified module for a formula such as ``"x*tanh(x)"``.

    Raises
    ------
    InputError
        If the formula is refused, its code cannot be certified, or the directory cannot be written.
    """
    expr = admitted(formula)
    runtime = emit_runtime()
    name = f"formula_{text_hash(sp.srepr(expr))[:16]}"
    directory = cache_directory() / text_hash(runtime)[:16]
    if _intact(directory, name):  # before closed forms are looked for, which takes seconds
        return directory, name
    try:
        module, text, measured = _certified(activation(formula), name, runtime)
    except CertificationError as error:
        raise InputError(f"activation {formula[:60]} is refused: its code could not be certified ({error})") from None
    except ArithmeticError as error:
        raise InputError(
            f"activation {formula[:60]} is refused: its averages could not be certified ({error}); away from 0 it"
            " must be smooth, and vary no faster than on a scale of about 1"
        ) from None
    certificate = claims(module, text, runtime) | {"measured": measured}
    certificate["digest"] = _digest(certificate)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        # the certificate last: what it describes is there when it is
        for name, content in (
            ("runtime.py", runtime),
            (f"{module.name}.py", text),
            (f"{module.name}.json", json.dumps(certificate, indent=1, ensure_ascii=False) + "\n"),
        ):
            _write(directory / name, content)
    except OSError as error:
        raise InputError(
            f"code for the activation cannot be kept in {directory} ({error.strerror}); make it writable, or set"
            " XDG_CACHE_HOME"
        ) from None
    return directory, module.name


def _module(found: Activation, name: str) -> Module:
    module = numeric_module(found) if isinstance(found, NumericActivation) else activation_module(found)
    return replace(module, name=name, activation=dict(module.activation or {}) | {"name": found.call})


def _certified(found: Activation, name: str, runtime: str) -> tuple[Module, str, dict[str, Any]]:
    """The module with its certificate's measurements: closed forms if they hold in float64, else φ and φ' alone."""
    if isinstance(found, PolynomialActivation | IntegratedActivation):
        module = _module(found, name)
        try:
            text = emit(module, special=True)
            return module, text, measure(module, text, runtime, _EFFORT)
        except (CertificationError, ValueError):  # terms that cancel, or functions that NumPy does not have
            found = FormulaActivation(found.expr)
    assert isinstance(found, NumericActivation)
    module = _module(found, name)
    try:
        text = emit(module, special=True)
    except ValueError as error:
        raise InputError(f"activation {found.call} is refused: it cannot be printed as code ({error})") from None
    measured = {"code": _code_errors(module, text, runtime)}
    about = dict(module.activation or {}) | {"references": _references(found)}
    return replace(module, activation=about), text, measured


def _code_errors(module: Module, text: str, runtime: str) -> dict[str, float]:
    """The worst error of φ and φ', relative to the largest value between −|z| and |z|."""
    sizes = np.logspace(-6, 2, 121)
    worst = {}
    with load(text, runtime) as functions:
        for routine in module.routines:
            exact = sp.lambdify(routine.arguments, routine.outputs[0].textbook, "mpmath")
            largest, error = mp.zero, 0.0
            with np.errstate(all="ignore"):
                rows = zip(sizes, functions[routine.name](sizes), functions[routine.name](-sizes), strict=True)
            for z, up, down in rows:
                with mp.workdps(60):
                    values = [exact(mp.mpf(float(z))), exact(-mp.mpf(float(z)))]
                    largest = max(largest, *(abs(v) for v in values))
                    gap = max(
                        abs(mp.mpf(float(x)) - v) if np.isfinite(x) else mp.inf
                        for x, v in zip((up, down), values, strict=True)
                    )
                    error = max(error, float(gap / largest / max(1, z)) if largest else float(gap))
                if not error <= _ALLOWED:
                    raise CertificationError(
                        f"{routine.title} loses its digits near x = {z:.2g}: rewrite the formula so that nothing"
                        " cancels"
                    )
            worst[routine.name] = error
    return worst


def _references(found: NumericActivation) -> list[dict[str, str]]:
    """F and Ḟ by quadrature in many digits: what the quadrature in float64 must reproduce before it is used."""
    rows = []
    for a, c, b in _POINTS:
        values = {name: _reference(found, (a, c, b), bool(k)) for k, name in enumerate(("F", "F_dot"))}
        rows.append({"a": repr(a), "c": repr(c), "b": repr(b)} | {k: mp.nstr(v, 17) for k, v in values.items()})
    return rows


def _reference(found: NumericActivation, point: tuple[float, float, float], derivative: bool) -> Any:
    try:
        return found.average(*point, digits=_DIGITS, derivative=derivative)
    except ArithmeticError:
        # the polar rule is slower and needs φ to be smooth in less of the complex plane
        polar = FormulaActivation(found.phi(nt.z))
        polar.kinks = (0,)
        return polar.average(*point, digits=_DIGITS, derivative=derivative)


def _intact(directory: Path, name: str) -> bool:
    """Whether a module and its certificate are there and as they were written."""
    try:
        certificate = json.loads((directory / f"{name}.json").read_bytes())
        digest = certificate.pop("digest")
        recorded = {f"{name}.py": certificate["sha256"], "runtime.py": certificate["runtime_sha256"]}
        files = ((hashlib.sha256((directory / file).read_bytes()).hexdigest(), x) for file, x in recorded.items())
        return digest == _digest(certificate) and all(found == expected for found, expected in files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _digest(certificate: dict[str, Any]) -> str:
    return text_hash(json.dumps(certificate, sort_keys=True, ensure_ascii=False))


def _write(path: Path, content: str) -> None:
    """Write a file that appears as a whole, whoever else writes it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
