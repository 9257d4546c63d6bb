"""Mutants of a piece of code: the same text with one thing in it changed, one at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Mutant", "mutants"]

_SMALL = 1 + 2.0**-20
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_NAMES = {
    **{"maximum": "minimum", "max": "min", "sin": "cos", "sinh": "cosh", "exp": "expm1", "any": "all"},
    **{"angle": "elevation", "True": "False", "abs_upper": "abs_lower", "cos_pi": "sin_pi", "lt": "le", "gt": "ge"},
}
_SWAPS = _NAMES | {new: old for old, new in _NAMES.items()}
_ONE_ARGUMENT = 1
_SYMMETRIC = {"maximum", "minimum", "hypot", "filled", "max", "min"}  # of their arguments, `filled` of the later ones


@dataclass(frozen=True)
class Mutant:
    """One changed text: in which function (empty outside of any), in which line, what was there and what is.

    `source` is the whole line as it was.
    """

    function: str
    line: int
    kind: str
    old: str
    new: str
    text: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.line}: {self.function or '(module)'}: {self.kind}: {_short(self.old)}  →  {_short(self.new)}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 90 else f"{text[:44]} … {text[-44:]}"


def mutants(text: str, *, values_only: bool = False) -> Iterator[Mutant]:
    """Yield every mutant of a module.

    Parameters
    ----------
    text : str
        Python source.
    values_only : bool
        Leave out what messages say: strings, and the arguments of exceptions.
    """
    tree, lines = ast.parse(text), text.splitlines()
    for function, holder, field, index in list(_places(tree, "")):
        slot: Any = getattr(holder, field)
        node = slot if index is None else slot[index]
        for kind, replacement in _changes(node, holder):
            _put(holder, field, index, replacement)
            new = ast.fix_missing_locations(copy.deepcopy(tree))
            yield Mutant(
                function,
                node.lineno,
                kind,
                ast.unparse(node),
                ast.unparse(ast.fix_missing_locations(ast.copy_location(replacement, node))),
                ast.unparse(new),
                lines[node.lineno - 1].strip(),
            )
            _put(holder, field, index, node)


def _put(holder: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(holder, field, node)
    else:
        getattr(holder, field)[index] = node


def _places(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST, str, int | None]]:
    """Where something that runs can be changed: no annotations, documentation, imports, exports or messages."""
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "keywords", "bases"} and not isinstance(node, ast.Call):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_silent(child):
                continue
            inside = child.name if isinstance(child, ast.FunctionDef) and not function else function
            if isinstance(child, ast.expr | ast.stmt):
                yield inside, node, field, index
            yield from _places(child, inside)


def _is_silent(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
        return True
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Raise | ast.JoinedStr | ast.arg)


def _changes(node: ast.AST, holder: ast.AST) -> Iterator[tuple[str, Any]]:
    if isinstance(node, ast.Constant):
        yield from _constants(node, holder)
    elif isinstance(node, ast.Slice):
        yield from _slices(node)
    elif (changes := _CHANGES.get(type(node))) is not None:
        yield from changes(node)


def _constants(node: ast.Constant, holder: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int | float):
        yield "constant + 1", ast.Constant(value + 1)
        if value:
            yield "sign of a constant", ast.UnaryOp(ast.USub(), ast.Constant(value))
            if not isinstance(holder, ast.Slice | ast.Subscript):
                yield "constant × (1 + 2⁻²⁰)", ast.Constant(value * _SMALL)


def _binary(node: ast.BinOp) -> Iterator[tuple[str, ast.AST]]:
    if type(node.op) in _ARITHMETIC:
        yield "operator", ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)
    what = "term" if isinstance(node.op, ast.Add | ast.Sub) else "factor"
    yield f"dropped {what}", node.left
    if isinstance(node.op, ast.Sub):
        yield f"dropped {what}", ast.UnaryOp(ast.USub(), node.right)
    elif not isinstance(node.op, ast.Pow):
        yield f"dropped {what}", node.right


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    arguments = node.args
    if len(arguments) == _ONE_ARGUMENT and not node.keywords and not isinstance(arguments[0], ast.GeneratorExp):
        yield "dropped function", arguments[0]
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    last = len(arguments) - 1 if name not in _SYMMETRIC else int(name == "filled")
    for k in range(last):
        swapped = [*arguments[:k], arguments[k + 1], arguments[k], *arguments[k + 2 :]]
        yield "swapped arguments", ast.Call(node.func, swapped, node.keywords)


def _slices(node: ast.Slice) -> Iterator[tuple[str, ast.AST]]:
    if node.lower:
        yield "slice", ast.Slice(None, node.upper, node.step)
    if node.upper:
        yield "slice", ast.Slice(node.lower, None, node.step)


def _unary(node: ast.UnaryOp) -> Iterator[tuple[str, ast.AST]]:
    yield "dropped sign" if isinstance(node.op, ast.USub) else "dropped operator", node.operand


def _compared(node: ast.Compare) -> Iterator[tuple[str, ast.AST]]:
    for other in _COMPARISONS[type(node.ops[0])]:
        yield "comparison", ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)


def _logical(node: ast.BoolOp) -> Iterator[tuple[str, ast.AST]]:
    yield "and/or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for k, _ in enumerate(node.values):
        rest = node.values[:k] + node.values[k + 1 :]
        yield "dropped condition", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _names(node: ast.Name) -> Iterator[tuple[str, ast.AST]]:
    if node.id in _SWAPS and isinstance(node.ctx, ast.Load):
        yield "function", ast.Name(_SWAPS[node.id], node.ctx)


def _attributes(node: ast.Attribute) -> Iterator[tuple[str, ast.AST]]:
    if node.attr in _SWAPS:
        yield "function", ast.Attribute(node.value, _SWAPS[node.attr], node.ctx)


def _augmented(node: ast.AugAssign) -> Iterator[tuple[str, ast.AST]]:
    if type(node.op) in _ARITHMETIC:
        yield "operator", ast.AugAssign(node.target, _ARITHMETIC[type(node.op)](), node.value)
    yield "dropped statement", ast.Pass()


def _conditional(node: ast.If | ast.IfExp) -> Iterator[tuple[str, ast.AST]]:
    for value in (True, False):
        yield "condition", type(node)(ast.Constant(value), node.body, node.orelse)


_CHANGES: dict[type[ast.AST], Any] = {
    **{ast.BinOp: _binary, ast.UnaryOp: _unary, ast.Compare: _compared, ast.BoolOp: _logical, ast.Call: _calls},
    **{ast.Name: _names, ast.Attribute: _attributes, ast.AugAssign: _augmented},
    **{ast.If: _conditional, ast.IfExp: _conditional},
}
