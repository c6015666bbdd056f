"""``linscope completion``: the script that a shell reads to complete linscope's commands and layer names."""

from __future__ import annotations

import sys

import click
from click.shell_completion import ShellComplete, get_completion_class

from linscope.cli import streams

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """A script that completes commands, options and layer names.

    \b
    bash   eval "$(linscope completion bash)"     in ~/.bashrc
    zsh    eval "$(linscope completion zsh)"      in ~/.zshrc
    fish   linscope completion fish | source      in ~/.config/fish/config.fish
    """
    from linscope.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    made = kind(cli, {}, "linscope", "_LINSCOPE_COMPLETE")
    # The base class's source, since bash's own first starts a bash to ask its version.
    streams.write(sys.stdout, ShellComplete.source(made))
