"""The certificates page: what is claimed of each generated module and what was measured, from the committed JSON."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

INTRO = """# Certificates

`ndk generate` writes the modules in `ndk_num/_generated` and beside each a certificate with two separate claims about
every function:

- **theory**: the stable form that was printed = the textbook form = the defining Gaussian average (for the prior, the
  moments of the linear stochastic equation);
- **transcription**: the printed float64 code = the stable form evaluated at high precision at the same floats, sampled
  in strata that include the edges of the domain. Errors are in units in the last place (ulp) of the exact result.

"Balls" means that both sides were enclosed at every sample point and the error bounded from above, rigorously
(python-flint); "digits" that they were computed with many digits (mpmath). Averages over two variables are enclosed as
an angular integral where φ is a power on each side of 0 (the radius gives a factorial), else as a double sum with a
bound of its error; where φ jumps, Ḟ is integrated over c and compared with the change of the average.

This page is made from the certificates. They hold at sample points; they are no proofs for all floats. `ndk generate
--check` and `ndk verify` measure again and fail if anything exceeds its bound; `ndk verify --map FILE.png` draws the
errors over the domain; `ndk_num` refuses a module whose hash differs from
its certificate's.
"""


def page() -> str:
    """Return the page as Markdown."""
    found = sorted(item for item in files("ndk_num._generated").iterdir() if item.name.endswith(".json"))
    if not found:
        raise RuntimeError("no certificate is installed beside ndk_num/_generated; run `ndk generate`")
    return INTRO + "".join(_module(json.loads(item.read_text(encoding="utf-8"))) for item in found)


def _module(certificate: dict[str, Any]) -> str:
    text = f"\n## {certificate['module'].removesuffix('.py')}\n\n"
    for name, claims in certificate["claims"].items():
        text += _function(name, claims, certificate["measured"][name])
    versions = ", ".join(f"{what} {value}" for what, value in certificate["measured_with"].items())
    return text + f"SHA-256 of the module `{certificate['sha256'][:16]}…`; measured with {versions}.\n"


def _function(name: str, claims: dict[str, Any], measured: dict[str, Any]) -> str:
    theory, code = claims["theory"], claims["transcription"]
    outputs = list(measured["theory"])
    lines = [f"### `{name}`\n", f"*Theory*: {theory['statement']}.\n"]
    lines += ["| | points | compared to | " + " | ".join(f"worst, `{x}`" for x in outputs) + " |"]
    lines += ["|---|---:|---:|" + "---:|" * len(outputs)]
    for kind, title in (("textbook", "textbook form"), ("average", "definition")):
        worst = " | ".join(f"{float(measured['theory'][x][kind]):.0e}".replace("0e+00", "0") for x in outputs)
        lines.append(f"| {title} | {theory[f'{kind}_points']} | {theory[f'{kind}_digits']} digits | {worst} |")
    lines.append(f"\nBy {_by(measured['by'], 'average', 'textbook')}.")
    times = "" if code["bound_times"] == "1" else f" × {code['bound_times']}"
    bound = f"{code['bound_ulp']:g}{times}".replace("|", r"\|")
    lines.append(f"\n*Transcription*: {code['statement']} of {bound} ulp. By {_by(measured['by'], 'transcription')}.\n")
    lines += ["| stratum | points | " + " | ".join(f"worst ulp, `{x}`" for x in outputs) + " |"]
    lines += ["|---|---:|" + "---:|" * len(outputs)]
    for stratum, points in code["points"].items():
        worst = " | ".join(f"{measured['transcription'][x][stratum]['ulp']:.2f}" for x in outputs)
        lines.append(f"| {stratum} | {points} | {worst} |")
    return "\n".join(lines) + "\n\n"


def _by(outputs: dict[str, dict[str, str]], *claims: str) -> str:
    """By what the errors were found: once where it is the same for every output."""
    found = {label: "; ".join(dict.fromkeys(by[claim] for claim in claims)) for label, by in outputs.items()}
    same = len(set(found.values())) == 1
    return next(iter(found.values())) if same else ", ".join(f"{how} (`{label}`)" for label, how in found.items())
