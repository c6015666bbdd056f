"""A table to lines: side by side where it fits, with long text folded; else with what can move on a line beneath
each row, or else the first column on a line above; else keys and values."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from linscope.render.characters import cells, fold
from linscope.render.facts import lay_facts
from linscope.render.page import EARLY, KEPT, LATE, Cell, Fact, Facts, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from linscope.render.page import Column, Grid, Line

_GAPS = (3, 2)
"""Spaces between columns, the first that fits."""
_STEP = 2
"""Spaces that a nested row is indented by."""
_HANG = 4
"""Spaces that folded text is indented by: more than a nested row, so as not to be taken for one."""
_LEAST_FOLDED = 24
"""Columns that folded text gets at least; with less the table takes another form."""
_LEAST_ROOMY = 36
"""Those that it gets beside columns that could go, or move."""
_LEAST_OF_TWO = 12
"""Those that names get where rows have several lines anyway, and long names one of their own."""

Cells = tuple[Cell, ...]
_Item = TypeVar("_Item")


class _Fit(NamedTuple):
    """Columns with the widths they get, and the spaces between them."""

    columns: tuple[Column, ...]
    widths: list[int]
    gap: int


def lay_grid(grid: Grid, width: int | None, clean: Callable[[str], str]) -> Iterator[Line]:
    """The table's lines, each at most ``width`` columns wide; as wide as it likes where that is None."""
    rows = [tuple(_cleaned(cell, clean) for cell in row) for row in grid.rows]
    columns = tuple(column._replace(title=clean(column.title), lead=clean(column.lead)) for column in grid.columns)
    widths = [
        max(cells(column.title), *(_wide(row[i]) for row in rows)) if rows else cells(column.title)
        for i, column in enumerate(columns)
    ]
    everything = range(len(columns))
    needed = [i for i in everything if not columns[i].spare]
    can_move = any(column.moves for column in columns)
    for kept, least in ((everything, _LEAST_ROOMY), (needed, _LEAST_ROOMY if can_move else _LEAST_FOLDED)):
        fit = _fit(_only(columns, kept), _only(widths, kept), width, least)
        if fit:
            return _table([_only(row, kept) for row in rows], fit)
    if width is not None and len(rows) > 1:
        folded = _two_lines(columns, widths, rows, width) or _stacked(columns, widths, rows, width)
        if folded:
            return folded
    return _listing(_only(columns, needed), [_only(row, needed) for row in rows], width)


def _only(items: Sequence[_Item], kept: Sequence[int]) -> tuple[_Item, ...]:
    return tuple(items[i] for i in kept)


def _cleaned(cell: Cell, clean: Callable[[str], str]) -> Cell:
    return cell._replace(lines=tuple(map(clean, cell.lines))) if cell.lines else cell


def _wide(cell: Cell) -> int:
    return max(map(cells, cell.lines), default=0) + _STEP * cell.indent


def _fit(
    columns: Sequence[Column], widths: Sequence[int], width: int | None, least: int = _LEAST_FOLDED
) -> _Fit | None:
    """The columns side by side, those that fold no wider than need be; None where they get less than ``least``."""
    columns, widths = tuple(columns), list(widths)
    if width is None:
        return _Fit(columns, widths, _GAPS[0])
    folding = sorted((i for i, column in enumerate(columns) if column.folds), key=widths.__getitem__)
    rigid = sum(wide for column, wide in zip(columns, widths, strict=True) if not column.folds)
    tight: _Fit | None = None
    for gap in _GAPS:
        room = width - rigid - gap * (len(columns) - 1)
        fitted = list(widths)
        for already, i in enumerate(folding):
            fitted[i] = min(widths[i], room // (len(folding) - already))
            room -= fitted[i]
        if fitted == widths and room >= 0:
            return _Fit(columns, fitted, gap)
        if room >= 0 and all(fitted[i] >= min(widths[i], least) for i in folding):
            tight = _Fit(columns, fitted, gap)
    return tight


def _table(rows: list[Cells], fit: _Fit) -> Iterator[Line]:
    yield from _side_by_side(_heads(fit.columns), fit)
    for row in rows:
        yield from _side_by_side(row, fit)


def _two_lines(columns: tuple[Column, ...], widths: list[int], rows: list[Cells], width: int) -> Iterator[Line] | None:
    """The columns that stay side by side, the cells of those that move in a line beneath their row."""
    for latest, spare, least in (
        (EARLY, True, _LEAST_ROOMY),
        (EARLY, False, _LEAST_FOLDED),
        (LATE, False, _LEAST_OF_TWO),
    ):
        moved = [i for i, column in enumerate(columns) if KEPT < column.moves <= latest]
        kept = [i for i, column in enumerate(columns) if i not in moved and (spare or not column.spare)]
        fit = _fit(_only(columns, kept), _only(widths, kept), width, least) if moved else None
        if fit:
            return _with_lines_beneath(columns, rows, fit, kept, moved, width)
    return None


def _with_lines_beneath(
    columns: tuple[Column, ...], rows: list[Cells], fit: _Fit, kept: list[int], moved: list[int], width: int
) -> Iterator[Line]:
    for row in (_heads(columns), *rows):
        beside = _only(row, kept)
        if _wide(row[0]) > fit.widths[0]:  # a long name has a line of its own, and the numbers follow
            yield from ((Span(line, row[0].style),) for line in _lines(row[0], width))
            beside = (Cell(), *beside[1:])
        yield from _side_by_side(beside, fit)
        lead = " " * min(_STEP * row[0].indent + _HANG, width // 2)
        for text in _beneath(columns, row, moved):
            yield from ((Span(line, "label"),) for line in fold(lead + text, width, hang=len(lead) + _STEP))


def _beneath(columns: tuple[Column, ...], row: Cells, moved: list[int]) -> Iterator[str]:
    """What has moved, in one line; each text of a column that folds in one of its own."""
    together = [columns[i].lead + ", ".join(row[i].lines) for i in moved if row[i].lines and not columns[i].folds]
    if together:
        yield "".join(together).lstrip()
    yield from (text for i in moved if columns[i].folds for text in row[i].lines)


def _stacked(columns: tuple[Column, ...], widths: list[int], rows: list[Cells], width: int) -> Iterator[Line] | None:
    """The first cell as a heading, the others beneath it, aligned throughout."""
    place = _STEP * max(row[0].indent for row in rows) + _HANG
    fit = _fit(columns[1:], widths[1:], width - place)
    return _under_headings(columns, rows, fit, place, width) if fit else None


def _under_headings(
    columns: tuple[Column, ...], rows: list[Cells], fit: _Fit, place: int, width: int
) -> Iterator[Line]:
    for first, *others in (_heads(columns), *rows):
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
