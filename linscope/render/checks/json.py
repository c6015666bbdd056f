"""JSON for programs: the run's own form, indented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.checks.words import inert_json
from linscope.render.json import dumps
from linscope.report.checks_form import run_to_dict

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.report.checks import CheckRun


def closing(run: CheckRun, look: Look) -> str:
    return inert_json(dumps(run_to_dict(run), ascii=look.ascii, indent=2))
