"""Steps of ndk-as-two-time-ntk about the gradients themselves, before any average.

They are differentiated in networks of width 2 with an unspecified φ.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.layered import network, phi, phi_slope
from ndk_sym.statement import Statement, Step, domain


def gradient_step(depth: int, layer: int, **words: str) -> Step:
    """The overlap of the gradients by one layer's weights (0 for the readout), in a network of width 2."""
    x, y = sp.symbols("x x'", real=True)
    at_t, at_s = network(depth, 2, x, mark=0), network(depth, 2, y, mark=1)
    pairs = zip(at_t.weights[layer], at_s.weights[layer], strict=True)
    overlap = sp.Add(*(sp.Derivative(at_t.function, w) * sp.Derivative(at_s.function, v) for w, v in pairs))
    outputs = (at_t.rules[0], at_s.rules[0])
    # derivatives are taken of explicit expressions: the layers are inserted in the output before
    rules = [*outputs, *at_t.rules[1:], *at_s.rules[1:]]
    some = (
        (phi, sp.Lambda(nt.z, sp.sin(nt.z) + nt.z**2 / 3)),
        (phi_slope, sp.Lambda(nt.z, sp.cos(nt.z) + nt.z * 2 / 3)),
    )
    return Step(
        Statement(
            id=words["id"],
            title=words["title"],
            lhs=overlap,
            rhs=_by_layer(depth, layer, x, y),
            paper=words["paper"],
            given=tuple(rules),
            domain=domain(functions=some),
        ),
        reason=words["reason"],
    )


def _by_layer(depth: int, layer: int, x: sp.Symbol, y: sp.Symbol) -> sp.Expr:
    """(SI 76)–(SI 78) at width 2, with one input."""
    one, other = network(depth, 2, x, mark=0), network(depth, 2, y, mark=1)
    half = sp.Rational(1, 2)
    top, top_s, both = one.names[-1], other.names[-1], range(2)
    sent = [[one.weights[0][i] * phi_slope(top[i]), other.weights[0][i] * phi_slope(top_s[i])] for i in both]
    if layer == 0:
        return half * sp.Add(*(phi(z) * phi(w) for z, w in zip(top, top_s, strict=True)))
    if layer == depth == 1:
        return half * sp.Add(*(u * v for u, v in sent)) * x * y
    first, first_s = one.names[0], other.names[0]
    if layer == 1:  # the second of two hidden layers
        activity = half * sp.Add(*(phi(z) * phi(w) for z, w in zip(first, first_s, strict=True)))
        return half * sp.Add(*(u * v for u, v in sent)) * activity
    back = [sp.Add(*(sent[i][0] * one.weights[1][2 * i + j] for i in both)) for j in both]
    back_s = [sp.Add(*(sent[i][1] * other.weights[1][2 * i + j] for i in both)) for j in both]
    terms = (back[j] * back_s[j] * phi_slope(first[j]) * phi_slope(first_s[j]) for j in both)
    return half**2 * sp.Add(*terms) * x * y


def gradient_steps() -> Iterator[Step]:
    """(SI 76)–(SI 78) for any activation, in explicit networks of width 2."""
    yield gradient_step(
        1,
        0,
        id="gradient-readout",
        title="the readout: the overlap of the activities (one hidden layer, N = 2)",
        paper="(SI 76)",
        reason="∂f/∂a_i = N^{−1/2} φ(z_i). The average is K^L.",
    )
    yield gradient_step(
        1,
        1,
        id="gradient-hidden",
        title="the hidden layer: errors sent back, times the overlap of the inputs (N = 2)",
        paper="(SI 77), (SI 78)",
        reason="∂f/∂W_ij = N^{−1/2} a_i φ′(z_i) x_j. The average is m K̇¹ K⁰: a_i is independent of z_i.",
    )
    yield gradient_step(
        2,
        1,
        id="gradient-second",
        title="the second of two hidden layers: errors times the overlap of the first layer's activities (N = 2)",
        paper="(SI 77), (SI 78)",
        reason="The same, with the first layer's activities as inputs.",
    )
    yield gradient_step(
        2,
        2,
        id="gradient-first",
        title="the first of two hidden layers: errors sent back through V (N = 2)",
        paper="(SI 77), (SI 78)",
        reason="Chain rule: the error of neuron j of the first layer is N^{−1/2} φ′(z_j) Σ_i V_ij a_i φ′(h_i).",
    )
