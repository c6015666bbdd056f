"""The lessons for people, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.layout import lay
from linscope.render.lessons.blocks import page
from linscope.render.page import BLANK
from linscope.render.paint import paint

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.report.lesson import Lecture


def rendered(lecture: Lecture, look: Look) -> str:
    """Aligned text, as wide as the terminal; where it is narrow, pictures have fewer digits, and the rest folds."""
    air = (BLANK,) if look.width is not None else ()  # air below the command line; a file needs none
    return paint(lay((*air, *page(lecture, look)), look), color=look.color)
