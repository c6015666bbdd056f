"""A picture of the lessons: one file of vector graphics. The program is left out: nobody can paste it from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from linscope.language import speaker
from linscope.render.characters import fold
from linscope.render.lessons.style import FIGURE, colours
from linscope.render.lessons.vector import chain_figure, columns, picture_figure, safe, text
from linscope.render.lessons.words import SIGNS, groups, heading, outcome, told_on, unrepeated
from linscope.report.lesson import Picture, Prose, Table, Worked

if TYPE_CHECKING:
    from linscope.language import Say
    from linscope.render.lessons.vector import Figure
    from linscope.render.look import Look
    from linscope.report.lesson import Lecture, Lesson, Part

_MARGIN = 36
_WIDTH = 880


def rendered(lecture: Lecture, look: Look) -> str:
    """The picture; ``look`` has no say in it, since a file has neither width nor colours of a terminal."""
    say = speaker(lecture.language)
    sheet = _Sheet()
    for index, lesson in enumerate(unrepeated(lecture)):
        if index:
            sheet.rule()
        _lesson(sheet, lesson, say)
    width, height = max(_WIDTH, sheet.widest + 2 * _MARGIN), sheet.y + _MARGIN
    title = lecture.lessons[0].title if len(lecture.lessons) == 1 else lecture.target
    tag = "zh-Hans" if lecture.language == "zh" else lecture.language
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" xml:lang="{tag}">\n<title>{safe(title)}</title>\n'
        f"<style>\n{colours('svg')}\n.page {{ fill: var(--page); }}{FIGURE}</style>\n"
        f'<rect class="page" width="100%" height="100%"/>\n{sheet.text}</svg>\n'
    )


class _Place(NamedTuple):
    """Where a column of a table stands; numbers are set to its end."""

    start: float
    end: float
    numeric: bool


class _Sheet:
    """What has been set so far, line under line."""

    def __init__(self) -> None:
        self.y = float(_MARGIN)
        self.widest = 0.0
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(f"{part}\n" for part in self._parts)

    def space(self, pixels: float) -> None:
        self.y += pixels

    def rule(self) -> None:
        """A line between two lessons."""
        self.space(28)
        self._parts.append(f'<path class="rule" d="M{_MARGIN} {self.y:.1f} H{_WIDTH - _MARGIN}"/>')
        self.space(34)

    def prose(self, words: str, style: str, points: float, indent: float = 0) -> None:
        """Running text; wide characters take two columns of what narrow ones take one."""
        room = int((_WIDTH - 2 * _MARGIN - indent) / (points * 0.535))
        for line in fold(words, room):
            self.y += points * 1.5
            self._parts.append(text(_MARGIN + indent, self.y, line, f"sans {style}", points))

    def mono(self, words: str, style: str, points: float = 13.5, indent: float = 0, hang: int = 0) -> None:
        """Code and numbers, folded where they are too long."""
        room = int((_WIDTH - 2 * _MARGIN - indent) / columns("0", points))
        for line in fold(words, room, hang):
            self.y += points * 1.55
            self._parts.append(text(_MARGIN + indent, self.y, line, f"mono {style}", points))

    def cells(self, row: tuple[str, ...], places: list[_Place], style: str) -> None:
        """A line of a table."""
        self.y += 22
        for cell, place in zip(row, places, strict=True):
            x, anchor = (place.end, "end") if place.numeric else (place.start, "start")
            self._parts.append(text(_MARGIN + x, self.y, cell, f"mono {style}", 13.5, anchor))
        self.widest = max(self.widest, places[-1].end)

    def figure(self, figure: Figure) -> None:
        """A picture, as wide as it is."""
        self._parts.append(f'<g transform="translate({_MARGIN} {self.y:.1f})">{figure.body}</g>')
        self.y += figure.height
        self.widest = max(self.widest, figure.width)


def _lesson(sheet: _Sheet, lesson: Lesson, say: Say) -> None:
    sheet.prose(lesson.title, "t bold", 24)
    on = told_on(lesson, say)
    sheet.mono(f"{lesson.name} · {lesson.target}" + (f" · {on}" if on else ""), "m")
    sheet.space(8)
    sheet.prose(lesson.claim, "bad" if lesson.refuted else "t", 17)
    for chain in lesson.chains:
        sheet.space(18)
        sheet.figure(chain_figure(chain))
    for part in lesson.parts:
        sheet.space(16)
        _part(sheet, part)
    sheet.space(22)
    sheet.prose(heading(lesson, say), "t bold", 16)
    for group in groups(lesson):
        if group.why:
            sheet.space(4)
            sheet.prose(group.why, "m", 13.5)
        for check in group.checks:
            told = outcome(check, say)
            line = f"{SIGNS[check.holds]} {check.statement}" + (f"   {told}" if told else "")
            sheet.mono(line, "bad" if check.holds is False else "t", 13, 12, hang=4)
    if lesson.mistakes:
        sheet.space(22)
        sheet.prose(say("What people get wrong"), "t bold", 16)
    for mistake in lesson.mistakes:
        sheet.space(6)
        sheet.prose(f"✗ {mistake.claim}", "bad", 15)
        for line in (mistake.ran, *(f"→ {shown}" for shown in mistake.shown)):
            sheet.mono(line, "m", 13, 22, hang=2)
        sheet.prose(f"✓ {mistake.instead}", "good", 15)


def _part(sheet: _Sheet, part: Part) -> None:
    match part:
        case Prose(words):
            sheet.prose(words, "t", 15)
        case Worked(caption, lines):
            if caption:
                sheet.prose(caption, "t", 15)
            for line in lines:
                sheet.mono(line, "t", 13.5, 18, hang=line.index("= ") + 2 if "= " in line else 4)
        case Table():
            _table(sheet, part)
        case Picture():
            sheet.prose(part.caption, "t", 15)
            sheet.space(16)
            sheet.figure(picture_figure(part))


def _table(sheet: _Sheet, table: Table) -> None:
    if table.caption:
        sheet.prose(table.caption, "t", 15)
    widths = [max(columns(text_, 13.5) for text_ in column) for column in zip(table.columns, *table.rows, strict=True)]
    places, x = [], 18.0
    for width, is_number in zip(widths, table.numeric, strict=True):
        places.append(_Place(x, x + width, is_number))
        x += width + 26
    sheet.cells(table.columns, places, "m")
    for row in table.rows:
        sheet.cells(row, places, "t")
