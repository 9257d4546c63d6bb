"""Which mutants of the hand-written code that decides truth the tests would let pass.

    python -m tests.mutation.sources [--count N] [--seed N] [MODULE ...]

A random sample of the mutants of each module is written, one at a time, into a copy of the project, where the tests
that concern the module are run up to the first failure. Activations are judged by their certificates' claims. Nothing
says which survivors are equivalent: each is to be looked at.
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
from collections.abc import Callable
from pathlib import Path

from tests.mutation.operators import Mutant, mutants

__all__ = ["CONCERNED", "main"]

ROOT = Path(__file__).resolve().parents[2]
_BALLS = ("tests/ndk_sym/test_balls.py",)
_PROVE = ("tests/ndk_sym/test_prove.py", "tests/ndk_sym/test_signs.py")
_CERTIFY = ("tests/ndk_sym/test_certify.py", "-k", "not code_of_every_module and not passes_the_check")
CONCERNED: dict[str, tuple[str, ...]] = {  # module → the tests that concern it
    **dict.fromkeys(("ndk_sym/tower", "ndk_sym/quotients", "ndk_sym/signs", "ndk_sym/prove"), _PROVE),
    "ndk_sym/evaluation": (*_PROVE, *_BALLS),
    **dict.fromkeys(("ndk_sym/tape", "ndk_sym/balls", "ndk_sym/ball_claims", "ndk_sym/enclosed_averages"), _BALLS),
    **dict.fromkeys(("ndk_sym/trapezoid", "ndk_sym/growth"), _BALLS),
    "ndk_sym/certify": _CERTIFY,
    "ndk_sym/stable": ("tests/ndk_sym/test_prior.py", "tests/ndk_sym/test_emit.py", *_CERTIFY),
    "ndk_sym/kernels": ("tests/ndk_sym/test_kernels.py",),
    "ndk_sym/prior": ("tests/ndk_sym/test_prior.py",),
    "ndk_num/calls": ("tests/ndk_num/test_calls.py",),
    "ndk_num/pairs": ("tests/ndk_num/test_deep_kernels.py", "tests/ndk_num/test_layer_maps.py"),
    "ndk_num/layer_maps": ("tests/ndk_num/test_layer_maps.py",),
    "ndk_num/kernels": ("tests/ndk_num/test_deep_kernels.py", "tests/ndk_num/test_layer_maps.py"),
    **{
        f"ndk_sym/activations/{path.stem}": ()
        for path in sorted((ROOT / "ndk_sym/activations").glob("*.py"))
        if path.stem not in {"__init__", "base", "parameters"}
    },
}
_FORGOTTEN = ("ndk_sym", "ndk_num", "derivations", "tests")  # imported again in every child


def run(copy: Path, arguments: tuple[str, ...], module: str, limit: float) -> tuple[str, float]:
    """Run the tests in a child that has the heavy libraries already; "passed", "failed" or "too long", and seconds."""
    start, child = time.monotonic(), os.fork()
    if not child:
        os._exit(_judged(copy, arguments, module))
    while time.monotonic() - start < limit:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "failed" if status else "passed", time.monotonic() - start
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "too long", limit


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
        if arguments:
            import pytest

            return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *arguments]))
        return _claims_fail(Path(module).name)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()


def _claims_fail(stem: str) -> int:
    """Whether a claim about a module of an activation does not hold."""
    from ndk_sym.certify import CHECK, measure
    from ndk_sym.emit import emit, emit_runtime
    from ndk_sym.routines import modules

    concerned = [module for module in modules() if module.name.startswith(stem)]
    for module in concerned:
        measure(module, emit(module), emit_runtime(), CHECK)
    return 0 if concerned else 1


def _sample(module: str, count: int, seed: int) -> tuple[int, list[Mutant]]:
    everything = list(mutants((ROOT / f"{module}.py").read_text(encoding="utf-8")))
    chosen = random.Random(f"{seed} {module}").sample(range(len(everything)), min(count, len(everything)))
    return len(everything), [everything[k] for k in sorted(chosen)]


def survivors(copy: Path, module: str, count: int, seed: int, say: Callable[[str], None]) -> int:
    """Try a sample of a module's mutants; say how many were caught and which were not, and return how many."""
    path, (total, sample) = copy / f"{module}.py", _sample(module, count, seed)
    original = path.read_text(encoding="utf-8")
    found, seconds = run(copy, CONCERNED[module], module, 300)
    if found != "passed":
        log = (copy / "run.log").read_text(encoding="utf-8")
        raise RuntimeError(f"{module}: its tests do not pass without a defect ({found})\n{log}")
    alive, slow = [], 0
    for mutant in sample:
        path.write_text(mutant.text, encoding="utf-8")
        found, _ = run(copy, CONCERNED[module], module, 10 + 3 * seconds)
        slow += found == "too long"
        alive += [mutant] if found == "passed" else []
    path.write_text(original, encoding="utf-8")
    say(
        f"{module}: {len(sample)} of {total} mutants, {len(sample) - len(alive) - slow} caught, {slow} too long,"
        f" {len(alive)} survive"
    )
    for mutant in alive:
        say(f"    {mutant}")
    return len(alive)


def main(arguments: list[str] | None = None) -> int:
    """Print the survivors of each module; return how many there are."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.sources", description=__doc__)
    parser.add_argument("modules", nargs="*", choices=[*CONCERNED, []], help="default: all")
    parser.add_argument("--count", type=int, default=12, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args(arguments)
    import flint  # noqa: F401
    import scipy.integrate  # noqa: F401
    import sympy  # noqa: F401

    def say(line: str) -> None:
        print(line, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        copy, total = Path(folder) / "copy", 0
        ignored = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", "docs")
        shutil.copytree(ROOT, copy, ignore=ignored)
        for module in options.modules or CONCERNED:
            total += survivors(copy, module, options.count, options.seed, say)
    return total


if __name__ == "__main__":
    main()
