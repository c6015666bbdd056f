"""The table for people: what did not pass, with all that explains it; what did, in a line each where they are few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.checks.blocks import failure, line, passed, shown_in_full
from linscope.render.checks.words import counts, inert, notes
from linscope.render.layout import lay
from linscope.render.page import BLANK, Fact, Facts, Paragraph, Span
from linscope.render.paint import paint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from linscope.render.checks import Standing
    from linscope.render.look import Look
    from linscope.render.page import Block, Line
    from linscope.report.checks import CheckRun, Result

FEW = 50
"""Checks that are listed even where they pass."""


def opening(total: int, look: Look) -> str:
    return "\n" if look.width is not None else ""  # air below the command line; a file needs none


def told(result: Result, standing: Standing, look: Look) -> str:
    if not result.exit_code:
        return _painted(passed(result), look) if standing.total <= FEW else ""
    if shown_in_full(standing):
        return _painted(failure(result, look), look)
    return _painted(line(result), look)


def closing(run: CheckRun, look: Look) -> str:
    return _painted(_end(run, timed=look.width is not None), look)


def _end(run: CheckRun, *, timed: bool) -> Iterator[Block]:
    """What is said of all; how long they took, on a terminal: a file is the same for the same."""
    if len(run.results) <= FEW or not run.ok:
        yield BLANK
    style = "title" if run.ok else "bad"
    yield Paragraph(f"{counts(run)}{f'   {run.seconds:.1f} s' if timed else ''}", style)
    said = notes(run)
    if said:
        labels = ["" if index and said[index - 1][0] == label else label for index, (label, _) in enumerate(said)]
        yield Facts(tuple(Fact(label, (Span(text),)) for label, (_, text) in zip(labels, said, strict=True)))


def _painted(blocks: Iterable[Block], look: Look) -> str:
    return paint(map(_inert, lay(blocks, look)), color=look.color)


def _inert(line: Line) -> Line:
    """A line that no CI server obeys: only what stands first in it can make it a command."""
    text = "".join(span.text for span in line)
    if inert(text) == text:
        return line
    return (Span(inert(text), next((span.style for span in line if span.style), "")),)
