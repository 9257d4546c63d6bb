"""Closed forms of the kernels at any depth: one object that is an expression, LaTeX, code and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import mpmath
import sympy as sp

from ndk_sym import notation as nt
from ndk_sym import printers
from ndk_sym.activations import Activation, NumericActivation, names
from ndk_sym.activations import activation as find_activation
from ndk_sym.construction import INPUTS, KERNELS, build, parse_time, require_distinct
from ndk_sym.errors import InputError
from ndk_sym.high_precision import MAX_DIGITS, Evaluator, check_domain, exact_values
from ndk_sym.numeric import NumericFunction, check, compiled
from ndk_sym.program import Program

__all__ = ["FORMATS", "KERNELS", "ClosedForm", "closed_form"]

MAX_DEPTH = 500
MAX_OPERATIONS = 100_000  # nodes of a single expression that SymPy still handles in seconds
_LATEX_OPERATIONS = 150  # a longer single formula cannot be read: LaTeX is then layered


@dataclass(frozen=True)
class ClosedForm:
    """A kernel of an L-layer network in closed form. Made by `closed_form`.

    Attributes
    ----------
    kernel, activation, depth
        What was asked for.
    args : tuple of sympy.Symbol
        The ordered arguments. Two-time kernels take m(t,t), m(t,s), m(s,s), and the NDK e^{−κ|t−s|}; the NTK
        takes σ₀², the NNGP and mean kernels σ²; then come the entries of the input kernel.
    textbook, stable : Program
        The form of the paper, and the one in which nothing cancels: layers as named steps.
    """

    kernel: str
    activation: Activation
    depth: int
    textbook: Program
    stable: Program

    @property
    def args(self) -> tuple[sp.Symbol, ...]:
        """The ordered arguments."""
        return self.stable.args

    @property
    def title(self) -> str:
        """What this is, in words."""
        return f"{KERNELS[self.kernel].meaning}, {self.activation.call}, depth {self.depth}"

    @property
    def function_name(self) -> str:
        """The name of the function in printed code."""
        kernel = self.kernel.replace("-", "_")
        return f"{kernel}_{''.join(x if x.isalnum() else '_' for x in self.activation.call)}_{self.depth}"

    @cached_property
    def expr(self) -> sp.Expr:
        """The textbook form as a single expression in `args`.

        Raises
        ------
        InputError
            If it would have more than 100,000 nodes: single expressions grow exponentially with depth.
        """
        size = self.textbook.operations()
        if size > MAX_OPERATIONS:
            raise InputError(
                f"the {self.title}, has {sp.Integer(size).n(2)} terms as a single expression, and at most "
                f"{MAX_OPERATIONS:,} are allowed; use a code format, LaTeX, .evaluate or .lambdify, "
                "whose cost grows linearly with depth"
            )
        return self.textbook.expanded()

    def _sympy_(self) -> sp.Expr:
        return self.expr

    def latex(self) -> str:
        """Return LaTeX in the paper's notation: one expression, or a line per step where that is long."""
        if self.textbook.operations() <= _LATEX_OPERATIONS:
            return nt.latex(self.expr)
        program = self.textbook.inlined()
        names = {name: _step_latex(name.name) for name, _ in program.steps if name.name[1].isdigit()}
        steps = [(name, expr) for name, expr in program.steps if name != program.result]
        last = dict(program.steps).get(program.result, program.result)
        lines = [f"{nt.latex(name, names=names)} &= {nt.latex(expr, names=names)}" for name, expr in steps]
        lines.append(rf"{_HEADS[self.kernel].format(L=self.depth)} &= {nt.latex(last, names=names)}")
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def in_time(self, t: Any, s: Any) -> ClosedForm:
        """Return the form with the prior m(t,s) of (10) inserted and the times explicit, in either order.

        The arguments become the free symbols of `t` and `s`, then κ, σ², σ₀², then the input kernel. The
        NTK, NNGP and mean kernels do not depend on time and are returned as they are.

        Parameters
        ----------
        t, s : sympy expression or number
            Times ≥ 0: symbols, expressions in symbols, or numbers.

        Raises
        ------
        InputError
            If a time is negative, not finite, not an expression or number, or has a name that
            the kernel uses itself.
        """
        if not KERNELS[self.kernel].two_time:
            return self
        first, second = parse_time("t", t), parse_time("s", s)
        symbols = tuple(dict.fromkeys(time for time in (first, second) if isinstance(time, sp.Symbol)))
        require_distinct(symbols)
        args = (*symbols, nt.kappa, nt.sigma2, nt.sigma02, *INPUTS)
        textbook, stable = build(self.kernel, self.activation, self.depth, args, (first, second))
        return ClosedForm(self.kernel, self.activation, self.depth, textbook, stable)

    def evaluate(self, values: Mapping[Any, Any], *, digits: int = 50) -> sp.Float:
        """Return the value at `values`, correct to `digits` significant digits whatever cancels.

        Parameters
        ----------
        values : mapping
            One value per argument, keyed by name or symbol. Floats are taken as the binary numbers they are;
            decimal strings, fractions and exact SymPy numbers such as ``sqrt(2)`` are taken exactly.
        digits : int, optional
            Between 1 and 10,000.

        Returns
        -------
        sympy.Float
            Of `digits` digits; exactly zero where the kernel is.

        Raises
        ------
        InputError
            If a value is missing, unknown, not finite or outside the domain. A covariance may exceed its
            bound by a float's rounding (1e-15 relative) and then counts as being on it. Also if the kernel, or
            one in a layer before, has an exponential of more than 10^300 there, or is infinite because the
            activation jumps.
        """
        if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= MAX_DIGITS:
            raise InputError(f"digits = {digits!r} is not allowed: give an integer from 1 to {MAX_DIGITS}")
        exact = exact_values(self.args, values)
        check_domain(exact)
        try:
            return sp.Float(self._evaluator.value(exact, digits), digits)
        except OverflowError as error:
            raise InputError(f"the {self.title}, is too large there ({error}); give smaller variances") from None
        except ZeroDivisionError:
            if not self.activation.jumps:
                raise
            raise InputError(
                f"the {self.title}, is not finite there: {self.activation.call} jumps, and its two arguments are"
                " fully correlated or zero; move the inputs or the times apart"
            ) from None

    @cached_property
    def _evaluator(self) -> Evaluator:
        return Evaluator(self.stable)

    @cached_property
    def _numpy(self) -> NumericFunction:
        function = compiled(self.stable, self.function_name)
        check(function, self.stable, self.textbook, depth=self.depth)
        return function

    def lambdify(self, module: str = "numpy") -> Callable[..., Any]:
        """Return a callable of `args`, by position or by name.

        Parameters
        ----------
        module : {"numpy", "mpmath"}
            "numpy": float64 arrays that broadcast, from the stable form; compared with the closed form at 50
            digits at seeded points (bulk, both edges, equal inputs, equal times, scales) before it is handed
            out. "mpmath": numbers, to mpmath's current precision, as `evaluate` gives them.

        Raises
        ------
        InputError
            If `module` is something else.
        ndk_sym.numeric.Disagreement
            If the NumPy callable differs from the closed form; the message names the worst point.
        """
        if module == "numpy":
            return self._numpy
        if module == "mpmath":
            return self._mpmath
        raise InputError(f"module {module!r} is not known; choose 'numpy' or 'mpmath'")

    def _mpmath(self, *values: Any, **named: Any) -> Any:
        names = [arg.name for arg in self.args]
        given = dict(zip(names, values, strict=False))
        if len(values) > len(names) or set(given) & set(named):
            raise InputError(f"the arguments are {', '.join(names)}, each once; {len(values)} were given by position")
        value = self.evaluate(given | named, digits=mpmath.mp.dps)
        return mpmath.mpf(value)

    def to(self, format: str) -> str:
        """Return the closed form as text.

        Parameters
        ----------
        format : {"latex", "sympy", "python", "c", "julia", "mathematica"}
            "sympy" is the expression as Python; "python", "c" and "julia" are complete functions of the
            stable form with the routines they need; "mathematica" is a function of the textbook form.

        Raises
        ------
        InputError
            If the format is not known, or the single expression of "sympy" would be too large.
        """
        if format not in FORMATS:
            raise InputError(f"format {format!r} is not known; choose one of {', '.join(FORMATS)}")
        return FORMATS[format](self)


_HEADS = {
    "nngp": "K_{{GP}}", "ntk": "K_{{NTK}}", "two-time": "K^{{{L}}}", "derivative": r"\dot{{K}}^{{{L}}}",
    "ndk": "K^{{d,{L}}}", "mean": "K_{{mean}}",
}  # fmt: skip

FORMATS: Mapping[str, Callable[[ClosedForm], str]] = {
    "latex": ClosedForm.latex,
    "sympy": lambda form: str(form.expr),
    "python": lambda form: printers.python_source(form.stable, form.function_name, comment=form.title),
    "c": lambda form: printers.c_source(form.stable, form.function_name, comment=form.title),
    "julia": lambda form: printers.julia_source(form.stable, form.function_name, comment=form.title),
    "mathematica": lambda form: printers.mathematica_source(form.textbook, form.function_name, comment=form.title),
}


def closed_form(kernel: str, *, activation: str | Activation, depth: int) -> ClosedForm:
    """Return a kernel of a network with `depth` hidden layers in closed form. (12)–(15)(18)(20)(22)

    Parameters
    ----------
    kernel : {"nngp", "ntk", "two-time", "derivative", "ndk", "mean"}
        Underscores count as hyphens.
    activation : str or Activation
        A name listed by `ndk_sym.activations()`, or an activation.
    depth : int
        Number of hidden layers, 1 to 500.

    Returns
    -------
    ClosedForm

    Raises
    ------
    InputError
        If the kernel or activation is not known or the depth is not an integer in range.
    """
    name = kernel.replace("_", "-") if isinstance(kernel, str) else ""
    if name not in KERNELS:
        raise InputError(f"kernel {kernel!r} is not known; choose one of {', '.join(KERNELS)}")
    if not isinstance(activation, str | Activation):
        raise InputError(f"activation {activation!r} is not known; give one of the names {', '.join(names())}")
    if isinstance(depth, bool) or not isinstance(depth, int | sp.Integer) or not 1 <= depth <= MAX_DEPTH:
        raise InputError(
            f"depth = {depth!r} is not allowed: give the number of hidden layers, an integer from 1 to {MAX_DEPTH}"
        )
    found = find_activation(activation)
    if isinstance(found, NumericActivation):
        raise InputError(
            f"{found.call} has no closed form: its averages are integrals, which ndk_num computes by quadrature; the"
            f" activations with closed forms are {', '.join(names())}"
        )
    textbook, stable = build(name, found, int(depth), KERNELS[name].args, None)
    return ClosedForm(name, found, int(depth), textbook, stable)


def _step_latex(name: str) -> str:
    kind, layer, which = name[0], name.strip("abcnKDRts"), name[-1]
    if kind == "n":
        return rf"K^{{{layer}}}_{{{which * 2}}}"
    patterns = {"K": "K^{{{}}}", "D": r"\dot{{K}}^{{{}}}", "R": "K^{{d,{}}}"}
    return patterns.get(kind, kind + "_{{{}}}").format(layer)
