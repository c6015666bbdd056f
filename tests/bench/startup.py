"""How long a command takes from a cold start. Run it: ``python tests/bench/startup.py [ROUNDS]``.

Against a bare click program for what needs no torch, and against ``import torch`` for a whole analysis.
"""

from __future__ import annotations

import sys

from timing import command, in_turn, process

BARE_CLICK = """
import click

@click.group()
@click.version_option("1")
def cli(): "A program."

@cli.command()
@click.argument("name")
def hello(name): "Say hello."

cli()
"""
SPEC = "[32,3,4] -> Linear(4,2)"


def main(rounds: int) -> None:
    linscope = command("linscope")
    click = process([sys.executable, "-c", BARE_CLICK, "--help"])
    for name, arguments, code in (
        ("linscope --help", ["--help"], 0),
        ("linscope --version", ["--version"], 0),
        ("linscope analyze, a notation error", ["analyze", "[32,3,4] -> Linaer(4,2)"], 2),
        ("linscope layers Linear", ["layers", "Linear"], 0),
    ):
        ours = process([linscope, *arguments], code)
        print(in_turn(ours, click, rounds).line(f"{name}, bare click", 2))
    torch = process([sys.executable, "-c", "import torch"])
    for name, options in (
        ("linscope analyze", []),
        ("linscope analyze --json", ["--json"]),
        ("linscope analyze --explain none", ["--explain", "none"]),
    ):
        ours = process([linscope, "analyze", SPEC, *options])
        print(in_turn(ours, torch, rounds).line(f"{name}, import torch", 1.15))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
