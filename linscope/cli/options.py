"""Options that several commands take: what is analysed, how it runs, and how the answer is written."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from os.path import splitext
from typing import TYPE_CHECKING, Any

import click

from linscope.api import RUNS
from linscope.cli import streams, values
from linscope.cli.configuration import settings
from linscope.cli.formulas import formulas_option, run_files
from linscope.errors import OutputError, UsageError
from linscope.render.look import Look
from linscope.render.registry import DOCUMENTS, FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Decorated = Callable[..., Any]
    Decorator = Callable[[Decorated], Decorated]

SUFFIXES = {
    ".json": "json", ".jsonl": "jsonl", ".csv": "csv", ".md": "markdown", ".markdown": "markdown", ".txt": "table",
}  # fmt: skip


COUNT = click.IntRange(min=1)


def _together(*options: Decorator) -> Decorator:
    """Several options as one decorator, in the order they are to be listed in."""

    def decorated(command: Decorated) -> Decorated:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


target_options = _together(
    click.option("-d", "--dim", "dims", multiple=True, metavar="NAME=SIZE", help="Size of a named dimension: -d B=32."),
    click.option(
        "--input", "inputs", multiple=True, metavar="[NAME=]SHAPE",
        help='"[1,3,8,8]", "ids=[1,9]:int64", or JSON.',
    ),
    click.option(
        "--arg", "args", multiple=True, metavar="NAME=VALUE",
        help="An argument of the class: --arg width=64.",
    ),
    click.option("-B", "--batch", type=COUNT, metavar="N", help="Batch size, for named models."),
    click.option("-T", "--seq-len", type=COUNT, metavar="N", help="Sequence length in tokens, likewise."),
    click.option("--dtype", metavar="DTYPE", help="float32, bfloat16 ...; int8, int4 in memory."),
    click.option("--no-exec", is_flag=True, help="Run no code of yours: no py:, no --formulas."),
)  # fmt: skip
"""``dims``, ``inputs``, ``args``, ``batch``, ``seq_len``, ``dtype``, ``no_exec``: for ``analysis``."""

run_options = _together(
    click.option(
        "--run", type=click.Choice(RUNS), default="auto",
        help="On which tensors; auto: real where it fits.",
    ),
    click.option("--train/--eval", "train", default=None, help="The mode; else eval, and an instance's own."),
    click.option("--seed", type=int, default=0, metavar="N", help="Where the random numbers start; else 0."),
    click.option(
        "--torch-defaults/--no-torch-defaults", default=None,
        help="Linear keeps PyTorch's default bias.",
    ),
    formulas_option,
)  # fmt: skip
"""``run``, ``train``, ``seed``, ``torch_defaults``, ``formulas``: for ``analysis``."""

output_options = _together(
    click.option("--format", "format_", type=click.Choice(FORMATS), metavar="FORMAT", help=", ".join(FORMATS)),
    click.option("--json", "as_json", is_flag=True, help="The same as --format json."),
    click.option("-o", "--output", type=click.Path(dir_okay=False), help="Into a file; its ending names the format."),
    click.option("--ascii", "ascii_", is_flag=True, help="Plain characters only."),
)
"""``format_``, ``as_json``, ``output``, ``ascii_``: for ``output_of``."""


def analysis(
    *,
    dims: tuple[str, ...],
    inputs: tuple[str, ...],
    args: tuple[str, ...],
    batch: int | None,
    seq_len: int | None,
    dtype: str | None,
    no_exec: bool,
    run: str,
    train: bool | None,
    seed: int,
    torch_defaults: bool | None,
    formulas: tuple[str, ...],
) -> dict[str, Any]:
    """Target and run options as keyword arguments of ``linscope.analyze``; files of formulas are run.

    Raises:
        UsageError: a value that an option does not take, or two options that contradict each other.
        ConfigurationError: the project's settings cannot be read.
        ModelError: a file of formulas failed.
    """
    if not -(2**63) <= seed < 2**63:
        raise UsageError(f"{seed} is no seed", hint="a whole number of 64 bits")
    if formulas and no_exec:
        raise UsageError("--formulas runs a file, and --no-exec forbids that", hint="leave one of them out")
    options = {
        "dims": values.sizes(dims),
        "inputs": values.inputs(inputs),
        "args": values.arguments(args),
        "batch": batch,
        "seq_len": seq_len,
        "dtype": dtype,
        "may_run_code": not no_exec,
        "run": run,
        "train": train,
        "seed": seed,
        "torch_defaults": settings().torch_defaults if torch_defaults is None else torch_defaults,
    }
    run_files(formulas)
    return options


@dataclass(frozen=True, slots=True)
class Output:
    """Where an answer goes, and in which format. ``path`` is None for standard output."""

    format: str
    path: str | None
    ascii: bool

    @property
    def is_document(self) -> bool:
        """Whether programs read it from standard output: an error is a document there as well."""
        return self.path is None and self.format in DOCUMENTS

    def look(self, **wanted: Any) -> Look:
        """What the place can show; a file has no width and no colours. ``wanted`` are the other fields of ``Look``."""
        shown = Look(ascii=self.ascii) if self.path is not None else streams.look_of(sys.stdout, ascii=self.ascii)
        return replace(shown, **wanted)

    def write(self, text: str) -> None:
        """Write all of ``text``, over what the file held before.

        Raises:
            OutputError: it cannot be written.
        """
        if self.path is None:
            streams.write(sys.stdout, text)
            return
        try:
            with open(self.path, "wb") as file:
                file.write(text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written: {error.strerror or error}", hint="name a file that can be written"
            ) from error


def output_of(format_: str | None, as_json: bool, output: str | None, ascii_: bool) -> Output:
    """Output options as one thing.

    Raises:
        UsageError: two formats at once, or a file whose ending names none.
    """
    return Output(format_of(format_, as_json=as_json, output=output), output, ascii_)


def format_of(chosen: str | None, *, as_json: bool, output: str | None, suffixes: Mapping[str, str] = SUFFIXES) -> str:
    """The format that was asked for, by name or by the ending of the file.

    Args:
        suffixes: the format that goes with each ending.

    Raises:
        UsageError: two formats at once, or a file whose ending names none.
    """
    if as_json:
        if chosen not in (None, "json"):
            raise UsageError(f"--json and --format {chosen} contradict each other", hint="leave one of them out")
        return "json"
    if chosen is not None:
        return chosen
    if output is None:
        return "table"
    ending = splitext(output)[1].lower()
    if ending not in suffixes:
        raise UsageError(
            f"no format goes with the ending {ending!r} of the file", hint=f"--format, or one of {', '.join(suffixes)}"
        )
    return suffixes[ending]
