"""A program as source code: NumPy, mpmath, C, Julia and Mathematica.

Python, C and Julia print the stable form, with the few routines it needs defined before the function;
Mathematica works to any precision and gets the textbook form. Common subexpressions are named, nothing is
simplified.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.printing.c import C99CodePrinter
from sympy.printing.julia import JuliaCodePrinter
from sympy.printing.mathematica import MCodePrinter
from sympy.printing.numpy import NumPyPrinter
from sympy.printing.pycode import MpmathPrinter

from ndk_sym import runtime
from ndk_sym.foreign import c_routines, julia_routines
from ndk_sym.program import Program
from ndk_sym.stable import StableFunction, stable_functions

__all__ = ["c_source", "julia_source", "mathematica_source", "mpmath_source", "numpy_source", "python_source"]


class _StableCalls:
    """Prints the opaque functions as calls of their routines."""

    def _print_Function(self, expr: Any) -> str:
        if not isinstance(expr, StableFunction):
            return str(super()._print_Function(expr))  # type: ignore[misc]
        return f"{expr.runtime}({', '.join(self._print(arg) for arg in expr.args)})"  # type: ignore[attr-defined]


def _pairwise(function: str, args: Sequence[str]) -> str:
    first, *rest = args
    return f"{function}({first}, {_pairwise(function, rest)})" if rest else first


class _NumPy(_StableCalls, NumPyPrinter):
    def _print_Max(self, expr: sp.Max) -> str:
        return _pairwise("numpy.maximum", [self._print(arg) for arg in expr.args])

    def _print_Min(self, expr: sp.Min) -> str:
        return _pairwise("numpy.minimum", [self._print(arg) for arg in expr.args])

    def _print_Integer(self, expr: sp.Integer) -> str:
        # an integer array or a huge integer must not meet float64: NumPy would raise or turn to objects
        return f"{int(expr)}" if abs(expr) < 2**31 else f"{int(expr)}.0"


class _Mpmath(_StableCalls, MpmathPrinter):
    pass


class _C(_StableCalls, C99CodePrinter):
    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        # on one line, as an expression
        (value, condition), *rest = expr.args
        if condition == True:  # noqa: E712
            return str(self._print(value))
        return f"({self._print(condition)} ? {self._print(value)} : {self._print(sp.Piecewise(*rest))})"


class _Julia(_StableCalls, JuliaCodePrinter):
    # scalar code: Julia broadcasts a function with a dot at the call
    def _print_Mul(self, expr: sp.Mul) -> str:
        return str(super()._print_Mul(expr)).replace(" .* ", " * ").replace(" ./ ", " / ")

    def _print_Pow(self, expr: sp.Pow) -> str:
        return str(super()._print_Pow(expr)).replace(" .^ ", " ^ ").replace(" ./ ", " / ")

    def _print_Rational(self, expr: sp.Rational) -> str:
        return f"({expr.p} / {expr.q})"

    def _print_Max(self, expr: sp.Max) -> str:
        return _pairwise("max", [self._print(arg) for arg in expr.args])

    def _print_Min(self, expr: sp.Min) -> str:
        return _pairwise("min", [self._print(arg) for arg in expr.args])


def _body(program: Program, printer: Any, pattern: str) -> list[str]:
    return [pattern.format(name=printer.doprint(name), value=printer.doprint(expr)) for name, expr in program.steps]


def _routines(program: Program) -> list[str]:
    used = {type(f) for e in (*(e for _, e in program.steps), program.result) for f in e.atoms(StableFunction)}
    return [function.runtime for function in stable_functions() if function in used]


def _python_function(program: Program, name: str, printer: Any) -> str:
    arguments = ", ".join(printer.doprint(arg) for arg in program.args)
    body = [f"    {line}" for line in _body(program, printer, "{name} = {value}")]
    return "\n".join([f"def {name}({arguments}):", *body, f"    return {printer.doprint(program.result)}"]) + "\n"


def numpy_source(program: Program, name: str) -> str:
    """Return a Python function of arrays that expects `numpy` and the stable routines in scope."""
    return _python_function(program.shared().inlined(), name, _NumPy({"fully_qualified_modules": True}))


def mpmath_source(program: Program, name: str) -> str:
    """Return a Python function that expects mpmath's names and mpmath versions of the routines in scope."""
    return _python_function(program, name, _Mpmath({"fully_qualified_modules": False}))


def python_source(program: Program, name: str, *, comment: str = "") -> str:
    """Return a Python module of its own: imports, the routines of `ndk_sym.runtime`, and the function.

    Parameters
    ----------
    program : Program
        In the stable form.
    name : str
        The function's name.
    comment : str, optional
        Its docstring.
    """
    function = numpy_source(program, name).replace("numpy.", "np.")
    head, body = function.split("\n", 1)
    lines = [head, f'    """{comment}"""', body] if comment else [head, body]
    preamble = _runtime_source() if _routines(program) else "import numpy as np"
    return preamble + "\n\n\n" + "\n".join(lines)


def _runtime_source() -> str:
    """Return the source of `ndk_sym.runtime` from its imports on, those of the standard library too."""
    text = inspect.getsource(runtime)
    future = "from __future__ import annotations\n"
    start = text.index(future) + len(future)
    return re.sub(r"^__all__ = \[.*?\].*?\n", "", text[start:], flags=re.DOTALL | re.MULTILINE).strip()


def c_source(program: Program, name: str, *, comment: str = "") -> str:
    """Return a C99 translation unit: the stable routines, and one function of doubles."""
    shared, printer = program.shared().inlined(), _C({"math_macros": {}})
    arguments = ", ".join(f"double {printer.doprint(arg)}" for arg in shared.args)
    body = _body(shared, _Quiet(printer), "    const double {name} = {value};")
    unused = [f"    (void){arg};" for arg in shared.args if not _uses(shared, arg)]
    helpers = c_routines(_routines(program))
    lines = [f"double {name}({arguments}) {{", *unused, *body]
    lines += [f"    return {_Quiet(printer).doprint(shared.result)};", "}"]
    head = f"/* {comment} */\n#include <math.h>" if comment else "#include <math.h>"
    # an unused constant would be a compiler's warning
    code = re.sub(r"/\*.*?\*/", "", "".join(helpers + lines))
    constant = [f"static const double pi = {sp.N(sp.pi, 20)};"] if re.search(r"\bpi\b", code) else []
    return "\n\n".join([head, *constant, *helpers, "\n".join(lines)]) + "\n"


class _Quiet:
    """A C printer that leaves the declaration of π to the file."""

    def __init__(self, printer: C99CodePrinter) -> None:
        self.printer = printer

    def doprint(self, expr: sp.Expr) -> str:
        text = str(self.printer.doprint(expr))
        return text.splitlines()[-1]


def _uses(program: Program, symbol: sp.Symbol) -> bool:
    return any(symbol in e.free_symbols for e in (*(e for _, e in program.steps), program.result))


def julia_source(program: Program, name: str, *, comment: str = "") -> str:
    """Return Julia source: the stable routines, and one function of numbers (broadcast it with a dot)."""
    shared, printer = program.shared().inlined(), _Julia({})
    helpers = julia_routines(_routines(program))
    arguments = ", ".join(printer.doprint(arg) for arg in shared.args)
    body = _body(shared, printer, "    {name} = {value}")
    lines = [f"function {name}({arguments})", *body, f"    {printer.doprint(shared.result)}", "end"]
    return "\n\n".join([*([f"# {comment}"] if comment else []), *helpers, "\n".join(lines)]) + "\n"


def mathematica_source(program: Program, name: str, *, comment: str = "") -> str:
    """Return a Mathematica definition of the textbook form; names lose the underscores, patterns there."""
    shared = program.shared().inlined()
    symbols = [*shared.args, *(step for step, _ in shared.steps)]
    shared = shared.renamed({symbol: sp.Symbol(symbol.name.replace("_", "")) for symbol in symbols})
    printer = MCodePrinter()
    arguments = ", ".join(f"{arg}_" for arg in shared.args)
    local = ", ".join(str(step) for step, _ in shared.steps)
    body = _body(shared, printer, "  {name} = {value};")
    lines = [f"{name.replace('_', '')}[{arguments}] := Module[{{{local}}},", *body]
    lines += [f"  {printer.doprint(shared.result)}", "]"]
    return "\n".join([*([f"(* {comment} *)"] if comment else []), *lines]) + "\n"
