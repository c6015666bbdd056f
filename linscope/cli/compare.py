"""``linscope compare``: two targets, or two saved reports, side by side."""

from __future__ import annotations

import sys
from typing import Any

import click
from click.core import ParameterSource

from linscope.cli import streams
from linscope.cli.complete import complete_spec
from linscope.cli.options import analysis, output_of, output_options, run_options, target_options
from linscope.cli.waiting import Waiting
from linscope.errors import MismatchError, UsageError


@click.command("compare")
@click.argument("before", shell_complete=complete_spec)
@click.argument("after", shell_complete=complete_spec)
@click.option(
    "--fail-on-increase", "limits", multiple=True, metavar="WHAT[=SHARE]",
    help="Exit with 1 where a total grew, or may have grown: any, parameters, macs, elementwise or memory; "
    "macs=2% lets it grow by so much. Repeatable.",
)  # fmt: skip
@target_options
@run_options
@output_options
def command(
    before: str,
    after: str,
    limits: tuple[str, ...],
    format_: str | None,
    as_json: bool,
    output: str | None,
    ascii_: bool,
    **given: Any,
) -> int:
    """What changed from BEFORE to AFTER in shapes, parameters, MACs and memory, per layer and in total.

    \b
    linscope compare "[32,3,4] -> Linear(4,2)" "[32,3,4] -> Linear(4,3)"
    linscope compare tv:resnet18 tv:resnet34 --json
    linscope compare before.json after.json --fail-on-increase macs=2%

    Each is a spec, the name of a model, or a report saved by linscope analyze -o report.json. The options hold for
    both; those that say how to run have no say in a saved report. A total that is not fully counted can keep no
    limit that it might exceed.
    """
    from linscope.comparison import judged, limits_of
    from linscope.render.comparison import render_comparison
    from linscope.side_by_side import compare

    place = output_of(format_, as_json, output, ascii_)
    wanted = limits_of(limits)
    options = _options(before, after, given)
    with Waiting(sys.stderr) as progress, streams.OthersAside(any(side.startswith("py:") for side in (before, after))):
        comparison = compare(before, after, progress=progress, **options)
    comparison = comparison.with_verdicts(judged(comparison, wanted))
    place.write(render_comparison(comparison, place.format, place.look()))
    failed = [verdict for verdict in comparison.verdicts if not verdict.holds]
    if failed and not place.is_document:
        from linscope.render.comparison.words import sentence

        first, *others = map(sentence, failed)
        raise MismatchError(first, details=tuple(others))
    return MismatchError.exit_code if failed else 0


def _options(before: str, after: str, given: dict[str, Any]) -> dict[str, Any]:
    """The options of the analyses; where there is none to make, one that was given is a mistake."""
    from linscope.side_by_side import saved_path

    context = click.get_current_context()
    set_by_hand = [name for name in given if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if set_by_hand and saved_path(before) is not None and saved_path(after) is not None:
        flags = {parameter.name: parameter.opts[-1] for parameter in context.command.params}
        raise UsageError(
            f"{flags[set_by_hand[0]]} says how to analyse, and both are reports already", hint="leave it out"
        )
    return analysis(**given)
