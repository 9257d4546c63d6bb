"""Deterministic writer of the generated NumPy modules.

The stable forms are printed as they are: common subexpressions are taken out first, opaque functions become calls of
`runtime`, and nothing is simplified on the way. The text depends on the expressions alone.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sympy as sp
from sympy.printing.numpy import NumPyPrinter
from sympy.printing.precedence import PRECEDENCE

from ndk_sym import notation as nt
from ndk_sym.routines import Module, Output, Routine
from ndk_sym.stable import StableFunction

__all__ = ["NOTICE", "emit", "emit_runtime", "text_hash"]

NOTICE = "# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again."


class _Printer(NumPyPrinter):
    """NumPy code with plain names; opaque functions become calls of the runtime routines that `used` collects."""

    def __init__(self) -> None:
        super().__init__({"fully_qualified_modules": False})
        self.used: set[str] = set()

    def _print_Function(self, expr: sp.Function) -> str:
        if not isinstance(expr, StableFunction):
            return str(super()._print_Function(expr))
        self.used.add(expr.runtime)
        return f"{expr.runtime}({', '.join(self._print(arg) for arg in expr.args)})"

    def _print_erf(self, expr: sp.erf) -> str:
        return f"{self._module_format('scipy.special.erf')}({self._print(expr.args[0])})"

    def _print_erfc(self, expr: sp.erfc) -> str:
        return f"{self._module_format('scipy.special.erfc')}({self._print(expr.args[0])})"

    def _print_Max(self, expr: sp.Max) -> str:
        return self._nested("maximum", expr)

    def _print_Min(self, expr: sp.Min) -> str:
        return self._nested("minimum", expr)

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        # both branches are evaluated, then chosen from
        (value, condition), *rest = expr.args
        if condition == True:  # noqa: E712
            return str(self._print(value))
        other = self._print(sp.Piecewise(*rest))
        return f"{self._module_format('numpy.where')}({self._print(condition)}, {self._print(value)}, {other})"

    def _print_Relational(self, expr: sp.Rel) -> str:
        return f"{self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)}"

    def _nested(self, function: str, expr: sp.Basic) -> str:
        # numbers last: maximum(c, 0)
        first, *rest = sorted(expr.args, key=lambda arg: (arg.is_number, sp.default_sort_key(arg)))
        name = self._module_format(f"numpy.{function}")
        text = self._print(first)
        for arg in rest:
            text = f"{name}({text}, {self._print(arg)})"
        return text

    def _print_Mul(self, expr: sp.Mul) -> str:
        # one constant and one pass over the array: angle(y, x)/(2*pi), not (1/2)*angle(y, x)/pi
        constant, rest = expr.as_independent(*expr.free_symbols, as_Add=False)
        if constant.is_Integer or rest == 1 or sp.fraction(rest)[1] != 1:
            return str(super()._print_Mul(expr))
        numerator, denominator = sp.fraction(constant)
        text = self.parenthesize(rest, PRECEDENCE["Mul"])
        if numerator == 1 and denominator in (2, 4):
            return f"{float(constant)}*{text}"  # as exact as the division, in half the time
        if numerator == 1:
            return f"{text}/{self.parenthesize(denominator, PRECEDENCE['Pow'])}"
        return f"{self._print(constant) if constant.is_Atom else f'({self._print(constant)})'}*{text}"

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        # SymPy prints 1/x as x**(-1.0), which NumPy evaluates by the slower and less exact power function
        base, exponent = expr.args
        if exponent.could_extract_minus_sign():
            inverse = sp.Pow(base, -exponent)
            root = exponent == -sp.S.Half
            return f"1/{self._print(inverse) if root else self.parenthesize(inverse, PRECEDENCE['Pow'])}"
        if exponent == sp.S.Half:
            return f"{self._module_format('numpy.sqrt')}({self._print(base)})"
        return f"{self.parenthesize(base, PRECEDENCE['Pow'])}**{self.parenthesize(exponent, PRECEDENCE['Pow'])}"

    def _print_not_supported(self, expr: sp.Basic) -> str:
        raise ValueError(f"{expr} has no NumPy form: build it from `ndk_sym.stable` or add an opaque function there")

    def _print_Float(self, expr: sp.Float) -> str:
        raise ValueError(f"the inexact number {expr} would be rounded silently: write it as a rational")


def text_hash(text: str) -> str:
    """Return the SHA-256 of a module's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def emit(module: Module, *, special: bool = False) -> str:
    """Return the text of a generated module.

    Parameters
    ----------
    module : Module
        What to print, from `ndk_sym.routines`.
    special : bool
        Whether SciPy's special functions may be called: not by the modules that are committed.

    Returns
    -------
    str
        Python source: the same bytes for the same expressions, whatever the hash seed.

    Raises
    ------
    ValueError
        If an expression holds a floating-point number, or something the printer does not know.
    """
    printer = _Printer()
    functions = [_function(routine, printer) for routine in module.routines]
    allowed = {"numpy", "scipy.special"} if special else {"numpy"}
    if foreign := set(printer.module_imports) - allowed:
        raise ValueError(f"module {module.name!r} would import {sorted(foreign)}; only NumPy and runtime are allowed")
    imports = [f"from .runtime import {', '.join(sorted({'Array', *printer.used}))}"]
    if names := printer.module_imports.get("scipy.special"):
        imports.insert(0, f"from scipy.special import {', '.join(sorted(names))}\n")
    if numpy_names := printer.module_imports.get("numpy"):
        imports.insert(0, f"from numpy import {', '.join(sorted(numpy_names))}\n")
    hashes = [f"#     {routine.name:<12}{routine.expression_hash}" for routine in module.routines]
    header = "\n".join([NOTICE, "# SHA-256 of the expressions:", *hashes])
    docstring = f'r"""{module.title}.\n\n{module.description}\n"""'
    top = "\n".join(imports)
    return "\n\n\n".join([f"{header}\n{docstring}\n\n{top}", *functions]) + "\n"


def _function(routine: Routine, printer: _Printer) -> str:
    replacements, reduced = _shared([output.stable for output in routine.outputs])
    arguments = ", ".join(symbol.name for symbol in routine.arguments)
    typed = ", ".join(f"{symbol.name}: Array" for symbol in routine.arguments)
    result = "Array" if len(routine.outputs) == 1 else f"tuple[{', '.join('Array' for _ in routine.outputs)}]"
    doc = [_equation(output, routine) for output in routine.outputs]
    lines = [f"def {routine.name}({typed}) -> {result}:", f'    r"""{routine.title}.', "", *doc, '    """']
    lines += [f"    {symbol.name} = {printer.doprint(value)}" for symbol, value in replacements]
    labels = [output.label for output in routine.outputs]
    for output, value in zip(routine.outputs, reduced, strict=True):
        code = printer.doprint(value)
        if output.stable.free_symbols != set(routine.arguments):
            # what does not depend on every argument must still have the shape of all of them
            printer.used.add("filled")
            code = f"filled({code}, {arguments})"
        lines.append(f"    {output.label} = {code}")
    return "\n".join([*lines, f"    return {', '.join(labels)}"])


def _shared(expressions: list[sp.Expr]) -> tuple[list[tuple[sp.Symbol, sp.Expr]], list[sp.Expr]]:
    """Common subexpressions, without those that are numbers: a number reads better where it is used."""
    replacements, reduced = sp.cse(expressions, symbols=sp.numbered_symbols("_"))
    numbers = {symbol: value for symbol, value in replacements if value.is_number}
    kept = [(symbol, value.xreplace(numbers)) for symbol, value in replacements if symbol not in numbers]
    names = {symbol: sp.Symbol(f"x{k}") for k, (symbol, _) in enumerate(kept)}
    renamed = [(names[symbol], value.xreplace(names)) for symbol, value in kept]
    return renamed, [value.xreplace(numbers).xreplace(names) for value in reduced]


def _equation(output: Output, routine: Routine) -> str:
    names = {p.symbol: p.letter for p in routine.parameters}
    return f"    {output.latex} = {nt.latex(output.displayed, names=names)}"


def emit_runtime() -> str:
    """Return the text of the generated package's `runtime` module: this package's, under the same notice."""
    spec: Any = find_spec("ndk_sym.runtime")
    return f"{NOTICE}\n{Path(spec.origin).read_text(encoding='utf-8')}"
