"""Pictures of matrices in characters: aligned blocks, in as many columns as there are."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from linscope.render.characters import cells, fold
from linscope.render.lessons.words import ink, size
from linscope.render.page import Span
from linscope.report.lesson import STORED

if TYPE_CHECKING:
    from collections.abc import Callable

    from linscope.render.page import Line
    from linscope.report.lesson import Matrix, Picture

_TRIES = ((4, 4), (3, 4), (2, 4), (2, 3), (2, 2), (1, 2), (1, 1))
"""Digits after the point, and columns of a matrix, from the most to the least."""

_GAP = 3


class _Block(NamedTuple):
    """A matrix in characters: its lines, all ``wide`` columns, with the line of marks above, which may be empty."""

    marks: Line
    rows: list[Line]
    wide: int


def drawn(picture: Picture, room: int | None, clean: Callable[[str], str]) -> tuple[Line, ...]:
    """The lines of a picture, each at most ``room`` columns: side by side, or one beneath the other."""
    for draw in (_stored if picture.kind == STORED else _product, _one_by_one):
        for digits, most in _TRIES:
            lines = draw(picture, digits, most, clean)
            if room is None or max(map(_wide, lines)) <= room:
                return tuple(lines)
    titles = (clean(f"{matrix.name} {size(matrix)}") for matrix in picture.matrices)
    return tuple((Span(line, "shape"),) for title in titles for line in fold(title, room, hang=2))


def _one_by_one(picture: Picture, digits: int, most: int, clean: Callable[[str], str]) -> list[Line]:
    """One matrix beneath the other, where there is no room beside."""
    lines: list[Line] = []
    for matrix in picture.matrices:
        block = _block(matrix, digits, most, clean)
        lines.append((Span(clean(f"{matrix.name} {size(matrix)}"), "shape"),))
        if block.marks:
            lines.append(block.marks)
        lines += block.rows
    return lines


def _stored(picture: Picture, digits: int, most: int, clean: Callable[[str], str]) -> list[Line]:
    """Both side by side, their names above."""
    first, second = picture.matrices
    left, right = _block(first, digits, most, clean), _block(second, digits, most, clean)
    titles = [[clean(f"{m.name} {size(m)}"), clean(m.note)] for m in (first, second)]
    wide = max(left.wide, *map(cells, titles[0]))
    lines: list[Line] = [
        (Span(_padded(a, wide + _GAP), style), Span(b, style))
        for a, b, style in zip(*titles, ("shape", "label"), strict=True)
    ]
    lines.append((Span(" " * (wide + _GAP)), *right.marks))
    for index in range(max(len(left.rows), len(right.rows))):
        one = left.rows[index] if index < len(left.rows) else ()
        other = right.rows[index] if index < len(right.rows) else ()
        lines.append((*one, Span(" " * (wide + _GAP - _wide(one))), *other))
    return lines


def _product(picture: Picture, digits: int, most: int, clean: Callable[[str], str]) -> list[Line]:
    """The first left of the third, the second above it; the size that meets beneath the one and beside the other."""
    first, second, third = picture.matrices
    left = _block(first, digits, most, clean)
    # The two on the right have the same columns, one above the other: they get the same widths.
    shared = [max(pair) for pair in zip(_widths(second, digits, most), _widths(third, digits, most), strict=True)]
    above, right = (_block(matrix, digits, most, clean, shared) for matrix in (second, third))
    names = [clean(f"{second.name} {size(second)}"), *([clean(second.note)] if second.note else [])]
    titles = [clean(f"{first.name} {size(first)}"), clean(first.note)]
    wide = max(left.wide, *map(cells, (*names, *titles)))
    indent = wide + _GAP
    lines: list[Line] = [(Span(" " * indent), *above.marks)]
    for index, row in enumerate(above.rows):
        name = names[index] if index < len(names) else ""
        lead = (Span(" " * (wide - cells(name))), Span(name, "shape" if index == 0 else "label"), Span(" " * _GAP))
        side = _beside(index, len(above.rows), picture.contracted, clean)
        space = Span(" " * (above.wide - _wide(row) + 2))
        lines.append((*lead, *row, space, Span(side, "meet" if side.isdecimal() else "arrow")))
    lines += [()] * max(0, len(names) - len(above.rows))
    head = clean(f"{third.name} {size(third)}")
    lines.append((Span(_padded(titles[0], indent), "shape"), Span(head, "shape")))
    if first.note or third.note:
        lines.append((Span(_padded(titles[1], indent), "label"), Span(clean(third.note), "label")))
    for one, other in zip(left.rows, right.rows, strict=True):
        lines.append((*one, Span(" " * (indent - _wide(one))), *other))
    lines.append(_beneath(left.wide, picture.contracted, clean))
    return lines


def _beside(index: int, count: int, contracted: int, clean: Callable[[str], str]) -> str:
    """The size of the second matrix's rows, to the right of the middle one."""
    return str(contracted) if index == (count - 1) // 2 else clean("│")


def _beneath(wide: int, contracted: int, clean: Callable[[str], str]) -> Line:
    """The size of the first matrix's rows, beneath it."""
    text = f" {contracted} "
    left = max((wide - len(text)) // 2, 0)
    right = max(wide - len(text) - left, 0)
    dash = clean("─")
    return (Span(f"{dash * left} ", "arrow"), Span(str(contracted), "meet"), Span(f" {dash * right}", "arrow"))


def _widths(matrix: Matrix, digits: int, most: int) -> list[int]:
    """How wide each column is that is shown."""
    columns = zip(*(row[:most] for row in matrix.numbers), strict=True)
    return [max(len(number(value, digits)) for value in column) for column in columns]


def _block(
    matrix: Matrix, digits: int, most: int, clean: Callable[[str], str], widths: list[int] | None = None
) -> _Block:
    shown = [row[:most] for row in matrix.numbers]
    texts = [[number(value, digits) for value in row] for row in shown]
    widths = widths or _widths(matrix, digits, most)
    more = len(widths) < matrix.size[-1]
    rows: list[Line] = []
    lead = " " if any(matrix.row_marks) else ""
    for index, row in enumerate(texts):
        own = matrix.row_marks[index] if index < len(matrix.row_marks) else ""
        spans = [Span(f"{clean(own) or ' '} ", ink(own))] if lead else []
        spans.append(Span("[", "arrow"))
        for i, text in enumerate(row):
            mark = own or (matrix.column_marks[i] if i < len(matrix.column_marks) else "")
            spans += (Span(" " if i == 0 else "  "), Span(f"{text:>{widths[i]}}", ink(mark)))
        spans.append(Span(f"{clean('  …') if more else ''} ]", "arrow"))
        rows.append(tuple(spans))
    if len(shown) < matrix.size[0]:
        rows.append((Span(f"{'  ' if lead else ''}{clean('…')}", "arrow"),))
    wide = max(map(_wide, rows), default=0)
    marks = [Span("  " if lead else ""), Span(" ")]
    for i, width in enumerate(widths):
        mark = matrix.column_marks[i] if i < len(matrix.column_marks) else ""
        marks += (Span(" " if i == 0 else "  "), Span(f"{clean(mark):>{width}}", ink(mark)))
    return _Block(tuple(marks) if any(matrix.column_marks) else (), rows, wide)


def number(value: float, digits: int) -> str:
    """A number with as many digits after the point; whole ones of any size without."""
    if not isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value)}"
    return f"{value:.{digits}f}" if 1e-4 <= abs(value) < 1e5 or digits < 4 else f"{value:.1e}"


def _padded(text: str, wide: int) -> str:
    return text + " " * (wide - cells(text))


def _wide(line: Line) -> int:
    return sum(cells(span.text) for span in line)
