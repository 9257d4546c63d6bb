"""Printed code runs and is right: Python and C are executed, Julia and Mathematica read back by other parsers."""

import ctypes
import math
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from sympy.parsing.mathematica import parse_mathematica

from ndk_sym import closed_form
from ndk_sym import notation as nt
from ndk_sym.activations import names
from ndk_sym.closed_form import ClosedForm
from ndk_sym.high_precision import Evaluator, exact_number
from ndk_sym.numeric import samples
from ndk_sym.program import Program
from tests.tolerances import FIFTY_DIGITS, PRINTED_CODE

NAMES = names(paper=True)
FORMS = {
    f"{kernel} {name} {depth}": closed_form(kernel, activation=name, depth=depth)
    for name in NAMES
    for kernel in ("ndk", "nngp", "mean")
    for depth in (1, 3)
}
FORMS |= {f"ndk {name} in time": FORMS[f"ndk {name} 3"].in_time(nt.t, nt.s) for name in NAMES}
FORMS |= {f"ndk {name} 1": closed_form("ndk", activation=name, depth=1) for name in names() if name not in NAMES}
# large norms and opposite inputs: the branch that stable forms such as GELU's take there
FAR = {"m_tt": 1.25, "m_ts": 1.2, "m_ss": 1.5, "decay": 0.5, "k_xx": 20.0, "k_xy": -22.0, "k_yy": 25.0, "sigma2": 1.2}
FAR |= {"t": 3.0, "s": 2.0, "kappa": 0.3, "sigma02": 1.2}
MISSING_GCC = shutil.which("gcc") is None


def bulk(form: ClosedForm) -> list[dict[str, float]]:
    points = [point for stratum, point in samples([arg.name for arg in form.args], 5) if stratum == "bulk"]
    assert len(points) == 5
    return points


def worst(form: ClosedForm, function: Callable[..., float], points: int = 5) -> float:
    errors = []
    for point in (*bulk(form)[:points], {arg.name: FAR[arg.name] for arg in form.args}):
        exact = float(form.evaluate(point))
        errors.append(abs(float(function(*point.values())) - exact) / (abs(exact) or 1.0))
    return max(errors)


def run_python(source: str, name: str) -> Callable[..., float]:
    namespace: dict[str, object] = {}
    exec(compile(source, "<printed>", "exec"), namespace)
    return namespace[name]  # type: ignore[return-value]


@pytest.mark.parametrize("case", FORMS)
def test_python(case: str) -> None:
    form = FORMS[case]
    source = form.to("python")
    assert "ndk_sym" not in source.split("import numpy", 1)[1].split("def ")[-1]
    assert worst(form, run_python(source, form.function_name)) < PRINTED_CODE


def test_a_wrong_coefficient_in_printed_python_is_seen() -> None:
    form = FORMS["ndk relu 3"]
    wrong = form.to("python").replace("(1/2)*np.maximum", "(1/2.00001)*np.maximum")
    assert worst(form, run_python(wrong, form.function_name)) > PRINTED_CODE


def run_c(source: str, form: ClosedForm, folder: Path) -> Callable[..., float]:
    file, library = folder / "kernel.c", folder / "kernel.so"
    file.write_text(source)
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wno-unused-function", "-Werror", "-O1", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "-o", str(library), str(file), "-lm"], check=True)
    function = getattr(ctypes.CDLL(str(library)), form.function_name)
    function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double] * len(form.args)
    return function  # type: ignore[no-any-return]


@pytest.mark.skipif(MISSING_GCC, reason="no C compiler")
@pytest.mark.parametrize("case", FORMS)
def test_c(case: str, tmp_path: Path) -> None:
    assert worst(FORMS[case], run_c(FORMS[case].to("c"), FORMS[case], tmp_path)) < PRINTED_CODE


@pytest.mark.skipif(MISSING_GCC, reason="no C compiler")
def test_a_swapped_argument_in_printed_c_is_seen(tmp_path: Path) -> None:
    form = FORMS["ndk erf 3"]
    wrong = form.to("c").replace("double m_tt, double m_ts, double m_ss", "double m_ss, double m_ts, double m_tt")
    assert worst(form, run_c(wrong, form, tmp_path)) > PRINTED_CODE


def julia_scope() -> dict[str, object]:
    """What printed Julia may call, with Julia's argument orders."""

    def evalpoly(x: float, coefficients: tuple[float, ...]) -> float:
        return sum(coefficient * x**k for k, coefficient in enumerate(coefficients))

    def fma(x: float, y: float, z: float) -> float:
        # two roundings instead of one: enough in the bulk
        return x * y + z

    names = {n: getattr(math, n) for n in ("sqrt", "exp", "expm1", "hypot", "pi", "asin", "acos")}
    names |= {"atan": math.atan2, "abs": abs, "max": max, "min": min, "zero": lambda x: 0.0}
    names |= {"sign": lambda x: float(np.sign(x)), "iszero": lambda x: x == 0}
    return names | {"evalpoly": evalpoly, "fma": fma}


BRACKETS = re.compile(r"\(([^()]*)\)")


def python_expression(julia: str) -> str:
    """A Julia expression in Python; brackets from the inside out, since both branches of `? :` may hold others."""
    text = re.sub(r"\[(\w+)\]", r"[\1 - 1]", julia.replace("^", "**").replace("&&", "and"))
    inner: list[str] = []
    while found := BRACKETS.search(text):
        inner.append(chosen(found[1]))
        text = f"{text[: found.start()]}@{len(inner) - 1}@{text[found.end() :]}"
    text = chosen(text)
    for k in reversed(range(len(inner))):
        text = text.replace(f"@{k}@", f"({inner[k]})")
    return text


def chosen(text: str) -> str:
    """`condition ? one : other` without brackets around parts of it."""
    condition, mark, branches = text.partition(" ? ")
    if not mark:
        return text
    one, _, other = branches.partition(" : ")
    return f"{one} if {condition} else {chosen(other)}"


def python_line(julia: str) -> str:
    """One line of a Julia function's body in Python."""
    if found := re.fullmatch(r"(.*) && return (.*)", julia):
        return f"if {python_expression(found[1])}: return {python_expression(found[2])}"
    if found := re.fullmatch(r"(\w+(?:, \w+)*) = (.*)", julia):
        return f"{found[1]} = {python_expression(found[2])}"
    return f"return {python_expression(julia)}"


def run_julia(source: str, name: str) -> Callable[..., float]:
    """Translate the small part of Julia that is printed, line by line, and fail on anything else."""
    lines = []
    for line in re.sub(r"([(,])\n\s+", r"\1 ", source).splitlines():  # tables are one line each
        if line.startswith("function "):
            lines.append("def " + line.removeprefix("function ") + ":")
        elif line.startswith("    "):
            lines.append("    " + python_line(line.strip()))
        elif found := re.fullmatch(r"(\w+\([\w, ]*\)) = (.*)", line):
            lines.append(f"def {found[1]}: {python_line(found[2])}")
        else:
            assert not line or line == "end" or line.startswith("#"), line
    namespace = julia_scope()
    exec(compile("\n".join(lines), "<julia>", "exec"), namespace)
    return namespace[name]  # type: ignore[return-value]


@pytest.mark.parametrize("case", FORMS)
def test_julia(case: str) -> None:
    form = FORMS[case]
    assert worst(form, run_julia(form.to("julia"), form.function_name)) < PRINTED_CODE


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [("rectified_monomial", "arc_wedge(1,", "arc_wedge(3,"), ("gelu", "? (", "? (2 * "), ("cos", "2 * root", "root")],
)
def test_a_defect_in_printed_julia_is_seen(name: str, right: str, wrong: str) -> None:
    form = FORMS[f"ndk {name} 1"]
    assert right in form.to("julia")
    assert worst(form, run_julia(form.to("julia").replace(right, wrong), form.function_name)) > PRINTED_CODE


def run_mathematica(source: str) -> Callable[..., float]:
    """Read the statements with SymPy's Mathematica parser and evaluate them in order at 30 digits."""
    head = re.search(r"^\w+\[(.*)\] := Module\[\{(.*)\},$", source, re.M)
    assert head, source
    arguments = [name.removesuffix("_") for name in head.group(1).split(", ")]
    assert all(name.isalnum() for name in arguments)
    *statements, result = source[head.end() :].removesuffix("]\n").strip().split(";\n")
    local = [statement.split(" = ")[0].strip() for statement in statements]
    assert sorted(local) == sorted(filter(None, head.group(2).split(", ")))

    def read(text: str) -> sp.Expr:
        # SymPy's parser does not know Abs
        return sp.sympify(parse_mathematica(text)).replace(sp.Function("Abs"), sp.Abs)

    def function(*values: float) -> float:
        known = {sp.Symbol(k): sp.Float(v, 30) for k, v in zip(arguments, values, strict=True)}
        for statement in statements:
            name, text = statement.strip().split(" = ")
            known[sp.Symbol(name)] = sp.N(read(text).subs(known), 30)
        return float(sp.N(read(result.strip()).subs(known), 30))

    return function


@pytest.mark.parametrize("case", [case for case in FORMS if not case.startswith("nngp")])
def test_mathematica(case: str) -> None:
    form = FORMS[case]
    assert worst(form, run_mathematica(form.to("mathematica")), points=2) < PRINTED_CODE


@pytest.mark.parametrize("case", FORMS)
def test_sympy_text_is_the_expression(case: str) -> None:
    form = FORMS[case]
    text = form.to("sympy")
    scope = {arg.name: arg for arg in form.args}
    # SymPy's own parser, on text this project printed; order and factors may differ from the original
    read = Evaluator(Program(form.args, (), sp.parse_expr(text, local_dict=scope)))
    for point in bulk(form)[:2]:
        values = {name: exact_number(name, value) for name, value in point.items()}
        assert abs(read.value(values, 50) - form.evaluate(point)) < FIFTY_DIGITS


def test_printing_is_deterministic() -> None:
    for format in ("latex", "sympy", "python", "c", "julia", "mathematica"):
        again = closed_form("ndk", activation="relu", depth=3)
        assert again.to(format) == FORMS["ndk relu 3"].to(format)


def test_printed_python_broadcasts() -> None:
    form = FORMS["nngp relu 3"]
    function = run_python(form.to("python"), form.function_name)
    assert function(1.0, 1.0, np.linspace(-1, 1, 7), 1.0).shape == (7,)  # type: ignore[attr-defined]


def test_python_brings_only_the_routines_that_it_needs() -> None:
    plain = closed_form("ntk", activation="linear", depth=2).to("python")
    assert plain.startswith("import numpy as np\n\n\ndef ntk_linear_2(")
    assert "def wedge(" in closed_form("ntk", activation="relu", depth=2).to("python")
