"""Solve the predictor's integral equation: data in, trajectory out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.covariance import inputs_asked
from ndk_num.errors import InputError
from ndk_num.kernels import kernel, learning_kind, require_finite
from ndk_num.network import Network, require_gradients, require_network
from ndk_num.pairs import gram, stacked
from ndk_num.trajectory import Trajectory
from ndk_num.volterra import Checkpoint, Problem, Resources, Solution, fingerprint, method
from ndk_num.volterra.resources import OVERHEAD, UNLIMITED

_SHORTEST = 1e-100  # horizon
_MOST_SCALES = 1e50  # of the kernel up to the horizon: some 170 panels


def solve(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike | None = None,
    *,
    horizon: float | None = None,
    rtol: float = 1e-6,
    covariance: bool | str = False,
    learning: str = "all",
    progress: Callable[[float, str], None] | None = None,
    method: str | None = None,
    device: str | None = None,
    max_memory: float | str | None = None,
    checkpoint: str | Path | None = None,
) -> Trajectory:
    """Mean predictor of the network from initialisation to the horizon.

    f̄(t) = ∫_0^t K^{d,L}(t,s) (Y − f̄(s)) ds   (16),      f̄_*(t) = ∫_0^t k^{d,L}(t,s)ᵀ (Y − f̄(s)) ds   (17)

    Parameters
    ----------
    net : Network
        Depth, activation, temperature and variances.
    X : array (P, N0)
        Training inputs.
    y : array (P,) or (P, k)
        Labels; several outputs share the kernel.
    X_test : array (M, N0), optional
        Test inputs.
    horizon : float, optional
        Last time, in the units of dt = 1/λ of the Langevin equation (5). Default 10 σ²/T; at T = 0, where nothing
        happens after the gradient phase, 40 times its slowest time scale.
    rtol : float
        The largest error over all requested points and all times is at most rtol · max|y|. From 1e-12 to 0.1.
    covariance : bool or {"train", "test"}
        Whether `Trajectory.at` returns covariances over the ensemble as well, of all inputs or of some.
    learning : {"all", "readout", "hidden"}
        Which weights the gradient of the error reaches; the others have their noise and decay alone. The readout by
        itself learns by the kernel e^{−κ(t−s)} K^L, the hidden layers by m K̇^L K^{d,L−1}, the two terms of K^{d,L}.
    progress : callable, optional
        Called as progress(fraction, message) along the way; the fraction restarts for each level of accuracy.
    method : str, optional
        "collocation", the default at T > 0; "gradient_flow", the closed form at T = 0 and the default there; or
        "trapezoid" for the plain baseline.
    device : str, optional
        Where the large arrays live: "numpy" by default; "torch:cpu", "torch:cuda:0", "cuda", "cupy" with that library
        installed, for the collocation alone. Kernel entries are computed by NumPy in any case.
    max_memory : float or str, optional
        Bytes, or a text such as "8 GB": a solve that needs more is refused before its work starts, or before
        the level of accuracy, the steps or the panel that would not fit.
    checkpoint : path, optional
        A file that the collocation writes along the way, at most every few seconds and when the solve is interrupted.
        The same call goes on from it; it is removed at the end.

    Returns
    -------
    Trajectory

    Raises
    ------
    InputError
        For arrays of wrong shape or with non-finite entries, options outside their domain, a problem beyond
        `max_memory`, or a checkpoint that cannot be written or is of another problem.

    Warns
    -----
    AccuracyWarning
        If the requested accuracy was not reached; `stats["error_estimate"]` says what was.
    """
    checks.progress(progress)
    asked = inputs_asked(covariance)
    require_gradients(require_network(net))
    use = Resources.of(device, max_memory)
    problem, data = prepare(net, X, y, X_test, horizon, use, learning_kind(learning))
    if checkpoint is not None:
        file = Checkpoint(checkpoint, fingerprint(net, *data, problem.horizon, rtol, method, learning))
        file.require_writable()
        use = replace(use, checkpoint=file)
    started = time.perf_counter()
    if method is None:
        method = "collocation" if net.temperature > 0 else "gradient_flow"
    try:
        found = _method(method)(problem, checks.rtol(rtol), progress or silent, use)
    except np.linalg.LinAlgError as error:
        raise InputError(
            f"the kernel's eigenvalues, up to {problem.fastest_rate():.1e}, span more than float64 can resolve;"
            " merge duplicate inputs, or scale the inputs or sigma02 down"
        ) from error
    require_finite_paths(found)
    stats = {
        "method": method,
        **found.stats,
        "rtol": float(rtol),
        "error_estimate": found.error,
        "seconds": time.perf_counter() - started,
    }
    if use.checkpoint:
        use.checkpoint.remove()
    return Trajectory(net, *data, found.residual, found.test, stats, asked, learning)


def require_finite_paths(found: Solution) -> None:
    """InputError if the solution overflowed."""
    if not all(np.isfinite(path.values).all() for path in (found.residual, found.test)):
        raise InputError("the predictor leaves the range of float64; scale the inputs, y, sigma2 or sigma02 towards 1")


_method = method  # `solve` has an option of that name


def prepare(
    net: Network,
    X: ArrayLike,
    y: ArrayLike,
    X_test: ArrayLike | None,
    horizon: float | None,
    resources: Resources = UNLIMITED,
    kind: str = "ndk",
    *,
    continuous: bool = True,
) -> tuple[Problem, tuple[Array, Array, Array]]:
    """Validate the data; return the integral equation's problem and (X, y, X_test) as float64 arrays.

    Unless `continuous`, the kernel is not looked at: at finite λ it may be one that has no limit.
    """
    require_network(net)
    inputs, labels, test = data = _data(X, y, X_test)
    columns = labels.reshape(len(labels), -1)
    resources.require(OVERHEAD + 8.0 * (len(inputs) + len(test)) * len(inputs) * 6, len(inputs))  # at the very least
    pairs, last = stacked(gram(inputs), gram(test, inputs)), _horizon(net, inputs, horizon, kind)
    problem = Problem(net, pairs, columns, last, kind=kind)
    if continuous:
        _require_resolvable(problem)
    return problem, data


def _require_resolvable(problem: Problem) -> None:
    """InputError where the kernel, or the number of its time scales up to the horizon, is beyond float64."""
    rate = max(problem.fastest_rate(), problem.network.fastest_forgetting)
    require_finite(np.array([rate, problem.largest_test_entry()]))
    scales = problem.horizon * rate
    if scales > _MOST_SCALES:
        raise InputError(
            f"horizon is {problem.horizon:g}, {scales:.1e} of the shortest time scale; give at most"
            f" {problem.horizon * (_MOST_SCALES / scales):g}"
        )


def _data(X: ArrayLike, y: ArrayLike, X_test: ArrayLike | None) -> tuple[Array, Array, Array]:
    inputs = checks.inputs("X", X)
    labels = checks.labels(y, len(inputs))
    if X_test is None:
        return inputs, labels, np.empty((0, inputs.shape[1]))
    return inputs, labels, checks.inputs("X_test", X_test, columns=inputs.shape[1])


def _horizon(net: Network, X: Array, horizon: float | None, kind: str) -> float:
    if horizon is not None:
        last = checks.time("horizon", horizon)
        if not _SHORTEST <= last <= 1 / _SHORTEST:
            raise InputError(f"horizon is {last:g}; give a positive time, from {_SHORTEST:g} to {1 / _SHORTEST:g}")
        return last
    if net.temperature > 0:
        return 10 / net.kappa
    rates = np.linalg.eigvalsh(kernel(net, 0, 0, X, kind=kind))
    moving = rates[rates > len(X) * np.finfo(float).eps * rates[-1]]
    return float(40 / moving[0]) if moving.size else 1.0


def silent(fraction: float, message: str) -> None:
    """Report nothing."""
