"""Representational drift: the learning signal is switched off, the readout is frozen, hidden layers go on.   (21)–(23)

f̄_drift(t) = ∫_0^{t0} [e^{−κ(t0−s)} k^L(t,s) + m(t0,s) k̇^L(t,s) k^{d,L−1}(t,s)]ᵀ v(s) ds,   t ≥ t0   (SI 81–83)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import checks
from ndk_num.errors import InputError
from ndk_num.readout import Terms, require_trajectory
from ndk_num.trajectory import Prediction, Trajectory

__all__ = ["drift"]


def drift(sol: Trajectory, t_freeze: float, times: ArrayLike) -> Prediction:
    """Mean predictor after the learning signal is off and the readout frozen.   (SI 81–83)

    Parameters
    ----------
    sol : Trajectory
        A solved network.
    t_freeze : float
        Time t0 in [0, horizon] at which the signal ends and the readout stays.
    times : array (n,)
        Times of the hidden layers, at least t_freeze; they may pass the horizon, since without a signal the weights
        follow their prior. In the units of the trajectory.

    Returns
    -------
    Prediction
        `.train` (n, P[, k]) and `.test` (n, M[, k]). At t = t0 it is the predictor of the trajectory; long after, only
        what K_mean(x,x') = μ(x) μ(x') tells of the inputs is left (22)(23), nothing for odd activations.

    Raises
    ------
    InputError
        For something else than a trajectory, t_freeze outside [0, horizon], or a time before t_freeze.
    """
    require_trajectory(sol)
    start = float(checks.times("t_freeze", [t_freeze], horizon=sol.horizon)[0])
    u = checks.times("times", times)
    if (u < start).any():
        raise InputError(f"times hold {u.min():g}, before t_freeze = {start:g}; give times from t_freeze on")
    frozen = np.full(u.size, start)
    return Terms.of(sol, float(u.max(initial=start))).predict(frozen, u, frozen, frozen)
