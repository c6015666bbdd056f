"""A lecture as the blocks of a page, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.language import speaker
from linscope.render.characters import ascii_only, cells, visible
from linscope.render.lessons.drawing import drawn
from linscope.render.lessons.program import folded_code
from linscope.render.lessons.words import SIGNS, groups, heading, holding, outcome, tally, told_on, unrepeated
from linscope.render.page import BLANK, Cell, Column, Drawn, Grid, Paragraph, Span
from linscope.report.lesson import Picture, Prose, Table, Worked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.language import Say
    from linscope.render.look import Look
    from linscope.render.page import Block
    from linscope.report.lesson import Chain, Lecture, Lesson, Mistake, Part

_INDENT = 2
_MARGIN = 2
_MEASURE = 92


def page(lecture: Lecture, look: Look) -> Iterator[Block]:
    """All lessons one after another."""
    say = speaker(lecture.language)
    several = len(lecture.lessons) > 1
    if several:
        yield from _overview(lecture, say)
    for index, lesson in enumerate(unrepeated(lecture)):
        if index or several:
            yield BLANK
            yield BLANK
        yield from _lesson(lesson, look, say)


def _overview(lecture: Lecture, say: Say) -> Iterator[Block]:
    """What all lessons say, in a sentence each: all of it on one screen, before any of it is shown."""
    yield Paragraph(lecture.target, "shape")
    yield Paragraph(tally(lecture, say), "label", measure=_MEASURE)
    yield BLANK
    for lesson in lecture.lessons:
        mark = SIGNS[holding(lesson)]
        style = "bad" if lesson.refuted else ""
        yield Paragraph(f"{mark} {lesson.name}: {lesson.claim}", style, hang=4, measure=_MEASURE)


def _lesson(lesson: Lesson, look: Look, say: Say) -> Iterator[Block]:
    yield Paragraph(f"{lesson.title}   ({lesson.name})", "title")
    yield Paragraph(lesson.target, "label")
    if told_on(lesson, say):
        yield Paragraph(told_on(lesson, say), "label")
    yield BLANK
    yield Paragraph(lesson.claim, "bad" if lesson.refuted else "", measure=_MEASURE)
    for chain in lesson.chains:
        yield BLANK
        yield from _chain(chain, look)
    for part in lesson.parts:
        yield BLANK
        yield from _part(part, look)
    yield from _code(lesson, look, say)
    yield from _checks(lesson, say)
    for index, mistake in enumerate(lesson.mistakes):
        yield BLANK
        if index == 0:
            yield Paragraph(say("What people get wrong"), "title")
        yield from _mistake(mistake)


def _chain(chain: Chain, look: Look) -> Iterator[Block]:
    """The shapes, with marks under what is summed over where they fit on one line, and what becomes of it."""
    clean = ascii_only if look.ascii else visible
    room = None if look.width is None else look.width - _MARGIN - _INDENT
    if not chain.text.isascii() or not chain.marks or (room is not None and len(chain.text) > room):
        yield Paragraph(chain.text, "shape", indent=_INDENT, hang=_INDENT)
        if chain.note:
            yield Paragraph(chain.note, "label", indent=_INDENT, measure=_MEASURE)
        return
    spans, carets, end = [Span(" " * _INDENT)], " " * _INDENT, 0
    for start, stop in chain.marks:
        spans += (Span(chain.text[end:start], "shape"), Span(chain.text[start:stop], "meet"))
        carets += " " * (start - end) + "^" * (stop - start)
        end = stop
    spans.append(Span(chain.text[end:], "shape"))
    note = clean(chain.note)
    beside = room is None or len(carets) + 2 + cells(note) <= room + _INDENT
    yield Drawn((tuple(spans), (Span(carets, "arrow"), *((Span("  "), Span(note)) if note and beside else ()))))
    if note and not beside:
        yield Paragraph(note, indent=_INDENT, measure=_MEASURE)


def _part(part: Part, look: Look) -> Iterator[Block]:
    clean = ascii_only if look.ascii else visible
    match part:
        case Prose(text):
            yield Paragraph(text, measure=_MEASURE)
        case Worked(caption, worked):
            if caption:
                yield Paragraph(caption, measure=_MEASURE)
            for line in worked:
                hang = line.index("= ") + 2 if "= " in line else 2
                yield Paragraph(line, indent=_INDENT, hang=hang - (len(line) - len(line.lstrip())))
        case Table():
            if part.caption:
                yield Paragraph(part.caption, measure=_MEASURE)
            yield grid_of(part)
        case Picture():
            yield Paragraph(part.caption, measure=_MEASURE)
            room = None if look.width is None else look.width - _MARGIN - _INDENT
            lines = drawn(part, room, clean)
            yield Drawn(tuple((Span(" " * _INDENT), *line) for line in lines))


def grid_of(table: Table) -> Grid:
    """A lesson's table as one of a page; text in the last column folds."""
    last = len(table.columns) - 1
    columns = tuple(
        Column(title, numeric=is_number, folds=index == last and not is_number)
        for index, (title, is_number) in enumerate(zip(table.columns, table.numeric, strict=True))
    )
    return Grid(columns, tuple(tuple(Cell((text,)) for text in row) for row in table.rows))


def _code(lesson: Lesson, look: Look, say: Say) -> Iterator[Block]:
    if not lesson.code:
        return
    yield BLANK
    yield Paragraph(say("The program that ran: paste it, and it prints the same"), "title")
    room = None if look.width is None else look.width - _MARGIN - _INDENT
    clean = ascii_only if look.ascii else visible
    lines = (folded for line in lesson.code for folded in folded_code(clean(line), room))
    yield Drawn(tuple((Span(" " * _INDENT), Span(line, "code")) for line in lines))
    if lesson.prints:
        yield BLANK
        yield Paragraph(f"{say('prints')}  {'  |  '.join(lesson.prints)}", "label", indent=_INDENT, hang=_INDENT)


def _checks(lesson: Lesson, say: Say) -> Iterator[Block]:
    if not lesson.checks:
        return
    yield BLANK
    yield Paragraph(heading(lesson, say), "title")
    for group in groups(lesson):
        if group.why:
            yield Paragraph(group.why, "label", indent=_INDENT, measure=_MEASURE)
        for check in group.checks:
            told = outcome(check, say)
            line = f"{SIGNS[check.holds]} {check.statement}" + (f"   {told}" if told else "")
            yield Paragraph(line, "bad" if check.holds is False else "", indent=2 * _INDENT, hang=4)


def _mistake(mistake: Mistake) -> Iterator[Block]:
    yield Paragraph(f"✗ {mistake.claim}", indent=_INDENT, hang=2, measure=_MEASURE)
    yield Paragraph(mistake.ran, "code", indent=2 * _INDENT, hang=_INDENT)
    for line in mistake.shown:
        yield Paragraph(f"→ {line}", "bad", indent=2 * _INDENT, hang=2)
    yield Paragraph(f"✓ {mistake.instead}", indent=_INDENT, hang=2, measure=_MEASURE)
