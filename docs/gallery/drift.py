"""What drift leaves of two classes

Learning of MNIST 0 vs 1 ends; the readout is frozen and the hidden layers drift on, without a signal. The histograms
are of the outputs of the training inputs, mean predictors each, with the threshold of a linear discriminant. Within a
few times σ²/T the network forgets what it learnt, and the outputs of both classes meet. What is left in the end are the
norms of the inputs, in which zeros and ones differ: the classes have changed sides, and a classifier that is trained
anew tells them apart again. One that is kept from the end of learning does not (dashed curve).
"""

import numpy as np

from ndk_num import Network, drift, plots, solve
from ndk_num.datasets import load

data = load("mnist:0,1", per_class=100, test_per_class=100, normalize=False)
net = Network(depth=1, activation="relu", temperature=1e-4, sigma2=1.0, sigma02=1.0)
sol = solve(net, data.X, data.y, data.X_test, rtol=1e-4)
lags = np.r_[0:10.5:0.5, 12, 15, 20]  # in units of σ²/T
drifted = drift(sol, sol.horizon, sol.horizon + lags / net.kappa)
figure = plots.drift(drifted, lags, data.y, y_test=data.y_test, resolution=1e-4, unit=r"in units of $\sigma^2/T$")
plots.save(figure, "drift.png")
