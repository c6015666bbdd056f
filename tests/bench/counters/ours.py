"""linscope, asked as its README says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.counters.registry import Said, counter

import linscope

if TYPE_CHECKING:
    from bench.cases import Case


@counter("linscope", "linscope")
def count(case: Case) -> Said:
    report = linscope.analyze(*case.asked())
    return Said(report.totals.macs, report.totals.parameters.total, warned=not report.complete)
