"""The generated layer maps and prior statistics, loaded after their certificates were checked."""

from __future__ import annotations

import hashlib
import importlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ndk_num import formulas
from ndk_num.calls import Bound, bound, catalogue
from ndk_num.checks import Array, real_array
from ndk_num.errors import GeneratedCodeError, InputError
from ndk_num.quadrature import Functions, Numeric

__all__ = ["LayerMap", "activations", "dual", "layer_map", "prior", "runtime"]

_DIRECTORY = Path(__file__).parent / "_generated"
Dual = Callable[[Array, Array, Array], tuple[Array, Array]]
_BLOCK = 1 << 14  # entries evaluated together
_SORTED = 4  # times as many by quadrature
_LARGEST = 1e307  # variances: erf's 1 + 2(a + b) overflows beyond
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
    layer : callable or None
        (c, root) → (F, Ḟ, √(F(a,a,a) F(b,b,b) − F²)) with root = √(ab − c²), for activations whose F depends on a and b
        through ab alone and has a root singularity at root = 0; None for the others.
    last : callable or None
        (c, root) → (F, Ḟ): the same for the last layer.
    infinite_gradients : bool
        Whether Ḟ is infinite at c = ±√(ab), since φ jumps: there are kernels K^l but no gradient dynamics.
    together : int
        How many times as many entries as others it likes to be given at once: it sorts them.
    """

    name: str
    dual: Dual
    norm: Callable[[Array], Array]
    mean: Callable[[Array], Array]
    layer: Callable[[Array, Array], tuple[Array, Array, Array]] | None = None
    last: Callable[[Array, Array], tuple[Array, Array]] | None = None
    infinite_gradients: bool = False
    together: int = 1


def activations() -> tuple[str, ...]:
    """Return the names of the activations for which code was generated, sorted."""
    return tuple(catalogue(_DIRECTORY))


def layer_map(call: str) -> LayerMap:
    """Return the layer map of an activation: a name, a call such as ``"leaky_relu(0.1)"``, or a formula in x.

    Raises
    ------
    InputError
        If no activation has that name, its parameters are not what it takes, or a formula is refused.
    GeneratedCodeError
        If the generated module is not the one its certificate describes.
    """
    if isinstance(call, str) and formulas.is_formula(call):
        return _formula(call)
    return _layer_map(bound(call, catalogue(_DIRECTORY)))


@cache
def _formula(text: str) -> LayerMap:
    """The layer map of a formula such as x*tanh(x), from code that was made and certified for it."""
    directory, name = formulas.located(text)
    module, certificate = formulas.load(directory, name)
    if certificate["activation"].get("averages") != "numeric":
        dual, norm, mean = (_with(getattr(module, part), ()) for part in ("dual", "norm", "mean"))
        return LayerMap(text, _in_blocks(dual), norm, mean)
    layer = _numeric(text, module)
    formulas.compare(text, layer.dual, certificate["activation"]["references"])
    return layer


@cache
def _layer_map(chosen: Bound) -> LayerMap:
    module, entry = _certified(chosen.entry.module), chosen.entry
    if entry.numeric:
        return _numeric(entry.name, module)
    dual, norm, mean = (_with(getattr(module, name), chosen.values) for name in ("dual", "norm", "mean"))
    layer, last = (
        _with(getattr(module, name), chosen.values) if hasattr(module, name) else None for name in ("layer", "last")
    )
    return LayerMap(entry.name, _in_blocks(dual), norm, mean, layer, last, entry.infinite_gradients)


def _numeric(name: str, module: ModuleType) -> LayerMap:
    found = Numeric(Functions(name, module.phi, module.phi_derivative), runtime().root_det)
    return LayerMap(name, _in_blocks(found.dual, _SORTED), found.norm, found.mean, together=_SORTED)


def _with(function: Callable[..., Any], values: tuple[float, ...]) -> Callable[..., Any]:
    """The function at these values of its last arguments; branches that are not taken may overflow in silence."""

    def evaluate(*arguments: Array) -> Any:
        with np.errstate(all="ignore"):
            return function(*arguments, *values)

    return evaluate


@cache
def prior() -> ModuleType:
    """Return the prior statistics: `variance`, `covariance` (t ≥ s) and `complement` = 1 − ρ_m².   (9)(10)

    Raises
    ------
    GeneratedCodeError
        If the generated module is not the one its certificate describes.
    """
    return _certified("prior")


@cache
def runtime() -> ModuleType:
    """Return the routines that generated code calls, after comparing them with the hash in a certificate.

    Raises
    ------
    GeneratedCodeError
        If they are not what was certified.
    """
    _certified("prior")
    return importlib.import_module("ndk_num._generated.runtime")


def _certified(name: str) -> ModuleType:
    """Import a generated module after comparing it, and the runtime it calls, with its certificate."""
    path = _DIRECTORY / f"{name}.json"
    try:
        certificate = json.loads(path.read_bytes())
        recorded = {f"{name}.py": certificate["sha256"], "runtime.py": certificate["runtime_sha256"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GeneratedCodeError(f"{path} is missing or is not a certificate; run `ndk generate`") from error
    for file, expected in recorded.items():
        path = _DIRECTORY / file
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise GeneratedCodeError(
                f"{path} is not the code that {name}.json certifies: it was edited by hand or is out of date;"
                " run `ndk generate`"
            )
    return importlib.import_module(f"ndk_num._generated.{name}")


def _in_blocks(function: Dual, together: int = 1) -> Dual:
    """Evaluate large arrays in pieces whose temporaries stay in cache: over twice as fast at a million entries."""

    def dual(a: Array, c: Array, b: Array) -> tuple[Array, Array]:
        shape, most = np.broadcast_shapes(np.shape(a), np.shape(c), np.shape(b)), _BLOCK * together
        if math.prod(shape) <= most:
            return function(a, c, b)
        whole = [np.reshape(x, (1,) * (len(shape) - np.ndim(x)) + np.shape(x)) for x in (a, c, b)]
        results = np.empty(shape), np.empty(shape)
        _fill(function, whole, results, most)
        return results

    return dual


def _fill(function: Dual, arguments: list[Array], results: tuple[Array, Array], most: int) -> None:
    first, second = results
    if first.size <= most:
        first[...], second[...] = function(*arguments)
        return
    axis = int(np.argmax(first.shape))
    half = first.shape[axis] // 2
    for part in (slice(None, half), slice(half, None)):
        index = (slice(None),) * axis + (part,)
        pieces = [x[index] if x.shape[axis] > 1 else x for x in arguments]
        _fill(function, pieces, (first[index], second[index]), most)


def dual(name: str) -> Callable[[ArrayLike, ArrayLike, ArrayLike], tuple[Array, Array]]:
    """Return the layer map of an activation as a function that checks its input.

    F(a, c, b) = ⟨φ(z₁)φ(z₂)⟩,   Ḟ(a, c, b) = ⟨φ'(z₁)φ'(z₂)⟩ = ∂F/∂c,   z ~ N(0, [[a, c], [c, b]]).   (12)(13)

    Parameters
    ----------
    name : str
        One of `ndk_num.activations()`, a call with numbers such as ``"leaky_relu(0.1)"``, or a formula such as
        ``"x*tanh(x)"``.

    Returns
    -------
    callable
        (a, c, b) → (F, Ḟ). Variances a, b from 0 to 1e307 and covariance c with c² ≤ ab, finite real arrays that
        broadcast; a c that exceeds √(ab) by rounding alone counts as ±√(ab). At ab = 0 the direction of (z₁, z₂) is
        undefined and ReLU takes Ḟ = 1/4, the value of independent z₁ and z₂.

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
        if (variance > _LARGEST).any():
            raise InputError(f"{label} holds {variance.max():g}; twice its sum with another must be a float64:"
                             f" give at most {_LARGEST:g}")  # fmt: skip
    bound = np.sqrt(first) * np.sqrt(second)
    # the smallest subnormal forgives rounding where relative accuracy ends
    outside = np.abs(cross) > bound * (1 + _SLACK) + 5e-324
    if outside.any():
        values = (x[outside][0] for x in np.broadcast_arrays(first, cross, second))
        given = ", ".join(f"{label} = {value:.17g}" for label, value in zip("acb", values, strict=True))
        raise InputError(f"{given} is not a covariance; c must lie between -√(ab) and √(ab)")
    return first, cross, second
