"""Docstrings with Unicode equations, such as K^{d,L}(t,s) or f̄_*, as reStructuredText that means the same.

In reStructuredText `|`, `*` and a trailing `_` are markup; in these docstrings they are absolute values, test inputs
and subscripts. Superscripts and subscripts are raised and lowered, and an equation that stands alone gets a block.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

_COLON = "\ue003"  # stands for a colon while napoleon reads
_CODE = re.compile(r"(``.+?``|`[^`]+`)")
_SECTION = re.compile(r"\s*-{3,}\s*")
_SUPER = re.compile(r"\^(?:\{([^{}]*)\}|(\w|∞))")
# one letter (perhaps with an accent) or a sign of integral or sum, then an index: no identifier such as X_test
_SUB = re.compile(
    r"(?<![A-Za-z0-9_])([^\W\d_][\u0300-\u036f]?|[∫Σ∂]|[)\]])_(?:\{([^{}]*)\}|(\*+|(?!test|train|freeze|readout|hidden)[A-Za-z0-9]+))"
)
_EQUATION = re.compile(r"[^\s=()]{1,20}(?:\([^()=]*\))?(?: [+−·][^=]{1,60})? = ")
_NUMBER = re.compile(r"\s{2,}((?:\([^()]*\d[^()]*\)(?:, )?)+)$")


def prose(line: str) -> str:
    """Return one line with its formulas as reStructuredText; code in backticks stays."""
    parts = _CODE.split(line)
    return "".join(part if n % 2 else _formulas(part) for n, part in enumerate(parts))


def _formulas(text: str) -> str:
    marked = _SUB.sub(lambda f: f"{f[1]}\ue001{f[2] or f[3]}\ue002", text)
    marked = _SUPER.sub(lambda f: f"\ue000{f[1] or f[2]}\ue002", marked)
    escaped = re.sub(r"([\\|*]|(?<=\S)_(?!\w))", r"\\\1", marked)
    for mark, role in (("\ue000", "sup"), ("\ue001", "sub")):
        escaped = re.sub(f"{mark}(.*?)\ue002", rf"\\ :{role}:`\1`\\ ", escaped)
    return escaped


def blocks(paragraph: list[str]) -> list[str]:
    """Return a paragraph; as a line block, one equation a line, if it consists of equations."""
    text = " ".join(line.strip() for line in paragraph)
    if not _EQUATION.match(text):
        return [prose(line) for line in paragraph]
    lines: list[str] = []
    for line in paragraph:
        numbered = _NUMBER.search(line)
        body = line[: numbered.start()] if numbered else line
        pieces = [re.sub(" {2,}", "\u2003", piece) for piece in re.split(r"(?<=[,;]) {2,}", body.strip())]
        if numbered:
            pieces[-1] += f"\u2003{numbered[1]}"
        lines += [f"| {prose(piece)}" for piece in pieces]
    return [".. container:: equation", "", *(f"   {line}" for line in lines)]


def process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Rewrite the docstring in place, before napoleon reads its sections."""
    first = next((n for n, line in enumerate(lines) if _SECTION.fullmatch(line)), len(lines) + 1) - 1
    out: list[str] = []
    paragraph: list[str] = []
    for line in [*lines[:first], ""]:
        if line.strip():
            paragraph.append(line)
            continue
        if paragraph:
            # the first paragraph is the summary, a sentence
            out += [*(blocks(paragraph) if out else map(prose, paragraph)), ""]
        paragraph = []
    if what == "property" and out:  # napoleon would take the words before a colon for a type
        out[0] = out[0].replace(": ", f"{_COLON} ")
    sections = [prose(line) for line in lines[first:]]
    for n, line in enumerate(sections[:-1]):  # napoleon knows attributes only one at a time
        if line.strip() == "Attributes" and _SECTION.fullmatch(sections[n + 1]):
            sections[n] = line.replace("Attributes", "Fields")
    lines[:] = [*out, *sections]


def restore(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Put back what was hidden from napoleon."""
    lines[:] = [line.replace(_COLON, ":") for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    """Run before napoleon, whose priority is 500, and after it."""
    app.connect("autodoc-process-docstring", process, priority=400)
    app.connect("autodoc-process-docstring", restore, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
