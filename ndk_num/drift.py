"""Representational drift: the learning signal is switched off, and some or all weights go on.   (21)–(23), Sec. 5

f̄(t,u) = ∫_0^{t0} [e^{−κ(t−s)} k^L(u,s) + m(t,s) k̇^L(u,s) k^{d,L−1}(u,s)]ᵀ v(s) ds   (SI 57, 81)

is the mean of N_L^{-1/2} a(t)·x^L(u) where the signal v ended at t0 ≤ t, u. The paper freezes the readout, t = t0, and
lets the hidden layers drift. The other way round, u = t0, only m(t,s) = e^{−κ(t−t0)} m(t0,s) changes, and what was
learnt decays like e^{−κ(t−t0)}; with both drifting, t = u, the kernel stays K^{d,L}(t,s).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.checks import Array
from ndk_num.covariance import drifted, inputs_asked
from ndk_num.errors import InputError, shortened
from ndk_num.readout import Terms, require_trajectory
from ndk_num.trajectory import Prediction, Trajectory

__all__ = ["DRIFTING", "drift", "require_drifting"]

DRIFTING = ("hidden", "readout", "all")


def drift(
    sol: Trajectory,
    t_freeze: float,
    times: ArrayLike,
    *,
    drifting: str = "hidden",
    covariance: bool | str = False,
    progress: Callable[[float, str], None] | None = None,
) -> Prediction:
    """Predictor after the learning signal is off, while some of the weights stay and others drift.   (SI 81–83)

    Parameters
    ----------
    sol : Trajectory
        A solved network, also one of which only a part has learnt.
    t_freeze : float
        Time t0 in [0, horizon] at which the signal ends and what does not drift stays.
    times : array (n,)
        Times of the weights that drift, at least t_freeze; they may pass the horizon, since without a signal the
        weights follow their prior. In the units of the trajectory. Each costs an integral over the panels up to t0 for
        each group of weights that learns: about a millisecond on one core, more where the kernel has more than some
        ten functions of time. Covariances cost the solution of an equation each.
    drifting : {"hidden", "readout", "all"}
        The hidden layers with the readout frozen, as in the paper; the readout with the hidden layers frozen; or all.
    covariance : bool or {"train", "test"}
        Also return the covariance over the ensemble, initial weights and noise of both periods; of all inputs or of
        some, with whose number time and memory go.
    progress : callable, optional
        Called as progress(fraction, message); the fraction restarts with the covariances, and for each of their levels
        of accuracy. What it raises ends the computation.

    Returns
    -------
    Prediction
        `.train` (n, P[, k]) and `.test` (n, M[, k]). At t = t0 it is the predictor of the trajectory. Long after, only
        what K_mean(x,x') = μ(x) μ(x') tells of the inputs is left if the hidden layers alone drift (22)(23), nothing
        for odd activations; otherwise nothing. With `covariance` also `.train_cov` (n, P, P), `.test_cov` (n, M, M).

    Raises
    ------
    InputError
        For something else than a trajectory, t_freeze outside [0, horizon], a time before t_freeze, an unknown
        `drifting` or `covariance`, or a `progress` that is no function.

    Warns
    -----
    AccuracyWarning
        If the covariances are not accurate to the trajectory's rtol, relative to the largest prior variance.
    """
    require_trajectory(sol)
    require_drifting(drifting)
    checks.progress(progress)
    asked = inputs_asked(covariance)
    start = float(checks.times("t_freeze", [t_freeze], horizon=sol.horizon)[0])
    moved = checks.times("times", times)
    if (moved < start).any():
        raise InputError(f"times hold {moved.min():g}, before t_freeze = {start:g}; give times from t_freeze on")
    frozen = np.full(moved.size, start)
    readout, hidden = _weights(drifting, frozen, moved)
    mean = Terms.of(sol, float(moved.max(initial=start))).predict(readout, hidden, (frozen, frozen), progress)
    if not asked:
        return mean
    of = asked if isinstance(asked, str) else "both"
    found = drifted(sol.ensemble(of), start, readout, hidden, progress)
    train, test = (None if of == other else part for part, other in ((found.train, "test"), (found.test, "train")))
    return Prediction(mean.train, mean.test, train, test, found.error_estimate)


def require_drifting(drifting: object) -> None:
    """InputError unless `drifting` names weights."""
    if not isinstance(drifting, str) or drifting not in DRIFTING:
        raise InputError(f"drifting is {shortened(drifting)}; give one of {', '.join(DRIFTING)}")


def _weights(drifting: str, frozen: Array, moved: Array) -> tuple[Array, Array]:
    """Times of the readout and of the hidden layers."""
    return frozen if drifting == "hidden" else moved, frozen if drifting == "readout" else moved
