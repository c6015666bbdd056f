"""Where in a TOML file each key and each value stands: tomllib gives the values and no places.

For text that tomllib has accepted: what is wrong with any other is not found out here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from linscope.notation.spec import Span

KeyPath = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_QUOTED = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)


@dataclass(slots=True)
class Places:
    """``keys`` and ``values``: the span of each by its path; an item of an array has its index in the path."""

    keys: dict[KeyPath, Span] = field(default_factory=dict)
    values: dict[KeyPath, Span] = field(default_factory=dict)

    def key(self, path: KeyPath) -> Span | None:
        """The span of the key at ``path``, or of the nearest one above it."""
        while path:
            if path in self.keys:
                return self.keys[path]
            path = path[:-1]
        return None

    def value(self, path: KeyPath) -> Span | None:
        """The span of the value at ``path``; where it has none of its own, that of its key."""
        return self.values.get(path) or self.key(path)


def places_of(text: str) -> Places:
    """The places of all keys and values of ``text``, which tomllib has accepted."""
    return _Scanner(text).scanned()


class _Scanner:
    """One pass over one text. ``_table`` is the path of the table that keys go to."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found = Places()
        self._counts: dict[KeyPath, int] = {}
        self._table: KeyPath = ()

    def scanned(self) -> Places:
        self._blank()
        while self._at < len(self._text):
            start = self._at
            if self._text.startswith("[", start):
                self._header()
            else:
                self._pair(self._table)
            if self._at == start:  # text that tomllib would not have accepted
                break
            self._blank()
        return self._found

    def _blank(self) -> None:
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _header(self) -> None:
        start = self._at
        is_array = self._text.startswith("[[", start)
        self._at += 2 if is_array else 1
        names = self._names()
        self._skip("]]" if is_array else "]")
        span = Span(start, self._at)
        path: KeyPath = ()
        for position, (name, _) in enumerate(names):
            path = (*path, name)
            last = position == len(names) - 1
            if last and is_array:
                self._counts[path] = self._counts.get(path, 0) + 1
            self._found.keys.setdefault(path, span)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
                self._found.keys.setdefault(path, span)
        self._table = path

    def _pair(self, table: KeyPath) -> None:
        path = table
        for name, span in self._names():
            path = (*path, name)
            self._found.keys.setdefault(path, span)
        self._skip("=")
        self._value(path)

    def _names(self) -> list[tuple[str, Span]]:
        """A key, its parts apart: ``a."b".c``."""
        names: list[tuple[str, Span]] = []
        while True:
            self._spaces()
            start = self._at
            name = self._name()
            if name is None:
                return names
            names.append((name, Span(start, self._at)))
            self._spaces()
            if not self._text.startswith(".", self._at):
                return names
            self._at += 1

    def _name(self) -> str | None:
        bare = _BARE.match(self._text, self._at)
        if bare:
            self._at = bare.end()
            return bare[0]
        start = self._at
        if not self._quoted():
            return None
        written = self._text[start : self._at]
        return unquoted(written)

    def _spaces(self) -> None:
        while self._text.startswith((" ", "\t"), self._at):
            self._at += 1

    def _skip(self, sign: str) -> None:
        self._spaces()
        if self._text.startswith(sign, self._at):
            self._at += len(sign)
        self._spaces()

    def _quoted(self) -> bool:
        for pattern in _QUOTED:
            found = pattern.match(self._text, self._at)
            if found:
                self._at = found.end()
                return True
        return False

    def _value(self, path: KeyPath) -> None:
        start = self._at
        if self._text.startswith("[", start):
            self._items(path)
        elif self._text.startswith("{", start):
            self._inline(path)
        elif not self._quoted():
            found = _SCALAR.match(self._text, start)
            assert found is not None  # it matches nothing, too
            self._at = start + len(found[0].rstrip())
        self._found.values[path] = Span(start, self._at)

    def _items(self, path: KeyPath) -> None:
        self._at += 1
        index = 0
        while True:
            self._blank()
            if self._at >= len(self._text) or self._text[self._at] == "]":
                self._at += 1
                return
            start = self._at
            self._value((*path, index))
            index += 1
            self._blank()
            self._skip(",")
            if self._at == start:
                return

    def _inline(self, path: KeyPath) -> None:
        self._at += 1
        while True:
            self._blank()
            if self._at >= len(self._text) or self._text[self._at] == "}":
                self._at += 1
                return
            start = self._at
            self._pair(path)
            self._blank()
            self._skip(",")
            if self._at == start:
                return


def unquoted(written: str) -> str:
    """A quoted key as the text it stands for."""
    import tomllib

    try:
        table: dict[str, Any] = tomllib.loads(f"{written} = 0")
    except tomllib.TOMLDecodeError:
        return written
    return next(iter(table))
