"""Trajectories given by formulas: exact, instant, and of the shape of a solved one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ndk_num import Network, Prediction


@dataclass(frozen=True)
class FakeTrajectory:
    """Mean predictors `train_path(t)` and `test_path(t)` of one time, each an array of the shape of the labels."""

    train_path: Callable[[float], np.ndarray]
    test_path: Callable[[float], np.ndarray]
    y: np.ndarray
    X: np.ndarray
    X_test: np.ndarray
    horizon: float
    network: Network
    stats: dict = field(default_factory=lambda: {"error_estimate": 1e-12, "rtol": 1e-10})
    learning: str = "all"

    @property
    def times(self):
        return np.concatenate([[0.0], np.geomspace(1e-6 * self.horizon, self.horizon, 80)])

    @property
    def train(self):
        return self.at(self.times).train

    @property
    def test(self):
        return self.at(self.times).test

    def at(self, times):
        times = np.asarray(times)
        return Prediction(np.array([self.train_path(t) for t in times]), np.array([self.test_path(t) for t in times]))

    def residual_at(self, times):
        return self.y - self.at(times).train


def fake(test_path, *, train_path=None, horizon=100.0, temperature=0.1, outputs=None, error=1e-12):
    """A trajectory of two orthonormal training inputs, relaxing at rate 1 unless told otherwise."""
    X = np.sqrt(3) * np.eye(3)[:2]
    y = np.array([1.0, -1.0]) if outputs is None else np.array([[1.0] * outputs, [-1.0] * outputs])
    tests = np.atleast_1d(test_path(0.0))
    return FakeTrajectory(
        train_path=train_path or (lambda t: y * -np.expm1(-t)),
        test_path=lambda t: np.atleast_1d(test_path(t)),
        y=y,
        X=X,
        X_test=np.sqrt(3) * np.tile(np.eye(3)[2], (len(tests), 1)),
        horizon=horizon,
        network=Network(depth=1, activation="relu", temperature=temperature),
        stats={"error_estimate": error, "rtol": 1e-10},
    )
