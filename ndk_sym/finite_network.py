"""Networks of finite width: the exact prior average of the overlap of their gradients at two times.

The network is written out as a polynomial in all its weights; the activation must be a polynomial for that. Every
weight is Gaussian at the two times, with covariances [[m_tt, m_ts], [m_ts, m_ss]], and independent of the others. Each
product of monomials of the two gradients is averaged by Isserlis' theorem. No kernel and no recursion is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement, PolyRing, ring

from ndk_sym import notation as nt
from ndk_sym.isserlis import gaussian_moment_of_pair

__all__ = ["UNIFORM", "FiniteNetwork", "Variances"]

# m(t,t), m(t,s), m(s,s) of a group of weights
Variances = tuple[sp.Expr, sp.Expr, sp.Expr]
UNIFORM: Variances = (nt.m_tt, nt.m_ts, nt.m_ss)


@dataclass(frozen=True)
class FiniteNetwork:
    """f = N^{−1/2} a·x^L + b^{L+1}, x^l = φ(N_{l−1}^{−1/2} W^l x^{l−1} + b^l), with all its weights. (1)(2)

    Parameters
    ----------
    depth, width : int
        Hidden layers, and neurons in each.
    phi : tuple of (power, coefficient)
        The activation, a polynomial.
    inputs : int
        Dimension N₀ of the input; 1 makes all inputs parallel.
    biases : bool
        Whether neurons and the output have biases.
    """

    depth: int
    width: int
    phi: tuple[tuple[int, sp.Expr], ...]
    inputs: int = 2
    biases: bool = False

    def input_kernel(self) -> dict[sp.Symbol, sp.Expr]:
        """K⁰ at (x,x), (x,x′), (x′,x′) in the components of x/√N₀ and x′/√N₀."""
        x, y = self._input("x"), self._input("y")
        pairs = {nt.k_xx: (x, x), nt.k_xy: (x, y), nt.k_yy: (y, y)}
        return {k: sp.Add(*(p * q for p, q in zip(u, v, strict=True))) for k, (u, v) in pairs.items()}

    def groups(self) -> tuple[str, ...]:
        """Names of the groups of weights: W1, b1, W2, …, a, b (that of the output)."""
        hidden = [name for l in range(1, self.depth + 1) for name in (f"W{l}", f"b{l}")[: 1 + self.biases]]
        return (*hidden, "a", "b")[: len(hidden) + 1 + self.biases]

    def overlaps(self, variances: Mapping[str, Variances] | None = None) -> dict[str, sp.Expr]:
        """Average of ∇_g f(x,Θ_t)·∇_g f(x′,Θ_s) over the prior, for every group g of weights. (11)(SI 75)

        Parameters
        ----------
        variances : mapping of str to Variances, optional
            Covariances of each group's weights at the two times; by default those of the notation.

        Returns
        -------
        dict
            A polynomial in the variances and in the components of the inputs for every group.
        """
        given = variances or dict.fromkeys(self.groups(), UNIFORM)
        weights = self._weights()
        polynomials, output = self._output(weights)
        result = {}
        for group in self.groups():
            # the products of monomials, by what their average depends on
            found: Counter[Any] = Counter()
            for index, (owner, _) in enumerate(weights):
                if owner == group:
                    slope = output.diff(polynomials.gens[index])
                    self._collect(slope, [name for name, _ in weights], found)
            result[group] = self._summed(found, given, len(polynomials.gens) - len(weights))
        return result

    # -- the network as a polynomial ------------------------------------------------------------------------------

    def _input(self, name: str) -> tuple[sp.Symbol, ...]:
        return sp.symbols(f"{name}_1:{self.inputs + 1}", real=True)

    def _constants(self) -> list[sp.Symbol]:
        """What a monomial may hold besides weights: N^{−1/2}, the input, the activation's coefficients."""
        coefficients = sorted(set().union(*(sp.sympify(c).free_symbols for _, c in self.phi)), key=str)
        return [_ROOT, *self._input("x"), *coefficients]

    def _weights(self) -> list[tuple[str, str]]:
        """Every weight as (group, name)."""
        found = []
        for group in self.groups():
            outer = 1 if group in ("a", "b") else self.width
            inner = 1 if group[0] == "b" else self.inputs if group == "W1" else self.width
            found += [(group, f"{group}_{i}_{j}") for i in range(outer) for j in range(inner)]
        return found

    def _output(self, weights: list[tuple[str, str]]) -> tuple[PolyRing, PolyElement]:
        """f as a polynomial in the weights and the constants."""
        constants = self._constants()
        polynomials = ring([name for _, name in weights] + [symbol.name for symbol in constants], QQ)[0]
        named = dict(zip([*(name for _, name in weights), *constants], polynomials.gens, strict=True))
        layer = [named[x] for x in self._input("x")]
        scale = polynomials.one  # the input is already divided by √N₀
        for l in range(1, self.depth + 2):
            last = l > self.depth
            group, bias = ("a", "b") if last else (f"W{l}", f"b{l}")
            above = []
            for i in range(1 if last else self.width):
                z = sum((named[f"{group}_{i}_{j}"] * x for j, x in enumerate(layer)), polynomials.zero) * scale
                z += named.get(f"{bias}_{i}_0", polynomials.zero)
                above.append(z if last else self._activated(z, polynomials, named))
            layer, scale = above, named[_ROOT]
        return polynomials, layer[0]

    def _activated(self, z: PolyElement, polynomials: PolyRing, named: Mapping[Any, PolyElement]) -> PolyElement:
        total = polynomials.zero
        for power, coefficient in self.phi:
            value = named[coefficient] if coefficient in named else polynomials.ground_new(QQ(*_fraction(coefficient)))
            total += value * z**power
        return total

    # -- its average ----------------------------------------------------------------------------------------------

    @staticmethod
    def _collect(slope: PolyElement, groups: list[str], found: Counter[Any]) -> None:
        """Count the pairs of monomials of one component of both gradients that do not average to zero."""
        count = len(groups)
        terms = [(mono[:count], mono[count:], coefficient) for mono, coefficient in slope.terms()]
        for first, rest, u in terms:
            for second, other, v in terms:
                powers = [(g, p, q) for g, p, q in zip(groups, first, second, strict=True) if p or q]
                if all((p + q) % 2 == 0 for _, p, q in powers):
                    found[tuple(sorted(powers)), rest, other] += u * v

    def _summed(self, found: Counter[Any], variances: Mapping[str, Variances], constants: int) -> sp.Expr:
        x, y = ([_ROOT, *self._input(name), *self._constants()[1 + self.inputs :]] for name in ("x", "y"))
        total = []
        for (powers, rest, other), count in found.items():
            average = sp.Mul(*(gaussian_moment_of_pair(p, q, *variances[g]) for g, p, q in powers))
            constant = sp.Mul(
                *(s**k for s, k in zip(x, rest, strict=True)), *(s**k for s, k in zip(y, other, strict=True))
            )
            total.append(sp.Rational(int(count.numerator), int(count.denominator)) * average * constant)
        # only even powers of N^{−1/2} are left: an odd number of equal weights averages to zero
        return sp.Add(*total).xreplace({_ROOT: 1 / sp.sqrt(self.width)})


_ROOT = sp.Symbol("root", positive=True)  # N^{−1/2}


def _fraction(value: sp.Expr) -> tuple[int, int]:
    number = sp.Rational(value)
    return int(number.p), int(number.q)
