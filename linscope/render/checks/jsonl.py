"""JSON Lines: a line for each result as soon as it is known, and one for all of them at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.checks.words import inert_json
from linscope.render.json import dumps
from linscope.report.checks_form import result_to_dict, run_line

if TYPE_CHECKING:
    from linscope.render.checks import Standing
    from linscope.render.look import Look
    from linscope.report.checks import CheckRun, Result


def told(result: Result, standing: Standing, look: Look) -> str:
    return inert_json(dumps(result_to_dict(result), ascii=look.ascii, indent=None))


def closing(run: CheckRun, look: Look) -> str:
    return inert_json(dumps(run_line(run), ascii=look.ascii, indent=None))
