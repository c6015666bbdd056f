"""How deep the tree of layers is shown, and what to say where that is not all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from linscope.render.figures import number
from linscope.render.tree import hidden, lines, tree

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.render.tree import Node
    from linscope.report.record import Report

MOST_ROWS = 40
"""Rows of layers that a terminal shows unasked, each of one line or two; a file and a pipe have room for all."""


class Shown(NamedTuple):
    """Layers to show; ``remark`` says what was folded, and how to see it, where anything was."""

    nodes: tuple[Node, ...]
    remark: str = ""


def shown(report: Report, nodes: tuple[Node, ...], look: Look) -> Shown:
    """The layers of ``nodes``, the whole tree, down to ``look.depth``; where that is None, to what a screen takes."""
    deepest = max((row.depth for row in report.layers), default=0)
    if look.depth is not None:
        depth = look.depth
    elif look.width is None or lines(nodes) <= MOST_ROWS:
        return Shown(nodes)
    else:
        depth = _for_a_screen(report, deepest)
    if depth >= deepest:
        return Shown(nodes)
    folded = tree(report, depth)
    count = hidden(folded)
    if not count:
        return Shown(nodes)
    layers = "1 deeper layer is" if count == 1 else f"{number(count)} deeper layers are"
    return Shown(folded, f"Down to depth {depth}: {layers} in the figures of those around; --depth={deepest} shows all")


def _for_a_screen(report: Report, deepest: int) -> int:
    """The deepest that takes no more than ``MOST_ROWS``; else the first where there is something to compare."""
    rows = {depth: lines(tree(report, depth)) for depth in range(deepest + 1)}
    useful = [depth for depth, count in rows.items() if count > 1] or [0]
    return max((depth for depth in useful if rows[depth] <= MOST_ROWS), default=useful[0])
