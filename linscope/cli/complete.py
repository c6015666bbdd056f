"""What the shell may put next: layer names, their arguments, tensor methods and dtypes inside a spec."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    import click

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*$")
_OPEN_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)\(([^()]*)$")
_PREFIXES = ("torch.nn.", "nn.")


def complete_spec(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Specs that go on from ``incomplete``: its last word completed, the text before it kept.

    Nothing where the word was typed with backslashes instead of quotes: what a shell puts in its place would
    lose them, and ``>`` would be a redirection.
    """
    if "\\" in os.environ.get("COMP_WORDS", ""):
        return []
    found = _WORD.search(incomplete)
    word = found.group() if found else ""
    before = incomplete[: len(incomplete) - len(word)]
    prefix = next((p for p in _PREFIXES if word.startswith(p)), "")
    names = _candidates(before, prefix)
    start = word[len(prefix) :]
    matching = [n for n in names if n.startswith(start)]
    if not matching and not _OPEN_CALL.search(before):
        matching = [n for n in names if n.lower().startswith(start.lower())]
    return [CompletionItem(f"{before}{prefix}{name}") for name in matching]


def complete_lesson(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Lessons that start so; or, once it is a spec that is written, what ``complete_spec`` offers."""
    from linscope.explain.registry import NAMES

    names = [name for name in NAMES if name.startswith(incomplete)]
    return [CompletionItem(name) for name in names] or complete_spec(ctx, param, incomplete)


def _candidates(before: str, prefix: str) -> tuple[str, ...]:
    """What may stand after ``before``. A layer that takes arguments is offered with and without its (, so that
    a shell, which closes the quotes after a word that is alone, leaves them open."""
    from linscope.notation.catalogue import DTYPES, layer, layer_names
    from linscope.notation.methods import method_names

    if before.rstrip().endswith(":"):
        return tuple(DTYPES)
    open_call = _OPEN_CALL.search(before)
    if open_call is not None:
        name = open_call[1]
        for known in _PREFIXES:
            name = name.removeprefix(known)
        entry = layer(name)
        arguments = entry.arguments if entry is not None else ()
        return (*(f"{a.name}=" for a in arguments if not a.name.startswith("_")), *layer_names())
    opened = tuple(f"{name}(" for name in layer_names() if (entry := layer(name)) and entry.arguments)
    return (*layer_names(), *opened, *(() if prefix else method_names()))


def complete_layer(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Layers and tensor methods that start so; in whatever case, where none does in this one."""
    from linscope.notation.catalogue import layer_names
    from linscope.notation.methods import method_names

    names = (*layer_names(), *method_names())
    matching = [n for n in names if n.startswith(incomplete)]
    return [CompletionItem(n) for n in matching or [n for n in names if n.lower().startswith(incomplete.lower())]]
