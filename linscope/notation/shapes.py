"""A shape by itself, as an assertion has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.errors import NotationError, Place
from linscope.notation.parser import Parser
from linscope.notation.tokens import tokenize

if TYPE_CHECKING:
    from linscope.notation.spec import Shape


def parse_shape(text: str) -> Shape:
    """The shape that ``text`` writes: ``"[B,...,2]"``, ``"[_,10]:float32"``.

    Raises:
        NotationError: with the place and what to write instead; for any other text whatever.
    """
    if not text.strip():
        raise NotationError("the shape is empty", place=Place(text, 0, len(text)), hint="write one, such as [32,3,2]")
    return Parser(text, tokenize(text)).only_shape()
