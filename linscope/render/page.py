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
    """A label and its value, in pieces that stay whole, with a remark beside and further lines beneath."""

    label: str
    pieces: tuple[Span, ...]
    remark: str = ""
    more: tuple[str, ...] = ()
    style: str = "label"

    @property
    def value(self) -> str:
        return PIECE_GAP.join(piece.text for piece in self.pieces)


PIECE_GAP = "   "


@dataclass(frozen=True, slots=True)
class Facts:
    facts: tuple[Fact, ...]
    indent: int = 0


class Column(NamedTuple):
    """``numeric`` columns are set to the right; in one that ``folds``, text may take several lines."""

    title: str
    numeric: bool = False
    folds: bool = False


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


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lines that stand as they are: whoever drew them saw to their width."""

    lines: tuple[Line, ...]


Block = Paragraph | Chain | Facts | Grid | Drawn
