"""JSON that is not to be trusted, read with its types: what is missing or of another kind is said with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from linscope.sources.exported.archive import unsound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Cursor:
    """A value in a JSON text, and where it stands there.

    Every method raises TargetError where the value is not what is asked for.
    """

    __slots__ = ("_key", "_outer", "path", "value")

    def __init__(self, path: Path, value: Any, key: str | int, outer: Cursor | None = None) -> None:
        self.path = path
        self.value = value
        self._key = key
        self._outer = outer

    @property
    def place(self) -> str:
        """Where it stands, ``the program.graph_module.graph.nodes[3]``; put together only where it is wanted."""
        keys, cursor = [], self
        while cursor._outer is not None:
            keys.append(f"[{cursor._key}]" if isinstance(cursor._key, int) else f".{cursor._key[:80]}")
            cursor = cursor._outer
        return f"{cursor._key}{''.join(reversed(keys))}"

    def wrong(self, why: str) -> NoReturn:
        """Raise that this value is wrong.

        Raises:
            TargetError: always.
        """
        unsound(self.path, f"{self.place}: {why}")

    def at(self, key: str) -> Cursor:
        """The value under ``key``."""
        table = self.table()
        if key not in table:
            self.wrong(f"{key} is missing")
        return Cursor(self.path, table[key], key, self)

    def get(self, key: str) -> Cursor | None:
        """The value under ``key``; None where it is missing or null."""
        value = self.table().get(key)
        return None if value is None else Cursor(self.path, value, key, self)

    def table(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            self.wrong("no table")
        return self.value

    def items(self) -> Iterator[tuple[str, Cursor]]:
        for key, value in self.table().items():
            yield key, Cursor(self.path, value, key, self)

    def each(self) -> Iterator[Cursor]:
        if not isinstance(self.value, list):
            self.wrong("no list")
        for index, value in enumerate(self.value):
            yield Cursor(self.path, value, index, self)

    def text(self) -> str:
        if not isinstance(self.value, str):
            self.wrong("no text")
        return self.value

    def whole(self) -> int:
        if type(self.value) is not int:
            self.wrong("no whole number")
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.wrong("neither true nor false")
        return self.value

    def union(self) -> tuple[str, Cursor]:
        """The one case of a tagged union and what it holds. Older writers spell out the cases that it is not."""
        cases = [(key, value) for key, value in self.items() if value.value is not None or key == "as_none"]
        if len(cases) != 1:
            self.wrong("not one case of a union")
        return cases[0]
