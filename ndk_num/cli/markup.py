"""Formulas, scripts and numbers as HTML."""

from __future__ import annotations

import math
import re
from html import escape
from typing import Any


def mathml(latex: str, *, block: bool = False) -> str:
    """Return LaTeX as MathML, which browsers draw by themselves."""
    from latex2mathml.converter import convert

    return str(convert(latex, display="block" if block else "inline"))


def with_math(text: str) -> str:
    """Escape text for HTML; parts between dollar signs become MathML."""
    parts = re.split(r"\$([^$]+)\$", text)
    return "".join(mathml(part) if i % 2 else _scripts(escape(part)) for i, part in enumerate(parts))


def _scripts(text: str) -> str:
    """Raise K^{d,L} and lower ∂_s in running text; names such as leaky_relu stay as they are."""
    text = re.sub(r"\^(?:\{([^{}]*)\}|(\w))", lambda found: f"<sup>{found[1] or found[2]}</sup>", text)
    return re.sub(r"(?<![A-Za-z]{2})_(?:\{([^{}]*)\}|(\w)\b)", lambda found: f"<sub>{found[1] or found[2]}</sub>", text)


def fixed(value: Any) -> str:
    """Four decimals, with a true minus sign."""
    return "–" if value is None else f"{value:.4f}".replace("-", "−")


def scientific(value: float) -> str:
    """Three digits; powers of ten as superscripts."""
    if not math.isfinite(value):
        return "∞"
    text = f"{value:.3g}".replace("-", "−")
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    power = f"10<sup>{exponent.replace('+', '').replace('−0', '−').lstrip('0')}</sup>"
    return power if mantissa == "1" else f"{mantissa} · {power}"
