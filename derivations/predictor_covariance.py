r"""The covariance of the predictor over an ensemble of networks; the paper has its mean only.

In the wide limit f is Gaussian. The Gaussian measure (6)–(8) says that f = g + K^d (Y − f): a zero-mean process g of
covariance m K^L, and what the network learns of its own residual. On all times and training inputs at once, with D for
the NDK and R = (1 + D)⁻¹,

    f = R g + (1 − R) Y,            Cov f = R C Rᵀ,
    f_* = g_* + D_* R (Y − g),      fluctuation g_* − D_* R g  on a test point.

At T → 0 and fixed t the prior stands still, and this is the ensemble of the neural tangent kernel (Lee et al. 2019).
From σ₀ = σ the fluctuation–dissipation theorem C(t−s)′ = −T K^d(t−s) closes the equations for any activation: if
f̄_*(t) = Φ(t) Y is the mean predictor, then

    Var f_*(t) = K_** − Φ k − kᵀ Φᵀ + Φ (K_GP + T) Φᵀ

at every time t: the error that the linear predictor Φ makes on labels drawn from the Gaussian process with noise of
variance T. Completing the square, it is the posterior variance K_** − kᵀ (K_GP + T)⁻¹ k, plus what Φ(t) lacks of its
equilibrium; as t → ∞ the ensemble is the Gaussian-process posterior (20).

The steps take time in discrete steps, with letters that do not commute, so that they hold for any number of inputs. One
term more appears there, T Σ X_k X_kᵀ with X_k of the order of a step, and so is the sum. The continuous equations are
solved for an exponential kernel, and a chain of Gaussian weights is integrated by brute force.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derivations._covariance_brute import brute_force_steps, grid_steps
from derivations._covariance_ensemble import ensemble_steps
from derivations._covariance_mode import mode_limits, mode_steps
from derivations._covariance_normals import UNIT_NORMALS, covariance_of, root, root_star
from ndk_sym import notation as nt
from ndk_sym.lattice import convolved, filtered_covariance, resolvent
from ndk_sym.operators import Operators, operator
from ndk_sym.prove import Induction
from ndk_sym.statement import Derivation, Rule, Statement, Step

T = nt.T
D, R, C, g, Y, A = nt.D, nt.R, nt.C, nt.g, nt.Y, nt.A
D_star, C_star, C_test, g_star = nt.D_star, nt.C_star, nt.C_test, nt.g_star
K_GP = nt.K_GP
kernel = operator("k_{GP}")  # of the test point with the training inputs, a column
k_GP = sp.transpose(kernel)
LAGS = (1, 2, 3)

INVERSE: Rule = (D, R**-1 - 1)  # R = (1 + D)⁻¹
K_test = operator("K_{**}")  # the NNGP kernel of the test points
Phi = operator("Phi")  # f̄_*(t) = Φ(t) Y
# after i discrete steps: the variance of f_*, the last coefficient of X = D_* R, and Σ X_k X_kᵀ
V, X, squares_of_X = operator("V_{i}"), operator("X"), operator("Q_{i}")
Sigma_star, Sigma_test = operator("Sigma_*"), operator("Sigma_**")  # covariances with and on a test point
SYMMETRIC: tuple[Rule, ...] = ((sp.transpose(A), A), (sp.transpose(K_GP), K_GP))


def smoother_error(predictor: sp.Expr) -> sp.Expr:
    """K_** − Φ k − kᵀ Φᵀ + Φ (K_GP + T) Φᵀ: the error of a linear predictor on noisy draws of the Gaussian process."""
    cross = predictor * sp.transpose(k_GP)
    return K_test - cross - sp.transpose(cross) + predictor * (K_GP + T) * sp.transpose(predictor)


def steps() -> Iterator[Step]:
    """Linear algebra; brute force; T → 0; σ₀ = σ; the posterior; an explicit case in continuous time."""
    yield from resolvent_steps()
    yield from covariance_steps()
    yield from grid_steps()
    yield from brute_force_steps()
    yield from ensemble_steps()
    yield from fluctuation_steps()
    yield from variance_steps()
    yield from posterior_steps()
    yield from mode_steps()
    yield from mode_limits()


def resolvent_steps() -> Iterator[Step]:
    """f = g + D (Y − f), solved."""
    learnt = R * g + (1 - R) * Y
    yield Step(
        Statement(
            "training", learnt, g + D * (Y - learnt), "(6)–(8)", given=(INVERSE,), title="the equation of f, solved"
        ),
        reason="R = (1 + D)⁻¹ with D strictly causal; f̄ = (1 − R) Y is (16).",
        check=Operators(),
    )
    yield Step(
        Statement(
            "residual", Y - learnt, R * (Y - g), "(16)", given=(INVERSE,), title="what is left to learn at each time"
        ),
        reason="Subtract.",
        uses=("training",),
        check=Operators(),
    )
    yield Step(
        Statement(
            "test",
            g_star + D_star * (Y - learnt) - D_star * R * Y,
            g_star - D_star * R * g,
            paper="(17)",
            title="the fluctuation on a test point",
        ),
        reason="f_* = g_* + D_*(Y − f) less its mean D_* R Y.",
        uses=("residual",),
        check=Operators(),
    )


def covariance_steps() -> Iterator[Step]:
    """Covariances of the solution."""
    here, there = R * root, root_star - D_star * R * root
    cross = D_star * R * sp.transpose(C_star)
    spread = D_star * R * C * sp.transpose(R) * sp.transpose(D_star)
    between = C_star * sp.transpose(R) - D_star * R * C * sp.transpose(R)
    on_test = C_test - cross - sp.transpose(cross) + spread
    among = "the covariance on the training inputs"
    for id, title, letter, value, rhs in (
        ("covariance", among, nt.Sigma, covariance_of(here, here), R * C * sp.transpose(R)),
        (
            "covariance-cross",
            "between a test point and the training inputs",
            Sigma_star,
            covariance_of(there, here),
            between,
        ),
        ("covariance-test", "on a test point", Sigma_test, covariance_of(there, there), on_test),
    ):
        yield Step(
            Statement(id, letter, rhs, title=title, given=((letter, value), *UNIT_NORMALS)),
            reason="A Gaussian g is S ξ with independent unit normals ξ: C = S Sᵀ, C_* = S_* Sᵀ, C_** = S_* S_*ᵀ. What "
            "fluctuates is R S ξ on the training inputs, (S_* − D_* R S) ξ on a test point.",
            uses=("training", "test"),
            check=Operators(),
        )


def lattice(n: int) -> tuple[Rule, ...]:
    """V_n, Φ_n and Q_n in letters for C and C_* at each lag, with D and D_* tied to them by the theorem."""
    on, off = ([operator(f"{name}_{k}") for k in range(n + 1)] for name in ("C", "c"))
    response, response_star = ([sp.Integer(0)] + [(x[k - 1] - x[k]) / T for k in range(1, n + 1)] for x in (on, off))
    learning = convolved(response_star, resolvent(response))  # X = D_* R; the fluctuation is g_* − X g
    cross = sp.Add(*(off[k] * sp.transpose(learning[k]) for k in range(n + 1)))
    variance = K_test - cross - sp.transpose(cross) + filtered_covariance(learning, on)
    return (
        (V, variance),
        (Phi, sp.Add(*learning)),
        (squares_of_X, sp.Add(*(x * sp.transpose(x) for x in learning))),
        *((sp.transpose(x), x) for x in on),
        (K_GP, on[0]),
        (kernel, sp.transpose(off[0])),
    )


def fluctuation_steps() -> Iterator[Step]:
    """σ₀ = σ: C and D are tied by the fluctuation–dissipation theorem."""
    yield Step(
        Statement(
            "closed-loop",
            R * (D - sp.transpose(D)) * sp.transpose(R),
            sp.transpose(R) - R,
            title="learning keeps the theorem: the loop closed on both sides",
            given=(INVERSE,),
        ),
        reason="T (D − Dᵀ) is the slope ∂_s C of the prior; the same holds of f with the response 1 − R in place of D.",
        uses=("training", "fluctuation-dissipation"),
        check=Operators(),
    )
    yield Step(
        Statement(
            "memory-of-the-start",
            (k_GP - T * D_star) - D_star * R * (K_GP - T * D),
            k_GP - D_star * R * (K_GP + T),
            title="the covariance of the fluctuation with the initial g is k_GPᵀ − Φ (K_GP + T)",
            given=(INVERSE,),
        ),
        reason=(
            "The theorem, summed: C(t,0) = K_GP − T ∫ K^d, and so on a test point. The operators act on what does not "
            "depend on time, where D_* R is Φ(t)."
        ),
        uses=("covariance-cross", "fluctuation-dissipation"),
        check=Operators(),
    )


def variance_steps() -> Iterator[Step]:
    """The variance at every time from σ₀ = σ, by induction on the number of steps."""
    theorem = Statement(
        "variance",
        V,
        smoother_error(Phi) + T * squares_of_X,
        title="the variance after i steps from σ₀ = σ: any activation, any number of inputs and steps",
    )
    yield Step(
        theorem.where((V, K_test), (Phi, 0), (squares_of_X, 0), id="variance-start", title="before the first step"),
        reason="f_* = g_*, nothing is learnt.",
        check=Operators(),
    )
    # the fluctuation is that of i steps, begun one step later, less X g_0; here is its covariance with g_0
    initial = k_GP - (Phi + X) * (K_GP + T) + X * K_GP
    crossed = X * sp.transpose(initial)
    yield Step(
        theorem.where(
            (sp.transpose(K_GP), K_GP),
            id="variance-step",
            title="one step more",
            lhs=theorem.rhs - crossed - sp.transpose(crossed) + X * K_GP * sp.transpose(X),
            rhs=smoother_error(Phi + X) + T * (squares_of_X + X * sp.transpose(X)),
        ),
        reason=(
            "The prior is stationary: the fluctuation is one of i steps, begun a step later, less X g_0, where "
            "X = X_{i+1}; the covariance of the two is known from the initial g. Φ_{i+1} = Φ_i + X."
        ),
        uses=("memory-of-the-start", "covariance-test"),
        check=Operators(),
    )
    yield Step(
        theorem,
        reason=(
            "Induction on the number of steps; explicitly, with D_k = (C_{k−1} − C_k)/T at lag k, for one, two and "
            "three of them. Q_i = Σ X_k X_kᵀ with X = D_* R vanishes with the length of a step."
        ),
        uses=("variance-start", "variance-step"),
        check=Induction(
            "variance-start", "variance-step", tuple((f"{n} steps", lattice(n)) for n in LAGS), decide=Operators()
        ),
    )


def posterior_steps() -> Iterator[Step]:
    """The square completed, and its minimum."""
    inverse: Rule = (K_GP, A**-1 - T)
    best = k_GP * A
    posterior = K_test - k_GP * A * sp.transpose(k_GP)
    lacking = Phi - best
    for id, title, lhs, rhs, reason, uses in (
        (
            "square",
            "the variance is the posterior's and what the mean lacks of its equilibrium",
            smoother_error(Phi),
            posterior + lacking * (K_GP + T) * sp.transpose(lacking),
            "Complete the square in Φ; K_GP + T is positive, so that no time has less variance than equilibrium.",
            ("variance",),
        ),
        (
            "posterior",
            "the Gaussian-process posterior",
            smoother_error(best),
            posterior,
            "As t → ∞ the mean predictor is Φ = k_GPᵀ (K_GP + T)⁻¹.",
            ("square", "nngp-limit"),
        ),
        (
            "posterior-training",
            "the posterior on the training inputs",
            T - 2 * T * T * A + T * A * (K_GP + T) * T * A,
            K_GP - K_GP * A * K_GP,
            "On training inputs Φ = 1 − ψ with ψ → T (K_GP + T)⁻¹; of order T for small T.",
            ("posterior",),
        ),
    ):
        yield Step(
            Statement(id, lhs, rhs, paper="(20)", title=title, given=(*SYMMETRIC, inverse, *SYMMETRIC)),
            reason=reason,
            uses=uses,
            check=Operators(),
        )


DERIVATION = Derivation(
    id="predictor-covariance",
    title="The covariance of the predictor: R C Rᵀ, from the NTK ensemble to the posterior",
    paper="(6)–(8), (18), (20); not in the paper",
    assumptions=(
        "The Gaussian measure (6)–(8): f = g + K^d (Y − f) with g Gaussian of zero mean and covariance m K^L.",
        "For the NTK ensemble: T → 0 at fixed time, where m = σ₀² and K^d = K_NTK.",
        "For the closed formula: σ₀ = σ, so that T K^d is the slope of m K^L at all times (fluctuation-dissipation).",
    ),
    exact=(
        "The resolvent and all covariances, as letters that do not commute, hence for any number of inputs and times; "
        "the variance after any number of discrete steps from σ₀ = σ, by induction and explicitly for one to three "
        "steps; the completed square and the posterior. With an exponential kernel the continuous equations are "
        "solved, and their limits are the NTK ensemble and the posterior. R C Rᵀ on three times, with "
        "every entry of both kernels a symbol; and a chain of Gaussian weights, integrated without any of this."
    ),
    physicist=(
        "The Gaussian measure itself (N → ∞, n → 0) is taken from the paper. That Σ X_k X_kᵀ vanishes as the steps "
        "get short is an estimate, X_k being of the order of a step, and is confirmed by the exponential kernel only. "
        "That Φ(t) reaches k_GPᵀ (K_GP + T)⁻¹ is nngp-limit. For σ₀ ≠ σ there is the resolvent formula but no closed "
        "one; as t → ∞ the start is forgotten. The principle of induction is used, not checked."
    ),
    build=steps,
    headline="variance",
)
