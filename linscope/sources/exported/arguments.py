"""The arguments of a node, from the tagged unions that exported programs write."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from linscope.graph.program import Constant, Device, Opaque, Ref
from linscope.sources.exported.enums import DTYPES, LAYOUTS, MEMORY_FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from linscope.graph.program import Block
    from linscope.sources.exported.cursor import Cursor

LARGEST = 2**63
"""No whole number that an operator takes is larger."""


class Arguments:
    """Reads the arguments of one block.

    Args:
        tensors: the names of its tensors.
        numbers: its symbolic numbers and truths by name; None for those that values decide.
        block: reads a block inside this one.
    """

    def __init__(
        self, tensors: Mapping[str, Any], numbers: Mapping[str, Any], block: Callable[[Cursor], Block]
    ) -> None:
        self._tensors = tensors
        self._numbers = numbers
        self._block = block

    def read(self, cursor: Cursor) -> Any:
        """The argument at ``cursor``.

        Raises:
            TargetError: a case that there is not, or a tensor that the block does not know.
        """
        case, held = cursor.union()
        plain = PLAIN.get(case)
        if plain is not None:
            return plain(held)
        match case:
            case "as_none":
                return None
            case "as_tensor":
                return self.ref(held)
            case "as_tensors":
                return [self.ref(item) for item in held.each()]
            case "as_nested_tensors":
                return [[self.ref(item) for item in row.each()] for row in held.each()]
            case "as_optional_tensor":
                return self.read(held)
            case "as_optional_tensors":
                return [self.read(item) for item in held.each()]
            case "as_sym_int" | "as_sym_float" | "as_sym_bool":
                return self._number(held)
            case "as_sym_ints" | "as_sym_floats" | "as_sym_bools":
                return [self._number(item) for item in held.each()]
            case "as_graph":
                return self._block(held.at("graph"))
            case "as_string_to_argument":
                return {key: self.read(item) for key, item in held.items()}
            case "as_custom_obj":
                return Opaque(held.at("class_fqn").text())
            case "as_operator":
                return Opaque(held.text())
        cursor.wrong(f"{case[:80]} is not known")

    def ref(self, cursor: Cursor) -> Ref:
        """The tensor that an argument names."""
        name = cursor.at("name").text()
        if name not in self._tensors:
            cursor.wrong(f"there is no tensor {name[:80]!r}")
        return Ref(name)

    def _number(self, cursor: Cursor) -> Any:
        case, held = cursor.union()
        if case != "as_name":
            return whole(held) if case == "as_int" else held.flag() if case == "as_bool" else real(held)
        value = self._numbers.get(held.text())
        return Opaque(held.text()) if value is None else value


def whole(cursor: Cursor) -> int:
    """A number that fits 64 bits."""
    number = cursor.whole()
    if not -LARGEST <= number < LARGEST:
        cursor.wrong("a number of more than 64 bits")
    return number


def real(cursor: Cursor) -> float:
    """A number, or the word for one that JSON has not."""
    value = cursor.value
    if isinstance(value, str) and value in ("Infinity", "-Infinity", "NaN"):
        return float(value.replace("Infinity", "inf"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        cursor.wrong("no number")
    return float(value) if isinstance(value, float) or abs(value) < LARGEST else math.inf


def _constant(names: Mapping[int, str]) -> Callable[[Cursor], Constant | None]:
    def read(cursor: Cursor) -> Constant | None:
        name = names.get(cursor.whole())
        return None if name is None else Constant(name)

    return read


def _several(read: Callable[[Cursor], Any]) -> Callable[[Cursor], list[Any]]:
    return lambda cursor: [read(item) for item in cursor.each()]


PLAIN: dict[str, Callable[[Cursor], Any]] = {
    "as_int": whole,
    "as_ints": _several(whole),
    "as_int_lists": _several(_several(whole)),
    "as_float": real,
    "as_floats": _several(real),
    "as_float_lists": _several(_several(real)),
    "as_complex": lambda cursor: complex(real(cursor.at("real")), real(cursor.at("imag"))),
    "as_string": lambda cursor: cursor.text(),
    "as_strings": _several(lambda cursor: cursor.text()),
    "as_bool": lambda cursor: cursor.flag(),
    "as_bools": _several(lambda cursor: cursor.flag()),
    "as_scalar_type": _constant(DTYPES),
    "as_memory_format": _constant(MEMORY_FORMATS),
    "as_layout": _constant(LAYOUTS),
    "as_device": lambda cursor: Device(cursor.at("type").text()),
}
"""Cases that need nothing of the block around them."""
