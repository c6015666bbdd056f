"""The lessons by name. Each is a file of this folder, imported when lessons are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from linscope.errors import UsageError
from linscope.report.lesson import Offer

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.language import Say
    from linscope.report.lesson import Lesson
    from linscope.report.record import LayerRow, Report

NAMES = (
    *("transpose", "parameter-vs-linear", "last-dimension", "reading-shapes", "shared-weights", "flatten", "bias"),
    *("initialization", "bmm", "column-vs-row", "mlp", "in-features", "batchnorm", "conv1x1", "backward"),
    *("convolution", "attention", "recurrent", "embedding", "normalization", "costs"),
)
"""Every lesson as the user names it, in the order they are told; its file has underscores for hyphens."""

Find = Callable[["Report"], "LayerRow | None"]
"""The layer of a report that a lesson can be told on; None where there is none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A lesson: its name, title and example, the layers it can be told on, and what tells it.

    Args:
        on: finds the layer it is told on where it is asked for by name.
        offered: finds the layer for which it is among the lessons on a spec; None for ``on``.
        about: the layers it is about, in words, for whoever asks for it on another.
        takes_numbers: whether the reader's own ``x`` and ``weights`` can be put in.
    """

    name: str
    title: str
    example: str
    about: str
    on: Find
    offered: Find
    takes_numbers: bool
    teach: Callable[[Board], Lesson]


_entries: dict[str, Entry] = {}


def lesson(
    name: str,
    *,
    title: str,
    example: str,
    about: str,
    on: Find,
    offered: Find | None = None,
    takes_numbers: bool = False,
) -> Callable[[Callable[[Board], Lesson]], Callable[[Board], Lesson]]:
    """Register what teaches the lesson ``name``."""

    def register(teach: Callable[[Board], Lesson]) -> Callable[[Board], Lesson]:
        _entries[name] = Entry(name, title, example, about, on, offered or on, takes_numbers, teach)
        return teach

    return register


def entry(name: str) -> Entry:
    """The lesson of that name.

    Raises:
        UsageError: there is none; with the nearest name.
    """
    if name not in NAMES:
        from linscope.notation.suggest import closest

        nearest = closest(name.replace("_", "-"), NAMES)
        raise UsageError(
            f"there is no lesson {name[:60]!r}",
            hint=f"did you mean {nearest[0]}?" if nearest else "see `linscope explain --list`",
        )
    import_module(f"linscope.explain.{name.replace('-', '_')}")
    return _entries[name]


def entries() -> tuple[Entry, ...]:
    """All lessons, in the order they are told."""
    return tuple(map(entry, NAMES))


def offers(say: Say) -> tuple[Offer, ...]:
    """All lessons as a list to choose from."""
    return tuple(Offer(each.name, say(each.title), each.example) for each in entries())
