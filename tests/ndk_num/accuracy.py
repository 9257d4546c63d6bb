"""True errors of the solver over a random sample of networks and data: activation, depth, T, σ0²/σ² and norms.

    python -m tests.ndk_num.accuracy [CASES] [SEED]

prints, for rtol = 1e-4, 1e-6 and 1e-8, the ratio of the true error to rtol · max |y| and the estimates that were wrong.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ndk_num import AccuracyWarning, Bias, Layer, Network, Readout, solve
from ndk_num.trajectory import Trajectory
from tests.ndk_num.cases import Case

MIXED = "relu and erf with biases"
ACTIVATIONS = ("linear", "relu", "erf", "abs", "sin", "gelu", MIXED)
_FINEST = 1e-11


@dataclass(frozen=True)
class Setting:
    """One network on one data set."""

    activation: str
    depth: int
    temperature: float
    ratio: float  # σ0²/σ²
    spread: bool  # norms from 0.4 to 2, or all 1
    seed: int

    @property
    def network(self) -> Network:
        """The network; σ² = 1, or of groups between 0.5 and 2."""
        if self.activation == MIXED:
            return self._mixed()
        return Network(
            depth=self.depth, activation=self.activation, temperature=self.temperature, sigma2=1.0, sigma02=self.ratio
        )

    def _mixed(self) -> Network:
        """Activations in turn, every group with variances of its own."""
        rng = np.random.default_rng(self.seed + 1)
        sigma2 = 2.0 ** rng.uniform(-1, 1, (self.depth + 1, 2))
        bias = [Bias(sigma2=float(v), sigma02=float(self.ratio * v)) for _, v in sigma2]
        values = [(float(w), float(self.ratio * w), b) for (w, _), b in zip(sigma2, bias, strict=True)]
        layers = [Layer(("relu", "erf")[l % 2], *group) for l, group in enumerate(values[:-1])]
        readout = Readout(sigma2=values[-1][0], sigma02=values[-1][1], bias=bias[-1])
        return Network(layers=layers, readout=readout, temperature=self.temperature)

    @property
    def case(self) -> Case:
        """Twelve training inputs and two test inputs in ten dimensions."""
        rng = np.random.default_rng(self.seed)
        X = rng.normal(size=(14, 10))
        X *= np.sqrt(10) / np.linalg.norm(X, axis=1, keepdims=True)
        if self.spread:
            X *= rng.uniform(0.4, 2.0, size=(14, 1))
        return Case(X[:12], np.where(rng.random(12) < 0.5, -1.0, 1.0), X[12:])

    def __str__(self) -> str:
        norms = "spread" if self.spread else "equal"
        return (
            f"{self.activation} L={self.depth} T={self.temperature:.1e} σ0²/σ²={self.ratio:.2g} {norms} norms,"
            f" seed {self.seed}"
        )


@dataclass(frozen=True)
class Measured:
    """What one solve promised and what it did."""

    setting: Setting
    rtol: float
    error: float  # true, in units of max |y|
    estimate: float
    warned: bool

    @property
    def ratio(self) -> float:
        """True error over the promised one."""
        return self.error / self.rtol

    def __str__(self) -> str:
        return f"{self.setting}: rtol {self.rtol:.0e}, error {self.error:.2e}, estimate {self.estimate:.2e}"


def settings(count: int, seed: int) -> list[Setting]:
    """A random sample in which every activation, depth, factor of T and kind of norms takes its turn."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        found.append(
            Setting(
                activation=ACTIVATIONS[number % len(ACTIVATIONS)],
                depth=int(rng.integers(1, 6)),
                temperature=float(10.0 ** -rng.uniform(1, 8)),
                ratio=float(0.05 * 400.0 ** rng.random()),
                spread=bool(rng.integers(2)),
                seed=seed * 1000 + number,
            )
        )
    return found


def solved(setting: Setting, rtol: float) -> tuple[Trajectory, bool]:
    """The trajectory to 10 σ²/T, and whether it came with a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AccuracyWarning)
        return solve(setting.network, *setting.case, rtol=rtol), bool(caught)


def measure(setting: Setting, rtols: Sequence[float]) -> list[Measured]:
    """Solve at each accuracy, and compare with one solution three digits finer than the finest."""
    reference, _ = solved(setting, max(1e-3 * min(rtols), _FINEST))
    first = 0.1 * reference.times[1]
    times = np.concatenate([[0.0], np.geomspace(first, reference.horizon, 600), reference.times])
    exact = reference.at(times)
    found = []
    for rtol in rtols:
        sol, warned = solved(setting, rtol)
        ours = sol.at(times)
        gaps = (np.abs(ours.train - exact.train).max(), np.abs(ours.test - exact.test).max())
        error = float(max(gaps) / np.abs(setting.case.y).max())
        found.append(Measured(setting, rtol, error, float(sol.stats["error_estimate"]), warned))
    return found


def summary(found: Sequence[Measured]) -> str:
    """Largest and median ratio, and the cases in which promise or estimate was broken."""
    ratios = np.array([one.ratio for one in found])
    broken = [one for one in found if one.ratio > 1 or one.error > one.estimate or one.warned]
    lines = [
        f"rtol {found[0].rtol:.0e}, {len(found)} cases: error/(rtol max|y|) at most {ratios.max():.2g},"
        f" median {np.median(ratios):.2g}; worst: {found[int(ratios.argmax())]}"
    ]
    return "\n".join(lines + [f"  {'warned' if one.warned else 'broken'}: {one}" for one in broken])


def main(count: int = 40, seed: int = 1) -> None:
    """Print the matrix."""
    rtols = (1e-4, 1e-6, 1e-8)
    rows = []
    for setting in settings(count, seed):
        rows.append(measure(setting, rtols))
        print(*(f"{one.ratio:8.2g} {one.error / one.estimate:8.2g}" for one in rows[-1]), setting, flush=True)
    for column in zip(*rows, strict=True):
        print(summary(column), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
