"""JSON for programs: the report's own form, indented."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from linscope.render.registry import error_renderer, renderer
from linscope.report.serialize import error_to_dict, report_to_dict

if TYPE_CHECKING:
    from linscope.errors import LinscopeError
    from linscope.render.look import Look
    from linscope.report.record import Report

# Inside strings JSON lets these stand as they are; a terminal obeys some of them, some readers of lines end a
# line at others, and a lone surrogate cannot be written at all.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def dumps(document: dict[str, Any], *, ascii: bool, indent: int | None) -> str:
    """``document`` as JSON text that any stream can carry; on one line where ``indent`` is None."""
    text = json.dumps(document, indent=indent, ensure_ascii=ascii, allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


@renderer("json")
def report_json(report: Report, look: Look) -> str:
    return dumps(report_to_dict(report), ascii=look.ascii, indent=2)


@error_renderer("json")
def error_json(error: LinscopeError, target: str | None, look: Look) -> str:
    return dumps(error_to_dict(error, target), ascii=look.ascii, indent=2)
