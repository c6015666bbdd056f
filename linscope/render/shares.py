"""Shares of a total: in percent, and as a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.page import LATE, Cell, Column, Grid

if TYPE_CHECKING:
    from collections.abc import Sequence


_WIDTH = 8
"""Characters of a bar that stands for all."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"

PERCENT = Column("Share", numeric=True, moves=LATE, lead="   ")
OF_COUNTED = PERCENT._replace(title="Of counted")
"""Where the total is a lower bound, nobody knows the shares of it."""
BAR = Column("", spare=True)


def percent(part: int, whole: int) -> str:
    """``31.4%``, ``100%``; ``<0.1%`` and ``>99.9%`` for what is not nothing and not all."""
    tenths = round(1000 * part / whole)
    if tenths == 0:
        return "<0.1%" if part else "0%"
    if tenths == 1000:
        return ">99.9%" if part < whole else "100%"
    return f"{tenths // 10}.{tenths % 10}%"


def bar(part: int, whole: int) -> str:
    """Eight characters for all, in steps of an eighth; at least one step for what is not nothing."""
    steps = max(round(8 * _WIDTH * part / whole), 1 if part else 0)
    full, rest = divmod(steps, 8)
    return ("█" * full + _EIGHTHS[rest]).rstrip()


def with_shares(grid: Grid, parts: Sequence[int], whole: int, percents: Column = PERCENT) -> Grid:
    """The table with each row's share of ``whole`` at its end, where the rows differ in it."""
    if not any(0 < part < whole for part in parts):
        return grid
    rows = zip(grid.rows, parts, strict=True)
    return Grid((*grid.columns, percents, BAR), tuple((*row, *_cells(part, whole)) for row, part in rows))


def _cells(part: int, whole: int) -> tuple[Cell, Cell]:
    if not part:
        return Cell(), Cell()
    return Cell((percent(part, whole),)), Cell((bar(part, whole),), "bar")
