"""Readout and hidden weights from different times

The predictor of a test input if the readout weights are taken from one time and the hidden layers from another; on
the diagonal it is the predictor itself. In the gradient-driven phase both have to learn. In the diffusive phase they
drift together, and lose each other if one is held back: off the diagonal, at distances of σ²/T, the predictor decays.
"""

from ndk_num import Network, plots, solve
from ndk_num.datasets import load

data = load("synthetic:2")
net = Network(depth=1, activation="erf", temperature=1e-2, sigma2=1.0, sigma02=1.0)
sol = solve(net, data.X, data.y, data.X_test, rtol=1e-3)
plots.save(plots.readout_hidden(sol, points=22), "readout_hidden.png")
