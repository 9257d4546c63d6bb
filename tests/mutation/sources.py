"""Which mutants of the hand-written code that decides truth the tests would let pass.

    python -m tests.mutation.sources [--count N] [--seed N] [MODULE ...]

A random sample of the mutants of each module is written, one at a time, into a copy of the project, where the tests
that concern the module are run up to the first failure. Activations are also judged by their certificates' claims. A
survivor is printed with the reason that it is none, or with "NOT EXPLAINED": each of these is to be looked at.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.mutation.equivalent_sources import why_equivalent
from tests.mutation.operators import Mutant, mutants

__all__ = ["CONCERNED", "main"]

ROOT = Path(__file__).resolve().parents[2]
_ACTIVATIONS = "ndk_sym/activations/"
_CERTIFY = ("tests/ndk_sym/test_certify.py", "-k", "not code_of_every_module and not passes_the_check")


def _sym(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/ndk_sym/test_{name}.py" for name in names)


def _derived(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/derivations/test_{name}.py" for name in names)


CONCERNED: dict[str, tuple[str, ...]] = {  # module → the tests that concern it
    # what is claimed, and what decides it
    "ndk_sym/statement": _sym("verify", "prove", "integrals"),
    "ndk_sym/registry": _sym("verify"),
    "ndk_sym/verify": _sym("verify", "pages", "schedule"),
    "ndk_sym/schedule": _sym("schedule"),
    "ndk_sym/certificates": _sym("verify"),
    "ndk_sym/equations": _sym("equations"),
    **dict.fromkeys(("ndk_sym/tower", "ndk_sym/quotients", "ndk_sym/signs", "ndk_sym/prove"), _sym("prove", "signs")),
    "ndk_sym/evaluation": _sym("prove", "signs", "balls"),
    "ndk_sym/integrals": (*_sym("integrals"), *_derived("kernels")),
    "ndk_sym/matrices": _derived("predictor"),
    "ndk_sym/operators": _derived("predictor"),
    "ndk_sym/cases": (*_sym("cases"), *_derived("fluctuations", "replicas")),
    # what the derivations are made of
    "ndk_sym/abstract": _derived("kernels", "networks", "predictor"),
    "ndk_sym/densities": (*_derived("kernels"), "-k", "every_step"),
    "ndk_sym/predictor": (*_sym("notation"), *_derived("predictor"), "-k", "not diffusive and not drift"),
    "ndk_sym/isserlis": (*_sym("integrals"), *_derived("networks")),
    "ndk_sym/finite_network": (*_sym("integrals"), *_derived("networks")),
    **dict.fromkeys(("ndk_sym/coincidences", "ndk_sym/finite_width"), _derived("networks")),
    "ndk_sym/layered": (*_derived("networks"), "-k", "two-time or gradients"),
    "ndk_sym/groups": (*_derived("networks"), "-k", "general or group or recursion"),
    "ndk_sym/homogeneous": (*_derived("networks"), "-k", "homogeneity or norms or g_is or one_time"),
    **dict.fromkeys(
        ("ndk_sym/wick", "ndk_sym/truncation", "ndk_sym/proximal_step"),
        (*_derived("proximal"), "-k", "every_step or wicks or taylor or quadrature or laplaces"),
    ),
    "ndk_sym/replicas": _derived("replicas"),
    "ndk_sym/fields": _derived("mean_predictor", "replicas"),
    "ndk_sym/lattice": _derived("fluctuations"),
    "ndk_sym/kernels": _sym("kernels"),
    "ndk_sym/prior": _sym("prior"),
    # closed forms, their code and numbers
    "ndk_sym/construction": _sym("closed_form", "closed_form_input"),
    "ndk_sym/closed_form": (*_sym("closed_form_input", "closed_form"), "-k", "not depth_200 and not checked_and_right"),
    "ndk_sym/program": _sym("kernels", "printers"),
    "ndk_sym/printers": _sym("printers", "closed_form_input"),
    "ndk_sym/foreign": _sym("printers"),
    "ndk_sym/numeric": _sym("closed_form"),
    "ndk_sym/high_precision": _sym("kernels", "closed_form", "closed_form_input"),
    "ndk_sym/expressions": _sym("expressions"),
    "ndk_sym/closed_averages": _sym("expressions"),
    "ndk_sym/user_activations": _sym("expressions"),
    "ndk_sym/provider": _sym("expressions"),
    "ndk_sym/emit": _sym("emit"),
    "ndk_sym/routines": (*_sym("emit"), *_CERTIFY),
    "ndk_sym/stable": _sym("stable", "prior"),
    # certificates
    "ndk_sym/gaussian": (*_sym("gaussian"), "-k", "not (point1 or point2 or point5 or point6 or systems)"),
    **dict.fromkeys(
        ("ndk_sym/tape", "ndk_sym/balls", "ndk_sym/ball_claims", "ndk_sym/enclosed_averages"), _sym("balls")
    ),
    **dict.fromkeys(("ndk_sym/trapezoid", "ndk_sym/growth", "ndk_sym/complex_balls"), _sym("balls")),
    **dict.fromkeys(("ndk_sym/enclosed_prior", "ndk_sym/error_map"), _sym("balls")),
    **dict.fromkeys(("ndk_sym/digit_claims", "ndk_sym/bounds"), _CERTIFY),
    "ndk_sym/generate": (*_sym("certify"), "-k", "not code_of_every_module"),
    "ndk_sym/certify": (*_sym("balls"), *_CERTIFY),
    "ndk_sym/averages": _sym("averages"),
    "ndk_sym/strata": (*_sym("balls"), *_CERTIFY),
    # numbers
    "ndk_num/calls": ("tests/ndk_num/test_calls.py",),
    "ndk_num/pairs": ("tests/ndk_num/test_deep_kernels.py", "tests/ndk_num/test_layer_maps.py"),
    "ndk_num/layer_maps": (
        *("tests/ndk_num/test_layer_maps.py", "tests/ndk_num/test_quadrature.py"),
        *("-k", "(test_layer_maps and not right_to_a_few) or formulas_are or code_that"),
    ),
    **dict.fromkeys(
        ("ndk_num/chain", "ndk_num/response", "ndk_num/schedules", "ndk_num/proximal"),
        ("tests/ndk_num/test_proximal.py", "-k", "not finite_width and not finite_networks"),
    ),
    "ndk_num/kernels": ("tests/ndk_num/test_deep_kernels.py", "tests/ndk_num/test_layer_maps.py"),
    **{
        f"{_ACTIVATIONS}{path.stem}": (
            *_sym("parameters", "activations", "certify"),
            *("-k", f"test_parameters or asked_for_nowhere_else or ({path.stem} and test_activations)"),
        )
        for path in sorted((ROOT / _ACTIVATIONS).glob("*.py"))
        if path.stem not in {"__init__", "base", "parameters", "discovery"}
    },
}
_FORGOTTEN = ("ndk_sym", "ndk_num", "derivations", "tests")  # imported again in every child


def run(copy: Path, arguments: tuple[str, ...], module: str, limit: float) -> tuple[str, float]:
    """Run the tests in a child that has the heavy libraries already; "passed", "failed" or "too long", and seconds."""
    start, child = time.monotonic(), os.fork()
    if not child:
        os.setpgid(0, 0)  # so that what it starts ends with it
        os._exit(_judged(copy, arguments, module))
    try:
        while time.monotonic() - start < limit:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                child = 0
                return "failed" if status else "passed", time.monotonic() - start
            time.sleep(0.05)
        return "too long", limit
    finally:
        if child:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _judged(copy: Path, arguments: tuple[str, ...], module: str) -> int:
    with (copy / "run.log").open("w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.chdir(copy)
    os.environ.update(PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=str(copy))
    sys.dont_write_bytecode = True
    for name in [name for name in sys.modules if name.partition(".")[0] in _FORGOTTEN]:
        del sys.modules[name]
    sys.path[:] = [str(copy), *(x for x in sys.path if Path(x or ".").resolve() not in {ROOT, copy})]
    try:
        if module.startswith(_ACTIVATIONS):
            _measure_claims(Path(module).name)
        import pytest

        return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *arguments]))
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()


def _measure_claims(stem: str) -> None:
    """Test every claim about the modules of the activations that a file declares."""
    from ndk_sym.activations import registered
    from ndk_sym.certify import CHECK, measure
    from ndk_sym.emit import emit, emit_runtime
    from ndk_sym.routines import modules

    declared = {name for name, cls in registered().items() if cls.__module__.endswith(f".{stem}")}
    concerned = [module for module in modules() if module.activation and module.activation["name"] in declared]
    if not concerned:
        raise LookupError(f"{stem} declares no activation")
    for module in concerned:
        measure(module, emit(module), emit_runtime(), CHECK)


def _sample(module: str, count: int, seed: int) -> tuple[int, list[Mutant]]:
    everything = list(mutants((ROOT / f"{module}.py").read_text(encoding="utf-8")))
    chosen = random.Random(f"{seed} {module}").sample(range(len(everything)), min(count, len(everything)))
    return len(everything), [everything[k] for k in sorted(chosen)]


def survivors(copy: Path, module: str, count: int, seed: int) -> Counter[str]:
    """Try a sample of a module's mutants, print what became of them, and return how many were what."""
    path, (total, sample) = copy / f"{module}.py", _sample(module, count, seed)
    original = path.read_text(encoding="utf-8")
    found, seconds = run(copy, CONCERNED[module], module, 300)
    if found != "passed":
        log = (copy / "run.log").read_text(encoding="utf-8")
        raise RuntimeError(f"{module}: its tests do not pass without a defect ({found})\n{log}")
    alive, became = [], Counter[str]()
    try:
        for mutant in sample:
            path.write_text(mutant.text, encoding="utf-8")
            found, _ = run(copy, CONCERNED[module], module, 10 + 2 * seconds)
            became["tried"] += 1
            became[found] += 1
            alive += [mutant] if found == "passed" else []
    finally:
        path.write_text(original, encoding="utf-8")
    print(
        f"{module}: {len(sample)} of {total} mutants, {became['failed']} caught, {became['too long']} too long,"
        f" {len(alive)} survive",
        flush=True,
    )
    for mutant in alive:
        why = why_equivalent(module, mutant)
        became["explained" if why else "unexplained"] += 1
        print(f"    {mutant}    [{why or 'NOT EXPLAINED'}]", flush=True)
    return became


def main(arguments: list[str] | None = None) -> int:
    """Print the survivors of each module; return how many of them are not explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.sources", description=__doc__)
    parser.add_argument("modules", nargs="*", choices=[*CONCERNED, []], help="default: all")
    parser.add_argument("--count", type=int, default=12, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args(arguments)
    import flint  # noqa: F401
    import scipy.integrate  # noqa: F401
    import sympy  # noqa: F401

    total, tried = Counter[str](), options.modules or [*CONCERNED]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        ignored = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", "docs")
        shutil.copytree(ROOT, copy, ignore=ignored)
        for module in tried:
            total += survivors(copy, module, options.count, options.seed)
    print(
        f"all: {len(tried)} modules, {total['tried']} tried, {total['failed']} caught, {total['too long']} too long,"
        f" {total['explained']} explained, {total['unexplained']} unexplained"
    )
    return total["unexplained"]


if __name__ == "__main__":
    sys.exit(bool(main()))
