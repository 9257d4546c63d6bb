"""The generated layer maps and prior statistics, loaded after their certificates were checked."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike

from ndk_num.checks import Array, real_array
from ndk_num.errors import InputError

__all__ = ["LayerMap", "activations", "dual", "layer_map", "prior"]

_DIRECTORY = Path(__file__).parent / "_generated"
_NOT_ACTIVATIONS = {"prior", "runtime"}
_SLACK = 8 * np.finfo(np.float64).eps  # rounding in a covariance that a caller computed


@dataclass(frozen=True)
class LayerMap:
    """F, Ḟ and μ of one activation: raw array functions that broadcast and do not validate.

    Attributes
    ----------
    name : str
        The activation φ.
    dual : callable
        (a, c, b) → (F, Ḟ) = (⟨φ(z₁)φ(z₂)⟩, ⟨φ'(z₁)φ'(z₂)⟩) for z ~ N(0, [[a, c], [c, b]]).
    norm : callable
        a → F(a, a, a).
    mean : callable
        a → μ(a) = ⟨φ(z₁)⟩.
    """

    name: str
    dual: Callable[[Array, Array, Array], tuple[Array, Array]]
    norm: Callable[[Array], Array]
    mean: Callable[[Array], Array]


@cache
def activations() -> tuple[str, ...]:
    """Return the names of the activations for which code was generated, sorted."""
    found = {module.name for module in pkgutil.iter_modules([str(_DIRECTORY)])}
    return tuple(sorted(found - _NOT_ACTIVATIONS))


@cache
def layer_map(name: str) -> LayerMap:
    """Return the layer map of the activation called `name`.

    Raises
    ------
    InputError
        If no activation has that name.
    GeneratedCodeError
        If the generated module is not the one its certificate describes.
    """
    if name not in activations():
        raise InputError(f"activation {name!r} is not known; choose one of {', '.join(activations())}")
    module = _certified(name)
    return LayerMap(name, module.dual, module.norm, module.mean)


@cache
def prior() -> ModuleType:
    """Return the prior statistics: `variance`, `covariance` (t ≥ s) and `complement` = 1 − ρ_m².   (9)(10)

    Raises
    ------
    GeneratedCodeError
        If the generated module is not the one its certificate describes.
    """
    return _certified("prior")


def _certified(name: str) -> ModuleType:
    return importlib.import_module(f"ndk_num._generated.{name}")


def dual(name: str) -> Callable[[ArrayLike, ArrayLike, ArrayLike], tuple[Array, Array]]:
    """Return the layer map of an activation as a function that checks its input.

    F(a, c, b) = ⟨φ(z₁)φ(z₂)⟩,   Ḟ(a, c, b) = ⟨φ'(z₁)φ'(z₂)⟩ = ∂F/∂c   for z ~ N(0, [[a, c], [c, b]]).   (13)(14)

    Parameters
    ----------
    name : str
        One of `ndk_num.activations()`.

    Returns
    -------
    callable
        (a, c, b) → (F, Ḟ). Variances a, b ≥ 0 and covariance c with c² ≤ ab, finite real arrays that broadcast; a c
        that exceeds √(ab) by rounding alone counts as ±√(ab). At ab = 0 the direction of (z₁, z₂) is undefined and
        ReLU takes Ḟ = 1/4, the value of independent z₁ and z₂.

    Raises
    ------
    InputError
        For an unknown name; from the returned function for anything outside that domain.
    """
    function = layer_map(name).dual

    def checked(a: ArrayLike, c: ArrayLike, b: ArrayLike) -> tuple[Array, Array]:
        return function(*_covariance(a, c, b))

    return checked


def _covariance(a: ArrayLike, c: ArrayLike, b: ArrayLike) -> tuple[Array, Array, Array]:
    first, cross, second = real_array("a", a), real_array("c", c), real_array("b", b)
    try:
        np.broadcast_shapes(first.shape, cross.shape, second.shape)
    except ValueError as error:
        shapes = f"{first.shape}, {cross.shape} and {second.shape}"
        raise InputError(f"a, c and b have shapes {shapes}; give shapes that broadcast together") from error
    for label, variance in (("a", first), ("b", second)):
        if (variance < 0).any():
            raise InputError(f"{label} holds {variance.min():g}; a variance is at least 0")
    bound = np.sqrt(first) * np.sqrt(second)
    # the smallest subnormal forgives rounding where relative accuracy ends
    outside = np.abs(cross) > bound * (1 + _SLACK) + 5e-324
    if outside.any():
        values = (x[outside][0] for x in np.broadcast_arrays(first, cross, second))
        given = ", ".join(f"{label} = {value:.17g}" for label, value in zip("acb", values, strict=True))
        raise InputError(f"{given} is not a covariance; c must lie between -√(ab) and √(ab)")
    return first, cross, second
