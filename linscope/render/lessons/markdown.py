"""Markdown for notes and courses: the lessons with their pictures as text, in GitHub's dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.language import speaker
from linscope.render.characters import ascii_only, visible
from linscope.render.lessons.blocks import grid_of
from linscope.render.lessons.drawing import drawn
from linscope.render.lessons.words import SIGNS, contents, groups, heading, outcome, told_on, unrepeated
from linscope.render.marked import code_span, grid_lines, longest_ticks, prose
from linscope.report.lesson import Picture, Prose, Table, Worked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from linscope.language import Say
    from linscope.render.look import Look
    from linscope.report.lesson import Chain, Lecture, Lesson, Part


def rendered(lecture: Lecture, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    return "".join(f"{clean(line)}\n" for line in _lines(lecture, clean))


def _lines(lecture: Lecture, clean: Callable[[str], str]) -> Iterator[str]:
    say = speaker(lecture.language)
    listed = contents(lecture, say)
    if listed:
        yield from (f"## {code_span(lecture.target)}", "", prose(listed), "")
    for index, lesson in enumerate(unrepeated(lecture)):
        if index:
            yield ""
        yield from _lesson(lesson, say, clean)


def _lesson(lesson: Lesson, say: Say, clean: Callable[[str], str]) -> Iterator[str]:
    on = told_on(lesson, say)
    where = f"{code_span(lesson.name)}: {code_span(lesson.target)}" + (f", {prose(on)}" if on else "")
    yield from (f"### {prose(lesson.title)}", "", where, "")
    yield f"**{prose(lesson.claim)}**"
    for chain in lesson.chains:
        yield from ("", *_fenced("text", _chain(chain)))
    for part in lesson.parts:
        yield from ("", *_part(part, clean))
    if lesson.code:
        yield from ("", f"#### {prose(say('The program that ran: paste it, and it prints the same'))}", "")
        yield from _fenced("python", lesson.code)
        yield from ("", *_fenced("text", lesson.prints))
    yield from ("", f"#### {prose(heading(lesson, say))}")
    for group in groups(lesson):
        yield from ("", f"*{prose(group.why)}*" if group.why else "", "")
        for check in group.checks:
            told = outcome(check, say)
            yield f"- {SIGNS[check.holds]} {code_span(check.statement)}" + (f": {prose(told)}" if told else "")
    if lesson.mistakes:
        yield from ("", f"#### {prose(say('What people get wrong'))}")
    for mistake in lesson.mistakes:
        yield from ("", f"✗ {prose(mistake.claim)}", "")
        yield from _fenced("text", (mistake.ran, *(f"→ {line}" for line in mistake.shown)))
        yield from ("", f"✓ {prose(mistake.instead)}")


def _chain(chain: Chain) -> tuple[str, ...]:
    """The shapes, and beneath them marks under what is summed over."""
    marks, end = "", 0
    for start, stop in chain.marks:
        marks += " " * (start - end) + "^" * (stop - start)
        end = stop
    under = f"{marks}  {chain.note}".rstrip() if marks else chain.note
    return (chain.text, under) if under else (chain.text,)


def _part(part: Part, clean: Callable[[str], str]) -> Iterator[str]:
    match part:
        case Prose(text):
            yield prose(text)
        case Worked(caption, lines):
            if caption:
                yield from (prose(caption), "")
            yield from _fenced("text", lines)
        case Table():
            if part.caption:
                yield from (prose(part.caption), "")
            yield from grid_lines(grid_of(part))
        case Picture():
            yield from (prose(part.caption), "")
            texts = ("".join(span.text for span in line).rstrip() for line in drawn(part, None, clean))
            yield from _fenced("text", tuple(texts))


def _fenced(language: str, lines: tuple[str, ...]) -> Iterator[str]:
    fence = "`" * max(3, 1 + max(map(longest_ticks, lines), default=0))
    yield f"{fence}{language}"
    yield from lines
    yield fence
