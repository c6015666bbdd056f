"""What a lesson's figures are called, and how a check is put, in the reader's language."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from linscope.report.lesson import Picture, Worked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.language import Say
    from linscope.report.lesson import Check, Lecture, Lesson, Matrix, Part

INKS = ("a", "b", "c", "d")
SIGNS = {True: "✓", False: "✗", None: "–"}


class Group(NamedTuple):
    """Checks that hold for one reason."""

    why: str
    checks: tuple[Check, ...]


def groups(lesson: Lesson) -> tuple[Group, ...]:
    """The checks of a lesson by their reason, in the order of the first of each."""
    order = list(dict.fromkeys(check.why for check in lesson.checks))
    ranked = sorted(lesson.checks, key=lambda check: order.index(check.why))
    return tuple(Group(why, tuple(checks)) for why, checks in groupby(ranked, key=lambda check: check.why))


def outcome(check: Check, say: Say) -> str:
    """``0``, ``1.19e-07``: how far apart the two sides were, and how far they may be where that is more than 0."""
    if check.holds is None:
        return say("not compared")
    if check.tolerance is None:
        return "" if check.holds else say("it is not so")
    if check.max_difference is None:
        return ""
    allowed = "" if check.tolerance == 0 else f", ≤ {check.tolerance:.2g}"
    return f"{say('difference')} {check.max_difference:.3g}{allowed}"


def told_on(lesson: Lesson, say: Say) -> str:
    """Which layer it is, where the target has others; empty where it is all there is, or where it is about all."""
    _, *steps = ("".join(step.split()) for step in lesson.target.split("->"))
    own = "".join(lesson.layer.split())
    return "" if not own or steps == [own] else say("told on {layer}", layer=lesson.layer)


def heading(lesson: Lesson, say: Say) -> str:
    """What stands above the checks."""
    if all(check.holds is None for check in lesson.checks):
        return say("Not checked: the tensors are too large to run here")
    return say("Checked on this run")


def unrepeated(lecture: Lecture) -> Iterator[Lesson]:
    """The lessons, each without the pictures and worked numbers that one before it has shown."""
    seen: set[Part] = set()
    for lesson in lecture.lessons:
        parts = tuple(part for part in lesson.parts if part not in seen)
        seen.update(part for part in parts if isinstance(part, Picture | Worked))
        yield replace(lesson, parts=parts)


def ink(mark: str) -> str:
    """The colour of a mark, by the name that every form has for it; none for a mark that has no colour."""
    return mark if mark in INKS else ""


def size(matrix: Matrix) -> str:
    """``(2, 4)``; that of a tensor that flows in brackets is said beside it."""
    return f"({', '.join(map(str, matrix.size))})"


def holding(lesson: Lesson) -> bool | None:
    """Whether all that a lesson compared holds; None where it compared nothing but whole numbers from shapes."""
    if lesson.refuted:
        return False
    return None if any(check.holds is None for check in lesson.checks) else True


def tally(lecture: Lecture, say: Say) -> str:
    """How many comparisons the lessons made, and how many of them held."""
    made = [check for lesson in lecture.lessons for check in lesson.checks if check.holds is not None]
    held, count = sum(check.holds is True for check in made), len(lecture.lessons)
    return say("{count} lessons; of {made} comparisons on this run {held} held", count=count, made=len(made), held=held)


def contents(lecture: Lecture, say: Say) -> str:
    """What a lecture of several lessons holds; empty for one lesson."""
    if len(lecture.lessons) < 2:
        return ""
    names = ", ".join(lesson.name for lesson in lecture.lessons)
    return say("{count} lessons: {names}", count=len(lecture.lessons), names=names)
