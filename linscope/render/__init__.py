"""From a report, or an error, to text: one file per output format, one registry. Nothing here prints."""

from linscope.render.look import Look
from linscope.render.registry import FORMATS, render, render_error

__all__ = ["FORMATS", "Look", "render", "render_error"]
