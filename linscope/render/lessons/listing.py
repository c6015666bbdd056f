"""The list of lessons: for people, or as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.errors import UsageError
from linscope.language import speaker
from linscope.render.characters import ascii_only, visible
from linscope.render.json import dumps
from linscope.render.layout import lay
from linscope.render.leaves import leaves
from linscope.render.marked import grid_lines
from linscope.render.page import BLANK, Cell, Column, Grid, Paragraph
from linscope.render.paint import paint
from linscope.report.lesson_form import offers_to_dict

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.report.lesson import Offer


def listing(offers: tuple[Offer, ...], language: str, format: str, look: Look) -> str:
    """The lessons with what they are about and the spec that each is told on.

    Raises:
        UsageError: a format for lessons, not for a list of them.
    """
    clean = ascii_only if look.ascii else visible
    document = offers_to_dict(offers, language)
    match format:
        case "json" | "jsonl":
            return dumps(document, ascii=look.ascii, indent=2 if format == "json" else None)
        case "plain":
            return "".join(f"{line}\n" for line in leaves("", document, clean))
        case "markdown":
            return "".join(f"{clean(line)}\n" for line in grid_lines(_grid(offers, language)))
        case "table":
            say = speaker(language)
            air = (BLANK,) if look.width is not None else ()
            how = Paragraph(say("linscope explain NAME tells one, on its example or on a spec of yours."), "label")
            return paint(lay((*air, _grid(offers, language), BLANK, how), look), color=look.color)
    raise UsageError(f"a list is no {format}", hint="leave --list out, or write it as text or JSON")


def _grid(offers: tuple[Offer, ...], language: str) -> Grid:
    say = speaker(language)
    columns = (Column(say("lesson")), Column(say("about"), folds=True), Column(say("told on"), folds=True))
    rows = ((Cell((o.name,)), Cell((o.title,)), Cell((o.example,))) for o in offers)
    return Grid(columns, tuple(rows))
