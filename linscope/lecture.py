"""A lesson and a spec to a lecture: the spec is analysed, and each lesson told on the program that it runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from linscope.api import analyze
from linscope.errors import UsageError
from linscope.explain.board import Board
from linscope.explain.examples import example_for
from linscope.explain.numbers import Numbers, numbers
from linscope.explain.registry import NAMES, entries, entry
from linscope.language import speaker
from linscope.report.lesson import Lecture

if TYPE_CHECKING:
    from linscope.explain.registry import Entry
    from linscope.language import Say
    from linscope.report.lesson import Lesson
    from linscope.report.record import LayerRow, Report

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def explain(
    lesson: Any = None,
    target: Any = None,
    *,
    x: Any = None,
    weights: Any = None,
    seed: int = 0,
    language: str = "en",
    **options: Any,
) -> Lecture:
    """Teach a lesson, or all that apply to a spec, on the numbers of a run, each statement verified as it is made.

    Args:
        lesson: the name of a lesson (``"transpose"``), or, where none is named, the target itself.
        target: what ``linscope.analyze`` takes as one; None for the lesson's own example.
        x: numbers for what goes into the layer, of its input's shape; nested lists or a tensor.
        weights: numbers for the layer's weight, as it is stored: (out, in).
        seed: where torch's random state starts.
        language: of the prose: ``en`` or ``zh``.
        options: further options of ``linscope.analyze``.

    Returns:
        A frozen ``Lecture``; ``lecture.refuted`` are the lessons that did not hold on this run.

    Raises:
        LinscopeError: as ``linscope.analyze``; ``UsageError`` for a lesson that there is not, a target that it cannot
            be told on, and numbers that do not fit.
    """
    say = speaker(language)
    own = numbers("--x", x), numbers("--weights", weights)
    named, target = _asked(lesson, target)
    if any(own) and named is not None and not named.takes_numbers:
        raise UsageError(f"{named.name} takes no numbers of yours", hint="leave --x and --weights out")
    if target is None:
        assert named is not None
        target = example_for(named, *own)
    report = analyze(target, seed=seed, **{"crosscheck": False, **options, "explain": "none"})
    if any(0 in given.shape for given in report.inputs):
        raise UsageError(
            f"nothing goes into {report.target[:200]}: a lesson works its numbers out", hint="no dimension of size 0"
        )
    told = _chosen(named, report, given=any(own))
    return Lecture(
        target=report.target,
        language=language,
        seed=seed,
        lessons=tuple(_told(each, row, report, say, seed, *own) for each, row in told),
        environment=report.environment,
    )


def _asked(lesson: Any, target: Any) -> tuple[Entry | None, Any]:
    """The lesson that is named, and the target that is."""
    if lesson is None and target is None:
        raise UsageError(
            "nothing is named that could be explained",
            hint='linscope explain "[32,3,4] -> Linear(4,2)", or linscope explain --list',
        )
    if lesson is None:
        return None, target
    if target is None and not (isinstance(lesson, str) and _NAME.fullmatch(lesson.strip())):
        return None, lesson
    if target in NAMES and lesson in NAMES:
        raise UsageError("one lesson is told at a time", hint=f"linscope explain {lesson}, then {target}")
    if target in NAMES:
        raise UsageError("the lesson comes first", hint=f'linscope explain {target} "{str(lesson)[:200]}"')
    return entry(str(lesson).strip()), target


def _chosen(named: Entry | None, report: Report, *, given: bool) -> list[tuple[Entry, LayerRow]]:
    """The lessons to tell, each with the layer that it is told on."""
    if named is not None:
        row = named.on(report)
        if row is None:
            raise UsageError(
                f"{named.name} is about {named.about}, and there is none in {report.target[:200]}",
                hint=f'linscope explain {named.name} "{named.example}"',
            )
        return [(named, row)]
    found = [(each, row) for each in entries() if (row := each.offered(report)) is not None] or _counted(report)
    if not found:
        raise UsageError(
            f"there is no lesson on {report.target[:200]}", hint="see `linscope explain --list` for what there are"
        )
    if given and not any(each.takes_numbers for each, _ in found):
        raise UsageError(
            "--x and --weights are for a linear layer, and there is none", hint="leave --x and --weights out"
        )
    return found


def _counted(report: Report) -> list[tuple[Entry, LayerRow]]:
    """Where no lesson is about its kind of layer, the one that is about any."""
    costs = entry("costs")
    row = costs.on(report)
    return [] if row is None else [(costs, row)]


def _told(
    each: Entry, row: LayerRow, report: Report, say: Say, seed: int, x: Numbers | None, weights: Numbers | None
) -> Lesson:
    from linscope.engine.laboratory import laboratory

    own = (x, weights) if each.takes_numbers else (None, None)
    with laboratory(seed) as lab:
        return each.teach(Board(each, report, row, lab, say, analyze, seed, *own))
