"""Learning in steps, and in continuous time

Markov proximal learning, from which the theory starts: each step of length 1/λ goes to a minimum of the error and of
λ/2 times the squared distance from the weights before, with noise. On the left the test predictor of the synthetic task
in a ReLU network for three λ, and in continuous time, which is λ → ∞; on the right the largest distance between steps
and continuous time, which halves when a large λ doubles. Coarse steps lag behind in the gradient-driven phase, and
catch up in the diffusive one.
"""

import numpy as np
from matplotlib.figure import Figure

from ndk_num import Network, plots, proximal, solve
from ndk_num.datasets import load

data = load("synthetic:4")
net = Network(depth=1, activation="relu", temperature=1e-2, sigma2=1.0, sigma02=0.5)
sol = solve(net, data.X, data.y, data.X_test, horizon=50.0, rtol=1e-6)
figure = Figure(figsize=(7.2, 2.9), layout="constrained")
left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
times = np.geomspace(0.05, sol.horizon, 200)
left.plot(times, sol.at(times).test, color="black", linewidth=1, label="continuous time")
gaps, colors = {}, dict(zip((4, 1, 0.25), plots.PALETTE, strict=False))
for lam in (8, 4, 2, 1, 0.5, 0.25):
    chain = proximal.solve(net, data.X, data.y, data.X_test, lam=lam, horizon=sol.horizon)
    gaps[lam] = abs(chain.test - sol.at(np.minimum(chain.times, sol.horizon)).test).max()
    if lam in colors:
        left.plot(chain.times[1:], chain.test[1:], "o", color=colors[lam], markersize=3, label=f"λ = {lam:g}")
left.set(xscale="log", xlabel="time $t$", ylabel="test predictor")
left.legend(frameon=False, fontsize=8)
right.plot(gaps.keys(), gaps.values(), "o", color="black", markersize=4)
right.plot(gaps.keys(), [gaps[8] * 8 / lam for lam in gaps], color="black", linewidth=0.8, label="∝ 1/λ")
right.set(xscale="log", yscale="log", xlabel="λ", ylabel="largest distance")
right.set_xticks(list(gaps), [f"{lam:g}" for lam in gaps])
right.minorticks_off()
right.legend(frameon=False, fontsize=8)
plots.save(figure, "proximal.png")
