"""Which equations of the paper are derived here, and which are definitions.

Every numbered equation of the main text and of the supplement is either cited by a step of some derivation or listed
below as a definition: something stated by the paper that the derivations start from. Four numbers of the supplement
belong to no equation in the text of the paper that this list was made from; they are listed as missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ndk_sym.statement import Derivation

__all__ = ["DEFINITIONS", "EQUATIONS", "MISSING", "Coverage", "cited", "coverage"]

MAIN, SUPPLEMENT = 23, 87
EQUATIONS = (*(str(n) for n in range(1, MAIN + 1)), *(f"SI {n}" for n in range(1, SUPPLEMENT + 1)))

DEFINITIONS: Mapping[str, str] = {
    "1": "the network's output",
    "2": "the activity of a hidden layer",
    "3": "the cost: squared error and weight decay",
    "4": "the transition density of Markov proximal learning",
    "13": "the two-time kernel as an average over the layer below",
    "14": "the two-time kernel of the inputs",
    "SI 2": "the transition density",
    "SI 3": "its normalisation, the single-time partition function",
    "SI 4": "the probability of a sequence of weights",
    "SI 11": "the moment-generating function of a trajectory",
    "SI 13": "the cost",
    "SI 22": "the kernel of one realisation of the weights",
    "SI 23": "the averaged kernels K^{l,1} and K^{l,0} of two times in one replica and in two",
    "SI 53": "the predictor with readout and hidden weights of different times",
}

_KERNELS = "between the source term (SI 43) and the prior (SI 47), where the text refers to the kernels of Sec. 3"
MISSING: Mapping[str, str] = {
    "SI 44": _KERNELS,
    "SI 45": _KERNELS,
    "SI 46": _KERNELS,
    "SI 80": "between the NDK as a two-time NTK (SI 79) and the predictor under drift (SI 81)",
}

_SECTION = re.compile(r"Sec\.?\s*[A-E]?\.?\d+(\.\d+)*")
_CITED = re.compile(r"(?P<si>SI\s*)?(?P<first>\d+)(?P<range>\)?\s*[–-]\s*\(?(?:SI\s*)?(?P<last>\d+))?")


def cited(text: str) -> tuple[str, ...]:
    """Equation numbers in a citation such as "(12)–(15), (SI 24–27)": "12", …, "SI 27"."""
    found: list[str] = []
    supplement = False
    for part in re.split(r"[;,]|(?<=\))(?=\()|(?<=\))\s+(?=\()", _SECTION.sub("", text)):
        for match in _CITED.finditer(part):
            supplement = match["si"] is not None or (supplement and "(" not in part)
            first, last = int(match["first"]), int(match["last"] or match["first"])
            found += [f"SI {n}" if supplement else str(n) for n in range(first, last + 1)]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Coverage:
    """Where one equation of the paper is found.

    Attributes
    ----------
    equation : str
        "16" or "SI 28".
    steps : tuple of str
        The steps that cite it, as "derivation/step".
    definition : str
        What it defines; empty if it is a result.
    missing : str
        Where its number would stand, if no equation carries it in the text this list was made from.
    """

    equation: str
    steps: tuple[str, ...]
    definition: str
    missing: str

    @property
    def ok(self) -> bool:
        """Whether it is derived, or named as a definition, or its number is known to be missing."""
        return bool(self.steps or self.definition or self.missing)


def coverage(derivations: Iterable[Derivation]) -> tuple[Coverage, ...]:
    """Return for every equation of the paper the steps that cite it."""
    steps: dict[str, list[str]] = {equation: [] for equation in EQUATIONS}
    for derivation in derivations:
        for step in derivation.steps:
            for equation in cited(step.statement.paper):
                steps.setdefault(equation, []).append(f"{derivation.id}/{step.id}")
    unknown = [equation for equation in steps if equation not in EQUATIONS]
    if unknown:
        raise ValueError(f"equation {unknown[0]} is cited by {steps[unknown[0]][0]} but the paper has no such equation")
    return tuple(Coverage(e, tuple(steps[e]), DEFINITIONS.get(e, ""), MISSING.get(e, "")) for e in EQUATIONS)
