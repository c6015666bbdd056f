"""From checks to text: one file per format, imported when first asked for. Nothing here prints.

A format's file has any of three functions, each giving text: ``opening(total, look)`` before the first result,
``told(result, place, look)`` as soon as each is known, and ``closing(run, look)`` when all are.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from linscope.errors import UsageError

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.report.checks import CheckRun, Result

CHECK_FORMATS = ("table", "plain", "json", "jsonl", "markdown", "junit", "github", "gitlab")
CHECK_DOCUMENTS = ("json", "jsonl", "junit", "gitlab")
"""Formats that are read by programs, and must be whole."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a result stands: of how many, and how many before it did not pass."""

    total: int
    failed_before: int = 0


@dataclass(frozen=True, slots=True)
class Renderer:
    """One format, bound to how the reader wants it.

    Raises:
        UsageError: there is no such format.
    """

    format: str
    look: Look

    def __post_init__(self) -> None:
        if self.format not in CHECK_FORMATS:
            raise UsageError(f"there is no format {self.format!r}", hint=", ".join(CHECK_FORMATS))

    def opening(self, total: int) -> str:
        return self._part("opening", total)

    def told(self, result: Result, standing: Standing) -> str:
        return self._part("told", result, standing)

    def closing(self, run: CheckRun) -> str:
        return self._part("closing", run)

    def whole(self, run: CheckRun) -> str:
        """All of a run that is over, as it would have come out bit by bit."""
        pieces = [self.opening(len(run.results))]
        failed = 0
        for result in run.results:
            pieces.append(self.told(result, Standing(len(run.results), failed)))
            failed += result.exit_code != 0
        return "".join((*pieces, self.closing(run)))

    def _part(self, name: str, *arguments: Any) -> str:
        part = getattr(import_module(f"linscope.render.checks.{self.format}"), name, None)
        text: str = part(*arguments, self.look) if part is not None else ""
        return text
