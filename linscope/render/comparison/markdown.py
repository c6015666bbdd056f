"""Markdown for pull requests: the changes, and the totals of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.characters import ascii_only, visible
from linscope.render.comparison.blocks import layers, nothing_changed, remarks, targets, totals
from linscope.render.marked import code_span, fact_lines, grid_lines, prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.render.look import Look
    from linscope.report.comparison import Comparison


def rendered(comparison: Comparison, look: Look) -> str:
    clean = ascii_only if look.ascii else visible
    return "".join(f"{clean(line)}\n" for line in _lines(comparison))


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"### {code_span(comparison.before.target)} → {code_span(comparison.after.target)}"
    yield ""
    if comparison.identical:
        yield prose(nothing_changed(comparison))
    else:
        yield from grid_lines(totals(comparison))
        changed = layers(comparison)
        if changed:
            yield ""
            yield from grid_lines(changed)
        yield ""
        for fact in targets(comparison).facts:
            yield f"- **{prose(fact.label)}**: {prose(fact.remark)}"
    said = remarks(comparison)
    if said.facts and comparison.identical:
        yield ""
    for fact in said.facts:
        yield from fact_lines(fact)
