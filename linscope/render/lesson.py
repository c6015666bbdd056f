"""Lessons as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.look import FULL, NONE
from linscope.render.page import BLANK, Fact, Facts, Paragraph, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.render.look import Look
    from linscope.render.page import Block
    from linscope.report.record import Explanation, Report, Verification

_INDENT = 2
_MEASURE = 98


def lessons(report: Report, look: Look) -> Iterator[Block]:
    """The explanations one after another, as much of each as is wanted."""
    if look.explain == NONE:
        return
    for lesson in report.explanations:
        yield BLANK
        yield from _lesson(lesson, code=look.explain == FULL)


def _lesson(lesson: Explanation, *, code: bool) -> Iterator[Block]:
    yield Paragraph(lesson.title, "title")
    yield Paragraph(lesson.claim, measure=_MEASURE)
    if lesson.chain:
        yield Paragraph(lesson.chain, "shape", indent=_INDENT, hang=_INDENT)
    for line in lesson.lines:
        yield Paragraph(line, indent=_INDENT, hang=_INDENT)
    shown = lesson.code if code else ()
    if shown:
        yield BLANK
    for line in shown:
        yield Paragraph(line, "code", indent=_INDENT, hang=2 * _INDENT)
    if shown and lesson.verified:
        yield BLANK
    if lesson.verified:
        checked = any(check.holds is not None for check in lesson.verified)
        heading = "checked on this run" if checked else "not checked: this run had no values"
        yield Paragraph(heading, "label", indent=_INDENT)
        yield Facts(tuple(map(_check, lesson.verified)), indent=_INDENT)


def _check(check: Verification) -> Fact:
    mark, style = MARKS[check.holds]
    return Fact(f"{mark} {check.statement}", (Span(difference(check), "label"),), style=style)


MARKS = {True: ("✓", ""), False: ("✗", "bad"), None: ("–", "label")}


def difference(check: Verification) -> str:
    """How far apart the two sides were, and how far they may be where that is exceeded."""
    if check.holds is None:
        return "not compared"
    if check.max_difference is None:
        return ""
    beyond = "" if check.holds or check.tolerance is None else f", more than {check.tolerance:.3g}"
    return f"max |difference| {check.max_difference:.3g}{beyond}"
