"""GMRES (Saad and Schultz 1986) with a right preconditioner, on arrays of any library.

SciPy's works on NumPy alone. Right preconditioning leaves the residual that is minimised the residual of the equation
itself, which is the quantity that the accuracy of a trajectory is asked in.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ndk_num.arrays import DeviceArray, Place

__all__ = ["gmres"]

Operator = Callable[[DeviceArray], DeviceArray]

_STALLED = 8  # iterations without progress that end the attempt


def gmres(
    place: Place, operator: Operator, preconditioner: Operator, b: DeviceArray, target: float, most: int
) -> tuple[DeviceArray, int, float]:
    """Solve A x = b until |b − A x|₂ ≤ target.

    Parameters
    ----------
    place : Place
        Where the vectors live.
    operator, preconditioner : callable
        A and an approximation of A⁻¹ on vectors (N,).
    b : array (N,)
    target : float
        Absolute, for the Euclidean norm.
    most : int
        Iterations at most.

    Returns
    -------
    x : array (N,)
    iterations : int
    residual : float
        |b − A x|₂ that was reached.
    """
    xp = place.xp
    beta = float(xp.sqrt(xp.sum(b * b)))
    if beta <= target:
        return xp.zeros_like(b), 0, beta
    basis = place.empty((min(most, int(b.shape[0])) + 1, int(b.shape[0])))
    basis[0, :] = b / beta
    hessenberg = np.zeros((basis.shape[0], basis.shape[0] - 1))
    residuals = [beta]
    for j in range(basis.shape[0] - 1):
        w = operator(preconditioner(basis[j, :]))
        for _ in range(2):  # twice is enough
            overlap = xp.matmul(basis[: j + 1, :], w)
            w = w - xp.matmul(overlap, basis[: j + 1, :])
            hessenberg[: j + 1, j] += place.get(overlap)
        norm = float(xp.sqrt(xp.sum(w * w)))
        hessenberg[j + 1, j] = norm
        right = np.zeros(j + 2)
        right[0] = beta
        y, *_ = np.linalg.lstsq(hessenberg[: j + 2, : j + 1], right, rcond=None)
        residuals.append(float(np.linalg.norm(right - hessenberg[: j + 2, : j + 1] @ y)))
        stalled = j >= _STALLED and residuals[-1] > 0.9 * residuals[-1 - _STALLED]
        if residuals[-1] <= target or stalled or norm <= np.finfo(float).eps * beta:
            break
        basis[j + 1, :] = w / norm
    x = preconditioner(xp.matmul(place.put(np.asarray(y, dtype=np.float64)), basis[: j + 1, :]))
    return x, j + 1, residuals[-1]
