"""``linscope schema``: the JSON Schema of what ``--json`` prints."""

from __future__ import annotations

import sys

import click

from linscope.cli import streams

REPORT = "report"
COMPARISON = "comparison"
LECTURE = "lecture"
CHECKS = "checks"
CONFIGURATION = "configuration"


@click.command("schema")
@click.argument("document", type=click.Choice((REPORT, COMPARISON, LECTURE, CHECKS, CONFIGURATION)), default=REPORT)
def command(document: str) -> None:
    """The JSON Schema (2020-12) of what --json prints, errors included: of a report, a comparison, a lecture or checks;
    or of the configuration, linscope.toml, for editors to complete it."""
    if document == COMPARISON:
        from linscope.report.comparison_form import comparison_schema_text as text
    elif document == LECTURE:
        from linscope.report.lesson_form import lecture_schema_text as text
    elif document == CHECKS:
        from linscope.report.checks_form import checks_schema_text as text
    elif document == CONFIGURATION:
        from linscope.checks.schema import configuration_schema_text as text
    else:
        from linscope.report.schema import schema_text as text

    streams.write(sys.stdout, text())
