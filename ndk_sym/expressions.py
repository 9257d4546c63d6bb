"""Activations written as text, such as `x*tanh(x)`: a whitelist grammar, and what makes a function admissible.

Text is parsed, never evaluated: Python's own parser makes a tree of it, of which only numbers, `x`, arithmetic and the
functions below are understood.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from mpmath import mp

from ndk_sym import notation as nt
from ndk_sym.errors import InputError

__all__ = ["FUNCTIONS", "admissible", "parse"]

LONGEST = 1000  # characters
DEEPEST = 40  # brackets and operations inside each other
HIGHEST = 64  # powers
_LARGEST = 10**12  # numbers as they are written
_RESULT = 1e30  # numbers that are computed on the way
_STEEPEST = 20  # φ may grow like e^{20|x|}


def _choose(first: sp.Expr, second: sp.Expr, where: sp.Expr) -> sp.Expr:
    if where.is_number:
        return first if where > 0 else second
    return sp.Piecewise((first, where > 0), (second, True))


def _sigmoid(u: sp.Expr) -> sp.Expr:
    return 1 / (1 + sp.exp(-u))


def _softplus(u: sp.Expr) -> sp.Expr:
    small = sp.exp(-_choose(u, -u, u))
    return _choose(u, sp.Integer(0), u) + 2 * sp.atanh(small / (2 + small))  # log(1 + e^u) without overflow


FUNCTIONS: dict[str, tuple[int, Callable[..., sp.Expr]]] = {
    **{name: (1, getattr(sp, name)) for name in ("exp", "log", "sin", "cos", "tanh", "sinh", "cosh", "erf", "erfc")},
    **{name: (1, getattr(sp, name)) for name in ("sqrt", "atan", "asinh")},
    "abs": (1, lambda u: _choose(u, -u, u)),
    "sign": (1, lambda u: _choose(sp.Integer(1), sp.Integer(-1), u)),
    "heaviside": (1, lambda u: _choose(sp.Integer(1), sp.Integer(0), u)),
    "max": (2, lambda u, v: _choose(u, v, u - v)),
    "min": (2, lambda u, v: _choose(v, u, u - v)),
    "relu": (1, lambda u: _choose(u, sp.Integer(0), u)),
    "sigmoid": (1, _sigmoid),
    "softplus": (1, _softplus),
    "silu": (1, lambda u: u * _sigmoid(u)),
    "gelu": (1, lambda u: u * (1 + sp.erf(u / sp.sqrt(2))) / 2),
}  # fmt: skip
_CONSTANTS = {"pi": sp.pi, "e": sp.E}
_OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda u, v: u + v, ast.Sub: lambda u, v: u - v, ast.Mult: lambda u, v: u * v,
}  # fmt: skip
_GROWING = {"exp", "sinh", "cosh"}


def parse(text: str) -> sp.Expr:
    """Return the activation that a text means, as an expression in `ndk_sym.notation.z`.

    Parameters
    ----------
    text : str
        In one variable, `x` or `z`: numbers, ``+ - * / ** ^``, brackets, `pi`, `e` and the functions of `FUNCTIONS`; at
        most 1000 characters, powers from −64 to 64.

    Raises
    ------
    InputError
        Naming the part that is not understood or not allowed.
    """
    if not isinstance(text, str):
        raise InputError(f"activation {str(text)[:60]!r} is not a text")
    if len(text) > LONGEST:
        raise InputError(f"an activation of {len(text)} characters is too long: give at most {LONGEST}")
    if not text.isascii() or not text.isprintable():
        odd = next(x for x in text if not x.isascii() or not x.isprintable())
        raise InputError(f"{odd!r} in an activation is not understood: {_allowed()}")
    depth = deepest = 0
    for x in text:
        depth += (x in "([{") - (x in ")]}")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise InputError(f"an activation with {deepest} brackets inside each other is too deep: at most {DEEPEST}")
    try:
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(f"activation {_short(text)} is not a formula: {_allowed()}") from None
    variables = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} & {"x", "z"}
    if len(variables) > 1:
        raise InputError(f"activation {_short(text)} has two variables, x and z; use one")
    result = sp.sympify(_converted(tree.body, 0))
    if nt.z not in result.free_symbols:
        raise InputError(f"activation {_short(text)} does not depend on x")
    return result


def _converted(node: ast.AST, depth: int) -> sp.Expr:
    if depth > DEEPEST:
        raise InputError(f"an activation with more than {DEEPEST} operations inside each other is too deep")
    if isinstance(node, ast.Constant):
        return _number(node.value)
    if isinstance(node, ast.Name):
        if node.id in ("x", "z"):
            return nt.z
        if node.id in _CONSTANTS:
            return _CONSTANTS[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _converted(node.operand, depth + 1)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        # a long sum is a tree that leans to the left: only what leans to the right is deep
        return _operation(node, _chain(node.left, type(node.op), depth), _converted(node.right, depth + 1))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _called(node, depth)
    raise InputError(f"{_short(ast.unparse(node))} in an activation is not understood: {_allowed()}")


def _chain(node: ast.AST, operator: type[ast.operator], depth: int) -> sp.Expr:
    same = isinstance(node, ast.BinOp) and isinstance(node.op, operator) and operator in (ast.Add, ast.Mult)
    return _converted(node, depth if same else depth + 1)


def _number(value: object) -> sp.Expr:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{_short(repr(value))} in an activation is not a number")
    if not abs(value) <= _LARGEST or 0 < abs(value) < 1 / _LARGEST:
        raise InputError(f"a number in an activation is outside 1e-12 to 1e12: {_short(str(value)[:20])}")
    return sp.Rational(repr(value))


def _operation(node: ast.BinOp, left: sp.Expr, right: sp.Expr) -> sp.Expr:
    if isinstance(node.op, ast.Pow):
        return _power(node, left, right)
    if isinstance(node.op, ast.Div):
        if right == 0:
            raise InputError(f"{_short(ast.unparse(node))} in an activation divides by zero")
        return _bounded(left / right, node)
    if type(node.op) not in _OPERATIONS:
        raise InputError(f"{_short(ast.unparse(node))} in an activation is not understood: {_allowed()}")
    return _bounded(_OPERATIONS[type(node.op)](left, right), node)


def _power(node: ast.BinOp, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    if not exponent.is_number and base.is_number and base.is_positive:
        return sp.exp(exponent * sp.log(base))
    shown = _short(ast.unparse(node))
    if not exponent.is_number:
        raise InputError(f"{shown} in an activation is not real for all x: an exponent is a number")
    if not abs(exponent) <= HIGHEST:
        raise InputError(f"{shown} in an activation has a power outside -{HIGHEST} to {HIGHEST}")
    if base == 0 and exponent <= 0:
        raise InputError(f"{shown} in an activation is not defined")
    result = base**exponent
    if result.is_Pow and result.exp.is_number and not abs(result.exp) <= HIGHEST:
        raise InputError(f"{shown} in an activation has a power outside -{HIGHEST} to {HIGHEST}")
    return _bounded(result, node)


def _called(node: ast.Call, depth: int) -> sp.Expr:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS:
        raise InputError(f"the function {_short(name)} in an activation is not known: {_allowed()}")
    count, function = FUNCTIONS[name]
    if node.keywords or len(node.args) != count or any(isinstance(x, ast.Starred) for x in node.args):
        raise InputError(f"{_short(ast.unparse(node))}: {name} takes {count} argument{'s' * (count > 1)}")
    arguments = [_converted(argument, depth + 1) for argument in node.args]
    if name in _GROWING and arguments[0].is_number and not abs(arguments[0]) <= HIGHEST:
        raise InputError(f"{_short(ast.unparse(node))} in an activation is too large")
    return _bounded(function(*arguments), node)


def _bounded(value: sp.Expr, node: ast.AST) -> sp.Expr:
    value = sp.sympify(value)
    if value.has(sp.I, sp.zoo, sp.nan, sp.oo) or (value.is_number and not value.is_real):
        raise InputError(f"{_short(ast.unparse(node))} in an activation is not a real number")
    if value.is_number and not abs(float(value)) <= _RESULT:
        raise InputError(f"{_short(ast.unparse(node))} in an activation is too large")
    return value


def admissible(phi: sp.Expr) -> None:
    """Check that φ is real and finite on the real line and has Gaussian moments at all variances.

    Raises
    ------
    InputError
        Naming a place where it is not, or how it grows.
    """
    function = sp.lambdify(nt.z, phi, "mpmath")
    sizes = (0.0, 1e-3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 300.0, 1e3, 1e4, 1e6)
    for z in (sign * size for size in sizes for sign in (1, -1)):
        if abs(z) <= 30:
            _finite_in_float64(phi, z)
        try:
            value = function(mp.mpf(z))
        except (ZeroDivisionError, ValueError, OverflowError):
            raise InputError(f"the activation {phi} is not defined at x = {z:g}") from None
        if isinstance(value, mp.mpc) or not mp.isfinite(value):
            what = "real" if isinstance(value, mp.mpc) and mp.isfinite(value) else "finite"
            raise InputError(f"the activation {phi} is not {what} at x = {z:g}; it must be so for all x")
        if value and mp.log(abs(value)) > _STEEPEST * abs(z) + 700:
            raise InputError(
                f"the activation {phi} grows faster than exp({_STEEPEST}|x|): its Gaussian averages do not exist at"
                " all variances, or are out of reach"
            )


def _finite_in_float64(phi: sp.Expr, z: float) -> None:
    """Before numbers without bounds are computed: towers of exponentials end here."""
    function = sp.lambdify(nt.z, phi, ["scipy", "numpy"])
    with np.errstate(all="ignore"):
        value = np.asarray(function(np.float64(z)))
    if np.isinf(value).any():
        raise InputError(f"the activation {phi} is not finite at x = {z:g}, or too large for float64; choose another")


def _allowed() -> str:
    return f"an activation is made of x, numbers, + - * / **, brackets, pi, e and {', '.join(FUNCTIONS)}"


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}…")
