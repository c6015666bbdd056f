"""``linscope analyze``: one target or several, to any format, on standard output or into a file."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from linscope.api import EXPLAIN
from linscope.cli import streams
from linscope.cli.complete import complete_spec
from linscope.cli.options import analysis, output_of, output_options, run_options, target_options
from linscope.cli.overview import overview_options, ranking_of
from linscope.cli.waiting import Waiting
from linscope.errors import LinscopeError, UsageError
from linscope.render.look import NONE, SHORT
from linscope.render.registry import DOCUMENTS, render, render_error
from linscope.sources.registry import split

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD_INPUT = "-"


@click.command("analyze")
@click.argument("targets", nargs=-1, required=True, metavar="SPEC...", shell_complete=complete_spec)
@target_options
@run_options
@click.option("--strict", is_flag=True, help="An operator without a count is an error.")
@click.option("--crosscheck/--no-crosscheck", default=True, help="Ask the formulas and thop as well.")
@click.option("--explain", type=click.Choice(EXPLAIN), help="Else short for specs, and none for models by name.")
@click.option("--ops", is_flag=True, help="List the operators that ran.")
@overview_options
@output_options
def command(
    targets: tuple[str, ...],
    strict: bool,
    explain: str | None,
    ops: bool,
    crosscheck: bool,
    depth: int | None,
    top: int | None,
    by: str | None,
    format_: str | None,
    as_json: bool,
    output: str | None,
    ascii_: bool,
    **given: Any,
) -> int:
    """Shapes, parameters and MACs of SPEC, and where each number comes from.

    \b
    linscope analyze "[32,3,4] -> Linear(4,2)"
    linscope analyze "[B,3,4] -> Linear(4,2) -> [B,3,2]" -d B=32 --json
    linscope analyze py:net.py:Net --input "[1,1,28,28]" --top 5
    linscope analyze hf:config.json -T 4096 --dtype int4 --depth 2

    Several SPECs, or - for one a line from standard input: --format jsonl.
    """
    place = output_of(format_, as_json, output, ascii_)
    if place.format != "jsonl" and (len(targets) > 1 or STANDARD_INPUT in targets):
        reads = "- reads one spec per line" if STANDARD_INPUT in targets else "several specs are given"
        raise UsageError(f"{reads}, and each answer takes one line", hint="add --format jsonl")
    from linscope.api import analyze

    options = analysis(**given)
    look = place.look(operators=ops, depth=depth, ranking=ranking_of(depth, top, by))
    worst = 0
    pieces = []
    for target in _each(targets):
        try:
            named = split(target)
            how = explain or (NONE if named is not None else SHORT)
            with Waiting(sys.stderr) as progress, streams.OthersAside(named is not None and named[0].runs_code):
                report = analyze(
                    target, strict=strict, explain=how, crosscheck=crosscheck, progress=progress, **options
                )
            text = render(report, place.format, replace(look, explain=how))
        except LinscopeError as error:
            if place.format not in DOCUMENTS:
                raise
            worst = max(worst, error.exit_code)
            text = render_error(error, target, place.format, look)
            if output is not None and place.format == "json":
                if not as_json:
                    raise  # the ending of the file says nothing of how errors are to be read
                streams.write(sys.stdout, text)
                return worst
        if output is None:
            streams.write(sys.stdout, text)
        else:
            pieces.append(text)
    if output is not None:
        place.write("".join(pieces))
    return worst


def _each(targets: tuple[str, ...]) -> Iterator[str]:
    """The targets in order, the lines of standard input in the place of ``-``; empty lines are skipped.

    Raises:
        UsageError: standard input is closed, or holds no spec: a check of nothing must not pass.
    """
    for target in targets:
        if target != STANDARD_INPUT:
            yield target
            continue
        lines = 0
        for line in sys.stdin or ():
            if line.strip():
                lines += 1
                yield line.strip()
        if not lines:
            raise UsageError("there is no spec on standard input", hint="write one per line")
