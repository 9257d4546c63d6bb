"""The first correction in 1/N to the overlap of gradients of a network with two hidden layers.

The N neurons of layer 1 have the empirical kernels A₁ = Σu²/N, A₂ = Σuu′/N, A₃ = Σu′²/N and A₄ = Σdd′/N, where
u = φ(z₁), d = φ′(z₁) at (t, x) and u′ = φ(z₂), d′ = φ′(z₂) at (s, x′). They fluctuate with covariances V/N. Layer 2
sees them through F and Ḟ at (m_tt A₁, m_ts A₂, m_ss A₃); expanded to second order, these averages move by half their
curvature times V/N. The gradient of layer 1 is passed back through the weights of layer 2, which also made its
pre-activations h: by Stein's lemma

    ⟨W W′ φ′(h)φ′(h′)⟩ = m_ts ⟨φ′φ′⟩ + Σ_{p,q} ⟨W h_p⟩⟨W′ h_q⟩ ⟨∂_p∂_q φ′(h)φ′(h′)⟩,    ⟨W_j h⟩ = m_tt u_j/√N and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.isserlis import PolynomialMaps
from ndk_sym.statement import Rule

__all__ = ["Corrections", "Overlap", "averages", "corrections", "formulas"]

_ENTRIES = "acb"  # the arguments of F, in this order
_WEIGHTS = (nt.m_tt, nt.m_ts, nt.m_ss)


class Overlap(sp.Function):
    """⟨∇f(x,Θ_t)·∇f(x′,Θ_s)⟩ over the prior, or the part of one group of weights in it. (11)

    Arguments: the network's width or depth; optionally a symbol that names the group.
    """

    nargs = (1, 2)
    is_real = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        size, *group = (printer._print(arg) for arg in self.args)
        slope = rf"\nabla_{{{group[0]}}}" if group else r"\nabla"
        return rf"\left\langle {slope} f \cdot {slope} f' \right\rangle_{{{size}}}"

    def _sympystr(self, printer: Any) -> str:
        size, *group = (printer._print(arg) for arg in self.args)
        slope = f"∇_{group[0]} " if group else "∇"
        return f"⟨{slope}f·{slope}f′⟩_{size if size.isalnum() else f'({size})'}"


@dataclass(frozen=True)
class Corrections:
    """N times the first correction: for each group of weights as a formula, and in total as a polynomial.

    `rules` say what the symbols of the formulas stand for, for one activation; what is zero for it is left out.
    """

    displayed: Mapping[str, sp.Expr]
    rules: tuple[Rule, ...]
    explicit: sp.Expr


@cache
def corrections(phi: tuple[tuple[int, sp.Expr], ...]) -> Corrections:
    """Return the coefficient of 1/N for a polynomial activation and two hidden layers.

    Parameters
    ----------
    phi : tuple of (power, coefficient)
    """
    rules = averages(PolynomialMaps(phi))
    displayed = formulas()
    explicit = sp.Add(*displayed.values())
    for pattern, meaning in rules:
        explicit = explicit.xreplace({pattern: meaning})
    absent = {pattern: meaning for pattern, meaning in rules if meaning == 0}
    present = tuple(rule for rule in rules if rule[1] != 0)
    shown = {group: formula.xreplace(absent) for group, formula in displayed.items()}
    return Corrections(shown, present, sp.expand(explicit))


def _symbol(name: str) -> sp.Symbol:
    return sp.Symbol(name, real=True)


def _covariance(p: int, q: int) -> sp.Symbol:
    """N times the covariance of the empirical kernels p and q; 4 is that of the derivatives."""
    low, high = sorted((p + 1, q + 1))
    return _symbol(f"V_{{{low}{high}}}")


def _slope(name: str, *indices: int) -> sp.Symbol:
    """A derivative of F or Ḟ by its arguments."""
    return _symbol(f"{name}_{{{''.join(_ENTRIES[i] for i in sorted(indices))}}}")


def _curvature(name: str) -> sp.Expr:
    """½ Σ_{pq} M_p M_q V_pq ∂_p∂_q of F or Ḟ."""
    pairs = [(p, q) for p in range(3) for q in range(3)]
    return sp.Add(*(_WEIGHTS[p] * _WEIGHTS[q] * _covariance(p, q) * _slope(name, p, q) for p, q in pairs)) / 2


def _with(other: int) -> sp.Expr:
    """Σ_p M_p V_{p,other} ∂_p Ḟ: the covariance of Ḟ with another empirical kernel."""
    return sp.Add(*(_WEIGHTS[p] * _covariance(p, other) * _slope(_FDOT, p) for p in range(3)))


_FDOT = r"\dot{F}"
_KERNEL, _DERIVATIVE = _symbol("A_2"), _symbol("A_4")  # their means: K¹ and K̇¹
_SHARED = [_symbol(name) for name in ("S_1", "S_2", "S_3")]  # ⟨u²dd′⟩, ⟨uu′dd′⟩, ⟨u′²dd′⟩ of one neuron
_BENT = [_symbol(name) for name in ("B_1", "B_2", "B_3")]  # ⟨φ‴φ′⟩, ⟨φ″φ″⟩, ⟨φ′φ‴⟩ of layer 2


def formulas() -> dict[str, sp.Expr]:
    """Return N times the correction of each group of weights, for any activation."""
    m_tt, m_ts, m_ss = _WEIGHTS
    reused = sp.Add(
        m_tt * m_ts * _SHARED[0] * _BENT[0],
        (m_tt * m_ss + m_ts**2) * _SHARED[1] * _BENT[1],
        m_ts * m_ss * _SHARED[2] * _BENT[2],
    )
    return {
        "a": _curvature("F"),
        "W2": m_ts * (_curvature(_FDOT) * _KERNEL + _with(1)),
        "W1": m_ts * nt.k_xy * (m_ts * (_curvature(_FDOT) * _DERIVATIVE + _with(3)) + reused),
    }


def averages(maps: PolynomialMaps) -> tuple[Rule, ...]:
    """Return what the symbols of the formulas are: averages over one neuron of layer 1 and over layer 2."""
    z, phi = nt.z, maps.expression()
    first = nt.m_tt * nt.k_xx, nt.m_ts * nt.k_xy, nt.m_ss * nt.k_yy
    d = sp.diff(phi, z)
    products = [(phi**2, sp.Integer(1)), (phi, phi), (sp.Integer(1), phi**2), (d, d)]  # A₁ … A₄ of one neuron

    def mean(pair: tuple[sp.Expr, sp.Expr], at: tuple[sp.Expr, ...] = first) -> sp.Expr:
        return maps.average(pair[0], pair[1], *at)

    def covariance(p: int, q: int) -> sp.Expr:
        (f, g), (u, v) = products[p], products[q]
        return sp.expand(mean((f * u, g * v)) - mean(products[p]) * mean(products[q]))

    second = tuple(w * mean(pair) for w, pair in zip(_WEIGHTS, products[:3], strict=True))
    found: dict[sp.Symbol, sp.Expr] = {
        _covariance(p, q): covariance(p, q) for p in range(4) for q in range(p, 4) if (p, q) != (3, 3)
    }
    entries = (nt.a, nt.c, nt.b)
    inserted = dict(zip(entries, second, strict=True))
    for name, layer_map in (("F", maps.dual(*entries)), (_FDOT, maps.dual_derivative(*entries))):
        for p in range(3):
            found[_slope(name, p)] = sp.diff(layer_map, entries[p]).xreplace(inserted)
            for q in range(p, 3):
                found[_slope(name, p, q)] = sp.diff(layer_map, entries[p], entries[q]).xreplace(inserted)
    found[_KERNEL], found[_DERIVATIVE] = mean(products[1]), mean(products[3])
    for symbol, (f, g) in zip(_SHARED, products[:3], strict=True):
        found[symbol] = mean((f * d, g * d))
    derivatives = [sp.diff(phi, z, order) for order in (1, 2, 3)]
    for symbol, (f, g) in zip(_BENT, ((2, 0), (1, 1), (0, 2)), strict=True):
        found[symbol] = mean((derivatives[f], derivatives[g]), second)
    return tuple(found.items())
