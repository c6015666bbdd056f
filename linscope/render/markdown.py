"""Markdown for pull requests and notes: GitHub's tables, with the user's own text in code spans."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, visible
from linscope.render.lesson import MARKS, difference
from linscope.render.look import FULL, NONE
from linscope.render.registry import renderer
from linscope.render.sheet import layers, operators
from linscope.render.summary import summary
from linscope.render.tree import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.render.look import Look
    from linscope.render.page import Cell, Fact, Grid
    from linscope.report.record import Explanation, Report

_MEANT = re.compile(r"([\\`*_{}\[\]<>|~#&])")
# A cell of a nested layer is moved to the right; plain spaces would be dropped.
_STEP = "&nbsp;&nbsp;"


@renderer("markdown")
def markdown(report: Report, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    return "".join(f"{clean(line)}\n" for line in _lines(report, look))


def _lines(report: Report, look: Look) -> Iterator[str]:
    nodes = tree(report)
    yield f"### {_code(report.target)}"
    if nodes:
        yield ""
        yield from _grid(layers(report, nodes))
    if look.operators and report.operators:
        yield ""
        yield from _grid(operators(report))
    yield ""
    for fact in summary(report, nodes).facts:
        yield from _fact(fact)
    if look.explain != NONE:
        for lesson in report.explanations:
            yield from _lesson(lesson, code=look.explain == FULL)


def _grid(grid: Grid) -> Iterator[str]:
    yield _row(column.title for column in grid.columns)
    yield _row("---:" if column.numeric else "---" for column in grid.columns)
    for head, *cells in grid.rows:
        yield _row((_head(head), *("<br>".join(map(_prose, cell.lines)) for cell in cells)))


def _row(cells: Iterator[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _head(cell: Cell) -> str:
    text = " ".join(cell.lines)
    shown = f"**{_prose(text)}**" if cell.style == "total" else _code(text).replace("|", "\\|")
    return _STEP * cell.indent + shown


def _fact(fact: Fact) -> Iterator[str]:
    remark = f" ({_prose(fact.remark)})" if fact.remark else ""
    label = f"**{_prose(fact.label)}**: " if fact.label else ""
    yield f"- {label}{_prose(fact.value)}{remark}"
    for line in fact.more:
        yield f"  - {_prose(line)}"


def _lesson(lesson: Explanation, *, code: bool) -> Iterator[str]:
    yield from ("", f"#### {_prose(lesson.title)}", "", _prose(lesson.claim))
    worked = [*([lesson.chain] if lesson.chain else []), *lesson.lines]
    for language, lines in (("text", worked), ("python", lesson.code if code else ())):
        if lines:
            yield from ("", *_fenced(language, lines))
    if lesson.verified:
        yield ""
        for check in lesson.verified:
            yield f"- {MARKS[check.holds][0]} {_code(check.statement)}: {_prose(difference(check))}"


def _fenced(language: str, lines: list[str] | tuple[str, ...]) -> Iterator[str]:
    fence = "`" * max(3, 1 + max(map(_longest_ticks, lines)))
    yield f"{fence}{language}"
    yield from lines
    yield fence


def _code(text: str) -> str:
    """A code span: nothing in it is markup. Its fence is longer than any run of backticks within."""
    text = visible(text)
    fence = "`" * (1 + _longest_ticks(text))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}" if text else ""


def _longest_ticks(text: str) -> int:
    return max((len(list(run)) for tick, run in groupby(text) if tick == "`"), default=0)


def _prose(text: str) -> str:
    """Text in which nothing is markup."""
    return _MEANT.sub(r"\\\1", visible(text))
