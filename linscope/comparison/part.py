"""Walking through JSON that may hold anything: each part knows where it stands, for the message if it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from linscope.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING = object()
LARGEST_COUNT = 10**100
"""Far beyond any count, and short enough to be written out."""


class Part:
    """A value of a document, and how to get to it.

    What is asked of it raises ``UsageError`` where it is missing, or of another kind.

    Args:
        value: what JSON has there.
        key: its name or its place in what is ``above``; the name of the document where that is None.
    """

    __slots__ = ("_above", "_key", "_value")

    def __init__(self, value: Any, key: str, above: Part | None = None) -> None:
        self._value = value
        self._key = key
        self._above = above

    @property
    def place(self) -> str:
        """``before.json: layers.3.macs``."""
        if self._above is None:
            return self._key
        return f"{self._above.place}{': ' if self._above._above is None else '.'}{self._key}"

    def __getitem__(self, key: str) -> Part:
        """The part of that name; one that is not there is told of only when something is asked of it."""
        if not isinstance(self._value, dict):
            self._refuse("an object")
        return Part(self._value.get(key, MISSING), key, self)

    def get(self, key: str, default: Any) -> Part:
        """The part of that name, or ``default`` in its place: for keys that older reports do not have."""
        part = self[key]
        return Part(default, key, self) if part._value is MISSING else part

    def parts(self) -> list[Part]:
        """The items of a list."""
        if not isinstance(self._value, list):
            self._refuse("a list")
        return [Part(item, str(index), self) for index, item in enumerate(self._value)]

    def named(self) -> Iterator[tuple[str, Part]]:
        """The parts of an object by name."""
        if not isinstance(self._value, dict):
            self._refuse("an object")
        return ((str(name), Part(item, str(name), self)) for name, item in self._value.items())

    def text(self) -> str:
        if not isinstance(self._value, str):
            self._refuse("text")
        return self._value

    def text_or_none(self) -> str | None:
        return None if self._value is None else self.text()

    def truth(self) -> bool:
        if not isinstance(self._value, bool):
            self._refuse("true or false")
        return self._value

    def count(self) -> int:
        if type(self._value) is not int or not 0 <= self._value <= LARGEST_COUNT:
            self._refuse("a whole number from 0 on")
        return self._value

    def shape(self) -> tuple[int, ...]:
        sizes = self._value
        if isinstance(sizes, list) and all(type(size) is int and 0 <= size <= LARGEST_COUNT for size in sizes):
            return tuple(sizes)  # there are many of them: no part is made of each unless one is at fault
        return tuple(part.count() for part in self.parts())

    def shapes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(part.shape() for part in self.parts())

    @property
    def is_count(self) -> bool:
        return type(self._value) is int

    @property
    def is_none(self) -> bool:
        return self._value is None

    @property
    def is_object(self) -> bool:
        return isinstance(self._value, dict)

    def _refuse(self, wanted: str) -> NoReturn:
        fault = "is missing" if self._value is MISSING else f"is not {wanted}"
        raise UsageError(f"{self.place} {fault}", hint="save the report again: linscope analyze TARGET -o report.json")
