"""The diffusive phase by itself: the limit T → 0 at fixed τ = T t."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.dynamics import prepare, require_finite_paths, silent
from ndk_num.network import Network, require_gradients, require_network
from ndk_num.trajectory import Prediction
from ndk_num.volterra.first_kind import diffusive
from ndk_num.volterra.piecewise import Piecewise


@dataclass(frozen=True)
class DiffusiveLimit:
    """Mean predictor of the diffusive phase as T → 0, from the NTK equilibrium at τ = 0 towards the NNGP equilibrium.

    Attributes
    ----------
    network : Network
        With T = 1, so that its times are τ.
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
        The data it was solved for.
    weight_path, test_path : Piecewise
        w, at τ > 0, and f̄_* as functions of τ.
    stats : mapping
        nodes, panels, kernel_evaluations, rank, seconds, error_estimate (relative to max |y|), rtol.
    """

    network: Network
    X: Array
    y: Array
    X_test: Array
    weight_path: Piecewise
    test_path: Piecewise
    stats: Mapping[str, Any]

    @property
    def horizon(self) -> float:
        """Last τ."""
        return float(self.test_path.edges[-1])

    @property
    def times(self) -> Array:
        """τ of the solver's nodes, from 0 to the horizon: shape (N,)."""
        return self.test_path.times

    @property
    def train(self) -> Array:
        """Mean predictor on the training inputs: Y at every τ, shape (N, P[, k])."""
        return np.repeat(self.y[None], self.times.size, axis=0)

    @property
    def test(self) -> Array:
        """Mean predictor on the test inputs at `times`: shape (N, M[, k])."""
        return self._shaped(self.test_path.flat)

    @property
    def weights(self) -> Array:
        """w = lim (Y − f̄)/T at all `times` but the first: shape (N − 1, P[, k]). For ReLU infinite at τ = 0."""
        return self._shaped(self.weight_path.flat[1:])

    def at(self, taus: ArrayLike) -> Prediction:
        """Predictor at any τ in [0, horizon].

        Parameters
        ----------
        taus : array (n,)

        Returns
        -------
        Prediction
            `.train` (n, P[, k]), which is Y, and `.test` (n, M[, k]).

        Raises
        ------
        InputError
            For a τ outside [0, horizon].
        """
        tau = checks.times("taus", taus, horizon=self.horizon)
        return Prediction(np.repeat(self.y[None], tau.size, axis=0), self._shaped(self.test_path(tau)))

    def _shaped(self, values: Array) -> Array:
        """Drop the output axis where y has none."""
        return values[..., 0] if self.y.ndim == 1 else values


def diffusive_limit(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike | None = None,
    *,
    horizon: float | None = None,
    rtol: float = 1e-6,
    progress: Callable[[float, str], None] | None = None,
) -> DiffusiveLimit:
    """Mean predictor of the diffusive phase as T → 0 at fixed τ = T t.   (16)(17), beyond the paper

    Y = K^d(τ,0) K_NTK⁻¹ Y + ∫_0^τ K^d(τ,τ') w(τ') dτ',   f̄_*(τ) = k^d(τ,0)ᵀ K_NTK⁻¹ Y + ∫_0^τ k^d(τ,τ')ᵀ w(τ') dτ'

    The solution at temperature T approaches it like T; the derivation is `diffusive-limit`.

    Parameters
    ----------
    net : Network
        Depth, activation and variances. Only the product T t enters: the temperature is ignored, and may be 0.
    X : array (P, N0)
        Training inputs.
    y : array (P,) or (P, k)
        Labels; several outputs share the kernel.
    X_test : array (M, N0), optional
        Test inputs.
    horizon : float, optional
        Last τ. Default 10 σ².
    rtol : float
        The largest error over all test inputs and all τ is at most rtol · max|y|. From 1e-12 to 0.1.
    progress : callable, optional
        Called as progress(fraction, message) along the way; the fraction restarts for each level of accuracy.

    Returns
    -------
    DiffusiveLimit

    Raises
    ------
    InputError
        For arrays of wrong shape or with non-finite entries, options outside their domain, or a singular K_NTK
        (duplicate inputs, linear networks with P > N0), for which there is no limit.

    Warns
    -----
    AccuracyWarning
        If the requested accuracy was not reached; `stats["error_estimate"]` says what was.
    """
    checks.progress(progress)
    require_gradients(require_network(net))
    network = replace(net, temperature=1.0)
    problem, data = prepare(network, X, y, X_test, horizon)
    started = time.perf_counter()
    found = diffusive(problem, checks.rtol(rtol), progress or silent)
    require_finite_paths(found)
    stats = {
        **found.stats,
        "rtol": float(rtol),
        "error_estimate": found.error,
        "seconds": time.perf_counter() - started,
    }
    return DiffusiveLimit(network, *data, found.residual, found.test, stats)
