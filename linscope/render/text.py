"""An error for people: what is wrong, the place in their own text, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, fold, visible
from linscope.render.excerpt import clipped, excerpt
from linscope.render.page import Span
from linscope.render.paint import paint
from linscope.render.registry import error_renderer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from linscope.errors import LinscopeError
    from linscope.render.look import Look
    from linscope.render.page import Line

_INDENT = "  "
_LONGEST_EXCERPT = 120
"""Columns of the user's text that are shown where there is no limit."""


@error_renderer("text")
def error_text(error: LinscopeError, target: str | None, look: Look) -> str:
    """The error in a few lines, each at most ``look.width`` columns wide."""
    return paint(_lines(error, target, look), color=look.color)


def _lines(error: LinscopeError, target: str | None, look: Look) -> Iterator[Line]:
    clean = ascii_only if look.ascii else visible
    room = (look.width or _LONGEST_EXCERPT) - len(_INDENT)
    kind = f"error[{error.kind}]"
    first, *others = _folded(f"{kind}: {error.message}", "", look.width, clean)
    yield (Span(first[: len(kind)], "bad"), Span(first[len(kind) :], "title"))
    yield from ((Span(line, "title"),) for line in others)
    if error.place:
        source, carets = excerpt(error.place, room, clean)
        yield (Span(_INDENT), Span(source))
        yield (Span(_INDENT), Span(carets, "bad"))
    elif target:
        yield (Span(_INDENT), Span(clipped(target, room, clean)))
    for detail in error.details:
        yield from ((Span(line),) for line in _folded(detail, _INDENT, look.width, clean))
    if error.hint:
        yield from ((Span(line, "hint"),) for line in _folded(f"try: {error.hint}", _INDENT, look.width, clean))


def _folded(text: str, indent: str, width: int | None, clean: Callable[[str], str]) -> Iterator[str]:
    """``text``, which may have lines of its own, indented and folded; what is folded hangs."""
    for line in text.splitlines() or [""]:
        yield from fold(indent + clean(line), width, hang=len(indent) + 2)
