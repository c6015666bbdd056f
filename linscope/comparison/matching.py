"""Which row of one report is which of the other.

From the outermost calls inwards: layers with a name of their own by that name; those that have a position, or are
called several times, as sequences, so that what is put in between moves the others and changes none of them; what
is left, wherever it stands, by what it is.
"""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from linscope.comparison.tree import Numbering, forest, itself
from linscope.report.comparison import POSITION, is_position

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from linscope.comparison.reading import Row
    from linscope.comparison.tree import Node

    Pair = tuple[Node, Node]
    Key = Callable[[Node], Hashable]

COSTLY = 200_000
"""Equal pairs beyond which the n-th of its kind is aligned with the n-th, and no longer each with every other."""

# What makes two layers among the same caller's the same, the surest sign first.
SIGNS: tuple[Key, ...] = (
    lambda node: (node.generic, node.content),
    lambda node: (node.generic, node.structure),
    lambda node: (node.generic, node.row.side.type, node.row.side.written),
    lambda node: (node.generic, node.row.side.type),
    lambda node: node.content,
    lambda node: node.structure,
    lambda node: node.skeleton if node.children else (id(node),),  # a class alone is no sign
)
# The same where a layer went to another caller: all of it but its children, which have signs of their own.
SIGNS_ELSEWHERE: tuple[Key, ...] = (
    lambda node: (node.generic.rpartition(".")[2], itself(node.row)),
    lambda node: itself(node.row),
)


def matched(before: Sequence[Row], after: Sequence[Row]) -> dict[int, int]:
    """The index of a row of ``before`` to that of its counterpart in ``after``."""
    numbered = Numbering()
    found: dict[int, int] = {}
    left: list[Node] = []
    right: list[Node] = []
    work = [(forest(before, numbered), forest(after, numbered))]
    while work:
        old, new = work.pop()
        pairs = list(_siblings(old, new))
        for a, b in pairs:
            found[a.index] = b.index
            work.append((a.children, b.children))
        left += _without(old, (a for a, _ in pairs))
        right += _without(new, (b for _, b in pairs))
    for a, b in _aligned(_flat(left), _flat(right), SIGNS_ELSEWHERE):
        found[a.index] = b.index
    return found


def _siblings(old: list[Node], new: list[Node]) -> Iterator[Pair]:
    """Pairs among the layers that one layer calls."""
    by_name = _single(new)
    pairs = [(a, by_name[name]) for name, a in _single(old).items() if name in by_name]
    yield from pairs
    old, new = _without(old, (a for a, _ in pairs)), _without(new, (b for _, b in pairs))
    yield from _aligned(sorted(old, key=_position), sorted(new, key=_position), SIGNS, last=_replaced)


def _position(node: Node) -> tuple[str, list[int], int]:
    """Those of one name in the order of their positions, then of their calls: they may run in any other."""
    return node.generic, [int(part) for part in node.name.split(".") if is_position(part)], node.row.side.call


def _single(nodes: list[Node]) -> dict[str, Node]:
    """Those that are told by their name: it has no position in it, and is called once."""
    calls = Counter(node.name for node in nodes)
    return {n.name: n for n in nodes if calls[n.name] == 1 and POSITION not in n.generic.split(".")}


def _aligned(
    old: list[Node],
    new: list[Node],
    signs: Sequence[Key],
    last: Callable[[list[Node], list[Node]], Iterable[Pair]] = lambda old, new: (),
) -> Iterator[Pair]:
    """Pairs in the order of both: those with the first sign in common; between them those with the next; ``last``
    is asked where no sign is left."""
    if not old or not new:
        return
    if not signs:
        yield from last(old, new)
        return
    for i, i_end, j, j_end, alike in _stretches(list(map(signs[0], old)), list(map(signs[0], new))):
        if alike:
            yield from zip(old[i:i_end], new[j:j_end], strict=True)
        else:
            yield from _aligned(old[i:i_end], new[j:j_end], signs[1:], last)


def _stretches(a: list[Hashable], b: list[Hashable]) -> Iterator[tuple[int, int, int, int, bool]]:
    """``a[i:i_end]`` and ``b[j:j_end]`` that are alike, and what lies between them; together all of both.

    What both begin and end with is taken first: the longest stretch alone, which is what difflib looks for, may pair
    the beginning of one with the end of the other where many are alike.
    """
    shorter = min(len(a), len(b))
    head = next((n for n in range(shorter) if a[n] != b[n]), shorter)
    tail = next((n for n in range(shorter - head) if a[-1 - n] != b[-1 - n]), shorter - head)
    i_end, j_end = len(a) - tail, len(b) - tail
    yield 0, head, 0, head, True
    inside = SequenceMatcher(None, *_comparable(a[head:i_end], b[head:j_end]), autojunk=False)
    for tag, *places in inside.get_opcodes():
        i, i_stop, j, j_stop = (head + place for place in places)
        yield i, i_stop, j, j_stop, tag == "equal"
    yield i_end, len(a), j_end, len(b), True


def _comparable(a: list[Hashable], b: list[Hashable]) -> tuple[list[Hashable], list[Hashable]]:
    """The signs as they are; the n-th of its kind by its number where so many are alike that aligning takes long."""
    often = Counter(b)
    if sum(often[sign] for sign in a) <= COSTLY:
        return a, b
    return _counted(a), _counted(b)


def _counted(signs: list[Hashable]) -> list[Hashable]:
    seen: Counter[Hashable] = Counter()
    counted: list[Hashable] = []
    for sign in signs:
        seen[sign] += 1
        counted.append((sign, seen[sign]))
    return counted


def _replaced(old: list[Node], new: list[Node]) -> Iterator[Pair]:
    """One kind of layer in the place of another: a ReLU that became a GELU."""
    if len(old) == len(new):
        yield from ((a, b) for a, b in zip(old, new, strict=True) if a.generic == b.generic)


def _flat(nodes: list[Node]) -> list[Node]:
    """``nodes`` and all within them, in the order they run."""
    found: list[Node] = []
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += node.children
    return sorted(found, key=lambda node: node.index)


def _without(nodes: Iterable[Node], taken: Iterable[Node]) -> list[Node]:
    gone = {node.index for node in taken}
    return [node for node in nodes if node.index not in gone]
