"""The equilibria: NTK at the end of the gradient phase, NNGP at the end of the diffusive phase; and at finite λ."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.errors import InputError, shortened
from ndk_num.kernels import Weights, block, require_finite
from ndk_num.network import Network, require_gradients, require_network
from ndk_num.pairs import Pairs, gram
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
    start = Weights.at(net, 0.0, 0.0)
    gain_train, gain_test = _gains(data.kernels(start, "ndk"), 0.0)
    mean = Prediction(gain_train @ data.y, gain_test @ data.y)
    if not covariance:
        return mean
    train, cross, test = (net.sigma02 * k for k in data.kernels(start, "two_time", own=True))
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
    variance = np.asarray(net.sigma2)
    final = Weights(variance, variance, variance, np.ones(()), np.zeros(()))
    train, cross, test = (net.sigma2 * k for k in data.kernels(final, "two_time", own=True))
    gain_train, gain_test = _gains((train, cross), net.temperature)
    mean = Prediction(gain_train @ data.y, gain_test @ data.y)
    if not covariance:
        return mean
    return Prediction(
        mean.train, mean.test, _symmetric(train - gain_train @ train), _symmetric(test - gain_test @ cross.T)
    )


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
    data = _Data(net, X, y, X_test)
    strength = checks.real_array("lam", lam)
    if strength.ndim or not checks.SMALLEST <= strength <= checks.LARGEST:
        raise InputError(f"lam is {shortened(lam)}; give one number between {checks.SMALLEST:g} and {checks.LARGEST:g}")
    memory = strength / (strength + net.kappa)
    variance = np.asarray(net.sigma2 * (1 + net.kappa / (2 * strength + net.kappa)))
    lost = np.asarray(-np.expm1(2 * np.log1p(-net.kappa / (strength + net.kappa))))
    weights = (
        Weights(variance, variance, variance, np.ones(()), np.zeros(())),
        Weights(variance, variance * memory, variance, np.ones(()), lost),
    )
    now, next_ = ([one.ts * k for k in data.kernels(one, "two_time")] for one in weights)
    gain_train, gain_test = _gains(tuple((a + b) / 2 for a, b in zip(now, next_, strict=True)), net.temperature)
    return Prediction(gain_train @ data.y, gain_test @ data.y)


class _Data:
    """Validated data and its input kernels."""

    def __init__(self, net: Network, X: ArrayLike, y: ArrayLike, X_test: ArrayLike) -> None:
        self.net = require_network(net)
        inputs = checks.inputs("X", X)
        self.y = checks.labels(y, len(inputs))
        test = checks.inputs("X_test", X_test, columns=inputs.shape[1])
        self.grams: tuple[Pairs, ...] = (gram(inputs), gram(test, inputs), gram(test))

    def kernels(self, weights: Weights, kind: str, *, own: bool = False) -> tuple[Array, ...]:
        """Train-train, test-train and, with `own`, test-test kernels."""
        found = tuple(block(self.net, weights, pairs, kind) for pairs in self.grams[: 3 if own else 2])
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
