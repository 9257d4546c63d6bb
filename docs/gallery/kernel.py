"""The neural dynamical kernel over two times

Kernels of two MNIST digits, a 0 and a 1, in ReLU networks of depth 1 and 3, for weights that start with half and with
twice the variance of the prior. As long as both times are short the kernel is the NTK, marked on the colour bar. From
σ²/T on it forgets: it depends on t − s, and its integral over s is the NNGP kernel over T. Below are its values at
equal times and from the start: the diffusive phase changes the scale of the kernel by (σ²/σ₀²)ᴸ.
"""

from ndk_num import Network, plots
from ndk_num.datasets import load

X = load("mnist:0,1", per_class=1).X
net = Network(depth=1, activation="relu", temperature=1e-3, sigma2=1.0, sigma02=1.0)
plots.save(plots.kernel(net, X, pairs=[(0, 1)], depths=[1, 3], ratios=[0.5, 2.0]), "kernel.png")
