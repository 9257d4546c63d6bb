"""What an activation declares, and what follows from the declaration."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import sympy as sp

from ndk_sym.activations.parameters import Parameter, bound


class Activation(ABC):
    """φ with its Gaussian averages, expressions in the covariance entries of z = (z₁, z₂) ~ N(0, [[a, c], [c, b]]).

    F(a, c, b) = ⟨φ(z₁) φ(z₂)⟩,   Ḟ(a, c, b) = ⟨φ'(z₁) φ'(z₂)⟩ = ∂F/∂c,   μ(a) = ⟨φ(z₁)⟩.

    Domain: a, b > 0 and c² ≤ ab; the stable forms extend it to a, b ≥ 0.
    A subclass declares the textbook forms. Where those lose digits in floating point it also declares stable ones,
    built from the opaque functions of `ndk_sym.stable`; certificates check that both are the same function.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reference: ClassVar[str]
    paper: ClassVar[bool] = False  # whether the paper treats it, and so the derivations
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    instances: ClassVar[tuple[tuple[int, ...], ...]] = ()  # degrees whose code is generated ahead
    kinks: tuple[int, ...] = ()  # where φ is not smooth: the defining integrals are split there
    jumps: ClassVar[bool] = False  # φ jumps at its kinks: Ḟ is infinite at c = ±√(ab)
    homogeneous: ClassVar[bool] = False  # φ(kz) = kφ(z) for k > 0
    conditioned: ClassVar[bool] = False  # F or Ḟ passes through 0: no relative accuracy there, from rounded arguments

    def __init__(self, *values: Any, **named: Any) -> None:
        self.values = bound(self.name, self.parameters, values, named)
        for name, value in self.values.items():
            setattr(self, name, value)

    @classmethod
    def symbolic(cls, *degrees: int) -> Self:
        """Return the activation with every parameter but its degrees a symbol."""
        whole = dict(zip((p.name for p in cls.parameters if p.degree), degrees, strict=True))
        return cls(**{p.name: whole.get(p.name, p.symbol) for p in cls.parameters})

    @property
    def stem(self) -> str:
        """The name of its generated module: with its degrees, since each has formulas of its own."""
        return "_".join([self.name, *(str(self.values[p.name]) for p in self.parameters if p.degree)])

    @property
    def call(self) -> str:
        """The name with the parameters that are not at their defaults, as one types it."""
        shown = [f"{value}" for value in self.values.values()]
        default = all(self.values[p.name] == p.default for p in self.parameters)
        return self.name if default else f"{self.name}({', '.join(shown)})"

    @abstractmethod
    def phi(self, z: sp.Expr) -> sp.Expr:
        """φ(z)."""

    @abstractmethod
    def dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """F(a, c, b) = ⟨φ(z₁) φ(z₂)⟩."""

    @abstractmethod
    def dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """Ḟ(a, c, b) = ⟨φ'(z₁) φ'(z₂)⟩."""

    @abstractmethod
    def mean(self, a: sp.Expr) -> sp.Expr:
        """μ(a) = ⟨φ(z₁)⟩."""

    def phi_derivative(self, z: sp.Expr) -> sp.Expr:
        """φ'(z), by differentiation."""
        x = sp.Dummy("x", real=True)
        return sp.diff(self.phi(x), x).xreplace({x: z})

    def norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a) = ⟨φ(z₁)²⟩, the layer map of equal-time norms: F on its diagonal, by substitution."""
        x = sp.Dummy("x", positive=True)
        return sp.simplify(self.dual(x, x, x)).xreplace({x: a})

    def stable_dual(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """F in the form that is printed to code."""
        return self.dual(a, c, b)

    def stable_dual_derivative(self, a: sp.Expr, c: sp.Expr, b: sp.Expr) -> sp.Expr:
        """Ḟ in the form that is printed to code."""
        return self.dual_derivative(a, c, b)

    def stable_norm(self, a: sp.Expr) -> sp.Expr:
        """F(a, a, a) in the form that is printed to code."""
        return self.norm(a)

    def stable_mean(self, a: sp.Expr) -> sp.Expr:
        """μ in the form that is printed to code."""
        return self.mean(a)

    def stable_layer(self, c: sp.Expr, root: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
        """F, Ḟ and √(F(a, a, a) F(b, b, b) − F²), the next layer's root, from c and this layer's ``root`` = √(ab − c²).

        Declared where F or Ḟ has a root singularity at c = ±√(ab), so that the rounding of c alone, 1e-16, would cost
        half the digits; F, Ḟ and F(a, a, a) F(b, b, b) must then depend on a and b through ab = c² + root². None for
        the other activations: c tells all there is to know.
        """
        return None

    def __repr__(self) -> str:
        return f"<activation {self.call}: {self.title}>"
