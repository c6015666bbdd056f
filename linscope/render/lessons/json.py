"""JSON for programs: the lecture's own form, indented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.json import dumps
from linscope.report.lesson_form import lecture_to_dict

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.report.lesson import Lecture


def rendered(lecture: Lecture, look: Look) -> str:
    return dumps(lecture_to_dict(lecture), ascii=look.ascii, indent=2)
