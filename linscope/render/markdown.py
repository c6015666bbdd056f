"""Markdown for pull requests and notes: GitHub's tables, with the user's own text in code spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, visible
from linscope.render.lesson import MARKS, difference
from linscope.render.look import FULL, NONE
from linscope.render.marked import code_span, fact_lines, grid_lines, longest_ticks, prose
from linscope.render.overview import layers
from linscope.render.registry import renderer
from linscope.render.sheet import operators
from linscope.render.summary import summary
from linscope.render.tree import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.render.look import Look
    from linscope.report.record import Explanation, Report


@renderer("markdown")
def markdown(report: Report, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    return "".join(f"{clean(line)}\n" for line in _lines(report, look))


def _lines(report: Report, look: Look) -> Iterator[str]:
    nodes = tree(report)
    yield f"### {code_span(report.target)}"
    if nodes:
        grid, remark = layers(report, nodes, look)
        yield ""
        yield from grid_lines(grid)
        if remark:
            yield from ("", prose(remark))
    if look.operators and report.operators:
        yield ""
        yield from grid_lines(operators(report))
    yield ""
    for fact in summary(report, nodes).facts:
        yield from fact_lines(fact)
    if look.explain != NONE:
        for lesson in report.explanations:
            yield from _lesson(lesson, code=look.explain == FULL)


def _lesson(lesson: Explanation, *, code: bool) -> Iterator[str]:
    yield from ("", f"#### {prose(lesson.title)}", "", prose(lesson.claim))
    worked = [*([lesson.chain] if lesson.chain else []), *lesson.lines]
    for language, lines in (("text", worked), ("python", lesson.code if code else ())):
        if lines:
            yield from ("", *_fenced(language, lines))
    if lesson.verified:
        yield ""
        for check in lesson.verified:
            yield f"- {MARKS[check.holds][0]} {code_span(check.statement)}: {prose(difference(check))}"


def _fenced(language: str, lines: list[str] | tuple[str, ...]) -> Iterator[str]:
    fence = "`" * max(3, 1 + max(map(longest_ticks, lines)))
    yield f"{fence}{language}"
    yield from lines
    yield fence
