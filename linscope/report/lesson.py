"""The record of what ``linscope explain`` taught: lessons, each with what was compared. Nothing here imports torch.

Prose is in ``Lecture.language``; names of lessons, layers and options, code and numbers are the same in every one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LECTURE_SCHEMA_VERSION = "1.0"

Number = int | float | bool


@dataclass(frozen=True, slots=True)
class Chain:
    """Shapes at work: ``[32, 3, 4] @ [4, 2] = [32, 3, 2]``.

    ``marks`` are the stretches of ``text``, start and end, of the dimension that is summed over: the same number
    wherever it stands. ``note`` says what becomes of it.
    """

    text: str
    marks: tuple[tuple[int, int], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Worked:
    """Lines of numbers under a caption: one element or one row, small enough to check by hand."""

    caption: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``numeric`` says of each column whether it holds numbers."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix to be drawn: its size, and as many of its numbers, from the first on, as are shown.

    ``row_marks`` and ``column_marks`` name the rows and the columns that are shown, with an empty name for those
    without one. What has the same mark is the same thing, and is drawn in the same colour.
    """

    name: str
    size: tuple[int, ...]
    numbers: tuple[tuple[Number, ...], ...]
    row_marks: tuple[str, ...] = ()
    column_marks: tuple[str, ...] = ()
    note: str = ""


STORED = "stored"
PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Picture:
    """Matrices drawn as aligned blocks.

    ``stored``: two, the second the first turned over, rows become columns.
    ``product``: three, left @ above = result: the first stands left of the third, the second above it, so that a row
    of the one and a column of the other meet at the number that they give.
    """

    kind: str
    caption: str
    matrices: tuple[Matrix, ...]
    contracted: int


Part = Prose | Worked | Table | Picture


@dataclass(frozen=True, slots=True)
class Check:
    """A statement of a lesson, and what was compared to see whether it holds.

    Args:
        key: a stable name: ``matmul``.
        statement: what is stated, mostly as code.
        left, right: the two sides that were compared, as code or as figures.
        max_difference: the largest absolute difference; None where nothing is subtracted: a yes or no.
        tolerance: the difference up to which it holds; 0 is bit for bit, None where nothing is subtracted.
        holds: None where there were no values to compare.
        why: why exactly, or why only so closely.
    """

    key: str
    statement: str
    left: str
    right: str
    max_difference: float | None
    tolerance: float | None
    holds: bool | None
    why: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """What people get wrong: the claim, what ran to see, what came of it, and what is right instead.

    ``shown`` is what the run said, line by line: an error, or numbers. The ``checks`` of the lesson hold it.
    """

    claim: str
    ran: str
    shown: tuple[str, ...]
    instead: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson.

    Args:
        name: a stable key, as the user names it: ``transpose``.
        target: the spec that it is told on.
        layer: the layer of it, as written; empty where the lesson is about all of it.
        code: PyTorch that a reader can paste: the program that ran to check the lesson.
        prints: what that program prints, line by line.
    """

    name: str
    target: str
    layer: str
    title: str
    claim: str
    chains: tuple[Chain, ...]
    parts: tuple[Part, ...]
    code: tuple[str, ...]
    prints: tuple[str, ...]
    checks: tuple[Check, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def refuted(self) -> bool:
        """Whether something that was compared does not hold; the claim then says so, and nothing else is claimed."""
        return any(check.holds is False for check in self.checks)

    def check(self, key: str) -> Check:
        """The check of that key.

        Raises:
            StopIteration: there is none.
        """
        return next(check for check in self.checks if check.key == key)


@dataclass(frozen=True, slots=True)
class Lecture:
    """One answer of ``linscope explain``: the lessons on a spec, or one lesson."""

    target: str
    language: str
    seed: int
    lessons: tuple[Lesson, ...]
    environment: tuple[tuple[str, str | None], ...] = ()

    @property
    def refuted(self) -> tuple[Lesson, ...]:
        """The lessons that did not hold on this run."""
        return tuple(lesson for lesson in self.lessons if lesson.refuted)

    def lesson(self, name: str) -> Lesson:
        """The lesson of that name.

        Raises:
            StopIteration: it is not among them.
        """
        return next(lesson for lesson in self.lessons if lesson.name == name)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, as ``linscope schema lecture`` describes it."""
        from linscope.report.lesson_form import lecture_to_dict

        return lecture_to_dict(self)


@dataclass(frozen=True, slots=True)
class Offer:
    """A lesson of the list: its name, what it is about, and the spec that it is told on unless another is given."""

    name: str
    title: str
    example: str
