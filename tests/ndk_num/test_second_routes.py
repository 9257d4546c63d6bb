"""`solve` against methods that share nothing with it: Laplace transforms, a global Nyström method, another package.

With σ0² = σ² the kernel depends on t − s alone, K^d(t,s) = k(t − s), and the equation is solved by

    v̂(p) = (1 + k̂(p))⁻¹ Y / p,      f̂_*(p) = k̂_*(p)ᵀ v̂(p).

k is a power series in e^{−κu} with positive semi-definite coefficients, so all singularities of v̂ lie on the negative
real axis and Talbot's contour inverts the transform. k̂ is an integral along a ray u = r e^{iφ} that turns away from
arg p: k is analytic for Re u > 0. The layer maps are written down here for complex arguments.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
import voles
from scipy.special import roots_chebyt, roots_legendre

import ndk_num.kernels
from ndk_num import AccuracyWarning, Network, kernel, solve
from ndk_num.statistics import Weights
from ndk_num.volterra import collocation
from ndk_num.volterra import weights as quadrature
from ndk_num.volterra.piecewise import gauss
from tests.ndk_num.cases import CASES, Case, unit
from tests.tolerances import ORACLE, TRAPEZOID_SLOPE, VOLES

TIMES = np.append(np.geomspace(1e-3, 1.0, 8), np.geomspace(2.0, 1e3, 8))
STATIONARY = [("linear", 3), ("erf", 1), ("erf", 2), ("relu", 1), ("relu", 2)]


def gap(case: Case, prediction, train: np.ndarray, test: np.ndarray) -> float:
    """Largest error in units of max |y|."""
    both = (np.abs(prediction.train - train).max(), np.abs(prediction.test - test).max())
    return float(max(both) / np.abs(case.y).max())


def stationary(activation: str, depth: int, temperature: float = 1e-2) -> Network:
    """σ0² = σ²."""
    return Network(depth=depth, activation=activation, temperature=temperature, sigma2=1.3, sigma02=1.3)


# --- Laplace transforms ----------------------------------------------------------------------------------------------


def relu_maps(a, c, b, sine):
    """F and Ḟ; sin θ = √(1 − cos²θ) comes with the digits that c has lost."""
    cosine = c / np.sqrt(a * b)
    angle = -1j * np.log(cosine + 1j * sine)
    size = np.sqrt(a * b)
    return size / (2 * np.pi) * (sine + (np.pi - angle) * cosine), (np.pi - angle) / (2 * np.pi)


def erf_maps(a, c, b, sine):
    """F and Ḟ."""
    root = np.sqrt((1 + 2 * a) * (1 + 2 * b))
    return 2 / np.pi * np.arcsin(2 * c / root), 4 / np.pi / np.sqrt(root**2 - 4 * c**2)


def linear_maps(a, c, b, sine):
    """F and Ḟ."""
    return c, np.ones_like(c)


MAPS = {"relu": relu_maps, "erf": erf_maps, "linear": linear_maps}


def lagged(net: Network, X: np.ndarray, X2: np.ndarray, u: np.ndarray) -> np.ndarray:
    """k(u) for complex lags (n,): shape (n, P, P2)."""
    u = u[:, None, None]
    decay, lost = np.exp(-net.kappa * u), -np.expm1(-2 * net.kappa * u)
    a, b = (net.sigma2 * (x * x).sum(axis=1) / x.shape[1] for x in (X, X2))
    a, b = a[:, None], b[None, :]
    cross = X @ X2.T / X.shape[1]
    # 1 − cos² = (1 − e^{−2κu}) cos² + (1 − cos²) with the last term exact for the same input
    straight = net.sigma2**2 * cross**2 / (a * b)
    straight = np.where(np.abs(straight - 1) < 1e-13, 1.0, straight)
    sine = np.sqrt(lost * straight + (1 - straight))
    maps = MAPS[net.activation]
    kernel_, ndk = cross + 0 * u, decay * cross
    for _ in range(net.depth):
        c = net.sigma2 * decay * kernel_
        kernel_, slope = maps(a, c, b, sine)
        ndk = net.sigma2 * decay * slope * ndk + decay * kernel_
        a, b = (net.sigma2 * maps(x, x, x, np.zeros_like(x))[0].real for x in (a.astype(complex), b.astype(complex)))
        cosine = net.sigma2 * decay * kernel_ / np.sqrt(a * b)
        sine = np.sqrt((1 - cosine) * (1 + cosine))
    return ndk


def transform(net: Network, X: np.ndarray, X2: np.ndarray, p: complex) -> np.ndarray:
    """k̂(p) = ∫_0^∞ e^{−pu} k(u) du by the double-exponential rule, r = exp(π/2 sinh x)."""
    turn = np.exp(-0.5j * np.angle(p))
    x = np.linspace(-4.2, 4.2, 127)
    r = np.exp(np.pi / 2 * np.sinh(x)) / (abs(p) + net.kappa)
    weight = (x[1] - x[0]) * np.pi / 2 * np.cosh(x) * r * turn * np.exp(-p * r * turn)
    kept = np.abs(weight) > 1e-30
    return np.tensordot(weight[kept], lagged(net, X, X2, r[kept] * turn), axes=1)


def talbot(net: Network, case: Case, times: np.ndarray, nodes: int = 28) -> tuple[np.ndarray, np.ndarray]:
    """Train and test predictor at `times` by the contour of Weideman (2006)."""
    theta = np.pi * (np.arange(nodes // 2) + 0.5) * 2 / nodes
    scaled = 0.6407 * theta
    contour = nodes * (-0.4814 + 0.6122 * theta / np.tan(scaled) + 0.2645j * theta)
    slope = nodes * (0.6122 / np.tan(scaled) - 0.6122 * scaled / np.sin(scaled) ** 2 + 0.2645j)
    train, test = [], []
    for t in times:
        v, g = 0.0, 0.0
        for z, dz in zip(contour, slope, strict=True):
            both = transform(net, np.concatenate([case.X, case.X_test]), case.X, z / t)
            k, k_test = np.split(both, [len(case.X)])
            found = np.linalg.solve(np.eye(len(k)) + k, case.y / z)  # times t, which cancels dp = dz/t
            v = v + (np.exp(z) * dz * found).imag * 2 / nodes
            g = g + (np.exp(z) * dz * (k_test @ found)).imag * 2 / nodes
        train.append(case.y - v)
        test.append(g)
    return np.array(train), np.array(test)


@pytest.mark.parametrize(("activation", "depth"), STATIONARY)
def test_convolution_kernels_against_their_laplace_transform(activation, depth):
    net, case = stationary(activation, depth), CASES["spread"]
    exact = talbot(net, case, TIMES)
    for rtol in (1e-6, 1e-8):
        sol = solve(net, *case, horizon=TIMES[-1], rtol=rtol)
        assert gap(case, sol.at(TIMES), *exact) <= ORACLE * rtol


def test_the_laplace_transform_of_a_linear_network():
    """k(u) = (L+1) σ^{2L} e^{−(L+1)κu} K⁰: each eigenvalue relaxes by one exponential."""
    net, case = stationary("linear", 3), CASES["spread"]
    values, vectors = np.linalg.eigh(case.X @ case.X.T / case.X.shape[1])
    gain, decay = 4 * net.sigma2**3 * values, 4 * net.kappa
    learnt = gain / (gain + decay) * -np.expm1(-np.outer(TIMES, gain + decay))
    train, _ = talbot(net, case, TIMES)
    assert np.abs(train - learnt * (case.y @ vectors) @ vectors.T).max() <= 1e-8 * np.abs(case.y).max()


def test_a_wrong_kernel_misses_the_laplace_transform(monkeypatch):
    """Ḟ off by 1e-5."""
    net, case = stationary("relu", 2), CASES["spread"]
    exact = talbot(net, case, TIMES[::4])
    steeper(monkeypatch, 1 + 1e-5)
    sol = solve(net, *case, horizon=TIMES[-1], rtol=1e-8)
    assert gap(case, sol.at(TIMES[::4]), *exact) > 100e-8


def steeper(monkeypatch, factor: float) -> None:
    """Multiply the ReLU's Ḟ by a factor, for the solver alone."""
    honest = ndk_num.kernels.layer_map("relu")

    def changed(function):
        def wrong(c, root):
            two_time, slope, *following = function(c, root)
            return two_time, factor * slope, *following

        return wrong

    wrong = replace(honest, layer=changed(honest.layer), last=changed(honest.last))
    monkeypatch.setattr(ndk_num.kernels, "layer_map", lambda name: wrong)


# --- one global polynomial -------------------------------------------------------------------------------------------


def nystrom(net: Network, case: Case, horizon: float, degree: int, points: int):
    """v as one polynomial in x = √(t/horizon); s = t cos²φ makes √(t−s) = √t sin φ and √s smooth. Returns f̄ at t."""
    x, nodes_phi, weights_phi = (roots_chebyt(degree)[0] + 1) / 2, *roots_legendre(points)
    phi, weight = np.pi / 4 * (nodes_phi + 1), np.pi / 4 * weights_phi
    inputs, y = len(case.X), case.y
    both = np.concatenate([case.X, case.X_test])

    def row(xi: float) -> np.ndarray:
        """∫_0^t K(t,s) ℓ_j(s) ds, shape (P + M, degree, P)."""
        t = horizon * xi**2
        jacobian = 2 * t * np.cos(phi) * np.sin(phi) * weight
        kernels = np.array([kernel(net, t, s, both, case.X) for s in t * np.cos(phi) ** 2])
        return np.einsum("q,qmp,qj->mjp", jacobian, kernels, lagrange(x, xi * np.cos(phi)))

    rows = np.array([row(xi)[:inputs] for xi in x])
    matrix = rows.reshape(degree * inputs, degree * inputs) + np.eye(degree * inputs)
    v = np.linalg.solve(matrix, np.tile(y, degree)).reshape(degree, inputs)
    times = horizon * np.linspace(0.03, 1.0, 9) ** 2
    found = np.array([np.einsum("mjp,jp->m", row(np.sqrt(t / horizon)), v) for t in times])
    return times, found[:, :inputs], found[:, inputs:]


def lagrange(nodes: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Polynomials that are 1 at one node and 0 at the others, at x: Chebyshev series of each."""
    basis = np.polynomial.chebyshev.chebvander(2 * nodes - 1, nodes.size - 1)
    return np.polynomial.chebyshev.chebvander(2 * x - 1, nodes.size - 1) @ np.linalg.inv(basis)


@pytest.mark.parametrize(("activation", "depth", "sigma02"), [("relu", 1, 0.3), ("relu", 2, 1.8), ("erf", 2, 0.3)])
def test_any_kernel_against_one_global_polynomial(activation, depth, sigma02):
    net = Network(depth=depth, activation=activation, temperature=0.1, sigma2=1.0, sigma02=sigma02)
    case = unit(inputs=3)
    times, *exact = nystrom(net, case, 10.0, 32, 36)
    for rtol in (1e-6, 1e-8):
        sol = solve(net, *case, horizon=10.0, rtol=rtol)
        assert gap(case, sol.at(times), *exact) <= ORACLE * rtol


@pytest.mark.parametrize("defect", ["swapped times", "plain quadrature"])
def test_a_wrong_solver_misses_the_global_polynomial(defect, monkeypatch):
    """m(t,t) in place of m(s,s), or Gauss points that do not know of √(t−s)."""
    net = Network(depth=1, activation="relu", temperature=0.1, sigma2=1.0, sigma02=0.3)
    case = unit(inputs=3)
    times, *exact = nystrom(net, case, 10.0, 20, 24)
    if defect == "swapped times":
        monkeypatch.setattr(Weights, "at", classmethod(swapped(Weights.at.__func__)))
    else:
        monkeypatch.setattr(quadrature, "_touching", lambda t, lag, count: (t - lag * gauss(1)[0], lag * gauss(1)[1]))
    monkeypatch.setattr(collocation, "_LEVELS", 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)
        sol = solve(net, *case, horizon=10.0, rtol=1e-6)
    assert gap(case, sol.at(times), *exact) > 10e-6


def swapped(honest):
    """Prior weights with 1 % of m(t,t) where m(s,s) belongs."""

    def at(cls, *arguments):
        found = honest(cls, *arguments)
        return replace(found, ss=0.99 * found.ss + 0.01 * found.tt)

    return at


# --- another package -------------------------------------------------------------------------------------------------


def by_voles(net: Network, case: Case, horizon: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Times and v of the package voles: collocation on equal steps, compiled; order 3/2 for the √u of ReLU networks."""
    times = np.linspace(0.0, horizon, steps + 1)
    kernels = lagged(net, case.X, case.X, times + 0j).real
    right_side = np.tile(case.y, (times.size, 1))
    return times, voles.solve_VIE_2(
        kernel_values=-kernels, g_values=right_side, time_step=times[1], show_warnings=False
    )


def test_another_package_converges_to_the_solver_with_its_slope(monkeypatch):
    net, case = stationary("relu", 1, 0.1), unit()

    def errors(sol) -> np.ndarray:
        found = []
        for steps in (1000, 2000, 4000):
            times, v = by_voles(net, case, 10.0, steps)
            found.append(np.abs(v - sol.residual_at(times)).max())
        return np.array(found)

    right = errors(solve(net, *case, horizon=10.0, rtol=1e-9))
    assert np.log2(right[:-1] / right[1:]) == pytest.approx(1.5, abs=TRAPEZOID_SLOPE)
    assert right[-1] <= VOLES
    steeper(monkeypatch, 1 + 1e-3)
    wrong = errors(solve(net, *case, horizon=10.0, rtol=1e-9))
    assert wrong[-1] > 10 * VOLES
