"""``linscope analyze``: one target or several, to any format, on standard output or into a file."""

from __future__ import annotations

import sys
from os.path import splitext
from typing import TYPE_CHECKING

import click

from linscope.api import EXPLAIN, RUNS
from linscope.cli import streams
from linscope.cli.complete import complete_spec
from linscope.cli.configuration import settings
from linscope.errors import LinscopeError, OutputError, UsageError
from linscope.render.registry import FORMATS, render, render_error

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES = {
    ".json": "json", ".jsonl": "jsonl", ".csv": "csv", ".md": "markdown", ".markdown": "markdown", ".txt": "table",
}  # fmt: skip
STANDARD_INPUT = "-"


@click.command("analyze")
@click.argument("targets", nargs=-1, required=True, metavar="SPEC...", shell_complete=complete_spec)
@click.option("-d", "--dim", "dims", multiple=True, metavar="NAME=SIZE", help="Size of a named dimension: -d B=32.")
@click.option(
    "--run", type=click.Choice(RUNS), default="auto", show_default=True,
    help="Real tensors, shapes alone (meta), fake tensors, or auto: real where it fits.",
)  # fmt: skip
@click.option("--train", is_flag=True, help="Run in training mode; the default is evaluation.")
@click.option("--seed", type=int, default=0, show_default=True, help="Where the random numbers start.")
@click.option("--strict", is_flag=True, help="An operator without a count is an error (exit code 1).")
@click.option(
    "--explain", type=click.Choice(EXPLAIN), default="short", show_default=True,
    help="How much of the explanation to print.",
)  # fmt: skip
@click.option("--ops", is_flag=True, help="List the operators that ran.")
@click.option("--crosscheck/--no-crosscheck", default=True, help="Ask the formulas and thop as well.")
@click.option(
    "--torch-defaults/--no-torch-defaults", default=None,
    help="Linear keeps PyTorch's default bias (or torch-defaults in linscope.toml).",
)  # fmt: skip
@click.option("--format", "format_", type=click.Choice(FORMATS), help="How to print it.  [default: table]")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write into a file; its ending names the format.")
@click.option("--ascii", "ascii_", is_flag=True, help="Plain characters only.")
def command(
    targets: tuple[str, ...],
    dims: tuple[str, ...],
    run: str,
    train: bool,
    seed: int,
    strict: bool,
    explain: str,
    ops: bool,
    crosscheck: bool,
    torch_defaults: bool | None,
    format_: str | None,
    as_json: bool,
    output: str | None,
    ascii_: bool,
) -> int:
    """Shapes, parameters and MACs of SPEC, and where each number comes from.

    \b
    linscope analyze "[32,3,4] -> Linear(4,2)"
    linscope analyze "[B,3,4] -> Linear(4,2) -> [B,3,2]" -d B=32
    linscope analyze "[1,3,224,224] -> Conv2d(3,64,7,stride=2,padding=3)" --json

    Several SPECs, or - for one per line from standard input, need --format jsonl.
    """
    format_ = _format(format_, as_json=as_json, output=output)
    if format_ != "jsonl" and (len(targets) > 1 or STANDARD_INPUT in targets):
        reads = "- reads one spec per line" if STANDARD_INPUT in targets else "several specs are given"
        raise UsageError(f"{reads}, and each answer takes one line", hint="add --format jsonl")
    from linscope.api import analyze

    sizes = _sizes(dims)
    defaults = settings().torch_defaults if torch_defaults is None else torch_defaults
    look = streams.look_of(sys.stdout, ascii=ascii_, explain=explain, operators=ops)
    if output is not None:
        look = type(look)(None, False, ascii_, explain, ops)
    worst = 0
    pieces = []
    for target in _each(targets):
        try:
            report = analyze(
                target, run=run, train=train or None, seed=seed, strict=strict, dims=sizes,
                explain=explain, crosscheck=crosscheck, torch_defaults=defaults,
            )  # fmt: skip
            text = render(report, format_, look)
        except LinscopeError as error:
            if format_ not in ("json", "jsonl"):
                raise
            worst = max(worst, error.exit_code)
            text = render_error(error, target, format_, look)
            if output is not None and format_ == "json":
                if not as_json:
                    raise  # the ending of the file says nothing of how errors are to be read
                streams.write(sys.stdout, text)
                return worst
        if output is None:
            streams.write(sys.stdout, text)
        else:
            pieces.append(text)
    if output is not None:
        _save(output, "".join(pieces))
    return worst


def _format(chosen: str | None, *, as_json: bool, output: str | None) -> str:
    if as_json:
        if chosen not in (None, "json"):
            raise UsageError(f"--json and --format {chosen} contradict each other", hint="leave one of them out")
        return "json"
    if chosen is not None:
        return chosen
    if output is None:
        return "table"
    ending = splitext(output)[1].lower()
    if ending not in SUFFIXES:
        raise UsageError(
            f"no format goes with the ending {ending!r} of the file", hint=f"--format, or one of {', '.join(SUFFIXES)}"
        )
    return SUFFIXES[ending]


def _sizes(dims: tuple[str, ...]) -> dict[str, int]:
    """``B=32`` and its like as a mapping."""
    sizes: dict[str, int] = {}
    for given in dims:
        name, equals, value = given.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name.isidentifier() or not value.isdecimal() or len(value) > 19:
            raise UsageError(f"-d takes NAME=SIZE, not {given[:60]!r}", hint="such as -d B=32")
        if int(value) >= 2**63:
            raise UsageError(f"{value} is beyond what torch can index", hint="a size is at most 2^63 - 1")
        sizes[name] = int(value)
    return sizes


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


def _save(path: str, text: str) -> None:
    try:
        with open(path, "wb") as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}", hint="name a file that can be written"
        ) from error
