"""Drift that starts in equilibrium: a function of the lag alone.   (21)–(23)"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.covariance import inputs_wanted
from ndk_num.drift import require_drifting
from ndk_num.equilibria.predictors import Data, Spectrum, nngp_kernels, symmetric
from ndk_num.kernels import block, require_finite
from ndk_num.layer_maps import layer_map
from ndk_num.network import Network, require_network
from ndk_num.statistics import Statistics
from ndk_num.trajectory import Prediction


def drift(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike,
    lags: ArrayLike,
    *,
    drifting: str = "hidden",
    covariance: bool | str = False,
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
    covariance : bool or {"train", "test"}
        Also return the covariance over the ensemble, of all inputs or of some; beyond the paper.

    Returns
    -------
    Prediction
        `.train` (n, P[, k]), `.test` (n, M[, k]), and `.train_cov` (n, P, P), `.test_cov` (n, M, M) when asked for.

    Raises
    ------
    InputError
        For arrays of wrong shape or with non-finite entries, a lag that is negative or not a number, or an unknown
        `drifting` or `covariance`.
    """
    require_drifting(drifting)
    wanted = inputs_wanted(covariance)
    delays, data = _lags(lags), Data.of(require_network(net), X, y, X_test)
    train, cross, *rest = nngp_kernels(data, own=wanted[1])
    found = Spectrum.of(train)
    means = [np.empty((delays.size, len(rows), *data.y.shape[1:])) for rows in (train, cross)]
    priors = [train if wanted[0] else None, rest[0] if wanted[1] else None]
    covariances = [None if own is None else np.empty((delays.size, *own.shape)) for own in priors]
    for i, lag in enumerate(delays):
        readout, hidden = (float(lag) if drifting in (weights, "all") else 0.0 for weights in ("readout", "hidden"))
        crosses = _crosses(data, readout, hidden)
        for mean, prior, left, kernel in zip(means, priors, covariances, crosses, strict=True):
            gain = found.gain(kernel, net.temperature)
            mean[i] = gain @ data.y
            if prior is not None and left is not None:
                left[i] = symmetric(prior - gain @ kernel.T)
    return Prediction(means[0], means[1], covariances[0], covariances[1])


def _crosses(data: Data, readout: float, hidden: float) -> tuple[Array, ...]:
    """m K^L of training and of test inputs with training inputs, at lags of the readout and the hidden layers.

    Lags may be infinite: then m_w = m_v = 0, and K^L is the product of two means.
    """
    output = Statistics.stationary(data.net, readout).output
    if np.isfinite(hidden):
        apart = Statistics.stationary(data.net, hidden)  # where kernels may vanish
        kernels = tuple(require_finite(block(data.net, apart, pairs, "two_time")) for pairs in data.grams[:2])
    else:
        train, test = (_means(data.net, pairs.xx[:, 0]) for pairs in data.grams[:2])
        kernels = np.outer(train, train), np.outer(test, train)
    return tuple(output.covariance(kernel) for kernel in kernels)


def _means(net: Network, norms: Array) -> Array:
    """μ(σ² K^{L−1}(x,x)), the mean activation of the last layer, of inputs with these K⁰(x,x).   (22)"""
    *below, top = zip(net.activations, Statistics.stationary(net).layers[:-1], strict=True)
    for activation, layer in below:
        norms = layer_map(activation).norm(layer.first(norms))
    activation, layer = top
    return require_finite(layer_map(activation).mean(layer.first(norms)))


def _lags(value: ArrayLike) -> Array:
    """Lags of at least 0, of which some may be infinite."""
    try:
        infinite = np.isposinf(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):  # no array of numbers: the check says so
        infinite = np.zeros(1, dtype=bool)
    if not np.any(infinite):
        return checks.times("lags", value)
    return np.where(np.atleast_1d(infinite), np.inf, checks.times("lags", np.where(infinite, 0.0, value)))
