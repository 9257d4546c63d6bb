"""The equilibria against depth and training-set size

The NTK equilibrium, where the gradient-driven phase ends, and the NNGP equilibrium, where the diffusive one does, for
ReLU networks on MNIST 4 vs 9 (80 test digits). The deeper the network, the better the NNGP equilibrium is in
comparison; the size of the training set has a similar effect on both.
"""

import numpy as np

from ndk_num import Network, equilibria, plots
from ndk_num.datasets import load

data = load("mnist:4,9", per_class=90)
train = np.r_[0:50, 90:140]  # fifty of each digit; the others are for the test
test = np.setdiff1d(np.arange(180), train)
net = Network(depth=1, activation="relu", temperature=1e-6, sigma2=1.0, sigma02=1.0)
scan = equilibria.scan(
    net,
    data.X[train],
    data.y[train],
    data.X[test],
    y_test=data.y[test],
    depth=[1, 2, 3, 4, 5],
    size=[12, 25, 50, 100],
)
plots.save(plots.equilibria(scan), "equilibria.png")
