"""The activations page: definition, layer maps and parameters of every activation, from its class."""

from __future__ import annotations

from html import escape

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.activations import Activation, registered
from ndk_sym.pages import html

INTRO = """# Activations

Each is one file of `ndk_sym/activations`, from which this page, the closed forms and the generated code are made. Names
are used as they are, or called with numbers: `"leaky_relu(0.1)"`, `"sin(frequency=2)"`. For z = (z₁, z₂) Gaussian with
covariance entries (a, c, b): F = ⟨φ(z₁) φ(z₂)⟩, Ḟ = ⟨φ′(z₁) φ′(z₂)⟩ = ∂F/∂c, μ = ⟨φ(z₁)⟩. The printed forms are the
textbook ones; code is printed from the stable form that the last line of each entry describes.
"""


def page() -> str:
    """Return the page as Markdown."""
    return INTRO + "".join(_entry(cls) for cls in registered().values())


def _entry(cls: type[Activation]) -> str:
    degrees = [2 for p in cls.parameters if p.degree]
    act = cls.symbolic(*degrees)
    names = {p.symbol: p.letter for p in cls.parameters}
    covariance = (nt.a, nt.c, nt.b)
    lines = [
        (r"\phi(z)", act.phi(nt.z)),
        ("F", act.dual(*covariance)),
        (r"\dot{F}", act.dual_derivative(*covariance)),
        (r"\mu", act.mean(nt.a)),
    ]
    formulas = (f"{left} = {nt.latex(sp.sympify(right), names=names)}" for left, right in lines)
    shown = "".join(f'<div class="display">{html.formula(formula, display=True)}</div>' for formula in formulas)
    at = (
        f", at {', '.join(f'{p.name} = {d}' for p, d in zip(cls.parameters, degrees, strict=False))}" if degrees else ""
    )
    stable = (cls.__doc__ or "").partition("Stable form:")[2].strip()
    notes = f"<p>Stable form: {html.words(' '.join(stable.split()))}</p>" if stable else ""
    parameters = "".join(
        f"<li>{html.formula(p.letter)}, <code>{p.name}</code>: {escape(p.meaning)};"
        f" from {p.low} to {p.high}, by default {p.default}</li>"
        for p in cls.parameters
    )
    listed = f"<ul>{parameters}</ul>" if parameters else ""
    source = f'<p class="meta">{escape(cls.reference)}{at}</p>'
    body = f'<div class="ndk">\n{listed}{shown}{notes}{source}\n</div>'
    return f"\n## `{cls.name}`: {cls.title}\n\n````{{raw}} html\n{body}\n````\n"
