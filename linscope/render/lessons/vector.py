"""Pieces of vector graphics: shapes at work as a chain, and matrices as aligned blocks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from linscope.render.characters import cells, visible
from linscope.render.lessons.drawing import number
from linscope.render.lessons.words import ink, size
from linscope.report.lesson import STORED

if TYPE_CHECKING:
    from linscope.report.lesson import Chain, Matrix, Picture

_EM = 0.602
"""Columns of a monospaced font, in sizes of it."""

_HEIGHT = 30
"""Of a cell of a matrix, in pixels."""

_LEAD = 26
"""What stands before a row or above a column: its letter."""

_GAP = 46


class Figure(NamedTuple):
    """Elements of SVG, and how much room they take, in pixels."""

    width: float
    height: float
    body: str


def text(x: float, y: float, words: str, style: str, points: float = 14, anchor: str = "start") -> str:
    """One line of text, its baseline at ``y``."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" font-size="{points:g}" text-anchor="{anchor}" '
        f'xml:space="preserve">{safe(words)}</text>'
    )


def safe(words: str) -> str:
    """Text in which nothing is markup, and nothing a control character."""
    return escape(visible(words), quote=True)


def columns(words: str, points: float) -> float:
    """How wide monospaced text is."""
    return cells(words) * points * _EM


def chain_figure(chain: Chain, points: float = 19) -> Figure:
    """The shapes on one line, what is summed over on a coloured ground, and an arc between its two places."""
    each = points * _EM
    base, parts, end = points + 8, [], 0
    for start, stop in chain.marks:
        left, wide = cells(chain.text[:start]) * each, cells(chain.text[start:stop]) * each
        parts.append(
            f'<rect class="soft" x="{left - 3:.1f}" y="{base - points:.1f}" width="{wide + 6:.1f}" '
            f'height="{points + 6:.1f}" rx="4"/>'
        )
    pieces = []
    for start, stop in chain.marks:
        pieces += [safe(chain.text[end:start]), f'<tspan class="meet">{safe(chain.text[start:stop])}</tspan>']
        end = stop
    pieces.append(safe(chain.text[end:]))
    parts.append(
        f'<text x="0" y="{base:.1f}" class="mono t" font-size="{points:g}" xml:space="preserve">'
        f"{''.join(pieces)}</text>"
    )
    wide, height = columns(chain.text, points), base + 10
    note = base + 26
    if len(chain.marks) == 2:
        first, second = ((cells(chain.text[:s]) + cells(chain.text[s:e]) / 2) * each for s, e in chain.marks)
        top = base + 8
        parts.append(f'<path class="brace" d="M{first:.1f} {top:.1f} v8 H{second:.1f} v-8"/>')
        height, note = top + 14, top + 30
    if chain.note:
        parts.append(text(0, note, chain.note, "sans m", 14))
        wide, height = max(wide, cells(chain.note) * 8.2), note + 8
    return Figure(wide + 8, height, "".join(parts))


def picture_figure(picture: Picture) -> Figure:
    """The matrices of a picture as blocks."""
    return _stored(picture) if picture.kind == STORED else _product(picture)


def _stored(picture: Picture) -> Figure:
    """Both side by side, an arrow from the one to the other."""
    first, second = (_Drawn(matrix) for matrix in picture.matrices)
    top = 44.0
    one = first.at(_LEAD, top + _LEAD)
    arrow = _LEAD + first.width + 16
    there = max(arrow + 60, _title_width(picture.matrices[0]) + 24)
    other = second.at(there, top + _LEAD)
    middle = top + _LEAD + first.height / 2
    sign = f'<path class="rule" d="M{arrow:.1f} {middle:.1f} h34 m-8 -6 l8 6 l-8 6"/>' if there - arrow >= 50 else ""
    titles = _title(picture.matrices[0], 0, 16) + _title(picture.matrices[1], there, 16)
    width = max(there + second.width, there + _title_width(picture.matrices[1]))
    return Figure(width + 8, top + _LEAD + max(first.height, second.height) + 12, titles + one + sign + other)


def _product(picture: Picture) -> Figure:
    """The first left of the third, the second above it: a row and a column meet where they cross."""
    left, above, right = picture.matrices
    shared = max(_Drawn(matrix).cell for matrix in (above, right))
    first, second, third = _Drawn(left), _Drawn(above, shared), _Drawn(right, shared)
    x_right = max(max(first.width, _title_width(left)) + _GAP, _title_width(above) + 24)
    y_above = float(_LEAD)
    y_below = y_above + second.height + 84
    parts = [
        second.at(x_right, y_above),
        _title(above, x_right - 14, y_above + second.height / 2 - 2, anchor="end"),
        _brace_beside(x_right + second.width + 12, y_above, second.height, picture.contracted),
        _title(left, 0, y_below - 48),
        _title(right, x_right, y_below - 48),
        first.at(0, y_below),
        third.at(x_right, y_below),
        _picked(0, y_below, first.width, _HEIGHT),
        _picked(x_right, y_above, second.cell, second.height),
        _picked(x_right, y_below, third.cell, _HEIGHT),
        _brace_beneath(0, y_below + first.height + 8, first.width, picture.contracted),
    ]
    width = max(x_right + second.width + 60, x_right + _title_width(right))
    return Figure(width, y_below + max(first.height, third.height) + 40, "".join(parts))


def _title(matrix: Matrix, x: float, y: float, anchor: str = "start") -> str:
    """Name and size, and beneath them what else is to be said of it."""
    name = text(x, y, f"{matrix.name} {size(matrix)}", "mono t bold", 14, anchor)
    return name + (text(x, y + 17, matrix.note, "sans m", 12.5, anchor) if matrix.note else "")


def _title_width(matrix: Matrix) -> float:
    return max(columns(f"{matrix.name} {size(matrix)}", 14), cells(matrix.note) * 7.0)


def _picked(x: float, y: float, width: float, height: float) -> str:
    """A frame around the row, the column and the number where they meet."""
    return f'<rect class="pick" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="5"/>'


def _brace_beside(x: float, y: float, height: float, contracted: int) -> str:
    middle = y + height / 2
    line = f'<path class="brace" d="M{x:.1f} {y:.1f} h7 v{height:.1f} h-7"/>'
    return line + text(x + 15, middle + 5, f"{contracted:,}", "mono meet", 15)


def _brace_beneath(x: float, y: float, width: float, contracted: int) -> str:
    line = f'<path class="brace" d="M{x:.1f} {y:.1f} v7 h{width:.1f} v-7"/>'
    return line + text(x + width / 2, y + 25, f"{contracted:,}", "mono meet", 15, "middle")


class _Drawn:
    """A matrix with the sizes of its cells settled, which are at least ``cell`` wide."""

    def __init__(self, matrix: Matrix, cell: float = 34) -> None:
        self.matrix = matrix
        self.rows = [[number(value, 4) for value in row] for row in matrix.numbers]
        self.more_columns = bool(self.rows) and len(self.rows[0]) < matrix.size[-1]
        self.more_rows = len(self.rows) < matrix.size[0]
        if self.more_columns:
            self.rows = [[*row, "…"] for row in self.rows]
        if self.more_rows:
            self.rows.append(["…"] * (len(self.rows[0]) if self.rows else 1))
        widest = max((len(cell) for row in self.rows for cell in row), default=1)
        self.cell = max(columns("0" * widest, 14) + 16, cell)
        self.width = self.cell * (len(self.rows[0]) if self.rows else 0)
        self.height = float(_HEIGHT * len(self.rows))

    def at(self, x: float, y: float) -> str:
        """The cells, from their upper left corner on, and the letters before rows and above columns."""
        parts = []
        for i, row in enumerate(self.rows):
            for j, cell in enumerate(row):
                left, top = x + j * self.cell, y + i * _HEIGHT
                mark = self._mark(i, j)
                parts.append(
                    f'<rect class="{f"f{ink(mark)}" if ink(mark) else "box"}" x="{left + 1:.1f}" y="{top + 1:.1f}" '
                    f'width="{self.cell - 2:.1f}" height="{_HEIGHT - 2}" rx="3"/>'
                )
                style = "mono m" if cell == "…" else "mono t"
                parts.append(text(left + self.cell - 8, top + 20, cell, style, 14, "end"))
        for i, mark in enumerate(self.matrix.row_marks):
            parts.append(
                text(x - 15, y + i * _HEIGHT + 20, mark, f"mono bold t{ink(mark)}", 15, "middle") if mark else ""
            )
        for j, mark in enumerate(self.matrix.column_marks):
            place = x + (j + 0.5) * self.cell
            parts.append(text(place, y - 8, mark, f"mono bold t{ink(mark)}", 15, "middle") if mark else "")
        return "".join(parts)

    def _mark(self, i: int, j: int) -> str:
        rows, cols = self.matrix.row_marks, self.matrix.column_marks
        if i < len(rows) and rows[i]:
            return rows[i]
        return cols[j] if j < len(cols) and i < len(self.matrix.numbers) else ""
