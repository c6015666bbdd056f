"""The table of layers that the reader wants: their tree, or the most expensive of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from linscope.render import ranking, sheet
from linscope.render.depth import shown

if TYPE_CHECKING:
    from linscope.render.look import Look
    from linscope.render.page import Grid
    from linscope.render.tree import Node
    from linscope.report.record import Report


class Overview(NamedTuple):
    """A table, and what must be said below it; nothing where it says all itself."""

    grid: Grid
    remark: str


def layers(report: Report, nodes: tuple[Node, ...], look: Look) -> Overview:
    """The layers of ``nodes``, the whole tree, as ``look`` wants them."""
    if look.ranking is not None:
        return Overview(ranking.top(report, look.ranking), ranking.remark(report, look.ranking))
    told = shown(report, nodes, look)
    return Overview(sheet.layers(report, told.nodes), told.remark)
