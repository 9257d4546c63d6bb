"""A trajectory in its two phases

The mean predictor of an erf network on MNIST 0 vs 1, from t = 0 to ten times σ²/T. In the gradient-driven phase the
training predictor reaches the labels and the test predictor the NTK equilibrium (dotted); in the diffusive phase the
test predictor goes on to the NNGP equilibrium (dashed), while the training predictor stays where it is. Time is
logarithmic.
"""

from ndk_num import Network, plots, solve
from ndk_num.datasets import load

data = load("mnist:0,1", per_class=20)
net = Network(depth=2, activation="erf", temperature=1e-3, sigma2=1.0, sigma02=2.0)
sol = solve(net, data.X, data.y, data.X_test, rtol=1e-4)
plots.save(plots.trajectory(sol, y_test=data.y_test), "two_phases.png")
