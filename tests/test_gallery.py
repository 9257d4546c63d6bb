"""The gallery: every script runs and writes its figure, and the committed page and figures are those of the scripts."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from matplotlib.image import imread

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "docs" / "gallery"


def load():
    """The module docs/gallery/make.py."""
    spec = importlib.util.spec_from_file_location("gallery_make", GALLERY / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = load()
SCRIPTS = MAKE.scripts()


def test_scripts_are_found():
    found = {script.stem for script in SCRIPTS}
    assert {"two_phases", "equilibria", "kernel", "readout_hidden", "early_stopping"} <= found
    assert {"drift", "proximal", "layers"} <= found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_is_short_and_writes_its_figure(script, tmp_path):
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 40
    figure = imread(MAKE.run(script, tmp_path))
    committed = imread(MAKE.FIGURES / f"{script.stem}.png")
    assert figure.shape[:2] == committed.shape[:2]
    assert figure[..., :3].std() > 0.05  # something is drawn


def test_committed_figures_are_those_of_the_scripts_and_small():
    figures = {path.stem: path.stat().st_size for path in MAKE.FIGURES.glob("*.png")}
    assert set(figures) == {script.stem for script in SCRIPTS}
    assert max(figures.values()) < 100_000


def test_the_page_is_up_to_date():
    assert MAKE.PAGE.read_text(encoding="utf-8") == MAKE.page(), "run `python docs/gallery/make.py`"


@pytest.mark.parametrize("source", ["x = 1\n", '"""Only a title"""\n', '"""Two\nlines\n\ncaption"""\n'])
def test_a_script_without_title_and_caption_is_refused(tmp_path, source):
    script = tmp_path / "a.py"
    script.write_text(source, encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.py needs a docstring"):
        MAKE.parts(script)


def test_a_script_that_writes_nothing_is_refused(tmp_path):
    script = tmp_path / "a.py"
    script.write_text('"""A title\n\ncaption"""\n', encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"did not write a\.png"):
        MAKE.run(script, tmp_path)


def test_a_new_script_is_a_new_section(tmp_path, monkeypatch):
    (tmp_path / "new.py").write_text('"""Something new\n\nIts caption."""\n', encoding="utf-8")
    monkeypatch.setattr(MAKE, "HERE", tmp_path)
    assert "## Something new\n\n![Something new](figures/gallery/new.png)\n\nIts caption." in MAKE.page()
