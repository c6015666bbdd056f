"""A table to lines: side by side where it fits, with long text folded; else the first column of each row on a
line of its own above the others; else keys and values."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from linscope.render.characters import cells, fold
from linscope.render.facts import lay_facts
from linscope.render.page import Cell, Fact, Facts, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from linscope.render.page import Column, Grid, Line

_GAPS = (3, 2)
"""Spaces between columns, the first that fits."""
_STEP = 2
"""Spaces that a nested row is indented by."""
_HANG = 4
"""Spaces that folded text is indented by: more than a nested row, so as not to be taken for one."""
_LEAST_FOLDED = 24
"""Columns that folded text gets at least; with less the table takes another form."""

Cells = tuple[Cell, ...]


class _Fit(NamedTuple):
    """Columns with the widths they get, and the spaces between them."""

    columns: tuple[Column, ...]
    widths: list[int]
    gap: int


def lay_grid(grid: Grid, width: int | None, clean: Callable[[str], str]) -> Iterator[Line]:
    """The table's lines, each at most ``width`` columns wide; as wide as it likes where that is None."""
    rows = [tuple(_cleaned(cell, clean) for cell in row) for row in grid.rows]
    columns = tuple(column._replace(title=clean(column.title)) for column in grid.columns)
    widths = [
        max(cells(column.title), *(_wide(row[i]) for row in rows)) if rows else cells(column.title)
        for i, column in enumerate(columns)
    ]
    whole = _fit(columns, widths, width)
    if whole:
        return _table(rows, whole)
    if width is not None and len(rows) > 1:
        deepest = _STEP * max(row[0].indent for row in rows)
        for place in (deepest + _HANG, _HANG):
            others = _fit(columns[1:], widths[1:], width - place)
            if others:
                return _stacked(columns[0], rows, others, place, width)
    return _listing(columns, rows, width)


def _cleaned(cell: Cell, clean: Callable[[str], str]) -> Cell:
    return cell._replace(lines=tuple(map(clean, cell.lines))) if cell.lines else cell


def _wide(cell: Cell) -> int:
    return max(map(cells, cell.lines), default=0) + _STEP * cell.indent


def _fit(columns: tuple[Column, ...], widths: list[int], width: int | None) -> _Fit | None:
    """The columns side by side, those that fold no wider than need be; None where that is too narrow."""
    if width is None:
        return _Fit(columns, widths, _GAPS[0])
    folding = sorted((i for i, column in enumerate(columns) if column.folds), key=widths.__getitem__)
    rigid = sum(wide for column, wide in zip(columns, widths, strict=True) if not column.folds)
    for gap in _GAPS:
        room = width - rigid - gap * (len(columns) - 1)
        fitted = list(widths)
        for already, i in enumerate(folding):
            fitted[i] = min(widths[i], room // (len(folding) - already))
            room -= fitted[i]
        if room >= 0 and all(fitted[i] >= min(widths[i], _LEAST_FOLDED) for i in folding):
            return _Fit(columns, fitted, gap)
    return None


def _table(rows: list[Cells], fit: _Fit) -> Iterator[Line]:
    yield from _side_by_side(_heads(fit.columns), fit)
    for row in rows:
        yield from _side_by_side(row, fit)


def _stacked(heading: Column, rows: list[Cells], fit: _Fit, place: int, width: int) -> Iterator[Line]:
    """The first cell as a heading, the others beneath it from ``place`` on, aligned throughout."""
    for first, *others in ((*_heads((heading,)), *_heads(fit.columns)), *rows):
        yield from ((Span(line, first.style or "title"),) for line in _lines(first, width))
        for line in _side_by_side(tuple(others), fit):
            yield (Span(" " * place), *line)


def _heads(columns: tuple[Column, ...]) -> Cells:
    return tuple(Cell((column.title,), "head") for column in columns)


def _side_by_side(row: Cells, fit: _Fit) -> Iterator[Line]:
    folded = [
        _lines(cell, wide) if column.folds else cell.lines
        for cell, column, wide in zip(row, fit.columns, fit.widths, strict=True)
    ]
    for texts in zip_longest(*folded, fillvalue=""):
        line: list[Span] = []
        for text, cell, column, wide in zip(texts, row, fit.columns, fit.widths, strict=True):
            space = " " * (wide - cells(text))
            line += (Span(space + text if column.numeric else text + space, cell.style), Span(" " * fit.gap))
        yield tuple(line)


def _lines(cell: Cell, wide: int) -> list[str]:
    lead = " " * min(_STEP * cell.indent, wide // 2)
    return [line for text in cell.lines for line in fold(lead + text, wide, hang=len(lead) + _HANG)]


def _listing(columns: tuple[Column, ...], rows: list[Cells], width: int | None) -> Iterator[Line]:
    """Each row under its first cell as a heading."""
    for number, (head, *values) in enumerate(rows):
        if number:
            yield ()
        lead = Span(" " * (0 if width is None else min(_STEP * head.indent, width // 4)))
        room = None if width is None else width - len(lead.text)
        for text in head.lines:
            for line in fold(text, room, hang=_HANG):
                yield (lead, Span(line, head.style or "title"))
        facts = (
            Fact(column.title, tuple(Span(text, cell.style) for text in cell.lines))
            for column, cell in zip(columns[1:], values, strict=True)
            if cell.lines
        )
        for spans in lay_facts(Facts(tuple(facts), indent=_STEP), room, str):
            yield (lead, *spans)
