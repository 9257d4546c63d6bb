"""Predictors at the NTK and at the NNGP equilibrium, and the linear algebra that scans of them share.

Where only the readout learns, or only the hidden layers, the kernels are parts of these. At long times
∫ K^{d,L}(t,s) ds over the past is K_GP/T by the identity (19); with ρ = e^{−κ(t−s)} its readout term is

    ∫ e^{−κ(t−s)} K^L(t,s) ds = K_r/T,      K_r = σ² ∫_0^1 K^L(m = ρσ²) dρ,

which is K_GP averaged over how much the hidden layers have forgotten; the hidden layers' term is (K_GP − K_r)/T.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.covariance import inputs_wanted
from ndk_num.errors import InputError
from ndk_num.kernels import block, learning_kind, require_finite
from ndk_num.network import Network, require_gradients, require_network
from ndk_num.pairs import Pairs, gram
from ndk_num.statistics import Statistics
from ndk_num.trajectory import Prediction
from ndk_num.volterra.problem import smallest_gap
from ndk_num.volterra.weights import pieces

_NODES = 20  # of each piece of an integral over the past
_FORGOTTEN = 45.0  # times 1/κ, after which e^{−κt} is below 1e-19
_TINY = np.finfo(float).tiny  # below, a kernel has lost digits


def ntk(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike,
    *,
    covariance: bool | str = False,
    learning: str = "all",
) -> Prediction:
    """Predictor at the end of gradient flow, t ≪ 1/κ and T → 0.   (18)

    f̄_* = k_NTKᵀ K_NTK⁻¹ Y;   f − f̄ = g_* − k_NTKᵀ K_NTK⁻¹ g  with g of covariance σ0² K^L at initialisation.

    Where K_NTK is singular (duplicate inputs, linear networks with P > N0) its pseudo-inverse takes its place: that is
    where gradient flow ends.

    Parameters
    ----------
    net : Network
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
    covariance : bool or {"train", "test"}
        Also return the covariance over initialisations, of all inputs or of some.
    learning : {"all", "readout", "hidden"}
        The weights that learn; the readout alone does so by K^L(0,0), the hidden layers alone by the rest of K_NTK.

    Returns
    -------
    Prediction
        `.train` (P[, k]), `.test` (M[, k]), and `.train_cov` (P, P), `.test_cov` (M, M) when asked for.

    Raises
    ------
    InputError
        For arrays of wrong shape or with non-finite entries, or an unknown `learning` or `covariance`.
    """
    of_train, of_test = inputs_wanted(covariance)
    data = Data.of(require_network(net), X, y, X_test)
    kernels = ntk_kernels(data, learning_kind(learning), prior=3 if of_test else int(of_train))
    found = Spectrum.of(kernels.train)
    gain_train, gain_test = found.train_gain(0.0), found.gain(kernels.cross, 0.0)
    left = np.eye(len(data.y)) - gain_train
    return Prediction(
        gain_train @ data.y,
        gain_test @ data.y,
        symmetric(left @ kernels.prior[0] @ left.T) if of_train else None,
        ntk_covariance(kernels, gain_test) if of_test else None,
    )


def nngp(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike,
    *,
    covariance: bool | str = False,
    learning: str = "all",
) -> Prediction:
    """Predictor in equilibrium, t → ∞: the Gaussian-process posterior with noise T.   (20)

    f̄_* = k_GPᵀ (K_GP + T)⁻¹ Y,   Cov f_* = K_GP** − k_GPᵀ (K_GP + T)⁻¹ k_GP,   K_GP = σ² K^L at t → ∞.

    T = 0 gives the limit T → 0 (gradient flow itself never gets there).

    Parameters
    ----------
    net : Network
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
    covariance : bool or {"train", "test"}
        Also return the covariance of the posterior, of all inputs or of some.
    learning : {"all", "readout", "hidden"}
        The weights that learn. With the readout alone K_r takes the place of K_GP, with the hidden layers alone
        K_GP − K_r: an equilibrium of the mean, and not of a posterior.

    Returns
    -------
    Prediction
        `.train` (P[, k]), `.test` (M[, k]), and `.train_cov` (P, P), `.test_cov` (M, M) when asked for.

    Raises
    ------
    InputError
        For arrays of wrong shape or with non-finite entries, an unknown `learning` or `covariance`, or a covariance
        where not all weights learn.
    """
    kind, (of_train, of_test) = learning_kind(learning), inputs_wanted(covariance)
    if learning != "all" and (of_train or of_test):
        raise InputError(
            f"learning is {learning!r}, whose covariance has no closed form here; give covariance=False, or solve with"
            " covariance=True to a long horizon"
        )
    data = Data.of(require_network(net), X, y, X_test)
    train, cross, *own = nngp_kernels(data, own=of_test) if learning == "all" else partly_learnt(data, kind)
    found = Spectrum.of(train)
    gain_train, gain_test = found.train_gain(net.temperature), found.gain(cross, net.temperature)
    return Prediction(
        gain_train @ data.y,
        gain_test @ data.y,
        symmetric(train - gain_train @ train) if of_train else None,
        symmetric(own[0] - gain_test @ cross.T) if of_test else None,
    )


@dataclass(frozen=True)
class Data:
    """A network, validated data, and the input kernels train-train, test-train and test-test."""

    net: Network
    y: Array
    grams: tuple[Pairs, Pairs, Pairs]

    @classmethod
    def of(cls, net: Network, X: ArrayLike, y: ArrayLike, X_test: ArrayLike) -> Data:
        """Validate the arrays and compute their input kernels."""
        inputs = checks.inputs("X", X)
        labels = checks.labels(y, len(inputs))
        test = checks.inputs("X_test", X_test, columns=inputs.shape[1])
        return cls(net, labels, (gram(inputs), gram(test, inputs), gram(test)))

    def kernels(self, statistics: Statistics, kind: str, count: int = 2) -> tuple[Array, ...]:
        """The first `count` of the train-train, test-train and test-test kernels, at least one."""
        found = tuple(block(self.net, statistics, pairs, kind) for pairs in self.grams[:count])
        for entries in found:
            require_finite(entries)
        if np.any((np.diagonal(found[0]) < _TINY) & (np.diagonal(self.grams[0].xy) > 0)):
            raise InputError(
                "the kernel underflows float64: choose a smaller depth, or sigma2, sigma02 and inputs closer to 1"
            )
        return found


@dataclass(frozen=True)
class AtStart:
    """NTK train-train and test-train, and the predictor's prior covariance σ0² K^L: as many blocks as are wanted."""

    train: Array
    cross: Array
    prior: tuple[Array, ...]

    def part(self, count: int) -> AtStart:
        """Of the first `count` training inputs."""
        parts = ((slice(count), slice(count)), (slice(None), slice(count)), (slice(None), slice(None)))
        prior = tuple(block[part] for block, part in zip(self.prior, parts, strict=False))
        return AtStart(self.train[:count, :count], self.cross[:, :count], prior)


def ntk_kernels(data: Data, kind: str = "ndk", *, prior: int) -> AtStart:
    """Kernels at initialisation; `kind` is the NDK, or one of its terms where the others' weights do not learn.

    `prior` is the number of blocks of the prior covariance: train-train, test-train, test-test.
    """
    require_gradients(data.net)
    start = Statistics.at(data.net, 0.0, 0.0)
    train, cross = data.kernels(start, kind)
    return AtStart(train, cross, data.kernels(start, "prior", prior) if prior else ())


def nngp_kernels(data: Data, *, own: bool) -> tuple[Array, ...]:
    """K_GP, the covariance of the prior at t → ∞: train-train, test-train and, with `own`, test-test."""
    return data.kernels(Statistics.stationary(data.net), "prior", 3 if own else 2)


def partly_learnt(data: Data, kind: str) -> tuple[Array, ...]:
    """What takes the place of K_GP where some weights do not learn: T ∫ K^d dt of their term of K^d."""
    net = replace(data.net, temperature=1.0)  # the lag in units of 1/T, also at T = 0
    layer = Statistics.stationary(net).layers[0]
    gap = min(smallest_gap(pairs, layer) for pairs in data.grams[:2])
    finest, longest = 0.5 * gap / net.fastest_forgetting, _FORGOTTEN / net.kappa
    total = [np.zeros(pairs.xy.shape) for pairs in data.grams[:2]]
    for past, weight in zip(*pieces(0.0, -longest, 0.0, finest, _NODES), strict=True):
        statistics = Statistics.stationary(net, past)
        for k, pairs in enumerate(data.grams[:2]):
            total[k] += weight * block(net, statistics, pairs, kind)
    return tuple(require_finite(one) for one in total)


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues and eigenvectors of a kernel K on training inputs, for inverses of K + noise."""

    values: Array
    vectors: Array

    @classmethod
    def of(cls, train: Array) -> Spectrum:
        """Of a symmetric matrix."""
        return cls(*np.linalg.eigh(train))

    def inverse(self, noise: float) -> Array:
        """Eigenvalues of (K + noise)⁻¹, zero where K + noise vanishes to rounding: such directions are left out."""
        shifted = self.values + noise
        kept = shifted > len(shifted) * np.finfo(float).eps * np.abs(shifted).max(initial=0.0)
        return np.divide(1.0, shifted, out=np.zeros_like(shifted), where=kept)

    def gain(self, cross: Array, noise: float) -> Array:
        """k (K + noise)⁻¹."""
        return (cross @ self.vectors * self.inverse(noise)) @ self.vectors.T

    def train_gain(self, noise: float) -> Array:
        """K (K + noise)⁻¹."""
        return (self.vectors * (self.values * self.inverse(noise))) @ self.vectors.T


def ntk_covariance(kernels: AtStart, gain: Array) -> Array:
    """Covariance of g_* − k_NTKᵀ K_NTK⁻¹ g on the test inputs, from the gain k_NTKᵀ K_NTK⁻¹."""
    train, cross, test = kernels.prior
    return symmetric(test - cross @ gain.T - gain @ cross.T + gain @ train @ gain.T)


def symmetric(matrix: Array) -> Array:
    """The symmetric part."""
    return (matrix + matrix.T) / 2
