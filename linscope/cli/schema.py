"""``linscope schema``: the JSON Schema of what ``--json`` prints."""

from __future__ import annotations

import sys

import click

from linscope.cli import streams


@click.command("schema")
def command() -> None:
    """The JSON Schema (2020-12) of what --json prints, errors included."""
    from linscope.report.schema import schema_text

    streams.write(sys.stdout, schema_text())
