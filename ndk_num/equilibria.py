"""The two equilibria: NTK at the end of the gradient phase, NNGP at the end of the diffusive phase."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.errors import InputError
from ndk_num.kernels import block, require_finite
from ndk_num.network import Network, require_gradients, require_network
from ndk_num.pairs import Pairs, gram
from ndk_num.statistics import Statistics
from ndk_num.trajectory import Prediction

_TINY = np.finfo(float).tiny  # below, a kernel has lost digits


def ntk(net: Network, X: ArrayLike, y: ArrayLike, X_test: ArrayLike, *, covariance: bool = False) -> Prediction:
    """Predictor at the end of gradient flow, t ≪ 1/κ and T → 0.   (18)

    f̄_* = k_NTKᵀ K_NTK⁻¹ Y;   f − f̄ = g_* − k_NTKᵀ K_NTK⁻¹ g  with g of covariance σ0² K^L at initialisation.

    Where K_NTK is singular (duplicate inputs, linear networks with P > N0) its pseudo-inverse takes its place: that is
    where gradient flow ends.

    Parameters
    ----------
    net : Network
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
    covariance : bool
        Also return the covariance over initialisations.

    Returns
    -------
    Prediction
        `.train` (P[, k]), `.test` (M[, k]), and `.train_cov` (P, P), `.test_cov` (M, M) when asked for.

    Raises
    ------
    InputError
        For arrays of wrong shape or with non-finite entries.
    """
    require_gradients(require_network(net))
    data = _Data(net, X, y, X_test)
    start = Statistics.at(net, 0.0, 0.0)
    gain_train, gain_test = _gains(data.kernels(start, "ndk"), 0.0)
    mean = Prediction(gain_train @ data.y, gain_test @ data.y)
    if not covariance:
        return mean
    train, cross, test = data.kernels(start, "prior", own=True)
    left = np.eye(len(train)) - gain_train
    return Prediction(
        mean.train,
        mean.test,
        _symmetric(left @ train @ left.T),
        _symmetric(test - cross @ gain_test.T - gain_test @ cross.T + gain_test @ train @ gain_test.T),
    )


def nngp(net: Network, X: ArrayLike, y: ArrayLike, X_test: ArrayLike, *, covariance: bool = False) -> Prediction:
    """Predictor in equilibrium, t → ∞: the Gaussian-process posterior with noise T.   (20)

    f̄_* = k_GPᵀ (K_GP + T)⁻¹ Y,   Cov f_* = K_GP** − k_GPᵀ (K_GP + T)⁻¹ k_GP,   K_GP = σ² K^L at t → ∞.

    T = 0 gives the limit T → 0 (gradient flow itself never gets there).

    Parameters
    ----------
    net : Network
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
    covariance : bool
        Also return the covariance of the posterior.

    Returns
    -------
    Prediction
        `.train` (P[, k]), `.test` (M[, k]), and `.train_cov` (P, P), `.test_cov` (M, M) when asked for.

    Raises
    ------
    InputError
        For arrays of wrong shape or with non-finite entries.
    """
    data = _Data(net, X, y, X_test)
    train, cross, test = data.kernels(Statistics.stationary(net), "prior", own=True)
    gain_train, gain_test = _gains((train, cross), net.temperature)
    mean = Prediction(gain_train @ data.y, gain_test @ data.y)
    if not covariance:
        return mean
    return Prediction(
        mean.train, mean.test, _symmetric(train - gain_train @ train), _symmetric(test - gain_test @ cross.T)
    )


class _Data:
    """Validated data and its input kernels."""

    def __init__(self, net: Network, X: ArrayLike, y: ArrayLike, X_test: ArrayLike) -> None:
        self.net = require_network(net)
        inputs = checks.inputs("X", X)
        self.y = checks.labels(y, len(inputs))
        test = checks.inputs("X_test", X_test, columns=inputs.shape[1])
        self.grams: tuple[Pairs, ...] = (gram(inputs), gram(test, inputs), gram(test))

    def kernels(self, statistics: Statistics, kind: str, *, own: bool = False) -> tuple[Array, ...]:
        """Train-train, test-train and, with `own`, test-test kernels."""
        found = tuple(block(self.net, statistics, pairs, kind) for pairs in self.grams[: 3 if own else 2])
        for entries in found:
            require_finite(entries)
        if np.any((np.diagonal(found[0]) < _TINY) & (np.diagonal(self.grams[0].xy) > 0)):
            raise InputError(
                "the kernel underflows float64: choose a smaller depth, or sigma2, sigma02 and inputs closer to 1"
            )
        return found


def _gains(kernels: tuple[Array, ...], noise: float) -> tuple[Array, Array]:
    """K (K + noise)⁻¹ and k (K + noise)⁻¹, leaving out directions in which K + noise vanishes to rounding."""
    train, test = kernels
    values, vectors = np.linalg.eigh(train)
    shifted = values + noise
    kept = shifted > len(values) * np.finfo(float).eps * np.abs(shifted).max(initial=0.0)
    inverse = np.divide(1.0, shifted, out=np.zeros_like(shifted), where=kept)
    return (vectors * (values * inverse)) @ vectors.T, (test @ vectors * inverse) @ vectors.T


def _symmetric(matrix: Array) -> Array:
    return (matrix + matrix.T) / 2
