"""Activations that a user writes down: with closed forms where they are found, by quadrature where they are not."""

from __future__ import annotations

from functools import cache

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.activations import Activation, NumericActivation
from ndk_sym.closed_averages import ClosedAverages, closed_averages
from ndk_sym.errors import InputError
from ndk_sym.expressions import LONGEST, admissible, parse

__all__ = [
    "FormulaActivation", "IntegratedActivation", "PolynomialActivation", "admitted", "of_expression", "of_text",
]  # fmt: skip

HIGHEST_DEGREE = 12
_KINKED = (sp.Piecewise, sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside)


class _Written(Activation):
    """φ(z) as an expression in the notation's z."""

    def __init__(self, expr: sp.Expr) -> None:
        super().__init__()
        self.expr = expr
        self.kinks = (0,) if expr.has(*_KINKED) else ()

    @property
    def call(self) -> str:
        """The formula, as one types it."""
        return _text(self.expr)

    def phi(self, z: sp.Expr) -> sp.Expr:
        return self.expr.xreplace({nt.z: z})


class PolynomialActivation(_Written):
    """φ(z) = Σ_n w_n zⁿ.   F = Σ_{m,n} w_m w_n ⟨z₁ᵐ z₂ⁿ⟩ (Isserlis),   Ḟ the same with φ',   μ = Σ_n w_n ⟨zⁿ⟩."""

    name = "polynomial"
    title = "a polynomial"
    reference = "Isserlis (1918)"
    conditioned = True

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return _average(sp.Poly(self.expr, nt.z), a, c, b)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return _average(sp.Poly(self.expr, nt.z).diff(nt.z), a, c, b)

    def mean(self, a: sp.Expr) -> sp.Expr:
        terms = sp.Poly(self.expr, nt.z).terms()
        return sp.Add(*(w * sp.factorial2(n - 1) * a ** (n // 2) for (n,), w in terms if n % 2 == 0))


class IntegratedActivation(_Written):
    """φ(z) as a user wrote it, with the closed forms of F and μ that Gaussian integration gives; Ḟ = ∂F/∂c."""

    name = "formula"
    title = "a formula"
    reference = "Gaussian integration"
    conditioned = True

    def __init__(self, expr: sp.Expr, averages: ClosedAverages) -> None:
        super().__init__(expr)
        self.averages = averages

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        return self.averages.dual.subs({nt.a: a, nt.c: c, nt.b: b}, simultaneous=True)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        slope = sp.diff(self.averages.dual, nt.c)
        return slope.subs({nt.a: a, nt.c: c, nt.b: b}, simultaneous=True)

    def mean(self, a: sp.Expr) -> sp.Expr:
        return self.averages.mean.subs(nt.a, a)


class FormulaActivation(_Written, NumericActivation):
    """φ(z) as a user wrote it; its averages have no closed form that is known here."""

    name = "formula"
    title = "a formula"

    def stable_phi_derivative(self, z: sp.Expr) -> sp.Expr:
        slope, k = self.phi_derivative(nt.z), sp.Wild("k", exclude=[nt.z])
        for gate in slope.atoms(sp.tanh):
            # 1 − tanh² cancels; SymPy multiplies a factor in
            slope = slope.replace(k - k * gate**2, k / sp.cosh(gate.args[0]) ** 2)
        return slope.xreplace({nt.z: z})


def admitted(text: str) -> sp.Expr:
    """Return φ of a formula as an expression in the notation's z, with exact numbers.

    Raises
    ------
    InputError
        If it cannot be read, or φ is not real and finite everywhere or grows too fast.
    """
    return _admitted(parse(text))


def of_text(text: str) -> Activation:
    """Return the activation of a formula such as ``"x*tanh(x)"``.

    Raises
    ------
    InputError
        If it cannot be read, or φ is not real and finite everywhere or grows too fast.
    """
    return _made(admitted(text))


def of_expression(expr: sp.Expr) -> Activation:
    """Return the activation of a SymPy expression in one symbol.

    Raises
    ------
    InputError
        If it has not exactly one symbol, or φ is not real and finite everywhere or grows too fast.
    """
    symbols = expr.free_symbols
    if len(symbols) != 1:
        raise InputError(f"activation {expr} has {len(symbols)} symbols; give an expression in one symbol")
    return _made(_admitted(expr.xreplace({symbols.pop(): nt.z})))


def _admitted(expr: sp.Expr) -> sp.Expr:
    expr = expr.xreplace({number: _exact(number) for number in expr.atoms(sp.Float)})
    if not _is_polynomial(expr):
        admissible(expr)
    return expr


def _exact(number: sp.Float) -> sp.Rational:
    """The decimal number that a float64 prints as; what has more digits than these, as it is."""
    decimal, binary = sp.Rational(repr(float(number))), sp.Rational(number)
    return decimal if sp.Rational(float(number)) == binary else binary


def _is_polynomial(expr: sp.Expr) -> bool:
    return bool(expr.is_polynomial(nt.z) and sp.degree(expr, nt.z) <= HIGHEST_DEGREE)


@cache
def _made(expr: sp.Expr) -> Activation:
    if _is_polynomial(expr):
        return PolynomialActivation(sp.expand(expr))
    averages = closed_averages(expr)
    return FormulaActivation(expr) if averages is None else IntegratedActivation(expr, averages)


def _average(poly: sp.Poly, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
    """⟨φ(z₁)φ(z₂)⟩ = Σ_k k! h_k(a) h_k(b) cᵏ,   h_k(a) = Σ_n w_n n!/(k! j!) (a/2)ʲ with 2j = n − k."""
    terms = poly.terms()

    def part(k: int, variance: sp.Expr) -> sp.Expr:
        fitting = ((n, (n - k) // 2, w) for (n,), w in terms if n >= k and (n - k) % 2 == 0)
        return sp.Add(*(
            w * sp.factorial(n) / (sp.factorial(k) * sp.factorial(j)) * (variance / 2) ** j for n, j, w in fitting
        ))  # fmt: skip

    return sp.Add(*(sp.factorial(k) * part(k, a) * part(k, b) * c**k for k in range(poly.degree() + 1)))


def _text(expr: sp.Expr) -> str:
    text = str(expr)
    return text if len(text) <= LONGEST else f"{text[:60]}…"
