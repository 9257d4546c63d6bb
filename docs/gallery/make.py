"""Make the gallery: run every script of this folder, write its figure and the page docs/gallery.md.

    python docs/gallery/make.py

A script's docstring is its title and, after an empty line, its caption; NAME.py writes NAME.png to the current folder.
"""

from __future__ import annotations

import ast
import os
import runpy
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
PAGE, FIGURES = HERE.parent / "gallery.md", HERE.parent / "figures" / "gallery"
COLOURS = 160  # a figure of few colours is a third of the size
INTRO = (
    "Each figure is made by the script below it, in a few seconds. `python docs/gallery/make.py` makes them all, and"
    " this page."
)


def scripts() -> list[Path]:
    """Scripts of the gallery, by name."""
    return sorted(path for path in HERE.glob("*.py") if path.name != Path(__file__).name)


def parts(script: Path) -> tuple[str, str, int]:
    """Title, caption, and the line at which the code starts."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    title, _, caption = (ast.get_docstring(tree) or "").partition("\n\n")
    if not title or "\n" in title or not caption.strip():
        raise ValueError(f"{script.name} needs a docstring: a title on one line, an empty line, a caption")
    return title, caption.strip(), (tree.body[0].end_lineno or 0) + 2


def page() -> str:
    """The page of the gallery."""
    blocks = [f"# Gallery\n\n{INTRO}\n"]
    for script in scripts():
        title, caption, first = parts(script)
        blocks.append(
            f"## {title}\n\n![{title}](figures/gallery/{script.stem}.png)\n\n{caption}\n\n"
            f"```{{literalinclude}} gallery/{script.name}\n:language: python\n:lines: {first}-\n```\n"
        )
    return "\n".join(blocks)


def run(script: Path, folder: Path) -> Path:
    """Run a script in a folder; return the figure that it wrote there."""
    with chdir(folder):
        runpy.run_path(str(script), run_name="__main__")
    figure = folder / f"{script.stem}.png"
    if not figure.is_file():
        raise FileNotFoundError(f"{script.name} did not write {figure.name}")
    return figure


def main() -> None:
    """Make all figures and the page."""
    FIGURES.mkdir(exist_ok=True)
    for old in FIGURES.glob("*.png"):
        if old.stem not in {script.stem for script in scripts()}:
            old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for script in scripts():
            target = FIGURES / f"{script.stem}.png"
            figure = Image.open(run(script, Path(folder))).convert("RGB")
            figure.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
            sys.stdout.write(f"{target.relative_to(HERE.parent)}: {os.path.getsize(target) // 1000} kB\n")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
