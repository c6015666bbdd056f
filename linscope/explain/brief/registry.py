"""The lessons by name. Each is a file of this folder, imported when lessons are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from linscope.errors import UsageError

if TYPE_CHECKING:
    from linscope.report.evidence import LinearEvidence
    from linscope.report.record import Explanation, Report

NONE = "none"
SHORT = "short"
FULL = "full"
LEVELS = (NONE, SHORT, FULL)

LESSONS = ("transpose", "parameter-vs-linear", "last-dimension", "shared-weights", "bias")
"""Every lesson, as the user names it; its file has underscores for hyphens."""

Teacher = Callable[["Report", "LinearEvidence", str], "Explanation | None"]
"""From the report, the evidence of one linear layer and the level to the lesson, if it has one."""


class Lesson(NamedTuple):
    order: int
    name: str
    teach: Teacher


_lessons: dict[str, Lesson] = {}


def lesson(name: str, *, order: int) -> Callable[[Teacher], Teacher]:
    """Register what teaches the lesson ``name``; lessons are told by rising ``order``."""

    def register(teach: Teacher) -> Teacher:
        _lessons[name] = Lesson(order, name, teach)
        return teach

    return register


def explain(report: Report, level: str) -> tuple[Explanation, ...]:
    """The lessons that the report's first linear layer has in it; none where it has no such layer.

    Args:
        level: ``none``, ``short`` (one screen) or ``full`` (every comparison, and code to paste).

    Raises:
        UsageError: there is no such level.
    """
    if level not in LEVELS:
        raise UsageError(f"there is no level of explanation {level!r}", hint=", ".join(LEVELS))
    if level == NONE or not report.evidence:
        return ()
    told = (entry.teach(report, report.evidence[0], level) for entry in _all())
    return tuple(explanation for explanation in told if explanation is not None)


def _all() -> list[Lesson]:
    for name in LESSONS:
        import_module(f"linscope.explain.brief.{name.replace('-', '_')}")
    return sorted(_lessons.values())
