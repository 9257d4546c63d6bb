r"""The generating function by replicas: from the transition density to the action and the source term.

The transition density (4) has Z(Θ′) below the line. Write 1/Z = lim_{n→0} Z^{n−1} (SI 10): each step then carries n
copies of the weights, of which the last is the physical trajectory; all n start from the physical weights one step
earlier. What follows is Gaussian. The squared error is made linear in the predictor by a field v^α for each replica
(SI 16), the readout is averaged (SI 17–22), then the hidden layers, whose kernels concentrate as N → ∞ (SI 23–27). The
covariance of two predictors depends on the replicas only through whether the earlier one is physical (SI 20):

    C^{αβ}_{ts} = m¹K¹  if α = β, t = s, or if the earlier of the two is the physical replica;     m⁰K⁰  otherwise.

All matrices of the calculation, of the weights as well as of the fields, therefore have the shape 𝒟 ⊗ 1_n + U B Uᵀ with
U = (1, e), 1 = (1, …, 1), e = (0, …, 0, 1). The number n enters through G = UᵀU = [[n, 1], [1, 1]] alone: determinant
and inverse are rational functions of n, and n → 0 is a substitution. With u = Σ_α v^α and 𝒜 = 𝒟 + 𝒥 = 2T(1 + K^d/λ)
the fields are left with

    S = ½ u (C⁰ − 𝒟) u + u 𝒜 v,     ⟨u u⟩ = 0,  ⟨v u⟩ = 𝒜^{−1},  ⟨v v⟩ = 𝒜^{−1}(𝒟 − C⁰)𝒜^{−T},     det → 1.

Besides, everything is done by brute force: explicit integrals over all replicas for n = 1, 2, 3 and two or three steps,
continued to n = 0 from integer n without any formula, and compared with the normalised Markov chain itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations import _replica_brute as brute
from derivations import _replica_fields as fields
from derivations import _replica_sums as sums
from derivations import _replica_weights as weights
from ndk_sym import notation as nt
from ndk_sym.cases import Cases
from ndk_sym.integrals import Antiderivative, Quadrature
from ndk_sym.replicas import quadratic_form
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

T, lam, kappa, n = nt.T, nt.lam, nt.kappa, nt.n
previous = nt.Theta_previous


def replica_steps() -> Iterator[Step]:
    """(SI 10): 1/Z as a limit, and Z^n as an integral over n copies."""
    z = sp.Symbol("Z", positive=True)
    copies = sp.Symbol("n", positive=True)
    yield Step(
        Statement(
            id="replica-limit",
            title="one over the partition function",
            lhs=sp.Limit(z ** (copies - 1), copies, 0),
            rhs=1 / z,
            paper="(SI 10)",
        ),
        reason="A power with a real exponent; the integrals below know it for n = 1, 2, 3, … only.",
    )
    whole = sp.sqrt(4 * sp.pi * T / (lam + kappa)) * sp.exp(-kappa * lam * previous**2 / (4 * T * (kappa + lam)))
    yield Step(
        Statement(
            id="replica-integral",
            title="Z^n is an integral over n replicas: one weight under the prior, n = 1, 2, 3",
            lhs=nt.Z_n(previous),
            rhs=whole**n,
            paper="(SI 10)",
            domain=domain(),
        ),
        reason="The Gaussian integral over (Θ¹, …, Θⁿ) by determinant and quadratic form; the energy is TΘ²/2σ².",
        uses=("replica-limit",),
        check=Cases(tuple((f"n = {k}", _Replicas(k)) for k in (1, 2, 3))),
    )


class _Replicas:
    """The integral over n replicas of one prior step, explicitly."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self) -> tuple[Rule, ...]:
        theta = sp.symbols(f"theta_1:{self.count + 1}", real=True)
        exponent = sp.Add(*(kappa * x**2 + lam * (x - previous) ** 2 for x in theta)) / (4 * T)
        matrix, force, rest = quadratic_form(exponent, theta)
        shift = (force.T * matrix.inv() * force)[0] / 2
        value = sp.sqrt((2 * sp.pi) ** self.count / matrix.det()) * sp.exp(sp.factor(shift - rest))
        return (nt.Z_n(previous), value), (n, sp.Integer(self.count))


def linearisation_steps() -> Iterator[Step]:
    """(SI 16): the Hubbard–Stratonovich identity as a Gaussian integral, exactly."""
    v, x = nt.v_field, nt.x_loss
    damped = sp.exp(-T * v**2)
    yield Step(
        Statement(
            id="field-norm",
            title="norm of one field",
            lhs=sp.Integral(damped, (v, -sp.oo, sp.oo)),
            rhs=sp.sqrt(sp.pi / T),
            paper="(SI 16)",
        ),
        reason="The antiderivative is an error function.",
        check=Antiderivative(sp.sqrt(sp.pi / T) * sp.erf(sp.sqrt(T) * v) / 2),
    )
    yield Step(
        Statement(
            id="field-equation",
            title="the integrand solves the equation of the Gaussian in f − y, up to a divergence in the field",
            lhs=sp.Derivative(damped * sp.cos(v * x), x),
            rhs=-x / (2 * T) * damped * sp.cos(v * x) + sp.Derivative(damped * sp.sin(v * x) / (2 * T), v),
            paper="(SI 16)",
        ),
        reason="Integrate over the field: the divergence drops out, and I′(x) = −x I/2T remains. e^{−ivx} is cos(vx), "
        "since the sine is odd.",
        uses=("field-norm",),
    )
    yield gaussian_equation()
    yield Step(
        Statement(
            id="hubbard-stratonovich",
            title="the squared error of one point and one replica, linear in the predictor",
            lhs=sp.sqrt(T / sp.pi) * sp.Integral(damped * sp.cos(v * x), (v, -sp.oo, sp.oo)),
            rhs=sp.exp(-(x**2) / (4 * T)),
            paper="(SI 16)",
        ),
        reason="exp(−x²/4T) solves the same equation with the same value at 0; besides by quadrature.",
        uses=("field-norm", "field-equation", "gaussian-equation"),
        check=Quadrature(),
    )


def gaussian_equation() -> Step:
    """The differential equation of the Gaussian."""
    x = nt.x_loss
    return Step(
        Statement(
            id="gaussian-equation",
            title="the weight of the squared error solves the same equation",
            lhs=sp.Derivative(sp.exp(-(x**2) / (4 * T)), x),
            rhs=-x / (2 * T) * sp.exp(-(x**2) / (4 * T)),
            paper="(SI 13), (SI 16)",
        ),
        reason="Differentiate exp(−βx²/4), β = 1/T.",
    )


def readout_step() -> Step:
    """(SI 17)–(SI 22): the average over the readout, neuron by neuron."""
    one, two = sp.symbols("v_1 v_2", real=True)
    m11, m12, m22 = sp.symbols("m_11 m_12 m_22", real=True)
    kernel = sp.Function("K_N", real=True)
    action = sp.Symbol("S_a", real=True)
    return Step(
        Statement(
            id="readout-average",
            title="averaging over the readout leaves kernels between replicas, for N = 1, 2, 3 neurons",
            lhs=action,
            rhs=(m11 * kernel(1, 1) * one**2 + 2 * m12 * kernel(1, 2) * one * two + m22 * kernel(2, 2) * two**2) / 2,
            paper="(SI 17)–(SI 20), (SI 22)",
        ),
        reason="⟨exp(−i Σ v_A f_A)⟩ over Gaussian a, neuron by neuron, for two predictors A (times or replicas): "
        "each neuron gives ½⟨(Σ_A v_A a_A x_A)²⟩/N, and K_{AB} = x_A·x_B/N.",
        uses=("hubbard-stratonovich",),
        check=Cases(tuple((f"N = {k}", _Neurons(k, (one, two), (m11, m12, m22), action, kernel)) for k in (1, 2, 3))),
    )


class _Neurons:
    """The exponent of the average over the readout weights of N neurons, by explicit covariances."""

    def __init__(
        self, count: int, v: tuple[sp.Symbol, ...], m: tuple[sp.Symbol, ...], action: sp.Symbol, kernel: sp.Function
    ) -> None:
        self.count, self.v, self.m, self.action, self.kernel = count, v, m, action, kernel

    def __call__(self) -> tuple[Rule, ...]:
        activity = [sp.symbols(f"x_{A}_1:{self.count + 1}", real=True) for A in (1, 2)]
        prior = sp.Matrix([[self.m[0], self.m[1]], [self.m[1], self.m[2]]])
        total = sp.Integer(0)
        for first, second in zip(*activity, strict=True):
            coefficients = sp.Matrix([self.v[0] * first, self.v[1] * second]) / sp.sqrt(self.count)
            total += (coefficients.T * prior * coefficients)[0] / 2
        overlap = lambda A, B: sum(x * y for x, y in zip(activity[A - 1], activity[B - 1], strict=True)) / self.count  # noqa: E731
        return (self.action, total), (self.kernel, overlap)


def steps() -> Iterator[Step]:
    """Replicas, fields, readout; covariances of the weights; the action as n → 0; brute force."""
    yield from replica_steps()
    yield from linearisation_steps()
    yield readout_step()
    yield from weights.steps()
    yield from sums.steps()
    yield from fields.steps()
    yield from brute.steps()


DERIVATION = Derivation(
    id="replica-mgf",
    title="The generating function by replicas: m¹ and m⁰, the action and the source term as n → 0",
    paper="(SI 10)–(SI 34)",
    assumptions=(
        "The transition density (4) with the cost (3); initial weights N(0, σ₀²).",
        "N → ∞ with P fixed: the kernels of the hidden layers concentrate at their average over the prior (SI 22–23), "
        "layer by layer, and the predictors given the kernels are Gaussian.",
    ),
    exact=(
        "The Gaussian integral of the fields and of the readout; the replica covariance of the weights as n → 0 for "
        "any number of steps, and for a symbolic n for two and three; for the fields, any number of steps and of "
        "training points: the reduction to (u, v) for symbolic n, its limit n → 0, the inverse. Action and source "
        "term in terms of the discrete NDK, and the determinant, for two and three steps."
    ),
    physicist=(
        "n → 0: the integrals exist for n = 1, 2, 3, …, and are continued as rational functions of n. "
        "Brute force confirms that the continued result is that of the normalised chain. N → ∞: that the kernels "
        "concentrate, (SI 22) → (SI 23), is the paper's. The integral over u runs along the imaginary axis, since "
        "C⁰ − 𝒟 has no sign; only moments are used. (SI 11)–(SI 15) define the generating function."
    ),
    build=steps,
    headline="action",
)
