"""The record of a run of checks: what was asked, what was found, and what became of each. Nothing here imports torch.

Counts are integers, memory is in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linscope.errors import LinscopeError

CHECKS_SCHEMA_VERSION = "1.0"

PASSED = "passed"
FAILED = "failed"
ERROR = "error"

OUTPUT = "output"
LAYER = "layer"
PARAMETERS = "parameters"
MACS = "macs"
MEMORY = "memory"

FAILURE_CODE = 1
"""The exit code of a run in which a check failed."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a check is written: ``file`` as one would type it here, ``line`` from 1; None where it is in no file."""

    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One expectation, and what was found.

    Args:
        kind: output, layer, parameters, macs or memory.
        expected: what was to be, in words: ``[32, 3, 2]``, ``768``, ``at most 1,500,000``.
        actual: what is, likewise; None where there is nothing to see.
        holds: None where it cannot be told, which is no pass.
        path: the layer it is about; None for the whole.
        value, least, most: what was counted, and the limits in numbers; None where it is about a shape, or is open.
        baseline: what the baseline has, where it is held against one.
        lines: where both come from: formula and substitution, the layer that shape or growth comes from.
    """

    kind: str
    expected: str
    actual: str | None
    holds: bool | None
    path: str | None = None
    value: int | None = None
    least: int | None = None
    most: int | None = None
    baseline: int | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one check with one binding.

    Args:
        name: its name, with the binding where there are several; no other check of the run has it.
        target: what was analysed, as the user wrote it.
        status: passed; failed, where something does not hold; or error, where it could not be told.
        error: why there is nothing to compare: the spec is none, the shapes do not fit, the model raised.
        message: the user's own words, for whoever meets the failure.
        tighten: a line for each figure that is less than its baseline.
        remarks: what else the reader should know of it.
        entry: what a baseline is to keep of it, where one is written; no part of the JSON form.
    """

    name: str
    target: str
    origin: Origin
    status: str
    sizes: tuple[tuple[str, int], ...] = ()
    findings: tuple[Finding, ...] = ()
    error: LinscopeError | None = None
    message: str | None = None
    tighten: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0
    entry: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def broken(self) -> tuple[Finding, ...]:
        """What does not hold, or cannot be told to."""
        return tuple(finding for finding in self.findings if not finding.holds)

    @property
    def exit_code(self) -> int:
        if self.error is not None:
            return self.error.exit_code
        return 0 if self.status == PASSED else FAILURE_CODE


@dataclass(frozen=True, slots=True)
class CheckRun:
    """All of it, in the order the checks are written.

    ``stale`` names the entries of the baseline that no check answers to, ``fresh`` the checks without an entry.
    ``started`` is when, in UTC, to the second: ``2026-01-31T12:00:00``.
    """

    results: tuple[Result, ...]
    baseline: str | None = None
    stale: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()
    written: str | None = None
    seconds: float = 0.0
    started: str = field(default="1970-01-01T00:00:00")

    def of(self, status: str) -> tuple[Result, ...]:
        """The results of that status."""
        return tuple(result for result in self.results if result.status == status)

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return self.exit_code == 0

    @property
    def exit_code(self) -> int:
        """The largest of the results': 0 all passed, 1 something failed, 2 a check is miswritten, 3 a target could
        not be loaded, or raised."""
        return max((result.exit_code for result in self.results), default=0)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, as ``linscope schema checks`` describes it."""
        from linscope.report.checks_form import run_to_dict

        return run_to_dict(self)
