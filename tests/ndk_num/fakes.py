"""A trajectory with the shape of a real one, exact and instant: relaxation to the NTK, then decay to the NNGP."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from ndk_num import Network
from ndk_num.kernels import kernel


def ntk_prediction(net, X, y, X_test):
    train, cross = kernel(net, 0, 0, X), kernel(net, 0, 0, X, X_test)
    return SimpleNamespace(train=np.array(y, dtype=float), test=cross.T @ np.linalg.solve(train, y))


@dataclass(frozen=True)
class FakeTrajectory:
    """f(t) = e^{−κt} f_NTK(t) + (1 − e^{−κt}) · `pull` · f_NTK(∞)."""

    network: Network
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    horizon: float
    pull: float = 0.8
    stats: dict = field(default_factory=lambda: {"error_estimate": 1e-9})

    @property
    def times(self):
        return np.concatenate([[0.0], np.geomspace(1e-4, self.horizon, 60)])

    @property
    def train(self):
        return self.at(self.times).train

    @property
    def test(self):
        return self.at(self.times).test

    def residual_at(self, times):
        return self.y - self.at(times).train

    def at(self, times):
        times = np.asarray(times, dtype=float)
        values, vectors = np.linalg.eigh(kernel(self.network, 0, 0, self.X))
        share = -np.expm1(-np.multiply.outer(times, values))
        coordinates = vectors.T @ self.y.reshape(len(self.y), -1)
        old = np.exp(-self.network.kappa * times)[:, None, None]
        mixing = old + self.pull * (1 - old)
        train = mixing * np.einsum("pq,tq,qk->tpk", vectors, share, coordinates)
        cross = kernel(self.network, 0, 0, self.X_test, self.X) @ vectors / values
        test = mixing * np.einsum("mq,tq,qk->tmk", cross, share, coordinates)
        tail = self.y.shape[1:]
        return SimpleNamespace(
            train=train.reshape(len(times), -1, *tail), test=test.reshape(len(times), -1, *tail)
        )
