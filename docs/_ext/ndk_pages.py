"""Writes docs/generated before Sphinx reads the sources: notation, certificates, and a page for each derivation.

Nothing is retyped: the pages come from `ndk_sym.notation`, from the certificates beside the generated modules, and from
the derivations that `ndk derive` prints, checked while the pages are written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import ndk_activations
import ndk_certificates
import ndk_precision
from sphinx.application import Sphinx
from sphinx.util import logging

from ndk_sym.equations import Coverage, coverage
from ndk_sym.notation import entries, latex
from ndk_sym.pages import html
from ndk_sym.registry import derivations
from ndk_sym.statement import Derivation, Statement
from ndk_sym.verify import Report, Result, statement_latex, verify

LONG = 150  # characters of LaTeX that do not fit on a line

log = logging.getLogger(__name__)


def write(app: Sphinx) -> None:
    """Write every page, leave unchanged ones alone, remove those that no longer belong."""
    known = derivations()
    report = verify(list(known), workers=os.cpu_count() or 1)
    pages = {
        "notation.md": notation(),
        "activations.md": ndk_activations.page(),
        "certificates.md": ndk_certificates.page(),
        "precision.md": ndk_precision.page(),
        "derivations.md": overview(known, report),
        "equations.md": equations(known),
    }
    pages |= {f"derivations/{r.id}.md": derivation(known[r.id], r, report) for r in report.results}
    if not report.ok:
        log.warning("a derivation is false or unknown; `ndk verify` tells which")
    folder = Path(app.srcdir) / "generated"
    for old in folder.glob("**/*.md"):
        if old.relative_to(folder).as_posix() not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def notation() -> str:
    """Every symbol of the theory, from `ndk_sym.notation`."""
    head = "<tr><th>symbol</th><th>in code</th><th>meaning</th><th>domain</th><th>paper</th></tr>"
    rows = "\n".join(
        f"<tr><td>{html.formula(e.latex)}</td><td><code>{escape(e.name)}</code></td><td>{html.words(e.meaning)}</td>"
        f'<td>{html.words(e.domain)}</td><td class="paper">{escape(e.equation)}</td></tr>'
        for e in entries()
    )
    intro = (
        "Each symbol is defined once, in `ndk_sym.notation`, from which this page is made. Numbers (n) are equations of"
        " the paper, (SI n) of its supplement. The paper's later and earlier times t and t′ are t and s here."
    )
    table = raw(f'<table class="symbols">{head}{rows}</table>')
    return f"# Notation\n\n{intro}\n\n{table}"


def overview(known: Mapping[str, Derivation], report: Report) -> str:
    """The list of derivations with their results."""
    blocks = []
    for result in report.results:
        blocks += [
            f"## [{heading(result.title)}](derivations/{result.id}.md)\n",
            raw(equation(known[result.id].result)),
            raw(
                f'<p class="meta">paper {html.words(result.paper)} · {badge(result)} {html.words(result.evidence)}</p>'
            ),
        ]
    tree = "\n".join(f"derivations/{result.id}" for result in report.results)
    intro = (
        "Each derivation is a module of the package `derivations`: equations, the steps between them, and a check for"
        " every step. These pages were written, and the checks run, when this documentation was built;"
        " `ndk derive ID` prints the same. **Proved** means an exact symbolic zero; **certified**, ball arithmetic at"
        f" sample points; **numeric**, {report.digits} digits at sample points."
    )
    return f"# Derivations\n\n{intro}\n\n" + "\n".join(blocks) + f"\n```{{toctree}}\n:hidden:\n\n{tree}\n```\n"


def equations(known: Mapping[str, Derivation]) -> str:
    """Every numbered equation of the paper, with the steps that derive it."""
    rows = "\n".join(
        f'<tr><td class="paper">({entry.equation})</td><td>{where(entry)}</td></tr>'
        for entry in coverage(known.values())
    )
    intro = (
        "Every numbered equation of the paper and of its supplement (SI), and the steps that derive or use it; the"
        " others are definitions that the derivations start from. `ndk derive --equations` prints the same."
    )
    table = raw(f'<table class="equations">{rows}</table>')
    return f"# Equations of the paper\n\n{intro}\n\n{table}"


def where(entry: Coverage) -> str:
    """The steps that cite an equation, by derivation, as links; or what the equation defines."""
    parts = [f"definition: {html.words(entry.definition)}"] if entry.definition else []
    parts += (
        [f"no equation has this number in the text used here: {html.words(entry.missing)}"] if entry.missing else []
    )
    inner: dict[str, list[str]] = {}
    for owner, _, step in (name.partition("/") for name in entry.steps):
        inner.setdefault(owner, []).append(f'<a href="derivations/{owner}.html#{step}">{step}</a>')
    parts += [f"<strong>{owner}</strong>: {', '.join(steps)}" for owner, steps in inner.items()]
    return "<br>".join(parts)


def derivation(found: Derivation, result: Result, report: Report) -> str:
    """One derivation: the page of `ndk derive --format html`, its sections made sections of this site."""
    document = html.page(found, result)
    _, opened, rest = document.partition("<main>")
    body, closed, _ = rest.partition("</main>")
    if not (opened and closed):
        raise RuntimeError("the HTML page of a derivation has no <main>; ndk_pages and ndk_sym.pages must agree")
    body = re.sub(r"<h1>.*?</h1>", "", body, count=1, flags=re.DOTALL)
    body = linked(body, found, report)
    first, *sections = re.split(r"<h2>(.*?)</h2>", body)
    text = f"# {heading(result.title)}\n\n{raw(first)}"
    for title, section in zip(sections[::2], sections[1::2], strict=True):
        text += f"\n## {title}\n\n{raw(section)}"
    return text


def linked(body: str, found: Derivation, report: Report) -> str:
    """Turn the lemmas that a step uses into links to their pages."""
    pages = {result.id for result in report.results}
    for lemma in sorted({id for step in found.steps for id in step.uses}, key=len, reverse=True):
        owner, _, inner = lemma.partition("/")
        if owner in pages and owner != found.id:
            target = f"{owner}.html#{inner}" if inner else f"{owner}.html"
            link = f'<a href="{escape(target)}">{escape(lemma)}</a>'
            body = re.sub(rf"(?<![\w/>\"#-]){re.escape(escape(lemma))}(?![\w/<\"-])", link, body)
    return body


def equation(statement: Statement) -> str:
    """The equation; on two lines if it is long."""
    whole = statement_latex(statement)
    lines = [whole] if len(whole) < LONG else [latex(statement.lhs), f"= {latex(statement.rhs)}"]
    return "".join(f'<div class="display">{html.formula(line, display=True)}</div>' for line in lines)


def badge(result: Result) -> str:
    """The status as a small label."""
    return f'<span class="status {result.status}">{result.status}</span>'


def heading(title: str) -> str:
    """A title with formulas such as K^{d,L} as Markdown."""
    text = re.sub(r"([\\`*\[\]<>])", r"\\\1", title)
    text = re.sub(r"\^(?:\{([^{}]*)\}|(\w))", lambda f: f"{{sup}}`{f[1] or f[2]}`", text)
    return re.sub(r"_(?:\{([^{}]*)\}|([A-Za-z0-9]+))", lambda f: f"{{sub}}`{f[1] or f[2]}`", text)


def raw(body: str) -> str:
    """HTML inside Markdown."""
    return f'````{{raw}} html\n<div class="ndk">\n{body.strip()}\n</div>\n````\n'


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages once the configuration is read."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
