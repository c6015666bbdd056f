"""What came of checks, in words: for every format that people read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from linscope.report.checks import ERROR, FAILED, LAYER, MACS, MEMORY, OUTPUT, PARAMETERS, PASSED

if TYPE_CHECKING:
    from linscope.report.checks import CheckRun, Finding, Origin, Result

MARKS = {PASSED: ("✓", "good"), FAILED: ("✗", "bad"), ERROR: ("!", "bad")}
TITLES = {OUTPUT: "Output", PARAMETERS: "Parameters", MACS: "MACs", MEMORY: "Memory"}

_COMMAND = re.compile(r"^(\s*):(?=:)")
_OLD_COMMAND = re.compile(r"##(?=\[|vso\[)")


def inert(line: str) -> str:
    """``line`` so that no CI server takes it for a command of its own: ``::error::``, ``##[error]``.

    They look for those in whatever a step prints.
    """
    if ":" in line and _COMMAND.match(line):
        line = _COMMAND.sub(r"\1: ", line)
    return _OLD_COMMAND.sub("# #", line) if "##" in line else line


def inert_json(text: str) -> str:
    """The same for JSON, where another spelling means the same."""
    return _OLD_COMMAND.sub(r"#\\u0023", text) if "##" in text else text


def inert_xml(text: str) -> str:
    """The same for XML."""
    return _OLD_COMMAND.sub("#&#35;", text) if "##" in text else text


def where(origin: Origin) -> str:
    """``linscope.toml:4``; nothing for a check that is in no file."""
    if origin.file is None:
        return ""
    return f"{origin.file}:{origin.line}" if origin.line else origin.file


def title(finding: Finding) -> str:
    """What a finding is about: ``MACs``, ``Layer features.0``."""
    if finding.kind == LAYER:
        return f"Layer {finding.path}"
    name = TITLES[finding.kind]
    return f"{name} {finding.path}" if finding.path is not None else name


def sentence(finding: Finding) -> str:
    """``expected 768, got 960``."""
    if finding.holds is None:
        return f"expected {finding.expected}, got {finding.actual}: it cannot be told whether that holds"
    return f"expected {finding.expected}, got {finding.actual}"


def summary(result: Result) -> str:
    """What does not hold, in one line: ``MACs: expected 768, got 960``."""
    if result.error is not None:
        return f"{result.error.kind}: {result.error.message}"
    told = [f"{title(finding)}: {sentence(finding)}" for finding in result.broken]
    return "; ".join(told)


def achieved(result: Result) -> str:
    """What holds, in one line: ``[32, 3, 2], 8 parameters, 768 MACs``."""
    told = dict.fromkeys(_achieved(finding) for finding in result.findings if finding.kind != LAYER)
    layers = sum(finding.kind == LAYER for finding in result.findings)
    return ", ".join((*told, *([f"{layers:,} layer shape{'' if layers == 1 else 's'}"] if layers else ())))


def _achieved(finding: Finding) -> str:
    actual = finding.actual or ""
    actual = actual if finding.value is None else f"{finding.value:,}"
    return {PARAMETERS: f"{actual} parameters", MACS: f"{actual} MACs", MEMORY: f"{actual} bytes"}.get(
        finding.kind, actual
    )


def counts(run: CheckRun) -> str:
    """``10,000 checks: 9,900 passed, 98 failed, 2 errors``."""
    passed, failed, errors = (len(run.of(status)) for status in (PASSED, FAILED, ERROR))
    total = len(run.results)
    parts = (
        [] if not passed else ["passed" if total == 1 else "all passed" if passed == total else f"{passed:,} passed"]
    )
    parts += [f"{failed:,} failed"] if failed else []
    parts += [f"{errors:,} error{'' if errors == 1 else 's'}"] if errors else []
    return f"{total:,} check{'' if total == 1 else 's'}: {', '.join(parts)}"


MOST_NAMED = 10
"""Names of a list that are told one by one."""


def notes(run: CheckRun) -> list[tuple[str, str]]:
    """What is to be said of the baseline: a label and a line each."""
    said = []
    if run.written is not None:
        left_out = sum(result.error is not None for result in run.results)
        without = f", without {left_out:,} that could not be told" if left_out else ""
        said.append(("Baseline", f"written to {run.written}{without}"))
    if run.stale:
        said.append(("Stale", f"{_named(run.stale)} in {run.baseline}: no such check any more"))
    if run.fresh:
        said.append(("New", f"{_named(run.fresh)}: not in {run.baseline} yet"))
    shrunk = [result for result in run.results if result.tighten and not result.exit_code]
    said += [("Tighten", f"{result.name}: {', '.join(result.tighten)}") for result in shrunk[:MOST_NAMED]]
    if len(shrunk) > MOST_NAMED:
        said.append(("Tighten", f"and {len(shrunk) - MOST_NAMED:,} more"))
    if shrunk or run.stale or run.fresh:
        said.append(("", "--write-baseline takes them over"))
    return said


def _named(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
