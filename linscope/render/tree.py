"""The rows of a report as a tree, with what repeats told once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING

from linscope.render.figures import several
from linscope.report.record import LayerRow, ParameterCount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from linscope.report.record import Report

LONGEST_CYCLE = 8
"""Steps of a sequence that is recognised where it repeats."""
FEWEST_CYCLES = 3
"""Repetitions from which a sequence is told once; fewer are as quickly read in full."""


@dataclass(frozen=True, slots=True)
class Node:
    """``times`` consecutive calls that are alike in everything but where they are, and what they call.

    ``row`` is the first of them and ``last_call`` the call number of the last; ``name`` is the layer's own
    name where it has one, not a mere position: ``block_0–11`` where their names count on. ``open`` is whether an
    operator without a count ran in it. A ``cycle`` is no call but a sequence of calls, its children, that repeats.
    ``inside`` is how many calls within it are nested too deep to be nodes.
    """

    row: LayerRow
    name: str
    children: tuple[Node, ...]
    open: bool
    times: int
    last_call: int
    cycle: bool = False
    inside: int = 0


def title(node: Node) -> str:
    """How many times in a row, and the layer as it was written."""
    return several(node.times, node.row.written)


def calls(node: Node) -> int:
    """How many calls the node stands for, those within them aside."""
    return node.times * (sum(map(calls, node.children)) if node.cycle else 1)


class _Open:
    """A call whose inner calls are still to come."""

    def __init__(self, row: LayerRow, *, open: bool) -> None:
        self.row = row
        self.open = open
        self.children: list[Node] = []
        self.inside = 0

    def node(self) -> Node:
        return Node(
            row=self.row,
            name=_own_name(self.row.path),
            children=tuple(_cycles(self.children)),
            open=self.open or any(child.open for child in self.children),
            times=1,
            last_call=self.row.call,
            inside=self.inside,
        )


def tree(report: Report, depth: int | None = None) -> tuple[Node, ...]:
    """The outermost calls, in order. A row belongs to the nearest row before it that is less deep.

    Those nested deeper than ``depth`` are no nodes: what is alike but for them is told once, too.
    """
    uncounted = {path for operator in report.uncounted for path in operator.modules}
    outermost: list[Node] = []
    unfinished: list[_Open] = []

    def finish() -> None:
        node = unfinished.pop().node()
        _append(unfinished[-1].children if unfinished else outermost, node)

    for row in report.layers:
        while unfinished and unfinished[-1].row.depth >= row.depth:
            finish()
        if depth is not None and row.depth > depth and unfinished:
            unfinished[-1].inside += 1
            unfinished[-1].open = unfinished[-1].open or row.path in uncounted
        else:
            unfinished.append(_Open(row, open=row.path in uncounted))
    while unfinished:
        finish()
    return tuple(_cycles(outermost))


def lines(nodes: Iterable[Node]) -> int:
    """How many rows of a table the nodes take, what they do by themselves aside."""
    return sum(1 + lines(node.children) for node in nodes)


def _own_name(path: str) -> str:
    name = path.rpartition(".")[2]
    return "" if name.isdigit() else name


def _append(siblings: list[Node], node: Node) -> None:
    first = siblings[-1] if siblings else None
    name = _common(first, node) if first and _alike(first, node) else None
    if first is None or name is None:
        siblings.append(node)
    else:
        siblings[-1] = replace(first, name=name, times=first.times + 1, last_call=node.last_call)


def _common(first: Node, node: Node) -> str | None:
    """The name of nodes one after another: theirs, or with the numbers that they end in; None where there is none."""
    if first.name == node.name:
        return first.name
    beginning = first.name.partition("–")[0]
    stem, number = _counted(beginning)
    last = number + first.times  # names go on where those before stopped
    if not stem or node.name != f"{stem}{last}":
        return None
    return f"{beginning}–{last}"


def _counted(name: str) -> tuple[str, int]:
    """``block_`` and 0 of ``block_0``; no stem where it ends in no number, or that is written with zeros before it."""
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    return (stem, int(digits)) if digits and str(int(digits)) == digits else ("", 0)


def _cycles(siblings: list[Node]) -> Iterator[Node]:
    """``siblings`` with every sequence that repeats as one node: 6 × (Linear → ReLU)."""
    start = 0
    while start < len(siblings):
        length, times = _cycle(siblings, start)
        yield _repeated(tuple(siblings[start : start + length]), times) if times > 1 else siblings[start]
        start += length * times


def _cycle(siblings: list[Node], start: int) -> tuple[int, int]:
    """The length of the shortest sequence that repeats from ``start`` on, and how often it is there."""
    for length in range(2, LONGEST_CYCLE + 1):
        end = start + length
        while end < len(siblings) and _same(siblings[end - length], siblings[end]):
            end += 1
        times = (end - start) // length
        if times >= FEWEST_CYCLES:
            return length, times
    return 1, 1


def _repeated(steps: tuple[Node, ...], times: int) -> Node:
    row = LayerRow(
        path="",
        type="",
        call=1,
        depth=steps[0].row.depth,
        written=f"({' → '.join(map(title, steps))})",
        input_shapes=steps[0].row.input_shapes,
        output_shapes=steps[-1].row.output_shapes,
        output_dtypes=steps[-1].row.output_dtypes,
        parameters=ParameterCount(),
        macs=0,
        elementwise=0,
        derivation=None,
        subtree_macs=sum(step.times * step.row.subtree_macs for step in steps),
        subtree_parameters=sum(step.times * step.row.subtree_parameters for step in steps),
        has_children=True,
    )
    return Node(row, "", steps, any(step.open for step in steps), times, last_call=1, cycle=True)


def hidden(nodes: Iterable[Node]) -> int:
    """How many calls are nested too deep to be nodes."""
    return sum(node.times * (node.inside + hidden(node.children)) for node in nodes)


_face = attrgetter(
    "type",
    "aliases",
    "written",
    "input_shapes",
    "output_shapes",
    "parameters",
    "macs",
    "subtree_macs",
    "subtree_parameters",
)


def _same(left: Node, right: Node) -> bool:
    return left.times == right.times and left.name == right.name and _alike(left, right)


def _alike(left: Node, right: Node) -> bool:
    return (
        left.open == right.open
        and left.inside == right.inside
        and _face(left.row) == _face(right.row)
        and len(left.children) == len(right.children)
        and all(map(_same, left.children, right.children))
    )
