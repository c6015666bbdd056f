"""Plain lines for grep: the JSON form, a ``key: value`` line for each of its leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, visible
from linscope.render.leaves import leaves
from linscope.report.lesson_form import lecture_to_dict

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.report.lesson import Lecture


def rendered(lecture: Lecture, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    return "".join(f"{line}\n" for line in leaves("", lecture_to_dict(lecture), clean))
