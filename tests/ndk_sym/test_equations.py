"""Every numbered equation of the paper is derived or named as a definition."""

from dataclasses import replace

import pytest

from ndk_sym.equations import DEFINITIONS, EQUATIONS, MISSING, cited, coverage
from ndk_sym.registry import derivations


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ()),
        ("(16)", ("16",)),
        ("(9)(10)", ("9", "10")),
        ("(12)–(15)", ("12", "13", "14", "15")),
        ("(SI 24–27)", ("SI 24", "SI 25", "SI 26", "SI 27")),
        ("(19), (SI 69)–(SI 71)", ("19", "SI 69", "SI 70", "SI 71")),
        ("(SI 72), (SI 73)", ("SI 72", "SI 73")),
        ("(16), (SI 37), (17)", ("16", "SI 37", "17")),
        ("Sec. 4.1, Eq. (18)", ("18",)),
        ("SI Sec. B.3, (SI 35)", ("SI 35",)),
    ],
)
def test_citations_are_read(text, numbers):
    assert cited(text) == numbers


@pytest.fixture(scope="module")
def entries():
    return coverage(derivations().values())


def test_every_equation_is_derived_or_a_definition(entries):
    assert len(entries) == len(EQUATIONS) == 110
    assert [entry.equation for entry in entries if not entry.ok] == []
    assert {entry.equation for entry in entries if not (entry.steps or entry.definition)} == set(MISSING)


def test_nothing_is_said_to_be_missing_that_is_cited(entries):
    assert [entry.equation for entry in entries if entry.missing and entry.steps] == []
    assert set(DEFINITIONS) | set(MISSING) <= set(EQUATIONS)


def test_a_missing_derivation_is_noticed():
    left = [derivation for id, derivation in derivations().items() if id != "synthetic-task"]
    assert {entry.equation for entry in coverage(left) if not entry.ok} >= {"SI 84", "SI 86"}


def test_an_equation_that_the_paper_does_not_have_is_noticed():
    derivation = next(iter(derivations().values()))
    step = derivation.steps[0]
    wrong = replace(step, statement=replace(step.statement, paper="(24)"))
    with pytest.raises(ValueError, match="no such equation"):
        coverage([replace(derivation, build=lambda: (wrong,), headline="")])
