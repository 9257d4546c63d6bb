r"""The distribution of drifted outputs over an ensemble of networks; the paper has the mean only.

Learning ends at t₀. The output N_L^{-1/2} a_t · x^L_u of weights that went on to t and u is, in the wide limit,
f_* = g_* + B (Y − f): a Gaussian variable g_* of the prior, and what the weights had learnt, with B the bracket of
(SI 81) in place of the NDK. The residual is that of training, so that with R = (1 + D)⁻¹, D the NDK,

    f_* − f̄_* = g_* − B R g,      Cov f_* = C_** − B R C_*ᵀ − C_* Rᵀ Bᵀ + B R C Rᵀ Bᵀ,

C_* the prior covariance of g_* with the g of training, m(t,s) K^L(u,s).

From equilibrium there is a shorter way. The weights of t₀ are a sample of prior × e^{−|f−Y|²/2T}, and drift acts on
them as on the prior's. So f and f_* are two Gaussian variables of the prior of which the first was observed with noise
of variance T,

    f̄_* = k (K_GP + T)⁻¹ Y,      Cov f_* = K_** − k (K_GP + T)⁻¹ kᵀ,      k = σ² k^L(t,t₀)ᵀ.

Complete decorrelation of an odd activation, k = 0, leaves the prior: the mean knows nothing, and neither does any
network. Linear networks reach the same by the first way.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations._covariance_normals import UNIT_NORMALS, covariance_of, root, root_star
from ndk_sym import notation as nt
from ndk_sym.matrices import Entrywise
from ndk_sym.operators import Operators, operator
from ndk_sym.prior import variance
from ndk_sym.statement import Derivation, Statement, Step, domain

L, t, s, t0, T, sigma2, kappa = nt.L, nt.t, nt.s, nt.t0, nt.T, nt.sigma2, nt.kappa
R, D, C, g, Y, A, K_GP = nt.R, nt.D, nt.C, nt.g, nt.Y, nt.A, nt.K_GP
g_star, C_star, C_test = nt.g_star, nt.C_star, nt.C_test
transpose = sp.transpose

B = operator("B")  # the bracket of (SI 81), from the residual at all s < t₀ to the drifted output
drifted = operator("Sigma_d")
kernel = operator("k")  # of the training inputs at t₀ with the drifted output, a column
own = operator("K_{**}")
SYMMETRIC = ((transpose(A), A), (transpose(K_GP), K_GP))


def ensemble_steps() -> Iterator[Step]:
    """At any times."""
    learnt = R * g + (1 - R) * Y
    yield Step(
        Statement(
            id="fluctuation",
            title="what a drifted output owes to chance",
            lhs=g_star + B * (Y - learnt) - B * R * Y,
            rhs=g_star - B * R * g,
            paper="(SI 81)",
            given=((D, R**-1 - 1),),
        ),
        reason="The residual of training is R (Y − g); the mean of the output is B R Y.",
        uses=("predictor-covariance/residual", "readout-hidden-correlation/result"),
        check=Operators(),
    )
    there = root_star - B * R * root
    cross = B * R * transpose(C_star)
    yield Step(
        Statement(
            id="covariance",
            title="the covariance of drifted outputs, at any times",
            lhs=drifted,
            rhs=C_test - cross - transpose(cross) + B * R * C * transpose(R) * transpose(B),
            given=((drifted, covariance_of(there, there)), *UNIT_NORMALS),
        ),
        reason="Normals ξ with C = S Sᵀ, C_* = S_* Sᵀ: what fluctuates is (S_* − B R S) ξ.",
        uses=("fluctuation",),
        check=Operators(),
    )
    passed = sp.exp(-2 * kappa * (t - t0))
    yield Step(
        Statement(
            id="readout-noise",
            title="a drifting readout: its new noise",
            lhs=variance(t) - passed * variance(t0),
            rhs=sigma2 * (1 - passed),
            paper="(10)",
            domain=domain(where=(t0 < t,)),
        ),
        reason="With frozen hidden layers Cov f_* is e^{−2κ(t−t₀)} Cov f(t₀) and this times K^L(t₀,t₀).",
        uses=("covariance",),
    )


def posterior_steps() -> Iterator[Step]:
    """From equilibrium."""
    f, f_star, y = sp.symbols("f f_* y", real=True)
    a, b, c = nt.a, nt.b, nt.c
    determinant = a * b - c**2
    energy = (b * f**2 - 2 * c * f * f_star + a * f_star**2) / determinant + (f - y) ** 2 / T
    width = 1 / (b / determinant + 1 / T)
    given_f = width * (y / T + c * f_star / determinant)
    mean, spread = c * y / (a + T), b - c**2 / (a + T)
    yield Step(
        Statement(
            id="square",
            title="prior × likelihood, one training input, as a density of the drifted output",
            lhs=energy,
            rhs=(f_star - mean) ** 2 / spread + (f - given_f) ** 2 / width + y**2 / (a + T),
            paper="(20), (21)",
            domain=domain(where=(c**2 < a * b,)),
        ),
        reason="Twice the exponent of prior and likelihood of (f, f_*); integrated over f, a Gaussian of f_* is left.",
    )
    gain = transpose(kernel) * A
    error = gain * kernel
    yield Step(
        Statement(
            id="posterior",
            title="the covariance of drifted outputs from equilibrium, any number of inputs",
            lhs=own - error - transpose(error) + gain * (K_GP + T) * transpose(gain),
            rhs=own - transpose(kernel) * (K_GP + T) ** -1 * kernel,
            paper="(21)",
            given=(*SYMMETRIC, (K_GP, A**-1 - T)),
        ),
        reason="The error of f̄_* = k A Y on f_* and noisy draws Y of the same Gaussian: its least, the posterior's.",
        uses=("square",),
        check=Operators(),
    )
    first, second, itself = sp.symbols("k_1 k_2 k_{**}", real=True)
    row = sp.ImmutableMatrix([[first, second]])
    training = sp.ImmutableMatrix([[a, c], [c, b]])
    joint = sp.ImmutableMatrix([[a + T, c, first], [c, b + T, second], [first, second, itself]])
    last, noiseless = sp.ImmutableMatrix([[0, 0, 1]]), operator("k_{**}")
    yield Step(
        Statement(
            id="two-inputs",
            title="two training inputs, from the joint density",
            lhs=(g_star * own**-1 * transpose(g_star)) ** -1,
            rhs=noiseless - kernel * (K_GP + T) ** -1 * transpose(kernel),
            paper="(21)",
            given=(
                (own, joint),
                (g_star, last),
                (kernel, row),
                (K_GP, training),
                (noiseless, sp.ImmutableMatrix([[itself]])),
            ),
            domain=domain(where=(c**2 < a * b,)),
        ),
        reason="One over the precision of f_* in the joint density of noisy f and f_*.",
        uses=("posterior",),
        check=Entrywise(),
    )


def linear_steps() -> Iterator[Step]:
    """Linear networks by the first way, and decorrelation."""
    m = sp.Function("m", real=True)
    memory = sp.Lambda((t, s), sp.exp(-kappa * (t - s)))
    bracket = memory(t0, s) * m(t, s) ** L + m(t0, s) * L * m(t, s) ** (L - 1) * memory(t, s)
    yield Step(
        Statement(
            id="linear-bracket",
            title="linear networks: the bracket is the NDK of t₀, times what the hidden layers keep",
            lhs=bracket * nt.k_xy,
            rhs=sp.exp(-L * kappa * (t - t0)) * (L + 1) * m(t0, s) ** L * memory(t0, s) * nt.k_xy,
            paper="(SI 61), (SI 81)",
            given=((m, sp.Lambda((t, s), sigma2 * memory(t, s))),),
            domain=domain(where=(s < t0, t0 < t)),
        ),
        reason="K^L = m^L K⁰ and K^{d,L−1} = L m^{L−1} e^{−κ(t−s)} K⁰.",
        uses=("ndk-linear",),
    )
    height, lag = sp.Symbol("K", positive=True), sp.Symbol("Delta", nonnegative=True)
    gamma, q, passed = nt.r * height, nt.r * T, sp.exp(-2 * L * kappa * lag)
    overlap = gamma * height / (gamma + 2 * q)
    covariance = height - passed * (2 * overlap - gamma * overlap / (gamma + q))
    posterior = height - passed * height**2 / (height + T)
    yield Step(
        Statement(
            id="linear",
            title="linear networks by direct integration along an eigenvector",
            lhs=covariance,
            rhs=posterior,
            paper="(SI 61)",
        ),
        reason="B and C_* are those of t₀ times e^{−LκΔ}: the integrals are those of equilibrium-covariance.",
        uses=("linear-bracket", "covariance", "equilibrium-covariance/linear"),
    )
    yield Step(
        Statement(
            id="decorrelated",
            title="complete decorrelation leaves the prior",
            lhs=sp.Limit(posterior, lag, sp.oo),
            rhs=height,
            paper="(22)",
        ),
        reason="k → 0, as for every odd activation.",
        uses=("linear", "drift"),
    )


def steps() -> Iterator[Step]:
    """At any times, from equilibrium, linear networks."""
    yield from ensemble_steps()
    yield from posterior_steps()
    yield from linear_steps()


DERIVATION = Derivation(
    id="drift-covariance",
    title="Drifted outputs over an ensemble: from equilibrium, the Gaussian-process posterior of another output",
    paper="(21), (22), (SI 81); not in the paper",
    assumptions=(
        "In the wide limit f = g + K^d (Y − f) with a Gaussian g, and the same for the drifted output with (SI 81).",
        "From equilibrium: the weights of t₀ have the density prior × e^{−|f−Y|²/2T}, to which (5) leads.",
        "For linear networks: equilibrium.",
    ),
    exact=(
        "The fluctuation and its covariance at any times and for any number of inputs, as letters that do not commute; "
        "the noise of a drifting readout. The posterior by completing the square for one training input, as the least "
        "error for any number, from the joint density for two. Linear networks of symbolic depth by direct integration."
    ),
    physicist=(
        "N → ∞: that f and the drifted output are jointly Gaussian under the prior. That the Langevin equation has "
        "reached its stationary density, and that drift is the prior's process from there on, whatever was learnt."
    ),
    build=steps,
    headline="posterior",
)
