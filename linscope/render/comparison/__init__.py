"""From a comparison to text: one file per output format, imported when first asked for. Nothing here prints."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from linscope.errors import UsageError
from linscope.render.registry import FORMATS

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.report.comparison import Comparison


def render_comparison(comparison: Comparison, format: str, look: Look) -> str:
    """The comparison as text that ends in a newline, by ``rendered(comparison, look)`` of the format's own file.

    Raises:
        UsageError: there is no such format.
    """
    if format not in FORMATS:
        raise UsageError(f"there is no format {format!r}", hint=", ".join(FORMATS))
    text: str = import_module(f"linscope.render.comparison.{format}").rendered(comparison, look)
    return text
