"""The report: one page that needs nothing else, tells failures, and an exit code that tells them too."""

import base64
import importlib.resources
import json
import re
import subprocess
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from ndk_num import Network
from ndk_num.cli import main, markup, page, report, run, verification
from ndk_num.cli.formulas import FORMULAS
from ndk_num.datasets import load

GOOD = verification.Result(
    id="identity/long-time",
    title="Identity $T K = 1$ <proved>",
    status="proved",
    residual="0",
    seconds=0.5,
    statement=r"\frac{a}{b}",
    evidence="1 step",
    steps=(verification.Step(title="the <only> step", status="proved", method="exact zero"),),
)
WRONG = [
    verification.Result(id="one", title="One", status=status, residual="–", seconds=0.1)
    for status in ("false", "unknown", "surprising", "")
]
LOADING = {"src", "href", "srcset", "poster", "data", "action", "background", "xlink:href", "formaction"}


class References(HTMLParser):
    """Collects everything a browser would fetch or run."""

    def __init__(self):
        super().__init__()
        self.found, self.images = [], []

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "link", "iframe", "object", "embed", "base", "import"):
            self.found.append(tag)
        for name, value in attrs:
            if name in LOADING and value and not value.startswith(("data:", "#")):
                self.found.append(f"{tag} {name}={value}")
            if name == "src" and value and value.startswith("data:image/svg+xml;base64,"):
                self.images.append(base64.b64decode(value.split(",", 1)[1]).decode())
            if name == "style" and "url(" in (value or ""):
                self.found.append(value)


def outside_references(html):
    """What a page, its styles and its embedded images would load from elsewhere."""
    parser = References()
    parser.feed(html)
    found = list(parser.found)
    for text in (html, *parser.images):
        found += re.findall(r"@import[^;]*", text)
        found += [url for url in re.findall(r"url\(\s*['\"]?([^)'\"]*)", text) if not url.startswith(("#", "data:"))]
    for image in parser.images:
        inner = References()
        inner.feed(image)
        found += inner.found
    return found


@pytest.fixture(scope="module")
def runs():
    data = load("synthetic:4")
    net = Network(depth=1, activation="erf", temperature=0.05, sigma02=0.5)
    return [run.perform(data, net, rtol=1e-4)]


def rendered(runs, *results, failure=None):
    made = page.Provenance(command="ndk report", versions={"ndk": "0"}, created="today", seconds=1.0, cores=2)
    return page.render(runs, [page.draw(one) for one in runs], verification.Verification(results, failure), made)


def test_page_needs_nothing_from_elsewhere(runs):
    html = rendered(runs, GOOD)
    assert outside_references(html) == []
    parser = References()
    parser.feed(html)
    assert len(parser.images) == 1 and "<svg" in parser.images[0]


@pytest.mark.parametrize(
    "defect",
    [
        '<script src="https://example.org/mathjax.js"></script>',
        "<script>alert(1)</script>",
        '<link rel="stylesheet" href="style.css">',
        '<img src="figure.png">',
        '<img src="data:," srcset="//example.org/a.png 2x">',
        "<style>@import 'fonts.css';</style>",
        "<style>body { background: url(https://example.org/a.png) }</style>",
        '<p style="background: url(a.png)">',
        '<img src="data:image/svg+xml;base64,'
        + base64.b64encode(b'<svg><image xlink:href="http://example.org/a.png"/></svg>').decode()
        + '">',
    ],
)
def test_a_planted_outside_reference_is_found(runs, defect):
    assert outside_references(rendered(runs, GOOD).replace("</body>", defect + "</body>"))


def test_page_shows_formulas_results_and_numbers(runs):
    html = rendered(runs, GOOD)
    equations = sum(len(formula.latex) for formula in FORMULAS)
    assert html.count("<math") == equations + 2  # and two in the verified statement
    assert "&lt;proved&gt;" in html and "<proved>" not in html
    assert "the &lt;only&gt; step" in html and "in 1 step<" in html
    assert "1 of 1" in html and "Verification failed" not in html
    assert markup.fixed(runs[0].nngp.test[0]) in html
    assert runs[0].data.description.split(";")[0] in html


def test_formulas_have_no_unconverted_latex():
    for formula in FORMULAS:
        for latex in formula.latex:
            assert "\\" not in markup.mathml(latex), latex
    assert "\\" in markup.mathml(r"\undefinedmacro x")  # the check can fail


@pytest.mark.parametrize("wrong", WRONG, ids=lambda result: result.status or "empty")
def test_page_shows_failures(runs, wrong):
    html = rendered(runs, GOOD, wrong)
    assert "1 of 2" in html and "Verification failed" in html and 'class="status bad"' in html


def test_style_sheet_covers_phone_print_and_dark():
    css = (importlib.resources.files("ndk_num.cli") / "page.css").read_text(encoding="utf-8")
    for query in ("prefers-color-scheme: dark", "@media print", "max-width"):
        assert query in css


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("inf"), "∞"),
        (0.0, "0"),
        (-1.5, "−1.5"),
        (1e4, "10<sup>4</sup>"),
        (1e-6, "10<sup>−6</sup>"),
        (-2.5e-7, "−2.5 · 10<sup>−7</sup>"),
        (3e120, "3 · 10<sup>120</sup>"),
        (1e10, "10<sup>10</sup>"),
    ],
)
def test_scientific_numbers(value, text):
    assert markup.scientific(value) == text


# Reading what `ndk verify --json` printed

ENTRY = '{"id": "a", "title": "A", "status": "%s", "residual": null, "seconds": 0.1}'


def parsed(status="proved", code=0):
    return verification.parse('{"ok": true, "results": [' + ENTRY % status + "]}", "", code)


def test_everything_the_command_says_is_read():
    entry = {
        "id": "a", "title": "A", "status": "proved", "residual": 0.0, "seconds": 0.1, "paper": "(19)",
        "statement": "x", "evidence": "1 step", "steps": [{"title": "S", "status": "proved", "method": "zero"}],
    }  # fmt: skip
    (result,) = verification.parse(json.dumps({"results": [entry]}), "", 0).results
    assert (result.residual, result.paper, result.statement, result.evidence) == ("0", "(19)", "x", "1 step")
    assert result.steps == (verification.Step(title="S", status="proved", method="zero"),)


def test_verified_results_pass():
    for status in ("proved", "certified", "numeric"):
        assert parsed(status).ok and parsed(status).passed == 1


@pytest.mark.parametrize("status", ["false", "unknown", "Proved", "", "null"])
def test_any_other_status_fails_whatever_the_exit_code(status):
    assert not parsed(status).ok and parsed(status).passed == 0


@pytest.mark.parametrize(
    ("stdout", "code", "reason"),
    [
        ("", 1, "boom"),
        ("Traceback", 1, "boom"),
        ("[]", 0, "no readable result"),
        ('{"results": [{"id": "a"}]}', 0, "no readable result"),
        ('{"results": []}', 0, "no statements"),
        ('{"results": [' + ENTRY % "proved" + "]}", 1, "exit code 1"),
    ],
)
def test_unreadable_outcomes_fail(stdout, code, reason):
    outcome = verification.parse(stdout, "first\nboom\n", code)
    assert not outcome.ok and reason in outcome.failure


# The command


@pytest.fixture
def small(monkeypatch):
    """A report on a small data set, with a verification that takes no time."""
    outcome = {"results": (GOOD,)}

    monkeypatch.setattr(verification, "run", lambda: verification.Verification(outcome["results"]))
    monkeypatch.setattr(report, "DATA", "synthetic:4")
    monkeypatch.setattr(report, "NETWORKS", (("erf", 1),))
    monkeypatch.setattr(report, "TEMPERATURE", 0.1)
    return outcome


def test_report_writes_a_page(small, tmp_path):
    path = tmp_path / "page.html"
    result = CliRunner().invoke(main, ["report", "--out", str(path)])
    assert result.exit_code == 0, result.output
    html = path.read_text(encoding="utf-8")
    assert outside_references(html) == [] and "ndk report --out page.html" in html
    assert str(path) in result.stdout


@pytest.mark.parametrize("wrong", WRONG[:2])
def test_report_of_a_failed_verification_is_written_and_exits_1(small, tmp_path, wrong):
    small["results"] = (GOOD, wrong)
    path = tmp_path / "page.html"
    result = CliRunner().invoke(main, ["report", "--out", str(path)])
    assert result.exit_code == 1 and wrong.id in result.stderr
    assert "Verification failed" in path.read_text(encoding="utf-8")


def test_report_to_an_unwritable_place(small):
    result = CliRunner().invoke(main, ["report", "--out", "/nowhere/page.html"])
    assert result.exit_code == 2 and result.stderr.count("\n") == 1 and "--out" in result.stderr


def test_report_without_the_data_package_names_the_extra(monkeypatch, tmp_path):
    def absent(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib.resources, "files", absent)
    monkeypatch.setattr(verification, "run", lambda: pytest.fail("started"))
    path = tmp_path / "page.html"
    result = CliRunner().invoke(main, ["report", "--out", str(path)])
    assert result.exit_code == 2 and "ndk[data]" in result.stderr and result.stderr.count("\n") == 1
    assert not path.exists()


def test_verification_runs_the_command(monkeypatch):
    """The real process, asked for a statement that does not exist, says so."""
    started = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda command, **options: started([*command, "no-such-id"], **options))
    outcome = verification.run()
    assert not outcome.ok and "no-such-id" in outcome.failure and "exit code 2" in outcome.failure


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("K^{d,L} and m^2", "K<sup>d,L</sup> and m<sup>2</sup>"),
        ("∂_s of f_{ab}", "∂<sub>s</sub> of f<sub>ab</sub>"),
        ("leaky_relu <x>", "leaky_relu &lt;x&gt;"),
    ],
)
def test_scripts_in_running_text(text, html):
    assert markup.with_math(text) == html
