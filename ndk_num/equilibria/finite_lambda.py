"""The equilibrium of Markov proximal learning at finite λ."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.equilibria.predictors import Data, Spectrum
from ndk_num.errors import InputError, shortened
from ndk_num.groups import Bias, Group
from ndk_num.network import Network, require_network
from ndk_num.statistics import Statistics, Weights
from ndk_num.trajectory import Prediction

__all__ = ["proximal"]


def proximal(net: Network, X: ArrayLike, y: ArrayLike, X_test: ArrayLike, *, lam: float) -> Prediction:
    """Predictor of Markov proximal learning after infinitely many steps of constant λ and T.   (SI 21–28)

    f̄_* = k̄ᵀ (K̄ + T)⁻¹ Y,   K̄ = (C_0 + C_1)/2,   C_k = m_k K^L(m_k),   m_k = σ̃² λ̃^k.

    K̄ averages the prior covariance at one step, with the stationary variance σ̃², and between successive steps. For
    λ → ∞ this is `nngp`; for λ → 0 it is the posterior of the transition density exp(−E/2T) itself.

    Parameters
    ----------
    net : Network
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
    lam : float
        λ > 0.

    Returns
    -------
    Prediction
        `.train` (P[, k]), `.test` (M[, k]): where `proximal.solve` ends.

    Raises
    ------
    InputError
        For arrays of wrong shape or with non-finite entries, or a λ that is not positive.
    """
    data = Data.of(require_network(net), X, y, X_test)
    strength = checks.real_array("lam", lam)
    if strength.ndim or not checks.SMALLEST <= strength <= checks.LARGEST:
        raise InputError(f"lam is {shortened(lam)}; give one number between {checks.SMALLEST:g} and {checks.LARGEST:g}")
    now, later = (data.kernels(_stationary(net, float(strength), steps=steps), "prior") for steps in (0, 1))
    train, cross = ((a + b) / 2 for a, b in zip(now, later, strict=True))
    found = Spectrum.of(train)
    gain_train, gain_test = found.train_gain(net.temperature), found.gain(cross, net.temperature)
    return Prediction(gain_train @ data.y, gain_test @ data.y)


def _stationary(net: Network, lam: float, *, steps: int) -> Statistics:
    """Prior statistics after many steps, at two steps so far apart: m_k = σ̃² λ̃^k for each group of weights."""

    def weights(group: Group | Bias) -> Weights:
        kappa = net.temperature / group.sigma2
        variance = np.asarray(group.sigma2 * (1 + kappa / (2 * lam + kappa)))
        log = steps * np.log1p(-kappa / (lam + kappa))
        kept = np.asarray(np.exp(log))
        return Weights(variance, variance * kept, variance, kept, np.asarray(-np.expm1(2 * log)))

    return Statistics.of(net, weights)
