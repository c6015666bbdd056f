"""The command ``linscope``: its commands by name, loaded when asked for, and errors made exit codes."""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from linscope.cli import streams
from linscope.cli.version import version_text
from linscope.errors import InternalError, LinscopeError, OutputError, SizeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "analyze": "Shapes, parameters and MACs of a spec, and where each number comes from.",
    "explain": "The lessons behind the numbers, on your own shapes, each statement verified as it is made.",
    "compare": "What changed from one model to another, per layer and in total.",
    "check": "Shapes, parameters and costs under test, from the command line or linscope.toml.",
    "layers": "The layers that the notation knows, or all about one.",
    "schema": "The JSON Schema of what --json prints.",
    "completion": "A script that completes commands, options and layer names in your shell.",
}
INTERRUPTED = 130


class Commands(click.Group):
    """A group whose commands live in a file each, imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"linscope.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise _no_such_command(name)
        return super().resolve_command(ctx, args)


def _no_such_command(name: str) -> UsageError:
    if "[" in name or "->" in name:
        return UsageError("a spec needs a command in front", hint=f'linscope analyze "{name[:200]}"')
    from linscope.notation.suggest import closest

    nearest = closest(name, tuple(COMMANDS))
    hint = f"did you mean {nearest[0]}?" if nearest else f"one of {', '.join(COMMANDS)}"
    return UsageError(f"there is no command {name[:60]!r}", hint=hint)


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        streams.write(sys.stdout, version_text())
        ctx.exit()


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the versions of linscope, Python, torch and thop.",
)
def cli() -> None:
    """Exact shapes, parameters and MACs of PyTorch layers, and where each number comes from.

    \b
    linscope analyze "[32,3,4] -> Linear(4,2)"

    Exit codes: 0 all well; 1 a check failed or a shape does not fit; 2 usage or notation; 3 your model failed;
    4 a bug in linscope; 130 interrupted.
    """


def run(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code; nothing gets past as a traceback."""
    try:
        code = outcome([_decoded(argument) for argument in (sys.argv[1:] if argv is None else argv)])
    except KeyboardInterrupt:
        code = _interrupted()
    _leave(code)


def _decoded(argument: str) -> str:
    """An argument as it was typed, where the locale could not read its UTF-8."""
    if argument.isascii():
        return argument
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeError:
        return argument


def outcome(arguments: list[str]) -> int:
    """Run one command and return its exit code, its errors shown where they belong."""
    if not os.environ.get("LINSCOPE_DEBUG"):
        warnings.simplefilter("ignore")  # torch's remarks on its own kernels, with paths into its source
    try:
        result: Any = cli.main(args=arguments, prog_name="linscope", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        return _interrupted()
    except SystemExit as leaving:  # click leaves so when the pipe it writes its help to has closed
        return leaving.code if isinstance(leaving.code, int) else 1
    except LinscopeError as error:
        return _reported(error, arguments)
    except click.exceptions.NoArgsIsHelpError as error:
        streams.write(sys.stderr, error.format_message() + "\n")
        return error.exit_code
    except click.ClickException as error:
        return _reported(_from_click(error), arguments)
    except MemoryError:
        return _reported(SizeError("the machine has not enough memory for this"), arguments)
    except Exception as error:
        if os.environ.get("LINSCOPE_DEBUG"):
            raise
        return _reported(_bug(error), arguments)
    return result if isinstance(result, int) else 0


def _interrupted() -> int:
    streams.write(sys.stderr, "interrupted\n")
    return INTERRUPTED


def _leave(code: int) -> NoReturn:
    """Exit at once: taking torch down piece by piece costs a tenth of a second and gives nobody anything."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except BrokenPipeError:
            streams.abandon(stream)
        except (OSError, ValueError):
            code = code or 1
    if "torch" in sys.modules:
        os._exit(code)
    sys.exit(code)


def _reported(error: LinscopeError, arguments: list[str]) -> int:
    """Show the error where it belongs: a document on stdout where one was asked for, else text on stderr."""
    from linscope.render.registry import render_error

    format = _document_asked_for(arguments)
    try:
        if format is not None and not isinstance(error, OutputError):
            streams.write(sys.stdout, render_error(error, None, format, streams.look_of(sys.stdout)))
        else:
            look = streams.look_of(sys.stderr, ascii="--ascii" in arguments)
            streams.write(sys.stderr, streams.harmless(render_error(error, None, "plain", look)))
    except OutputError:
        return OutputError.exit_code  # there is nowhere left to say so
    return error.exit_code


def _document_asked_for(arguments: list[str]) -> str | None:
    """Whether JSON was asked for, read off the bare arguments: the command line itself may be what is wrong."""
    given = arguments[: arguments.index("--")] if "--" in arguments else arguments
    found = "json" if "--json" in given else None
    for index, argument in enumerate(given):
        value = argument.partition("=")[2] if argument.startswith("--format=") else None
        if argument in ("--format", "-f") and index + 1 < len(given):
            value = given[index + 1]
        if value in ("json", "jsonl"):
            found = value
    return found


def _from_click(error: click.ClickException) -> UsageError:
    hint = None
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        hint = f"did you mean {error.possibilities[0]}?"
    elif isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"see `{error.ctx.command_path} --help`"
    message = error.format_message().strip().rstrip(".")
    message = message.partition(" Did you mean")[0].partition(" (Did you mean")[0].rstrip(".?")
    return UsageError(message[:1].lower() + message[1:] if message else "wrong usage", hint=hint)


def _bug(error: Exception) -> InternalError:
    words = str(error).strip().partition("\n")[0][:300]
    return InternalError(
        f"a bug in linscope: {type(error).__name__}: {words}",
        details=(version_text().replace("\n", ", ").strip(", "),),
        hint="run it again with LINSCOPE_DEBUG=1 and report what it prints, with the command",
    )
