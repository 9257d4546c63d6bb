"""A checked derivation as a page: plain text, LaTeX or HTML."""

from __future__ import annotations

from ndk_sym.errors import InputError
from ndk_sym.pages import html, tex, text
from ndk_sym.statement import Derivation
from ndk_sym.verify import Result

__all__ = ["FORMATS", "page"]

FORMATS = {"text": text.page, "latex": tex.page, "html": html.page}


def page(derivation: Derivation, result: Result, *, format: str = "text") -> str:
    """Return a derivation with the status and evidence of each of its steps.

    Parameters
    ----------
    derivation : Derivation
    result : Result
        What `ndk_sym.verify.check_derivation` found for it.
    format : str
        "text", "latex" (a document) or "html" (a document that needs no network: formulas are MathML).

    Raises
    ------
    InputError
        If the format is not known.
    """
    if format not in FORMATS:
        raise InputError(f"format {format!r} is not known; choose one of {', '.join(FORMATS)}")
    return FORMATS[format](derivation, result)
