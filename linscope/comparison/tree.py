"""The rows of a report as a tree, each with what tells it from others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from linscope.report.comparison import generic

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from linscope.comparison.reading import Row


@dataclass(slots=True)
class Node:
    """A row, those that it calls, and its likeness to others.

    ``name`` is its path within its caller's, ``generic`` that with ``*`` for every position: ``blocks.*.up``.
    Nodes with the same ``content`` are the same in everything but where they stand, with all that they call;
    those with the same ``structure`` as written, whatever shapes went through them; those with the same ``skeleton``
    have layers of the same classes under the same names.
    """

    index: int
    row: Row
    name: str
    generic: str
    children: list[Node]
    content: int = 0
    structure: int = 0
    skeleton: int = 0


class Numbering:
    """A number for each thing, the same for things that are equal: cheap to compare however much is in them."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def __call__(self, thing: Hashable) -> int:
        return self._numbers.setdefault(thing, len(self._numbers))


def forest(rows: Sequence[Row], numbered: Numbering) -> list[Node]:
    """The outermost calls, each with those within it; a row belongs to the nearest before it that is less deep."""
    nodes: list[Node] = []
    outermost: list[Node] = []
    callers: list[Node] = []
    for index, row in enumerate(rows):
        while callers and callers[-1].row.depth >= row.depth:
            callers.pop()
        name = _within(row.side.path, callers[-1].row.side.path if callers else "")
        node = Node(index, row, name, generic(name), [])
        (callers[-1].children if callers else outermost).append(node)
        callers.append(node)
        nodes.append(node)
    for node in reversed(nodes):  # callers stand before those they call
        inside = node.children
        node.content = numbered((itself(node.row), tuple((n.generic, n.content) for n in inside)))
        node.structure = numbered((as_written(node.row), tuple((n.generic, n.structure) for n in inside)))
        node.skeleton = numbered((node.row.side.type, tuple((n.generic, n.skeleton) for n in inside)))
    return outermost


def itself(row: Row) -> Hashable:
    """All that is compared of a row but its path and its call."""
    side = row.side
    return (
        as_written(row), side.input_shapes, side.output_shapes, side.output_dtypes, row.counts, row.uncounted
    )  # fmt: skip


def as_written(row: Row) -> Hashable:
    """What a row is, whatever goes through it; that of a layer with others inside repeats what they say."""
    return (row.side.type, row.side.written if row.leaf else "", row.side.parameter_shapes)


def _within(path: str, caller: str) -> str:
    return path.removeprefix(f"{caller}.") if caller else path
