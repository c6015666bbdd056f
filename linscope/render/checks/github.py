"""Annotations on a pull request: GitHub's workflow commands, each on a line, with nothing of the user's left to obey.

GitHub shows ten errors, ten warnings and ten notices of a step; where there are more, the tenth says how many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, visible
from linscope.render.checks.words import counts, inert, notes, sentence, title
from linscope.report.checks import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from linscope.render.look import Look
    from linscope.report.checks import CheckRun, Result

LIMIT = 10
"""Annotations of one kind that GitHub shows of one step."""

LONGEST = 4_000
"""Characters of a message; GitHub cuts what is longer than 64 KiB."""

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def closing(run: CheckRun, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    lines = (*_errors(run, clean), *_notes(run, clean), inert(clean(counts(run))))
    return "".join(f"{line}\n" for line in lines)


def _errors(run: CheckRun, clean: Callable[[str], str]) -> Iterator[str]:
    failed = [result for result in run.results if result.exit_code]
    shown = failed if len(failed) <= LIMIT else failed[: LIMIT - 1]
    for result in shown:
        yield _command("error", result.origin, result.name, _told(result), clean)
    if len(failed) > len(shown):
        left = len(failed) - len(shown)
        yield _command(
            "error", Origin(), "linscope check", [f"{left:,} more checks did not pass: see the summary"], clean
        )


def _notes(run: CheckRun, clean: Callable[[str], str]) -> Iterator[str]:
    for kind, labels in (("warning", ("Stale",)), ("notice", ("New", "Tighten"))):
        lines = [f"{label}: {text}" for label, text in notes(run) if label in labels]
        if lines:
            yield _command(kind, Origin(run.baseline), "linscope check", lines, clean)


def _told(result: Result) -> list[str]:
    """What the message of a failure says, a line each."""
    lines = [] if result.name.startswith(result.target) else [result.target]
    if result.error is not None:
        lines += [f"{result.error.kind}: {result.error.message}", *result.error.details]
        lines += [f"try: {result.error.hint}"] if result.error.hint else []
    for finding in result.broken:
        lines += [f"{title(finding)}: {sentence(finding)}", *(f"  {line}" for line in finding.lines)]
    return [*lines, *([result.message] if result.message else ())]


def _command(kind: str, origin: Origin, name: str, lines: list[str], clean: Callable[[str], str]) -> str:
    """``::error file=linscope.toml,line=4,title=head::MACs: expected 768, got 960``."""
    properties = {"file": origin.file, "line": origin.line, "title": name[:200]}
    written = ",".join(
        f"{key}={clean(str(value)).translate(_PROPERTY)}" for key, value in properties.items() if value is not None
    )
    text = "\n".join(clean(line) for line in lines)[:LONGEST].translate(_DATA)
    return "::" + inert(f"{kind} {written}::{text}")
