"""The contracts between the packages hold, and each of them can fail."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("ndk_sym", "ndk_num", "derivations")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the packages in which imports may be planted."""
    folder = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter as `.ci/run` does."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", code, "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("module", "planted", "contract"),
    [
        ("ndk_num/checks.py", "import sympy", "ndk_num knows arrays, not algebra"),
        ("ndk_num/npz.py", "def f():\n    from ndk_sym import notation", "ndk_num knows arrays, not algebra"),
        ("ndk_sym/signs.py", "import ndk_num", "ndk_sym stands alone"),
        ("ndk_sym/signs.py", "import derivations", "ndk_sym stands alone"),
        ("derivations/price_theorem.py", "import numpy", "derivations import only ndk_sym and sympy"),
    ],
)
def test_a_planted_import_breaks_its_contract(copy, module, planted, contract):
    path = copy / module
    before = path.read_text(encoding="utf-8")
    try:
        path.write_text(f"{before}\n{planted}\n", encoding="utf-8")
        result = linted(copy)
    finally:
        path.write_text(before, encoding="utf-8")
    assert result.returncode == 1
    assert f"{contract} BROKEN" in result.stdout
    assert result.stdout.count(" BROKEN") == 1


def test_the_contracts_hold(copy):
    result = linted(copy)
    assert result.returncode == 0, result.stdout
    assert "3 kept, 0 broken" in result.stdout


def foreign(source: str) -> set[str]:
    """Return what a derivation imports beyond the standard library, sympy and ndk_sym."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("derivations" if node.level else str(node.module).partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"sympy", "ndk_sym", "derivations"}


def test_derivations_import_nothing_else():
    """A list of forbidden packages cannot name all: this one names what is allowed."""
    modules = sorted((ROOT / "derivations").rglob("*.py"))
    assert len(modules) > 3
    assert {path.name: foreign(path.read_text(encoding="utf-8")) for path in modules} == {
        p.name: set() for p in modules
    }


def test_another_import_in_a_derivation_is_caught():
    assert foreign("import os, sympy\nfrom ndk_sym import prior\nfrom matplotlib import pyplot") == {"matplotlib"}
