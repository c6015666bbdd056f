"""JSON Lines: the same form on one line, for several targets one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.json import dumps
from linscope.render.registry import error_renderer, renderer
from linscope.report.serialize import error_to_dict, report_to_dict

if TYPE_CHECKING:
    from linscope.errors import LinscopeError
    from linscope.render.look import Look
    from linscope.report.record import Report


@renderer("jsonl")
def report_line(report: Report, look: Look) -> str:
    return dumps(report_to_dict(report), ascii=look.ascii, indent=None)


@error_renderer("jsonl")
def error_line(error: LinscopeError, target: str | None, look: Look) -> str:
    return dumps(error_to_dict(error, target), ascii=look.ascii, indent=None)
