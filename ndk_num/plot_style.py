"""What all figures have in common: fonts, lines, colours of the ink, and how a file is written."""

from __future__ import annotations

import matplotlib
from matplotlib.cbook import is_math_text
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser

from ndk_num.errors import InputError, shortened
from ndk_num.plot_panels import INK

STYLE = {
    "font.family": "DejaVu Sans",  # ships with Matplotlib: a figure looks the same everywhere
    "font.size": 8.5,
    "axes.titlesize": 10,
    "axes.labelsize": 8.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.size": 1.5,
    "lines.linewidth": 1.7,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "svg.fonttype": "path",  # the page or paper that embeds the figure need not have the font
    "svg.hashsalt": "ndk",  # the same trajectory gives the same file
    "savefig.dpi": 200,
}


def titled(fig: Figure, title: str | None) -> Figure:
    """Set a title above the figure, if there is one; InputError if it is no text."""
    if title is not None and not isinstance(title, str):
        raise InputError(f"title is {shortened(title)}; give text, or None")
    if title:
        with matplotlib.rc_context(STYLE):
            # names of files have dollars
            fig.suptitle(title, fontsize=10.5, fontweight="bold", parse_math=False)
    return fig


def require_label(name: str, text: object) -> None:
    """InputError unless `text` can be set: what is between dollars has to be a formula that Matplotlib knows."""
    if not isinstance(text, str):
        raise InputError(f"{name} is {shortened(text)}; give text")
    if is_math_text(text):
        try:
            MathTextParser("path").parse(text)
        except ValueError as error:
            raise InputError(
                f"{name} is {shortened(text)}, whose formula Matplotlib cannot set; mend what is between the dollars,"
                r" or write \$ for a dollar"
            ) from error
