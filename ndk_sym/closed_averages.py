"""Gaussian averages of formulas in closed form, where one is found.

Sums of terms w zⁿ exp(αz − kz²/2), which hold polynomials, sines, exponentials, bumps and their products, have one by
Gaussian integration. Other formulas are given to SymPy's integrals, in a process of their own and for a limited time.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import sympy as sp

from ndk_sym import notation as nt

__all__ = ["ClosedAverages", "closed_averages"]

SECONDS = 5.0  # for SymPy's integrals
_MOST_TERMS, _HIGHEST = 24, 12  # beyond, the formulas are longer than quadrature is slow


@dataclass(frozen=True)
class ClosedAverages:
    """⟨φ(z₁) φ(z₂)⟩ in the notation's a, c, b, and ⟨φ(z)⟩ in a."""

    dual: sp.Expr
    mean: sp.Expr


@dataclass(frozen=True)
class _Term:
    """w zⁿ exp(αz − kz²/2)."""

    weight: sp.Expr
    power: int
    rate: sp.Expr
    bend: sp.Expr


def closed_averages(phi: sp.Expr, seconds: float | None = None) -> ClosedAverages | None:
    """Return the averages of φ, an expression in the notation's z, in closed form; None if none is found.

    Parameters
    ----------
    phi : sympy.Expr
        An admissible activation.
    seconds : float, optional
        How long SymPy's integrals may take; 5 by default.
    """
    terms = _terms(phi)
    return _of_terms(terms) if terms else _integrated(phi, SECONDS if seconds is None else seconds)


def _terms(phi: sp.Expr) -> list[_Term] | None:
    """φ as a sum of such terms, if it is one with k ≥ 0."""
    z = nt.z
    found = []
    for summand in sp.Add.make_args(sp.expand(phi.rewrite(sp.exp))):
        weight, rest = sp.powsimp(summand, combine="exp").as_independent(z)
        power, exponent = 0, sp.Integer(0)
        for factor in sp.Mul.make_args(rest):
            base, index = factor.as_base_exp()
            if base == z and index.is_Integer and 0 <= index <= _HIGHEST:
                power += int(index)
            elif isinstance(factor, sp.exp) and factor.args[0].is_polynomial(z):
                exponent += factor.args[0]
            elif factor != 1:
                return None
        parts = sp.Poly(exponent, z)
        bend = -2 * parts.coeff_monomial(z**2)
        if parts.degree() > 2 or not (bend.is_real and bend.is_nonnegative):
            return None
        found.append(_Term(weight * sp.exp(parts.coeff_monomial(1)), power, parts.coeff_monomial(z), bend))
    return found if len(found) <= _MOST_TERMS and max(term.power for term in found) <= _HIGHEST else None


def _of_terms(terms: Sequence[_Term]) -> ClosedAverages:
    dual = sp.Add(*(_pair(x, y) for x, y in product(terms, repeat=2)))
    # one variable is a pair whose second one is constant
    mean = sp.Add(*(_pair(x, _Term(sp.Integer(1), 0, sp.Integer(0), sp.Integer(0))) for x in terms))
    return ClosedAverages(_real(dual), _real(mean))


def _pair(x: _Term, y: _Term) -> sp.Expr:
    """⟨x(z₁) y(z₂)⟩ = ∂ᵐ/∂αᵐ ∂ⁿ/∂βⁿ exp(½ vᵀ S v)/√D with v = (α, β), S = Σ (1 + diag(k, l) Σ)⁻¹.

    D = (1 + ka)(1 + lb) − kl c² is the determinant of 1 + diag(k, l) Σ.
    """
    a, c, b = nt.a, nt.c, nt.b
    size = (1 + x.bend * a) * (1 + y.bend * b) - x.bend * y.bend * c**2
    rest = a * b - c**2
    covariance = ((a + y.bend * rest) / size, c / size, (b + x.bend * rest) / size)
    first, cross, second = sp.symbols("S_1 S_12 S_2")
    s, t = sp.symbols("s t")
    form = sp.exp((first * s**2 + 2 * cross * s * t + second * t**2) / 2)
    value = sp.diff(form, *([s] * x.power), *([t] * y.power)) if x.power + y.power else form
    at = dict(zip((first, cross, second, s, t), (*covariance, x.rate, y.rate), strict=True))
    return x.weight * y.weight * value.subs(at, simultaneous=True) / sp.sqrt(size)


def _real(expr: sp.Expr) -> sp.Expr:
    """The same without i, which cancels between conjugate terms."""
    plain = sp.expand(expr)
    return plain if not plain.has(sp.I) else sp.expand(plain, complex=True).as_real_imag()[0]


def _integrated(phi: sp.Expr, seconds: float) -> ClosedAverages | None:
    """What SymPy's integrals give within the time, or None."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_integrate, args=(phi, sender), daemon=True)
    process.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(seconds) else None
    except EOFError:  # the process failed
        return None
    finally:
        process.kill()
        process.join()
        receiver.close()


def _integrate(phi: sp.Expr, sender: Any) -> None:
    """Send the averages, or None; runs in its own process."""
    sender.send(_by_integration(phi))


def _by_integration(phi: sp.Expr) -> ClosedAverages | None:
    z, a, c, b = nt.z, nt.a, nt.c, nt.b
    v = sp.Symbol("v", real=True)
    mean = _average(phi, z, a)
    if mean is None:
        return None
    given = sp.Symbol("s", positive=True)  # z₂ = c z₁/a + s v with s² = b − c²/a
    inner = _average(phi.xreplace({z: c * z / a + given * v}), v, sp.Integer(1))
    dual = None if inner is None else _average(phi * inner, z, a)
    return None if dual is None else ClosedAverages(dual.xreplace({given: sp.sqrt(b - c**2 / a)}), mean)


def _average(f: sp.Expr, z: sp.Symbol, variance: sp.Expr) -> sp.Expr | None:
    density = sp.exp(-(z**2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)
    found = sp.integrate(f * density, (z, -sp.oo, sp.oo), conds="none")
    known = not found.has(sp.Integral, sp.nan, sp.oo, sp.zoo, sp.meijerg, sp.hyper)
    return found if known and z not in found.free_symbols else None
