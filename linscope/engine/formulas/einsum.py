"""``torch.einsum`` where it arrives whole: contracted pair by pair, as PyTorch does it.

Of each pair, the letters that neither another operand nor the output needs are summed. A letter that only one
of the two has is summed before the product; if none is left that both have, the pair is multiplied element by
element, and nothing is contracted. Otherwise the product runs over all letters of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.formulas.registry import formula
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linscope.engine.formulas.registry import Args, Kwargs

Sizes = dict[str, int]


@formula("aten::einsum")
def einsum(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    shapes = [tensor.shape for tensor in args[1]]
    return contraction(args[0], shapes, kwargs.get("path"))


def contraction(equation: str, shapes: Sequence[Sequence[int]], path: Sequence[int] | None = None) -> Derivation:
    """The products of ``equation`` for these shapes, in the order of ``path``, or from the left."""
    operands, output = _parse(equation, shapes)
    steps = list(path or ())
    terms = []
    while len(operands) > 1:
        first, second = sorted(steps[:2]) if steps else (0, 1)
        del steps[:2]
        b, a = operands.pop(second), operands.pop(first)
        kept = output.union(*operands)
        summed = [letter for letter in a if letter in b and letter not in kept]
        rows = [letter for letter in a | b if letter in kept]
        sizes = a | b
        if summed:
            terms.append(Term(_factors(rows, sizes), _factors(summed, sizes)))
        left_over = {letter: sizes[letter] for letter in rows}
        operands.insert(len(operands) if path else 0, left_over)  # a path counts on it coming last
    return Derivation(tuple(terms))


def _parse(equation: str, shapes: Sequence[Sequence[int]]) -> tuple[list[Sizes], set[str]]:
    """The letters of each operand with their sizes, and those of the output.

    A dimension of size 1 takes part in no sum and is left out; those of ``...`` are numbered from the right.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    subscripts = left.split(",")
    widest = max(
        (len(shape) - len(s.replace("...", "")) for s, shape in zip(subscripts, shapes, strict=True)),
        default=0,
    )
    ellipsis = [f"…{i}" for i in range(widest)][::-1]
    operands: list[Sizes] = []
    for subscript, shape in zip(subscripts, shapes, strict=True):
        letters = _letters(subscript, ellipsis[len(ellipsis) - (len(shape) - len(subscript.replace("...", ""))) :])
        operands.append({letter: n for letter, n in zip(letters, shape, strict=True) if n != 1})
    if arrow:
        return operands, set(_letters(right, ellipsis))
    once = {letter for letter in left if letter.isalpha() and left.count(letter) == 1}
    return operands, once | set(ellipsis)


def _letters(subscript: str, ellipsis: Sequence[str]) -> list[str]:
    before, dots, after = subscript.partition("...")
    return [*before, *(ellipsis if dots else ()), *after]


def _factors(letters: Sequence[str], sizes: Sizes) -> tuple[Factor, ...]:
    return tuple(Factor(letter, sizes[letter]) for letter in letters)
