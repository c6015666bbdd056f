"""The table for people: what was compared, a row per change, and the totals of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.comparison.blocks import layers, nothing_changed, remarks, targets, totals
from linscope.render.layout import lay
from linscope.render.page import BLANK, Paragraph
from linscope.render.paint import paint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.render.look import Look
    from linscope.render.page import Block
    from linscope.report.comparison import Comparison


def rendered(comparison: Comparison, look: Look) -> str:
    """Aligned text without drawn lines; where the width does not do, tables turn into keys and values."""
    return paint(lay(_page(comparison, look), look), color=look.color)


def _page(comparison: Comparison, look: Look) -> Iterator[Block]:
    if look.width is not None:
        yield BLANK  # air below the command line; a file needs none
    if comparison.identical:
        yield Paragraph(nothing_changed(comparison))
    else:
        yield targets(comparison)
        changed = layers(comparison)
        if changed:
            yield BLANK
            yield changed
        yield BLANK
        yield totals(comparison)
    said = remarks(comparison)
    if said.facts:
        yield BLANK
        yield said
