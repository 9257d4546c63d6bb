"""Layers and biases that forget at rates of their own

The test predictor of the synthetic task in networks of an erf and a ReLU layer, with T = 10⁻³. Each group of weights or
biases has a variance σ² of its own, and forgets in the time σ²/T. With σ² of at most 1 the diffusive phase is over soon
after 10³, with biases or without; where the first layer or the biases have σ² = 100 it goes on to 10⁵, in two stages:
first what is fast adapts, then the rest. Dotted lines are at these times, dots on the right are NNGP equilibria.
"""

import numpy as np
from matplotlib.figure import Figure

from ndk_num import Bias, Layer, Network, equilibria, plots, solve
from ndk_num.datasets import load

data = load("synthetic:4")
bias, slow = Bias(sigma2=0.3, sigma02=0.3), Bias(sigma2=100.0, sigma02=0.3)
layers = {
    "all alike, $\\sigma^2 = 1$": ["erf", "relu"],
    "first layer with $\\sigma^2 = 100$": [Layer("erf", sigma2=100.0), "relu"],
    "biases with $\\sigma^2 = 0.3$": [Layer("erf", bias=bias), Layer("relu", bias=bias)],
    "biases with $\\sigma^2 = 100$": [Layer("erf", bias=slow), Layer("relu", bias=slow)],
}
times = np.geomspace(0.1, 1e6, 300)
figure = Figure(figsize=(5.8, 3.4), layout="constrained")
axes = figure.subplots()
for (name, listed), color in zip(layers.items(), plots.PALETTE, strict=False):
    net = Network(layers=listed, temperature=1e-3, sigma2=1.0, sigma02=1.0)
    sol = solve(net, data.X, data.y, data.X_test, horizon=1e6, rtol=1e-4)
    axes.plot(times, sol.at(times).test[:, 0], color=color, label=name)
    axes.plot(2e6, equilibria.nngp(net, data.X, data.y, data.X_test).test, "o", color=color, markersize=4)
for scale in (1e3, 1e5):
    axes.axvline(scale, color="grey", linewidth=0.8, linestyle=":")
axes.set(xscale="log", xlabel="time $t$", ylabel="test predictor")
axes.legend(framealpha=1, edgecolor="white", fontsize=8, loc="lower center")
plots.save(figure, "layers.png")
