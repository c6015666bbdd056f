"""The table for people: the chain at the top, a row per layer, what it comes to, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.headline import headline
from linscope.render.layout import lay
from linscope.render.lesson import lessons
from linscope.render.overview import layers
from linscope.render.page import BLANK, Paragraph
from linscope.render.paint import paint
from linscope.render.registry import renderer
from linscope.render.sheet import operators
from linscope.render.summary import summary
from linscope.render.tree import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.render.look import Look
    from linscope.render.page import Block
    from linscope.report.record import Report

MEASURE = 98
"""Columns that a sentence takes at most."""


@renderer("table")
def table(report: Report, look: Look) -> str:
    """Aligned text without drawn lines; where the width does not do, tables turn into keys and values."""
    return paint(lay(_page(report, look), look), color=look.color)


def _page(report: Report, look: Look) -> Iterator[Block]:
    nodes = tree(report)
    if look.width is not None:
        yield BLANK  # air below the command line; a file needs none
    yield headline(report, nodes)
    if nodes:
        grid, remark = layers(report, nodes, look)
        yield BLANK
        yield grid
        if remark:
            yield Paragraph(remark, "label", measure=MEASURE)
    if look.operators and report.operators:
        yield BLANK
        yield operators(report)
    yield BLANK
    yield summary(report, nodes)
    yield from lessons(report, look)
