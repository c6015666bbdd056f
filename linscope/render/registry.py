"""The output formats by name: each a file of this folder, imported when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from linscope.errors import UsageError

if TYPE_CHECKING:
    from linscope.errors import LinscopeError
    from linscope.render.look import Look
    from linscope.report.record import Report

FORMATS = ("table", "plain", "json", "jsonl", "csv", "markdown")
DOCUMENTS = ("json", "jsonl")
"""Formats that are read by programs: an error is a document in them, too, in the place of the report."""

Renderer = Callable[["Report", "Look"], str]
ErrorRenderer = Callable[["LinscopeError", "str | None", "Look"], str]

_renderers: dict[str, Renderer] = {}
_error_renderers: dict[str, ErrorRenderer] = {}


def renderer(name: str) -> Callable[[Renderer], Renderer]:
    """Register what turns a report into the format ``name``."""

    def register(function: Renderer) -> Renderer:
        _renderers[name] = function
        return function

    return register


def error_renderer(name: str) -> Callable[[ErrorRenderer], ErrorRenderer]:
    """Register what turns an error into the document ``name``, or into ``text`` for people."""

    def register(function: ErrorRenderer) -> ErrorRenderer:
        _error_renderers[name] = function
        return function

    return register


def render(report: Report, format: str, look: Look) -> str:
    """The report as text that ends in a newline.

    Raises:
        UsageError: there is no such format.
    """
    _known(format)
    import_module(f"linscope.render.{format}")
    return _renderers[format](report, look)


def render_error(error: LinscopeError, target: str | None, format: str, look: Look) -> str:
    """The error as text that ends in a newline: JSON where JSON was asked for, else the text for people.

    Raises:
        UsageError: there is no such format.
    """
    _known(format)
    kind = format if format in DOCUMENTS else "text"
    import_module(f"linscope.render.{kind}")
    return _error_renderers[kind](error, target, look)


def _known(format: str) -> None:
    if format not in FORMATS:
        raise UsageError(f"there is no format {format!r}", hint=", ".join(FORMATS))
