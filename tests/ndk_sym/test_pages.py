"""`ndk verify`, `ndk derive`, and the pages made from derivations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest
import sympy as sp
from click.testing import CliRunner

from ndk_sym import notation as nt
from ndk_sym.cli.derive import derive_command
from ndk_sym.cli.verify import verify_command
from ndk_sym.errors import InputError
from ndk_sym.pages import FORMATS, page, parts, tex
from ndk_sym.registry import derivations
from ndk_sym.verify import check_derivation
from tests.ndk_sym.small_derivations import FALSE, OPEN, TRUE, a_derivation, a_step, x


def test_the_table_and_the_exit_status(installed):
    installed(TRUE)
    good = CliRunner().invoke(verify_command, [])
    assert good.exit_code == 0
    assert "proved" in good.stdout
    assert "1 of 1 hold; 2 steps checked" in good.stdout
    assert "[1/1] Derivation true" in good.stderr
    installed(TRUE, FALSE)
    bad = CliRunner().invoke(verify_command, [])
    assert bad.exit_code == 1
    assert "the sides differ by" in " ".join(bad.stdout.split())
    installed(OPEN)
    assert CliRunner().invoke(verify_command, ["open"]).exit_code == 1


@pytest.mark.parametrize("arguments", [["nope"], ["--digits", "2"], ["--digits", "many"]])
def test_a_mistake_is_one_line_and_exit_status_2(installed, arguments):
    installed(TRUE)
    result = CliRunner().invoke(verify_command, arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_json_holds_results_steps_and_latex(installed):
    installed(TRUE, FALSE)
    result = CliRunner().invoke(verify_command, ["--json", "--digits", "30"])
    data = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (data["ok"], data["digits"]) == (False, 30)
    first, second = data["results"][1], data["results"][0]
    assert first["steps"][0]["statement"] == "2 x = 2 x"
    assert [first["status"], first["residual"]] == ["proved", 0.0]
    assert second["steps"][1]["witness"].keys() == {"x"}


def test_results_do_not_depend_on_the_hash_seed():
    command = [
        sys.executable,
        "-c",
        "from ndk_sym.cli.verify import verify_command as v; v(['--json', 'price-theorem'])",
    ]
    outputs = []
    for seed in ("1", "2"):
        run = subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        lines = [line for line in run.stdout.splitlines() if '"seconds"' not in line]
        outputs.append(lines)
    assert len(outputs[0]) > 50
    assert outputs[0] == outputs[1]


@pytest.fixture(scope="module")
def price():
    derivation = derivations()["price-theorem"]
    return derivation, check_derivation(derivation)


def test_derive_lists_ids_and_prints_pages():
    listing = CliRunner().invoke(derive_command, [])
    assert listing.exit_code == 0
    assert [line.split()[0] for line in listing.stdout.splitlines()] == list(derivations())
    shown = CliRunner().invoke(derive_command, ["price-theorem"])
    assert shown.exit_code == 0
    for step in derivations()["price-theorem"].steps:
        assert step.id in shown.stdout
    assert CliRunner().invoke(derive_command, ["nope"]).exit_code == 2
    assert CliRunner().invoke(derive_command, ["price-theorem", "--format", "pdf"]).exit_code == 2


def test_derive_of_something_false_fails(installed):
    installed(FALSE)
    result = CliRunner().invoke(derive_command, ["false"])
    assert result.exit_code == 1
    assert "the sides differ" in result.stdout


def test_the_html_page_stands_alone(price):
    html = page(*price, format="html")
    root = ElementTree.fromstring(html.removeprefix("<!DOCTYPE html>\n").replace("&nbsp;", " "))  # well-formed
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert tags.count("math") >= len(price[0].steps)
    assert tags.count("section") == len(price[0].steps)
    assert not {"script", "link", "img"} & set(tags)
    assert "merror" not in tags
    for step in price[0].steps:
        assert root.find(f".//*[@id='{step.id}']") is not None


def test_the_latex_page_is_ascii_and_balanced(price):
    source = page(*price, format="latex")
    assert source.isascii()
    bare = source.replace(r"\{", "").replace(r"\}", "").replace(r"\\", "")
    assert bare.count("{") == bare.count("}")
    assert source.count(r"\[") == source.count(r"\]")
    assert source.count(r"\begin") == source.count(r"\end")
    assert source.count("$") % 2 == 0


def test_latex_words():
    assert tex.words("K̇ and Ḟ") == r"\ensuremath{\dot{K}} and \ensuremath{\dot{F}}"
    assert tex.words("e^{−κt} x_ab & 5 %") == (
        r"e\textsuperscript{\ensuremath{-}\ensuremath{\kappa}t} x\textsubscript{ab} \& 5 \%"
    )
    with pytest.raises(ValueError, match="add it to the table"):
        tex.words("漢")


def test_the_page_shows_what_fails():
    result = check_derivation(FALSE)
    for format in FORMATS:
        assert "false" in page(FALSE, result, format=format)
        assert "the sides differ" in page(FALSE, result, format=format)
    with pytest.raises(InputError, match="pdf"):
        page(FALSE, result, format="pdf")


def test_levels_of_the_graph():
    user = a_derivation(
        "user", a_step("p", x, x), a_step("q", x, x, uses=("p", "lemma")), a_step("r", x, x, uses=("q",))
    )
    assert parts.graph_levels(user) == {"p": 0, "lemma": 0, "q": 1, "r": 2}


def test_the_symbol_table_explains_symbols_not_names():
    local = sp.Symbol(nt.v.name, complex=True)
    assert not parts.symbols(a_derivation("local", a_step("p", 2 * local, local + local)))
    (only,) = parts.symbols(a_derivation("global", a_step("p", 2 * nt.v, nt.v + nt.v)))
    assert only.symbol == nt.v
