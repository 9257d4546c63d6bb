"""Networks of finite width under Langevin dynamics, one hidden layer: what the theory is about, simulated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ndk_num import Network
from tests.ndk_num.cases import Case

PHI = {"relu": (lambda z: np.maximum(z, 0.0), lambda z: (z > 0).astype(float)), "linear": (lambda z: z, np.ones_like)}


@dataclass
class Ensemble:
    """Many networks f = N^{-1/2} a·φ(W x/√N0) at once: `a` (R, N), `W` (R, N, N0)."""

    net: Network
    case: Case
    a: np.ndarray
    W: np.ndarray
    step: float
    rng: np.random.Generator

    @classmethod
    def of(cls, net: Network, case: Case, *, width: int, networks: int, step: float, seed: int) -> Ensemble:
        """At initialisation."""
        rng = np.random.default_rng(seed)
        start = np.sqrt(net.sigma02)
        a = start * rng.standard_normal((networks, width))
        W = start * rng.standard_normal((networks, width, case.X.shape[1]))
        return cls(net, case, a, W, step, rng)

    def learn(self, time: float, learning: str = "all") -> None:
        """Follow (5): the gradient by steps of `step`, noise and decay exactly."""
        phi, slope = PHI[self.net.activation]
        features, width = self.case.X.shape[1], self.a.shape[1]
        for _ in range(round(time / self.step)):
            z = self.W @ (self.case.X.T / np.sqrt(features))
            x = phi(z)
            v = self.case.y - np.einsum("rn,rnp->rp", self.a, x) / np.sqrt(width)
            to_readout = np.einsum("rnp,rp->rn", x, v) / np.sqrt(width)
            to_hidden = (self.a[:, :, None] * slope(z) * v[:, None]) @ self.case.X / np.sqrt(width * features)
            if learning != "hidden":
                self.a += self.step * to_readout
            if learning != "readout":
                self.W += self.step * to_hidden
            self.a, self.W = (self.drifted(weights, self.step) for weights in (self.a, self.W))

    def drifted(self, weights: np.ndarray, time: float) -> np.ndarray:
        """The weights after noise and decay of some time, exactly."""
        kept = np.exp(-self.net.kappa * time)
        noise = np.sqrt(-self.net.sigma2 * np.expm1(-2 * self.net.kappa * time))
        return kept * weights + noise * self.rng.standard_normal(weights.shape)

    def outputs(self, a: np.ndarray, W: np.ndarray) -> np.ndarray:
        """Outputs on the training and the test inputs: (R, P + M)."""
        inputs = np.concatenate([self.case.X, self.case.X_test])
        x = PHI[self.net.activation][0](W @ (inputs.T / np.sqrt(inputs.shape[1])))
        return np.einsum("rn,rnp->rp", a, x) / np.sqrt(a.shape[1])


def standard_errors(sampled: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> tuple[float, float]:
    """Largest distance of a sample's mean and covariance from the predicted ones, in standard errors of Gaussians."""
    count = len(sampled)
    variances = np.diagonal(covariance)
    of_mean = np.abs(sampled.mean(axis=0) - mean) / np.sqrt(variances / count)
    centred = sampled - mean
    spread = np.sqrt((np.outer(variances, variances) + covariance**2) / count)
    return float(of_mean.max()), float((np.abs(centred.T @ centred / count - covariance) / spread).max())
