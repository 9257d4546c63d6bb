"""Networks whose groups of parameters each have a prior of their own: weights and biases of every layer, readout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.kernels import LayerMaps

__all__ = ["Group", "Output", "group", "outputs", "shifted", "uniform"]


@dataclass(frozen=True)
class Group:
    """The prior of one group: its variances at the two times, its covariance between them, and its decay."""

    m_tt: sp.Expr = nt.m_tt
    m_ts: sp.Expr = nt.m_ts
    m_ss: sp.Expr = nt.m_ss
    decay: sp.Expr = nt.decay


NONE = Group(sp.Integer(0), sp.Integer(0), sp.Integer(0), sp.Integer(0))  # no bias


@dataclass(frozen=True)
class Output:
    """What a network with so many hidden layers gives: covariances of its output without data, and its NDK."""

    depth: int
    c_tt: sp.Expr
    c_ts: sp.Expr
    c_ss: sp.Expr
    ndk: sp.Expr


def group(name: str) -> Group:
    """Return a group with symbols of its own, such as m_{W1} and e_{W1}."""
    marks = (f"m_{{{name}}}^{{tt}}", f"m_{{{name}}}", f"m_{{{name}}}^{{ss}}", f"e_{{{name}}}")
    return Group(*(sp.Symbol(mark, positive=True) for mark in marks))


def uniform(depth: int, one: Group) -> dict[str, Group]:
    """Return the groups of a network without biases in which all weights have the same prior."""
    weights = {f"W{layer}": one for layer in range(1, depth + 2)}
    return weights | {f"b{layer}": NONE for layer in range(1, depth + 2)}


def shifted(one: Group, amount: sp.Expr) -> Group:
    """Return the group with m(t,s) moved by `amount` times its decay; its variances stay."""
    return replace(one, m_ts=one.m_ts + amount * one.decay)


def outputs(maps: Sequence[LayerMaps], groups: Mapping[str, Group]) -> Iterator[Output]:
    """Yield the output of the networks with 0, 1, …, len(maps) hidden layers.

        C^{L+1} = m_W F(C^L_tt, C^L_ts, C^L_ss) + m_b,    K^{d,L+1} = m_W Ḟ(the same) K^{d,L} + e_W F + e_b,

    with C⁰ = m_W K⁰ + m_b and K^{d,0} = e_W K⁰ + e_b. The weights W of the last layer are the readout.

    Parameters
    ----------
    maps : sequence of LayerMaps
        The activation of each hidden layer.
    groups : mapping
        "W1", "b1", …, "W{L+1}", "b{L+1}".
    """
    cross, at_t, at_s, response = nt.k_xy, nt.k_xx, nt.k_yy, sp.Integer(0)
    for depth in range(len(maps) + 1):
        weights, bias = groups[f"W{depth + 1}"], groups[f"b{depth + 1}"]
        slope = sp.Integer(0)
        if depth:
            activation, below = maps[depth - 1], (at_t, cross, at_s)
            slope = activation.dual_derivative(*below)
            at_t, cross, at_s = activation.norm(at_t), activation.dual(*below), activation.norm(at_s)
        response = weights.m_ts * slope * response + weights.decay * cross + bias.decay
        at_t = weights.m_tt * at_t + bias.m_tt
        at_s = weights.m_ss * at_s + bias.m_ss
        cross = weights.m_ts * cross + bias.m_ts
        yield Output(depth, at_t, cross, at_s, response)
