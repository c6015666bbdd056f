"""A page to lines: every block within the width, nothing cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, cells, fold, visible
from linscope.render.columns import lay_grid
from linscope.render.facts import lay_facts
from linscope.render.page import Chain, Drawn, Facts, Paragraph, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from linscope.render.look import Look
    from linscope.render.page import Block, Line

_MARGIN = "  "
_LONGEST_CHAIN = 100
"""Columns a chain may take on one line where there is no limit."""


def lay(page: Iterable[Block], look: Look) -> Iterator[Line]:
    """The page's lines, each at most ``look.width`` columns wide, in characters that ``look`` allows."""
    clean = ascii_only if look.ascii else visible
    width = None if look.width is None else max(look.width - len(_MARGIN), 1)
    for block in page:
        for line in _block(block, width, clean):
            yield (Span(_MARGIN), *line)


def _block(block: Block, width: int | None, clean: Callable[[str], str]) -> Iterator[Line]:
    if isinstance(block, Paragraph):
        return _paragraph(block, width, clean)
    if isinstance(block, Chain):
        return _chain(block, width, clean)
    if isinstance(block, Facts):
        return lay_facts(block, width, clean)
    if isinstance(block, Drawn):
        return iter(block.lines)
    return lay_grid(block, width, clean)


def _paragraph(block: Paragraph, width: int | None, clean: Callable[[str], str]) -> Iterator[Line]:
    text = " " * block.indent + clean(block.text)
    lead = len(text) - len(text.lstrip())
    width = min(filter(None, (width, block.measure)), default=None)
    for line in fold(text, width, hang=lead + block.hang):
        yield (Span(line, block.style),)


def _chain(block: Chain, width: int | None, clean: Callable[[str], str]) -> Iterator[Line]:
    """On one line where it fits; else a step per line, the arrows' heads aligned; else a line per arrow."""
    start = clean(block.start)
    steps = [(clean(label), clean(shape)) for label, shape in block.steps]
    limit = _LONGEST_CHAIN if width is None else width
    shaft, head = clean("─"), clean("→")
    line = [Span(start, "shape")]
    for label, shape in steps:
        line += (Span(f"  {shaft} ", "arrow"), Span(f"{label} " if label else "", "layer"))
        line += (Span(f"{head}  ", "arrow"), Span(shape, "shape"))
    if sum(cells(span.text) for span in line) <= limit or (width is None and len(steps) <= 1):
        yield tuple(line)
        return
    yield from ((Span(text, "shape"),) for text in fold(start, width, hang=2))
    if not steps:
        return
    longest = max(cells(label) for label, _ in steps)
    widest = max(cells(shape) for _, shape in steps)
    if width is None or 2 + len(f"{shaft} ") + longest + 1 + len(f"{shaft}{head}  ") + widest <= width:
        for label, shape in steps:
            drawn = shaft * (longest - cells(label) + 1)
            yield (
                Span(f"  {shaft} ", "arrow"),
                Span(f"{label} ", "layer"),
                Span(f"{drawn}{head}  ", "arrow"),
                Span(shape, "shape"),
            )
        return
    for label, shape in steps:
        yield from _hanging(f"  {shaft} ", label, "layer", width)
        yield from _hanging(f"  {head} ", shape, "shape", width)


def _hanging(sign: str, text: str, style: str, width: int) -> Iterator[Line]:
    first, *others = fold(text, width - len(sign), hang=2)
    yield (Span(sign, "arrow"), Span(first, style))
    for line in others:
        yield (Span(" " * len(sign)), Span(line, style))
