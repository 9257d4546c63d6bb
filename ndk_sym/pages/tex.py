"""A derivation as a LaTeX document that any engine compiles: ASCII only, amsmath, graphicx and hyperref."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sympy.printing.pretty.pretty_symbology import greek_unicode

from ndk_sym.notation import latex
from ndk_sym.pages import parts
from ndk_sym.statement import Derivation
from ndk_sym.verify import Result, statement_latex

__all__ = ["page", "words"]

_HEAD = r"""\documentclass[11pt]{article}
\usepackage[T1]{fontenc}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath}
\usepackage{graphicx}
\usepackage[hidelinks]{hyperref}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\begin{document}
"""

_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_MATH = {
    "∂": r"\partial", "√": r"\surd", "∞": r"\infty", "→": r"\to", "≥": r"\ge", "≤": r"\le", "≫": r"\gg", "≪": r"\ll",
    "≈": r"\approx", "⟨": r"\langle", "⟩": r"\rangle", "·": r"\cdot", "′": "'", "−": "-", "∈": r"\in", "∫": r"\int",
    "∇": r"\nabla", "×": r"\times", "±": r"\pm", "⊗": r"\otimes", "∝": r"\propto", "≠": r"\ne",
    "″": "''", "‴": "'''", "ϱ": r"\varrho", "ℓ": r"\ell", "∏": r"\prod", "½": r"\tfrac{1}{2}",
    "ℳ": r"\mathcal{M}", "𝒲": r"\mathcal{W}", "𝒟": r"\mathcal{D}", "𝒜": r"\mathcal{A}", "𝒥": r"\mathcal{J}",
    **{letter: rf"\{name}" for name, letter in greek_unicode.items() if name.isalpha() and not name.startswith("var")},
}  # fmt: skip
_TEXT = {"–": "--", "—": "---", "…": r"\ldots{}", "’": "'", "“": "``", "”": "''"}
_MATH_ACCENTS = {"\u0307": "dot", "\u0303": "tilde", "\u0302": "hat", "\u0304": "bar"}
_TEXT_ACCENTS = {"\u0300": "`", "\u0301": "'", "\u0308": '"', "\u030c": "v"}
_LONG = 300  # characters of LaTeX that may not fit on a line


def words(sentence: str) -> str:
    """A sentence with Unicode formulas, such as e^{−κ(t−s)}, as LaTeX text."""
    pieces = re.split(r"([\^_])(\{[^{}]*\}|(?<=_)[A-Za-z0-9*]+|(?<=\^)\w)", unicodedata.normalize("NFC", sentence))
    out = [_characters(pieces[0])]
    for kind, body, after in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        command = "textsuperscript" if kind == "^" else "textsubscript"
        out.append(rf"\{command}{{{_characters(body.strip('{}'))}}}" + _characters(after))
    return "".join(out)


def _characters(part: str) -> str:
    # NFD writes every accent after its letter
    found = re.findall(r"(.)([\u0300-\u036f]?)", unicodedata.normalize("NFD", part), re.DOTALL)
    return "".join(_accented(*pair) if pair[1] else _character(pair[0]) for pair in found)


def _accented(letter: str, accent: str) -> str:
    whole = unicodedata.normalize("NFC", letter + accent)
    if whole in _MATH:  # ≠ is = with a stroke
        return _character(whole)
    if accent in _MATH_ACCENTS:
        return rf"\ensuremath{{\{_MATH_ACCENTS[accent]}{{{_MATH.get(letter, letter)}}}}}"
    return rf"\{_TEXT_ACCENTS[accent]}{{{letter}}}"


def _character(character: str) -> str:
    if character in _ESCAPED:
        return _ESCAPED[character]
    if character in _TEXT or character.isascii():
        return _TEXT.get(character, character)
    if character in _MATH:
        return rf"\ensuremath{{{_MATH[character]}}}"
    kind = unicodedata.decomposition(character).split(" ")[0]
    if kind in ("<super>", "<sub>"):
        body = _characters(unicodedata.normalize("NFKD", character))
        return rf"\textsuperscript{{{body}}}" if kind == "<super>" else rf"\textsubscript{{{body}}}"
    raise ValueError(f"the character {character!r} has no LaTeX here; add it to the table in {__name__}")


def page(derivation: Derivation, result: Result) -> str:
    """Return the page as a LaTeX document."""
    out = [_HEAD, rf"\section*{{{words(derivation.title)}}}"]
    out.append(rf"\texttt{{{words(derivation.id)}}} \quad {words(derivation.paper)} \quad \textbf{{{result.status}}}")
    for kind, block in parts.paragraphs(derivation.argument):
        lines = [words(line) for line in block.splitlines()]
        display = "\\begin{quote}\n" + " \\\\\n".join(lines) + "\n\\end{quote}"
        out.append(display if kind == "display" else lines[0])
    out.append(_section("Assumptions", _list(words(item) for item in derivation.assumptions)))
    out.append(_section("What the machine proves", words(derivation.exact)))
    out.append(_section("What no machine proved", words(derivation.physicist)))
    notation = (f"${e.latex}$: {words(e.meaning)} ({words(e.domain)})" for e in parts.symbols(derivation))
    out.append(_section("Symbols", _list(notation)))
    out.append(_section("Steps", "\n\n".join(_step(found) for found in result.steps)))
    graph = (f"{words(s.id)} uses {words(', '.join(s.uses))}" for s in derivation.steps if s.uses)
    out.append(_section("Dependencies", _list(graph)))
    summary = f"{words(result.evidence)} (residual {words(parts.bound(result.residual))})."
    out.append(rf"\textbf{{{result.status}}}: {summary}")
    return "\n\n".join(out) + "\n\n\\end{document}\n"


def _section(title: str, body: str) -> str:
    return f"\\subsection*{{{title}}}\n{body}"


def _list(items: Any) -> str:
    lines = [rf"\item {item}" for item in items]
    return "\n".join([r"\begin{itemize}", *lines, r"\end{itemize}"]) if lines else "None."


def _step(found: Any) -> str:
    statement, evidence = found.step.statement, found.evidence
    title = rf"\paragraph{{{words(found.step.id)}: {words(statement.title)} {words(statement.paper)}}}"
    lines = [title + rf" \textbf{{{evidence.status}}}", _display(statement_latex(statement))]
    for definition in parts.definitions(statement):
        if definition.meaning is None:
            lines.append(rf"where ${latex(definition.term)}$ is {words(definition.summary)},")
        else:
            lines.append("where" + _display(f"{latex(definition.term)} = {latex(definition.meaning)}"))
    lines.append(rf"\emph{{Reason.}} {words(found.step.reason)}")
    lines.append(
        rf"\emph{{Evidence.}} {words(evidence.method)}; {words(evidence.detail)} "
        rf"(residual {words(parts.bound(evidence.residual))})."
    )
    return "\n\n".join(lines)


def _display(formula: str) -> str:
    if len(formula) > _LONG:  # scaled to the line instead of running off the page
        return f"\\[\\resizebox{{\\linewidth}}{{!}}{{$\\displaystyle {formula}$}}\\]"
    return f"\\[{formula}\\]"
