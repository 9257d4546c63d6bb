"""Steps of mean-predictor from finite λ to continuous time: one panel of the sum, and the exponential kernel."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.integrals import Antiderivative
from ndk_sym.predictor import exponential_kernel, exponential_solution, predictor_equation
from ndk_sym.statement import Rule, Statement, Step, domain

t, s, i, T, lam, gamma, y, f = nt.t, nt.s, nt.i, nt.T, nt.lam, nt.gamma, nt.y, nt.f


def limit_steps() -> Iterator[Step]:
    """One panel of the sum for any integrand; the exponential kernel from finite λ to its limit and beyond."""
    G, width = sp.Function("G", real=True), sp.Symbol("h", positive=True)
    panel = G(s + width) - G(s) - width * sp.Subs(sp.Derivative(G(t), t), t, s + width)
    smooth = domain(functions=((G, sp.Lambda(t, sp.sin(t) + t**3 / 3)),))
    yield Step(
        Statement(
            id="panel",
            title="one term of the sum is one panel of the integral, up to order 1/λ²",
            lhs=sp.Subs(sp.Derivative(panel, (width, 2)), width, 0) / 2,
            rhs=-sp.Derivative(G(s), (s, 2)) / 2,
            paper="(SI 51), (SI 52)",
            domain=smooth,
        ),
        reason="G′ = K^d (y − f̄) and h = 1/λ; panel and term agree at orders 0 and 1, and λt panels leave order 1/λ.",
    )
    rate, (memory, root) = nt.r * T, sp.symbols("q rho", positive=True)
    strength = memory / root - 1  # γ/λ, from ρ = q/(1 + γ/λ)
    discrete = sp.Function("f_lambda", real=True)
    solved = (discrete, sp.Lambda(i, strength * y / (1 + strength - memory) * (1 - root**i)))
    yield Step(
        Statement(
            id="recurrence",
            title="the exponential kernel at finite λ: one more step",
            lhs=discrete(i + 1),
            rhs=memory * discrete(i) + strength * (y - discrete(i + 1)),
            paper="(SI 35)–(SI 37)",
            given=(solved,),
        ),
        reason="K^d_{t,s} = γ q^{t−s} with q = e^{−rT/λ}: the sum over s ≤ t remembers q of the last; f_λ(0) = 0. "
        "Here q/ρ = 1 + γ/λ.",
        uses=("discrete-rule",),
    )
    decay = sp.exp(-rate / lam)
    along = sp.exp(-rate * t) * (1 + gamma / lam) ** (-lam * t)
    at_time = gamma / lam * y / (1 + gamma / lam - decay) * (1 - along)
    yield Step(
        Statement(
            id="limit",
            title="its limit λ → ∞ at fixed time",
            lhs=sp.Limit(at_time, lam, sp.oo),
            rhs=exponential_solution(t),
            paper="(16), (SI 51)",
        ),
        reason="f_λ(λt), with ρ^{λt} = e^{−rTt}(1 + γ/λ)^{−λt}, becomes the solution in continuous time.",
        uses=("recurrence",),
    )
    total = gamma + rate
    plateau = gamma / (gamma + (1 - sp.exp(-rate * width)) / width)
    yield Step(
        Statement(
            id="rate-plateau",
            title="the first correction in 1/λ: the plateau",
            lhs=sp.Limit((plateau - gamma / total) / width, width, 0),
            rhs=gamma * rate**2 / (2 * total**2),
        ),
        reason="The factor in front of 1 − ρ^{λt}, at h = 1/λ: its distance from γ/(γ+rT) is of first order in 1/λ.",
        uses=("limit",),
    )
    yield Step(
        Statement(
            id="rate-memory",
            title="the first correction in 1/λ: the approach to it",
            lhs=sp.Limit((gamma * t - t / width * sp.log(1 + gamma * width)) / width, width, 0),
            rhs=gamma**2 * t / 2,
        ),
        reason="log ρ^{λt} + (γ+rT)t over h: of first order at fixed time; the theory of finite λ converges like 1/λ.",
        uses=("limit",),
    )
    solution: Rule = (f, sp.Lambda(t, exponential_solution(t)))
    share = (1 - sp.exp(-total * t)) / total
    yield from continuous_steps(solution, share)


def continuous_steps(solution: Rule, share: sp.Expr) -> Iterator[Step]:
    """The limit solves (16), and gives (17)."""
    total, rate = gamma + nt.r * T, nt.r * T
    # ∫ e^{−rT(t−s)} (y − f̄(s)) ds, y − f̄(s) = y (rT + γ e^{−(γ+rT)s})/(γ+rT)
    primitive = y / total * sp.exp(-rate * (t - s)) * (1 - sp.exp(-total * s))
    yield Step(
        Statement(
            id="continuous-training",
            title="the limit solves the integral equation on the training inputs",
            lhs=predictor_equation(exponential_kernel),
            rhs=f(t),
            paper="(16), (SI 51)",
            given=(solution,),
        ),
        reason="What the sums of finite λ converge to obeys (16).",
        uses=("limit",),
        check=Antiderivative(gamma * primitive),
    )
    yield Step(
        Statement(
            id="continuous-test",
            title="and its residual gives the test predictor",
            lhs=predictor_equation(lambda later, earlier: nt.k_star * sp.exp(-rate * (later - earlier))),
            rhs=nt.k_star * y * share,
            paper="(17), (SI 52)",
            given=(solution,),
        ),
        reason="The same integral with the test point's kernel k^d = k_* e^{−rT(t−s)}.",
        uses=("continuous-training",),
        check=Antiderivative(nt.k_star * primitive),
    )
