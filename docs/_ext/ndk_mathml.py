"""Formulas as MathML, which browsers draw themselves: no JavaScript, no fonts from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from ndk_sym.pages.html import formula


def inline(translator: Any, node: nodes.Element) -> None:
    """Write $…$."""
    translator.body.append(formula(node.astext()))
    raise nodes.SkipNode


def block(translator: Any, node: nodes.Element) -> None:
    """Write $$…$$, with its anchor if it is labelled."""
    anchors = "".join(f' id="{escape(id)}"' for id in node["ids"][:1])
    translator.body.append(f'<div class="display"{anchors}>{formula(node.astext(), display=True)}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer `mathml`."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
