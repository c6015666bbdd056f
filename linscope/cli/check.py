"""``linscope check``: shapes, parameters and costs under test, from the command line or a file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from linscope.cli.check_help import HELP
from linscope.cli.complete import complete_spec
from linscope.cli.options import target_options
from linscope.errors import UsageError
from linscope.render.checks import CHECK_FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from linscope.checking.suite import Manner
    from linscope.checks.cases import Case, Plan

_PAIRS = "linscope.check.pairs"
STANDARD_INPUT = "-"


class CheckCommand(click.Command):
    """A command that knows in which order its formats and files were given, and whose help is one screen."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        values, _, order = self.make_parser(ctx).parse_args(args=list(args))
        left = {name: list(values.get(name) or ()) for name in ("format", "output")}
        names = (parameter.name or "" for parameter in order)
        ctx.meta[_PAIRS] = [(name, left[name].pop(0)) for name in names if left.get(name)]
        return super().parse_args(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        return HELP.rstrip("\n")


class Seconds(click.FloatRange):
    """From a tenth to a day; NaN, which is neither below nor above anything, is none."""

    name = "seconds"

    def __init__(self) -> None:
        super().__init__(0.1, 86_400)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        seconds = super().convert(value, param, ctx)
        if seconds != seconds:
            self.fail(f"{value!r} is no number of seconds", param, ctx)
        return seconds


@click.command("check", cls=CheckCommand)
@click.argument("targets", nargs=-1, metavar="[SPEC|FILE]...", shell_complete=complete_spec)
@target_options
@click.option("--expect", multiple=True, help="A shape that must come out.")
@click.option("--params", help="Parameters.")
@click.option("--macs", help="Multiply-accumulates.")
@click.option("--memory", help="Bytes, at most.")
@click.option("--torch-defaults/--no-torch-defaults", default=None, help="Linear keeps PyTorch's default bias.")
@click.option("--baseline", type=click.Path(dir_okay=False), help="What the figures may not exceed.")
@click.option("--write-baseline", type=click.Path(dir_okay=False), help="Write the figures of this run.")
@click.option("--max-increase", help="The share by which a figure may.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, help="Heavy checks at a time.")
@click.option("--timeout", type=Seconds(), default=60.0, help="Seconds that a check may take.")
@click.option("--max-memory", default="4GiB", help="Memory that a check may take.")
@click.option("--format", multiple=True, type=click.Choice(CHECK_FORMATS), help="How to print it.")
@click.option("-o", "--output", multiple=True, type=click.Path(dir_okay=False), help="Where to.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--ascii", "ascii_", is_flag=True, help="Plain characters only.")
def command(targets: tuple[str, ...], **given: Any) -> int:
    from linscope.checking.suite import holding_of, run_suite, suite_of
    from linscope.checks.amounts import share
    from linscope.checks.files import shown
    from linscope.cli.check_outputs import Places, paired
    from linscope.cli.progress import Progress

    pairs = paired([*click.get_current_context().meta[_PAIRS], *([("format", "json")] if given["as_json"] else [])])
    manner = _manner(given)
    cases, plans = _asked(targets, given)
    baseline = None if given["write_baseline"] else given["baseline"] or _baseline_of(plans)
    increase = (
        share(given["max_increase"]) if given["max_increase"] else plans[0].max_increase if plans else share("0%")
    )
    holding = holding_of(baseline, increase, given["write_baseline"])
    suite = suite_of(cases, manner)
    progress = Progress(len(suite))
    places = Places(pairs, progress.clear, ascii=given["ascii_"])

    def tell(result: Any) -> None:
        places.tell(result)
        progress.count(failed=result.exit_code != 0)

    if len(suite):
        places.open(len(suite))
    whole = bool(plans) and len(cases) == sum(len(plan.cases) for plan in plans)
    run = run_suite(suite, holding, manner, tell, whole=whole, shown=shown)
    progress.clear()
    places.close(run)
    return run.exit_code


def _manner(given: dict[str, Any]) -> Manner:
    from linscope.checking.suite import Manner
    from linscope.checks.amounts import BYTES, amount

    memory = amount(given["max_memory"], BYTES)
    if not memory:
        raise UsageError(
            f"--max-memory takes an amount of memory, not {given['max_memory'][:40]!r}", hint="such as 4GiB"
        )
    return Manner(may_run_code=not given["no_exec"], jobs=given["jobs"], timeout=given["timeout"], memory=memory)


def _asked(targets: tuple[str, ...], given: dict[str, Any]) -> tuple[list[Case], list[Plan]]:
    """The checks that were asked for, and the files that some of them are from.

    Raises:
        UsageError: options for a spec where there is none; nothing to check. ConfigurationError: a file.
    """
    from linscope.checks.inline import apart

    own: list[Case] = []
    plans: list[Plan] = []
    for target in targets:
        if _is_file(target):
            plans.append(_plan(target))
        else:
            own += (_inline(spec, given) for spec in _each(target))
    if not targets:
        plans.append(_nearest())
    if not own:
        _refuse_options()
    return [*apart(own), *(case for plan in plans for case in plan.cases)], plans


def _is_file(target: str) -> bool:
    return target.endswith(".toml") or ("[" not in target and os.path.isdir(target))


def _plan(path: str) -> Plan:
    from linscope.checking.asking import plan_at
    from linscope.checks.files import OWN

    return plan_at(os.path.join(path, OWN) if os.path.isdir(path) else path)


def _nearest() -> Plan:
    from linscope.checks.files import nearest
    from linscope.checks.reading import plan_of

    file = nearest()
    if file is None:
        raise UsageError(
            "there is no linscope.toml here or above, and no spec was given",
            hint='linscope check "[32,3,4] -> Linear(4,2) -> [32,3,2]"',
        )
    plan = plan_of(file)
    if not plan.cases:
        raise UsageError(f"{file.shown} has no check: nothing would be tested", hint="write a [[check]] in it")
    return plan


def _each(target: str) -> Iterator[str]:
    """A target, or the lines of standard input in the place of ``-``.

    Raises:
        UsageError: there is none on standard input: a check of nothing must not pass.
    """
    if target != STANDARD_INPUT:
        yield target
        return
    lines = [line.strip() for line in sys.stdin or () if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise UsageError("there is no spec on standard input", hint="write one per line")
    yield from lines


_FIGURES = ("params", "macs", "memory")


def _inline(target: str, given: dict[str, Any]) -> Case:
    from linscope.checks.inline import case_of
    from linscope.cli import values
    from linscope.cli.configuration import settings

    defaults = given["torch_defaults"]
    sizes = values.sizes(given["dims"])
    return case_of(
        target,
        bindings=[sizes] if sizes else (),
        output=given["expect"],
        figures={key: given[key] for key in _FIGURES},
        options={
            "inputs": values.inputs(given["inputs"]),
            "args": values.arguments(given["args"]),
            **{key: given[key] for key in ("batch", "seq_len", "dtype")},
        },
        torch_defaults=settings().torch_defaults if defaults is None else defaults,
    )


def _refuse_options() -> None:
    """See that no option says what must hold of a spec where none is given."""
    from click.core import ParameterSource

    context = click.get_current_context()
    for parameter in context.command.params:
        name = parameter.name or ""
        about_specs = name in (
            "expect",
            "dims",
            "inputs",
            "args",
            "batch",
            "seq_len",
            "dtype",
            "torch_defaults",
            *_FIGURES,
        )
        if about_specs and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise UsageError(f"{parameter.opts[-1]} is for a spec, and none is given", hint="write it in the file")


def _baseline_of(plans: Sequence[Plan]) -> str | None:
    """The baseline of the files.

    Raises:
        UsageError: they have several.
    """
    named = {plan.baseline for plan in plans if plan.baseline is not None}
    if len(named) > 1:
        raise UsageError("the files have a baseline each", hint="check one at a time, or name one with --baseline")
    return next(iter(named), None)
