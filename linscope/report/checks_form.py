"""From a run of checks to its JSON form, and the published schema of that form (``checks.schema.json``)."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from linscope.report.checks import CHECKS_SCHEMA_VERSION, ERROR, FAILED, PASSED

if TYPE_CHECKING:
    from linscope.report.checks import CheckRun, Finding, Result


def run_to_dict(run: CheckRun) -> dict[str, Any]:
    """The JSON form of a run, ready for ``json.dumps(..., allow_nan=False)``."""
    return {**_envelope(), "results": [result_to_dict(result) for result in run.results], **summary_to_dict(run)}


def summary_to_dict(run: CheckRun) -> dict[str, Any]:
    """What is said of all checks together."""
    return {
        "summary": {
            "checks": len(run.results),
            PASSED: len(run.of(PASSED)),
            FAILED: len(run.of(FAILED)),
            "errors": len(run.of(ERROR)),
            "exit_code": run.exit_code,
            "seconds": round(run.seconds, 3),
            "started": run.started,
        },
        "baseline": {
            "file": run.baseline,
            "written": run.written,
            "stale": list(run.stale),
            "fresh": list(run.fresh),
        },
    }


def run_line(run: CheckRun) -> dict[str, Any]:
    """The last of the lines of a run, after those of its results."""
    return {**_envelope(), **summary_to_dict(run)}


def result_to_dict(result: Result) -> dict[str, Any]:
    """One check."""
    return {
        "name": result.name,
        "target": result.target,
        "file": result.origin.file,
        "line": result.origin.line,
        "status": result.status,
        "sizes": dict(result.sizes),
        "findings": [_finding(finding) for finding in result.findings],
        "error": None if result.error is None else result.error.to_dict(),
        "message": result.message,
        "tighten": list(result.tighten),
        "remarks": list(result.remarks),
        "seconds": round(result.seconds, 6),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "path": finding.path,
        "expected": finding.expected,
        "actual": finding.actual,
        "holds": finding.holds,
        "value": finding.value,
        "min": finding.least,
        "max": finding.most,
        "baseline": finding.baseline,
        "lines": list(finding.lines),
    }


def _envelope() -> dict[str, Any]:
    # Deferred: the package's front page imports from here.
    from linscope import __version__

    return {"schema_version": CHECKS_SCHEMA_VERSION, "tool": {"name": "linscope", "version": __version__}}


def checks_schema_text() -> str:
    """The schema as it is shipped: JSON text, JSON Schema draft 2020-12."""
    return files("linscope.report").joinpath("checks.schema.json").read_text(encoding="utf-8")


def checks_schema() -> dict[str, Any]:
    """The schema as data, a new dict at each call."""
    import json

    loaded: dict[str, Any] = json.loads(checks_schema_text())
    return loaded
