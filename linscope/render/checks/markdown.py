"""Markdown for pull requests and step summaries: the failures, with the user's own text in code spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, visible
from linscope.render.checks.blocks import IN_FULL
from linscope.render.checks.words import MARKS, achieved, counts, inert, notes, sentence, summary, title, where
from linscope.render.marked import code_span, prose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from linscope.render.look import Look
    from linscope.report.checks import CheckRun, Result

MOST_ROWS = 500
"""Rows of a table; GitHub takes no more than a mebibyte of summary."""


def closing(run: CheckRun, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    return "".join(f"{inert(clean(line))}\n" for line in _lines(run))


def _lines(run: CheckRun) -> Iterator[str]:
    yield f"### linscope: {prose(counts(run))}"
    failed = [result for result in run.results if result.exit_code]
    for result in failed[:IN_FULL]:
        yield ""
        yield from _failure(result)
    if len(failed) > IN_FULL:
        yield ""
        yield from _rows(failed[IN_FULL:], "And", lambda result: prose(_short(summary(result))))
    passed = [result for result in run.results if not result.exit_code]
    if passed and len(run.results) <= MOST_ROWS:
        yield ""
        yield from _rows(passed, "Check", lambda result: prose(achieved(result) or "; ".join(result.remarks)))
    said = notes(run)
    if said:
        yield ""
    for label, text in said:
        yield f"- {f'**{label}**: ' if label else ''}{prose(text)}"


def _failure(result: Result) -> Iterator[str]:
    place = where(result.origin)
    yield f"#### {MARKS[result.status][0]} {code_span(result.name)}{f' ({code_span(place)})' if place else ''}"
    yield ""
    if result.name != result.target and not result.name.startswith(result.target):
        yield f"- {code_span(_short(result.target))}"
    if result.error is not None:
        yield f"- **error\\[{result.error.kind}\\]**: {prose(result.error.message)}"
        yield from (f"  - {code_span(detail)}" for detail in result.error.details)
        if result.error.hint:
            yield f"  - try: {code_span(result.error.hint)}"
    for finding in result.broken:
        yield f"- **{prose(title(finding))}**: {prose(sentence(finding))}"
        yield from (f"  - {prose(line)}" for line in finding.lines)
    if result.message:
        yield f"- {prose(result.message)}"


def _rows(results: list[Result], head: str, told: Callable[[Result], str]) -> Iterator[str]:
    yield f"| | {head} | |"
    yield "| --- | --- | --- |"
    for result in results[:MOST_ROWS]:
        yield f"| {MARKS[result.status][0]} | {_cell(result.name)} | {told(result)} |"
    if len(results) > MOST_ROWS:
        yield f"| | and {len(results) - MOST_ROWS:,} more | |"


def _cell(text: str) -> str:
    return code_span(_short(text)).replace("|", "\\|")


def _short(text: str) -> str:
    return text if len(text) <= 300 else text[:299] + "…"
