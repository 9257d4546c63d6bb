"""Groups of weights with statistics of their own: the covariance and the response of pre-activations, layer by layer.

Layer l has weights (w) and biases (v); the output is layer L + 1. The statistics are functions of the layer, so that a
statement may speak of a symbolic layer; `Group.named` turns them into symbols of explicit layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.kernels import LayerMaps
from ndk_sym.statement import Rule

__all__ = [
    "BIASES", "WEIGHTS", "B", "C", "Group", "PreActivation", "covariance_layer", "pre_activations", "response_layer",
]  # fmt: skip

_LAYERS = 5  # explicit layers that may occur


class _OfLayer(sp.Function):
    """A quantity of one layer, printed with the layer as superscript."""

    is_real = True
    letter = ""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        layer, *others = (printer._print(arg) for arg in self.args)
        return rf"{self.letter}^{{{layer}}}" + (rf"\left({', '.join(others)}\right)" if others else "")

    def _sympystr(self, printer: Any) -> str:
        layer, *others = (printer._print(arg) for arg in self.args)
        name = self.letter.replace("{", "").replace("}", "")
        return f"{name}^{layer if layer.isalnum() else f'({layer})'}" + (f"({', '.join(others)})" if others else "")


class C(_OfLayer):
    """Covariance of the pre-activations of layer l between the two times, all m_g displaced by ε e_g."""

    letter = "C"


class B(_OfLayer):
    """Response of the pre-activations of layer l; at the output it is the neural dynamical kernel."""

    letter = "B"


@dataclass(frozen=True)
class Group:
    """One kind of weights in every layer: m_g(t,s) and e_g = e^{−κ_g|t−s|} as functions of the layer."""

    name: str
    covariance: Any
    decay: Any

    def variances(self, layer: int) -> tuple[sp.Symbol, sp.Symbol, sp.Symbol]:
        """m(t,t), m(t,s), m(s,s) of one layer, as symbols."""
        names = (f"m_{{{self.name}{layer}}}{times}" for times in ("^{tt}", "", "^{ss}"))
        tt, ts, ss = (sp.Symbol(name, positive=True) for name in names)
        return tt, ts, ss

    def decay_symbol(self, layer: int) -> sp.Symbol:
        """e_g of one layer, as a symbol."""
        return sp.Symbol(f"e_{{{self.name}{layer}}}", positive=True)

    def named(self) -> tuple[Rule, ...]:
        """Turn the functions of explicit layers into symbols."""
        layers = range(1, _LAYERS + 1)
        covariances = tuple((self.covariance(l), self.variances(l)[1]) for l in layers)
        return (*covariances, *((self.decay(l), self.decay_symbol(l)) for l in layers))

    def ranges(self, layers: int) -> dict[sp.Symbol, tuple[Any, Any]]:
        """Ranges in which the covariances of one weight at the two times are those of a Gaussian pair."""
        near, far = (1, 2), (sp.Rational(1, 4), 1)
        found = (self.variances(l) for l in range(1, layers + 1))
        return {symbol: span for tt, ts, ss in found for symbol, span in ((tt, near), (ts, far), (ss, near))}

    def uniform(self, layers: int) -> tuple[Rule, ...]:
        """All layers alike."""
        symbols = ((self.variances(l), self.decay_symbol(l)) for l in range(1, layers + 1))
        return tuple(
            rule for (tt, ts, ss), e in symbols for rule in ((tt, nt.m_tt), (ts, nt.m_ts), (ss, nt.m_ss), (e, nt.decay))
        )

    def absent(self, layers: int) -> tuple[Rule, ...]:
        """No such weights."""
        found = ((*self.variances(l), self.decay_symbol(l)) for l in range(1, layers + 1))
        return tuple((symbol, sp.Integer(0)) for symbols in found for symbol in symbols)

    def stationary(self, layers: int) -> tuple[Rule, ...]:
        """Equilibrium: σ_g² e^{−κ_g(t−s)}, with a variance σ_g² of its own in every layer and κ_g = T/σ_g²."""
        rules: list[Rule] = []
        for l in range(1, layers + 1):
            variance = sp.Symbol(f"sigma_{{{self.name}{l}}}2", positive=True)
            memory = sp.exp(-nt.T / variance * (nt.t - nt.s))
            tt, ts, ss = self.variances(l)
            rules += [(tt, variance), (ts, variance * memory), (ss, variance), (self.decay_symbol(l), memory)]
        return tuple(rules)

    def stationary_at(self, layer: sp.Expr) -> tuple[Rule, ...]:
        """Equilibrium of one layer, which may be symbolic: what m_g and e_g of that layer are."""
        variance = sp.Symbol(f"sigma_{{{self.name}}}2", positive=True)
        memory = sp.exp(-nt.T / variance * (nt.t - nt.s))
        return (self.covariance(layer), variance * memory), (self.decay(layer), memory)

    def instance(self) -> tuple[Rule, ...]:
        """Concrete functions of the layer, for sampling statements about a symbolic one."""
        shift = sp.Rational(len(self.name) + ord(self.name[0]), 1000)
        some = sp.Lambda(nt.L, sp.Rational(1, 2) + shift + nt.L / 20)
        return (self.covariance, some), (self.decay, sp.Lambda(nt.L, sp.Rational(7, 10) + shift - nt.L / 31))


def _group(name: str) -> Group:
    """Return the group of weights called `name`."""
    covariance = type(f"m_{name}", (_OfLayer,), {"letter": f"m_{{{name}}}", "is_positive": True})
    decay = type(f"e_{name}", (_OfLayer,), {"letter": f"e_{{{name}}}", "is_positive": True})
    return Group(name, covariance, decay)


WEIGHTS, BIASES = _group("w"), _group("v")


def covariance_layer(layer: sp.Expr, below: sp.Expr, epsilon: sp.Expr) -> sp.Expr:
    """C^{l} from the kernel K of the layer below: (m_w + ε e_w) K + m_v + ε e_v."""
    w, v = WEIGHTS, BIASES
    return (w.covariance(layer) + epsilon * w.decay(layer)) * below + v.covariance(layer) + epsilon * v.decay(layer)


def response_layer(layer: sp.Expr, below: sp.Expr, passed: sp.Expr) -> sp.Expr:
    """B^{l} from K below and from what Ḟ passes on: m_w Ḟ B^{l−1} + e_w K + e_v."""
    w, v = WEIGHTS, BIASES
    return w.covariance(layer) * passed + w.decay(layer) * below + v.decay(layer)


@dataclass(frozen=True)
class PreActivation:
    """C^l and B^l, and the equal-time variances at t and s."""

    cross: sp.Expr
    variance_t: sp.Expr
    variance_s: sp.Expr
    response: sp.Expr


def pre_activations(maps: tuple[LayerMaps, ...], epsilon: sp.Expr) -> list[PreActivation]:
    """Return layers 1 … L + 1 of the recursion with groups and biases.

    Parameters
    ----------
    maps : tuple of LayerMaps
        The activation of every hidden layer.
    epsilon : sympy.Expr
        Displacement of every m_g along e_g; the equal-time variances are not displaced.
    """

    def variances(layer: int, norm_t: sp.Expr, norm_s: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        (w_tt, _, w_ss), (v_tt, _, v_ss) = WEIGHTS.variances(layer), BIASES.variances(layer)
        return w_tt * norm_t + v_tt, w_ss * norm_s + v_ss

    symbols = dict((*WEIGHTS.named(), *BIASES.named()))
    cross = covariance_layer(sp.Integer(1), nt.k_xy, epsilon).xreplace(symbols)
    response = response_layer(sp.Integer(1), nt.k_xy, sp.Integer(0)).xreplace(symbols)
    found = [PreActivation(cross, *variances(1, nt.k_xx, nt.k_yy), response)]
    for l, one in enumerate(maps, start=2):
        below = found[-1]
        kernel = one.dual(below.variance_t, below.cross, below.variance_s)
        slope = one.dual_derivative(below.variance_t, below.cross, below.variance_s)
        equal = variances(l, one.norm(below.variance_t), one.norm(below.variance_s))
        cross = covariance_layer(sp.Integer(l), kernel, epsilon).xreplace(symbols)
        response = response_layer(sp.Integer(l), kernel, slope * below.response).xreplace(symbols)
        found.append(PreActivation(cross, *equal, response))
    return found
