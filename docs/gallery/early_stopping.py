"""When stopping is optimal

The time at which the test error of the synthetic task is smallest, against σ₀²/σ², for ReLU networks. Weights that
start with a small variance make the test predictor overshoot its equilibrium: stopping is then best in the diffusive
phase, or, where gradients are so small that learning takes as long as diffusion, before the gradient-driven phase is
over. For small σ₀²/σ² that is earlier in shallower networks. For weights that start with the prior's variance or
more, stopping early gains nothing.
"""

import numpy as np
from matplotlib.figure import Figure

from ndk_num import Network, plots, solve
from ndk_num.datasets import load
from ndk_num.observables import optimal_stopping_time

MARKERS = {"gradient": "v", "diffusive": "o", "equilibrium": "s"}
NAMES = ("in the gradient-driven phase", "in the diffusive phase", "at equilibrium")
data = load("synthetic:2")
ratios = np.geomspace(0.05, 1.6, 7)
figure = Figure(figsize=(5.2, 3.2), layout="constrained")
axes = figure.subplots()
for depth, color in zip((1, 2, 3), plots.PALETTE, strict=False):
    points = []
    for ratio in ratios:
        net = Network(depth=depth, activation="relu", temperature=1e-3, sigma2=1.0, sigma02=ratio)
        best = optimal_stopping_time(solve(net, data.X, data.y, data.X_test, rtol=1e-4), data.y_test)
        points.append((ratio, best.time * net.kappa, best.phase))
    early = [(x, y) for x, y, phase in points if phase != "equilibrium"]
    axes.plot(*zip(*early, strict=True), color=color, linewidth=0.9, label=f"depth {depth}")
    for x, y, phase in points:
        axes.plot(x, y, MARKERS[phase], color=color, markersize=5)
for marker, name in zip(MARKERS.values(), NAMES, strict=True):
    axes.plot([], [], marker, color="black", label=name)
axes.set(xscale="log", yscale="log", xlabel=r"$\sigma_0^2/\sigma^2$", ylabel="optimal stopping time × $T/\\sigma^2$")
axes.legend(fontsize=8, frameon=False)
plots.save(figure, "early_stopping.png")
