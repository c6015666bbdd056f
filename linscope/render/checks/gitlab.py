"""GitLab's code quality report: an array of issues, each with a place and a fingerprint that stays the same."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, visible
from linscope.render.checks.words import inert_json, summary
from linscope.report.checks import ERROR

if TYPE_CHECKING:
    from typing import Any

    from linscope.render.look import Look
    from linscope.report.checks import CheckRun, Result

NO_FILE = "linscope check"
"""The place of a check that is in no file: GitLab shows no issue without one."""


def closing(run: CheckRun, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    issues: list[dict[str, Any]] = []
    for result in run.results:
        if result.exit_code:
            issues.append({**_issue(result), "description": clean(f"{result.name}: {summary(result)}")})
    return inert_json(json.dumps(issues, indent=2, ensure_ascii=True)) + "\n"


def _issue(result: Result) -> dict[str, Any]:
    kinds = [result.error.kind] if result.error is not None else [finding.kind for finding in result.broken]
    # Of what fails, not of what was found: the same failure is the same issue, whatever it comes to this time.
    what = "\0".join((result.origin.file or "", result.name, *kinds))
    return {
        "check_name": f"linscope/{kinds[0] if kinds else 'check'}",
        "severity": "critical" if result.status == ERROR else "major",
        "fingerprint": hashlib.sha256(what.encode("utf-8", "backslashreplace")).hexdigest(),
        "location": {"path": visible(result.origin.file or NO_FILE), "lines": {"begin": result.origin.line or 1}},
    }
