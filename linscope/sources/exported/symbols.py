"""Sizes that are expressions of symbols, worked out for given symbols. Parsed and never evaluated as code.

They are written as SymPy's ``srepr`` has them, ``Mul(Integer(2), Symbol('s77', positive=True))``, or, by older
writers, as one would, ``2*s77``.
"""

from __future__ import annotations

import ast
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, trunc
from operator import add, mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LONGEST = 10_000
"""Characters of an expression."""

MOST_BITS = 4096
"""Of a number on the way: sizes have 63."""


class UnknownError(Exception):
    """An expression that has no value: a symbol without a size, or a function that is not known here."""


Number = Fraction


@lru_cache(4096)
def parsed(text: str) -> ast.expr:
    """The expression as a tree.

    Raises:
        UnknownError: it is none.
    """
    if len(text) > LONGEST:
        raise UnknownError(f"an expression of {len(text):,} characters")
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UnknownError(f"{text[:80]!r} is no expression") from None


def symbols_of(text: str) -> tuple[str, ...]:
    """The symbols in an expression, in the order they come; none where it is no expression."""
    try:
        return tuple(dict.fromkeys(_symbols(parsed(text))))
    except UnknownError:
        return ()


def symbol_of(text: str) -> str | None:
    """The symbol that an expression is, where it is nothing else."""
    try:
        return _symbol(parsed(text))
    except UnknownError:
        return None


def size_of(text: str, sizes: Mapping[str, int]) -> int:
    """The value of an expression, a whole number.

    Raises:
        UnknownError: it has none.
    """
    try:
        value = _value(parsed(text), sizes)
    except (ZeroDivisionError, RecursionError, OverflowError, TypeError):  # TypeError: a wrong number of arguments
        raise UnknownError(f"{text[:80]} has no value") from None
    if value.denominator != 1:
        raise UnknownError(f"{text[:80]} is no whole number")
    return int(value)


def _symbols(tree: ast.expr) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call | ast.Name):
            symbol = _symbol(node)
            if symbol is not None and symbol not in FUNCTIONS and symbol not in SPELLED:
                yield symbol


def _symbol(tree: ast.expr) -> str | None:
    if isinstance(tree, ast.Name):
        return tree.id
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "Symbol" and tree.args:
        name = tree.args[0]
        return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None
    return None


def _value(tree: ast.expr, sizes: Mapping[str, int]) -> Number:
    match tree:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return _bounded(Fraction(number))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, sizes)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _bounded(OPERATORS[type(op)](_value(left, sizes), _value(right, sizes)))
    symbol = _symbol(tree)
    if symbol is not None:
        if symbol not in sizes:
            raise UnknownError(f"{symbol[:80]} has no size")
        return Fraction(sizes[symbol])
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in FUNCTIONS:
        return _bounded(FUNCTIONS[tree.func.id](*(_value(argument, sizes) for argument in tree.args)))
    raise UnknownError(f"{ast.unparse(tree)[:80]} is not known")


def _bounded(value: Number) -> Number:
    if value.numerator.bit_length() > MOST_BITS or value.denominator.bit_length() > MOST_BITS:
        raise OverflowError
    return value


def _power(base: Number, exponent: Number) -> Number:
    size = abs(exponent)
    if size.denominator != 1 or size > MOST_BITS or size * base.numerator.bit_length() > MOST_BITS:
        raise OverflowError
    return base ** int(exponent)


def _folded(function: Callable[[Number, Number], Number]) -> Callable[..., Number]:
    def fold(first: Number, *others: Number) -> Number:
        for other in others:
            first = _bounded(function(first, other))
        return first

    return fold


def _floor_div(a: Number, b: Number) -> Number:
    return Fraction(a // b)


OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: add,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: mul,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: _floor_div,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: _power,
}

FUNCTIONS: dict[str, Callable[..., Number]] = {
    "Integer": lambda a: a,
    "Identity": lambda a: a,
    "ToFloat": lambda a: a,
    "Rational": lambda a, b: a / b,
    "Add": _folded(add),
    "Mul": _folded(mul),
    "Pow": _power,
    "PowByNatural": _power,
    "Max": max,
    "Min": min,
    "Mod": lambda a, b: a % b,
    "PythonMod": lambda a, b: a % b,
    "FloorDiv": _floor_div,
    "CleanDiv": _floor_div,
    "CeilDiv": lambda a, b: Fraction(-(-a // b)),
    "IntTrueDiv": lambda a, b: a / b,
    "FloatTrueDiv": lambda a, b: a / b,
    "ModularIndexing": lambda a, b, c: (a // b) % c,
    "floor": lambda a: Fraction(floor(a)),
    "FloorToInt": lambda a: Fraction(floor(a)),
    "ceiling": lambda a: Fraction(ceil(a)),
    "CeilToInt": lambda a: Fraction(ceil(a)),
    "TruncToInt": lambda a: Fraction(trunc(a)),
}
"""By SymPy's names, and torch's own."""

SPELLED = frozenset({"Symbol", "true", "false", "True", "False"})
"""Names in an expression that are no symbols."""
