"""One check as blocks of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, visible
from linscope.render.checks.words import MARKS, achieved, sentence, summary, title, where
from linscope.render.excerpt import excerpt
from linscope.render.page import Fact, Facts, Paragraph, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.errors import LinscopeError
    from linscope.render.checks import Standing
    from linscope.render.look import Look
    from linscope.render.page import Block
    from linscope.report.checks import Result

IN_FULL = 20
"""Failures that are told with all that explains them; of more, the others in a line each."""

_LONGEST_EXCERPT = 100
_INDENT = 2


def shown_in_full(standing: Standing) -> bool:
    return standing.failed_before < IN_FULL


def passed(result: Result) -> Iterator[Block]:
    """``✓ head   [32, 3, 2], 8 parameters``."""
    mark, style = MARKS[result.status]
    told = achieved(result) or "; ".join(result.remarks)
    yield Paragraph(f"{mark} {result.name}   {told}".rstrip(), style, hang=4)


def line(result: Result) -> Iterator[Block]:
    """A failure in one line."""
    mark, style = MARKS[result.status]
    place = where(result.origin)
    yield Paragraph(f"{mark} {result.name}   {summary(result)}{f'   {place}' if place else ''}", style, hang=4)


def failure(result: Result, look: Look) -> Iterator[Block]:
    """A failure, and all that explains it."""
    mark, style = MARKS[result.status]
    place = where(result.origin)
    yield Paragraph(f"{mark} {result.name}{f'   {place}' if place else ''}", style, hang=4)
    if result.name != result.target and not result.name.startswith(result.target):
        yield Paragraph(result.target, "zero", indent=_INDENT, hang=2)
    if result.error is not None:
        yield from _error(result.error, look)
    if result.broken:
        yield Facts(
            tuple(Fact(title(found), (Span(sentence(found)),), more=found.lines) for found in result.broken),
            indent=_INDENT,
        )
    if result.message:
        yield Paragraph(result.message, "hint", indent=_INDENT, hang=2)


def _error(error: LinscopeError, look: Look) -> Iterator[Block]:
    yield Paragraph(f"error[{error.kind}]: {error.message}", "title", indent=_INDENT, hang=2)
    if error.place is not None:
        # Already clean, and folded nowhere: the carets stand beneath what they point to.
        room = (look.width or _LONGEST_EXCERPT) - 2 * _INDENT
        shown = excerpt(error.place, max(room, 8), ascii_only if look.ascii else visible)
        yield Paragraph(shown.source, indent=_INDENT)
        yield Paragraph(shown.carets, "bad", indent=_INDENT)
    for detail in error.details:
        yield Paragraph(detail, indent=_INDENT, hang=2)
    if error.hint:
        yield Paragraph(f"try: {error.hint}", "hint", indent=_INDENT, hang=2)
