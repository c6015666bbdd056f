"""Which module a node was part of: ``nn_module_stack``, as exported programs write it for every node."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from linscope.graph.steps import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Scope("", "Module")
"""The model, where a node does not say what that is."""


@lru_cache(4096)
def scopes_of(stack: str) -> tuple[Scope, ...]:
    """The calls of modules in ``stack``, the model first.

    It is ``key,path,class`` for each, joined by semicolons; the key of a later call ends in ``@1``, ``@2``. None
    where nothing in it can be read.
    """
    scopes = [scope for entry in stack.split(";") if (scope := _scope(entry)) is not None]
    return tuple(scopes) if not scopes or not scopes[0].path else (ROOT, *scopes)


def _scope(entry: str) -> Scope | None:
    parts = tuple(_split(entry))
    if len(parts) != 3:
        return None
    key, path, kind = parts
    again = key.rpartition("@")[2] if "@" in key else ""
    call = int(again) + 1 if again.isdecimal() and len(again) < 10 else 1
    return Scope(_plain(path), kind.rpartition(".")[2].rstrip("'>") or "Module", call)


def _split(entry: str) -> Iterator[str]:
    """At commas outside brackets."""
    start = depth = 0
    for place, sign in enumerate(entry):
        depth += (sign in "[(") - (sign in ")]")
        if sign == "," and not depth:
            yield entry[start:place]
            start = place + 1
    yield entry[start:]


def _plain(path: str) -> str:
    """``layers.0.fc`` for ``L['self'].layers[0].fc`` too, as older writers have it."""
    path = path.removeprefix("L['self']").removeprefix(".")
    return path.replace("['", ".").replace("']", "").replace("[", ".").replace("]", "").strip(".")
