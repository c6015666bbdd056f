"""One call of one operator, as formulas see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linscope.sources.onnx.values import UNKNOWN, Value

if TYPE_CHECKING:
    from collections.abc import Mapping


class UnknownSizeError(Exception):
    """A size that a formula needs and that values decide."""


@dataclass(frozen=True, slots=True)
class Call:
    """What goes in and what comes out. An input that is left out is None."""

    operator: str
    attributes: Mapping[str, Any]
    inputs: tuple[Value | None, ...]
    outputs: tuple[Value | None, ...] = ()

    def given(self, index: int) -> Value | None:
        """An input; None where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def input(self, index: int) -> tuple[int, ...]:
        """The sizes of an input.

        Raises:
            UnknownSizeError: it is left out, or a size is not known.
        """
        return _sizes(self.given(index))

    def output(self, index: int = 0) -> tuple[int, ...]:
        """The sizes of an output.

        Raises:
            UnknownSizeError: it is not there, or a size is not known.
        """
        return _sizes(self.outputs[index] if index < len(self.outputs) else None)

    def number(self, name: str, usual: int | None = None) -> int:
        """A whole number among the attributes.

        Raises:
            UnknownSizeError: it is none, and there is no usual one.
        """
        value = self.attributes.get(name, usual)
        if type(value) is not int:
            raise UnknownSizeError(name)
        return value

    def text(self, name: str, usual: str = "") -> str:
        """A text among the attributes."""
        value = self.attributes.get(name, usual)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    def whole(self, index: int) -> int | None:
        """An input that is one whole number, where that is known."""
        value = self.given(index) or UNKNOWN
        if value.data is None or value.data.size != 1 or value.data.dtype.kind not in "iu":
            return None
        return int(value.data.reshape(-1)[0])


def _sizes(value: Value | None) -> tuple[int, ...]:
    sizes = None if value is None else value.sizes
    if sizes is None:
        raise UnknownSizeError
    return sizes
