"""The layer recursion: two-time kernels K^l, K̇^l, K^{d,l} of any depth, and the kernels they contain.

One recursion serves everything. It takes any object with `dual`, `dual_derivative`, `norm` and `mean`: an
activation, its stable forms, or the abstract activation. What happens to each intermediate value is decided
by a `Tracer`: nothing (one nested expression), or becoming a named step of a `Program`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.activations import Activation
from ndk_sym.stable import Hypot, RootDet

__all__ = [
    "ABSTRACT", "AbstractActivation", "Arguments", "Layer", "LayerMaps", "Recorder", "StableMaps",
    "StableRecorder", "Tracer", "derivative", "layers", "mean", "ndk", "nngp", "ntk", "two_time",
]  # fmt: skip


class LayerMaps(Protocol):
    """What the recursion needs of an activation."""

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """F(a, c, b)."""

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """Ḟ(a, c, b)."""

    def norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a)."""

    def mean(self, a: sp.Expr) -> sp.Expr:
        """μ(a)."""


@dataclass(frozen=True)
class AbstractActivation:
    """An activation of which nothing is known: F, Ḟ, F(a, a, a), μ are undefined functions."""

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return nt.F(a, c, b)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return nt.Fdot(a, c, b)

    def norm(self, a: sp.Expr) -> sp.Expr:
        return nt.norm(a)

    def mean(self, a: sp.Expr) -> sp.Expr:
        return nt.mu(a)


ABSTRACT = AbstractActivation()


@dataclass(frozen=True)
class StableMaps:
    """An activation seen through its stable forms."""

    activation: Activation

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self.activation.stable_dual(a, c, b)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self.activation.stable_dual_derivative(a, c, b)

    def norm(self, a: sp.Expr) -> sp.Expr:
        return self.activation.stable_norm(a)

    def mean(self, a: sp.Expr) -> sp.Expr:
        return self.activation.stable_mean(a)


@dataclass(frozen=True)
class Arguments:
    """What the recursion starts from: the prior at (t, s) and the input kernel K⁰. (12)

    `m_root` is √(m_tt m_ss − m_ts²), for callers that know it better than by subtraction.
    """

    m_tt: sp.Expr = nt.m_tt
    m_ts: sp.Expr = nt.m_ts
    m_ss: sp.Expr = nt.m_ss
    decay: sp.Expr = nt.decay
    k_xx: sp.Expr = nt.k_xx
    k_xy: sp.Expr = nt.k_xy
    k_yy: sp.Expr = nt.k_yy
    m_root: sp.Expr | None = None

    @classmethod
    def constant(cls, weight: sp.Expr) -> Arguments:
        """Return the arguments of one network at one time: all covariances are `weight`, no decay."""
        zero, one = sp.Integer(0), sp.Integer(1)
        return cls(m_tt=weight, m_ts=weight, m_ss=weight, decay=one, m_root=zero)


@dataclass(frozen=True)
class Layer:
    """Layer l of the recursion: K^l at (t,s), (t,t) and (s,s), K̇^l and K^{d,l} at (t,s)."""

    index: int
    cross: sp.Expr
    norm_t: sp.Expr
    norm_s: sp.Expr
    derivative: sp.Expr | None
    ndk: sp.Expr


class Tracer:
    """Leaves every intermediate value where it is: the recursion returns nested expressions."""

    def keep(self, name: str, expr: sp.Expr) -> sp.Expr:
        """Return what stands for `expr` from now on."""
        return expr

    def covariance(self, arguments: Arguments, below: Layer) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        """Return the pre-activations' covariance entries (a, c, b) at the layer above `below`."""
        l = below.index + 1
        a = self.keep(f"a{l}", arguments.m_tt * below.norm_t)
        c = self.keep(f"c{l}", arguments.m_ts * below.cross)
        b = self.keep(f"b{l}", arguments.m_ss * below.norm_s)
        return a, c, b


@dataclass
class Recorder(Tracer):
    """Makes every intermediate value a named step."""

    steps: list[tuple[sp.Symbol, sp.Expr]] = field(default_factory=list)

    def keep(self, name: str, expr: sp.Expr) -> sp.Expr:
        symbol = sp.Symbol(name, **({"positive": True} if name[0] in "abn" else {"real": True}))
        self.steps.append((symbol, self.rewrite(expr)))
        return symbol

    def rewrite(self, expr: sp.Expr) -> sp.Expr:
        """Return `expr` as it is to be recorded."""
        return expr


@dataclass
class StableRecorder(Recorder):
    """A recorder that never subtracts ab and c² where their factors are known.

    ab − c² = (m_tt m_ss − m_ts²) K_xx K_yy + m_ts² (K_xx K_yy − K_xy²), two terms that are not negative.
    """

    roots: dict[sp.Expr, sp.Expr] = field(default_factory=dict)

    def covariance(self, arguments: Arguments, below: Layer) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        a, c, b = super().covariance(arguments, below)
        m_root = arguments.m_root
        if m_root is None:
            m_root = RootDet(arguments.m_tt, arguments.m_ts, arguments.m_ss)
        between_times = m_root * sp.sqrt(below.norm_t) * sp.sqrt(below.norm_s)
        between_inputs = arguments.m_ts * RootDet(below.norm_t, below.cross, below.norm_s)
        root = between_inputs if between_times == 0 else Hypot(between_times, between_inputs)
        self.roots = {RootDet(a, c, b): self.keep(f"r{below.index + 1}", root)}
        return a, c, b

    def rewrite(self, expr: sp.Expr) -> sp.Expr:
        return expr.xreplace(self.roots)


def layers(
    maps: LayerMaps, depth: int, arguments: Arguments | None = None, *, tracer: Tracer | None = None
) -> Iterator[Layer]:
    """Yield the layers l = 0 … depth of the recursion. (12)–(15)(SI 24–27)

        K^l = F(m_tt K^{l−1}_tt, m_ts K^{l−1}_ts, m_ss K^{l−1}_ss),   K̇^l = Ḟ(the same),
        K^{d,l} = m_ts K̇^l K^{d,l−1} + e^{−κ|t−s|} K^l,   K^{d,0} = e^{−κ|t−s|} K⁰.

    Parameters
    ----------
    maps : LayerMaps
        An activation, its stable forms, or `ABSTRACT`.
    depth : int
        Number of hidden layers, at least 1.
    arguments : Arguments, optional
        Prior and input kernel; by default the notation's symbols.
    tracer : Tracer, optional
        What to do with intermediate values; by default they stay nested.

    Yields
    ------
    Layer
    """
    given = arguments or Arguments()
    trace = tracer or Tracer()
    variance = sp.Dummy("variance", positive=True)
    norm = maps.norm(variance)  # once: an activation may have to simplify to find it
    layer = Layer(0, given.k_xy, given.k_xx, given.k_yy, None, given.decay * given.k_xy)
    yield layer
    for l in range(1, depth + 1):
        a, c, b = trace.covariance(given, layer)
        cross = trace.keep(f"K{l}", maps.dual(a, c, b))
        slope = trace.keep(f"D{l}", maps.dual_derivative(a, c, b))
        response = trace.keep(f"R{l}", given.m_ts * slope * layer.ndk + given.decay * cross)
        norm_t = trace.keep(f"n{l}t", norm.xreplace({variance: a}))
        norm_s = trace.keep(f"n{l}s", norm.xreplace({variance: b}))
        layer = Layer(l, cross, norm_t, norm_s, slope, response)
        yield layer


def _top(maps: LayerMaps, depth: int, arguments: Arguments | None, tracer: Tracer | None) -> Layer:
    *_, last = layers(maps, depth, arguments, tracer=tracer)
    return last


def two_time(maps: LayerMaps, depth: int, arguments: Arguments | None = None, **options: Any) -> sp.Expr:
    """Return K^L(t,s;x,x′), see `layers` for the parameters. (12)"""
    return _top(maps, depth, arguments, options.get("tracer")).cross


def derivative(maps: LayerMaps, depth: int, arguments: Arguments | None = None, **options: Any) -> sp.Expr:
    """Return K̇^L(t,s;x,x′), see `layers` for the parameters. (13)"""
    return _top(maps, depth, arguments, options.get("tracer")).derivative


def ndk(maps: LayerMaps, depth: int, arguments: Arguments | None = None, **options: Any) -> sp.Expr:
    """Return the neural dynamical kernel K^{d,L}(t,s;x,x′), see `layers` for the parameters. (14)(15)"""
    return _top(maps, depth, arguments, options.get("tracer")).ndk


def ntk(maps: LayerMaps, depth: int, weight: sp.Expr = nt.sigma02, *, tracer: Tracer | None = None) -> sp.Expr:
    """Return the neural tangent kernel K^{d,L}(0,0), where every covariance of a weight is σ₀². (18)"""
    return ndk(maps, depth, Arguments.constant(weight), tracer=tracer)


def nngp(maps: LayerMaps, depth: int, weight: sp.Expr = nt.sigma2, *, tracer: Tracer | None = None) -> sp.Expr:
    """Return the NNGP kernel σ² K^L at equilibrium, where every covariance of a weight is σ². (20)"""
    return weight * two_time(maps, depth, Arguments.constant(weight), tracer=tracer)


def mean(maps: LayerMaps, depth: int, weight: sp.Expr = nt.sigma2, *, tracer: Tracer | None = None) -> sp.Expr:
    """Return the mean kernel μ(σ² K^{L−1}(x,x)) μ(σ² K^{L−1}(x′,x′)) that drift leaves over. (22)(23)"""
    trace = tracer or Tracer()
    *_, below = layers(maps, depth - 1, Arguments.constant(weight), tracer=trace)
    a, _, b = trace.covariance(Arguments.constant(weight), below)
    return maps.mean(a) * maps.mean(b)
