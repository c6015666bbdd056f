"""The file that checks and settings are read from: ``linscope.toml``, or ``[tool.linscope]`` of ``pyproject.toml``."""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from linscope.errors import ConfigurationError, Place

if TYPE_CHECKING:
    from linscope.checks.toml_places import KeyPath, Places

OWN = "linscope.toml"
SHARED = "pyproject.toml"

MOST_BYTES = 16 * 2**20
"""Of a file of checks; 10,000 checks take about one of them."""

MOST_PARTS = 64
"""Dots in a line without quotes: each is a table within a table."""


@dataclass(frozen=True)
class TomlFile:
    """A file that was read.

    Args:
        path: where it is.
        shown: the same, as one would type it here.
        text: what is in it.
        table: linscope's own part of it.
        prefix: the path of that part: empty in ``linscope.toml``.
    """

    path: str
    shown: str
    text: str = field(repr=False)
    table: dict[str, Any] = field(repr=False)
    prefix: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Where names of files in it start from."""
        return os.path.dirname(self.path)

    @cached_property
    def places(self) -> Places:
        """Where its keys and values stand; found out when first asked for."""
        from linscope.checks.toml_places import places_of

        return places_of(self.text)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def line_at(self, position: int) -> int:
        """The line that a character is in, from 1."""
        return bisect_right(self._line_starts, position)

    def line(self, path: KeyPath) -> int | None:
        """The line of the key at ``path``, within linscope's part."""
        span = self.places.key((*self.prefix, *path))
        return None if span is None else self.line_at(span.start)

    def place(self, path: KeyPath, *, value: bool = False, inner: Place | None = None) -> Place | None:
        """The place of the key at ``path``, or of its value; of ``inner`` in it, where that can be told."""
        whole = (*self.prefix, *path)
        span = self.places.value(whole) if value or inner else self.places.key(whole)
        if span is None:
            return None
        written = self.text[span.start : span.end]
        if inner is not None and written[1:-1] == inner.text and "\\" not in written:
            return Place(self.text, span.start + 1 + inner.start, span.start + 1 + inner.end)
        return Place(self.text, span.start, span.end)


def nearest(folder: str | None = None) -> TomlFile | None:
    """The nearest file from ``folder`` (the working directory) upwards that is linscope's, or has a part that is.

    Raises:
        ConfigurationError: it cannot be read, or is no TOML.
    """
    try:
        place = os.path.abspath(folder or os.getcwd())
    except OSError:
        return None  # the working directory is gone
    while True:
        own = os.path.join(place, OWN)
        if os.path.isfile(own):
            return load(own)
        shared = os.path.join(place, SHARED)
        if os.path.isfile(shared):
            found = load(shared, lenient=True)
            if found is not None:
                return found
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above


def load(path: str, *, lenient: bool = False) -> TomlFile | None:
    """The file at ``path``; of one that is somebody else's (``lenient``) None, unless it has a part for linscope.

    Raises:
        ConfigurationError: it cannot be read, is larger than any such file, or is no TOML.
    """
    name = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode("utf-8")
    except (OSError, ValueError) as error:
        if lenient:
            return None
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(f"{name} cannot be read: {reason}", hint="name a file of TOML") from error
    if len(data) > MOST_BYTES:
        raise ConfigurationError(f"{name} is larger than {MOST_BYTES >> 20} MiB", hint="split it into several files")
    if lenient and "linscope" not in text:
        return None
    return from_text(text.removeprefix("\ufeff"), path, lenient=lenient)


def from_text(text: str, path: str, *, lenient: bool = False) -> TomlFile | None:
    """The file at ``path`` that holds ``text``; None as ``load``.

    Raises:
        ConfigurationError: it is no TOML.
    """
    name = os.path.basename(path)
    whole = _tables(text, name)
    if name != SHARED:
        return TomlFile(path, shown(path), text, whole)
    part = whole.get("tool", {})
    part = part.get("linscope") if isinstance(part, dict) else None
    if part is None and lenient:
        return None
    if not isinstance(part, dict):
        raise ConfigurationError(f"{name}: linscope's settings are a table", hint="[tool.linscope]")
    return TomlFile(path, shown(path), text, part, ("tool", "linscope"))


def _tables(text: str, name: str) -> dict[str, Any]:
    import tomllib

    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_PARTS and '"' not in line and "'" not in line and "#" not in line:
            raise ConfigurationError(f"{name}:{number} has more than {MOST_PARTS} dots", hint="write it flatter")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name} is no TOML: {error}", place=_place(text, error)) from error
    except ValueError as error:  # a number of more digits than Python converts
        raise ConfigurationError(f"{name} is no TOML: {str(error).partition(';')[0]}") from error
    except RecursionError:
        raise ConfigurationError(f"{name} is nested too deeply", hint="write it flatter") from None


def _place(text: str, error: Exception) -> Place | None:
    """The place that tomllib's message names: ``(at line 3, column 7)``."""
    import re

    found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
    if found is None:
        return None
    start = 0
    for _ in range(int(found[1]) - 1):
        start = text.find("\n", start) + 1
    start += int(found[2]) - 1
    return Place(text, start, start + 1)


def shown(path: str) -> str:
    """``path`` as one would type it here: relative where it lies below the working directory."""
    try:
        relative = os.path.relpath(path)
    except (ValueError, OSError):  # on another drive; or the working directory is gone
        return path
    return path if relative.startswith("..") and os.path.isabs(path) else relative.replace(os.sep, "/")
