"""What the shell may put next: layer names, tensor methods and dtypes inside a spec."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import click

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*$")


def complete_spec(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Specs that go on from ``incomplete``: its last word completed, the text before it kept."""
    from linscope.notation.catalogue import DTYPES, layer_names
    from linscope.notation.methods import method_names

    found = _WORD.search(incomplete)
    word = found.group() if found else ""
    before = incomplete[: len(incomplete) - len(word)]
    prefix = next((p for p in ("torch.nn.", "nn.") if word.startswith(p)), "")
    names: tuple[str, ...] = layer_names()
    if before.rstrip().endswith(":"):
        names = tuple(DTYPES)
    elif not prefix:
        names = (*names, *method_names())
    start = word[len(prefix) :]
    matching = [n for n in names if n.startswith(start)]
    if not matching:
        matching = [n for n in names if n.lower().startswith(start.lower())]
    return [CompletionItem(f"{before}{prefix}{name}") for name in matching]


def complete_layer(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Layer names that start so, in whatever case."""
    from linscope.notation.catalogue import layer_names

    return [CompletionItem(n) for n in layer_names() if n.lower().startswith(incomplete.lower())]
