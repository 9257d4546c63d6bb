r"""The mean predictor from the generating function.

After n → 0 the generating function is a Gaussian integral over two fields at every time and training input, the
response u and the residual v = i(Y − f):

    M(ℓ) = ∫ Dv Du e^{−S−Q},   S = ½ uᵀ C u − uᵀ(v + D v − iY),   Q = −½ ℓᵀ C_{**} ℓ − iℓᵀ C_* u + iℓᵀ D_* v.    (6)–(8)

C is the covariance m K^L of the prior process and D the NDK, both as operators over times and training inputs; a star
marks the test point. At finite λ, D is the matrix K^{d,L}_{t,s}/λ for s ≤ t; in continuous time it is the integral
operator ∫_0^t K^{d,L}(t,s) … ds. The operators are letters that do not commute, so that both are treated at once.

The integral is its exponent at rest, and ∂ log M/∂ℓ at ℓ = 0 is the mean: f̄_* = D_* R Y with R = (1 + D)⁻¹. On the
training inputs f̄ = D R Y = Y − R Y, hence f̄ = D (Y − f̄): a sum at finite λ, implicit at s = t, and the integral
equation (16) as λ → ∞. For a few steps the fields are also integrated out one by one, with nothing but completed
squares; and a regression without hidden layers is followed through its proximal chain.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations import _mean_by_fields, _mean_chain, _mean_continuous
from derivations._mean_letters import R_T, C_star_T, D_star_T, covariance, mean, source
from ndk_sym import notation as nt
from ndk_sym.operators import Operators, operator
from ndk_sym.statement import Derivation, Rule, Statement, Step

D, D_star, R, C, C_star, C_test, Y = nt.D, nt.D_star, nt.R, nt.C, nt.C_star, nt.C_test, nt.Y
RESOLVENT: Rule = (D, R**-1 - 1)  # R = (1 + D)⁻¹
f_train, f_test = operator("fbar"), operator("fbar_*")
TRAINING: Rule = (f_train, D * R * Y)  # the slope of log M, with a training input as the test point
D_T = operator("D^T")
TRANSPOSED: Rule = (D_T, R_T**-1 - 1)

response = sp.I * R_T * D_star_T * source
residual = R * (sp.I * Y - sp.I * C_star_T * source + C * response)


def general_steps() -> Iterator[Step]:
    """Any number of steps and inputs: the fields at rest, the derivative of log M, the mean."""
    operators = Operators()
    yield Step(
        Statement(
            id="response",
            title="the exponent is at rest in v: the response to the source",
            lhs=(1 + D_T) * response,
            rhs=sp.I * D_star_T * source,
            paper="(6)–(8), (SI 41)–(SI 43)",
            given=(TRANSPOSED,),
        ),
        reason="∂(S+Q)/∂v = −(1 + D)ᵀu + iD_*ᵀℓ vanishes at u = iRᵀD_*ᵀℓ; without a source there is no response.",
        uses=("replica-mgf/action", "replica-mgf/source"),
        check=operators,
    )
    yield Step(
        Statement(
            id="residual",
            title="the exponent is at rest in u: the residual",
            lhs=(1 + D) * residual,
            rhs=sp.I * Y - sp.I * C_star_T * source + C * response,
            paper="(6)–(8), (SI 41)–(SI 43)",
            given=(RESOLVENT,),
        ),
        reason="∂(S+Q)/∂u = Cu − (1 + D)v + iY − iC_*ᵀℓ vanishes at this v; without a source v = iRY.",
        uses=("replica-mgf/action", "replica-mgf/source"),
        check=operators,
    )
    yield Step(
        Statement(
            id="slope",
            title="the derivative of log M by the source",
            lhs=C_test * source + sp.I * C_star * response - sp.I * D_star * residual,
            rhs=mean + covariance * source,
            paper="(SI 35)–(SI 39)",
        ),
        reason="∂ log M/∂ℓ = −∂Q/∂ℓ with both fields at rest: a Gaussian integral is its exponent there.",
        uses=("response", "residual"),
        check=operators,
    )
    yield Step(
        Statement(
            id="mean-residual",
            title="the mean of v is i(Y − f̄)",
            lhs=sp.I * (Y - f_train),
            rhs=sp.I * R * Y,
            paper="(SI 36)",
            given=(TRAINING, RESOLVENT),
        ),
        reason="Take a training input as the test point, D_* = D, so that f̄ = D R Y; without a source v = iRY.",
        uses=("residual", "slope"),
        check=operators,
    )
    yield Step(
        Statement(
            id="training",
            title="the mean predictor on the training inputs",
            lhs=f_train,
            rhs=D * (Y - f_train),
            paper="(16), (SI 35)–(SI 37), (SI 51)",
            given=(TRAINING, RESOLVENT),
        ),
        reason="f̄ = D R Y with R = (1 + D)⁻¹. At finite λ, D is a matrix over steps, in continuous time the integral "
        "operator of the NDK.",
        uses=("slope",),
        check=operators,
    )
    yield Step(
        Statement(
            id="test",
            title="the mean predictor on a test point",
            lhs=f_test,
            rhs=D_star * (Y - f_train),
            paper="(17), (SI 38), (SI 39), (SI 52)",
            given=((f_test, mean), TRAINING, RESOLVENT),
        ),
        reason="f̄_* = D_* R Y, and R Y is the residual Y − f̄ on the training inputs.",
        uses=("slope", "mean-residual"),
        check=operators,
    )


def steps() -> Iterator[Step]:
    """Any number of steps; a few steps by brute force; a chain; the continuous limit."""
    yield from general_steps()
    yield from _mean_by_fields.explicit_steps()
    yield _mean_chain.chain_step()
    yield from _mean_continuous.limit_steps()


DERIVATION = Derivation(
    id="mean-predictor",
    title="The mean predictor from the generating function: f̄ = D (Y − f̄)",
    paper="(6)–(8), (16), (17), (SI 32)–(SI 39), (SI 51), (SI 52)",
    assumptions=(
        "The action after n → 0, with the averaged kernels: (7), (8), and (SI 33), (SI 34) at finite λ.",
        "C is symmetric and positive, D is causal, 1 + D has an inverse.",
        "Nothing is assumed of C besides: what it contains at order 1/λ does not reach the mean.",
    ),
    exact=(
        "The fields at rest, ∂ log M/∂ℓ, and both equations for the mean, as letters that do not commute: for any"
        " number of steps and inputs, and for integral operators. The generating function with all fields integrated "
        "out one by one: 2 steps with every kernel symbolic; 3 steps, and 2 steps with 2 inputs, with rational "
        "kernels. The exact proximal chain of a linear regression for 3 steps. The limit λ → ∞ and its first "
        "correction for the exponential kernel (linear networks of any depth with σ₀ = σ)."
    ),
    physicist=(
        "The action itself (N → ∞, n → 0) is the starting point. For general kernels the limit of the sum is shown for "
        "one panel, not uniformly; the functional integral of continuous time is understood as its limit. The letters "
        "Dᵀ, Rᵀ and so on are taken as transposes in the explicit cases only."
    ),
    build=steps,
    headline="training",
)
