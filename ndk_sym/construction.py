"""Programs of the named kernels: the recursion traced, the prior left as symbols or inserted at two times."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

import mpmath
import sympy as sp

from ndk_sym import kernels, prior
from ndk_sym import notation as nt
from ndk_sym.activations import Activation
from ndk_sym.errors import InputError
from ndk_sym.high_precision import exact_number
from ndk_sym.program import Program

__all__ = ["INPUTS", "KERNELS", "Kernel", "build", "parse_time", "require_distinct"]

INPUTS = (nt.k_xx, nt.k_xy, nt.k_yy)
_COVARIANCES = (nt.m_tt, nt.m_ts, nt.m_ss)

_PRIOR = (*_COVARIANCES, nt.decay)
_ROOT = sp.Symbol("m_root", nonnegative=True)
_STEP_NAME = re.compile(r"[a-zA-Z]\d+[ts]?|m_root|value")  # what steps of programs are called, or nearly
Build = Callable[..., sp.Expr]
Times = tuple[sp.Expr, sp.Expr]


@dataclass(frozen=True)
class Kernel:
    """One kernel: its arguments, the function of `ndk_sym.kernels` that builds it, whether times enter."""

    name: str
    meaning: str
    args: tuple[sp.Symbol, ...]
    build: Build
    two_time: bool


KERNELS: Mapping[str, Kernel] = {
    kernel.name: kernel
    for kernel in (
        Kernel("nngp", "NNGP kernel", (nt.sigma2, *INPUTS), kernels.nngp, False),
        Kernel("ntk", "neural tangent kernel", (nt.sigma02, *INPUTS), kernels.ntk, False),
        Kernel("two-time", "two-time kernel", (*_COVARIANCES, *INPUTS), kernels.two_time, True),
        Kernel("derivative", "derivative kernel", (*_COVARIANCES, *INPUTS), kernels.derivative, True),
        Kernel("ndk", "neural dynamical kernel", (*_COVARIANCES, nt.decay, *INPUTS), kernels.ndk, True),
        Kernel("mean", "mean kernel", (nt.sigma2, nt.k_xx, nt.k_yy), kernels.mean, False),
    )
}


def build(
    name: str, activation: Activation, depth: int, args: tuple[sp.Symbol, ...], times: Times | None
) -> tuple[Program, Program]:
    """Return the textbook and the stable program of a kernel, with the prior at `times` inserted if given."""
    kernel, plain, stable = KERNELS[name], kernels.Recorder(), kernels.StableRecorder()
    textbook_start: dict[sp.Symbol, sp.Expr] = {}
    stable_start: dict[sp.Symbol, sp.Expr] = {}
    root = None
    if times is not None:
        textbook_start = dict(zip(_PRIOR, _textbook_prior(*times), strict=True))
        *weights, root = _stable_prior(*times)
        stable_start = dict(zip(_PRIOR, weights, strict=True))
        if root != 0:
            stable_start[_ROOT] = root
            root = _ROOT
    start = (kernels.Arguments(m_root=root),) if kernel.two_time else ()
    textbook_result = kernel.build(activation, depth, *start, tracer=plain)
    stable_result = kernel.build(kernels.StableMaps(activation), depth, *start, tracer=stable)
    return (
        Program.of_needed(args, (*textbook_start.items(), *plain.steps), textbook_result),
        Program.of_needed(args, (*stable_start.items(), *stable.steps), stable_result),
    )


def _textbook_prior(t: sp.Expr, s: sp.Expr) -> tuple[sp.Expr, ...]:
    return prior.variance(t), prior.covariance(t, s), prior.variance(s), prior.decay(t, s)


def _stable_prior(t: sp.Expr, s: sp.Expr) -> tuple[sp.Expr, ...]:
    """m(t,t), m(t,s), m(s,s), e^{−κ|t−s|} and √(m(t,t) m(s,s) − m(t,s)²) for times in either order."""
    later, earlier = sp.Max(t, s), sp.Min(t, s)
    at_both = prior.stable_variance(later) * prior.stable_variance(earlier)
    root = sp.Integer(0) if later == earlier else sp.sqrt(at_both * prior.stable_complement(later, earlier))
    return (
        prior.stable_variance(t),
        prior.decay(t, s) * prior.stable_variance(earlier),
        prior.stable_variance(s),
        prior.decay(t, s),
        root,
    )


# what a closed form may hold besides its times
_ARGUMENTS = (
    nt.T, nt.kappa, nt.sigma2, nt.sigma02, nt.m_tt, nt.m_ts, nt.m_ss, nt.decay, nt.k_xx, nt.k_xy, nt.k_yy, nt.a, nt.c,
    nt.b, nt.lam, nt.m, nt.L,
)  # fmt: skip


def parse_time(label: str, value: Any) -> sp.Expr:
    """Return a time as a symbol or an exact number ≥ 0."""
    if isinstance(value, sp.Symbol):
        taken = {*(symbol.name for symbol in _ARGUMENTS), *vars(mpmath)} - {"t", "s", "tau"}
        usable = value.name.isidentifier() and not iskeyword(value.name) and value.name not in taken
        if not usable or _STEP_NAME.fullmatch(value.name) or value.is_real is False or value.is_negative:
            raise InputError(f"{label} = {value} cannot name a time here; use another symbol, such as t_1")
        return value
    if isinstance(value, str) or (isinstance(value, sp.Basic) and value.free_symbols):
        raise InputError(f"{label} = {value!r} is not a time: give a SymPy symbol or a number ≥ 0")
    number = exact_number(label, value)
    if not number >= 0:
        raise InputError(f"{label} = {value!r} is not allowed: a time must be zero or positive")
    return number


def require_distinct(symbols: tuple[sp.Symbol, ...]) -> None:
    if len({symbol.name for symbol in symbols}) < len(symbols):
        raise InputError(f"the two times are different symbols both called {symbols[0]}; use one symbol or two names")
