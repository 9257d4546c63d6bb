"""The two equilibria, NTK at the end of the gradient phase and NNGP at the end of the diffusive phase, and drift.

Where only the readout learns, or only the hidden layers, the kernels are parts of these. At long times
∫ K^{d,L}(t,s) ds over the past is K_GP/T by the identity (19); with ρ = e^{−κ(t−s)} its readout term is

    ∫ e^{−κ(t−s)} K^L(t,s) ds = K_r/T,      K_r = σ² ∫_0^1 K^L(m = ρσ²) dρ,

which is K_GP averaged over how much the hidden layers have forgotten; the hidden layers' term is (K_GP − K_r)/T.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.drift import require_drifting
from ndk_num.errors import InputError
from ndk_num.kernels import block, learning_kind, require_finite
from ndk_num.layer_maps import layer_map
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
    covariance: bool = False,
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
    covariance : bool
        Also return the covariance over initialisations.
    learning : {"all", "readout", "hidden"}
        The weights that learn; the readout alone does so by K^L(0,0), the hidden layers alone by the rest of K_NTK.

    Returns
    -------
    Prediction
        `.train` (P[, k]), `.test` (M[, k]), and `.train_cov` (P, P), `.test_cov` (M, M) when asked for.

    Raises
    ------
    InputError
        For arrays of wrong shape or with non-finite entries, or an unknown `learning`.
    """
    require_gradients(require_network(net))
    kind = learning_kind(learning)
    data = _Data(net, X, y, X_test)
    start = Statistics.at(net, 0.0, 0.0)
    gain_train, gain_test = _gains(data.kernels(start, kind), 0.0)
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


def nngp(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike,
    *,
    covariance: bool = False,
    learning: str = "all",
) -> Prediction:
    """Predictor in equilibrium, t → ∞: the Gaussian-process posterior with noise T.   (20)

    f̄_* = k_GPᵀ (K_GP + T)⁻¹ Y,   Cov f_* = K_GP** − k_GPᵀ (K_GP + T)⁻¹ k_GP,   K_GP = σ² K^L at t → ∞.

    T = 0 gives the limit T → 0 (gradient flow itself never gets there).

    Parameters
    ----------
    net : Network
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
    covariance : bool
        Also return the covariance of the posterior.
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
        For arrays of wrong shape or with non-finite entries, an unknown `learning`, or a covariance where not all
        weights learn.
    """
    learning_kind(learning)
    data = _Data(net, X, y, X_test)
    if learning != "all":
        if covariance:
            raise InputError(
                f"learning is {learning!r}, whose covariance has no closed form here; give covariance=False, or solve"
                " with covariance=True to a long horizon"
            )
        gain_train, gain_test = _gains(_partly_learnt(data, learning), net.temperature)
        return Prediction(gain_train @ data.y, gain_test @ data.y)
    train, cross, test = data.kernels(Statistics.stationary(net), "prior", own=True)
    gain_train, gain_test = _gains((train, cross), net.temperature)
    mean = Prediction(gain_train @ data.y, gain_test @ data.y)
    if not covariance:
        return mean
    return Prediction(
        mean.train, mean.test, _symmetric(train - gain_train @ train), _symmetric(test - gain_test @ cross.T)
    )


def drift(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike,
    lags: ArrayLike,
    *,
    drifting: str = "hidden",
    covariance: bool = False,
) -> Prediction:
    """Predictor after learning ended in equilibrium and some of the weights drifted on.   (21)–(23)

    f̄_drift = σ² k^L(t,t0)ᵀ (K_GP + T)⁻¹ Y,   Cov = σ² K^L** − σ⁴ k^L(t,t0)ᵀ (K_GP + T)⁻¹ k^L(t,t0).

    The weights of t0 are a sample of the posterior, and the drifted output is one more Gaussian variable of the prior,
    of covariance σ² k^L(t,t0) with the outputs that were learnt. At lag t − t0 = ∞ the kernel is
    K_mean(x,x') = μ(x) μ(x') of the mean activations of the last layer. Drift of the readout multiplies k^L by
    e^{−κ(t−t0)}.

    Parameters
    ----------
    net : Network
    X, y, X_test : array (P, N0), (P[, k]), (M, N0)
    lags : array (n,)
        t − t0 ≥ 0, in the units of time of (5); `inf` is allowed. At T = 0 weights drift at no finite lag.
    drifting : {"hidden", "readout", "all"}
        The weights that drift, as for `ndk_num.drift`.
    covariance : bool
        Also return the covariance over the ensemble, beyond the paper.

    Returns
    -------
    Prediction
        `.train` (n, P[, k]), `.test` (n, M[, k]), and `.train_cov` (n, P, P), `.test_cov` (n, M, M) when asked for.

    Raises
    ------
    InputError
        For arrays of wrong shape or with non-finite entries, a lag that is negative or not a number, or an unknown
        `drifting`.
    """
    require_drifting(drifting)
    delays, data = _lags(lags), _Data(net, X, y, X_test)
    train, _, test = data.kernels(Statistics.stationary(net), "prior", own=True)
    _, vectors, inverse = _inverse(train, net.temperature)
    shapes = [(delays.size, len(own), *data.y.shape[1:]) for own in (train, test)]
    means = [np.empty(shape) for shape in shapes]
    covariances = [np.empty((delays.size, *own.shape)) for own in (train, test) if covariance]
    for i, lag in enumerate(delays):
        readout, hidden = (float(lag) if drifting in (weights, "all") else 0.0 for weights in ("readout", "hidden"))
        for which, (own, cross) in enumerate(zip((train, test), data.crosses(readout, hidden), strict=True)):
            gain = (cross @ vectors * inverse) @ vectors.T
            means[which][i] = gain @ data.y
            if covariance:
                covariances[which][i] = _symmetric(own - gain @ cross.T)
    if not covariance:
        return Prediction(means[0], means[1])
    return Prediction(means[0], means[1], covariances[0], covariances[1])


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

    def crosses(self, readout: float, hidden: float) -> tuple[Array, ...]:
        """m K^L of training and of test inputs with training inputs, at lags of the readout and the hidden layers.

        Lags may be infinite: then m_w = m_v = 0, and K^L is the product of two means.
        """
        output = Statistics.stationary(self.net, readout).output
        if np.isfinite(hidden):
            kernels = self.kernels(Statistics.stationary(self.net, hidden), "two_time")
        else:
            train, test = (self._means(pairs.xx[:, 0]) for pairs in self.grams[:2])
            kernels = np.outer(train, train), np.outer(test, train)
        return tuple(output.covariance(kernel) for kernel in kernels)

    def _means(self, norms: Array) -> Array:
        """μ(σ² K^{L−1}(x,x)), the mean activation of the last layer, of inputs with these K⁰(x,x).   (22)"""
        *_, last = self.net.activations
        for activation, layer in zip(self.net.activations[:-1], Statistics.stationary(self.net).layers, strict=False):
            norms = layer_map(activation).norm(layer.first(norms))
        return require_finite(layer_map(last).mean(Statistics.stationary(self.net).layers[-2].first(norms)))


def _partly_learnt(data: _Data, learning: str) -> tuple[Array, ...]:
    """What takes the place of K_GP where some weights do not learn: T ∫ K^d dt of their term of K^d."""
    net = replace(data.net, temperature=1.0)  # the lag in units of 1/T, also at T = 0
    layer = Statistics.stationary(net).layers[0]
    gap = min(smallest_gap(pairs, layer) for pairs in data.grams[:2])
    finest, longest = 0.5 * gap / net.fastest_forgetting, _FORGOTTEN / net.kappa
    total = [np.zeros(pairs.xy.shape) for pairs in data.grams[:2]]
    for past, weight in zip(*pieces(0.0, -longest, 0.0, finest, _NODES), strict=True):
        statistics = Statistics.stationary(net, past)
        for k, pairs in enumerate(data.grams[:2]):
            total[k] += weight * block(net, statistics, pairs, learning_kind(learning))
    return tuple(require_finite(one) for one in total)


def _lags(value: ArrayLike) -> Array:
    """Lags of at least 0, of which some may be infinite."""
    try:
        infinite = np.isposinf(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):  # no array of numbers: the check says so
        infinite = np.zeros(1, dtype=bool)
    if not np.any(infinite):
        return checks.times("lags", value)
    return np.where(np.atleast_1d(infinite), np.inf, checks.times("lags", np.where(infinite, 0.0, value)))


def _gains(kernels: tuple[Array, ...], noise: float) -> tuple[Array, Array]:
    """K (K + noise)⁻¹ and k (K + noise)⁻¹, leaving out directions in which K + noise vanishes to rounding."""
    train, test = kernels
    values, vectors, inverse = _inverse(train, noise)
    return (vectors * (values * inverse)) @ vectors.T, (test @ vectors * inverse) @ vectors.T


def _inverse(train: Array, noise: float) -> tuple[Array, Array, Array]:
    """Eigenvalues and eigenvectors of K, and eigenvalues of (K + noise)⁻¹, 0 where K + noise vanishes to rounding."""
    values, vectors = np.linalg.eigh(train)
    shifted = values + noise
    kept = shifted > len(values) * np.finfo(float).eps * np.abs(shifted).max(initial=0.0)
    return values, vectors, np.divide(1.0, shifted, out=np.zeros_like(shifted), where=kept)


def _symmetric(matrix: Array) -> Array:
    return (matrix + matrix.T) / 2
