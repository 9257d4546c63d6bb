"""The report as one self-contained HTML page: no script, no font, no image comes from elsewhere."""

from __future__ import annotations

import base64
import importlib.resources
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ndk_num.cli.formulas import FORMULAS
from ndk_num.cli.markup import fixed, mathml, scientific, with_math
from ndk_num.cli.run import Run
from ndk_num.cli.summary import display_name, test_error
from ndk_num.cli.verification import Result, Verification


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What made a page: the command, versions by name, and how long it took."""

    command: str
    versions: Mapping[str, str]
    created: str
    seconds: float
    cores: int


def render(runs: Sequence[Run], figures: Sequence[bytes], verification: Verification, provenance: Provenance) -> str:
    """Return the page's HTML.

    Parameters
    ----------
    runs : sequence of Run
        Solved trajectories, on one data set.
    figures : sequence of bytes
        The figure of each run, from `draw`.
    verification : Verification
        Outcome of `ndk verify`.
    provenance : Provenance
        What made the page.

    Returns
    -------
    str
        A complete HTML document.
    """
    style = (importlib.resources.files("ndk_num.cli") / "page.css").read_text(encoding="utf-8")
    sections = (
        _header(runs, verification, provenance),
        _theory(),
        _verification(verification),
        _trajectories(runs, figures),
        _numbers(runs),
        _provenance(provenance),
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>ndk report</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(sections)
        + "\n</body>\n</html>\n"
    )


def _header(runs: Sequence[Run], verification: Verification, provenance: Provenance) -> str:
    passed, total = verification.passed, len(verification.results)
    steps = sum(len(result.steps) for result in verification.results)
    checked = f", in {steps} step{'s' * (steps > 1)}" if steps else ""
    worst = max((run.sol.stats["error_estimate"] for run in runs), default=0.0)
    tiles = [
        (f"{passed} of {total}", f"statements verified{checked}", "good" if verification.ok else "bad"),
        (str(len(runs)), f"trajectories, {escape(runs[0].data.name)}" if runs else "trajectories", ""),
        (scientific(worst), "largest error estimate, in units of max |y|", ""),
        (f"{provenance.seconds:.0f} s", f"to make this page, on {provenance.cores} cores", ""),
    ]
    boxes = "".join(
        f'<div class="tile {kind}"><strong>{value}</strong><span>{text}</span></div>' for value, text, kind in tiles
    )
    return (
        "<header><h1>The neural dynamical kernel: theory to trajectory</h1>"
        '<p class="lead">How infinitely wide networks learn under noisy gradient descent: first a gradient-driven'
        " phase, then slow diffusion among solutions towards the Gaussian-process prediction. Where their time scales"
        " are far apart, the first ends at the neural tangent kernel’s prediction.</p>"
        f'<div class="tiles">{boxes}</div></header>'
    )


def _theory() -> str:
    entries = []
    for formula in FORMULAS:
        parts = "".join(f'<div class="formula">{mathml(part, block=True)}</div>' for part in formula.latex)
        entries.append(
            f"<dt>{escape(formula.title)} <small>{escape(formula.equations)}</small></dt>"
            f"<dd><div>{parts}</div>{escape(formula.meaning)}</dd>"
        )
    return f'<section><h2>The theory</h2><dl class="formulas">{"".join(entries)}</dl></section>'


def _verification(verification: Verification) -> str:
    rows = "".join(_result(result) for result in verification.results)
    table = (
        '<div class="scroll"><table class="statements"><thead><tr><th>statement</th><th>status</th>'
        '<th class="number">residual</th><th class="number">seconds</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
    explanation = (
        "<p>Every statement was checked while this page was made. <em>Proved</em>: exact, in computer algebra: a"
        " symbolic zero, an antiderivative, an induction, or explicit finite cases (“brute force”, “explicit sum”)."
        " <em>Certified</em>: enclosed by ball arithmetic. <em>Numeric</em>: agreement to the residual shown."
        " A derivation is as strong as its weakest step and the weakest lemma it uses; anything else, unknown included,"
        " counts as a failure. Some steps of the theory no machine has checked (N → ∞, n → 0, exchanged limits):"
        " <code>ndk derive ID</code> names those of each derivation. Numbers in brackets are the paper’s equations.</p>"
    )
    failure = ""
    if not verification.ok:
        reason = verification.failure or "Not every statement below is verified."
        failure = f'<p class="failure"><strong>Verification failed.</strong> {escape(reason)}</p>'
    return f"<section><h2>Verification</h2>{explanation}{failure}{table if rows else ''}</section>"


def _result(result: Result) -> str:
    """Rows of the table: title and outcome, then formula and, folded away, the steps of the derivation."""
    formula = f'<div class="formula">{mathml(result.statement, block=True)}</div>' if result.statement else ""
    steps = "".join(
        f"<li>{with_math(step.title)} <small>{escape(step.method or step.status)}</small></li>" for step in result.steps
    )
    evidence = escape(result.evidence or "steps")
    folded = f"<details><summary>{evidence}</summary><ol>{steps}</ol></details>" if steps else evidence
    return (
        f'<tr class="statement"><td><strong>{with_math(result.title)}</strong> <small>{escape(result.paper)}'
        f" <code>{escape(result.id)}</code></small></td>"
        f'<td>{_badge(result.status, good=result.passed)}</td><td class="number">{escape(result.residual)}</td>'
        f'<td class="number">{result.seconds:.2f}</td></tr>'
        f'<tr><td colspan="4">{formula}<small>{folded}</small></td></tr>'
    )


def _badge(status: str, *, good: bool) -> str:
    return f'<span class="status {"good" if good else "bad"}">{escape(status)}</span>'


def _trajectories(runs: Sequence[Run], figures: Sequence[bytes]) -> str:
    if not runs:
        return ""
    shown = "".join(_figure(run, svg) for run, svg in zip(runs, figures, strict=True))
    return (
        f"<section><h2>Trajectories on {escape(runs[0].data.name)}</h2>"
        f"<p>{escape(runs[0].data.description)}</p>{shown}</section>"
    )


def draw(run: Run) -> bytes:
    """Return the figure of a trajectory as SVG."""
    from ndk_num import plots

    buffer = io.BytesIO()
    figure = plots.trajectory(
        run.sol, y_test=run.data.y_test, ntk=run.ntk, nngp=run.nngp, phases=run.phases, stopping=run.stopping,
        title=run.title,
    )  # fmt: skip
    plots.save(figure, buffer, format="svg")
    return buffer.getvalue()


def _figure(run: Run, svg: bytes) -> str:
    image = base64.b64encode(svg).decode("ascii")
    text = f"Mean predictor against time: {run.title}"
    return (
        f'<figure><img alt="{escape(text)}" src="data:image/svg+xml;base64,{image}">'
        f"<figcaption>{escape(_caption(run))}</figcaption></figure>"
    )


_APART = 0.02  # a crossover later than this part of σ²/T has diffusion in it


def _caption(run: Run) -> str:
    net = run.sol.network
    parts = [
        f"{display_name(net.activation)} network of depth {net.depth}, T = {net.temperature:g}, σ² = {net.sigma2:g},"
        f" σ0² = {net.sigma02:g}. Training inputs are grouped by label: mean and range."
    ]
    if run.stopping is not None and run.stopping.where == "interior":
        gain = 100 * (1 - run.stopping.error / run.stopping.error_at_horizon)
        parts.append(
            f"Stopping at t = {run.stopping.time:.3g} makes the test error, of these {len(run.data.X_test)} inputs,"
            f" {gain:.2g} % smaller than at the end."
        )
    if run.phases.crossover is None or run.phases.crossover > _APART * run.phases.diffusive:
        parts.append(
            "The phases overlap: the slowest gradient scale is not far below σ²/T, so that the NTK’s prediction is"
            " passed on the way and not where the first phase ends."
        )
    return " ".join(parts)


Row = tuple[str, list[str]]


def _numbers(runs: Sequence[Run]) -> str:
    heads = "".join(
        f'<th class="number">{escape(display_name(run.sol.network.activation))}, depth {run.sol.network.depth}</th>'
        for run in runs
    )
    body = ""
    for title, rows in (
        ("Phases", _phase_rows(runs)),
        ("Test predictor", _test_rows(runs)),
        ("Solver", _solver_rows(runs)),
    ):
        body += f'<tr class="section"><th colspan="{len(runs) + 1}">{title}</th></tr>'
        for name, values in rows:
            cells = "".join(f'<td class="number">{value}</td>' for value in values)
            body += f"<tr><th>{name}</th>{cells}</tr>"
    return (
        '<section><h2>Numbers</h2><div class="scroll"><table><thead><tr><th></th>'
        f"{heads}</tr></thead><tbody>{body}</tbody></table></div></section>"
    )


def _phase_rows(runs: Sequence[Run]) -> list[Row]:
    return [
        ("gradient-driven, fastest: 1/λ<sub>max</sub>(NTK)", [scientific(run.phases.fastest) for run in runs]),
        ("gradient-driven, slowest: 1/λ<sub>min</sub>(NTK)", [scientific(run.phases.slowest) for run in runs]),
        (
            "crossover: training residual fallen by 99 %",
            ["not reached" if run.phases.crossover is None else scientific(run.phases.crossover) for run in runs],
        ),
        ("diffusive: σ²/T", [scientific(run.phases.diffusive) for run in runs]),
        ("horizon", [scientific(run.phases.horizon) for run in runs]),
    ]


def _test_rows(runs: Sequence[Run]) -> list[Row]:
    rows: list[Row] = []
    finals = [run.sol.at([run.sol.horizon]).test[0] for run in runs]
    for index in range(len(runs[0].data.X_test) if runs and runs[0].data.y.ndim == 1 else 0):
        label = "" if runs[0].data.y_test is None else f" (label {runs[0].data.y_test[index]:+g})".replace("-", "−")
        rows.append((f"test {index + 1}{label}: NTK equilibrium", [fixed(run.ntk.test[index]) for run in runs]))
        rows.append((f"test {index + 1}{label}: NNGP equilibrium", [fixed(run.nngp.test[index]) for run in runs]))
        rows.append((f"test {index + 1}{label}: at the horizon", [fixed(final[index]) for final in finals]))
    stopped = [run for run in runs if run.stopping is not None]
    if len(stopped) == len(runs):
        rows.append(("mean squared error, NTK", [fixed(test_error(r.ntk.test, r.data.y_test)) for r in runs]))
        rows.append(("mean squared error, NNGP", [fixed(test_error(r.nngp.test, r.data.y_test)) for r in runs]))
        rows.append(("mean squared error, best", [fixed(r.stopping.error if r.stopping else None) for r in runs]))
        rows.append(("optimal stopping time", [_stopping(run) for run in runs]))
    return rows


def _stopping(run: Run) -> str:
    if run.stopping is None:
        return "–"
    return "horizon" if run.stopping.where == "horizon" else scientific(run.stopping.time)


def _solver_rows(runs: Sequence[Run]) -> list[Row]:
    names = [name for name in ("nodes", "panels", "rank") if all(name in run.sol.stats for run in runs)]
    return [
        ("error asked for, max |y|", [scientific(run.sol.stats["rtol"]) for run in runs]),
        ("error estimate, max |y|", [scientific(run.sol.stats["error_estimate"]) for run in runs]),
        ("distance from NNGP at the horizon", [scientific(_distance(run)) for run in runs]),
        *((name, [str(run.sol.stats[name]) for run in runs]) for name in names),
        ("seconds", [f"{run.sol.stats['seconds']:.2f}" for run in runs]),
    ]


def _distance(run: Run) -> float:
    return float(abs(run.sol.at([run.sol.horizon]).test[0] - run.nngp.test).max())


def _provenance(provenance: Provenance) -> str:
    versions = ", ".join(f"{escape(name)} {escape(version)}" for name, version in provenance.versions.items())
    return (
        "<footer><h2>How this page was made</h2>"
        f"<pre><code>{escape(provenance.command)}</code></pre>"
        f"<p>{escape(provenance.created)}, in {provenance.seconds:.1f} s. {versions}.</p></footer>"
    )
