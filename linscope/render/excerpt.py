"""The line of the user's text that an error is about, a caret under the place; a window of a long one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from linscope.render.characters import cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from linscope.errors import Place


class Excerpt(NamedTuple):
    """``source`` is what to show, ``carets`` what to show beneath it."""

    source: str
    carets: str


def excerpt(place: Place, width: int, clean: Callable[[str], str]) -> Excerpt:
    """The line where ``place`` begins, at most ``width`` columns of it, the place itself among them.

    In a text of several lines the line's number stands before it.
    """
    text = place.text
    start = min(place.start, len(text))
    begin = text.rfind("\n", 0, start) + 1
    end = text.find("\n", start)
    line = text[begin : end if end >= 0 else len(text)].removesuffix("\r")
    gutter = f"{place.line} | " if "\n" in text else ""
    shown, before, marked = _window(line, start - begin, place.end - begin, width - len(gutter), clean)
    blank = " " * (len(gutter) - 2) + "| " if gutter else ""
    return Excerpt(gutter + shown, blank + " " * before + "^" * max(marked, 1))


def clipped(text: str, width: int, clean: Callable[[str], str]) -> str:
    """``text`` on one line, at most ``width`` columns of it."""
    return _window(text, 0, 0, width, clean)[0]


def _window(line: str, start: int, end: int, width: int, clean: Callable[[str], str]) -> tuple[str, int, int]:
    """What is shown of ``line``, and how many columns of that lie before and within ``start:end``."""

    def shown(part: str) -> str:
        return clean(part.replace("\t", " "))

    left, middle, right = line[:start], line[start:end], line[end:] if end > start else line[start:]
    if len(line) <= width and cells(shown(line)) <= width:
        return shown(line), cells(shown(left)), cells(shown(middle))
    more = clean("…")
    room = width - 2 * cells(more)
    middle_shown = _taken(map(shown, middle), room)
    room -= cells("".join(middle_shown))
    right_shown = _taken(map(shown, right), max(room // 3, room - len(left)))
    room -= cells("".join(right_shown))
    left_shown = _taken(map(shown, reversed(left)), room)[::-1]
    opening = more if len(left_shown) < len(left) else ""
    cut = len(middle_shown) < len(middle) or len(right_shown) < len(right)
    before, marked = opening + "".join(left_shown), "".join(middle_shown)
    return (
        before + marked + "".join(right_shown) + (more if cut else ""),
        cells(before),
        cells(marked),
    )


def _taken(parts: Iterable[str], room: int) -> list[str]:
    """The first of ``parts`` that go into ``room`` columns."""
    taken: list[str] = []
    for part in parts:
        room -= cells(part)
        if room < 0:
            break
        taken.append(part)
    return taken
