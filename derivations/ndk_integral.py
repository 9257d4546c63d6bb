r"""The integral of the NDK over the past: ∫_{−∞}^t K^{d,L}(t,s) ds = K_GP/T.

Long after the start the identity ∂_s[m K^L] = T K^{d,L} makes the NDK a total derivative. Over a window from t₀ to t
only the ends remain: at s = t the NNGP kernel σ² K^L(t,t), at s = t₀ the product m(t,t₀) K^L(t,t₀). As t₀ → −∞ the
weights decorrelate, m → 0. K^L itself need not vanish: two independent sets of weights still agree about the mean
activations, K^L → μμ, which is not zero for ReLU. But it stays bounded, and the product vanishes.

With m in place of s no limit is needed: ds = dm/(κm), K^{d,L} = (m/σ²) ∂_m[m K^L], and m runs from 0 to σ².
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import K, Kd
from ndk_sym.activations import activation, names
from ndk_sym.densities import density, pair_density
from ndk_sym.integrals import Antiderivative
from ndk_sym.kernels import Arguments, layers, nngp
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

DEPTHS = (1, 2)
L, t, s, T, m, sigma2, kappa = nt.L, nt.t, nt.s, nt.T, nt.m, nt.sigma2, nt.kappa
lag = sp.Symbol("Delta", nonnegative=True)
start = sp.Symbol("t_0", real=True)
past = sp.Symbol("s", real=True)  # the time that is integrated over: it may lie far in the past

RATE = (kappa, T / sigma2)
CORRELATED = (nt.k_xy**2 < nt.k_xx * nt.k_yy,)

# A kernel of the lag, or of m, to sample statements about abstract ones; the proofs keep them abstract.
BY_LAG = (K, sp.Lambda((L, lag), (1 + L) / 10 + sp.exp(-lag) * sp.sin(lag) / 3))
BY_WEIGHT = (K, sp.Lambda((L, m), (1 + L) / 10 + sp.sin(m) / 3))


def stationary(later: sp.Expr, earlier: sp.Expr) -> sp.Expr:
    """m(t,s) = σ² e^{−κ(t−s)}. (SI 69)"""
    return sigma2 * sp.exp(-kappa * (later - earlier))


def steps() -> Iterator[Step]:
    """A finite window, the far past, the whole past, and every registered activation."""
    yield window_step()
    yield from past_steps()
    yield from theorem_steps()
    yield from explicit_steps()


def window_step() -> Step:
    """The integral over a finite window."""
    correlation = stationary(t, past) * K(L, t - past)
    ends = sigma2 * K(L, 0) - stationary(t, start) * K(L, t - start)
    return Step(
        Statement(
            id="window",
            title="over a finite window only the ends remain",
            lhs=sp.Integral(Kd(L, t - past), (past, start, t)),
            rhs=ends / T,
            paper="(SI 71), (SI 74)",
            given=((Kd(L, t - past), sp.Derivative(correlation, past) / T), RATE),
            domain=domain({start: (-3, -1)}, functions=(BY_LAG,)),
        ),
        reason="T K^{d,L} = ∂_s[m K^L], a total derivative; at long times the kernels depend on the lag alone.",
        uses=("long-time-identity",),
        check=Antiderivative(correlation / T),
    )


def past_steps() -> Iterator[Step]:
    """What is left at the far end."""
    yield Step(
        Statement(
            id="decorrelated",
            title="weights of the far past are independent of those of today",
            lhs=sigma2 - sp.Limit(stationary(t, start), start, -sp.oo),
            rhs=sigma2,
            given=(RATE,),
        ),
        reason="m(t,t₀) = σ² e^{−κ(t−t₀)} → 0.",
    )
    zero = sp.Integer(0)
    yield Step(
        Statement(
            id="factorise",
            title="the averages then factorise, F(a, 0, b) = μ(a) μ(b)",
            lhs=pair_density(nt.z1, nt.z2, nt.a, zero, nt.b) * nt.phi(nt.z1) * nt.phi(nt.z2),
            rhs=density(nt.z1, nt.a) * nt.phi(nt.z1) * (density(nt.z2, nt.b) * nt.phi(nt.z2)),
            paper="(22)",
            domain=domain(functions=((nt.phi, sp.Lambda(nt.z, sp.sin(nt.z) + nt.z**2 / 3)),)),
        ),
        reason="At c = 0 the density is a product, for any φ: K^L tends to μμ, a finite number; m K^L → 0.",
        uses=("decorrelated",),
    )
    relu = activation("relu")
    yield Step(
        Statement(
            id="relu-mean",
            title="for ReLU the kernel of the far past is not zero",
            lhs=nt.F(nt.a, zero, nt.b),
            rhs=nt.mu(nt.a) * nt.mu(nt.b),
            paper="(22), (23)",
            given=((nt.F, relu.dual), (nt.mu, relu.mean)),
        ),
        reason="The registered closed forms: F(a, 0, b) = √(ab)/2π, and μ(a) = √(a/2π).",
        uses=("factorise",),
    )
    yield Step(
        Statement(
            id="far-end",
            title="the far end contributes nothing",
            lhs=(sigma2 * K(L, sigma2) - sp.Subs(m * K(L, m), m, 0)) / T,
            rhs=sigma2 * K(L, sigma2) / T,
            domain=domain(functions=(BY_WEIGHT,)),
        ),
        reason="K^L as a function of m is finite at m = 0, and is multiplied by m.",
        uses=("decorrelated", "factorise"),
    )


def theorem_steps() -> Iterator[Step]:
    """The change of variables, and the theorem."""
    slope = sp.Derivative(m * K(L, m), m)
    yield Step(
        Statement(
            id="variables",
            title="from the time s to the weight m",
            lhs=Kd(L, m),
            rhs=sp.Derivative(stationary(t, s), s) * slope / T,
            given=((Kd(L, m), sp.exp(-kappa * (t - s)) * slope), RATE),
            domain=domain(where=(s < t,), functions=(BY_WEIGHT,)),
        ),
        reason="K^{d,L} = e^{−κ(t−s)} ∂_m[m K^L] and ∂m/∂s = T e^{−κ(t−s)}: K^{d,L} ds = ∂_m[m K^L] dm/T.",
        uses=("ndk-derivative",),
    )
    yield Step(
        Statement(
            id="theorem",
            title="the integral of the NDK over the past",
            lhs=sp.Integral(slope / T, (m, 0, sigma2)),
            rhs=sigma2 * K(L, sigma2) / T,
            paper="(SI 74)",
            domain=domain(functions=(BY_WEIGHT,)),
        ),
        reason="The left side is ∫_{−∞}^t K^{d,L}(t,s) ds in the variable m; the right side is K_GP/T.",
        uses=("variables", "far-end"),
        check=Antiderivative(m * K(L, m) / T),
    )


def explicit_steps() -> Iterator[Step]:
    """Every registered activation: the antiderivative, and a quadrature that knows only the recursion."""
    memory = sp.exp(-kappa * lag)
    for name in names(paper=True):
        maps = activation(name)
        for depth in DEPTHS:
            *_, top = layers(maps, depth, Arguments(sigma2, sigma2 * memory, sigma2, memory))
            response, correlation = Kd(depth, lag), sigma2 * memory * K(depth, lag)
            equal_times = nngp(maps, depth) / sigma2
            given: tuple[Rule, ...] = (response, top.ndk), (K(depth, 0), equal_times), (K(depth, lag), top.cross), RATE
            yield Step(
                Statement(
                    id=f"{name}-{depth}",
                    title=f"{name} at depth {depth}, on the explicit recursion",
                    lhs=sp.Integral(response, (lag, 0, sp.oo)),
                    rhs=sigma2 * K(depth, 0) / T,
                    paper="(SI 74)",
                    given=given,
                    domain=domain(where=CORRELATED),
                ),
                reason="K^{d,L} of the recursion, integrated over the lag numerically and from −m K^L/T at the ends.",
                uses=("theorem",),
                check=Antiderivative(-correlation / T),
            )


DERIVATION = Derivation(
    id="ndk-integral",
    title="The integral of the NDK: ∫_{−∞}^t K^{d,L}(t,s) ds = K_GP/T",
    paper="(SI 74)",
    assumptions=(
        "t ≫ 1/κ: the prior is stationary over the whole past, m(t,s) = σ² e^{−κ(t−s)}, with κ = T/σ² > 0.",
        "The identity ∂_s[m K^L] = T K^{d,L} (long-time-identity), or K^{d,L} as a derivative (ndk-derivative).",
        "φ has a finite mean and a finite second moment under every Gaussian.",
    ),
    exact=(
        "The window by its antiderivative; the change of variables; the integral over m, for an abstract kernel of any "
        "depth; every registered activation at depths 1 and 2, where an independent quadrature of the recursion agrees "
        "and the antiderivative −m K^L/T proves it. All are exact symbolic zeros."
    ),
    physicist=(
        "The stationary prior is extended to s → −∞: the transient of the initialisation is dropped. That K^L(m) is "
        "continuous at m = 0 (dominated convergence) is used, not checked, for an abstract φ."
    ),
    build=steps,
    headline="theorem",
)
