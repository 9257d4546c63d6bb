"""Iterations for the panels' systems, and the half of symmetric kernels that is mirrored: each defect is found."""

import numpy as np
import pytest

from ndk_num import Network, solve
from ndk_num.arrays import NUMPY
from ndk_num.pairs import gram, stacked
from ndk_num.separated import ExactKernel, SeparatedKernel, build, ndk_entries, sample_times, separate
from ndk_num.volterra import systems
from ndk_num.volterra.krylov import gmres
from ndk_num.volterra.piecewise import radau
from ndk_num.volterra.weights import Rule
from tests.ndk_num.cases import unit

NET = Network(depth=2, activation="relu", temperature=1e-2, sigma2=1.0, sigma02=0.4)


@pytest.fixture(scope="module")
def panel():
    """A kernel between 80 inputs, weights of a panel from 1 to 2, and a right side."""
    case = unit(inputs=80, features=10, tests=2, seed=5)
    pairs = stacked(gram(case.X), gram(case.X_test, case.X))
    kernel = separate(ndk_entries(NET), pairs, sample_times(10.0, NET.fastest_forgetting), 1e-8)
    nodes = radau(6)
    weights = Rule(kernel.evaluate, nodes, 1.0).current(1 + nodes, 1.0, 2.0)
    return kernel, weights, np.broadcast_to(case.y[:, None], (6, 80, 1)).copy()


def iterated(panel) -> tuple[float, int]:
    """Distance of the iterations' result to that of elimination, and how many there were."""
    kernel, weights, right_side = panel
    solver = systems.Systems(kernel, 1.0)
    exact = solver._eliminate(weights, right_side)
    return float(np.abs(solver.solve(weights, right_side, 1.5, 1e-9 / np.sqrt(6)) - exact).max()), solver.iterations[-1]


def test_iterations_and_elimination_agree(panel):
    error, count = iterated(panel)
    assert error <= 1e-9
    assert 0 < count < 20


def test_a_wrong_preconditioner_costs_iterations_alone(panel, monkeypatch):
    _, right = iterated(panel)
    honest = SeparatedKernel.spectra
    monkeypatch.setattr(SeparatedKernel, "spectra", lambda self, basis: 3 * honest(self, basis))
    error, count = iterated(panel)
    assert error <= 1e-9
    assert count > right


def test_a_wrong_operator_is_seen_beside_elimination(panel, monkeypatch):
    honest = SeparatedKernel.apply
    monkeypatch.setattr(SeparatedKernel, "apply", lambda self, *args, **kwargs: 1.001 * honest(self, *args, **kwargs))
    error, _ = iterated(panel)
    assert error > 1e-5


def test_gmres_solves_and_counts():
    rng = np.random.default_rng(2)
    matrix = np.eye(30) + 0.1 * rng.standard_normal((30, 30))
    b = rng.standard_normal(30)
    x, count, residual = gmres(NUMPY, lambda v: matrix @ v, lambda v: v, b, 1e-10, 80)
    assert np.linalg.norm(matrix @ x - b) <= 2e-10
    assert residual <= 1e-10
    assert 5 < count < 30


def test_iterations_do_not_grow_with_inputs_or_cold():
    most = []
    for inputs in (100, 300):
        case = unit(inputs=inputs, features=30, tests=2, seed=7)
        for temperature in (1e-2, 1e-6):
            net = Network(depth=2, activation="relu", temperature=temperature, sigma2=1.0, sigma02=0.5)
            most.append(solve(net, *case, rtol=1e-4).stats["most_iterations"])
    assert 0 < max(most) <= 40
    assert max(most) <= 2 * min(most) + 4


def test_a_half_that_is_not_mirrored_is_found(monkeypatch):
    """The blocks of a symmetric kernel are written twice; without the second writing a row of them is wrong."""
    case = unit(inputs=40, features=8, tests=3, seed=3)
    pairs, times = stacked(gram(case.X), gram(case.X_test, case.X)), sample_times(1e3, NET.fastest_forgetting)
    assert isinstance(separate(ndk_entries(NET), pairs, times, 1e-8), SeparatedKernel)

    class Forgetful(np.ndarray):
        """Ignores what is written to columns before the rows' own."""

        def __setitem__(self, key, value):
            mirrored = isinstance(key, tuple) and isinstance(key[-1], slice) and (key[-1].stop or 0) in range(1, 40)
            if not mirrored:
                super().__setitem__(key, value)

    monkeypatch.setattr(build, "_STRIP", 400)  # ten rows at once
    monkeypatch.setattr(type(NUMPY), "empty", lambda self, shape: np.zeros(shape).view(Forgetful))
    assert isinstance(separate(ndk_entries(NET), pairs, times, 1e-8), ExactKernel)
