"""A derivation as plain text, for the terminal."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import Any, ClassVar

import sympy as sp
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pretty.pretty_symbology import greek_unicode
from sympy.printing.str import StrPrinter

from ndk_sym.notation import entries
from ndk_sym.pages import parts
from ndk_sym.stable import exact
from ndk_sym.statement import Derivation, Statement
from ndk_sym.verify import Result

__all__ = ["equation", "linear", "page"]

WIDTH = 100
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


_COMMANDS: dict[str, str] = {
    **greek_unicode, "langle": "⟨", "rangle": "⟩", "nabla": "∇", "cdot": "·", "partial": "∂", "sum": "Σ", "ell": "ℓ",
}  # fmt: skip


def _script(letter: str) -> str:
    """A calligraphic capital; Unicode has some of them in another block."""
    try:
        return unicodedata.lookup(f"MATHEMATICAL SCRIPT CAPITAL {letter}")
    except KeyError:
        return unicodedata.lookup(f"SCRIPT CAPITAL {letter}")


def plain(latex: str) -> str:
    """LaTeX of one symbol of the notation as Unicode."""
    latex = latex.replace(r"^{\top}", "ᵀ")
    latex = re.sub(r"\\mathcal\{([A-Z])\}", lambda found: _script(found[1]), latex)
    latex = re.sub(r"\\vec\{(.*?)\}", lambda found: plain(found[1]) + "\u20d7", latex)
    latex = re.sub(r"\\tilde\{([^}]*)\}", lambda found: plain(found[1]) + "\u0303", latex)
    latex = re.sub(r"\\bar\{(\w)\}", lambda found: found[1] + "\u0304", latex)
    latex = re.sub(r"\\mathrm\{(\w+)\}", lambda found: found[1], latex)
    latex = re.sub(r"\\dot\{(\w)\}", lambda found: found[1] + "\u0307", latex)
    latex = re.sub(r"\\([A-Za-z]+)", lambda found: _COMMANDS.get(found[1], found[1]), latex)
    latex = re.sub(r"\^\{(\d+)\}", lambda found: found[1].translate(_RAISED), latex)
    latex = re.sub(r"_\{(\d+)\}", lambda found: found[1].translate(_LOWERED), latex)
    latex = latex.replace("^{*}", "*").replace("∇ ", "∇").replace("*", "∗").replace("infty", "∞")
    latex = re.sub(r"_\{([\w∗∞]+)\}", lambda found: "_" + found[1], latex)
    latex = re.sub(r"\^\{([^}]*)\}", lambda found: f"^({found[1]})", latex)
    return re.sub(r"\{(.*?)\}", r"\1", latex)


class _Linear(StrPrinter):
    """One line of Unicode in the notation of the paper."""

    _names: ClassVar[dict[str, str]] = {entry.name: plain(entry.latex) for entry in entries()}

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return self._names.get(expr.name) or plain(sp.latex(expr))

    def _print_MatrixBase(self, expr: sp.MatrixBase) -> str:
        rows = (", ".join(self._print(entry) for entry in expr.row(row)) for row in range(expr.rows))
        return f"[{'; '.join(rows)}]"

    def _as_ordered_terms(self, expr: sp.Expr, order: Any = None) -> list[sp.Expr]:
        # t − s, not −s + t
        return sorted(super()._as_ordered_terms(expr, order=order), key=lambda x: bool(x.could_extract_minus_sign()))

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        if not (expr.exp.is_Integer and expr.exp > 1):
            return str(super()._print_Pow(expr, rational=rational))
        base, power = self.parenthesize(expr.base, PRECEDENCE["Pow"]), int(expr.exp)
        if base.endswith("²") and expr.base.is_Symbol:  # σ² to the k is σ to the 2k
            base, power = base[:-1], 2 * power
        return base + str(power).translate(_RAISED)

    def _print_Function(self, expr: sp.Function) -> str:
        name = expr.func.__name__
        name = self._names.get(name) or (plain(name) if "\\" in name else name)
        return f"{name}({', '.join(self._print(arg) for arg in expr.args)})"

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        by = "".join(f"∂_{self._print(x)}" + str(n).translate(_RAISED) * (n != 1) for x, n in expr.variable_count)
        return f"{by}[{self._print(expr.expr)}]"

    def _print_Subs(self, expr: sp.Subs) -> str:
        at = ", ".join(f"{self._print(x)} = {self._print(y)}" for x, y in zip(expr.variables, expr.point, strict=True))
        return f"({self._print(expr.expr)} at {at})"

    def _print_Limit(self, expr: sp.Limit) -> str:
        inner, symbol, point, _ = expr.args
        return f"lim_{{{self._print(symbol)}→{self._print(point)}}} {self._print(inner)}"

    def _print_Integral(self, expr: sp.Integral) -> str:
        x, low, high = (self._print(part) for part in expr.limits[0])
        return f"∫_{{{low}}}^{{{high}}} d{x} [{self._print(expr.function)}]"

    def _print_Sum(self, expr: sp.Sum) -> str:
        signs = (f"Σ_{{{self._print(i)}={self._print(low)}}}^{{{self._print(high)}}} " for i, low, high in expr.limits)
        return f"{''.join(signs)}[{self._print(expr.function)}]"

    def _print_transpose(self, expr: sp.Expr) -> str:
        return f"{self.parenthesize(expr.args[0], PRECEDENCE['Pow'])}ᵀ"

    def _print_Infinity(self, expr: Any) -> str:
        return "∞"

    def _print_NegativeInfinity(self, expr: Any) -> str:
        return "-∞"

    def _print_Pi(self, expr: Any) -> str:
        return "π"


def linear(expr: sp.Expr) -> str:
    """An expression on one line."""
    return (
        str(_Linear().doprint(exact(sp.sympify(expr))))
        .replace("**", "^")
        .replace("*", " ")
        .replace("-", "−")
        .replace("sqrt(", "√(")
    )


def equation(statement: Statement) -> str:
    """The displayed equation on one line."""
    return f"{linear(statement.lhs)} = {linear(statement.rhs)}"


def page(derivation: Derivation, result: Result) -> str:
    """Return the page as text of at most 100 columns, except for long formulas."""
    lines = [derivation.title, "=" * len(derivation.title), ""]
    lines += [f"id: {derivation.id}    paper: {derivation.paper}    status: {result.status}", ""]
    for kind, block in parts.paragraphs(derivation.argument):
        lines += [textwrap.indent(block, "    ") if kind == "display" else textwrap.fill(block, WIDTH), ""]
    lines += ["Assumptions", "-----------"]
    lines += [_item(assumption) for assumption in derivation.assumptions]
    lines += ["", "What the machine proves", "-----------------------", textwrap.fill(derivation.exact, WIDTH), ""]
    lines += ["What no machine proved", "----------------------", textwrap.fill(derivation.physicist, WIDTH), ""]
    lines += ["Symbols", "-------"]
    lines += [f"  {plain(entry.latex):14} {entry.meaning} ({entry.domain})" for entry in parts.symbols(derivation)]
    lines += ["", "Steps", "-----"]
    lines += [_step(number, found) for number, found in enumerate(result.steps, start=1)]
    lines += ["Dependencies", "------------", _graph(derivation), ""]
    lines += [f"{result.status}: {result.evidence} (residual {parts.bound(result.residual)})"]
    return "\n".join(lines)


def _item(sentence: str) -> str:
    return textwrap.fill(sentence, WIDTH, initial_indent="  * ", subsequent_indent="    ")


def _step(number: int, found: Any) -> str:
    statement, evidence = found.step.statement, found.evidence
    paper = f"  {statement.paper}" if statement.paper else ""
    lines = [
        f"{number}. [{evidence.status}] {found.step.id}: {statement.title}{paper}",
        f"       {equation(statement)}",
    ]
    for definition in parts.definitions(statement):
        meaning = linear(definition.meaning) if definition.meaning is not None else definition.summary
        lines.append(f"       where {linear(definition.term)} = {meaning}")
    lines.append(_indented(f"reason: {found.step.reason}"))
    if found.step.uses:
        lines.append(_indented(f"uses: {', '.join(found.step.uses)}"))
    lines.append(
        _indented(f"evidence: {evidence.method}, {evidence.detail} (residual {parts.bound(evidence.residual)})")
    )
    return "\n".join(lines) + "\n"


def _indented(sentence: str) -> str:
    return textwrap.fill(sentence, WIDTH, initial_indent="   ", subsequent_indent="      ")


def _graph(derivation: Derivation) -> str:
    levels = parts.graph_levels(derivation)
    uses = {step.id: step.uses for step in derivation.steps}
    ordered = sorted(levels, key=lambda id: levels[id])
    return "\n".join(
        f"  {'  ' * levels[id]}{id}" + (f"  ←  {', '.join(uses[id])}" if uses.get(id) else "") for id in ordered
    )
