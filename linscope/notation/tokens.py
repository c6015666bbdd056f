"""Text to tokens. Each token keeps its place; whatever is no token is an error at its place."""

from __future__ import annotations

import re
from typing import NamedTuple

from linscope.errors import NotationError, Place

LONGEST_NUMBER = 400
"""Digits in a number; Python itself refuses to convert much longer ones."""


class Token(NamedTuple):
    """``kind`` is arrow, number, string, name, ellipsis, end, or the punctuation mark itself."""

    kind: str
    text: str
    start: int
    end: int


_SPACE = r"[\s\u00a0\u2002\u2003\u2009\u200a\u202f\u205f\u3000]*"
_TOKEN = re.compile(
    _SPACE
    + r"""
  (?:(?P<arrow>->|→)
  | (?P<number>[+-]?(?:\d+(?:_\d+)*(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
  | (?P<string>'[^'\n]*'|"[^"\n]*")
  | (?P<ellipsis>\.\.\.|…)
  | (?P<mark>[\[\](){},:=*×])
  | (?P<end>\Z))
    """,
    re.VERBOSE | re.ASCII,
)
# re.ASCII keeps \d to plain digits; white space as it comes from web pages is named one by one.

_BLANK = re.compile(_SPACE, re.ASCII)
_STROKES = "-–—=>─"
"""What people draw arrows with."""


def tokenize(text: str) -> list[Token]:
    """All tokens of ``text``, then one of kind ``end``.

    Raises:
        NotationError: at the first character that begins no token.
    """
    tokens: list[Token] = []
    position = 0
    for found in _TOKEN.finditer(text):
        if found.start() != position:
            break
        kind = found.lastgroup or ""
        start, position = found.span(kind)
        word = found[kind]
        if kind == "mark":
            kind = "*" if word == "×" else word
        tokens.append(Token(kind, word, start, position))
        if kind == "end":
            return tokens
    raise _stray(text, position)


def _stray(text: str, position: int) -> NotationError:
    position = _BLANK.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing, too
    character = text[position]
    place = Place(text, position, position + 1)
    if character in "'\"":
        end = text.find("\n", position)
        place = Place(text, position, end if end >= 0 else len(text))
        return NotationError("this string is not closed", place=place, hint=f"close it with {character}")
    if character in _STROKES:
        start, end = position, position + 1
        while start > 0 and text[start - 1] in _STROKES:
            start -= 1
        while end < len(text) and text[end] in _STROKES:
            end += 1
        return NotationError(
            f"{text[start:end][:20]!r} is no arrow",
            place=Place(text, start, end),
            hint="join the steps with -> (or with →)",
        )
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return NotationError(
        f"{shown!r} has no meaning in a spec",
        place=place,
        hint="write input shapes and layers joined by ->, such as [32,3,4] -> Linear(4,2)",
    )
