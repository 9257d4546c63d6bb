"""Steps of drift after complete decorrelation: K_mean, why it vanishes for odd φ, and what survives for ReLU."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, F, K, abstract_instance
from ndk_sym.activations import activation, names
from ndk_sym.densities import density, pair_density
from ndk_sym.integrals import Antiderivative
from ndk_sym.kernels import Arguments, LayerMaps, layers, mean
from ndk_sym.operators import Operators
from ndk_sym.statement import Statement, Step, domain

DEPTHS = (1, 2, 3)
T, sigma2 = nt.T, nt.sigma2


def independence_steps() -> Iterator[Step]:
    """Complete decorrelation for an abstract activation."""
    z1, z2, a, b = nt.z1, nt.z2, nt.a, nt.b
    yield Step(
        Statement(
            id="independent",
            title="at c = 0 the two pre-activations are independent",
            lhs=nt.phi(z1) * nt.phi(z2) * pair_density(z1, z2, a, sp.Integer(0), b),
            rhs=nt.phi(z1) * density(z1, a) * (nt.phi(z2) * density(z2, b)),
            paper="(22)",
            domain=domain(functions=((nt.phi, sp.Lambda(nt.z, sp.sin(nt.z) + nt.z**2 / 3 + 2)),)),
        ),
        reason="The joint density is the product of the two: the average of φφ is μ(a) μ(b) for any φ.",
    )
    for depth in DEPTHS:
        *_, top = layers(PRICE, depth, decorrelated)
        yield Step(
            Statement(
                id=f"mean-{depth}",
                title=f"the kernel after complete decorrelation, any activation, depth {depth}",
                lhs=K(depth, 0),
                rhs=mean(PRICE, depth),
                paper="(22), (SI 83)",
                given=((K(depth, 0), top.cross), (F, product_of_means)),
                domain=domain(functions=(*abstract_instance(), (nt.mu, sp.Lambda(a, a / 3 + a**2 / 5)))),
            ),
            reason="m(t,t₀) → 0 sets c = 0 in the last layer, whatever the layers below; F(a, 0, b) = μ(a) μ(b).",
            uses=("independent",),
        )
    k, K_GP, drifted = nt.k_drift, nt.K_GP, sp.Symbol("k_mean", commutative=False)
    yield Step(
        Statement(
            id="static",
            title="the predictor after complete decorrelation",
            lhs=sigma2 * k * nt.v_rest / T,
            rhs=sigma2 * drifted * (K_GP + T) ** -1 * nt.Y,
            paper="(23), (SI 83)",
            given=((k, drifted), (nt.v_rest, T * nt.A * nt.Y), (K_GP, nt.A**-1 - T)),
        ),
        reason="(21) with the kernel's limit: what the readout learnt is kept, the representation is its average.",
        uses=("predictor", *(f"mean-{depth}" for depth in DEPTHS)),
        check=Operators(),
    )


# no covariance between the weights at the two times, the variance of each as at equilibrium
decorrelated = Arguments(m_tt=sigma2, m_ts=sp.Integer(0), m_ss=sigma2, decay=sp.Integer(0))


def product_of_means(a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
    """F(a, 0, b) = μ(a) μ(b); elsewhere F stays what it is."""
    return nt.mu(a) * nt.mu(b) if c == 0 else F(a, c, b)


def survival_steps() -> Iterator[Step]:
    """What is left for the registered activations."""
    z, a = nt.z, nt.a
    for name in names(paper=True):
        maps = activation(name)
        if maps.phi(-z) + maps.phi(z) == 0:
            yield from odd_steps(name)
    relu = activation("relu")
    yield Step(
        Statement(
            id="relu-average",
            title="ReLU: the mean activation",
            lhs=sp.Integral(relu.phi(z).xreplace({sp.Max(0, z): z}) * density(z, a), (z, 0, sp.oo)),
            rhs=relu.mean(a),
            paper="(22)",
        ),
        reason="Only z > 0 contributes, where φ(z) = z.",
        check=Antiderivative(-a * density(z, a)),
    )
    for depth in DEPTHS:
        *_, top = layers(relu, depth, decorrelated)
        yield Step(
            Statement(
                id=f"relu-norms-{depth}",
                title=f"ReLU at depth {depth}: the norms survive",
                lhs=K(depth, 0),
                rhs=(sigma2 / 2) ** depth * sp.sqrt(nt.k_xx) * sp.sqrt(nt.k_yy) / sp.pi,
                paper="(22), (SI 62)",
                given=((K(depth, 0), top.cross),),
            ),
            reason="The closed form at θ = π/2: the product of the inputs' norms. Their angle is forgotten.",
            uses=("relu-average", f"mean-{depth}"),
        )


def odd_steps(name: str) -> Iterator[Step]:
    """An odd activation has mean zero, and its kernel vanishes at a known rate."""
    maps, z = activation(name), nt.z
    yield Step(
        Statement(
            id=f"{name}-odd",
            title=f"{name}: the average of φ cancels",
            lhs=nt.phi(-z) * density(-z, nt.a),
            rhs=-nt.phi(z) * density(z, nt.a),
            paper="(22)",
            given=((nt.phi, maps.phi),),
        ),
        reason="The integrand of μ(a) is odd; hence μ = 0 and K_mean = 0: nothing survives.",
    )
    weight = nt.m
    for depth in DEPTHS[:2]:
        *_, top = layers(maps, depth, Arguments(sigma2, weight, sigma2, nt.decay))
        slopes = [maps.dual_derivative(*variances) for variances in pre_activations(maps, depth)]
        yield Step(
            Statement(
                id=f"{name}-decay-{depth}",
                title=f"{name} at depth {depth}: the kernel vanishes like e^{{−{depth}κ(t−t₀)}}",
                lhs=sp.Limit(K(depth, weight) / weight**depth, weight, 0),
                rhs=sp.Mul(*slopes) * nt.k_xy,
                paper="(22)",
                given=((K(depth, weight), top.cross),),
                domain=domain(where=(nt.k_xy**2 < nt.k_xx * nt.k_yy,)),
            ),
            reason="m(t,t₀) = σ² e^{−κ(t−t₀)} enters in every layer; the slope of F at c = 0 is ⟨φ′⟩⟨φ′⟩.",
            uses=(f"{name}-odd",),
        )


def pre_activations(maps: LayerMaps, depth: int) -> Iterator[tuple[sp.Expr, sp.Expr, sp.Expr]]:
    """(a, 0, b) of every layer after complete decorrelation."""
    for layer in list(layers(maps, depth, decorrelated))[:-1]:
        yield sigma2 * layer.norm_t, sp.Integer(0), sigma2 * layer.norm_s
