"""Small faults of a Python file: an operator exchanged, a number changed, a statement left out. For bench/mutation.py.

What is said to people stays as it is (strings, f-strings, what an error is raised with), and so do types and decorators.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

OTHER = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
    ast.LShift: ast.RShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"}
LEFT_ALONE = {"annotation", "returns", "decorator_list", "bases", "exc", "cause"}  # fields of nodes


class Mutant(NamedTuple):
    """One fault: the bytes of the file from `start` to `end`, which are `old`, become `new`."""

    file: str
    line: int
    start: int
    end: int
    old: str
    new: str

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutants(file: str, source: bytes) -> Iterator[Mutant]:
    """Every fault of a file."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in code(ast.parse(source)):
        for new in changed(node):
            start, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
            yield Mutant(file, node.lineno, start, end, source[start:end].decode(), new)


def code(node: ast.AST) -> Iterator[ast.AST]:
    """A node and those below it, but what is said and what is only for readers."""
    yield node
    if isinstance(node, ast.JoinedStr) or isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if field not in LEFT_ALONE and isinstance(child, ast.AST):
                yield from code(child)


def changed(node: ast.AST) -> Iterator[str]:
    """What is tried in the place of a node."""
    match node:
        case ast.Compare(left, operators, right):
            for place, operator in enumerate(operators):
                others = [*operators[:place], OTHER[type(operator)](), *operators[place + 1 :]]
                yield f"({ast.unparse(ast.Compare(left, others, right))})"
        case ast.BinOp(left, operator, right) if type(operator) in OTHER:
            yield f"({ast.unparse(ast.BinOp(left, OTHER[type(operator)](), right))})"
        case ast.BoolOp(operator, values):
            yield f"({ast.unparse(ast.BoolOp(OTHER[type(operator)](), values))})"
        case ast.UnaryOp(_, operand):
            yield f"({ast.unparse(operand)})"
        case ast.IfExp(test, body, other):
            yield f"({ast.unparse(ast.IfExp(test, other, body))})"
        case ast.Constant(bool(value)):
            yield repr(not value)
        case ast.Constant(int(value)):
            yield repr(value + 1)
        case ast.Constant(float(value)):
            yield repr(value * 1.5 or 1.0)
        case ast.Return(ast.AST() as value) if ast.unparse(value) != "None":
            yield "return None"
        case ast.AugAssign() | ast.Expr(ast.Call()) | ast.Raise():
            yield "pass"
        case ast.Break() | ast.Continue():
            yield "continue" if isinstance(node, ast.Break) else "break"
        case ast.Name(name) | ast.Attribute(_, name) if name in NAMES:
            yield ast.unparse(node)[: -len(name)] + NAMES[name]
