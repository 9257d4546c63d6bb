"""Heat maps over two times with logarithmic axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh

Array = NDArray[np.float64]

SEQUENTIAL, DIVERGING = "viridis", "RdBu_r"


def heat_map(axes: Axes, x: Array, y: Array, values: Array) -> QuadMesh:
    """A mesh of `values` (x, y) with a few level lines; two colours meet at zero where there are both signs."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    signed = low < -1e-3 * high and high > -1e-3 * low
    largest = max(abs(low), abs(high))
    limits: dict[str, Any] = {"cmap": DIVERGING, "vmin": -largest, "vmax": largest} if signed else {"cmap": SEQUENTIAL}
    # between few points colours are interpolated, which leaves no edge at missing values
    limits["shading"] = "nearest" if np.isnan(values).any() else "gouraud"
    mesh = axes.pcolormesh(x, y, values.T, rasterized=True, **limits)
    if high > low:
        axes.contour(x, y, values.T, levels=np.linspace(low, high, 8)[1:-1], colors="black", linewidths=0.4, alpha=0.6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(y[0], y[-1])
    return mesh
