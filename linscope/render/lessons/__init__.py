"""From a lecture to text: one file per output format, imported when first asked for. Nothing here prints."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from linscope.errors import UsageError

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.report.lesson import Lecture

LECTURE_FORMATS = ("table", "plain", "json", "jsonl", "markdown", "html", "svg")


def render_lecture(lecture: Lecture, format: str, look: Look) -> str:
    """The lecture as text that ends in a newline, by ``rendered(lecture, look)`` of the format's own file.

    Raises:
        UsageError: there is no such format.
    """
    if format not in LECTURE_FORMATS:
        raise UsageError(f"there is no format {format!r}", hint=", ".join(LECTURE_FORMATS))
    text: str = import_module(f"linscope.render.lessons.{format}").rendered(lecture, look)
    return text
