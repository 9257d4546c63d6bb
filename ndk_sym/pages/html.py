"""A derivation as an HTML document that needs no network: formulas are MathML, the graph is inline SVG."""

from __future__ import annotations

import re
from collections.abc import Collection
from html import escape
from typing import Any

from ndk_sym.notation import latex
from ndk_sym.pages import parts
from ndk_sym.statement import Derivation, Statement
from ndk_sym.verify import Result, StepResult, statement_latex

__all__ = ["formula", "page", "words"]

_LONG = 300  # characters of LaTeX that do not fit on a line

_STYLE = """
:root { --ink: #1c2330; --soft: #5b6472; --line: #e3e6eb; --paper: #ffffff; --back: #f6f7f9; --accent: #2f5d8a; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink);
       font: 16px/1.55 "Source Serif 4", Charter, Georgia, "Times New Roman", serif; }
main { max-width: 60rem; margin: 2rem auto; padding: 2.5rem 3rem; background: var(--paper);
       border: 1px solid var(--line); border-radius: 6px; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .4rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
.meta, .evidence, .graph text, code, th { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
.meta { color: var(--soft); font-size: .9rem; }
.status { display: inline-block; font: 600 .72rem/1.6 system-ui, sans-serif; letter-spacing: .04em; padding: 0 .55em;
          border-radius: 1em; vertical-align: .12em; color: #fff; background: #8a6d1b; text-transform: uppercase; }
.proved { background: #22764a; } .certified { background: #2a6f86; } .numeric { background: #5a6b9a; }
.false { background: #b3261e; } .unknown { background: #a15c00; }
.step { margin: 1.3rem 0; padding: .2rem 0 .2rem 1.2rem; border-left: 3px solid var(--line); }
.step h3 { font-size: 1rem; margin: 0 0 .3rem; }
.number { color: var(--soft); margin-right: .4em; }
.display { overflow-x: auto; overflow-y: hidden; padding: .35rem 0; text-align: left; }
.given { margin: 0; padding-left: 1.4rem; color: var(--soft); list-style: none; }
.given .display { padding: .2rem 0; }
.reason { margin: .3rem 0; }
.evidence { color: var(--soft); font-size: .82rem; margin: .2rem 0; }
.frame { overflow-x: auto; } .graph a { fill: var(--accent); }
.graph text { font-size: 12px; } .graph path { stroke: #a9b4c2; fill: none; }
table { border-collapse: collapse; font-size: .95rem; } td { padding: .15rem 1.2rem .15rem 0; vertical-align: top; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
pre { font: inherit; margin: .6rem 0 .6rem 2rem; white-space: pre-wrap; }
"""


def formula(source: str, *, display: bool = False) -> str:
    """LaTeX as MathML; fractions at full size in either case."""
    from latex2mathml.converter import convert

    mathml = str(convert(source, display="block" if display else "inline"))
    mathml = mathml.replace("&#x002D9;", "&#x022C5;")  # the dot of Ḟ, which browsers draw too small to be seen
    return mathml.replace("<math ", '<math displaystyle="true" ', 1)


def words(sentence: str) -> str:
    """A sentence with Unicode formulas, such as e^{−κ(t−s)}, as HTML."""
    text = escape(sentence)
    text = re.sub(r"`([^`]*)`", r"<code>\1</code>", text)
    text = re.sub(r"\^(?:\{([^{}]*)\}|(\w))", lambda f: f"<sup>{f[1] or f[2]}</sup>", text)
    return re.sub(r"_(?:\{([^{}]*)\}|([A-Za-z0-9*]+))", lambda f: f"<sub>{f[1] or f[2]}</sub>", text)


def page(derivation: Derivation, result: Result) -> str:
    """Return the page as an HTML document."""
    steps = {step.id for step in derivation.steps}
    found = f"{_badge(result.status)} {words(result.evidence)}, residual {parts.bound(result.residual)}"
    source = f"{escape(derivation.id)} · paper {words(derivation.paper)}"
    body = [f"<h1>{words(derivation.title)}</h1>", f'<p class="meta">{source} · {found}</p>']
    for kind, block in parts.paragraphs(derivation.argument):
        body.append(f"<pre>{words(block)}</pre>" if kind == "display" else f"<p>{words(block)}</p>")
    assumptions = "".join(f"<li>{words(item)}</li>" for item in derivation.assumptions)
    body += [_section("Assumptions", f"<ul>{assumptions}</ul>")]
    body += [_section("What the machine proves", f"<p>{words(derivation.exact)}</p>")]
    body += [_section("What no machine proved", f"<p>{words(derivation.physicist)}</p>")]
    rows = "".join(
        f"<tr><td>{formula(e.latex)}</td><td>{words(e.meaning)}</td><td>{words(e.domain)}</td></tr>"
        for e in parts.symbols(derivation)
    )
    body += [_section("Symbols", f"<table>{rows}</table>")]
    body += [_section("Steps", "".join(_step(n, found, steps) for n, found in enumerate(result.steps, start=1)))]
    body += [_section("Dependencies", _graph(derivation))]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{escape(derivation.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def _section(title: str, body: str) -> str:
    return f"<h2>{title}</h2>\n{body}"


def _badge(status: Any) -> str:
    return f'<span class="status {status}">{status}</span>'


def _link(id: str, steps: Collection[str], shown: str) -> str:
    """What is shown for an id, linked if it is a step of this page."""
    return f'<a href="#{escape(id)}">{shown}</a>' if id in steps else shown


def _step(number: int, found: StepResult, steps: Collection[str]) -> str:
    statement, evidence = found.step.statement, found.evidence
    paper = f' <span class="meta">{words(statement.paper)}</span>' if statement.paper else ""
    given = ""
    for definition in parts.definitions(statement):
        term = latex(definition.term)
        if definition.meaning is None:
            given += f"<li>with {formula(term)} {definition.summary}</li>"
        else:
            given += f'<li class="display">with {formula(f"{term} = {latex(definition.meaning)}")}</li>'
    uses = ", ".join(_link(id, steps, escape(id)) for id in found.step.uses)
    uses = f" Uses {uses}." if uses else ""
    return (
        f'<section class="step" id="{escape(found.step.id)}">\n<h3><span class="number">{number}.</span>'
        f"{words(statement.title)}{paper} {_badge(evidence.status)}</h3>\n"
        f"{_equation(statement)}\n"
        + (f'<ul class="given">{given}</ul>\n' if given else "")
        + f'<p class="reason">{words(found.step.reason)}{uses}</p>\n'
        f'<p class="evidence">{escape(found.step.id)} · {words(evidence.method)} · {words(evidence.detail)} · '
        f"residual {parts.bound(evidence.residual)}</p>\n</section>\n"
    )


def _equation(statement: Statement) -> str:
    """The equation; on two lines if it is long."""
    whole = statement_latex(statement)
    lines = [whole] if len(whole) < _LONG else [latex(statement.lhs), f"= {latex(statement.rhs)}"]
    return "".join(f'<div class="display">{formula(line, display=True)}</div>' for line in lines)


def _graph(derivation: Derivation) -> str:
    """The dependency graph, lemmas and first steps on the left."""
    levels = parts.graph_levels(derivation)
    column, row = 190, 26
    places: dict[str, tuple[int, int]] = {}
    filled: dict[int, int] = {}
    for id, level in levels.items():
        # every other column half a row lower, so that an edge across a column misses its labels
        places[id] = (level * column + 8, filled.get(level, 0) * row + 20 + level % 2 * row // 2)
        filled[level] = filled.get(level, 0) + 1
    width = (max(levels.values()) + 1) * column
    height = max(filled.values()) * row + 30
    paths = []
    for step in derivation.steps:
        x1, y1 = places[step.id]
        for used in step.uses:
            x0, y0 = places[used]
            start = x0 + 7 * len(used) + 4
            middle = (start + x1) / 2
            paths.append(f'<path d="M{start},{y0 - 4} C{middle:g},{y0 - 4} {middle:g},{y1 - 4} {x1 - 4},{y1 - 4}"/>')
    steps = {step.id for step in derivation.steps}
    labels = [_link(id, steps, f'<text x="{x}" y="{y}">{escape(id)}</text>') for id, (x, y) in places.items()]
    drawing = "".join(paths + labels)
    return (
        f'<div class="frame"><svg class="graph" xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'role="img" aria-label="dependency graph">{drawing}</svg></div>'
    )
