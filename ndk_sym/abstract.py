"""Abstract objects for proofs that hold for every activation and every depth.

The kernels are functions of the depth, printed as the paper prints them; the layer map F knows one thing about
itself, Price's theorem ∂F/∂c = Ḟ.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import ArgumentIndexError

from ndk_sym import notation as nt
from ndk_sym.statement import Rule

__all__ = ["PRICE", "F", "Fdot", "K", "Kd", "Kdot", "PriceActivation", "abstract_instance"]


class Fdot(sp.Function):
    """Ḟ(a, c, b) = ⟨φ′(z₁)φ′(z₂)⟩ for an unspecified φ."""

    nargs = 3
    is_real = True


class F(sp.Function):
    """F(a, c, b) = ⟨φ(z₁)φ(z₂)⟩ for an unspecified φ, with ∂F/∂c = Ḟ and nothing else known. (Price's theorem)"""

    nargs = 3
    is_real = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """∂F/∂c = Ḟ; the other derivatives are not known."""
        if argindex == 2:
            return Fdot(*self.args)
        raise ArgumentIndexError(self, argindex)


class PriceActivation:
    """The layer maps of an unspecified activation, for the recursion of `ndk_sym.kernels`."""

    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """F(a, c, b)."""
        return F(a, c, b)

    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """Ḟ(a, c, b) = ∂F/∂c."""
        return Fdot(a, c, b)

    def norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a), kept apart: it is differentiated by nothing."""
        return nt.norm(a)

    def mean(self, a: sp.Expr) -> sp.Expr:
        """μ(a)."""
        return nt.mu(a)


PRICE = PriceActivation()


class _ByDepth(sp.Function):
    """A kernel as a function of the depth and of other arguments, printed with the depth as superscript."""

    is_real = True
    letter, symbol, superscript = "K", "K", ""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        depth, *others = (printer._print(arg) for arg in self.args)
        text = rf"{self.letter}^{{{self.superscript}{depth}}}\left({', '.join(others)}\right)"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"

    def _sympystr(self, printer: Any) -> str:
        depth, *others = (printer._print(arg) for arg in self.args)
        name = depth if len(depth) == 1 and not self.superscript else f"{{{self.superscript}{depth}}}"
        return f"{self.symbol}^{name}({', '.join(others)})"


class K(_ByDepth):
    """K^l as a function of its depth l and of what it is differentiated by. (12)"""


class Kdot(_ByDepth):
    """The derivative kernel K̇^l as a function of its depth l and other arguments. (13)"""

    letter, symbol = r"\dot{K}", "K̇"


class Kd(_ByDepth):
    """The neural dynamical kernel K^{d,l} as a function of its depth l and other arguments. (14)"""

    superscript = "d,"


def abstract_instance() -> tuple[Rule, ...]:
    """One concrete instance of F, Ḟ = ∂F/∂c and the norm map, for sampling statements about abstract ones."""
    a, c, b = sp.symbols("a c b", real=True)
    layer_map = sp.Rational(1, 3) * c * a + sp.sin(c) / 2 + b * c**2 / 5
    slope = sp.diff(layer_map, c)
    return (
        (F, sp.Lambda((a, c, b), layer_map)),
        (Fdot, sp.Lambda((a, c, b), slope)),
        (nt.norm, sp.Lambda(a, a / 2 + a**2 / 7)),
    )
