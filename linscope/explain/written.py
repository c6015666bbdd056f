"""A layer as it was written, as the call of torch.nn that makes it: for the programs of lessons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.errors import LinscopeError
from linscope.notation.catalogue import layer
from linscope.notation.parser import parse
from linscope.notation.spec import Hole, Items, Layer, Literal

if TYPE_CHECKING:
    from linscope.notation.spec import Value
    from linscope.report.record import LayerRow

_HOLES = {
    **dict.fromkeys(("in_features", "in_channels", "input_size", "embed_dim", "num_features", "num_channels"), True),
    "normalized_shape": True,
}
"""Arguments that the incoming shape decides where ``_`` is written for them."""


def called(row: LayerRow) -> dict[str, Any] | None:
    """The arguments of the layer by name; None where it holds other layers, or is not written as a call."""
    found = _layer(row)
    entry = None if found is None else layer(found.name)
    if found is None or entry is None or found.children or found.name != row.type:
        return None
    given: dict[str, Any] = {}
    for place, argument in enumerate(found.arguments):
        name = argument.keyword or (entry.arguments[place].name if place < len(entry.arguments) else None)
        value = _plain(argument.value)
        if name is None or value is _NOTHING:
            return None
        given[name] = _decided(name, row) if value is _OPEN else value
    return None if any(value is _NOTHING for value in given.values()) else given


def written_code(row: LayerRow) -> str:
    """``nn.Conv2d(3, 64, 7, stride=2)``: every argument as Python writes it, positional ones first.

    Raises:
        ValueError: the layer is not written as a call; ask ``called`` first.
    """
    found, given = _layer(row), called(row)
    if found is None or given is None:
        raise ValueError(f"{row.written} is not a call of literals")
    values = list(given.items())
    parts = [
        repr(value) if argument.keyword is None else f"{name}={value!r}"
        for argument, (name, value) in zip(found.arguments, values, strict=True)
    ]
    return f"nn.{row.type}({', '.join(parts)})"


def _layer(row: LayerRow) -> Layer | None:
    """The one step that ``written`` is. It may be what a model of the user's prints of itself: any text at all."""
    try:
        steps = parse(f"[1] -> {row.written}").steps
    except LinscopeError:
        return None
    return steps[0] if len(steps) == 1 and isinstance(steps[0], Layer) else None


_NOTHING: Any = object()
_OPEN: Any = object()


def _plain(value: Value) -> Any:
    match value:
        case Literal(literal):
            return literal
        case Hole():
            return _OPEN
        case Items(items, is_list):
            inner = [_plain(item) for item in items]
            if any(item is _NOTHING or item is _OPEN for item in inner):
                return _NOTHING
            return inner if is_list else tuple(inner)
    return _NOTHING


def _decided(name: str, row: LayerRow) -> Any:
    """What stands in the place of a hole: the size of the dimension that the argument is about."""
    if name not in _HOLES or not row.input_shapes:
        return _NOTHING
    shape = row.input_shapes[0]
    channels = name in ("in_channels", "num_features", "num_channels")
    if channels and len(shape) > 1:
        return shape[1]
    return shape[-1] if shape else _NOTHING
