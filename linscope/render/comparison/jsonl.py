"""JSON Lines: the same form on one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.json import dumps
from linscope.report.comparison_form import comparison_to_dict

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.report.comparison import Comparison


def rendered(comparison: Comparison, look: Look) -> str:
    return dumps(comparison_to_dict(comparison), ascii=look.ascii, indent=None)
