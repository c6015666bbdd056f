"""A page for people, as data: what is on it and in which role, not yet where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of text in one style. Styles are roles, named in ``paint``."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text that folds at spaces, its later lines indented by ``hang`` more than the first.

    ``measure`` is the most columns a line takes however much room there is: prose reads badly in long ones.
    """

    text: str
    style: str = ""
    indent: int = 0
    hang: int = 0
    measure: int | None = None


BLANK = Paragraph("")


@dataclass(frozen=True, slots=True)
class Chain:
    """What went in, and each step with what came out of it."""

    start: str
    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value, in pieces that stay whole, with a remark beside and further lines beneath.

    ``hang`` is how far the rest of such a line is indented, where it folds.
    """

    label: str
    pieces: tuple[Span, ...]
    remark: str = ""
    more: tuple[str, ...] = ()
    style: str = "label"
    hang: int = 2

    @property
    def value(self) -> str:
        return PIECE_GAP.join(piece.text for piece in self.pieces)


PIECE_GAP = "   "


@dataclass(frozen=True, slots=True)
class Facts:
    facts: tuple[Fact, ...]
    indent: int = 0


KEPT = 0
EARLY = 1
LATE = 2


class Column(NamedTuple):
    """One column of a table, and what becomes of it where there is no room.

    Args:
        title: what stands above it.
        numeric: set to the right.
        folds: its text may take several lines.
        spare: it shows what another column says: the first to go.
        moves: whether its cells may go to a line beneath their row: ``KEPT``, ``EARLY`` or ``LATE``.
        lead: what stands before its cells there.
    """

    title: str
    numeric: bool = False
    folds: bool = False
    spare: bool = False
    moves: int = KEPT
    lead: str = ""


class Cell(NamedTuple):
    """Lines of text; ``indent`` says how deep the first column's is nested."""

    lines: tuple[str, ...] = ()
    style: str = ""
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: a title per column, and rows with a cell per column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def without_empty(grid: Grid) -> Grid:
    """The grid without the columns that say nothing."""
    kept = [i for i in range(len(grid.columns)) if any(row[i].lines for row in grid.rows)]
    return Grid(
        tuple(grid.columns[i] for i in kept),
        tuple(tuple(row[i] for i in kept) for row in grid.rows),
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lines that stand as they are: whoever drew them saw to their width."""

    lines: tuple[Line, ...]


Block = Paragraph | Chain | Facts | Grid | Drawn
