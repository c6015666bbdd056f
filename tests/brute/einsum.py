"""``torch.einsum`` in loops over letters, pair by pair from the left."""

from __future__ import annotations

from itertools import product
from typing import Any

from torch import Tensor

from brute.counting import Count, filled

Lettered = tuple[str, Tensor]


def einsum(count: Count, *operands: Any) -> Tensor:
    equation, tensors = _read(operands)
    inputs, _, output = equation.partition("->")
    terms = [_diagonal(letters, tensor) for letters, tensor in zip(inputs.split(","), tensors, strict=True)]
    while len(terms) > 1:
        needed = set(output).union(*(letters for letters, _ in terms[2:]))
        terms[:2] = [_multiplied(count, terms[0], terms[1], needed)]
    letters, tensor = _without(terms[0], set(output))
    return tensor.permute([letters.index(letter) for letter in output])


def _multiplied(count: Count, a: Lettered, b: Lettered, needed: set[str]) -> Lettered:
    """One pair: what only one of them has and nobody needs is summed first, then what both have."""
    (ours, x), (theirs, y) = _without(a, needed | set(b[0])), _without(b, needed | set(a[0]))
    kept = [letter for letter in dict.fromkeys(ours + theirs) if letter in needed]
    summed = [letter for letter in ours if letter not in needed]
    sizes = dict.fromkeys(ours + theirs, 1)
    for letters, tensor in ((ours, x), (theirs, y)):
        for letter, size in zip(letters, tensor.shape, strict=True):
            sizes[letter] = max(sizes[letter], size) if size else 0
    left, right = _Indexed(ours, x), _Indexed(theirs, y)
    values = []
    for at in product(*(range(sizes[letter]) for letter in kept)):
        place = dict(zip(kept, at, strict=True))
        if not summed:  # nothing is contracted
            values.append(left[place] * right[place])
            continue
        inside = product(*(range(sizes[letter]) for letter in summed))
        places = (place | dict(zip(summed, within, strict=True)) for within in inside)
        values.append(count.sum_of((left[p], right[p]) for p in places))
    return "".join(kept), filled(values, [sizes[letter] for letter in kept], x)


class _Indexed:
    """The elements of a tensor by letters; a dimension of size 1 answers to any index."""

    def __init__(self, letters: str, tensor: Tensor) -> None:
        self._letters = letters
        self._shape = tensor.shape
        self._values = tensor.reshape(-1).tolist()

    def __getitem__(self, place: dict[str, int]) -> Any:
        at = 0
        for letter, size in zip(self._letters, self._shape, strict=True):
            at = at * size + (place[letter] if size > 1 else 0)
        return self._values[at]


def _without(term: Lettered, needed: set[str]) -> Lettered:
    letters, tensor = term
    gone = [i for i, letter in enumerate(letters) if letter not in needed]
    return "".join(x for x in letters if x in needed), tensor.sum(gone) if gone else tensor


def _diagonal(letters: str, tensor: Tensor) -> Lettered:
    for letter in set(letters):
        while letters.count(letter) > 1:
            first, second = letters.index(letter), letters.rindex(letter)
            tensor = tensor.diagonal(dim1=first, dim2=second)  # the diagonal comes last
            letters = "".join(x for i, x in enumerate(letters) if i not in (first, second)) + letter
    return letters, tensor


def _read(operands: tuple[Any, ...]) -> tuple[str, list[Tensor]]:
    """The equation with an arrow and letters for the dots, and the tensors; lists of numbers become letters."""
    if not isinstance(operands[0], str):
        tensors = list(operands[0::2][: len(operands) // 2])
        names = ["".join(chr(97 + i) for i in places) for places in operands[1::2]]
        arrow = f"->{''.join(chr(97 + i) for i in operands[-1])}" if len(operands) % 2 else ""
        return _read((",".join(names) + arrow, *tensors))
    tensors = list(operands[1]) if isinstance(operands[1], list | tuple) else list(operands[1:])
    inputs, arrow, output = operands[0].replace(" ", "").partition("->")
    parts = inputs.split(",")
    dots = [
        t.dim() - len(part.replace("...", "")) if "..." in part else 0 for part, t in zip(parts, tensors, strict=True)
    ]
    names = "ABCDEFGH"[: max(dots)]
    if not arrow:
        output = names + "".join(sorted(x for x in set(inputs) - set(",.") if inputs.count(x) == 1))
    written = [part.replace("...", names[len(names) - n :]) for part, n in zip(parts, dots, strict=True)]
    return f"{','.join(written)}->{output.replace('...', names)}", tensors
