"""Small data sets on which the solver is compared with its oracles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Case(NamedTuple):
    """Training inputs, labels and test inputs."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray


def unit(inputs: int = 4, features: int = 6, tests: int = 2, seed: int = 1) -> Case:
    """Random directions, |x|²/N0 = 1 on the training set; test inputs of any norm."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(inputs, features))
    X *= np.sqrt(features) / np.linalg.norm(X, axis=1, keepdims=True)
    return Case(X, np.where(rng.random(inputs) < 0.5, -1.0, 1.0), rng.normal(size=(tests, features)))


def spread() -> Case:
    """Norms from 0.4 to 2."""
    case = unit()
    return case._replace(X=case.X * np.linspace(0.4, 2.0, len(case.X))[:, None])


def near_duplicate() -> Case:
    """Two inputs of the same label at correlation 1 − 5e-7."""
    case = unit()
    X = case.X.copy()
    direction = case.X[2] - case.X[1] * (case.X[2] @ case.X[1]) / (case.X[1] @ case.X[1])
    X[0] = case.X[1] + 1e-3 * direction * np.linalg.norm(case.X[1]) / np.linalg.norm(direction)
    y = case.y.copy()
    y[0] = y[1]
    return Case(X, y, case.X_test)


def several_outputs() -> Case:
    """Three outputs that share the kernel."""
    case = unit()
    return case._replace(y=np.stack([case.y, np.roll(case.y, 1) * 0.3, np.arange(4.0)], axis=1))


CASES = {"unit": unit(), "spread": spread(), "near_duplicate": near_duplicate(), "several_outputs": several_outputs()}
