r"""A gradient that reaches the readout alone, or the hidden layers alone.

The NDK is a sum over the weights that the gradient is taken by: the readout's term e^{−κ|t−s|} K^L, and the hidden
layers' m K̇^L K^{d,L−1} (12). Weights that see no error have their noise and decay, which the kernels describe anyway;
so each term by itself is the kernel of a network of which only these weights learn. By `ndk-derivative` the hidden
layers' term is e^{−κ|t−s|} m ∂_m K^L.

Long after the start both depend on the lag alone, through ρ = e^{−κ(t−s)}, the correlation of a weight, and their
integrals over the past are

    T ∫_0^∞ e^{−κΔ} K^L dΔ = σ² ∫_0^1 K^L(m = ρσ²) dρ = K_r,      for the hidden layers  K_GP − K_r.

The readout alone learns the NNGP kernel averaged over how much the hidden layers have forgotten since, the hidden
layers alone the rest of it. Where the residual has come to rest, either takes the place of K_GP in the predictor (20).
Linear networks of depth L learn 1/(L+1) of K_GP by the readout, and solve (16) exactly.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, K, Kd, Kdot, abstract_instance
from ndk_sym.activations import activation, names
from ndk_sym.integrals import Antiderivative
from ndk_sym.kernels import Arguments, LayerMaps, layers
from ndk_sym.operators import Operators, operator
from ndk_sym.predictor import exponential_solution
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

DEPTHS = (1, 2, 3)
L, m, t, T, sigma2, kappa, rho = nt.L, nt.m, nt.t, nt.T, nt.sigma2, nt.kappa, nt.rho
lag = sp.Symbol("Delta", nonnegative=True)
kept = sp.exp(-kappa * lag)  # ρ

RATE: Rule = (T, kappa * sigma2)  # κ = T/σ²
K_r = operator("K_r")


class Averaged(sp.Function):
    """∫_0^ρ K^L(m = ρ'σ²) dρ' for an unspecified activation: of it, its slope and its zero are known."""

    nargs = 1
    is_real = True

    @classmethod
    def eval(cls, upper: sp.Expr) -> sp.Expr | None:
        """0 at 0."""
        return sp.Integer(0) if upper.is_zero else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """K^L(ρσ²)."""
        return K(L, sigma2 * self.args[0])


SOME = domain(
    functions=(
        (K, sp.Lambda((L, m), (1 + L) / 10 + m / 3)),
        (Averaged, sp.Lambda(rho, (1 + L) * rho / 10 + sigma2 * rho**2 / 6)),
    )
)


def hidden(maps: LayerMaps, depth: int, name: str) -> Statement:
    """The hidden layers' term as a derivative, by the recursion."""
    *_, below, top = layers(maps, depth, Arguments(m_ts=m))
    return Statement(
        id=f"{name}-{depth}",
        title=f"the hidden layers' term, {'any activation' if maps is PRICE else name}, depth {depth}",
        lhs=m * Kdot(depth, m) * Kd(depth - 1, m),
        rhs=nt.decay * m * sp.Derivative(K(depth, m), m),
        paper="(12)",
        given=((Kdot(depth, m), top.derivative), (Kd(depth - 1, m), below.ndk), (K(depth, m), top.cross)),
        domain=domain(where=(m**2 < nt.m_tt * nt.m_ss, nt.k_xy**2 < nt.k_xx * nt.k_yy), functions=abstract_instance()),
    )


def term_steps() -> Iterator[Step]:
    """The hidden layers' term."""
    for depth in DEPTHS:
        yield Step(
            hidden(PRICE, depth, "hidden"),
            reason="Each layer's derivative of its pre-activation is one term of the recursion for K^{d,L−1}.",
            uses=("price-theorem", "ndk-derivative"),
        )
    for name in names(paper=True):
        yield Step(
            hidden(activation(name), 2, name),
            reason="The same on the closed forms of this activation.",
            uses=("hidden-2", f"price-theorem/{name}"),
        )


def past_steps() -> Iterator[Step]:
    """Both terms integrated over the past."""
    whole = sigma2 * Averaged(sp.Integer(1))
    yield Step(
        Statement(
            id="readout-past",
            title="the readout's term over the past is the kernel averaged over forgetting",
            lhs=sp.Integral(T * kept * K(L, sigma2 * kept), (lag, 0, sp.oo)),
            rhs=whole,
            given=(RATE,),
            domain=SOME,
        ),
        reason="With ρ = e^{−κΔ}, dρ = −κρ dΔ and T = κσ²: σ² ∫_0^1 K^L(ρσ²) dρ = K_r.",
        uses=("long-time-identity/stationary-prior",),
        check=Antiderivative(-sigma2 * Averaged(kept)),
    )
    yield Step(
        Statement(
            id="hidden-past",
            title="the hidden layers' term over the past is the rest of the NNGP kernel",
            lhs=sp.Integral(-sigma2 * kept * sp.Derivative(K(L, sigma2 * kept), lag), (lag, 0, sp.oo)),
            rhs=sigma2 * K(L, sigma2) - whole,
            domain=SOME,
        ),
        reason="T e^{−κΔ} m ∂_m K^L = −σ² e^{−κΔ} ∂_Δ K^L, by parts: what is left at Δ = 0 is σ² K^L(t,t) = K_GP.",
        uses=("readout-past", *(f"hidden-{depth}" for depth in DEPTHS)),
        check=Antiderivative(-sigma2 * kept * K(L, sigma2 * kept) + sigma2 * Averaged(kept)),
    )


def rest_steps() -> Iterator[Step]:
    """The predictors at rest."""
    K_GP, Y, v = nt.K_GP, nt.Y, nt.v_rest
    inverse, other = operator("A_r"), operator("A_h")  # of K_r + T and of K_GP − K_r + T
    rest = K_GP - K_r
    for id, title, kernel, rules in (
        ("readout-rest", "the predictor at rest, the readout learning", K_r, ((K_r, inverse**-1 - T),)),
        ("hidden-rest", "the predictor at rest, the hidden layers learning", rest, ((K_GP, other**-1 - T + K_r),)),
    ):
        yield Step(
            Statement(
                id=id,
                title=title,
                lhs=Y - v,
                rhs=kernel * v / T,
                paper="(16)",
                given=((v, T * (kernel + T) ** -1 * Y), *rules),
            ),
            reason="(16) for a residual v = T (K + T)⁻¹ Y that does not change; f̄ = K (K + T)⁻¹ Y.",
            uses=("readout-past", "hidden-past", "nngp-limit/fixed-point"),
            check=Operators(),
        )


def linear_steps() -> Iterator[Step]:
    """Linear networks: shares of K_GP, and solutions of (16) that reach the predictors."""
    kept = sp.Symbol("rho", positive=True)  # its powers are taken apart
    yield Step(
        Statement(
            id="linear-share",
            title="linear networks: the readout learns K_GP/(L+1)",
            lhs=sp.Integral(sigma2 * (sigma2 * kept) ** L * nt.k_xy, (kept, 0, 1)),
            rhs=sigma2 * sigma2**L * nt.k_xy / (L + 1),
            paper="(SI 59)",
        ),
        reason="K^L = m^L K⁰, and K_GP = σ² σ^{2L} K⁰.",
        uses=("readout-past",),
        check=Antiderivative(sigma2 * sigma2**L * kept ** (L + 1) / (L + 1) * nt.k_xy),
    )
    whole = sp.Symbol("K", positive=True)  # an eigenvalue of K_GP
    for part, share in (("readout", 1), ("hidden", L)):
        learnt = share * whole / (L + 1)
        yield Step(
            Statement(
                id=f"linear-{part}",
                title=f"linear networks with σ₀ = σ reach it, {part} learning",
                lhs=sp.Limit(nt.f(t), t, sp.oo),
                rhs=learnt / (learnt + T) * nt.y,
                paper="(16), (SI 61)",
                given=(
                    (nt.f, sp.Lambda(t, exponential_solution(t))),
                    (nt.gamma, share * whole / sigma2),
                    (nt.r, (L + 1) / sigma2),
                ),
            ),
            reason="The term is γ e^{−(L+1)κ(t−s)} with γ = K_GP/σ², for the hidden layers L times that.",
            uses=("linear-share", f"{part}-rest", "ntk-limit/solvable"),
        )


def steps() -> Iterator[Step]:
    """The terms, their past, the predictors at rest, linear networks."""
    yield from term_steps()
    yield from past_steps()
    yield from rest_steps()
    yield from linear_steps()


DERIVATION = Derivation(
    id="learning-in-part",
    title="The readout, or the hidden layers, learning alone",
    paper="(12), (16), (20), (SI 59); not in the paper",
    assumptions=(
        "Weights without a gradient follow their prior; the mean obeys (16) with the other weights' term of K^{d,L}.",
        "At rest: t ≫ 1/κ, the stationary prior with m(t,s) = σ² e^{−κ(t−s)}, and v = Y − f̄ that does not change.",
        "Price's theorem ∂F/∂c = Ḟ (price-theorem).",
    ),
    exact=(
        "The hidden layers' term as a derivative, for an abstract activation at depths 1–3 and for the paper's three "
        "at depth 2; both integrals over the past for an abstract activation of symbolic depth; the predictors at rest "
        "for any number of inputs; linear networks of symbolic depth, with their solutions of (16)."
    ),
    physicist=(
        "That a term of the NDK is the kernel of a network of which only a part learns: the generating function with "
        "the other gradients left out, N → ∞ as for the whole. That the residual comes to rest."
    ),
    build=steps,
    headline="readout-past",
)
