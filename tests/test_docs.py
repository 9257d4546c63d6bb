"""What the documentation shows runs, exists and agrees; the pages themselves are built by `.ci/run`."""

from __future__ import annotations

import datetime
import importlib
import importlib.metadata
import json
import re
import shlex
import tomllib
from importlib.resources import files
from pathlib import Path

import click
import pytest
import yaml  # comes with the documentation tools
from click.testing import CliRunner

from ndk_num import InputError, Network, equilibria, plots
from ndk_num.cli import main
from ndk_sym.registry import derivations
from tests.ndk_num.cases import unit

ROOT = Path(__file__).parents[1]
README, HOWTO = ROOT / "README.md", ROOT / "docs" / "howto.md"
PAGES = sorted({README, ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "api").glob("*.md")})
TOO_LONG = ("report", "verify", "generate")  # minutes, or files of the checkout: parsed here, run by `.ci/run`


def blocks(page: Path | str, language: str) -> list[str]:
    """Return the fenced code blocks of a page."""
    text = page.read_text(encoding="utf-8") if isinstance(page, Path) else page
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def commands(page: Path) -> list[list[str]]:
    """Return the calls of `ndk` in the shell blocks of a page, as argument lists."""
    parts = [part.strip() for block in blocks(page, "bash") for part in re.split(r"&&|\n", block) if part.strip()]
    return [words[1:] for words in map(shlex.split, parts) if Path(words[0]).name == "ndk"]


def parsed(arguments: list[str]) -> str:
    """Parse the arguments of `ndk` without running anything; return the command's name."""
    with click.Context(main) as group:
        name, command, rest = main.resolve_command(group, list(arguments))
        assert command is not None
        command.make_context(name, list(rest))
    return str(name)


def run_blocks(page: Path | str) -> int:
    """Run the Python blocks of a page one after the other, in one namespace."""
    found = blocks(page, "python")
    namespace: dict[str, object] = {}
    for n, source in enumerate(found, start=1):
        exec(compile(source, f"block {n}", "exec"), namespace)
    return len(found)


@pytest.mark.parametrize(("page", "least"), [(README, 2), (HOWTO, 9)], ids=lambda x: getattr(x, "name", x))
def test_python_blocks_run(page, least, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_blocks(page) >= least


def test_a_wrong_block_is_caught():
    with pytest.raises(AssertionError):
        run_blocks("```python\nx = 1\n```\ntext\n```python\nassert x == 2\n```\n")


@pytest.mark.parametrize(("page", "least"), [(README, 2), (HOWTO, 8)], ids=lambda x: getattr(x, "name", x))
def test_commands_and_their_options_exist(page, least):
    found = commands(page)
    assert len(found) >= least
    for arguments in found:
        assert parsed(arguments) == arguments[0]


@pytest.mark.parametrize("wrong", [["repport"], ["report", "--output", "x.html"], ["solve", "--depth", "one"]])
def test_a_wrong_command_is_caught(wrong):
    with pytest.raises(click.UsageError):
        parsed(wrong)


def test_howto_commands_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_blocks(HOWTO)  # writes the file that the first command reads
    ran = 0
    for arguments in commands(HOWTO):
        if arguments[0] not in TOO_LONG:
            result = CliRunner().invoke(main, arguments, catch_exceptions=False)
            assert result.exit_code == 0, f"{arguments}: {result.output}"
            assert result.stdout.strip()
            ran += 1
    assert ran >= 7


def test_readme_lists_every_command():
    listed = re.findall(r"^\| `ndk ([a-z-]+)` \|", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    with click.Context(main) as group:
        assert sorted(listed) == sorted(main.list_commands(group))


def test_readme_and_ci_run_the_same_tests():
    install, test = blocks(README, "bash")[:2]
    assert ".venv/bin/ndk report" in install
    assert "-m venv .venv" in install
    assert "-m venv .venv" in test
    command = test.strip().rpartition("&& .venv/bin/")[2]
    assert command.startswith("python -m pytest")
    assert f'step "tests" {command}\n' in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


CLAIM = re.compile(
    r"of (\d+) activations .*within (\d+) ulp; worst sampled ([\d.]+); times 1 \+ condition number for the (\d+) that"
)


def test_readme_bounds_what_the_certificates_measured():
    claim = CLAIM.search(README.read_text(encoding="utf-8"))
    assert claim is not None
    worst, names, conditioned, bounds = [], set(), set(), set()
    for path in files("ndk_num._generated").iterdir():
        if path.name.endswith(".json") and path.name != "prior.json":
            certificate = json.loads(path.read_text(encoding="utf-8"))
            if certificate["activation"].get("averages") == "numeric":
                continue  # φ alone is generated
            name, claims = certificate["activation"]["name"], certificate["claims"].values()
            (factor,) = {claim["transcription"]["bound_times"] for claim in claims}
            names.add(name)
            bounds |= {claim["transcription"]["bound_ulp"] for claim in claims}
            if factor != "1":
                assert factor == "1 + condition number"
                conditioned.add(name)
                continue
            measured = [function["transcription"] for function in certificate["measured"].values()]
            worst += [s["ulp"] for outputs in measured for strata in outputs.values() for s in strata.values()]
    assert bounds == {float(claim[2])}
    assert (f"{len(names)}", f"{max(worst):.1f}", f"{len(conditioned)}") == (claim[1], claim[3], claim[4])


def built() -> set[str]:
    """The pages that the documentation writes itself: those in its table of contents, and one of each derivation."""
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {f"{name}.md" for name in re.findall(r"^generated/\w+$", index, flags=re.MULTILINE)}
    return pages | {f"generated/derivations/{id}.md" for id in derivations()}


def broken_links(page: Path, text: str) -> list[str]:
    """Return the local link targets of a page that do not exist."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    targets = [t for t in re.findall(r"\]\(([^)#\s]+)", text) if not t.startswith(("http://", "https://"))]
    made = {(ROOT / "docs" / name) for name in built()}
    return [target for target in targets if not ((page.parent / target).exists() or page.parent / target in made)]


def test_links_lead_to_files():
    assert len(PAGES) >= 6
    assert [problem for page in PAGES for problem in broken_links(page, page.read_text(encoding="utf-8"))] == []


def test_a_broken_link_is_caught():
    assert broken_links(README, "[a](docs/howto.md) [b](docs/nowhere.md) ![c](docs/figures/none.png)") == [
        "docs/nowhere.md",
        "docs/figures/none.png",
    ]
    assert broken_links(HOWTO, "[a](generated/notation.md) [b](generated/none.md)") == ["generated/none.md"]
    text = "[a](generated/derivations/ntk-limit.md) [b](generated/derivations/none.md) [c](generated/ntk-limit.md)"
    assert broken_links(HOWTO, text) == ["generated/derivations/none.md", "generated/ntk-limit.md"]


def test_layers_are_where_the_howto_says():
    """Exceptions to "everything on this page" that it names, and no command with an option for them."""
    net, case = Network(layers=["relu", "erf"], temperature=0.1), unit()
    for call in (
        lambda: equilibria.scan(net, *case, depth=[1, 2]),
        lambda: plots.kernel(net, case.X, depths=[1, 2]),
    ):
        with pytest.raises(InputError, match="leave depth out"):
            call()
    assert set(equilibria.scan(net, *case, size=[2, 4], ratio=[0.5, 1.0], temperature=[0.0, 0.1]).sizes) >= {"ratio"}
    with click.Context(main) as group:
        for name in main.list_commands(group):
            command = main.get_command(group, name)
            assert command is not None and "layers" not in {option.name for option in command.params}


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d[^\]]*)\] - (\S+)$", changelog, flags=re.MULTILINE)
    assert newest is not None
    assert project["version"] == citation["version"] == newest[1] == importlib.metadata.version("ndk")
    assert citation["date-released"] == newest[2]
    assert project["license"] == citation["license"]


def test_citation_has_the_fields_of_its_format():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)  # required
    datetime.date.fromisoformat(citation["date-released"])
    (paper,) = citation["references"]
    assert {"type", "title", "authors"} <= set(paper)
    assert [author["family-names"] for author in paper["authors"]] == ["Avidan", "Li", "Sompolinsky"]
    assert paper["title"].startswith("Connecting NTK and NNGP")


@pytest.fixture
def extension(monkeypatch):
    """Import a module of docs/_ext."""
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    return importlib.import_module


def test_broken_links_of_the_built_site_are_caught(extension, tmp_path):
    good = '<p id="here"></p><a href="#here"></a><a href="b.html"></a><a href="https://example.org"></a>'
    bad = '<a href="#gone"></a><a href="c.html"></a><a href="a.html#gone"></a><script src="https://example.org/x.js">'
    (tmp_path / "a.html").write_text(good, encoding="utf-8")
    (tmp_path / "b.html").write_text(bad, encoding="utf-8")
    problems = extension("ndk_links").broken(tmp_path)
    assert len(problems) == 4
    assert all(problem.startswith("b.html ") for problem in problems)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("f̄_*(t) = |y|", r"f̄\ :sub:`\*`\ (t) = \|y\|"),
        ("K^{d,L}(t,s)", r"K\ :sup:`d,L`\ (t,s)"),
        ("`a * |b|` and X_test, y_test", "`a * |b|` and X_test, y_test"),
        ("∫_0^t", r"∫\ :sub:`0`\ \ :sup:`t`\ "),
    ],
)
def test_formulas_in_docstrings_become_markup(extension, written, meant):
    assert extension("ndk_docstrings").prose(written) == meant


def test_equations_get_lines_of_their_own_and_sentences_do_not(extension):
    blocks = extension("ndk_docstrings").blocks
    assert blocks(["F(a, c, b) = ⟨φφ⟩,   Ḟ(a, c, b) = ∂F/∂c.   (12)"])[0] == ".. container:: equation"
    assert sum(line.strip().startswith("|") for line in blocks(["x = 1,   y = 2   (3)"])) == 2
    assert blocks(["Where a kernel is singular, x = 1."]) == ["Where a kernel is singular, x = 1."]
