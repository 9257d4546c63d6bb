"""Two-time kernels on arrays against the closed forms at 50 digits, and their exact properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ndk_sym
from ndk_num import InputError, Network, kernel
from ndk_num.pairs import gram
from ndk_num.statistics import Weights
from tests.ndk_num.cases import CASES, spread, unit
from tests.tolerances import FLOAT_KERNEL, KERNEL_PROPERTY

NETWORKS = [
    Network(depth=depth, activation=activation, temperature=0.03, sigma2=1.7, sigma02=0.4)
    for depth in (1, 3)
    for activation in ("linear", "relu", "erf")
]
# the recursion is the same for all: the others at depth 1, and calls with numbers
CALLS = ("abrelu(0.25, -1.5)", "scaled_erf(-0.5, 2, 0.25)", "hermite(3)", "rectified_monomial(3)")
OTHERS = [
    Network(depth=1, activation=call, temperature=0.03, sigma2=1.7, sigma02=0.4)
    for call in (*ndk_sym.activations(), *CALLS)
    if call not in {net.activation for net in NETWORKS}
]
KINDS = {"ndk": "ndk", "two_time": "two-time", "derivative": "derivative"}


def reference(net: Network, t: float, s: float, X: np.ndarray, X2: np.ndarray, kind: str) -> np.ndarray:
    """The symbolic closed form, prior inserted, evaluated entry by entry."""
    form = ndk_sym.closed_form(KINDS[kind], activation=net.activation, depth=net.depth).in_time(t, s)
    given = {"T": net.temperature, "sigma2": net.sigma2, "sigma02": net.sigma02, "kappa": net.kappa}
    wanted = {str(symbol) for symbol in form.args}
    values = np.empty((len(X), len(X2)))
    for i, x in enumerate(X):
        for j, z in enumerate(X2):
            entries = {"k_xx": x @ x / x.size, "k_xy": x @ z / x.size, "k_yy": z @ z / x.size} | given
            values[i, j] = float(form.evaluate({k: v for k, v in entries.items() if k in wanted}, digits=30))
    return values


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("net", [*NETWORKS, *OTHERS], ids=lambda n: f"{n.activation}-{n.depth}")
def test_against_closed_form(net, kind):
    case = spread()
    for t, s in ((0.0, 0.0), (7.0, 2.0), (2.0, 7.0), (300.0, 250.0)):
        ours = kernel(net, t, s, case.X, case.X_test, kind)
        theirs = reference(net, t, s, case.X, case.X_test, kind)
        assert np.abs(ours - theirs).max() <= FLOAT_KERNEL * np.abs(theirs).max()


def test_a_swapped_time_argument_would_be_caught(monkeypatch):
    """With m(t,t) and m(s,s) exchanged the kernel disagrees with its closed form."""
    case, net = spread(), NETWORKS[2]
    theirs = reference(net, 7.0, 2.0, case.X, case.X_test, "ndk")
    honest = Weights.at.__func__

    def swapped(cls, *arguments):
        weights = honest(cls, *arguments)
        return Weights(weights.ss, weights.ts, weights.tt, weights.decay, weights.lost)

    monkeypatch.setattr(Weights, "at", classmethod(swapped))
    ours = kernel(net, 7.0, 2.0, case.X, case.X_test)
    assert np.abs(ours - theirs).max() > 1e6 * FLOAT_KERNEL * np.abs(theirs).max()


def test_linear_kernel_is_the_known_multiple_of_the_input_kernel():
    """K^{d,L} = (L+1) m^L e^{−κ|t−s|} K⁰   (SI 61)."""
    case = unit()
    net = Network(depth=4, activation="linear", temperature=0.1, sigma2=1.0, sigma02=2.0)
    m = np.exp(-0.1 * 3) * (1 + np.exp(-0.2 * 2))
    expected = 5 * m**4 * np.exp(-0.3) * case.X @ case.X.T / case.X.shape[1]
    assert np.allclose(kernel(net, 5.0, 2.0, case.X), expected, rtol=1e-13, atol=1e-14)


@given(t=st.floats(0, 1e4), s=st.floats(0, 1e4), depth=st.integers(1, 3), index=st.integers(0, 2))
def test_exchange_of_times_and_inputs(t, s, depth, index):
    """K(t,s;x,x') = K(s,t;x',x)."""
    activation = ("linear", "relu", "erf")[index]
    net = Network(depth=depth, activation=activation, temperature=0.01, sigma2=1.3, sigma02=0.2)
    case = spread()
    for kind in KINDS:
        forward = kernel(net, t, s, case.X, case.X_test, kind)
        backward = kernel(net, s, t, case.X_test, case.X, kind).T
        assert np.abs(forward - backward).max() <= KERNEL_PROPERTY * max(1.0, np.abs(forward).max())


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("net", NETWORKS, ids=lambda n: f"{n.activation}-{n.depth}")
def test_equal_time_kernels_are_positive_semidefinite(net, name):
    X = np.concatenate([CASES[name].X, CASES[name].X_test])
    for t in (0.0, 3.0, 1e3):
        values = np.linalg.eigvalsh(kernel(net, t, t, X))
        assert values[0] >= -KERNEL_PROPERTY * values[-1]


@pytest.mark.parametrize("net", NETWORKS, ids=lambda n: f"{n.activation}-{n.depth}")
def test_duplicates_get_identical_rows(net):
    """Rounding in x·x' must not separate equal inputs: √(1e-16) = 1e-8."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(6, 333))
    X[4] = X[1]
    K = kernel(net, 2.0, 2.0, X)
    assert np.array_equal(K[1], K[4])
    assert K[1, 4] == K[1, 1] == K[4, 4]
    across = kernel(net, 2.0, 2.0, X, X[[1]].copy())
    assert across[1, 0] == across[4, 0] == K[1, 1]


def test_zero_norm_inputs_have_zero_kernel():
    X = np.array([[1.0, 2.0], [0.0, 0.0]])
    for net in NETWORKS:
        K = kernel(net, 1.0, 0.5, X)
        assert np.isfinite(K).all()
        assert K[1, 1] == K[0, 1] == 0.0


def test_depth_200():
    K = kernel(Network(depth=200, activation="relu", temperature=0.0, sigma02=2.0), 0.0, 0.0, unit().X)
    assert np.isfinite(K).all()
    assert np.allclose(np.diag(K), 201.0, rtol=1e-11)  # He initialisation: every layer adds the same amount


def test_gram_is_the_scaled_inner_product():
    case = unit()
    pairs = gram(case.X, case.X_test)
    assert np.allclose(pairs.xy, case.X @ case.X_test.T / case.X.shape[1], rtol=1e-15)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"t": -1.0}, "t is -1"),
        ({"t": np.nan}, "t holds nan"),
        ({"s": np.inf}, "s holds inf"),
        ({"t": [1.0, 2.0]}, "one finite time"),
        ({"kind": "nkd"}, "choose one of ndk, two_time, derivative"),
        ({"X": np.ones(3)}, "shape"),
        ({"X": np.full((2, 2), np.nan)}, "finite"),
        ({"X": [["a", "b"]]}, "real numbers"),
        ({"X": [[1.0, 2.0], [3.0]]}, "rectangular"),
        ({"X": np.ones((2, 2)) * 1j}, "real numbers"),
        ({"X2": np.ones((2, 5))}, "must agree"),
    ],
)
def test_bad_input_gets_one_clear_error(change, words):
    arguments = {"t": 1.0, "s": 0.5, "X": np.eye(2)} | change
    with pytest.raises(InputError, match=words):
        kernel(NETWORKS[1], **arguments)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"depth": 0}, "at least 1"),
        ({"depth": -3}, "at least 1"),
        ({"depth": 1.5}, "at least 1"),
        ({"depth": True}, "at least 1"),
        ({"activation": "tanhh"}, "choose one of"),
        ({"activation": ["relu"]}, "choose one of"),
        ({"temperature": -1e-3}, "zero .gradient flow. or positive"),
        ({"temperature": np.nan}, "finite"),
        ({"temperature": "hot"}, "finite number"),
        ({"sigma2": 0.0}, "must be positive"),
        ({"sigma2": -1.0}, "must be positive"),
        ({"sigma02": 0.0}, "must be positive"),
        ({"sigma02": np.inf}, "finite"),
    ],
)
def test_bad_hyper_parameters(change, words):
    with pytest.raises(InputError, match=words):
        Network(**({"depth": 1, "activation": "relu", "temperature": 1e-3} | change))
