"""The spec that a lesson is told on where its reader names none: its own, of the sizes of the reader's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.errors import UsageError
from linscope.notation.parser import parse
from linscope.notation.spec import Fixed, Layer, Literal

if TYPE_CHECKING:
    from linscope.explain.numbers import Numbers
    from linscope.explain.registry import Entry


def example_for(entry: Entry, x: Numbers | None, weights: Numbers | None) -> str:
    """``[3,2] -> Linear(2,4)`` for an x of (3, 2); the lesson's own example where no numbers are given.

    Raises:
        UsageError: numbers that belong to no linear layer, or not together.
    """
    if (x is None and weights is None) or not entry.takes_numbers:
        return entry.example
    shape, outputs = _sizes(entry.example)
    if weights is not None:
        if len(weights.shape) != 2:
            raise UsageError("--weights is a matrix, a row per output", hint='such as --weights "[[1,2],[3,4],[5,6]]"')
        outputs, features = weights.shape
        shape = (*shape[:-1], features)
    if x is not None:
        if not x.shape:
            raise UsageError("--x is one number, and a sample is a list of them", hint='such as --x "[1,2]"')
        if weights is not None and x.shape[-1] != shape[-1]:
            raise UsageError(
                f"--x has {x.shape[-1]} features, and --weights has {shape[-1]} in each row",
                hint="the last dimension of x is as long as a row of the weight",
            )
        shape = x.shape
    return f"[{','.join(map(str, shape))}] -> Linear({shape[-1]},{outputs})"


def _sizes(example: str) -> tuple[tuple[int, ...], int]:
    """The input's shape and the layer's outputs in an example with one linear layer."""
    spec = parse(example)
    shape = tuple(d.size for d in spec.inputs[0].shape.dimensions if isinstance(d, Fixed))
    layer = next(step for step in spec.steps if isinstance(step, Layer))
    values = [a.value.value for a in layer.arguments if isinstance(a.value, Literal)]
    outputs = values[1]
    assert isinstance(outputs, int)
    return shape, outputs
