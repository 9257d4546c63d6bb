"""The activations page: definition, layer maps and parameters of every activation, from its class."""

from __future__ import annotations

from html import escape

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.activations import Activation, registered
from ndk_sym.activations.numeric import NumericActivation, numeric_activations
from ndk_sym.expressions import FUNCTIONS, HIGHEST, LONGEST
from ndk_sym.pages import html

INTRO = """# Activations

Each is one file of `ndk_sym/activations`, from which this page, the closed forms and the generated code are made. Names
are used as they are, or called with numbers: `"leaky_relu(0.1)"`, `"sin(frequency=2)"`. For z = (z₁, z₂) Gaussian with
covariance entries (a, c, b): F = ⟨φ(z₁) φ(z₂)⟩, Ḟ = ⟨φ′(z₁) φ′(z₂)⟩ = ∂F/∂c, μ = ⟨φ(z₁)⟩. The printed forms are the
textbook ones; code is printed from the stable form that the last line of each entry describes.
"""


NUMERIC = """
# Activations without closed form

Each is one file of `ndk_sym/activations/numeric`, from which code for φ and φ′ is generated and certified. Their F, Ḟ
and μ are integrals; `ndk_num` computes them by quadrature in polar coordinates, tabulates them in log a, log b and the
angle at first use, and verifies every table by a finer rule to 1e-12 √(F(a,a,a) F(b,b,b)). What cannot be computed to
that accuracy is refused.
Their certificates say `"averages": "numeric"`. `.dual(a, c, b)` in `ndk_sym` is the unevaluated integral,
`.average(a, c, b, digits=30)` its value.
"""

FORMULAS = f"""
# Formulas

`activation="x*tanh(x)"` in Python, `--activation "x*tanh(x)"` on the command line: in one variable, `x` or `z`, with
numbers, `+ - * / ** ^`, brackets, `pi`, `e` and {", ".join(f"`{name}`" for name in FUNCTIONS)}; at most {LONGEST}
characters, powers up to {HIGHEST}. Text is parsed, never evaluated. φ must be real and finite for all x, grow no faster
than e^{{20|x|}}, be continuous, and smooth except at 0. Polynomials of degree up to 12 and sums of xⁿ e^{{αx − kx²/2}}
(sines, exponentials, bumps and their products) have closed forms, and so has what SymPy integrates within five seconds.
Where a closed form keeps its digits over the whole domain, code is made from it; else, and for all others, by
quadrature. Code is written to the user's cache directory (`XDG_CACHE_HOME`) and certified before it is used: φ and φ′
against 60 digits, F and Ḟ against quadrature in 13 digits; if that fails the formula is refused with the reason.
"""


def page() -> str:
    """Return the page as Markdown."""
    numeric = "".join(_numeric(act) for act in numeric_activations().values())
    return INTRO + "".join(_entry(cls) for cls in registered().values()) + NUMERIC + numeric + FORMULAS


def _numeric(act: NumericActivation) -> str:
    shown = "".join(
        f'<div class="display">{html.formula(f"{left} = {nt.latex(right)}", display=True)}</div>'
        for left, right in ((r"\phi(z)", act.phi(nt.z)), (r"\phi'(z)", act.stable_phi_derivative(nt.z)))
    )
    source = f'<p class="meta">{escape(act.reference)}</p>' if act.reference else ""
    return f'\n## `{act.name}`: {act.title}\n\n````{{raw}} html\n<div class="ndk">\n{shown}{source}\n</div>\n````\n'


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
