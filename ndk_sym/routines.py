"""What is generated: numeric modules, their functions, and what each function means.

A function's output carries three descriptions that certificates play against each other: the stable form that is
printed, the textbook form, and the average that defines it.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import sympy as sp
from mpmath import mp

from ndk_sym import enclosed_prior, prior
from ndk_sym import notation as nt
from ndk_sym.activations import Activation, registered
from ndk_sym.activations.numeric import NumericActivation, numeric_activations
from ndk_sym.activations.parameters import Parameter
from ndk_sym.averages import Averages, prior_complement, prior_covariance, prior_variance
from ndk_sym.enclosed_averages import Enclosed, EnclosedAverages
from ndk_sym.gaussian import numeric
from ndk_sym.stable import Angle, RootDet, Turn

__all__ = ["ROOT", "Module", "Output", "Routine", "activation_module", "modules", "numeric_module", "prior_module"]

ROOT = sp.Symbol("root", nonnegative=True)  # √(ab − c²), as an argument
_GAINS = sp.Symbol("G_a", positive=True) * sp.Symbol("G_b", positive=True)


@dataclass(frozen=True)
class Output:
    """One value of a generated function.

    Attributes
    ----------
    label : str
        The value's name in code.
    latex : str
        Its mathematical name.
    stable, textbook : sympy.Expr
        The form that is printed, and the one a reader knows.
    average : callable
        (*arguments, digits) → the defining average, by quadrature.
    enclosed : callable, optional
        () → the same average as an enclosure with a rigorous error.
    shown : sympy.Expr, optional
        The textbook form in other variables, where these read better.
    """

    label: str
    latex: str
    stable: sp.Expr
    textbook: sp.Expr
    average: Callable[..., Any]
    enclosed: Callable[[], Enclosed] | None = None
    shown: sp.Expr | None = None

    @property
    def displayed(self) -> sp.Expr:
        """The formula for a reader."""
        return self.textbook if self.shown is None else self.shown


@dataclass(frozen=True)
class Routine:
    """One generated function.

    Attributes
    ----------
    name, title : str
        The function's name, and one line about it.
    arguments : tuple of sympy.Symbol
        In the order of the call.
    outputs : tuple of Output
        Several outputs become a tuple.
    condition : sympy.Expr
        How much a relative error of one rounding inside is amplified; 1 unless it grows with the arguments.
    parameters : tuple of Parameter
        Those of the activation, the last arguments.
    conditioned : bool
        Whether an output passes through zero, so that its error is measured against its condition number.
    definition : str
        What `average` of its outputs is.
    """

    name: str
    title: str
    arguments: tuple[sp.Symbol, ...]
    outputs: tuple[Output, ...]
    condition: sp.Expr = sp.S.One
    parameters: tuple[Parameter, ...] = ()
    conditioned: bool = False
    definition: str = "defining average"

    @property
    def expression_hash(self) -> str:
        """SHA-256 of the exact structure of every stable and textbook form."""
        forms = [sp.srepr((output.stable, output.textbook)) for output in self.outputs]
        return hashlib.sha256("\n".join([sp.srepr(self.arguments), *forms]).encode()).hexdigest()


@dataclass(frozen=True)
class Module:
    """One generated file: its name, a description of what it holds, its functions, and which activation it is of."""

    name: str
    title: str
    description: str
    routines: tuple[Routine, ...]
    activation: Mapping[str, Any] | None = None


@cache
def modules() -> tuple[Module, ...]:
    """Return every module that `ndk generate` writes, `runtime` apart: those of the activations, and the prior."""
    activations = [cls.symbolic(*degrees) for cls in registered().values() for degrees in cls.instances or ((),)]
    closed = (activation_module(act) for act in activations)
    numerical = (numeric_module(act) for act in numeric_activations().values())
    return (*closed, *numerical, prior_module())


def activation_module(act: Activation) -> Module:
    """Return the layer map of an activation: `dual`, `norm` and `mean`, with its symbolic parameters as arguments."""
    free = tuple(p for p in act.parameters if act.values[p.name] == p.symbol)
    symbols = tuple(p.symbol for p in free)
    averages, enclosed = Averages(act, symbols), EnclosedAverages(act, symbols)
    covariance = (nt.a, nt.c, nt.b)
    value = Output(
        "F", r"\langle\phi(z_1)\,\phi(z_2)\rangle",
        _turned(act.stable_dual(*covariance)), sp.sympify(act.dual(*covariance)), averages.dual,
        enclosed.dual,
    )  # fmt: skip
    derivative = Output(
        "F_dot", r"\langle\phi'(z_1)\,\phi'(z_2)\rangle",
        _turned(act.stable_dual_derivative(*covariance)), sp.sympify(act.dual_derivative(*covariance)),
        averages.dual_by_difference if act.jumps else averages.dual_derivative, enclosed.dual_derivative,
    )  # fmt: skip
    norm = Output(
        "G", r"\langle\phi(z_1)^2\rangle",
        sp.sympify(act.stable_norm(nt.a)), sp.sympify(act.norm(nt.a)), averages.norm, enclosed.norm,
    )  # fmt: skip
    mean = Output(
        "mu", r"\langle\phi(z_1)\rangle",
        sp.sympify(act.stable_mean(nt.a)), sp.sympify(act.mean(nt.a)), averages.mean, enclosed.mean,
    )  # fmt: skip
    shared: dict[str, Any] = {"parameters": free, "conditioned": act.conditioned}
    routines: tuple[Routine, ...] = (
        Routine(
            "dual", "(F, Ḟ) for z ~ N(0, [[a, c], [c, b]])", (*covariance, *symbols), (value, derivative), **shared
        ),
        Routine("norm", "F(a, a, a)", (nt.a, *symbols), (norm,), **shared),
        Routine("mean", "μ(a)", (nt.a, *symbols), (mean,), **shared),
    )
    if (forms := act.stable_layer(nt.c, ROOT)) is not None:
        carried = _layer_outputs(act, averages, enclosed, forms)
        title = "(F, Ḟ, √(G_a G_b − F²)) from c and root = √(ab − c²), with G_a = F(a, a, a)"
        routines += (
            Routine("layer", title, (nt.c, ROOT, *symbols), carried, **shared),
            Routine("last", "(F, Ḟ) from c and root = √(ab − c²)", (nt.c, ROOT, *symbols), carried[:2], **shared),
        )
    description = f"{inspect.cleandoc(act.__doc__ or '')}\n\nReference: {act.reference}."
    return Module(act.stem, f"Layer map: {act.title}", description, routines, _described(act))


def _turned(form: sp.Expr) -> sp.Expr:
    """With angles of (±c, √(ab − c²)) from a, c and b: near 1e-300 the root loses bits that the angle need not."""
    return sp.sympify(form).replace(
        lambda e: isinstance(e, Angle) and isinstance(e.args[0], RootDet) and e.args[1] in (nt.c, -nt.c),
        lambda e: Turn(e.args[0].args[0], e.args[1], e.args[0].args[2]),
    )


def _layer_outputs(
    act: Activation, averages: Averages, enclosed: EnclosedAverages, forms: tuple[sp.Expr, ...]
) -> tuple[Output, ...]:
    """The layer map at ab = c² + root²: a and b are set to √(c² + root²), since it depends on their product alone."""
    whole = sp.sqrt(nt.c**2 + ROOT**2)
    value, slope = act.dual(whole, nt.c, whole), act.dual_derivative(whole, nt.c, whole)
    average = averages.carried("dual_by_difference" if act.jumps else "dual_derivative")
    known, usual = act.dual(nt.a, nt.c, nt.b), act.dual_derivative(nt.a, nt.c, nt.b)
    following = sp.sqrt(act.norm(whole) ** 2 - value**2)
    return (
        Output(
            "F", r"\langle\phi(z_1)\,\phi(z_2)\rangle",
            forms[0], value, averages.carried("dual"), enclosed.carried_dual, known,
        ),
        Output(
            "F_dot", r"\langle\phi'(z_1)\,\phi'(z_2)\rangle",
            forms[1], slope, average, enclosed.carried_derivative, usual,
        ),
        Output(
            "following", "s",
            forms[2], following, averages.carried("root"), enclosed.following, sp.sqrt(_GAINS - sp.Symbol("F") ** 2),
        ),
    )  # fmt: skip


def numeric_module(act: NumericActivation) -> Module:
    """Return φ and φ' of an activation without closed form: what quadrature needs."""
    phi = numeric(act.phi(nt.z), nt.z)

    def value(z: Any, *, digits: int) -> Any:
        with mp.workdps(digits + 15):
            return phi(mp.mpf(z))

    def slope(z: Any, *, digits: int) -> Any:
        """φ' by differences, on the side of 0 where z is."""
        with mp.workdps(3 * digits):
            return mp.diff(phi, mp.mpf(z), h=abs(mp.mpf(z)) * mp.mpf(10) ** (-digits - 5))

    parts = (
        ("phi", "φ(z)", r"\phi(z)", act.stable_phi(nt.z), act.phi(nt.z), value, "φ"),
        ("phi_derivative", "φ'(z)", r"\phi'(z)", act.stable_phi_derivative(nt.z), act.phi_derivative(nt.z), slope,
         "difference quotient of φ"),
    )  # fmt: skip
    routines = tuple(
        Routine(name, title, (nt.z,), (Output("value", latex, sp.sympify(stable), sp.sympify(textbook), average),),
                conditioned=act.conditioned, definition=definition)
        for name, title, latex, stable, textbook, average, definition in parts
    )  # fmt: skip
    source = f"\n\nReference: {act.reference}." if act.reference else ""
    description = f"{inspect.cleandoc(act.__doc__ or '')}{source}"
    about = {"name": act.call, "parameters": [], "infinite_gradients": False, "averages": "numeric"}
    return Module(act.stem, f"Activation without closed form: {act.title}", description, routines, about)


def _described(act: Activation) -> dict[str, Any]:
    """What the numeric side needs to know to find the module of a call such as leaky_relu(0.1), and to bind it."""
    parameters = [
        {
            "name": p.name,
            "meaning": p.meaning,
            "default": None if p.default is None else float(p.default),
            "low": float(p.low),
            "high": float(p.high),
            "degree": int(act.values[p.name]) if p.degree else None,
        }
        for p in act.parameters
    ]
    return {"name": act.name, "parameters": parameters, "infinite_gradients": act.jumps}


def prior_module() -> Module:
    """Return the prior statistics of a weight at t ≥ s: `variance`, `covariance` and `complement`."""
    scale = (nt.kappa, nt.sigma2, nt.sigma02)
    pair, variance = (nt.t, nt.s, *scale), prior.variance(nt.s)
    covariance = prior.covariance(nt.t, nt.s)
    # of a correlation: written as the textbook has it, 1 − ρ², which cancels as s → t
    complement = 1 - covariance**2 / (prior.variance(nt.t) * variance)
    routines = (
        Routine(
            "variance", "m(s,s)", (nt.s, *scale),
            (Output("m", "m(s,s)", prior.stable_variance(nt.s), variance, prior_variance, enclosed_prior.variance),),
            1 + 2 * nt.kappa * nt.s,
        ),
        Routine(
            "covariance", "m(t,s) for t ≥ s", pair,
            (Output("m", "m(t,s)", prior.stable_covariance(nt.t, nt.s), covariance, prior_covariance,
                    enclosed_prior.covariance),),
            1 + nt.kappa * (nt.t + nt.s),
        ),
        Routine(
            "complement", "1 − ρ_m² = 1 − m(t,s)²/(m(t,t) m(s,s)) for t ≥ s", pair,
            (Output("q", r"1-\rho_m^2", prior.stable_complement(nt.t, nt.s), complement, prior_complement,
                    enclosed_prior.complement),),
            1 + 2 * nt.kappa * nt.t,
        ),
    )  # fmt: skip
    description = (
        "dΘ = −κΘ dt + √(2T) dW with T = κσ² and Θ(0) ~ N(0, σ0²):   m(t,s) = ⟨Θ(t) Θ(s)⟩.   (9)(10)\n"
        "Stable where it matters: t = s, κ = 0, κt → ∞. Times t ≥ s ≥ 0."
    )
    return Module("prior", "Prior statistics of a weight", description, routines)
