"""The canonical form: blind to layout, comments and docstrings, and to nothing else."""

from __future__ import annotations

import pytest
from parso.parser import ParserSyntaxError

from infra.code_hashes.canonical import canonical_bytes, canonical_declarations, parse_module


def form(source: str) -> bytes:
    return canonical_bytes([parse_module(source)])


SAME = [
    ("x = 1\n", "x=1  # one\n\n\n"),
    ("x = f(a, b)\n", "x = f(\n    a,\n    b,\n)\n"),
    ("x = (a, b)\n", "x = a, b\n"),
    ("x = (a,)\n", "x = a,\n"),
    ("x = a + b\n", "x = (\n    a\n    + b\n)\n"),
    ("x = a + b\n", "x = a \\\n    + b\n"),
    ("x = (a + b) + c\n", "x = a + b + c\n"),
    ("x = (a.b).c\n", "x = a.b.c\n"),
    ("x = a * b + c\n", "x = (a * b) + c\n"),
    ("return_ = not (a)\n", "return_ = not a\n"),
    ("x = 'a\"b'\n", 'x = "a\\"b"\n'),
    ("x = 'ab'\n", "x = ('a'\n     \"b\")\n"),
    ("x = b'ab'\n", "x = rb'a' b'b'\n"),
    ("x = u'a'\n", "x = r'a'\n"),
    ("x = f'{a}b'\n", "x = f\"{a}\" 'b'\n"),
    ("x = f'{a!r:>{w}}'\n", 'x = f"{ a !r:>{ w }}"\n'),
    ("x = f'a'\n", "x = 'a'\n"),
    ("x = f'{a[\"b\"]}'\n", "x = f\"{a['b']}\"\n"),
    ('x = f"""a"{b}"""\n', "x = f'a\"{b}'\n"),
    ("x = f'{{{a}}}'\n", "x = '{' f'{a}' '}'\n"),
    ("x = 0xFF + 1E3\n", "x = 255 + 1_000.0\n"),
    ("x = {a: b, **c}\n", "x = {\n    a: b,\n    **c,\n}\n"),
    ("x = {a}\n", "x = {a,}\n"),
    ("x = [a]\n", "x = [a,]\n"),
    ("x = a[b, 1:2]\n", "x = a[b, 1:2,]\n"),
    ("def f(a):\n    return a\n", 'def f(a):\n    """Say."""\n\n    return (a)\n'),
    ("def f(a, *, b=1): return a\n", "def f(\n    a,\n    *,\n    b=1,\n):\n  return a\n"),
    ("def f():\n    pass\n", "def f():\n    'nothing'\n"),
    ("def f():\n    x = 1\n    y = 2\n", "def f():\n    x = 1; y = 2\n"),
    ("class A:\n    x = 1\n", "class A():\n    '''Doc.'''\n    x = 1\n    'of x'\n"),
    ("class A(B): x = 1\n", "class A(B,):\n  x = 1\n"),
    ("from a import (b, c)\n", "from a import (\n    b,\n    c,\n)\n"),
    ("for a, b in c: d\n", "for (a, b) in c:\n    d\n"),
    ("if (a := b): c\n", "if a := b:\n    c\n"),
    ("@a\n@b\ndef f(): g()\n", "@a\n# b\n@b\n\ndef f():\n    g()\n"),
]
OTHER = [
    ("x = (a + b) * c\n", "x = a + b * c\n"),
    ("x = a - (b - c)\n", "x = a - b - c\n"),
    ("x = (a < b) < c\n", "x = a < b < c\n"),
    ("x = (a ** b) ** c\n", "x = a ** b ** c\n"),
    ("x = (-a) ** b\n", "x = -a ** b\n"),
    ("x = not (a or b)\n", "x = (not a) or b\n"),
    ("x = (await_.a)()\n", "x = await_.a\n"),
    ("x = (a,)\n", "x = (a)\n"),
    ("x = [(a, b)]\n", "x = [a, b]\n"),
    ("x = f((a, b))\n", "x = f(a, b)\n"),
    ("x = [a for a in b]\n", "x = [(a for a in b)]\n"),
    ("x = {a: b}\n", "x = {a, b}\n"),
    ("x = a[b]\n", "x = a[b,]\n"),
    ("x = 1\n", "x = 1.0\n"),
    ("x = 0.1\n", "x = 0.10000000000000002\n"),
    ("x = 'a'\n", "x = b'a'\n"),
    ("x = 'a'\n", "x = a\n"),
    ("x = '1'\n", "x = 1\n"),
    ("x = 'a', 'b'\n", "x = 'a' 'b'\n"),
    ("x = f'{a}'\n", "x = '{a}'\n"),
    ("x = f'{a}'\n", "x = f'{a!r}'\n"),
    ("x = f'{a:.2f}'\n", "x = f'{a:.3f}'\n"),
    ("x = f'{a=}'\n", "x = f'{a = }'\n"),
    ("x = r'\\n'\n", "x = '\\n'\n"),
    ("if a:\n    b()\n    c()\n", "if a:\n    b()\nc()\n"),
    ("if a:\n  if b: c()\n  else: d()\n", "if a:\n  if b: c()\nelse: d()\n"),
    ("def f(a, b): return a\n", "def f(b, a): return a\n"),
    ("def f(*, a): return a\n", "def f(a): return a\n"),
    ("def f(a=1): return a\n", "def f(a=2): return a\n"),
    ("class A(B): x = 1\n", "class A(C): x = 1\n"),
    ("@a\ndef f(): g()\n", "@b\ndef f(): g()\n"),
    ("x = 'a'\n", "'a'\n"),
    ("a()\nb()\n", "b()\na()\n"),
    ("x = lambda a: (a, b)\n", "x = (lambda a: a, b)\n"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_layout_is_not_seen(one: str, other: str) -> None:
    assert form(one) == form(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_everything_else_is(one: str, other: str) -> None:
    assert form(one) != form(other)


@pytest.mark.parametrize("source", ["x = (\n", "match a:\n    case 1: b()\n", "with (a as b, c as d):\n    e()\n"])
def test_what_the_grammar_does_not_know_is_refused(source: str) -> None:
    with pytest.raises(ParserSyntaxError):
        form(source)


def test_declarations_without_comments_and_layout() -> None:
    plain = (
        "cimport cython\ncdef class A:\n    cdef double x\n    cdef int f(self, int a, int b) noexcept\ncdef int y\n"
    )
    laid_out = (
        "# says\n'''Doc.'''\ncimport   cython\n\n\ncdef class A:\n  'Of A.'\n  # x\n  cdef double x  # and more\n\n"
        "  cdef int f(\n      self, int a,\n      int b) noexcept\n\ncdef int y"
    )
    assert canonical_declarations(plain) == canonical_declarations(laid_out)
    for old, new in (
        ("double", "float"),
        ("    cdef double x\n", ""),
        ("noexcept", "except -1"),
        ("\ncdef int y", "\n    cdef int y"),
    ):
        assert canonical_declarations(plain) != canonical_declarations(plain.replace(old, new))
