"""After an HTML build, checks that every link inside the site leads somewhere, raw HTML included."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging

log = logging.getLogger(__name__)


class Page(HTMLParser):
    """The anchors of a page, the links on it, and what it would load from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect ids, hrefs and sources."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        link = given.get("src", "") if tag in ("script", "img", "iframe") else given.get("href", "")
        if tag in ("a", "script", "img", "iframe", "link") and link:
            self.links.append(link)
            if tag != "a" and urlsplit(link).netloc:
                self.loaded.append(link)


def broken(folder: Path) -> list[str]:
    """Return what is wrong with the links between the pages of a folder, one line each."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    problems = []
    for path, page in pages.items():
        shown = path.relative_to(folder)
        problems += [f"{shown} loads {link} from another site" for link in page.loaded]
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                problems.append(f"{shown} links to {link}, which does not exist")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                problems.append(f"{shown} links to {link}, which has no such anchor")
    return problems


def check(app: Sphinx, error: Exception | None) -> None:
    """Report broken links as warnings, which fail the build under -W."""
    if error is None and app.builder.format == "html":
        for problem in broken(Path(app.outdir).resolve()):
            log.warning("%s", problem)


def setup(app: Sphinx) -> dict[str, Any]:
    """Check when the build is finished."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
