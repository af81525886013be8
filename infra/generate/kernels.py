"""Declarations that the engine's kernels share, from plain Python: names become constants, functions become inlined."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from candlecloud.backtest.kernels import layout, marks

_TYPES = {"float": "double", "int": "long long", "bool": "bint"}
_HEAD = "# Written by `python -m infra.generate` from backtest/kernels/{}.py.\n"


def layouts() -> dict[str, str]:
    """One file of constants per list of names: Cython allows a name once per file."""
    lists = {name: places for name, places in vars(layout).items() if isinstance(places, layout.Places)}
    return {name.lower(): _constants(places) for name, places in lists.items()}


def marks_declarations() -> str:
    """The struct of marks, and what counts them, to inline."""
    parts = [_HEAD.format("marks")]
    for node in ast.parse(inspect.getsource(marks)).body:
        if isinstance(node, ast.ClassDef):
            parts.append("\n".join(_struct(node)))
        elif isinstance(node, ast.FunctionDef):
            parts.append("\n".join(_inlined(node)))
    return "\n".join(parts)


def _constants(places: layout.Places) -> str:
    lines = [f"    {name} = {number}" for name, number in vars(places).items()]
    return "\n".join([_HEAD.format("layout"), "cdef enum:", *lines, ""])


def _struct(node: ast.ClassDef) -> Iterator[str]:
    yield f"cdef struct {node.name}:"
    for line in node.body:
        if isinstance(line, ast.AnnAssign):
            yield f"    {_type(line.annotation)} {ast.unparse(line.target)}"
    yield ""


def _inlined(node: ast.FunctionDef) -> Iterator[str]:
    yield f"{_signature(node)} noexcept:"
    for statement in node.body[1:]:  # behind the docstring
        text = ast.unparse(statement)
        if text == "marks = Marks()":  # a struct needs no making
            text = "cdef Marks marks"
        yield from (f"    {line}" for line in text.splitlines())
    yield ""


def _signature(node: ast.FunctionDef) -> str:
    arguments = ", ".join(f"{_type(argument.annotation)} {argument.arg}" for argument in node.args.args)
    return f"cdef inline {_type(node.returns)} {node.name}({arguments})"


def _type(annotation: ast.expr | None) -> str:
    name = ast.unparse(annotation) if annotation else "object"
    return _TYPES.get(name, name)
