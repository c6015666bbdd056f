"""Lines to text, with colour or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from linscope.render.page import Line

# The sixteen colours of the terminal's own theme, so that dark and light ones both stay legible; no yellow,
# no white, no blue. What a colour says, a word or a sign beside it says as well.
STYLES = {
    "label": "dim",
    "zero": "dim",
    "arrow": "dim",
    "head": "dim",
    "layer": "",
    "shape": "cyan",
    "bar": "cyan",
    "title": "bold",
    "total": "bold",
    "code": "",
    "good": "green",
    "bad": "bold red",
    "warning": "magenta",
    "hint": "green",
    # a dimension that is summed over, on both sides; the outputs of a picture, each of which has its letter as well
    "meet": "bold underline",
    "a": "bold green",
    "b": "bold magenta",
    "c": "bold cyan",
    "d": "bold red",
}


def paint(lines: Iterable[Line], *, color: bool) -> str:
    """The lines as text, each ended by a newline and none by spaces; without colour there is no ESC in it."""
    if not color:
        return "".join("".join(span.text for span in line).rstrip() + "\n" for line in lines)
    ink = _ink()
    return "".join(_line(line, ink) + "\n" for line in lines)


def _line(line: Line, ink: dict[str, Callable[[str], str]]) -> str:
    spans = list(line)
    while spans and not spans[-1].text.strip():
        spans.pop()
    if spans:
        spans[-1] = spans[-1]._replace(text=spans[-1].text.rstrip())
    return "".join(ink[span.style](span.text) if span.style else span.text for span in spans)


def _ink() -> dict[str, Callable[[str], str]]:
    # Deferred: most output goes without colour, and then without rich.
    from rich.color import ColorSystem
    from rich.style import Style

    def inked(style: Style) -> Callable[[str], str]:
        return lambda text: style.render(text, color_system=ColorSystem.STANDARD)

    return {role: inked(Style.parse(definition)) for role, definition in STYLES.items()}
