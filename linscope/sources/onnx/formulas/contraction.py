"""``Einsum``, two operands at a time.

Of each pair, the letters that neither another operand nor the output needs are summed. A letter that only one of
the two has is summed before the product; where none is left that both have, nothing is contracted. Otherwise the
product runs over all letters of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.report.derivation import Derivation, Factor, Term
from linscope.sources.onnx.call import UnknownSizeError

if TYPE_CHECKING:
    from collections.abc import Sequence

Sizes = dict[str, int]


def contraction(equation: str, shapes: Sequence[Sequence[int]]) -> Derivation:
    """The products of ``equation`` for these shapes, from the left.

    Raises:
        UnknownSizeError: the equation does not go with the shapes.
    """
    operands, output = _read(equation, shapes)
    terms = []
    done = operands[0]
    for index, operand in enumerate(operands[1:], 2):
        needed = output.union(*operands[index:])
        summed = [letter for letter in done if letter in operand and letter not in needed]
        sizes = done | operand
        rows = [letter for letter in sizes if letter in needed]
        if summed:
            terms.append(Term(_factors(rows, sizes), _factors(summed, sizes)))
        done = {letter: sizes[letter] for letter in rows}
    return Derivation(tuple(terms))


def _read(equation: str, shapes: Sequence[Sequence[int]]) -> tuple[list[Sizes], set[str]]:
    """The letters of each operand with their sizes, and those of the output. A dimension of size 1 sums nothing."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    subscripts = left.split(",")
    if len(subscripts) != len(shapes) or not shapes:
        raise UnknownSizeError
    operands = []
    for subscript, shape in zip(subscripts, shapes, strict=True):
        letters = _letters(subscript, len(shape))
        if len(letters) != len(shape):
            raise UnknownSizeError
        operands.append({letter: size for letter, size in zip(letters, shape, strict=True) if size != 1})
    everything = set().union(*operands)
    if arrow:
        return operands, {letter for letter in everything if letter in right or not letter.isalpha()}
    once = {letter for letter in everything if left.count(letter) == 1}
    return operands, once | {letter for letter in everything if not letter.isalpha()}


def _letters(subscript: str, rank: int) -> list[str]:
    """The letters of an operand; the dimensions of ``...`` are numbered from the right."""
    before, dots, after = subscript.partition("...")
    hidden = max(rank - len(before) - len(after), 0) if dots else 0
    return [*before, *(f"…{index}" for index in reversed(range(hidden))), *after]


def _factors(letters: Sequence[str], sizes: Sizes) -> tuple[Factor, ...]:
    return tuple(Factor(letter, sizes[letter]) for letter in letters)
