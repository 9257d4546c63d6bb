"""Networks of finite width under Markov proximal learning: the transition density (4) itself, sampled.

No part of the theory enters. Given the hidden weights, a step of the readout is Gaussian and drawn exactly; given the
readout, the hidden weights are drawn exactly for linear networks, and by elliptical slice sampling (Murray, Adams,
MacKay 2010) for others. Alternating both samples the transition density.
"""

from __future__ import annotations

import numpy as np
from scipy.special import erf

PHI = {"linear": lambda z: z, "relu": lambda z: np.maximum(z, 0.0), "erf": erf}


class Ensemble:
    """Independent networks with one hidden layer."""

    def __init__(self, net, case, *, width, networks, seed):
        self.rng, self.net, self.y = np.random.default_rng(seed), net, case.y
        self.train, self.all = (x / np.sqrt(case.X.shape[1]) for x in (case.X, np.concatenate([case.X, case.X_test])))
        self.readout, self.hidden = (
            np.sqrt(net.sigma02) * self.rng.standard_normal((networks, width, *rest)) for rest in ((), case.X.shape[1:])
        )

    def features(self, hidden, inputs):
        """x^1/√N, shape (networks, N, inputs)."""
        return PHI[self.net.activation](hidden @ inputs.T) / np.sqrt(hidden.shape[1])

    def outputs(self, readout, hidden, inputs):
        """f, shape (networks, inputs)."""
        return np.einsum("sn,snp->sp", readout, self.features(hidden, inputs))

    def step(self, lam, temperature, sweeps):
        """One step of the chain; the mean of f on all inputs, and its standard error."""
        kappa = temperature / self.net.sigma2
        centres = [lam / (lam + kappa) * w for w in (self.readout, self.hidden)]
        noise = 2 * temperature / (lam + kappa)
        for _ in range(sweeps):
            self._draw_readout(centres[0], noise, temperature)
            if self.net.activation == "linear":
                self._draw_linear(centres[1], noise, temperature)
            else:
                self._slice(centres[1], noise, temperature)
        f = self.outputs(self.readout, self.hidden, self.all)
        return f.mean(axis=0), f.std(axis=0) / np.sqrt(len(f))

    def _conditioned(self, found, overlaps, noise, temperature):
        """Coefficients of the features that turn a draw of the prior with outputs `found` into one of the posterior."""
        error = np.sqrt(2 * temperature) * self.rng.standard_normal(found.shape)
        matrix = noise * overlaps + 2 * temperature * np.eye(len(self.y))
        return noise * np.linalg.solve(matrix, (self.y - found - error)[..., None])[..., 0]

    def _draw_readout(self, centre, noise, temperature):
        features = self.features(self.hidden, self.train)
        drawn = centre + np.sqrt(noise) * self.rng.standard_normal(centre.shape)
        overlaps = np.einsum("snp,snr->spr", features, features)
        found = np.einsum("sn,snp->sp", drawn, features)
        self.readout = drawn + np.einsum("snp,sp->sn", features, self._conditioned(found, overlaps, noise, temperature))

    def _draw_linear(self, centre, noise, temperature):
        drawn = centre + np.sqrt(noise) * self.rng.standard_normal(centre.shape)
        overlaps = (self.readout**2).mean(axis=1)[:, None, None] * (self.train @ self.train.T)
        found = self.outputs(self.readout, drawn, self.train)
        towards = self._conditioned(found, overlaps, noise, temperature) @ self.train / np.sqrt(centre.shape[1])
        self.hidden = drawn + self.readout[:, :, None] * towards[:, None, :]

    def _slice(self, centre, noise, temperature):
        other = np.sqrt(noise) * self.rng.standard_normal(centre.shape)
        level = self._likelihood(slice(None), self.hidden, temperature) + np.log(self.rng.random(len(centre)))
        angle = self.rng.uniform(0, 2 * np.pi, len(centre))
        low, high = angle - 2 * np.pi, angle.copy()
        left, here, drawn = np.arange(len(centre)), self.hidden - centre, self.hidden.copy()
        while left.size:
            turned = angle[left, None, None]
            proposed = centre[left] + here[left] * np.cos(turned) + other[left] * np.sin(turned)
            taken = self._likelihood(left, proposed, temperature) > level[left]
            drawn[left[taken]] = proposed[taken]
            left = left[~taken]
            below = angle[left] < 0
            low[left[below]], high[left[~below]] = angle[left[below]], angle[left[~below]]
            angle[left] = self.rng.uniform(low[left], high[left])
        self.hidden = drawn

    def _likelihood(self, which, hidden, temperature):
        error = self.outputs(self.readout[which], hidden, self.train) - self.y
        return -(error**2).sum(axis=1) / (4 * temperature)
