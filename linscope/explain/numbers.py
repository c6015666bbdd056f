"""The reader's own numbers, in the place of drawn ones: checked, and written as code."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

from linscope.errors import UsageError

MOST = 4096
"""More numbers than anyone types or reads."""

MOST_DIMENSIONS = 8

LARGEST = 1e12
"""Beyond it products of products leave float32."""

_WIDE = 54
"""Columns from which a tensor is written a row to a line."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A tensor that was given: its sizes, and its values as nested tuples of floats."""

    shape: tuple[int, ...]
    values: Any

    def code(self, name: str) -> tuple[str, ...]:
        """``x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])``, a row to a line where it is long."""
        text = f"{name} = torch.tensor({_listed(self.values)})"
        if len(text) <= _WIDE or len(self.shape) < 2:
            return (text,)
        return (f"{name} = torch.tensor([", *(f"    {_listed(row)}," for row in self.values), "])")


def numbers(name: str, given: Any) -> Numbers | None:
    """Nested lists, or anything with ``tolist``, as a tensor; None for None.

    Raises:
        UsageError: what is no number, an empty list, rows of differing length, infinities, or too many.
    """
    if given is None:
        return None
    values = _frozen(name, given.tolist() if hasattr(given, "tolist") else given, MOST_DIMENSIONS)
    shape = _shape(name, values)
    count = 1
    for size in shape:
        count *= size
    if count > MOST:
        raise UsageError(f"{name} has {count:,} numbers", hint=f"give at most {MOST:,}, or leave {name} out")
    return Numbers(shape, values)


def _frozen(name: str, value: Any, deep: int) -> Any:
    if isinstance(value, list | tuple):
        if not deep:
            raise UsageError(f"{name} has more than {MOST_DIMENSIONS} dimensions", hint=_example(name))
        return tuple(_frozen(name, item, deep - 1) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{name} holds {str(value)[:40]!r}, which is no number", hint=_example(name))
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if not isfinite(number) or abs(number) > LARGEST:
        raise UsageError(f"{name} holds {str(value)[:40]}, which cannot be reckoned with", hint=_example(name))
    return number


def _shape(name: str, values: Any) -> tuple[int, ...]:
    if not isinstance(values, tuple):
        return ()
    if not values:
        raise UsageError(f"{name} has an empty list in it", hint=_example(name))
    shapes = [_shape(name, value) for value in values]
    for index, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise UsageError(
                f"{name} is ragged: entry 0 is {_said(shapes[0])}, entry {index} is {_said(shape)}",
                hint="give every row as many numbers",
            )
    return (len(values), *shapes[0])


def _said(shape: tuple[int, ...]) -> str:
    if not shape:
        return "a number"
    return f"{shape[0]} number{'' if shape[0] == 1 else 's'}" if len(shape) == 1 else f"of shape {shape}"


def _example(name: str) -> str:
    return f'such as {name} "[[1,2],[3,4],[5,6]]"'


def _listed(values: Any) -> str:
    if not isinstance(values, tuple):
        return repr(values)
    return f"[{', '.join(map(_listed, values))}]"
