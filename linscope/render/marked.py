"""Pieces of Markdown: tables, labelled values, the user's own text in code spans. GitHub's dialect."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from linscope.render.characters import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.render.page import Cell, Fact, Grid

_MEANT = re.compile(r"([\\`*_{}\[\]<>|~#&])")
# A cell of a nested layer is moved to the right; plain spaces would be dropped.
_STEP = "&nbsp;&nbsp;"


def grid_lines(grid: Grid) -> Iterator[str]:
    """A table, its first column in code spans."""
    yield _row(column.title for column in grid.columns)
    yield _row("---:" if column.numeric else "---" for column in grid.columns)
    for head, *cells in grid.rows:
        yield _row((_head(head), *("<br>".join(map(prose, cell.lines)) for cell in cells)))


def fact_lines(fact: Fact) -> Iterator[str]:
    """An item of a list, further lines as items beneath it."""
    remark = f" ({prose(fact.remark)})" if fact.remark else ""
    label = f"**{prose(fact.label)}**: " if fact.label else ""
    yield f"- {label}{prose(fact.value)}{remark}"
    for line in fact.more:
        yield f"  - {prose(line)}"


def code_span(text: str) -> str:
    """A code span: nothing in it is markup. Its fence is longer than any run of backticks within."""
    text = visible(text)
    fence = "`" * (1 + longest_ticks(text))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}" if text else ""


def longest_ticks(text: str) -> int:
    """The length of the longest run of backticks."""
    return max((len(list(run)) for tick, run in groupby(text) if tick == "`"), default=0)


def prose(text: str) -> str:
    """Text in which nothing is markup."""
    return _MEANT.sub(r"\\\1", visible(text))


def _row(cells: Iterator[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _head(cell: Cell) -> str:
    text = " ".join(cell.lines)
    shown = f"**{prose(text)}**" if cell.style == "total" else code_span(text).replace("|", "\\|")
    return _STEP * cell.indent + shown
